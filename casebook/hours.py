"""When people work: tables of a policy pack, and the days that they name.

Pure data; `responders.calendar` reckons with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from casebook.config import Table

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY = 24 * 60
"""Minutes of a day on the clock."""


def minute_of_day(text: str) -> int:
    """The minutes from midnight to a time of day such as 09:00. Raises ValueError."""
    hours, colon, minutes = text.partition(":")
    if not (colon and hours.isdecimal() and minutes.isdecimal() and int(minutes) < 60):
        raise ValueError(f"{text!r} is no time of day, such as 09:00")
    return int(hours) * 60 + int(minutes)


def _span(text: str) -> str:
    start, _, end = text.partition("-")
    first, last = minute_of_day(start), minute_of_day(end)
    if first == last or first >= DAY or last > DAY:
        raise ValueError(f"{text!r} is no span of a day, such as 09:00-12:00 or 22:00-06:00")
    return text


def _plain(value: Any) -> Any:
    # TOML has dates of its own; both ways of writing one mean the same.
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat(" ", "minutes")
    return value.isoformat() if isinstance(value, date) else value


def _day(text: str) -> str:
    try:
        # A leap year, so that 02-29 is a day.
        date.fromisoformat(text if len(text) > len("12-29") else f"2000-{text}")
    except ValueError as error:
        raise ValueError(f"{text!r} is no day, such as 12-29 or 2026-12-29") from error
    return text


def _day_or_moment(text: str) -> str:
    day, _, clock = text.replace("T", " ").partition(" ")
    _day(day)
    if not clock:
        return day
    if len(day) == len("12-29") or not 0 < minute_of_day(clock) < DAY:
        raise ValueError(f"{text!r} is no moment, such as 2026-12-28 12:00")
    return f"{day} {clock}"


Span = Annotated[str, AfterValidator(_span)]
Day = Annotated[
    str,
    BeforeValidator(_plain),
    Field(pattern=r"^(\d{4}-)?\d\d-\d\d$"),
    AfterValidator(_day),
]
DayOrMoment = Annotated[
    str,
    BeforeValidator(_plain),
    Field(pattern=r"^(\d{4}-)?\d\d-\d\d([ T]\d\d:\d\d)?$"),
    AfterValidator(_day_or_moment),
]


def spans_in_minutes(spans: tuple[str, ...]) -> tuple[tuple[int, int], ...]:
    """Spans as minutes from the midnight of their day (start, end), in order. One that ends the
    next morning ends after 1,440."""
    pairs = [tuple(map(minute_of_day, span.split("-"))) for span in spans]
    return tuple(sorted((first, last if last > first else last + DAY) for first, last in pairs))


class Closure(Table):
    """A time in which the company is closed, both ends included: every year from one day
    (month-day) to another, or once, from a day or a moment to another."""

    first: DayOrMoment
    """The first day, `12-29` or `2026-12-29`, or the moment of closing, `2026-12-28 12:00`."""
    last: DayOrMoment
    """The last day, or the moment of opening again."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.yearly != (len(self.last) == len("12-29")):
            raise ValueError("first and last must both name a year, or neither")
        if not self.yearly and self.last < self.first[: len(self.last)]:
            raise ValueError(f"it ends ({self.last}) before it begins ({self.first})")
        return self

    @property
    def yearly(self) -> bool:
        """True where it comes every year."""
        return len(self.first) == len("12-29")

    def covers(self, day: date) -> bool:
        """True where the whole of `day` is closed by it."""
        if not self.yearly:
            first, last = self.first.partition(" "), self.last.partition(" ")
            begins = day.isoformat() > first[0] if first[2] else day.isoformat() >= first[0]
            ends = day.isoformat() < last[0] if last[2] else day.isoformat() <= last[0]
            return begins and ends
        here = f"{day:%m-%d}"
        if self.first <= self.last:
            return self.first <= here <= self.last
        return here >= self.first or here <= self.last

    def moments(self) -> tuple[datetime, datetime] | None:
        """From when to when it closes, on the clock of the place; None for one of whole days."""
        if " " not in self.first + self.last:
            return None
        last = datetime.fromisoformat(self.last)
        return (
            datetime.fromisoformat(self.first),
            last if " " in self.last else last + timedelta(days=1),
        )


class Opening(Table):
    """A day with hours of its own, whatever the weekday, holiday or closure."""

    day: Day
    """`2026-12-30`, or `12-30` for every year."""
    spans: tuple[Span, ...] = ()
    """Its opening hours; none: closed."""

    def on(self, day: date) -> bool:
        """True for the day that it names."""
        return self.day in (day.isoformat(), f"{day:%m-%d}")


class Hours(Table):
    """When people work: opening spans by weekday; a gap between two spans is a break, and a span
    such as 22:00-06:00 ends on the next morning and belongs to the day on which it begins."""

    mon: tuple[Span, ...] = ()
    tue: tuple[Span, ...] = ()
    wed: tuple[Span, ...] = ()
    thu: tuple[Span, ...] = ()
    fri: tuple[Span, ...] = ()
    sat: tuple[Span, ...] = ()
    sun: tuple[Span, ...] = ()
    holidays: str = "JP"
    """Country (ISO 3166) whose public holidays are closed days; empty for none."""
    closures: tuple[Closure, ...] = ()
    extra: tuple[Opening, ...] = ()
    """Days with hours of their own; they come before holidays and closures."""

    @model_validator(mode="after")
    def _somewhere_open(self) -> Self:
        if not any(self.minutes(day) for day in WEEKDAYS):
            raise ValueError("no weekday has opening hours")
        week = list(self._week())
        first = week[0]
        # Monday comes again after Sunday night.
        for (_, end, _), (start, _, day) in pairwise(
            [*week, (first[0] + 7 * DAY, first[1] + 7 * DAY, first[2])]
        ):
            if end > start:
                raise ValueError(f"the spans of {day} overlap")
        return self

    def minutes(self, day: Weekday) -> tuple[tuple[int, int], ...]:
        """The opening spans of a weekday as minutes of the day (start, end), in order."""
        return spans_in_minutes(getattr(self, day))

    def _week(self) -> Iterator[tuple[int, int, Weekday]]:
        for number, day in enumerate(WEEKDAYS):
            for first, last in self.minutes(day):
                yield first + number * DAY, last + number * DAY, day
