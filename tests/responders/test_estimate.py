"""The estimate is a quarter of an hour that can be kept, said as people say it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responders.due import say_due
from responders.estimate import estimate
from responders.guard import guard
from tests.responders.policies import BERLIN, TOKYO

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


def test_the_zone_is_the_policys() -> None:
    summer, winter = (datetime(2026, month, 15, 12, tzinfo=UTC) for month in (7, 12))
    assert say_due(BERLIN, summer, "en").endswith("by 2 p.m. on Wednesday, 15 July (CEST)")
    assert say_due(BERLIN, winter, "en").endswith("by 1 p.m. on Tuesday, 15 December (CET)")


@given(st.datetimes(YEAR, YEAR + timedelta(days=700)), st.sampled_from(["ja", "en"]))
def test_the_guard_reads_every_time_that_is_said(moment: datetime, language: str) -> None:
    assert guard(say_due(TOKYO, moment.replace(tzinfo=UTC), language), needs_time=True) == ()


@pytest.mark.parametrize(
    ("start", "severity", "due"),
    [
        ("2026-11-20T10:00", 3, "2026-11-20T11:00"),
        ("2026-11-20T10:00:01", 3, "2026-11-20T11:15"),
        ("2026-11-20T10:01", 3, "2026-11-20T11:15"),
        ("2026-11-20T10:15", 2, "2026-11-20T14:00"),
        ("2026-11-20T17:00", 1, "2026-11-24T12:00"),
        ("2026-11-21T10:00", 0, "2026-11-24T18:00"),
    ],
)
def test_cases(start: str, severity: int, due: str) -> None:
    found = estimate(TOKYO, severity, _tokyo(start))
    assert found.due == _tokyo(due)
    assert found.minutes == TOKYO.first_response.minutes(severity)
    assert (found.cases, found.level) == (0, None)
