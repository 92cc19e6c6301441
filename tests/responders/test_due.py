"""Times as people promise them: rounded up to one that is said aloud, and said in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casebook.types import Kind
from enrich.acts import read
from responders.calendar import calendar
from responders.due import round_up, say_due
from responders.guard import Facts, Outgoing, guard
from tests.responders.policies import ALL, BERLIN, TOKYO, every_day

YEAR = datetime.fromisoformat("2026-01-01")


def _tokyo(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=TOKYO.zone)


@pytest.mark.parametrize(
    ("when", "ja", "en"),
    [
        ("2026-11-24T15:00", "11月24日（火）15時まで", "by 3 p.m. on Tuesday, 24 November (JST)"),
        (
            "2026-11-24T09:45",
            "11月24日（火）9時45分まで",
            "by 9:45 a.m. on Tuesday, 24 November (JST)",
        ),
        ("2026-11-24T12:00", "11月24日（火）12時まで", "by noon on Tuesday, 24 November (JST)"),
        (
            "2026-11-24T12:15",
            "11月24日（火）12時15分まで",
            "by 12:15 p.m. on Tuesday, 24 November (JST)",
        ),
        (
            "2026-11-24T00:15",
            "11月24日（火）0時15分まで",
            "by 12:15 a.m. on Tuesday, 24 November (JST)",
        ),
        ("2027-01-01T00:00", "12月31日（木）24時まで", "by the end of Thursday, 31 December (JST)"),
        ("2026-11-22T18:00", "11月22日（日）18時まで", "by 6 p.m. on Sunday, 22 November (JST)"),
    ],
)
def test_the_time_as_people_say_it(when: str, ja: str, en: str) -> None:
    due = _tokyo(when).astimezone(UTC)
    assert (say_due(TOKYO, due, "ja"), say_due(TOKYO, due, "en")) == (ja, en)


@pytest.mark.parametrize(
    ("told", "when", "ja", "en"),
    [
        ("2026-11-24T10:00", "2026-11-24T18:00", "本日18時まで", "by 6 p.m. today (JST)"),
        (
            "2026-11-24T23:59",
            "2026-11-25T12:00",
            "明日（水）12時まで",
            "by noon tomorrow, Wednesday (JST)",
        ),
        (
            "2026-11-25T00:00",
            "2026-11-25T12:00",
            "本日12時まで",
            "by noon today (JST)",
        ),
        (
            "2026-11-24T10:00",
            "2026-11-26T15:00",
            "11月26日（木）15時まで",
            "by 3 p.m. on Thursday, 26 November (JST)",
        ),
        ("2026-11-24T10:00", "2026-11-25T00:00", "本日24時まで", "by midnight today (JST)"),
        (
            "2026-12-28T10:00",
            "2027-01-04T12:00",
            "2027年1月4日（月）12時まで",
            "by noon on Monday, 4 January 2027 (JST)",
        ),
        (
            "2026-12-31T10:00",
            "2027-01-01T12:00",
            "明日（金）12時まで",
            "by noon tomorrow, Friday (JST)",
        ),
    ],
)
def test_the_time_as_it_is_said_at_a_moment(told: str, when: str, ja: str, en: str) -> None:
    due, spoken = _tokyo(when).astimezone(UTC), _tokyo(told).astimezone(UTC)
    said = (say_due(TOKYO, due, "ja", spoken), say_due(TOKYO, due, "en", spoken))
    assert said == (ja, en)


def test_the_zone_is_the_policys() -> None:
    summer, winter = (datetime(2026, month, 15, 12, tzinfo=UTC) for month in (7, 12))
    assert say_due(BERLIN, summer, "en").endswith("by 2 p.m. on Wednesday, 15 July (CEST)")
    assert say_due(BERLIN, winter, "en").endswith("by 1 p.m. on Tuesday, 15 December (CET)")


@given(
    st.datetimes(YEAR, YEAR + timedelta(days=700)),
    st.sampled_from(["ja", "en"]),
    st.integers(1, 5_000) | st.none(),
)
def test_the_guard_reads_every_time_that_is_said(
    moment: datetime, language: str, before: int | None
) -> None:
    due = moment.replace(tzinfo=UTC)
    told = None if before is None else due - timedelta(minutes=before)
    said = say_due(TOKYO, due, language, told)
    body = f"We will write to you {said}." if language == "en" else f"{said}にご連絡いたします。"
    facts = Facts(kind=Kind.REQUEST, due=due, due_said=(said,))
    spoken = told if told is not None else due - timedelta(days=3)
    assert guard(Outgoing(body, read), facts, TOKYO, spoken) == ()


@pytest.mark.parametrize(
    ("start", "moment", "named"),
    [
        pytest.param("2026-11-24T10:00", "2026-11-24T10:31", "2026-11-24T10:45", id="a quarter"),
        pytest.param("2026-11-24T10:00", "2026-11-24T10:45", "2026-11-24T10:45", id="as it is"),
        pytest.param("2026-11-24T10:00", "2026-11-24T14:01", "2026-11-24T15:00", id="an hour"),
        pytest.param("2026-11-24T10:00", "2026-11-24T17:20", "2026-11-24T18:00", id="closing"),
        pytest.param("2026-11-24T10:00", "2026-11-25T09:10", "2026-11-25T12:00", id="a noon"),
        pytest.param("2026-11-24T10:00", "2026-11-25T12:00", "2026-11-25T12:00", id="at noon"),
        pytest.param("2026-11-24T10:00", "2026-11-25T13:01", "2026-11-25T18:00", id="its closing"),
        pytest.param("2026-11-24T17:40", "2026-11-25T09:25", "2026-11-25T09:30", id="first thing"),
        pytest.param("2026-12-28T16:00", "2027-01-04T10:20", "2027-01-04T12:00", id="new year"),
    ],
)
def test_rounded_up(start: str, moment: str, named: str) -> None:
    found = round_up(calendar(TOKYO), _tokyo(start), _tokyo(moment).astimezone(UTC))
    assert found.astimezone(TOKYO.zone) == _tokyo(named)


def test_rounded_up_within_the_shift_of_a_night() -> None:
    nights = calendar(every_day(["22:00-06:00"]))
    asked, bound = _tokyo("2026-11-23T22:10"), _tokyo("2026-11-24T02:30")
    named = round_up(nights, asked, bound.astimezone(UTC))
    assert named.astimezone(TOKYO.zone) == _tokyo("2026-11-24T03:00")
    later = round_up(nights, _tokyo("2026-11-23T05:00"), bound.astimezone(UTC))
    assert later.astimezone(TOKYO.zone) == _tokyo("2026-11-24T06:00")


@settings(max_examples=2_000, deadline=None)
@given(
    st.sampled_from(range(len(ALL))),
    st.datetimes(YEAR, YEAR + timedelta(days=365), timezones=st.just(UTC)),
    st.integers(0, 6_000),
)
def test_never_earlier_and_a_time_at_which_people_work(
    policy: int, start: datetime, minutes: int
) -> None:
    hours = calendar(ALL[policy])
    moment = hours.add_business(start, minutes)
    named = round_up(hours, start, moment)
    assert named >= moment
    assert named == moment or hours.is_open(named - timedelta(microseconds=1))
    assert named - moment <= timedelta(days=1)
