"""Promises: how one is made, warned of, and what becomes of it when its time has passed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from django.db import transaction
from django.db.models import Q

from casebook import models as m
from casebook.clock import now
from casebook.errors import IllegalMove
from casebook.moves.base import MACHINE, audit, case_locked, line, moved, unmerged
from casebook.moves.deciding import approve
from casebook.moves.queueing import queue_draft
from casebook.moves.settling import alert, break_promise
from casebook.states import DraftState, PromiseState
from casebook.timing import About, Purpose
from casebook.types import AlertReason, Estimate, Finding, Reply, Visibility

_ON_ITS_WAY = (DraftState.APPROVED, DraftState.SENDING, DraftState.NEEDS_CHECK)
_DECIDED = (DraftState.SENT, DraftState.REJECTED)


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice of delay as it was drafted; `approved`: the policy lets it go out unseen."""

    reply: Reply
    estimate: Estimate
    findings: Sequence[Finding] = ()
    approved: bool = False


def covered(promise: m.Promise) -> bool:
    """Whether a promise needs no notice of delay: one waits for approval or is on its way, one that
    tells a later time was sent or refused since the promise was made, or a reply was approved and
    has only to be sent. A report on progress is such a reply for a promised report alone."""
    drafts = m.Draft.objects.filter(case=promise.case_id)
    since = Q(created_at__gte=promise.made_at, due__gte=promise.due)
    decided = Q(state__in=_DECIDED) & since & ~Q(pk=promise.draft_id)
    notice = Q(purpose=Purpose.DELAY) & (Q(state__in=[DraftState.PENDING, *_ON_ITS_WAY]) | decided)
    replies = [Purpose.FIRST_REPLY, Purpose.REPLY]
    if promise.about == About.PROGRESS:
        replies.append(Purpose.PROGRESS)
    return drafts.filter(notice | Q(purpose__in=replies, state__in=_ON_ITS_WAY)).exists()


@transaction.atomic
def warn(promise: int, reason: AlertReason) -> bool:
    """Open an alert on an open promise, once for each reason. False where nothing was left to
    do."""
    row = _open(promise)
    return row is not None and alert(row, reason)


@transaction.atomic
def give_notice(promise: int, notice: Notice) -> bool:
    """Queue a notice of delay for an open promise. False where it needs none (`covered`)."""
    row = _open(promise)
    if row is None or covered(row):
        return False
    _queue(row, notice)
    return True


@transaction.atomic
def overdue(promise: int) -> bool:
    """OPEN → BROKEN for a promise whose time has passed, with the reason and an alert. False where
    it was settled meanwhile or still has time."""
    row = _open(promise)
    if row is None or row.due >= now():
        return False
    audit([break_promise(row)])
    return True


@transaction.atomic
def assign(case: int, owner: str, who: str) -> m.Case:
    """Give a case an owner (a login; empty: nobody), by decision of `who`. Raises IllegalMove where
    it was merged."""
    row = unmerged(case_locked(pk=case))
    before, row.owner = row.owner, owner
    row.save(update_fields=["owner"])
    audit([line(row, "assigned", "", "", who=who, note=f"{before or '–'} → {owner or '–'}")])
    return row


@transaction.atomic
def write(
    case: int,
    purpose: Purpose,
    who: str,
    reply: Reply,
    findings: Iterable[Finding],
    *,
    sparing: bool = False,
) -> m.Draft:
    """Queue a reply that a person (`who`) wrote; a pending one of the same purpose is superseded,
    and what was ready in private beside it, where both are public, is so beside the new one. It
    answers the case's newest message from the customer.

    Raises IllegalMove where the case was merged, and with `sparing` where a person has begun to
    decide on the one that waits: approved it first, asked a lead, put it off.
    """
    found = unmerged(case_locked(pk=case))
    rows = m.Draft.objects.select_for_update().filter(
        case=found, purpose=purpose, state=DraftState.PENDING
    )
    # One draft a purpose may wait.
    waiting = rows.first()
    if waiting is not None:
        if sparing and rows.filter(begun()).exists():
            raise IllegalMove(f"{found.receipt}: a person is deciding on the draft that waits")
        audit([moved(waiting, DraftState.SUPERSEDED, who=who, note="another was written")])
        waiting.save(update_fields=["state"])
    newest = found.messages.filter(direction="in").order_by("pk").last()
    assert newest is not None
    public = waiting is not None and waiting.visibility == reply.visibility == Visibility.PUBLIC
    beside = waiting if public else None
    return queue_draft(found.pk, newest.pk, purpose, reply, findings, who, beside=beside)


def begun() -> Q:
    """Drafts on which a person has begun to decide."""
    asleep = Q(snoozed_until__gt=now())
    return ~Q(first_approver="") | ~Q(asked_lead="") | asleep


def _open(promise: int) -> m.Promise | None:
    case_locked(promises=promise)
    rows = m.Promise.objects.select_for_update()
    return rows.filter(pk=promise, state=PromiseState.OPEN).first()


def _queue(promise: m.Promise, notice: Notice) -> None:
    draft = queue_draft(
        promise.case_id, promise.draft.answers_id, Purpose.DELAY, notice.reply, notice.findings
    )
    m.Estimate.objects.create(draft=draft, **asdict(notice.estimate))
    if notice.approved and not any(finding.blocking for finding in notice.findings):
        approve(draft.pk, MACHINE)
