"""Mails of ours that came back: what was sent was not delivered."""

from __future__ import annotations

from django.db import transaction

from casebook import models as m
from casebook.clock import now
from casebook.moves.base import MACHINE, audit, case_locked, moved
from casebook.moves.sending import sent
from casebook.moves.settling import alert_of_draft, unsettle
from casebook.moves.vectors import tell_again
from casebook.rows import clean
from casebook.states import CaseState, DraftState, MessageState
from casebook.types import AlertReason

_AGAIN = {
    CaseState.WAITING: CaseState.OPEN,
    CaseState.RESOLVED: CaseState.REOPENED,
    CaseState.CLOSED: CaseState.REOPENED,
}

_LEFT = (DraftState.SENDING, DraftState.NEEDS_CHECK, DraftState.SENT)
"""States of a draft whose mail may come back."""


@transaction.atomic
def returned(draft: int, bounce: int, why: str = "") -> bool:
    """SENT → RETURNED for a draft whose mail a `bounce` (message) brought back, with an alert.
    `why`: what the mail server says of it. What is still SENDING, or in doubt, had left, then.

    Its case is open again, what it kept is not kept, and the bounce, which is IGNORED, belongs to
    the case. False where the draft is in another state: it came back before, or was never sent.
    """
    case = case_locked(drafts=draft)
    row = m.Draft.objects.select_for_update().get(pk=draft)
    message = m.Message.objects.select_for_update().get(pk=bounce)
    if row.state not in _LEFT or message.state != MessageState.RECEIVED:
        return False
    if row.state != DraftState.SENT:
        sent(draft, MACHINE, row.claimed_at or now(), external_id=message.in_reply_to)
        row.refresh_from_db()
        case.refresh_from_db()
    note = f"message {bounce} brought it back"
    row.error_code, row.error = "returned", clean(why)
    audit(
        [
            moved(row, DraftState.RETURNED, note=note),
            moved(message, MessageState.IGNORED, note="bounce"),
        ]
    )
    row.save(update_fields=["state", "error_code", "error"])
    message.case = case
    message.save(update_fields=["state", "case", "attempts", "error"])
    _open(case, row)
    unsettle(row, MACHINE)
    alert_of_draft(row, AlertReason.RETURNED)
    return True


def _open(case: m.Case, draft: m.Draft) -> None:
    told = m.Message.objects.filter(identity=f"draft:{draft.pk}").first()
    if told is not None and case.replied_at == told.sent_at:
        case.replied_at = None
    again = _AGAIN.get(CaseState(case.state))
    if again is not None:
        audit([moved(case, again, note="a reply came back")])
    case.save(update_fields=["state", "replied_at"])
    tell_again(cases=[case.pk])
