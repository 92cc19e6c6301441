"""How far a promise is: how much of its time is used, and who must hear of it by then."""

from __future__ import annotations

from datetime import datetime, timedelta

from casebook.timing import Promises
from casebook.types import AlertReason
from responders.calendar import Calendar

LAST = timedelta(minutes=10)
"""Twice the time between two looks: the end of a short promise must not fall between them."""


def used(calendar: Calendar, made: datetime, due: datetime, at: datetime) -> float:
    """The share (0 to 1) of the business time from `made` to `due` that is over at `at`; of the
    time on the clock where no opening hour lies between them."""
    if at >= due:
        return 1.0
    whole = calendar.business_between(made, due)
    if whole:
        return calendar.business_between(made, at) / whole
    return max(0.0, (at - made) / (due - made))


def risk(policy: Promises, share: float, left: timedelta) -> AlertReason | None:
    """What is to be told at this share of a promise's time, with so much `left` on the clock:
    DUE_SOON from the first threshold on, DUE_NOW from the last one on and in the last `LAST` of any
    promise; None before, and where the policy names no thresholds."""
    if not policy.warn_at:
        return None
    if share >= policy.warn_at[-1] or left < LAST:
        return AlertReason.DUE_NOW
    return AlertReason.DUE_SOON if share >= policy.warn_at[0] else None
