"""From the parts of a time as people say it to the latest moment that it allows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from responders.calendar import Calendar

_DAY = 24 * 60
_LOOKED = 400
"""Days ahead in which an open day is looked for."""


@dataclass(frozen=True, slots=True)
class Clock:
    """When something is said (`now`, aware) and the business time of whoever says it. `day` is the
    one that was spoken of last, which a time of day after it belongs to."""

    now: datetime
    calendar: Calendar
    day: date | None = None

    @property
    def today(self) -> date:
        """The day on which it is said."""
        return self.now.astimezone(self.calendar.zone).date()

    def at(self, day: date, minute: int | None = None) -> datetime:
        """A minute of a day (24:00 included) in UTC; None: its midnight, when it ends."""
        minute = _DAY if minute is None else minute
        if not 0 <= minute <= _DAY:
            raise ValueError(f"a day has no minute {minute}")
        wall = datetime.combine(day, datetime.min.time()) + timedelta(minutes=minute)
        return wall.replace(tzinfo=self.calendar.zone).astimezone(UTC)

    def clock(self, minute: int) -> datetime:
        """This minute of the day that was spoken of, where that is still to come, else the next
        time that the clock shows it."""
        if self.day and (moment := self.at(self.day, minute)) > self.now:
            return moment
        moment = self.at(self.today, minute)
        return moment if moment > self.now else self.at(self.today + timedelta(days=1), minute)

    def weekday(self, number: int, week: int | None, minute: int | None = None) -> date:
        """A weekday (Monday 0): of this week (`week` 0) or so many weeks later; the next one whose
        `minute` (None: midnight) is still to come where no week is named. Weeks begin on Monday."""
        day = self.monday(week or 0) + timedelta(days=number)
        if week is None and self.at(day, minute) <= self.now:
            day += timedelta(days=7)
        return day

    def monday(self, week: int) -> date:
        """The Monday of the week that is so many weeks from now."""
        return self.today + timedelta(days=7 * week - self.today.weekday())

    def end_of_week(self, week: int) -> datetime:
        """The end of a week's last open day; of its Sunday where all of it is closed."""
        days = [self.monday(week) + timedelta(days=number) for number in range(7)]
        return self.at(next((day for day in reversed(days) if self._open(day)), days[-1]))

    def start_of_week(self, week: int) -> datetime:
        """The end of a week's first open day, or of the first one after it."""
        return self.first_open(self.monday(week))

    def first_open(self, day: date) -> datetime:
        """The end of the first open day from this one on."""
        return self.at(self._next_open(day))

    def closing(self, day: date) -> datetime:
        """The closing time of a day; its midnight where it is closed."""
        return self.calendar.closing(self.at(day, _DAY // 2)) or self.at(day)

    def month(self, month: int) -> date:
        """The first of the month that is so many months from now."""
        first = self.today.replace(day=1)
        for _ in range(min(month, _LOOKED)):
            first = (first + timedelta(days=31)).replace(day=1)
        return first

    def end_of_month(self, month: int) -> datetime:
        """The end of the month that is so many months from now."""
        return self.at(self.month(month + 1) - timedelta(days=1))

    def speaking_of(self, moment: datetime) -> Clock:
        """The clock, once a day was named that ends with or has this moment in it."""
        local = (moment - timedelta.resolution).astimezone(self.calendar.zone)
        return replace(self, day=local.date())

    def business_days(self, count: int, minute: int | None = None) -> datetime:
        """A minute of the day that is so many open days after today; None: its closing time."""
        day = self.today
        for _ in range(min(count, _LOOKED)):
            day = self._next_open(day + timedelta(days=1))
        if minute is not None:
            return self.at(day, minute)
        return self.closing(day)

    def days(self, count: int) -> datetime:
        """The end of the day that is so many days after today."""
        return self.at(self.today + timedelta(days=count))

    def months(self, count: int) -> datetime:
        """The end of this day of the month so many months from now, or of that month's last."""
        last = self.end_of_month(count)
        day = (last - timedelta(hours=12)).astimezone(self.calendar.zone).date()
        return self.at(day.replace(day=min(self.today.day, day.day)))

    def calendar_day(self, year: int | None, month: int | None, day: int) -> date:
        """A day of the calendar; without a year the nearest one, without a month the next one.
        Raises ValueError where there is none."""
        if month is None:
            this = self.today.replace(day=1)
            later = (this + timedelta(days=31)).replace(day=1)
            return (this if day >= self.today.day else later).replace(day=day)
        if year is not None:
            return date(year, month, day)
        years = (self.today.year + step for step in (-1, 0, 1))
        near = [found for one in years if (found := _day(one, month, day))]
        if not near:
            raise ValueError(f"{month}-{day} is no day")
        return min(near, key=lambda found: abs(found - self.today))

    def last_of(self, year: int | None, month: int) -> date:
        """The last day of a month of the calendar; without a year, of the nearest one."""
        first = self.calendar_day(year, month, 1)
        return (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)

    def _open(self, day: date) -> bool:
        return self.calendar.closing(self.at(day, _DAY // 2)) is not None

    def _next_open(self, day: date) -> date:
        days = (day + timedelta(days=step) for step in range(_LOOKED))
        return next((found for found in days if self._open(found)), day)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
