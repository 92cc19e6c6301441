"""The estimated response time."""

from __future__ import annotations

from datetime import datetime

from casebook.policy import Policy
from casebook.types import Estimate
from responders.calendar import calendar
from responders.due import round_up


def estimate(
    policy: Policy, severity: int, start: datetime, *, department: str = "", channel: str = ""
) -> Estimate:
    """The policy's first-response target for `severity` (0 to 3) from `start` on, in business time
    of the department or channel, rounded up to a time that people say."""
    hours = calendar(policy, department=department, channel=channel)
    minutes = policy.first_response.minutes(severity)
    due = round_up(hours, start, hours.add_business(start, minutes))
    return Estimate(start=start, due=due, minutes=minutes)
