"""Histories whose truth is known, judged as their own future."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC

import numpy as np
import pytest

from responders.backtest import Backtest, backtest, reliability
from responders.pace import features
from tests.histories import Truth, as_columns, history

LABELS = dict.fromkeys(("title", "said", "kept", "ideal", "ours", "constant"), "<b>&")


def _judged(truth: Truth) -> Backtest:
    found = as_columns(history(truth))
    return backtest(found, np.full(len(found), 240.0), UTC)


@pytest.mark.parametrize("drift", [0.6, 1.0, 1.8])
def test_coverage_holds_over_time_and_in_each_group(drift: float) -> None:
    told = _judged(Truth(drift=drift))
    assert told.score.coverage[0.9] == pytest.approx(0.9, abs=0.02)
    assert told.score.ratio <= 0.8
    for group in told.groups.values():
        assert group.n < 200 or group.coverage[0.9] == pytest.approx(0.9, abs=0.05)
    assert sum(month.n for month in told.months.values()) == told.score.n
    assert told.constant.ratio == 1.0


def test_where_there_is_nothing_to_learn_it_costs_next_to_nothing() -> None:
    told = _judged(Truth(drift=1.0, shuffled=True))
    assert told.score.coverage[0.9] == pytest.approx(0.9, abs=0.02)
    assert told.score.ratio <= 1.02


def test_a_case_knows_nothing_of_what_comes_after_it() -> None:
    cases = history(Truth(cases=400))
    half = cases[300].arrived
    known = [
        replace(case, answered=None if case.answered and case.answered > half else case.answered)
        for case in cases[:301]
    ]
    words = {"department": ("care", "legal", "quality")}
    everything = features(as_columns(cases), words)[300]
    then = features(as_columns(known), words)[300]
    assert np.array_equal(everything, then, equal_nan=True)


def test_what_has_no_answer_is_late_once_it_has_waited_longer() -> None:
    cases = history(Truth(cases=1_000, drift=1.0))
    forgotten = [
        replace(case, answered=None) if place % 4 == 0 and place > 700 else case
        for place, case in enumerate(cases)
    ]
    told = backtest(as_columns(forgotten), np.full(1_000, 240.0), UTC)
    assert told.open == 74
    assert told.score.n == 226
    assert told.score.coverage[0.5] < 0.75
    assert told.score.coverage[0.95] < 0.99


def test_too_few_cases_are_told_of() -> None:
    with pytest.raises(ValueError, match="20 answered cases: a backtest needs 50"):
        _judged(Truth(cases=20))


def test_the_curve_is_an_image_without_script() -> None:
    drawn = reliability(_judged(Truth(cases=300)), LABELS).decode()
    assert drawn.lstrip().startswith("<?xml")
    assert "<script" not in drawn
    assert "<b>" not in drawn
    assert re.search(r"<svg[^>]+xmlns=", drawn)
