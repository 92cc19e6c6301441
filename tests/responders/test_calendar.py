"""Business time: by law of arithmetic over many calendars, and by the cases people get wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from casebook.errors import ConfigError
from casebook.policy import Policy
from responders.calendar import calendar
from tests.responders.policies import ALL, BERLIN, GAP, NEW_YEAR, NIGHT, TOKYO, every_day, made

policies = st.sampled_from(ALL)
instants = st.datetimes(
    datetime.fromisoformat("2025-12-01"),
    datetime.fromisoformat("2027-03-01"),
    timezones=st.just(UTC),
)
minutes = st.integers(0, 20_000)
SECOND = timedelta(seconds=1)


def _open(policy: Policy, moment: datetime) -> bool:
    return calendar(policy).add_business(moment, 0) == moment


@settings(max_examples=10_000, deadline=None)
@given(policies, instants, minutes)
def test_adding_and_measuring_agree(policy: Policy, start: datetime, amount: int) -> None:
    end = calendar(policy).add_business(start, amount)
    assert calendar(policy).business_between(start, end) == pytest.approx(amount, abs=1e-6)


@settings(max_examples=10_000, deadline=None)
@given(policies, instants, minutes, minutes)
def test_adding_in_two_steps_is_adding_at_once(
    policy: Policy, start: datetime, first: int, second: int
) -> None:
    halfway = calendar(policy).add_business(start, first)
    whole = calendar(policy).add_business(start, first + second)
    if second:
        assert calendar(policy).add_business(halfway, second) == whole
    assert halfway <= whole


@settings(max_examples=10_000, deadline=None)
@given(policies, instants, instants, minutes)
def test_later_stays_later(policy: Policy, one: datetime, other: datetime, amount: int) -> None:
    early, late = sorted((one, other))
    assert calendar(policy).add_business(early, amount) <= calendar(policy).add_business(
        late, amount
    )


@settings(max_examples=10_000, deadline=None)
@given(policies, instants, minutes)
@example(GAP, datetime(2026, 3, 28, 12, tzinfo=UTC), 60)
@example(BERLIN, datetime(2026, 10, 24, 12, tzinfo=UTC), 600)
def test_never_inside_closed_time(policy: Policy, start: datetime, amount: int) -> None:
    end = calendar(policy).add_business(start, amount)
    assert end >= start
    assert end.tzinfo is UTC
    # The instant of closing still belongs to the day.
    assert _open(policy, end) or _open(policy, end - SECOND)


@settings(max_examples=10_000, deadline=None)
@given(policies, instants, instants, instants)
def test_measures_add_up(policy: Policy, a: datetime, b: datetime, c: datetime) -> None:
    first, second, third = sorted((a, b, c))
    parts = calendar(policy).business_between(first, second) + calendar(policy).business_between(
        second, third
    )
    assert parts == pytest.approx(calendar(policy).business_between(first, third), abs=1e-6)
    assert 0 <= parts <= (third - first) / timedelta(minutes=1) + 1e-6


@settings(max_examples=100)
@given(instants, minutes, st.sampled_from(["Asia/Tokyo", "Europe/Berlin", "America/New_York"]))
def test_the_zone_of_the_start_does_not_matter(start: datetime, amount: int, zone: str) -> None:
    there = start.astimezone(ZoneInfo(zone))
    end = calendar(NIGHT).add_business(start, amount)
    assert calendar(NIGHT).add_business(there, amount) == end
    assert calendar(NIGHT).business_between(there, end.astimezone(ZoneInfo(zone))) == pytest.approx(
        amount
    )


def _tokyo(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=TOKYO.zone)


@pytest.mark.parametrize(
    ("start", "amount", "due"),
    [
        pytest.param("2026-11-20T10:00", 60, "2026-11-20T11:00", id="in the morning"),
        pytest.param("2026-11-20T11:30", 60, "2026-11-20T13:30", id="over lunch"),
        pytest.param("2026-11-20T12:20", 60, "2026-11-20T14:00", id="during lunch"),
        pytest.param("2026-11-20T11:00", 60, "2026-11-20T12:00", id="to the end of the morning"),
        pytest.param("2026-11-20T07:00", 0, "2026-11-20T09:00", id="before opening"),
        pytest.param("2026-11-20T18:00", 0, "2026-11-24T09:00", id="at the second of closing"),
        pytest.param("2026-11-20T17:59:59", 1, "2026-11-24T09:00:59", id="a second before it"),
        pytest.param("2026-11-20T17:00", 120, "2026-11-24T10:00", id="weekend and a Monday off"),
        pytest.param("2026-11-21T03:00", 60, "2026-11-24T10:00", id="on a Saturday"),
        pytest.param("2026-11-23T10:00", 60, "2026-11-24T10:00", id="Labour Thanksgiving Day"),
        pytest.param("2026-05-01T17:30", 60, "2026-05-07T09:30", id="Golden Week, substitute day"),
        pytest.param("2026-09-18T17:00", 120, "2026-09-24T10:00", id="a day between two holidays"),
        pytest.param("2026-12-28T17:30", 60, "2027-01-04T09:30", id="over the year's end"),
        pytest.param("2026-12-31T23:59", 480, "2027-01-04T18:00", id="new year's night"),
    ],
)
def test_cases_in_tokyo(start: str, amount: int, due: str) -> None:
    assert calendar(TOKYO).add_business(_tokyo(start), amount) == _tokyo(due)


def test_opening_keeps_to_the_wall_clock_when_the_clocks_change() -> None:
    for day, hour in ((27, 7), (30, 6)):  # Friday in winter time, Monday in summer time
        before = datetime(2026, 3, day, 0, tzinfo=UTC)
        assert calendar(BERLIN).add_business(before, 0) == datetime(
            2026, 3, day, hour, 30, tzinfo=UTC
        )


@pytest.mark.parametrize(("month", "day", "hours"), [(3, 8, 23), (11, 1, 25), (11, 2, 24)])
def test_a_day_of_the_clock_change_is_shorter_or_longer(month: int, day: int, hours: int) -> None:
    midnight = datetime(2026, month, day, tzinfo=NIGHT.zone)
    assert calendar(NIGHT).business_between(midnight, midnight + timedelta(days=1)) == hours * 60


def test_the_hour_that_is_skipped_is_no_opening() -> None:
    day = datetime(2026, 3, 29, tzinfo=GAP.zone)
    assert calendar(GAP).business_between(day, day + timedelta(days=1)) == 30
    assert calendar(GAP).business_between(day - timedelta(days=1), day) == 60


def test_closures_over_the_new_year_and_the_leap_day() -> None:
    assert calendar(NEW_YEAR).add_business(_tokyo("2026-12-20T00:00"), 0) == _tokyo(
        "2027-01-16T10:00"
    )
    assert calendar(NEW_YEAR).add_business(_tokyo("2028-02-28T08:00"), 0) == _tokyo(
        "2028-03-04T10:00"
    )


def test_no_time_backwards() -> None:
    late, early = _tokyo("2026-11-20T10:30"), _tokyo("2026-11-20T10:00")
    assert (
        calendar(TOKYO).business_between(late, early)
        == calendar(TOKYO).business_between(late, late)
        == 0
    )


def test_a_company_that_never_opens() -> None:
    closed = every_day(["09:00-10:00"], closures=[{"first": "01-01", "last": "12-31"}])
    with pytest.raises(ValueError, match="no openings"):
        calendar(closed).add_business(_tokyo("2026-11-20T10:00"), 1)


def test_an_unknown_country_is_a_wrong_configuration() -> None:
    with pytest.raises(ConfigError, match=r"hours.holidays: no calendar for 'XX'"):
        calendar(every_day(["09:00-10:00"], holidays="XX")).add_business(
            _tokyo("2026-11-20T10:00"), 1
        )


NIGHT_SHIFT = made(
    {
        "mon": ["22:00-06:00"],
        "fri": ["20:00-04:00"],
        "holidays": "JP",
        "closures": [
            {"first": "2026-12-25 23:00", "last": "2027-01-04 23:30"},
            {"first": "2026-08-10", "last": "2026-08-14"},
        ],
        "extra": [
            {"day": "2026-08-12", "spans": ["10:00-12:00"]},
            {"day": "11-23", "spans": ["01:00-02:00"]},
            {"day": "2026-12-21"},
        ],
    }
)


@pytest.mark.parametrize(
    ("start", "amount", "due"),
    [
        pytest.param("2026-11-16T23:00", 60, "2026-11-17T00:00", id="over midnight"),
        pytest.param("2026-11-17T05:30", 60, "2026-11-20T20:30", id="from night to night"),
        pytest.param("2026-11-17T06:00", 0, "2026-11-20T20:00", id="at the end of the shift"),
        pytest.param("2026-11-17T00:00", 0, "2026-11-17T00:00", id="in the night"),
        pytest.param("2026-11-23T00:00", 60, "2026-11-23T02:00", id="extra hours on a holiday"),
        pytest.param("2026-11-23T03:00", 60, "2026-11-27T21:00", id="no shift on a holiday"),
        pytest.param("2026-08-08T05:00", 60, "2026-08-12T11:00", id="extra day in a closure"),
        pytest.param("2026-08-12T12:00", 60, "2026-08-17T23:00", id="a closure once"),
        pytest.param("2026-12-25T22:30", 60, "2027-01-05T00:00", id="closing within a shift"),
        pytest.param("2026-12-21T22:00", 60, "2026-12-25T21:00", id="a day closed by itself"),
    ],
)
def test_nights_closures_and_extra_days(start: str, amount: int, due: str) -> None:
    assert calendar(NIGHT_SHIFT).add_business(_tokyo(start), amount) == _tokyo(due)


@settings(max_examples=10_000, deadline=None)
@given(st.integers(0, len(ALL)), instants, instants)
def test_measuring_and_adding_agree(policy: int, one: datetime, other: datetime) -> None:
    start, end = sorted((one, other))
    hours = calendar([*ALL, NIGHT_SHIFT][policy])
    amount = hours.business_between(start, end)
    back = hours.add_business(start, amount)
    # Of the instants that are as much opening time away, adding finds the first.
    assert hours.business_between(min(back, end), max(back, end)) == 0
    assert back <= end or not amount


def test_a_year_long_ago_and_one_far_away() -> None:
    hours = calendar(TOKYO)
    for year in (1950, 1999, 2030, 2100):
        start = datetime(year, 3, 3, 1, tzinfo=UTC)
        end = hours.add_business(start, 10_000)
        assert hours.business_between(start, end) == 10_000
    assert hours.business_between(
        datetime(1990, 1, 1, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC)
    )
    with pytest.raises(ValueError, match="backwards"):
        hours.add_business(start, -1)


def test_a_break_closing_and_open() -> None:
    hours, noon = calendar(TOKYO), _tokyo("2026-11-20T12:00")
    assert not hours.is_open(noon)
    assert hours.is_open(noon - SECOND)
    assert hours.closing(noon) == _tokyo("2026-11-20T18:00")
    assert hours.closing(_tokyo("2026-11-21T12:00")) is None
