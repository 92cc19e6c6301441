"""The estimate: the policy's target without history, the team's own pace with it."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casebook.policy import Policy
from casebook.timing import Handled
from responders.calendar import calendar
from responders.estimate import Pace, estimate, estimates, fitted
from responders.estimator import Estimator
from tests.histories import BEGIN, Truth, history
from tests.responders.policies import NIGHT, TOKYO, every_day

ROUND = every_day(["00:00-24:00"], "UTC")
"""Always open: business time is time."""


def _tokyo(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=TOKYO.zone)


@pytest.mark.parametrize(
    ("start", "severity", "due"),
    [
        ("2026-11-20T10:00", 3, "2026-11-20T11:00"),
        ("2026-11-20T10:00:01", 3, "2026-11-20T11:15"),
        ("2026-11-20T10:15", 2, "2026-11-20T14:00"),
        ("2026-11-20T17:00", 1, "2026-11-24T12:00"),
        ("2026-11-21T10:00", 0, "2026-11-24T18:00"),
    ],
)
def test_without_history_it_is_the_policys_target_and_says_so(
    start: str, severity: int, due: str
) -> None:
    found = estimate(TOKYO, Handled(_tokyo(start), None, severity), _tokyo(start))
    assert found.due == _tokyo(due)
    assert found.minutes == TOKYO.first_response.minutes(severity)
    assert (found.cases, found.level, found.median) == (0, None, None)


def test_a_message_that_lay_about_is_not_promised_for_the_past() -> None:
    arrived, now = _tokyo("2026-11-19T09:00"), _tokyo("2026-11-24T10:00")
    found = estimate(TOKYO, Handled(arrived, None, 3), now)
    assert found.due == _tokyo("2026-11-24T10:30")


def test_the_hours_of_the_department_count() -> None:
    values = TOKYO.model_dump()
    values["calendars"] = {"night": {"mon": ["22:00-06:00"], "tue": ["22:00-06:00"]}}
    values["departments"]["quality"]["calendar"] = "night"
    policy, start = Policy.model_validate(values), _tokyo("2026-11-24T23:00")
    found = estimate(policy, Handled(start, None, 3, department="quality"), start)
    assert found.due == _tokyo("2026-11-25T00:00")
    assert estimate(policy, Handled(start, None, 3), start).due == _tokyo("2026-11-25T10:00")


def _answered(minutes: list[float]) -> list[Handled]:
    return [
        Handled(at := BEGIN + timedelta(days=day), at + timedelta(minutes=span))
        for day, span in enumerate(minutes)
    ]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(5, 3_000), min_size=30, max_size=30))
def test_thirty_cases_never_say_less_than_calibration_allows(minutes: list[float]) -> None:
    cases = _answered(minutes)
    end = BEGIN + timedelta(days=40)
    found = estimate(ROUND, Handled(end, None), end, Pace(fitted(ROUND, cases, end)))
    allowed = sorted(minutes)[math.ceil(31 * 0.9) - 1]
    assert found.minutes >= math.floor(allowed)
    assert (found.cases, found.level) == (30, 0.9)
    target = ROUND.first_response.normal
    assert found.minutes <= max(math.ceil(allowed) + 1, target)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 60), st.sampled_from([20.0, 1_500.0]))
def test_the_passage_from_target_to_history_is_smooth(count: int, span: float) -> None:
    end = BEGIN + timedelta(days=90)

    def said(cases: int) -> int:
        pace = Pace(fitted(ROUND, _answered([span] * cases), end)) if cases else None
        return estimate(ROUND, Handled(end, None), end, pace).minutes

    target = ROUND.first_response.normal
    one, more = said(count), said(count + 1)
    assert (one <= more) if span > target else (one >= more)
    assert abs(more - one) <= abs(span - target) / 8


def test_history_is_learnt_by_department_and_severity() -> None:
    cases = history(Truth(cases=3_000, drift=1.0))
    end = max(case.answered or case.arrived for case in cases)
    pace = Pace(fitted(ROUND, cases, end), cases[-500:])
    asked = [
        Handled(end, None, severity, department)
        for department, severity in (("care", 1), ("legal", 1), ("care", 3))
    ]
    care, legal, grave = estimates(ROUND, asked, end, pace)
    assert care.minutes < legal.minutes
    assert grave.minutes < care.minutes
    assert care.level == 0.9
    assert care.median is not None
    assert ROUND.estimate.minimum <= care.median < care.minutes
    assert care.cases > 200


@pytest.mark.parametrize("count", [100, 1_000])
def test_cases_that_have_just_come_are_no_late_ones(count: int) -> None:
    cases = history(Truth(cases=count, drift=1.0, days=60))
    end = max(case.answered or case.arrived for case in cases)
    fresh = [Handled(end - timedelta(minutes=one), None, 1, "care") for one in range(30)]
    asked = Handled(end, None, 1, "care")
    alone = estimate(ROUND, asked, end, Pace(fitted(ROUND, cases, end)))
    beside = estimate(ROUND, asked, end, Pace(fitted(ROUND, [*cases, *fresh], end)))
    assert beside.minutes == pytest.approx(alone.minutes, rel=0.1)


def test_cases_that_have_waited_long_count_although_they_are_open() -> None:
    spans = [60.0] * 50 + [5_000.0] * 20
    cases = _answered(spans)
    end = BEGIN + timedelta(days=75)
    still = [case if case.answered == case.arrived + timedelta(minutes=60) else
             replace(case, answered=None) for case in cases]  # fmt: skip
    found = estimate(ROUND, Handled(end, None), end, Pace(fitted(ROUND, still, end)))
    assert found.minutes > 240
    assert found.cases == 70


def test_beyond_the_maximum_a_person_must_look() -> None:
    end = BEGIN + timedelta(days=90)
    pace = Pace(fitted(ROUND, _answered([5_000.0] * 60), end))
    assert estimate(ROUND, Handled(end, None), end, pace).beyond
    assert not estimate(ROUND, Handled(end, None), end).beyond


def test_an_estimator_is_kept_and_read_again() -> None:
    cases = history(Truth(cases=1_000))
    end = max(case.answered or case.arrived for case in cases)
    one = fitted(NIGHT, cases, end)
    again = Estimator.load(one.dump())
    asked = [replace(case, arrived=end, answered=None) for case in cases[:50]]
    assert estimates(NIGHT, asked, end, Pace(again)) == estimates(NIGHT, asked, end, Pace(one))


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"\x80\x04N.", np.arange(9).tobytes()])
def test_what_is_no_estimator_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="no estimator"):
        Estimator.load(data)


def test_a_policy_with_another_level_falls_back_to_its_target() -> None:
    cases = history(Truth(cases=400))
    end = max(case.answered or case.arrived for case in cases)
    pace = Pace(fitted(ROUND, cases, end))
    other = ROUND.model_copy(update={"estimate": ROUND.estimate.model_copy(update={"level": 0.8})})
    found = estimate(other, Handled(end, None), end, pace)
    assert (found.minutes, found.level) == (other.first_response.normal, None)


def test_the_calendar_is_the_same_for_all_instants_of_a_second() -> None:
    start = datetime(2026, 11, 20, 1, tzinfo=UTC)
    hours = calendar(TOKYO)
    assert hours.add_business(start, 1 / 60) - start == timedelta(seconds=1)
