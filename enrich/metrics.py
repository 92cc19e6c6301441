"""How good a ranking is: pure functions over what was found and what should have been.

A ranking is the found items' names, best first; a repeated one counts at its first place alone.
ValueError where nothing is relevant, because such a query measures nothing.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import NamedTuple, TypeVar

Item = TypeVar("Item")


class Interval(NamedTuple):
    """A mean and the bounds between which it lies."""

    mean: float
    low: float
    high: float


def ndcg(ranking: Sequence[str], grades: Mapping[str, float], k: int = 10) -> float:
    """Normalised discounted cumulative gain of the first `k`, 0..1.

    `grades` names the relevant items' grades; what it does not name has 0. The gain is the grade
    itself, as in Järvelin and Kekäläinen, "Cumulated gain-based evaluation of IR techniques"
    (2002), discounted by log2(rank + 1), as trec_eval does.
    """
    best = _gain(sorted(grades.values(), reverse=True)[:k])
    if best <= 0:
        raise ValueError("no item has a grade above 0")
    return _gain([grades.get(item, 0.0) for item in _once(ranking)[:k]]) / best


def recall(ranking: Sequence[str], relevant: Collection[str], k: int) -> float:
    """The share of the relevant items that is among the first `k`, 0..1."""
    if not relevant:
        raise ValueError("nothing is relevant")
    return _hits(ranking, relevant, k) / len(set(relevant))


def precision(ranking: Sequence[str], relevant: Collection[str], k: int) -> float:
    """The share of the first `k` places that a relevant item holds, 0..1; empty places count."""
    if not relevant:
        raise ValueError("nothing is relevant")
    return _hits(ranking, relevant, k) / k


def vote(neighbours: Sequence[str]) -> str:
    """The label that most neighbours have; of several, the nearest one's. Empty without any."""
    votes = Counter(neighbours)
    return max(neighbours, key=votes.__getitem__, default="")


def knn_accuracy(neighbours: Sequence[Sequence[str]], labels: Sequence[str]) -> float:
    """The share of items whose neighbours' `vote` is the item's own label, 0..1.

    `neighbours` holds the labels of each item's nearest others, nearest first, in the order of
    `labels`.
    """
    if not labels:
        raise ValueError("no item is labelled")
    pairs = zip(neighbours, labels, strict=True)
    return sum(vote(near) == label for near, label in pairs) / len(labels)


def f1(pairs: Iterable[tuple[bool, bool]]) -> float:
    """The harmonic mean of precision and recall over (wanted, found) pairs, 0..1; 1 where nothing
    was wanted and nothing found."""
    counts = Counter(pairs)
    right = 2 * counts[True, True]
    total = right + counts[True, False] + counts[False, True]
    return right / total if total else 1.0


def macro_f1(pairs: Sequence[tuple[str, str]]) -> float:
    """The mean of the F1 of each label that is wanted, over (wanted, found) pairs: rare labels
    weigh as much as common ones."""
    labels = {wanted for wanted, _ in pairs}
    if not labels:
        raise ValueError("no item is labelled")
    each = (f1((a == label, b == label) for a, b in pairs) for label in sorted(labels))
    return math.fsum(each) / len(labels)


def bootstrap(values: Sequence[float], seed: int, n: int = 1_000, level: float = 0.95) -> Interval:
    """The mean of `values` with its percentile bootstrap interval (Efron and Tibshirani, "An
    Introduction to the Bootstrap", 1993, chapter 13) from `n` resamples at the given level."""
    import numpy as np

    if not values:
        raise ValueError("no values")
    sample = np.asarray(values, dtype=np.float64)
    random = np.random.default_rng(seed)
    means = [random.choice(sample, len(sample)).mean() for _ in range(n)]
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(sample.mean()), float(low), float(high))


def resampled(
    items: Sequence[Item],
    statistic: Callable[[Sequence[Item]], float],
    seed: int,
    n: int = 200,
    level: float = 0.95,
) -> Interval:
    """A statistic of all items, such as an F1, with its percentile bootstrap interval."""
    import numpy as np

    if not items:
        raise ValueError("no values")
    random = np.random.default_rng(seed)
    draws = (random.integers(0, len(items), len(items)) for _ in range(n))
    values = [statistic([items[place] for place in draw]) for draw in draws]
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return Interval(statistic(items), float(low), float(high))


def _gain(grades: Sequence[float]) -> float:
    return math.fsum(grade / math.log2(rank + 1) for rank, grade in enumerate(grades, start=1))


def _once(ranking: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(ranking))


def _hits(ranking: Sequence[str], relevant: Collection[str], k: int) -> int:
    return len(set(_once(ranking)[:k]) & set(relevant))
