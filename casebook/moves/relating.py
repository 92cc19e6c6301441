"""Messages joined to their cases, with their vectors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction

from casebook import models as m
from casebook.errors import IllegalMove
from casebook.moves.base import audit, free_receipts, line, locked, moved, save
from casebook.moves.protecting import open_alerts
from casebook.moves.vectors import Vector, keep_vectors, tell_again
from casebook.policy import Incidents
from casebook.rows import clean
from casebook.states import CaseState, IncidentState, MessageState
from casebook.types import AlertReason, Evidence, Relation, RelationKind


@dataclass(frozen=True, slots=True)
class Related:
    """What the relate step found of one message (primary key `message`). `orders` are the numbers
    of orders and the like that it names."""

    message: int
    relation: Relation
    language: str
    vectors: tuple[Vector, ...]
    orders: frozenset[str] = frozenset()


@transaction.atomic
def relate(found: Sequence[Related], *, alert_at: int = Incidents().voices) -> list[m.Incident]:
    """RECEIVED → RELATED: join each message to its case or open one, and keep its vectors.

    `found` is in the order of arrival: a message may belong to one earlier in the same list.
    Returns the incidents that have `alert_at` voices now and had fewer before.
    """
    rows = locked((item.message for item in found), MessageState.RECEIVED)
    found = [item for item in found if item.message in rows]
    lines: list[m.AuditLine] = []
    reopened: set[int] = set()
    cases = _cases_for(found, rows)
    for item, case in cases:
        row = rows[item.message]
        row.case, row.language = case, item.language
        lines.append(moved(row, MessageState.RELATED, note=item.relation.kind))
        again = {CaseState.WAITING: CaseState.OPEN}.get(CaseState(case.state), CaseState.REOPENED)
        if case.state not in (CaseState.OPEN, again):
            lines.append(moved(case, again, note="the customer wrote again"))
            case.save(update_fields=["state"])
            reopened.add(case.pk)
    save(rows.values(), "state", "case", "language", "attempts", "error")
    if reopened:
        tell_again(cases=reopened)
    _keep(found)
    keep_vectors([(item.message, vector) for item in found for vector in item.vectors])
    audit(lines)
    return _gather(cases, alert_at)


def _keep(found: Sequence[Related]) -> None:
    """Store the relations with their evidence, the look-alikes, and the numbers to find them by."""
    m.Relation.objects.bulk_create(
        m.Relation(
            message_id=item.message,
            kind=item.relation.kind,
            of_message_id=item.relation.of_message,
            evidence=_pairs(item.relation.evidence),
            score=item.relation.score,
        )
        for item in found
    )
    m.Suggestion.objects.bulk_create(
        m.Suggestion(
            message_id=item.message,
            of_message_id=look_alike.of_message,
            evidence=_pairs(look_alike.evidence),
            score=look_alike.score,
        )
        for item in found
        for look_alike in item.relation.suggestions
    )
    m.OrderNumber.objects.bulk_create(
        m.OrderNumber(message_id=item.message, number=number)
        for item in found
        for number in sorted(item.orders)
    )


def _pairs(evidence: Sequence[Evidence]) -> list[tuple[str, str]]:
    return [(item.sign.value, clean(item.value)) for item in evidence]


def _gather(cases: Sequence[tuple[Related, m.Case]], alert_at: int) -> list[m.Incident]:
    """Put the cases of incidents' voices into their groups, and the first voice's with them;
    returns the groups that became large enough to be told of."""
    voices: dict[int, set[int]] = {}
    for item, case in cases:
        if item.relation.kind is RelationKind.INCIDENT and item.relation.of_message is not None:
            voices.setdefault(item.relation.of_message, set()).add(case.pk)
    firsts = m.Message.objects.select_related("case").in_bulk(voices)
    alerted: list[m.Incident] = []
    for key, joined in voices.items():
        case_of = firsts[key].case
        # Its first voice may itself have joined an event that another told of before.
        known = case_of.incident_id if case_of else None
        if known is None:
            incident = _incident_of(firsts[key])
        else:
            incident = m.Incident.objects.select_for_update().get(pk=known)
        own = {case for case in (firsts[key].case_id,) if case is not None}
        m.Case.objects.filter(pk__in=joined | own).update(incident=incident)
        count = m.Case.objects.filter(incident=incident).count()
        if incident.state == IncidentState.OPEN and count >= alert_at:
            audit([moved(incident, IncidentState.ALERTED, note=f"{count} voices")])
            incident.save(update_fields=["state"])
            if incident.first.case_id is not None:
                open_alerts([(incident.first, incident.first.case_id, AlertReason.INCIDENT)])
            alerted.append(incident)
    return alerted


def _incident_of(first: m.Message) -> m.Incident:
    """The incident that a message is the first voice of, locked; opened where there is none."""
    incident, made = m.Incident.objects.select_for_update().get_or_create(first=first)
    if made:
        audit([line(incident, "opened", "", incident.state)])
    return incident


def _cases_for(
    found: Sequence[Related], rows: Mapping[int, m.Message]
) -> list[tuple[Related, m.Case]]:
    """Pair each message with its case, opening the new ones; one that belongs to an earlier message
    takes that message's case."""
    first = [one for one in found if one.relation.kind in (RelationKind.NEW, RelationKind.INCIDENT)]
    untold = free_receipts(sum(rows[one.message].receipt is None for one in first))
    fresh = {
        one.message: new_case(
            rows[one.message], one.language, rows[one.message].receipt or untold.pop()
        )
        for one in first
    }
    m.Case.objects.bulk_create(fresh.values())
    audit(line(case, "opened", "", case.state) for case in fresh.values())
    older = {item.relation.of_message for item in found if item.relation.of_message}
    case_of = dict(
        m.Message.objects.filter(pk__in=older, case__isnull=False).values_list("pk", "case_id")
    )
    named = {item.relation.of_case for item in found if item.relation.of_case}
    cases = _standing(m.Case.objects.select_for_update().in_bulk({*case_of.values(), *named}))
    known = fresh | {message: cases[case] for message, case in case_of.items()}
    for item in found:
        relation = item.relation
        if item.message not in known:
            case = cases.get(relation.of_case or 0) or known.get(relation.of_message or 0)
            if case is None:
                raise IllegalMove(f"message {item.message} belongs to one that has no case")
            known[item.message] = case
    return [(item, known[item.message]) for item in found]


def _standing(cases: Mapping[int, m.Case]) -> dict[int, m.Case]:
    """Cases by key; in the place of one that was merged meanwhile, the one that it is part of."""
    wanted = {row.merged_into_id for row in cases.values() if row.merged_into_id}
    kept = m.Case.objects.select_for_update().in_bulk(wanted - cases.keys()) if wanted else {}
    known = {**cases, **kept}
    return {key: known[row.merged_into_id or key] for key, row in cases.items()}


def new_case(message: m.Message, language: str, receipt: str) -> m.Case:
    """The case that a message opens, not yet saved."""
    return m.Case(
        receipt=receipt,
        channel=message.channel,
        author=message.author,
        display_name=message.display_name,
        language=language,
        subject=message.subject,
    )
