"""Business time: when people work, and what so many minutes of work from now means.

Pure functions of a calendar; instants are aware, minutes are minutes of opening time.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from itertools import chain
from zoneinfo import ZoneInfo

from casebook.errors import ConfigError
from casebook.hours import WEEKDAYS, Hours, spans_in_minutes
from casebook.policy import Policy

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)
_TICKS_A_MINUTE = 60_000_000
_BEHIND, _AHEAD = 1, 3
"""Years before and after the first one asked for that are laid out with it."""
_BARREN = 3
"""Years without an opening after which a calendar is taken to have none to come."""


@dataclass(frozen=True, slots=True)
class _Laid:
    """Opening spans of the years `first` to `last` in ticks since the epoch (microseconds, whole:
    sums of them are exact), and how much opening time lies before the end of each."""

    first: int
    last: int
    opens: list[int]
    closes: list[int]
    until: list[int]


class Calendar:
    """Opening hours at one place, reckoned with in whole microseconds."""

    def __init__(self, hours: Hours, zone: ZoneInfo) -> None:
        """Raises ConfigError where `hours` names a country whose holidays are unknown."""
        self.hours, self.zone = hours, zone
        self._laid = _Laid(1, 0, [], [], [])

    def add_business(self, start: datetime, minutes: float) -> datetime:
        """The instant (UTC) at which `minutes` of opening time have passed since `start`.

        Zero minutes give `start` when it is inside opening hours, else the next opening. Raises
        ValueError where minutes are negative or no such opening is to come.
        """
        ticks = round(minutes * _TICKS_A_MINUTE)
        if ticks < 0:
            raise ValueError(f"{minutes} minutes: business time is not reckoned backwards")
        at = (start - _EPOCH) // _TICK
        laid = self._around(start.year)
        while True:
            wanted = _passed(laid, at) + ticks
            # At no distance from a closed time the next opening counts, not the last closing.
            place = (bisect_left if ticks else bisect_right)(laid.until, wanted)
            if place < len(laid.until):
                span = laid.closes[place] - laid.opens[place]
                found = laid.opens[place] + wanted - (laid.until[place] - span)
                return _EPOCH + timedelta(microseconds=found)
            laid = self._further(laid)

    def business_between(self, start: datetime, end: datetime) -> float:
        """The minutes of opening time between two instants; 0 where `end` is not after `start`."""
        if end <= start:
            return 0.0
        self._around(end.year)
        laid = self._around(start.year)
        passed = _passed(laid, (end - _EPOCH) // _TICK) - _passed(laid, (start - _EPOCH) // _TICK)
        return passed / _TICKS_A_MINUTE

    def is_open(self, moment: datetime) -> bool:
        """True inside an opening span; its end belongs to it no more."""
        laid, at = self._around(moment.year), (moment - _EPOCH) // _TICK
        place = bisect_right(laid.opens, at) - 1
        return place >= 0 and at < laid.closes[place]

    def closing(self, moment: datetime) -> datetime | None:
        """When the opening hours of the day that `moment` lies in end (UTC), or of the night shift
        that it lies in; None for a day without any. Breaks are none of its ends."""
        today = moment.astimezone(self.zone).date()
        for day in (today - timedelta(days=1), today):
            spans = list(self._day(day))
            if spans and (day == today or spans[0][0] <= moment <= spans[-1][1]):
                return max(end for _, end in spans)
        return None

    def _around(self, year: int) -> _Laid:
        """The years laid out, `year` and its neighbours among them: instants near New Year lie in
        another year elsewhere."""
        laid = self._laid
        if laid.first > laid.last:
            laid = self._lay(year - _BEHIND, year + _AHEAD)
        elif not laid.first < year < laid.last:
            laid = self._lay(min(laid.first, year - _BEHIND), max(laid.last, year + _AHEAD))
        return laid

    def _further(self, laid: _Laid) -> _Laid:
        last = laid.last + _BARREN + 1
        if last >= date.max.year:
            raise ValueError("the calendar has too few openings to come")
        more = self._lay(laid.first, last)
        if len(more.opens) == len(laid.opens):
            raise ValueError(f"the calendar has no openings after {laid.last}")
        return more

    def _lay(self, first: int, last: int) -> _Laid:
        first, last = max(first, date.min.year + 1), min(last, date.max.year - 1)
        opens: list[int] = []
        closes: list[int] = []
        until: list[int] = []
        passed = 0
        for start, end in chain.from_iterable(map(self._day, _days(first, last))):
            begin, close = (start - _EPOCH) // _TICK, (end - _EPOCH) // _TICK
            # Spans in the hour that is skipped when the clocks change fall onto later ones.
            begin = max([begin, *closes[-1:]])
            if close > begin:
                passed += close - begin
                opens.append(begin)
                closes.append(close)
                until.append(passed)
        self._laid = _Laid(first, last, opens, closes, until)
        return self._laid

    def _day(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        """The opening spans (UTC) that begin on a day, in order."""
        own = next((extra for extra in self.hours.extra if extra.on(day)), None)
        if own is not None:
            yield from self._instants(day, spans_in_minutes(own.spans))
        elif not self._closed(day):
            spans = self._instants(day, self.hours.minutes(WEEKDAYS[day.weekday()]))
            for moments in filter(None, (one.moments() for one in self.hours.closures)):
                shut = tuple(_instant(moment, self.zone) for moment in moments)
                spans = [part for span in spans for part in _without(span, *shut)]
            yield from spans

    def _instants(
        self, day: date, spans: tuple[tuple[int, int], ...]
    ) -> list[tuple[datetime, datetime]]:
        midnight = datetime.combine(day, time())
        # Wall-clock arithmetic first, then UTC: an opening at 9:00 is 9:00 on the day that the
        # clocks change too.
        return [
            (
                _instant(midnight + timedelta(minutes=begin), self.zone),
                _instant(midnight + timedelta(minutes=end), self.zone),
            )
            for begin, end in spans
        ]

    def _closed(self, day: date) -> bool:
        country = self.hours.holidays
        if country and day in _holidays(country, day.year):
            return True
        return any(closure.covers(day) for closure in self.hours.closures)


def calendar(policy: Policy, *, department: str = "", channel: str = "") -> Calendar:
    """The calendar of a department, else of a channel, else of the company. Raises ConfigError
    where it names a country whose holidays are unknown."""
    return _calendar(policy.opening_hours(department=department, channel=channel), policy.time_zone)


@lru_cache(maxsize=64)
def _calendar(hours: Hours, zone: str) -> Calendar:
    return Calendar(hours, ZoneInfo(zone))


def _passed(laid: _Laid, at: int) -> int:
    """The opening time before `at`, from the first span laid out."""
    place = bisect_right(laid.opens, at) - 1
    if place < 0:
        return 0
    return laid.until[place] - max(laid.closes[place] - at, 0)


def _without(
    span: tuple[datetime, datetime], first: datetime, last: datetime
) -> Iterator[tuple[datetime, datetime]]:
    begin, end = span
    if begin < min(end, first):
        yield begin, min(end, first)
    if max(begin, last) < end:
        yield max(begin, last), end


def _days(first: int, last: int) -> Iterator[date]:
    for ordinal in range(date(first, 1, 1).toordinal(), date(last, 12, 31).toordinal() + 1):
        yield date.fromordinal(ordinal)


def _instant(wall: datetime, zone: ZoneInfo) -> datetime:
    return wall.replace(tzinfo=zone).astimezone(UTC)


@cache
def _holidays(country: str, year: int) -> frozenset[date]:
    # Half a second of import that an idle poll does not need.
    import holidays

    try:
        return frozenset(holidays.country_holidays(country, years=year))
    except NotImplementedError as error:
        raise ConfigError(f"policy hours.holidays: no calendar for {country!r}") from error
