"""The only place where a state changes. Every move is legal, atomic, and leaves an audit line.

Each function opens its own transaction and locks what it moves; a row that another run has moved
meanwhile is left alone, so a step that was killed or ran twice does no harm.
"""

from casebook.moves.answering import Answered, Rewriting, answer, discard
from casebook.moves.arriving import ignore, record, record_past, retry, step_failed, take_in
from casebook.moves.deciding import approve, ask_lead, edit, give_back, reject, snooze
from casebook.moves.erasing import erase, rechecked
from casebook.moves.establishing import confirm_fault
from casebook.moves.hooking import (
    add_webhook,
    claim_webhook,
    forget_webhook_log,
    redeliver,
    switch_webhook,
    try_webhook,
    webhook_failed,
    webhook_told,
    webhooks_left,
)
from casebook.moves.keys import add_token, revoke_token, revoke_tokens_of, token_of
from casebook.moves.learning import CORRECTED, activate_triage, correct, keep_estimator
from casebook.moves.looking import account_changed, closes, file_taken, has_open, unmasked
from casebook.moves.merging import leave_incident, merge, split
from casebook.moves.noting import note
from casebook.moves.promising import Notice, assign, covered, give_notice, overdue, warn, write
from casebook.moves.protecting import (
    address,
    claim_delivery,
    delivery_failed,
    delivery_sent,
    delivery_uncertain,
    left_sending,
    settle_delivery,
)
from casebook.moves.relating import Related, relate
from casebook.moves.resolving import (
    close,
    drafted_for,
    follow_up,
    let_rest,
    open_survey,
    reopen,
    report_progress,
    resolve,
    survey_answered,
)
from casebook.moves.returning import returned
from casebook.moves.senders import (
    pause_all,
    pause_sender,
    resume_all,
    resume_sender,
    sender_failed,
    sender_succeeded,
)
from casebook.moves.sending import (
    claim,
    failed,
    interrupted,
    released,
    sent,
    still_unsure,
    unsure,
)
from casebook.moves.sources import poll_failed, poll_succeeded
from casebook.moves.spending import reserve, settle
from casebook.moves.suspecting import confirm, tell_apart
from casebook.moves.unmerging import unmerge
from casebook.moves.vectors import (
    Vector,
    activate,
    deactivate,
    forget_vectors,
    in_force,
    keep_only_vectors,
    keep_vectors,
    tell_again,
)
from casebook.moves.withdrawing import back_to_queue, take_back

__all__ = [
    "CORRECTED",
    "Answered",
    "Notice",
    "Related",
    "Rewriting",
    "Vector",
    "account_changed",
    "activate",
    "activate_triage",
    "add_token",
    "add_webhook",
    "address",
    "answer",
    "approve",
    "ask_lead",
    "assign",
    "back_to_queue",
    "claim",
    "claim_delivery",
    "claim_webhook",
    "close",
    "closes",
    "confirm",
    "confirm_fault",
    "correct",
    "covered",
    "deactivate",
    "delivery_failed",
    "delivery_sent",
    "delivery_uncertain",
    "discard",
    "drafted_for",
    "edit",
    "erase",
    "failed",
    "file_taken",
    "follow_up",
    "forget_vectors",
    "forget_webhook_log",
    "give_back",
    "give_notice",
    "has_open",
    "ignore",
    "in_force",
    "interrupted",
    "keep_estimator",
    "keep_only_vectors",
    "keep_vectors",
    "leave_incident",
    "left_sending",
    "let_rest",
    "merge",
    "note",
    "open_survey",
    "overdue",
    "pause_all",
    "pause_sender",
    "poll_failed",
    "poll_succeeded",
    "rechecked",
    "record",
    "record_past",
    "redeliver",
    "reject",
    "relate",
    "released",
    "reopen",
    "report_progress",
    "reserve",
    "resolve",
    "resume_all",
    "resume_sender",
    "retry",
    "returned",
    "revoke_token",
    "revoke_tokens_of",
    "sender_failed",
    "sender_succeeded",
    "sent",
    "settle",
    "settle_delivery",
    "snooze",
    "split",
    "step_failed",
    "still_unsure",
    "survey_answered",
    "switch_webhook",
    "take_back",
    "take_in",
    "tell_again",
    "tell_apart",
    "token_of",
    "try_webhook",
    "unmasked",
    "unmerge",
    "unsure",
    "warn",
    "webhook_failed",
    "webhook_told",
    "webhooks_left",
    "write",
]
