"""What a team's own history says of how long its answers take: fitted quantiles, made honest.

Gradient boosting of the quantiles of the logarithm of the time (scikit-learn), calibrated by
`responders.conformal`. Where there is nothing to learn it says what a constant would say; where
history is thin it scales the policy's targets by how they were kept.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from responders.conformal import Offsets, Outcomes, follow
from responders.pace import (
    Codes,
    Columns,
    Floats,
    codes,
    features,
    known_by,
    runs_out,
    vocabulary,
)

THIN = 200
"""Answered cases below which nothing but the targets and how they were kept counts."""
_TRAINED = 0.7
"""The share of history, its older part, on which the quantiles are fitted."""
_SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
"""How far the fitted quantiles may be trusted beside the constant."""
_BETTER = 0.995
"""A greater share must bring the loss down to this much of that of the lesser one."""
_LOOKS = 400
"""How often calibration looks at what has become known, over a whole history."""
_NEVER = 5.0
"""Logarithm of times that is never added to a prediction at once: a factor of 150."""


_TRUSTED = [
    "functools.partial",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.utils.validation.check_array",
]
"""What fitted trees hold beside what skops knows; nothing else is loaded."""


class _Regressor(Protocol):
    def predict(self, rows: Floats) -> Floats: ...


@dataclass(frozen=True, slots=True)
class _Quantile:
    """One level: the constant, the trees (None: the targets alone), the share they have, and what
    calibration adds."""

    constant: float
    trees: _Regressor | None
    share: float
    offsets: Offsets


@dataclass(frozen=True, slots=True)
class Estimator:
    """Fitted to one history: `words` are the groups that it knows, by column."""

    words: Mapping[str, tuple[str, ...]]
    levels: Mapping[float, _Quantile]

    def bounds(self, level: float, found: Columns, targets: Floats) -> tuple[Floats, Codes]:
        """For each case the minutes that a share `level` of such cases takes at most, and on how
        many similar ones that rests. `targets`: the policy's, in minutes."""
        quantile = self.levels[level]
        groups = grouped(found, self.words)
        predicted = _predicted(quantile, features(found, self.words), targets)
        known = [quantile.offsets.of(row) for row in groups]
        offsets = np.array([offset for offset, _ in known])
        cases = np.array([count for _, count in known], dtype=np.int64)
        return np.maximum(np.expm1(predicted + offsets), 0.0), cases

    def dump(self) -> bytes:
        """All of it, for the record to keep."""
        from skops.io import dumps

        levels = [
            {
                "level": level,
                "constant": one.constant,
                "trees": one.trees,
                "share": one.share,
                "overall": one.offsets.overall,
                "cases": one.offsets.cases,
                "own": [[*key, *value] for key, value in one.offsets.own.items()],
            }
            for level, one in self.levels.items()
        ]
        words = {name: list(known) for name, known in self.words.items()}
        return bytes(dumps({"words": words, "levels": levels}))

    @classmethod
    def load(cls, data: bytes) -> Estimator:
        """The estimator that `dump` wrote; nothing in `data` is run. Raises ValueError where it is
        none, or one of another scikit-learn."""
        from skops.io import loads

        try:
            told = loads(data, trusted=_TRUSTED)
            levels = {one["level"]: _quantile(one) for one in told["levels"]}
            return cls({name: tuple(known) for name, known in told["words"].items()}, levels)
        except Exception as error:
            # What a foreign or damaged file makes the library raise is not told beforehand.
            raise ValueError(f"the data hold no estimator ({type(error).__name__})") from error


def grouped(found: Columns, words: Mapping[str, Sequence[str]]) -> Codes:
    """The codes of each case's groups, a column each."""
    return np.column_stack(
        [codes(found.by[name], known) for name, known in words.items()]
        or [np.zeros(len(found), dtype=np.int64)]
    )


def fit(found: Columns, targets: Floats, levels: Sequence[float]) -> Estimator:
    """Fit to a history (by arrival; unanswered cases count with the time that they have waited)."""
    start = int(len(found) * _TRAINED)
    return follow_on(found, targets, levels, trained=start, chosen=len(found)).estimator


@dataclass(frozen=True, slots=True)
class Followed:
    """An estimator, and for each level the minutes that it said for each case when it arrived
    (NaN for those that it was fitted on)."""

    estimator: Estimator
    said: Mapping[float, Floats]


def follow_on(
    found: Columns, targets: Floats, levels: Sequence[float], *, trained: int, chosen: int
) -> Followed:
    """Fit on the cases before `trained`, choose how far to trust it on those before `chosen`, and
    follow what calibration says of each case from `trained` on."""
    words = {name: vocabulary(values[:trained]) for name, values in found.by.items()}
    thin = int(np.isfinite(found.answered[:trained]).sum()) < THIN * _TRAINED
    rows = features(found, words)
    groups = grouped(found, words)
    fitted: dict[float, _Quantile] = {}
    said: dict[float, Floats] = {}
    for level in levels:
        start = len(found) if thin and chosen == len(found) else trained
        quantile = (
            _Quantile(0.0, None, 0.0, Offsets(0.0, 0, {}))
            if thin
            else _chosen(rows, found, level, trained, chosen)
        )
        predicted = _predicted(quantile, rows, targets)
        outcomes = Outcomes(
            arrived=found.arrived,
            answered=found.answered,
            scores=np.log1p(found.taken) - predicted,
            groups=groups,
            ends=_Ends(found, predicted),
            until=found.until,
        )
        step = max(1, len(found) // _LOOKS)
        offsets, last = follow(outcomes, level, start, step)
        said[level] = np.maximum(np.expm1(predicted + offsets), 0.0)
        fitted[level] = _Quantile(quantile.constant, quantile.trees, quantile.share, last)
    return Followed(Estimator(words, fitted), _in_order(said))


@dataclass(frozen=True, slots=True)
class _Ends:
    found: Columns
    predicted: Floats

    def __call__(self, rows: Codes, offsets: Floats) -> Floats:
        minutes = np.expm1(self.predicted[rows] + np.minimum(offsets, _NEVER))
        return np.array(
            [
                runs_out(self.found.arrived[row], max(span, 0.0), self.found.calendars[row])
                for row, span in zip(rows, minutes, strict=True)
            ]
        )


def _quantile(told: Mapping[str, Any]) -> _Quantile:
    own = {(column, code): (offset, count) for column, code, offset, count in told["own"]}
    offsets = Offsets(told["overall"], told["cases"], own)
    return _Quantile(told["constant"], told["trees"], told["share"], offsets)


def pinball(taken: Floats, said: Floats, level: float) -> float:
    """The mean pinball loss in minutes (Koenker, Bassett, Regression Quantiles, Econometrica
    1978): what a quantile of this level costs."""
    error = taken - said
    return float(np.mean(np.maximum(level * error, (level - 1) * error)))


def _predicted(quantile: _Quantile, rows: Floats, targets: Floats) -> Floats:
    if quantile.trees is None:
        return np.log1p(targets)
    constant = quantile.constant
    if not quantile.share or not len(rows):
        return np.full(len(rows), constant)
    return constant + quantile.share * (quantile.trees.predict(rows) - constant)


def _chosen(rows: Floats, found: Columns, level: float, trained: int, chosen: int) -> _Quantile:
    """Trees fitted on the cases before `trained`, with the share that serves best on those after
    it, each by what was known when the next part began."""
    times = np.log1p(known_by(found, np.arange(trained), _began(found, trained)))
    quantile = _Quantile(
        float(np.quantile(times, level)),
        _trees(rows[:trained], times, level, groups=len(found.by)),
        0.0,
        Offsets(0.0, 0, {}),
    )
    known = np.arange(trained, chosen)
    known = known[found.answered[known] <= _began(found, chosen)]
    if not len(known):
        return quantile
    taken, best = found.taken[known], np.inf
    for share in _SHARES:
        tried = _Quantile(quantile.constant, quantile.trees, share, quantile.offsets)
        predicted = _predicted(tried, rows[known], taken)
        offset = np.quantile(np.log1p(taken) - predicted, level)
        loss = pinball(taken, np.expm1(predicted + offset), level)
        if loss < best * _BETTER:
            best, quantile = loss, tried
    return quantile


def _began(found: Columns, row: int) -> float:
    """When the part of history that begins with a row began: the end of it all after the last."""
    return float(found.arrived[row]) if row < len(found) else found.until


def _trees(rows: Floats, times: Floats, level: float, *, groups: int) -> _Regressor:
    from sklearn.ensemble import HistGradientBoostingRegressor

    trees = HistGradientBoostingRegressor(
        loss="quantile",
        quantile=level,
        learning_rate=0.06,
        max_iter=150,
        max_leaf_nodes=15,
        min_samples_leaf=max(20, len(rows) // 100),
        l2_regularization=1.0,
        categorical_features=list(range(groups)),
        early_stopping=True,
        validation_fraction=0.15,
        random_state=0,
    )
    with warnings.catch_warnings():
        # A column without any value yet is none to split by, which scikit-learn finds worth a word.
        warnings.simplefilter("ignore", UserWarning)
        fitted: _Regressor = trees.fit(rows, times)
    return fitted


def _in_order(said: Mapping[float, Floats]) -> dict[float, Floats]:
    """Quantiles that do not cross: a higher level never says less (Chernozhukov, Fernández-Val,
    Galichon, Quantile and Probability Curves Without Crossing, Econometrica 2010)."""
    levels = sorted(said)
    ordered = np.sort(np.array([said[level] for level in levels]), axis=0)
    return dict(zip(levels, ordered, strict=True))
