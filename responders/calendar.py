"""Business time: when people work, and what so many minutes of work from now means.

Pure functions; instants are aware, minutes are minutes of opening time.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache

from casebook.errors import ConfigError
from casebook.policy import WEEKDAYS, Hours, Policy

_HORIZON_DAYS = 3 * 366


def add_business(policy: Policy, start: datetime, minutes: float) -> datetime:
    """The instant (UTC) at which `minutes` of opening time have passed since `start`.

    Zero minutes give `start` when it is inside opening hours, else the next opening.
    Raises ValueError where the calendar has no such opening within three years, ConfigError where
    it names a country whose holidays are unknown.
    """
    left = timedelta(minutes=minutes)
    # Sums of aware datetimes are wall-clock time in their zone; in UTC they are elapsed time.
    start = start.astimezone(UTC)
    for opens, closes in _openings(policy, start, _HORIZON_DAYS):
        if closes - opens >= left:
            return opens + left
        left -= closes - opens
    raise ValueError("the calendar has too few openings in three years")


def business_between(policy: Policy, start: datetime, end: datetime) -> float:
    """The minutes of opening time between two instants; 0 where `end` is not after `start`."""
    start, end, total = start.astimezone(UTC), end.astimezone(UTC), timedelta()
    if end <= start:
        return 0.0
    for opens, closes in _openings(policy, start, (end - start).days + 2):
        if opens >= end:
            break
        total += min(closes, end) - opens
    return total / timedelta(minutes=1)


def _openings(policy: Policy, start: datetime, days: int) -> Iterator[tuple[datetime, datetime]]:
    """The opening spans (UTC) of so many days from `start` on, in order and apart."""
    first = start.astimezone(policy.zone).date()
    for offset in range(days):
        day = first + timedelta(days=offset)
        if _closed(policy.hours, day):
            continue
        midnight = datetime.combine(day, time(), policy.zone)
        for begin, end in policy.hours.minutes(WEEKDAYS[day.weekday()]):
            # Wall-clock arithmetic first, then UTC: an opening at 9:00 is 9:00 on the day that
            # the clocks change too.
            opens = (midnight + timedelta(minutes=begin)).astimezone(UTC)
            closes = (midnight + timedelta(minutes=end)).astimezone(UTC)
            # Spans in the hour that is skipped when the clocks change fall onto later ones.
            opens = max(opens, start)
            if closes > opens:
                yield opens, closes
                start = closes


def _closed(hours: Hours, day: date) -> bool:
    if hours.holidays and day in _holidays(hours.holidays, day.year):
        return True
    here = f"{day:%m-%d}"
    return any(
        closure.first <= here <= closure.last
        if closure.first <= closure.last
        else here >= closure.first or here <= closure.last
        for closure in hours.closures
    )


@cache
def _holidays(country: str, year: int) -> frozenset[date]:
    # Half a second of import that an idle poll does not need.
    import holidays

    try:
        return frozenset(holidays.country_holidays(country, years=year))
    except NotImplementedError as error:
        raise ConfigError(f"policy hours.holidays: no calendar for {country!r}") from error
