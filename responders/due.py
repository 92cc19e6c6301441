"""Times that people promise: rounded up to one that is said aloud, and said in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from casebook.policy import Policy
from responders.calendar import Calendar

_TICK, _QUARTER, _HOUR = timedelta(microseconds=1), timedelta(minutes=15), timedelta(hours=1)
_SOON = 60
"""Minutes of business time up to which a quarter of an hour is named."""
_NOON = 12
_WEEKDAYS_JA = "月火水木金土日"
_WEEKDAYS_EN = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS_EN = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


def round_up(calendar: Calendar, start: datetime, moment: datetime) -> datetime:
    """The first time (UTC) not before `moment` that people would name at `start`: a quarter of an
    hour within the next business hour, a full hour on the same day, noon or the closing time on a
    later one; a time at which people work."""
    local, closing = moment.astimezone(calendar.zone), calendar.closing(moment)
    noon = local.replace(hour=_NOON, minute=0, second=0, microsecond=0)
    steps = [_next(local, _HOUR), closing, _next(local, _QUARTER)]
    if calendar.business_between(start, moment) <= _SOON:
        steps = [_next(local, _QUARTER)]
    # A night shift is one working day.
    elif closing != calendar.closing(start):
        steps = [noon, closing, *steps]
    named = (step for step in steps if step and step >= moment and _worked(calendar, step))
    return next(named, moment).astimezone(UTC)


def _worked(calendar: Calendar, moment: datetime) -> bool:
    """True where people work until `moment`, if not longer."""
    return calendar.is_open(moment.astimezone(UTC) - _TICK)


def say_due(policy: Policy, due: datetime, language: str, told: datetime | None = None) -> str:
    """The time as people say it, in the policy's time zone: 「11月24日（火）15時まで」 or
    "by 3 p.m. on Tuesday, 24 November (JST)"; where `told` is given, as it is said then:
    「本日15時まで」 or 「明日（火）12時まで」, and with the year where it is another one.

    Midnight belongs to the day that ends with it, so that nobody takes it for a day later.
    """
    local = due.astimezone(policy.zone)
    ends_day = (local.hour, local.minute) == (0, 0)
    day = local - timedelta(days=1) if ends_day else local
    spoken = told.astimezone(policy.zone) if told else None
    return (_say_en if language == "en" else _say_ja)(local, day, ends_day, spoken)


def wordings(policy: Policy, due: datetime, language: str, told: datetime) -> tuple[str, ...]:
    """The ways to say a time that mean it when they are said at `told`: as `say_due` says it then,
    and by its date."""
    return tuple(
        dict.fromkeys((say_due(policy, due, language, told), say_due(policy, due, language)))
    )


def _say_ja(local: datetime, day: datetime, ends_day: bool, told: datetime | None) -> str:
    minutes = f"{local.minute}分" if local.minute else ""
    weekday = f"（{_WEEKDAYS_JA[day.weekday()]}）"
    clock = f"{24 if ends_day else local.hour}時{minutes}まで"
    if told and day.date() == told.date():
        return f"本日{clock}"
    if told and day.date() == told.date() + timedelta(days=1):
        return f"明日{weekday}{clock}"
    year = f"{day.year}年" if told and day.year != told.year else ""
    return f"{year}{day.month}月{day.day}日{weekday}{clock}"


def _say_en(local: datetime, day: datetime, ends_day: bool, told: datetime | None) -> str:
    zone, weekday = f"({local.tzname()})", _WEEKDAYS_EN[day.weekday()]
    clock = "midnight" if ends_day else _clock_en(local)
    if told and day.date() == told.date():
        return f"by {clock} today {zone}"
    if told and day.date() == told.date() + timedelta(days=1):
        return f"by {clock} tomorrow, {weekday} {zone}"
    year = f" {day.year}" if told and day.year != told.year else ""
    date = f"{weekday}, {day.day} {_MONTHS_EN[day.month - 1]}{year}"
    return f"by the end of {date} {zone}" if ends_day else f"by {clock} on {date} {zone}"


def _clock_en(local: datetime) -> str:
    if (local.hour, local.minute) == (_NOON, 0):
        return "noon"
    minutes = f":{local.minute:02d}" if local.minute else ""
    return f"{local.hour % 12 or 12}{minutes} {'a.m.' if local.hour < _NOON else 'p.m.'}"


def _next(moment: datetime, step: timedelta) -> datetime:
    """`moment`, or the first full step of the clock after it."""
    past = (
        timedelta(minutes=moment.minute, seconds=moment.second, microseconds=moment.microsecond)
        % step
    )
    # Added in the zone's wall-clock time; the fold keeps the second of two equal hours apart.
    return moment if not past else moment - past + step
