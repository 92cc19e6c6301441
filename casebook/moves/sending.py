"""Replies on their way out: what the record keeps once the customer has one."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from casebook import models as m
from casebook.moves.base import MACHINE, audit, case_locked, moved
from casebook.moves.settling import deals, settle
from casebook.moves.vectors import tell_again
from casebook.states import CaseState, DraftState, MessageState
from casebook.timing import Purpose
from casebook.types import Direction


@transaction.atomic
def sent(draft: int, who: str, at: datetime) -> m.Message:
    """APPROVED (or SENDING, NEEDS_CHECK) → SENT for a reply that went out at `at` (aware): by hand
    of `who`, or by a connector.

    Records it as a message of its case, moves the case to WAITING, and settles the promises that it
    bears on (`settling.settle`). The first substantive reply that a person approved gives the case
    its `replied_at`: a PROGRESS report, or what deals with the matter itself (`settling.deals`).
    Returns the message. Raises IllegalMove where the draft is in another state: what went out goes
    out once.
    """
    case = case_locked(drafts=draft)
    row = m.Draft.objects.select_for_update(of=("self",)).select_related("answers").get(pk=draft)
    if row.state == DraftState.APPROVED:
        audit([moved(row, DraftState.SENDING, who=who)])
    audit([moved(row, DraftState.SENT, who=who)])
    row.save(update_fields=["state"])
    message = _message(row, case, at)
    message.save()
    _answered(case, row, at, who)
    settle(row, at, who)
    return message


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
        in_reply_to=draft.answers.message_id,
    )


def _answered(case: m.Case, draft: m.Draft, at: datetime, who: str) -> None:
    substantive = draft.purpose == Purpose.PROGRESS or deals(draft)
    if case.replied_at is None and substantive and _by_a_person(draft):
        case.replied_at = at
    if case.state in (CaseState.OPEN, CaseState.REOPENED):
        audit([moved(case, CaseState.WAITING, who=who)])
    case.save(update_fields=["state", "replied_at"])
    tell_again(cases=[case.pk])


def _by_a_person(draft: m.Draft) -> bool:
    approvals = m.AuditLine.objects.filter(
        thing="draft", thing_id=draft.pk, after=DraftState.APPROVED
    )
    return approvals.exclude(who=MACHINE).exists()
