"""How much of a promise's time is over, and who hears of it when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casebook.policy import Policy
from casebook.timing import Promises
from casebook.types import AlertReason
from responders.calendar import calendar
from responders.watching import LAST, risk, used
from tests.responders.policies import ALL, TOKYO

CALENDAR = calendar(TOKYO)
NINE = datetime(2026, 11, 24, 9, tzinfo=TOKYO.zone)


@pytest.mark.parametrize(
    ("due", "at", "share"),
    [
        (3, 0, 0.0),
        (3, 1.5, 0.5),
        (3, 3, 1.0),
        (3, 9, 1.0),
        # Lunch uses no time, and neither does the night.
        (5, 3.5, 0.75),
        (27, 12, 8 / 11),
        (27, 20, 8 / 11),
    ],
)
def test_the_share_is_of_business_time(due: float, at: float, share: float) -> None:
    end, moment = (NINE + timedelta(hours=hours) for hours in (due, at))
    assert used(CALENDAR, NINE, end, moment) == pytest.approx(share)


def test_a_promise_for_a_closed_time_uses_the_clock() -> None:
    night = NINE + timedelta(hours=12)
    assert used(CALENDAR, night, night + timedelta(hours=4), night + timedelta(hours=1)) == 0.25


@given(st.sampled_from(ALL), st.lists(st.integers(0, 40_000), min_size=3, max_size=3))
def test_it_rises_from_none_to_all(policy: Policy, minutes: list[int]) -> None:
    made, at, due = (NINE.astimezone(UTC) + timedelta(minutes=n) for n in sorted(minutes))
    share = used(calendar(policy), made, due, at)
    assert 0 <= share <= 1
    assert used(calendar(policy), made, due, due) == 1


@pytest.mark.parametrize(
    ("thresholds", "share", "reason"),
    [
        ((0.7, 0.9), 0.69, None),
        ((0.7, 0.9), 0.7, AlertReason.DUE_SOON),
        ((0.7, 0.9), 0.9, AlertReason.DUE_NOW),
        ((0.5, 0.7, 0.9), 0.8, AlertReason.DUE_SOON),
        ((0.9,), 0.9, AlertReason.DUE_NOW),
        ((), 1.0, None),
    ],
)
def test_thresholds(thresholds: tuple[float, ...], share: float, reason: AlertReason) -> None:
    assert risk(Promises(warn_at=thresholds), share, LAST) == reason


def test_the_last_minutes_of_a_short_promise_are_its_end() -> None:
    almost = LAST - timedelta.resolution
    assert risk(Promises(warn_at=(0.7, 0.9)), 0.5, almost) is AlertReason.DUE_NOW
    assert risk(Promises(warn_at=()), 0.5, almost) is None
