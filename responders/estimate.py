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
    "by 3 p.m. on Tuesday, 24 November (JST)".

    Midnight belongs to the day that ends with it, so that nobody takes it for a day later.
    """
    local = due.astimezone(policy.zone)
    ends_day = (local.hour, local.minute) == (0, 0)
    day = local - timedelta(days=1) if ends_day else local
    return (_say_en if language == "en" else _say_ja)(local, day, ends_day)


def _say_ja(local: datetime, day: datetime, ends_day: bool) -> str:
    minutes = f"{local.minute}分" if local.minute else ""
    weekday = _WEEKDAYS_JA[day.weekday()]
    hour = 24 if ends_day else local.hour
    return f"{day.month}月{day.day}日（{weekday}）{hour}時{minutes}まで"


def _say_en(local: datetime, day: datetime, ends_day: bool) -> str:
    hour = local.hour % 12 or 12
    minutes = f":{local.minute:02d}" if local.minute else ""
    clock = f"{hour}{minutes} {'a.m.' if local.hour < 12 else 'p.m.'}"
    if (local.hour, local.minute) == (12, 0):
        clock = "noon"
    date = f"{_WEEKDAYS_EN[day.weekday()]}, {day.day} {_MONTHS_EN[day.month - 1]}"
    if ends_day:
        return f"by the end of {date} ({local.tzname()})"
    return f"by {clock} on {date} ({local.tzname()})"


def _round_up(moment: datetime) -> datetime:
    past = (moment - moment.replace(minute=0, second=0, microsecond=0)) % _QUARTER
    return moment if not past else moment - past + _QUARTER
