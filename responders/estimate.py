"""The estimated response time, and how it is said."""

from __future__ import annotations

from datetime import datetime, timedelta

from casebook.policy import Policy
from casebook.types import Estimate
from responders.calendar import add_business

_QUARTER = timedelta(minutes=15)
_WEEKDAYS_JA = "月火水木金土日"
_WEEKDAYS_EN = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS_EN = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


def estimate(policy: Policy, severity: int, start: datetime) -> Estimate:
    """The policy's first-response target for `severity` (0 to 3) from `start` on, in business
    time, rounded up to a quarter of an hour."""
    minutes = policy.first_response.minutes(severity)
    due = _round_up(add_business(policy, start, minutes))
    return Estimate(start=start, due=due, minutes=minutes, basis="policy target")


def say_due(policy: Policy, due: datetime, language: str) -> str:
    """The time as people say it, in the policy's time zone: 「11月24日（火）15時まで」 or
    "by 3 p.m. on Tuesday, 24 November (JST)"."""
    local = due.astimezone(policy.zone)
    return _say_en(local) if language == "en" else _say_ja(local)


def _say_ja(local: datetime) -> str:
    minutes = f"{local.minute}分" if local.minute else ""
    weekday = _WEEKDAYS_JA[local.weekday()]
    return f"{local.month}月{local.day}日（{weekday}）{local.hour}時{minutes}まで"


def _say_en(local: datetime) -> str:
    hour = local.hour % 12 or 12
    minutes = f":{local.minute:02d}" if local.minute else ""
    clock = f"{hour}{minutes} {'a.m.' if local.hour < 12 else 'p.m.'}"
    if (local.hour, local.minute) == (12, 0):
        clock = "noon"
    day = f"{_WEEKDAYS_EN[local.weekday()]}, {local.day} {_MONTHS_EN[local.month - 1]}"
    return f"by {clock} on {day} ({local.tzname()})"


def _round_up(moment: datetime) -> datetime:
    past = (moment - moment.replace(minute=0, second=0, microsecond=0)) % _QUARTER
    return moment if not past else moment - past + _QUARTER
