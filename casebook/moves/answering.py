"""Cases answered: what was understood is kept, and one draft waits for a person."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from django.db import transaction

from casebook import models as m
from casebook.moves.base import MACHINE, audit, case_locked, line, locked, moved, save
from casebook.moves.protecting import protect
from casebook.moves.settling import withdraw
from casebook.moves.vectors import tell_again
from casebook.rows import clean, triage_row
from casebook.states import CaseState, DraftState, MessageState
from casebook.timing import Purpose
from casebook.types import Estimate, Finding, Reply, SimilarCase, Triage


@dataclass(frozen=True, slots=True)
class Rewriting:
    """What a language model (`author`) made of a draft: its `body`, or why it was `refused`."""

    author: str
    body: str = ""
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Answered:
    """What the answer step made for one case: `messages` maps primary keys to their triage.

    `reply` is None where the case needs no new draft (a duplicate of what is answered already).
    `prepared` is the private message to which a public reply invites.
    Where a `rewriting` has a body, that is the version in force, the reply's own is the first one,
    and `findings` are about the body in force.
    """

    case: int
    messages: Mapping[int, Triage]
    similar: Sequence[SimilarCase] = ()
    estimate: Estimate | None = None
    reply: Reply | None = None
    findings: Sequence[Finding] = ()
    prepared: Reply | None = None
    rewriting: Rewriting | None = None


@transaction.atomic
def answer(found: Sequence[Answered]) -> list[int]:
    """RELATED → ANSWERED: keep triage, similar cases and estimate, and queue one draft a case.

    What is grave opens an alert, and conduct that is not ordinary enters the ledger. A pending or
    approved draft of the case, but for a notice of delay, is superseded by the new one. Returns the
    new drafts' keys. A case none of whose messages is RELATED any more is left alone.
    """
    rows = locked((key for item in found for key in item.messages), MessageState.RELATED)
    found = [item for item in found if any(key in rows for key in item.messages)]
    wanted = m.Case.objects.select_for_update().filter(pk__in=[item.case for item in found])
    cases = {case.pk: case for case in wanted.order_by("pk")}
    lines = [moved(row, MessageState.ANSWERED) for row in rows.values()]
    save(rows.values(), "state", "attempts", "error")
    judged = [
        (rows[key], triage)
        for item in found
        for key, triage in item.messages.items()
        if key in rows
    ]
    # A message that is drafted for anew was judged before.
    m.Triage.objects.bulk_create(
        [triage_row(row.pk, triage) for row, triage in judged],
        update_conflicts=True,
        unique_fields=["message"],
        update_fields=[
            "kind", "severity", "conduct", "language", "labels", "evidence", "confidence",
        ],
    )  # fmt: skip
    protect(judged)
    _name(cases, found)
    replied = [item for item in found if item.reply is not None]
    m.SimilarLink.objects.filter(case__in=[item.case for item in replied]).delete()
    m.SimilarLink.objects.bulk_create(
        m.SimilarLink(case_id=item.case, similar_id=link.case, rank=rank, score=link.score)
        for item in replied
        for rank, link in enumerate(item.similar, start=1)
    )
    lines += _supersede([item.case for item in replied])
    drafts = _queue(replied, cases)
    lines += [line(draft, "drafted", "", draft.state) for draft in drafts]
    lines += [
        _told(draft, item.rewriting)
        for draft, item in zip(drafts, replied, strict=True)
        if item.rewriting is not None
    ]
    audit(lines)
    return [draft.pk for draft in drafts]


def _name(cases: Mapping[int, m.Case], found: Sequence[Answered]) -> None:
    """Give each case the first cause and product that its messages tell; what it is called by
    already stays. Every index hears of it."""
    named: dict[tuple[str, str], list[int]] = defaultdict(list)
    for item in found:
        case, triages = cases[item.case], item.messages.values()
        cause = case.cause or next((one.cause for one in triages if one.cause), "")
        products = (name for one in triages for name in one.products)
        product = case.product or clean(next(products, ""), 255)
        if (cause, product) != (case.cause, case.product):
            named[cause, product].append(case.pk)
    for (cause, product), keys in named.items():
        m.Case.objects.filter(pk__in=keys).update(cause=cause, product=product)
    if named:
        tell_again(cases=[key for keys in named.values() for key in keys])


@transaction.atomic
def discard(cases: Mapping[int, tuple[int, Triage]], reason: str) -> None:
    """A message that triage found to be no matter of ours (case → message and triage): the message
    is IGNORED, and its case is CLOSED where it holds nothing else."""
    rows = locked((key for key, _ in cases.values()), MessageState.RELATED)
    lines: list[m.AuditLine] = []
    closed: set[int] = set()
    for case_key, (key, triage) in cases.items():
        if key not in rows:
            continue
        triage_row(key, triage).save()
        lines.append(moved(rows[key], MessageState.IGNORED, note=reason))
        case = case_locked(pk=case_key)
        if case.messages.count() == 1 and case.state == CaseState.OPEN:
            lines.append(moved(case, CaseState.CLOSED, note=reason))
            case.resolution = reason
            case.save(update_fields=["state", "resolution"])
            closed.add(case.pk)
    save(rows.values())
    if closed:
        tell_again(cases=closed)
    audit(lines)


def _supersede(cases: Sequence[int]) -> list[m.AuditLine]:
    # A notice of delay and a report are owed for what was promised before, whatever the customer
    # adds meanwhile.
    rows = list(
        m.Draft.objects.select_for_update()
        .filter(case__in=cases, state__in=[DraftState.PENDING, DraftState.APPROVED])
        .exclude(purpose__in=[Purpose.DELAY, Purpose.PROGRESS])
    )
    note = "the conversation has moved on"
    lines = [moved(row, DraftState.SUPERSEDED, note=note) for row in rows]
    keys = [row.pk for row in rows]
    m.Draft.objects.filter(pk__in=keys).update(state=DraftState.SUPERSEDED)
    return [*lines, *withdraw(keys, note)]


def _prepared(reply: Reply | None) -> dict[str, str]:
    if reply is None:
        return {}
    due = {"due": reply.due.isoformat()} if reply.due else {}
    return {"subject": reply.subject, **due}


def _told(draft: m.Draft, rewriting: Rewriting) -> m.AuditLine:
    what = "rewriting_refused" if rewriting.refused else "rewritten"
    state, who = draft.state, clean(rewriting.author, 150)
    return line(draft, what, state, state, who=who, note=rewriting.refused)


def _queue(replied: Sequence[Answered], cases: Mapping[int, m.Case]) -> list[m.Draft]:
    drafts: list[m.Draft] = []
    versions: list[m.DraftVersion] = []
    estimates: list[m.Estimate] = []
    for item in replied:
        reply, estimate = item.reply, item.estimate
        private = item.prepared.body if item.prepared else ""
        assert reply is not None
        draft = m.Draft(
            case=cases[item.case],
            answers_id=max(item.messages),
            channel=reply.channel,
            visibility=reply.visibility,
            language=reply.language,
            severity=reply.severity,
            due=reply.due,
            findings=[asdict(finding) for finding in item.findings],
            prepared=_prepared(item.prepared),
        )
        drafts.append(draft)
        versions.append(
            m.DraftVersion(
                draft=draft,
                number=1,
                subject=reply.subject,
                body=reply.body,
                author=MACHINE,
                private_body=private,
            )
        )
        if item.rewriting is not None and item.rewriting.body:
            draft.version = 2
            versions.append(
                m.DraftVersion(
                    draft=draft,
                    number=2,
                    subject=reply.subject,
                    body=clean(item.rewriting.body),
                    author=clean(item.rewriting.author, 150),
                    private_body=private,
                )
            )
        if estimate is not None:
            estimates.append(m.Estimate(draft=draft, **asdict(estimate)))
    m.Draft.objects.bulk_create(drafts)
    m.DraftVersion.objects.bulk_create(versions)
    m.Estimate.objects.bulk_create(estimates)
    return drafts
