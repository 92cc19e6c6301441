"""What webhooks are told of: the events, and which line of the audit is one."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Event(StrEnum):
    """Something that another system may want to know at once."""

    MESSAGE_RECEIVED = "message.received"
    CASE_OPENED = "case.opened"
    CASE_ASSIGNED = "case.assigned"
    CASE_RESOLVED = "case.resolved"
    CASE_REOPENED = "case.reopened"
    CASE_CLOSED = "case.closed"
    DRAFT_PENDING = "draft.pending"
    DRAFT_APPROVED = "draft.approved"
    DRAFT_REJECTED = "draft.rejected"
    DRAFT_SENT = "draft.sent"
    DRAFT_FAILED = "draft.failed"
    PROMISE_MADE = "promise.made"
    PROMISE_KEPT = "promise.kept"
    PROMISE_BROKEN = "promise.broken"
    ALERT_OPENED = "alert.opened"


_DONE: Mapping[str, Event] = {
    "message.received": Event.MESSAGE_RECEIVED,
    "case.opened": Event.CASE_OPENED,
    "case.assigned": Event.CASE_ASSIGNED,
    "draft.drafted": Event.DRAFT_PENDING,
    "promise.promised": Event.PROMISE_MADE,
    "alert.opened": Event.ALERT_OPENED,
}
_MOVED: Mapping[tuple[str, str], Event] = {
    (event.partition(".")[0], event.partition(".")[2]): event
    for event in (
        Event.CASE_RESOLVED,
        Event.CASE_REOPENED,
        Event.CASE_CLOSED,
        Event.DRAFT_PENDING,
        Event.DRAFT_APPROVED,
        Event.DRAFT_REJECTED,
        Event.DRAFT_SENT,
        Event.DRAFT_FAILED,
        Event.PROMISE_KEPT,
        Event.PROMISE_BROKEN,
    )
}


def event_of(what: str, after: str) -> Event | None:
    """The event that a line of the audit (what was done, and the state after it) is; None where it
    is none."""
    thing, _, done = what.partition(".")
    return _MOVED.get((thing, after)) if done == "moved" else _DONE.get(what)
