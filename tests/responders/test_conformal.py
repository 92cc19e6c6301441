"""Calibration: the exact quantile, and levels that follow what was kept."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from responders.conformal import Level, Outcomes, follow, quantile
from responders.pace import Floats

scores = st.lists(st.floats(-1e6, 1e6), max_size=200)
levels = st.sampled_from([0.5, 0.8, 0.9, 0.95])


@given(scores, levels)
def test_unweighted_it_is_the_split_conformal_quantile(found: list[float], level: float) -> None:
    place = math.ceil(round((len(found) + 1) * level, 9))
    exact = sorted(found)[place - 1] if place <= len(found) else math.inf
    assert quantile(np.array(found), np.ones(len(found)), level) == exact


@given(scores, levels, levels)
def test_a_higher_level_is_never_lower(found: list[float], one: float, other: float) -> None:
    weights = np.linspace(0.1, 1, len(found))
    low, high = (quantile(np.array(found), weights, level) for level in sorted((one, other)))
    assert low <= high


@given(st.lists(st.booleans(), max_size=400), levels)
def test_misses_raise_a_level_and_it_stays_a_level(kept: list[bool], nominal: float) -> None:
    state = Level(nominal)
    for one in kept:
        before = state.at((0, 1))
        state.learn(one, (1,))
        assert state.at((0, 1)) <= before if one else state.at((0, 1)) >= before
        assert 0 <= nominal - 2 * (1 - nominal) - 1e-9 <= state.at() + 1e-9 or nominal < 0.7
        assert state.at((0, 1)) < 1


@pytest.mark.parametrize("level", [0.5, 0.9])
def test_coverage_comes_back_after_a_shift(level: float) -> None:
    random = np.random.default_rng(3)
    count, start = 3_000, 1_000
    shift = np.where(np.arange(count) > 1_800, 0.8, 0.0)
    taken: Floats = np.asarray(random.normal(0, 0.5, count) + shift, dtype=np.float64)
    arrived: Floats = np.asarray(np.arange(count) * 30.0, dtype=np.float64)
    found = Outcomes(
        arrived=arrived,
        answered=np.asarray(arrived + np.exp(taken + 4)),
        scores=taken,
        groups=np.zeros((count, 1), dtype=np.int64),
        ends=lambda rows, offsets: np.asarray(arrived[rows] + np.exp(offsets + 4)),
        until=float(arrived[-1]),
    )
    offsets, last = follow(found, level, start, 5)
    kept = taken[start:] <= offsets[start:]
    assert kept.mean() == pytest.approx(level, abs=0.02)
    assert kept[-800:].mean() == pytest.approx(level, abs=0.05)
    assert last.cases > 100


def test_what_is_known_is_only_what_had_happened() -> None:
    """Answers that come after the last arrival change no offset."""
    random = np.random.default_rng(5)
    arrived: Floats = np.asarray(np.arange(400) * 10.0, dtype=np.float64)
    taken: Floats = np.asarray(random.normal(5, 1, 400), dtype=np.float64)

    def offsets(answered: Floats) -> Floats:
        found = Outcomes(
            arrived, answered, taken, np.zeros((400, 1), dtype=np.int64),
            lambda rows, added: np.asarray(arrived[rows] + np.exp(5 + added)), float(arrived[-1]),
        )  # fmt: skip
        return follow(found, 0.9, 100, 1)[0]

    real = arrived + np.exp(taken)
    late = np.where(real > arrived[-1], np.inf, real)
    assert np.array_equal(offsets(real), offsets(late), equal_nan=True)
