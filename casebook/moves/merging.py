"""Two cases made one, and a message made a case of its own, by decision of a person.

Nothing is thrown away: what belonged to a case that was merged belongs to the one that stands, and
its receipt number leads there. What was drafted for less, or for more, than a case now holds is
superseded, and the next intake drafts it anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import Max, QuerySet

from casebook import models as m
from casebook.errors import IllegalMove
from casebook.moves.base import audit, case_locked, free_receipts, line, moved, save
from casebook.moves.relating import new_case
from casebook.moves.settling import withdraw
from casebook.moves.vectors import tell_again
from casebook.rows import clean
from casebook.states import CaseState, DraftState, MessageState
from casebook.timing import Purpose
from casebook.types import Direction, RelationKind

CARRIED = "carried"
"""What the audit says of a message that went to another case."""

_OTHERS = "the case holds other messages now"

SHARED = (
    "owner", "product", "cause", "resolution", "incident_id", "replied_at", "fault_confirmed",
)  # fmt: skip
"""What a case has from one that is merged into it, where it has none of its own."""

OWED = (Purpose.DELAY, Purpose.PROGRESS)
"""Purposes of drafts that are owed for a promise, whatever else the case holds."""

_ENDED = (CaseState.RESOLVED, CaseState.CLOSED)


@transaction.atomic
def merge(case: int, into: int, who: str, note: str = "") -> m.Case:
    """Put all that `case` holds into the case `into`: messages, drafts, promises, notes, alerts.

    `case` is CLOSED and leads to `into`, and so does every case that led to it. Drafts of either
    that wait for approval are superseded, but for those that are owed for a promise. An ended case
    that takes in one that is not is REOPENED. Returns the case that stands. Raises IllegalMove
    where they are one, either was merged before, or a reply of `case` is being sent.
    """
    rows = m.Case.objects.select_for_update().filter(pk__in=[case, into]).order_by("pk")
    found = {row.pk: row for row in rows}
    if len(found) < 2 or any(row.merged_into_id for row in found.values()):
        raise IllegalMove(f"case {case}: may not be merged into {into}")
    left, kept = found[case], found[into]
    if left.drafts.filter(state=DraftState.SENDING).exists():
        raise IllegalMove(f"{left.receipt}: a reply is being sent")
    left.brought = _brought(left, kept)
    lines = superseded([left, kept], who, clashing=kept)
    lines.append(line(kept, "merged", "", kept.state, who=who, note=told(left.receipt, note)))
    lines += carried(left, kept, left.messages.all(), who)
    _belongings(left, kept)
    again = _one(left, kept, who)
    audit([*lines, *again])
    if any(one.thing == "draft" for one in lines):
        answer_again(kept, who)
    tell_again(cases=[kept.pk])
    return kept


@transaction.atomic
def split(message: int, who: str, note: str = "") -> m.Case:
    """Give a customer's message a case of its own, which the next intake drafts a reply for.

    Its alerts come along; promises and what was sent stay with the case that it leaves, whose
    drafts that wait for approval are superseded. An approved reply to it, or to it with what came
    after it, is taken back: the customer would be answered twice. Returns the new case. Raises
    IllegalMove for a message of ours, for the only one of a case, and where such a reply is being
    sent or may have left.
    """
    left = m.Case.objects.select_for_update(of=("self",)).get(messages=message)
    row = m.Message.objects.select_for_update(of=("self",)).get(pk=message)
    others = left.messages.filter(direction=Direction.IN).exclude(pk=row.pk)
    if row.direction != Direction.IN or not others.exists():
        raise IllegalMove(f"{left.receipt}: message {message} may not be split off")
    replies = left.drafts.exclude(purpose__in=OWED).filter(answers__gte=row.pk)
    lines = [*superseded([left], who), *taken_back(replies, who)]
    fresh = _fresh(row, left)
    lines.append(line(fresh, "opened", "", fresh.state, who=who, note=told(left.receipt, note)))
    lines.append(line(left, "split", "", left.state, who=who, note=told(fresh.receipt, note)))
    m.Alert.objects.filter(message=row, case=left, promise=None).update(case=fresh)
    unrelate(m.Relation.objects.filter(message=row))
    withdrawn = any(one.thing == "draft" for one in lines)
    audit([*lines, *carried(left, fresh, [row], who)])
    answer_again(fresh, who)
    if withdrawn:
        answer_again(left, who)
    tell_again(cases=[left.pk, fresh.pk])
    return fresh


@transaction.atomic
def leave_incident(case: int, who: str, note: str = "") -> m.Case:
    """Take a case out of its incident: `who` says that it tells of something else. Raises
    IllegalMove where it is in none, or holds the first voice."""
    row = case_locked(pk=case)
    incident = m.Incident.objects.filter(cases=row).first()
    if incident is None or incident.first.case_id == row.pk:
        raise IllegalMove(f"{row.receipt}: it cannot leave an incident")
    row.incident = None
    row.save(update_fields=["incident"])
    m.Relation.objects.filter(message__case=row, kind=RelationKind.INCIDENT).update(
        kind=RelationKind.NEW, of_message=None, evidence=[], score=0.0
    )
    first = incident.case
    of_whom = told(first.receipt if first else "", note)
    audit([line(row, "left_incident", "", row.state, who=who, note=of_whom)])
    return row


def unrelate(relations: QuerySet[m.Relation]) -> None:
    """Let the messages of these relations be new matters where they were said to belong to others'
    cases."""
    joined = relations.filter(kind__in=[RelationKind.DUPLICATE, RelationKind.FOLLOW_UP])
    joined.update(kind=RelationKind.NEW, of_message=None, evidence=[], score=0.0)


def told(receipt: str, note: str) -> str:
    """What the audit says of another case: its number, and the reason where one was given."""
    return clean(f"{receipt}: {note.strip()}" if note.strip() else receipt)


def carried(
    left: m.Case, kept: m.Case, messages: Iterable[m.Message], who: str
) -> list[m.AuditLine]:
    """Put messages of one case into another. Returns the audit lines."""
    rows = list(messages)
    for row in rows:
        row.case = kept
    save(rows, "case")
    note = f"{left.receipt} → {kept.receipt}"
    return [line(row, CARRIED, "", row.state, who=who, note=note) for row in rows]


def superseded(
    cases: Iterable[m.Case], who: str, clashing: m.Case | None = None
) -> list[m.AuditLine]:
    """Supersede what waits for approval; what is owed stays, unless it would meet its like in the
    case `clashing`, for one draft a purpose may wait."""
    lines: list[m.AuditLine] = []
    owed = set[str]()
    if clashing is not None:
        held = clashing.drafts.filter(state=DraftState.PENDING, purpose__in=OWED)
        owed = set(held.values_list("purpose", flat=True))
    for case in cases:
        for draft in case.drafts.select_for_update().filter(state=DraftState.PENDING):
            stays = draft.purpose in OWED and (case == clashing or draft.purpose not in owed)
            if stays:
                continue
            lines.append(moved(draft, DraftState.SUPERSEDED, who=who, note=_OTHERS))
            draft.save(update_fields=["state"])
    return lines


def taken_back(replies: QuerySet[m.Draft], who: str) -> list[m.AuditLine]:
    """Supersede those of the drafts that were approved and have not left, because their case holds
    other messages now; what they promised is drafted for anew. Returns the audit lines. Raises
    IllegalMove where one is being sent, or may have left."""
    if replies.filter(state__in=[DraftState.SENDING, DraftState.NEEDS_CHECK]).exists():
        raise IllegalMove("a reply is being sent, or may have left")
    lines: list[m.AuditLine] = []
    rows = replies.select_for_update(of=("self",))
    for draft in rows.filter(state__in=[DraftState.APPROVED, DraftState.FAILED]):
        lines.append(moved(draft, DraftState.SUPERSEDED, who=who, note=_OTHERS))
        draft.save(update_fields=["state"])
        lines += withdraw([draft.pk], _OTHERS)
    return lines


def _brought(left: m.Case, kept: m.Case) -> dict[str, Any]:
    """What `moves.unmerge` must know, before anything is moved."""
    both = [left, kept]
    asked = m.Survey.objects.filter(case__in=both).order_by("case")
    surveys = dict(asked.values_list("case", "pk"))
    return {
        "into": kept.pk,
        "state": left.state,
        "stood": kept.state,
        "opened_at": kept.opened_at.isoformat(),
        "incident": left.incident_id,
        "gave": [name for name in SHARED if getattr(left, name) and not getattr(kept, name)],
        "messages": list(left.messages.order_by("pk").values_list("pk", flat=True)),
        "notes": list(left.notes.values_list("pk", flat=True)),
        "merged": list(left.merged.values_list("pk", flat=True)),
        "survey": None if kept.pk in surveys else surveys.get(left.pk),
        "last_message": m.Message.objects.filter(case__in=both).aggregate(at=Max("pk"))["at"] or 0,
        "last_draft": m.Draft.objects.filter(case__in=both).aggregate(at=Max("pk"))["at"] or 0,
    }


def _belongings(left: m.Case, kept: m.Case) -> None:
    """Let what hangs on a case hang on the one that it was merged into."""
    for things in (left.drafts, left.promises, left.notes):
        things.update(case=kept)
    known = kept.alerts.filter(promise=None, draft=None).values("reason")
    left.alerts.exclude(promise=None, draft=None, reason__in=known).update(case=kept)
    if not m.Survey.objects.filter(case=kept).exists():
        m.Survey.objects.filter(case=left).update(case=kept)
    left.similar_links.all().delete()
    links = m.SimilarLink.objects.filter(similar=left)
    has = m.SimilarLink.objects.filter(similar=kept).values("case")
    links.exclude(case__in=has).exclude(case=kept).update(similar=kept)
    m.SimilarLink.objects.filter(similar=left).delete()
    left.readings.all().delete()


def _one(left: m.Case, kept: m.Case, who: str) -> list[m.AuditLine]:
    """Close `left`, let it lead to `kept`, and let that know what only `left` knew."""
    lines: list[m.AuditLine] = []
    if kept.state in _ENDED and left.state not in _ENDED:
        lines.append(moved(kept, CaseState.REOPENED, who=who, note=left.receipt))
    elif kept.state == CaseState.WAITING and left.state in (CaseState.OPEN, CaseState.REOPENED):
        lines.append(moved(kept, CaseState.OPEN, who=who, note=left.receipt))
    if left.state != CaseState.CLOSED:
        lines.append(moved(left, CaseState.CLOSED, who=who, note=f"→ {kept.receipt}"))
    left.brought["made"] = kept.state
    for name in left.brought["gave"]:
        setattr(kept, name, getattr(left, name))
    kept.opened_at = min(kept.opened_at, left.opened_at)
    left.merged_into, left.incident = kept, None
    m.Case.objects.filter(merged_into=left).update(merged_into=kept)
    left.save(update_fields=["state", "merged_into", "incident", "brought"])
    kept.save()
    return lines


def _fresh(row: m.Message, left: m.Case) -> m.Case:
    """The case of a message that leaves another, named by what the message is about."""
    fresh = new_case(row, row.language or left.language, *free_receipts(1))
    fresh.opened_at, fresh.owner = row.received_at, left.owner
    triage = m.Triage.objects.filter(message=row).first()
    if triage is not None:
        fresh.cause = triage.labels.get("cause", "")
        fresh.product = clean(next(iter(triage.labels.get("products", ())), ""), 255)
    fresh.save()
    return fresh


def answer_again(case: m.Case, who: str) -> None:
    """ANSWERED → RELATED for the customer's messages since our last reply, at least the newest: the
    next intake drafts for all of them together."""
    heard = case.messages.select_for_update().filter(
        direction=Direction.IN, state=MessageState.ANSWERED
    )
    last = case.messages.filter(direction=Direction.OUT).order_by("received_at").last()
    since = heard.filter(received_at__gt=last.received_at) if last else heard
    rows = list(since.order_by("pk")) or list(heard.order_by("-pk")[:1])
    lines = [moved(row, MessageState.RELATED, who=who, note="drafted anew") for row in rows]
    for row in rows:
        row.asked_for = True
    save(rows, "state", "attempts", "error", "asked_for")
    audit(lines)
