"""The states of everything that moves through the record, and which may follow which.

`moves` is the only place that changes one.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class MessageState(StrEnum):
    """Where a message stands on its way through the intake."""

    RECEIVED = "received"
    RELATED = "related"
    ANSWERED = "answered"
    IGNORED = "ignored"
    QUARANTINED = "quarantined"


class CaseState(StrEnum):
    """ITIL's life of a case; WAITING is waiting for the customer."""

    OPEN = "open"
    WAITING = "waiting"
    RESOLVED = "resolved"
    CLOSED = "closed"
    REOPENED = "reopened"


class DraftState(StrEnum):
    """A reply from the draft to what the service said of it: NEEDS_CHECK may have arrived and is
    never sent again blindly, RETURNED left us and came back."""

    PENDING = "pending"
    APPROVED = "approved"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    NEEDS_CHECK = "needs_check"
    RETURNED = "returned"
    REJECTED = "rejected"
    SUPERSEDED = "superseded"


class PromiseState(StrEnum):
    """A time told to a customer."""

    OPEN = "open"
    KEPT = "kept"
    BROKEN = "broken"
    RENEWED = "renewed"


class IncidentState(StrEnum):
    """How far an event that several customers tell of has been noticed: ALERTED once it has as many
    voices as the policy asks for, and people were told."""

    OPEN = "open"
    ALERTED = "alerted"


class DeliveryState(StrEnum):
    """How far an alert has come on its way to one target: FAILED did not arrive and is tried
    again, NEEDS_CHECK may have arrived and is never repeated by itself."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    NEEDS_CHECK = "needs_check"


class EntryState(StrEnum):
    """Whether an entry of the harassment ledger counts: a person who judges the message otherwise
    withdraws it, and may reinstate it. It is never removed."""

    STANDING = "standing"
    WITHDRAWN = "withdrawn"


M, C, D, P = MessageState, CaseState, DraftState, PromiseState
A, E = DeliveryState, EntryState

LEGAL: Mapping[type[StrEnum], Mapping[StrEnum, frozenset[StrEnum]]] = {
    M: {
        M.RECEIVED: frozenset({M.RELATED, M.IGNORED, M.QUARANTINED}),
        M.RELATED: frozenset({M.ANSWERED, M.IGNORED, M.QUARANTINED}),
        M.ANSWERED: frozenset({M.RELATED}),
        M.IGNORED: frozenset({M.RECEIVED, M.RELATED}),
        M.QUARANTINED: frozenset({M.RECEIVED, M.RELATED, M.IGNORED}),
    },
    C: {
        C.OPEN: frozenset({C.WAITING, C.RESOLVED, C.CLOSED}),
        C.WAITING: frozenset({C.OPEN, C.RESOLVED, C.CLOSED}),
        C.RESOLVED: frozenset({C.CLOSED, C.REOPENED}),
        C.CLOSED: frozenset({C.REOPENED}),
        C.REOPENED: frozenset({C.WAITING, C.RESOLVED, C.CLOSED}),
    },
    D: {
        D.PENDING: frozenset({D.APPROVED, D.REJECTED, D.SUPERSEDED}),
        D.APPROVED: frozenset({D.SENDING, D.PENDING, D.SUPERSEDED}),
        D.SENDING: frozenset({D.SENT, D.FAILED, D.NEEDS_CHECK, D.APPROVED}),
        D.SENT: frozenset({D.RETURNED}),
        D.RETURNED: frozenset({D.REJECTED}),
        D.FAILED: frozenset({D.APPROVED, D.REJECTED, D.SUPERSEDED}),
        D.NEEDS_CHECK: frozenset({D.SENT, D.FAILED, D.APPROVED}),
        D.REJECTED: frozenset(),
        D.SUPERSEDED: frozenset(),
    },
    P: {
        P.OPEN: frozenset({P.KEPT, P.BROKEN, P.RENEWED}),
        # What kept it may come back undelivered.
        P.KEPT: frozenset({P.OPEN, P.BROKEN}),
        P.BROKEN: frozenset(),
        # So may the notice that renewed it.
        P.RENEWED: frozenset({P.OPEN, P.BROKEN}),
    },
    IncidentState: {
        IncidentState.OPEN: frozenset({IncidentState.ALERTED}),
        IncidentState.ALERTED: frozenset(),
    },
    A: {
        A.PENDING: frozenset({A.SENDING}),
        A.SENDING: frozenset({A.SENT, A.FAILED, A.NEEDS_CHECK}),
        A.SENT: frozenset(),
        A.FAILED: frozenset({A.SENDING}),
        A.NEEDS_CHECK: frozenset({A.SENT, A.PENDING}),
    },
    E: {
        E.STANDING: frozenset({E.WITHDRAWN}),
        E.WITHDRAWN: frozenset({E.STANDING}),
    },
}
"""For each state those that may follow it."""


def may_follow(before: StrEnum, after: StrEnum) -> bool:
    """True when a thing in state `before` may move to `after`, of the same kind."""
    return after in LEGAL[type(before)][before]
