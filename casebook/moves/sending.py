"""Replies on their way out: claimed before the network call, and what became of each.

APPROVED → SENDING is a claim that one process gets. What follows it tells what the service said:
SENT, FAILED, NEEDS_CHECK, or APPROVED again where it certainly did not arrive.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.db import connection, transaction

from casebook import models as m
from casebook.clock import now
from casebook.errors import IllegalMove
from casebook.moves.base import MACHINE, audit, case_locked, in_turn, moved
from casebook.moves.settling import alert_of_draft, deals, settle
from casebook.moves.vectors import tell_again
from casebook.outgoing import Way, by_a_person, overtaken, pace_until, paused
from casebook.rows import clean
from casebook.states import CaseState, DraftState, MessageState
from casebook.timing import Purpose
from casebook.types import AlertReason, Direction


def new_identity() -> str:
    """What makes a reply the same at every try; nobody can guess it."""
    return secrets.token_hex(16)


@transaction.atomic
def claim(draft: int, way: Way, undo: timedelta = timedelta(0)) -> m.Draft | None:
    """APPROVED → SENDING, before the network call: one process alone gets the draft, with
    `identity` and `begun_at` fixed.

    None, and nothing changes, where another has it, sending is paused, it was approved less than
    `undo` ago, its time has not come or has passed, it was `overtaken`, or one of the account's
    paces is used up. All tries of all processes count.
    """
    # Claims wait for each other, and a pause for them: what it returns from stands still.
    in_turn("sending")
    row, at = _free(draft), now()
    if row is None or row.state != DraftState.APPROVED or paused(way.sender):
        return None
    waits = (row.decided_at or at) + undo > at or (row.not_before or at) > at
    if waits or overtaken(row) or pace_until(way, row.visibility) is not None:
        return None
    row.identity = row.identity or new_identity()
    row.begun_at = row.begun_at or at
    row.claimed_at, row.sender = at, way.sender
    audit([moved(row, DraftState.SENDING, note=way.sender)])
    row.save(update_fields=["state", "identity", "begun_at", "claimed_at", "sender"])
    row.tries.create(sender=way.sender, visibility=row.visibility, at=at)
    return row


def _free(draft: int) -> m.Draft | None:
    """The draft, its case locked before it; None where another process holds either."""
    skip = connection.features.has_select_for_update_skip_locked
    cases = m.Case.objects.select_for_update(of=("self",), skip_locked=skip)
    if cases.filter(drafts=draft).first() is None:
        return None
    rows = m.Draft.objects.select_for_update(of=("self",), skip_locked=skip)
    return rows.select_related("case", "answers").filter(pk=draft).first()


@transaction.atomic
def sent(
    draft: int,
    who: str,
    at: datetime,
    *,
    external_id: str = "",
    permalink: str = "",
    wrong: str = "",
) -> m.Message:
    """APPROVED (or SENDING, NEEDS_CHECK) → SENT for a reply that went out at `at` (aware): by hand
    of `who`, or by a connector, whose service calls it `external_id`. With `wrong` it stands there
    otherwise than approved, and people are told.

    Records it as a message of its case, moves the case to WAITING, and settles the promises that it
    bears on (`settling.settle`). The first substantive reply that a person approved gives the case
    its `replied_at`: a PROGRESS report, or what deals with the matter itself (`settling.deals`).
    Returns the message. Raises IllegalMove where the draft is in another state: what went out goes
    out once; a person cannot tell of one that is being sent at this moment.
    """
    case = case_locked(drafts=draft)
    row = m.Draft.objects.select_for_update(of=("self",)).select_related("answers").get(pk=draft)
    _not_under_way(row, who)
    _told_of_no_more(row)
    if row.state == DraftState.APPROVED:
        audit([moved(row, DraftState.SENDING, who=who)])
    audit([moved(row, DraftState.SENT, who=who)])
    row.external_id, row.permalink = clean(external_id), clean(permalink)
    row.error_code = AlertReason.NOT_AS_APPROVED.value if wrong else ""
    row.error = clean(wrong)
    row.save(update_fields=["state", "external_id", "permalink", "error_code", "error"])
    if wrong:
        alert_of_draft(row, AlertReason.NOT_AS_APPROVED)
    message = _message(row, case, at)
    message.save()
    _answered(case, row, at, who)
    settle(row, at, who)
    return message


@transaction.atomic
def failed(
    draft: int, code: str, why: str, who: str = MACHINE, *, claimed: datetime | None = None
) -> None:
    """APPROVED (which could never leave), SENDING or NEEDS_CHECK → FAILED, and people are told.
    With `claimed` as for `released`."""
    row = draft_locked(draft, claimed)
    if row.state == DraftState.APPROVED:
        audit([moved(row, DraftState.SENDING, who=who)])
    _trouble(row, DraftState.FAILED, code, why, who)
    alert_of_draft(row, AlertReason.NOT_SENT)


@transaction.atomic
def unsure(
    draft: int,
    code: str,
    why: str,
    not_before: datetime | None = None,
    *,
    claimed: datetime | None = None,
) -> None:
    """SENDING → NEEDS_CHECK: it may have arrived. Nothing but `sent`, `released` or `failed` takes
    it from there, once it is known. With `claimed` as for `released`."""
    row = draft_locked(draft, claimed)
    row.not_before = not_before
    _trouble(row, DraftState.NEEDS_CHECK, code, why)


@transaction.atomic
def still_unsure(draft: int, code: str, why: str, not_before: datetime, *, tell: bool) -> None:
    """A draft that NEEDS_CHECK stays so: it was looked up, and is again at `not_before`. With
    `tell` people are told, once."""
    row = draft_locked(draft)
    if row.state != DraftState.NEEDS_CHECK:
        return
    row.not_before, row.error_code, row.error = not_before, code, clean(why)
    row.save(update_fields=["not_before", "error_code", "error"])
    if tell:
        alert_of_draft(row, AlertReason.NEEDS_CHECK)


@transaction.atomic
def released(
    draft: int,
    code: str,
    why: str,
    not_before: datetime | None = None,
    who: str = MACHINE,
    *,
    claimed: datetime | None = None,
) -> None:
    """SENDING, NEEDS_CHECK or FAILED → APPROVED: it certainly did not arrive, and is tried again,
    not before `not_before`; what people were told of it is over.

    `claimed` is the claim (`claimed_at`) that the caller knows of. Raises IllegalMove where the
    draft was claimed anew since, and for a person (`who`) where it is being sent at this moment.
    """
    row = draft_locked(draft, claimed)
    _not_under_way(row, who)
    row.not_before = not_before
    _told_of_no_more(row)
    if row.state == DraftState.FAILED:
        # Somebody wants it sent after all: its time begins anew.
        row.begun_at = None
    _trouble(row, DraftState.APPROVED, code, why, who)


@transaction.atomic
def interrupted(sender: str, before: datetime) -> list[int]:
    """SENDING → NEEDS_CHECK for what a process claimed for an account before then and never told
    of: it may have arrived. Returns the keys."""
    rows = m.Draft.objects.filter(
        state=DraftState.SENDING, sender=sender, claimed_at__lt=before
    ).values_list("pk", flat=True)
    found: list[int] = []
    for key in rows:
        row = draft_locked(key)
        if row.state == DraftState.SENDING:
            _trouble(row, DraftState.NEEDS_CHECK, "interrupted", "interrupted while it was sent")
            found.append(key)
    return found


def draft_locked(draft: int, claimed: datetime | None = None) -> m.Draft:
    """Lock a draft, its case before it. Raises IllegalMove where it was claimed after `claimed`."""
    case_locked(drafts=draft)
    rows = m.Draft.objects.select_for_update(of=("self",)).select_related("case", "answers")
    row = rows.get(pk=draft)
    if claimed is not None and row.claimed_at != claimed:
        raise IllegalMove(f"draft {draft}: it was claimed anew")
    return row


def _not_under_way(row: m.Draft, who: str) -> None:
    """Raise IllegalMove where a person decides on a draft while a process has it: it would be sent
    twice."""
    if who != MACHINE and row.state == DraftState.SENDING:
        raise IllegalMove(f"draft {row.pk} is being sent: look again in a few minutes")


def _told_of_no_more(row: m.Draft) -> None:
    """What happens to a reply later is told anew. Its account may stand still nevertheless."""
    row.alerts.exclude(reason=AlertReason.PAUSED).delete()


def _trouble(row: m.Draft, after: DraftState, code: str, why: str, who: str = MACHINE) -> None:
    row.error_code, row.error = code, clean(why)
    audit([moved(row, after, who=who, note=f"{code}: {why}" if code else why)])
    row.save(update_fields=["state", "error_code", "error", "not_before", "begun_at"])


def _message(draft: m.Draft, case: m.Case, at: datetime) -> m.Message:
    version = draft.versions.get(number=draft.version)
    return m.Message(
        identity=f"draft:{draft.pk}",
        case=case,
        direction=Direction.OUT,
        state=MessageState.ANSWERED,
        channel=draft.channel,
        visibility=draft.visibility,
        author="",
        recipients=[case.author],
        sent_at=at,
        received_at=at,
        subject=version.subject,
        text=version.body,
        new_text=version.body,
        language=draft.language,
        external_id=draft.external_id,
        # What the customer's answer names.
        message_id=draft.external_id[:500],
        permalink=draft.permalink,
        in_reply_to=draft.answers.message_id,
    )


def _answered(case: m.Case, draft: m.Draft, at: datetime, who: str) -> None:
    substantive = draft.purpose == Purpose.PROGRESS or deals(draft)
    if case.replied_at is None and substantive and by_a_person(draft):
        case.replied_at = at
    if case.state in (CaseState.OPEN, CaseState.REOPENED):
        audit([moved(case, CaseState.WAITING, who=who)])
    case.save(update_fields=["state", "replied_at"])
    tell_again(cases=[case.pk])
