"""The only place where a state changes. Every move is legal, atomic, and leaves an audit line.

Each function opens its own transaction and locks what it moves; a row that another run has moved
meanwhile is left alone, so a step that was killed or ran twice does no harm.
"""

from casebook.moves.answering import Answered, Rewriting, answer, discard
from casebook.moves.arriving import ignore, record, record_past, retry, step_failed
from casebook.moves.deciding import approve, edit, reject
from casebook.moves.erasing import erase, rechecked
from casebook.moves.establishing import confirm_fault
from casebook.moves.learning import CORRECTED, activate_triage, correct, keep_estimator
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
    "activate",
    "activate_triage",
    "address",
    "answer",
    "approve",
    "assign",
    "back_to_queue",
    "claim",
    "claim_delivery",
    "close",
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
    "follow_up",
    "forget_vectors",
    "give_notice",
    "ignore",
    "in_force",
    "interrupted",
    "keep_estimator",
    "keep_only_vectors",
    "keep_vectors",
    "left_sending",
    "let_rest",
    "open_survey",
    "overdue",
    "pause_all",
    "pause_sender",
    "poll_failed",
    "poll_succeeded",
    "rechecked",
    "record",
    "record_past",
    "reject",
    "relate",
    "released",
    "report_progress",
    "reserve",
    "resolve",
    "resume_all",
    "resume_sender",
    "retry",
    "returned",
    "sender_failed",
    "sender_succeeded",
    "sent",
    "settle",
    "settle_delivery",
    "step_failed",
    "still_unsure",
    "survey_answered",
    "take_back",
    "tell_again",
    "unsure",
    "warn",
    "write",
]
