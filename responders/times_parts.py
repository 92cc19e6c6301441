"""What the words of a time tell, put together to the latest moment that they allow.

A language only turns words into `Parts`; people say them in any order (「火曜の朝十時」, "3 p.m.
(Japan time) on Wednesday 25 November"), so what belongs together is found by what still is untold.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Literal, TypedDict, cast

from responders.times_moment import Clock

HOUR, NOON, EVENING, DAY = 60, 12 * 60, 18 * 60, 24 * 60
"""Minutes of a day."""
FEW = 5
"""The most that 数日 and "a few days" allow."""
_DAWN = 7 * HOUR
"""Before it nobody answers: a bare "by five" is in the afternoon."""

Unit = Literal["minute", "hour", "day", "business", "week", "month"]


class Parts(TypedDict, total=False):
    """What is told of a time. `span`: so many units from now; `date`: year, month and day, the
    first two where they are told, day 0 is the month's last; `near`: days from today; `business`:
    business days from today; `weekday`: Monday is 0; `week`, `month`, `year`: weeks, months and
    years from now, with the `edge` that is meant ("start", or the end); `minute` of the day;
    `bare`: it may be in the afternoon too; `until`: the minute at which the part of the day ends;
    `closing`: the closing time."""

    span: tuple[int, Unit]
    date: tuple[int | None, int | None, int]
    near: int
    business: int
    weekday: int
    week: int
    month: int
    year: int
    edge: str
    minute: int
    bare: bool
    until: int
    closing: bool


_DAYS = frozenset(("date", "near", "business", "weekday"))
_PERIODS = frozenset(("week", "month", "year"))


def names_day(parts: Parts) -> bool:
    """Whether a day is told."""
    return bool(_DAYS & parts.keys())


def joined(first: Parts, then: Parts, clock: Clock) -> Parts | None:
    """Two neighbours as one time; None where they are two: both tell the same, or two days."""
    if "span" in first or "span" in then or first.keys() & then.keys():
        return None
    days = _DAYS & (first.keys() | then.keys())
    if names_day(first) and names_day(then) and days != {"date", "weekday"}:
        before, after = (moment(_only(one, _DAYS | _PERIODS), clock) for one in (first, then))
        if before != after:
            return None
    periods = _PERIODS & (first.keys() | then.keys())
    if periods and ("near" in days or "business" in days or (not days and _has_hour(first, then))):
        return None
    return first | then


def extended(first: Parts, then: Parts) -> Parts | None:
    """A range as the time at its end (「10時から12時」); None where its ends are of two kinds."""
    days = names_day(first) and names_day(then)
    hours = _has_hour(first) and _has_hour(then)
    if "span" in first or "span" in then or not (days or hours):
        return None
    return _only(first, _PERIODS if days else _DAYS | _PERIODS) | then


def moment(parts: Parts, clock: Clock) -> datetime | None:
    """The latest moment that a time allows; None where too little is told. Raises ValueError for a
    day or a time of day that does not exist, OverflowError for one beyond the calendar."""
    if "span" in parts:
        return _after(*parts["span"], clock)
    minute = _minute(parts)
    if "business" in parts:
        return clock.business_days(parts["business"], minute)
    day = _day(parts, clock, minute)
    if day is not None:
        if parts.get("closing") and minute is None:
            return clock.closing(day)
        return clock.at(day, minute)
    if _PERIODS & parts.keys():
        return _period(parts, clock)
    if parts.get("closing") and minute is None:
        return clock.closing(clock.today)
    return clock.clock(minute) if minute is not None else None


def _only(parts: Parts, keys: frozenset[str]) -> Parts:
    return cast(Parts, {key: told for key, told in parts.items() if key in keys})


def _has_hour(*some: Parts) -> bool:
    return any("minute" in parts or "until" in parts for parts in some)


def _minute(parts: Parts) -> int | None:
    minute, until = parts.get("minute"), parts.get("until")
    if minute is None:
        return until
    afternoon = minute < NOON if (until or 0) > NOON else parts.get("bare") and minute < _DAWN
    return minute + NOON if afternoon and until != NOON else minute


def _day(parts: Parts, clock: Clock, minute: int | None) -> date | None:
    if "date" in parts:
        year, month, day = parts["date"]
        if "year" in parts and year is None:
            year, month = clock.today.year + parts["year"], month or 1
        if "month" in parts and month is None:
            first = clock.month(parts["month"])
            year, month = first.year, first.month
        if day == 0 and month:
            return clock.last_of(year, month)
        return clock.calendar_day(year, month, day)
    if "near" in parts:
        return clock.today + timedelta(days=parts["near"])
    if "weekday" in parts:
        return clock.weekday(parts["weekday"], parts.get("week"), minute)
    return None


def _period(parts: Parts, clock: Clock) -> datetime:
    start = parts.get("edge") == "start"
    if "week" in parts:
        return (clock.start_of_week if start else clock.end_of_week)(parts["week"])
    if "month" in parts:
        return clock.end_of_month(parts["month"])
    year = clock.today.year + parts["year"]
    return clock.first_open(date(year, 1, 1)) if start else clock.at(date(year, 12, 31))


def _after(count: int, unit: Unit, clock: Clock) -> datetime:
    if unit == "business":
        return clock.business_days(count)
    if unit in ("minute", "hour"):
        return clock.now + timedelta(minutes=count * (HOUR if unit == "hour" else 1))
    if unit == "month":
        return clock.months(count)
    return clock.days(count * (7 if unit == "week" else 1))
