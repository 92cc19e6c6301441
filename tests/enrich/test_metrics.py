"""The measures agree with figures worked out by hand, and never leave their bounds."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrich.metrics import bootstrap, knn_accuracy, ndcg, precision, recall, vote

ITEMS = st.sampled_from("abcdefghij")
RANKINGS = st.lists(ITEMS, max_size=15)
GRADES = st.dictionaries(ITEMS, st.integers(1, 3), min_size=1)
RELEVANT = st.frozensets(ITEMS, min_size=1)
DEPTHS = st.integers(1, 12)
LABELS = st.sampled_from(["late", "broken", "rude"])


def test_ndcg_worked_out_by_hand() -> None:
    grades = {"a": 3, "b": 2, "c": 1}
    best = 3 + 2 / math.log2(3) + 1 / 2
    assert ndcg(["a", "b", "c"], grades) == pytest.approx(1)
    assert ndcg(["b", "x", "a"], grades) == pytest.approx((2 + 3 / 2) / best)
    assert ndcg(["x", "a"], grades, k=1) == 0
    assert ndcg([], grades) == 0


def test_a_repeated_item_counts_once() -> None:
    assert ndcg(["b", "b", "a"], {"a": 2, "b": 1}) == ndcg(["b", "a"], {"a": 2, "b": 1})
    assert precision(["a", "a", "x"], {"a"}, 2) == 0.5


def test_recall_and_precision_worked_out_by_hand() -> None:
    ranking = ["a", "x", "b", "y"]
    assert recall(ranking, {"a", "b", "c"}, 3) == pytest.approx(2 / 3)
    assert precision(ranking, {"a", "b", "c"}, 4) == pytest.approx(1 / 2)
    assert precision(["a"], {"a"}, 10) == pytest.approx(1 / 10)


def test_a_vote_is_the_nearest_ones_in_a_tie() -> None:
    assert vote(["late", "broken", "broken", "late", "rude"]) == "late"
    assert vote([]) == ""
    assert knn_accuracy([["late", "rude", "rude"], ["late"], []], ["rude", "rude", "late"]) == (
        pytest.approx(1 / 3)
    )


def test_what_measures_nothing_is_refused() -> None:
    for nothing in ({}, {"a": 0}):
        with pytest.raises(ValueError, match="grade above 0"):
            ndcg(["a"], nothing)
    for measure in (recall, precision):
        with pytest.raises(ValueError, match="nothing is relevant"):
            measure(["a"], (), 5)
    with pytest.raises(ValueError, match="no values"):
        bootstrap([], seed=0)
    with pytest.raises(ValueError, match="no item"):
        knn_accuracy([], [])
    with pytest.raises(ValueError, match="longer"):
        knn_accuracy([], ["late"])


@given(RANKINGS, GRADES, DEPTHS)
def test_ndcg_is_1_for_the_best_order_alone(
    ranking: list[str], grades: dict[str, int], k: int
) -> None:
    best = sorted(grades, key=lambda item: -grades[item])
    assert ndcg(best, grades, k) == pytest.approx(1)
    assert 0 <= ndcg(ranking, grades, k) <= 1 + 1e-9


@given(RANKINGS, RELEVANT, DEPTHS)
def test_recall_and_precision_count_the_same_hits(
    ranking: list[str], relevant: frozenset[str], k: int
) -> None:
    found, right = recall(ranking, relevant, k), precision(ranking, relevant, k)
    assert 0 <= found <= 1
    assert 0 <= right <= 1
    assert found * len(relevant) == pytest.approx(right * k)
    assert found <= recall(ranking, relevant, k + 1)


@given(st.lists(st.tuples(st.lists(LABELS, max_size=6), LABELS), min_size=1))
def test_accuracy_is_a_share(items: list[tuple[list[str], str]]) -> None:
    near, labels = [near for near, _ in items], [label for _, label in items]
    right = knn_accuracy(near, labels) * len(items)
    assert right == pytest.approx(sum(vote(few) == label for few, label in items))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30), st.integers(0, 9))
def test_an_interval_lies_within_the_values(values: list[float], seed: int) -> None:
    found = bootstrap(values, seed, n=50)
    slack = 1e-9
    assert min(values) - slack <= found.low <= found.high <= max(values) + slack
    assert found.mean == pytest.approx(sum(values) / len(values))
    assert found == bootstrap(values, seed, n=50)


def test_an_interval_narrows_with_more_values() -> None:
    few, many = bootstrap([0.0, 1.0] * 10, seed=1), bootstrap([0.0, 1.0] * 1_000, seed=1)
    assert few.low < many.low < 0.5 < many.high < few.high
    assert many.low == pytest.approx(0.5 - 1.96 * 0.5 / math.sqrt(2_000), abs=0.005)
    assert bootstrap([0.0, 1.0] * 10, seed=1, level=0.5).low > few.low
