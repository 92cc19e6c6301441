"""Would the estimates have been kept? History told again in its own order.

The oldest half is learnt from, the next fifth calibrates, the rest is judged: each case by what was
known when it arrived. Beside it two that know less: the constant quantile of what was before, and
the policy's target.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from io import StringIO

import numpy as np

from responders.estimator import follow_on, pinball
from responders.pace import Columns, Floats, moment

LEVELS = (0.5, 0.8, 0.9, 0.95)
TRAINED, CHOSEN = 0.5, 0.7
"""Where history is cut: learnt from, then calibrated, then judged."""
_WIDTH, _HEIGHT = 640, 480
LEAST = 50
"""Answered cases that a backtest needs."""


@dataclass(frozen=True, slots=True)
class Score:
    """How a method did on `n` answered cases: by level (0..1) the share answered in time (one
    without an answer has missed it once it has waited longer), the mean pinball loss over all
    levels and its ratio to the constant quantile's (both in minutes), and the median of what it
    said at 90 %, in minutes."""

    n: int
    coverage: Mapping[float, float]
    pinball: float
    ratio: float
    width: float


@dataclass(frozen=True, slots=True)
class Backtest:
    """The score overall, by group and by month (of the arrival), and of the two baselines.
    `trained`, `calibrated`: how many cases came before those that were judged; `open`: how many of
    these have no answer yet."""

    trained: int
    calibrated: int
    open: int
    score: Score
    groups: Mapping[str, Score]
    months: Mapping[str, Score]
    constant: Score
    target: Score


def backtest(found: Columns, targets: Floats, zone: tzinfo) -> Backtest:
    """Judge the estimates on a history (by arrival). `targets` are the policy's, in minutes.

    Raises ValueError where fewer than LEAST cases were answered, or none of those to be judged.
    """
    count = len(found)
    answered = np.isfinite(found.answered)
    if int(answered.sum()) < LEAST:
        raise ValueError(f"{int(answered.sum())} answered cases: a backtest needs {LEAST}")
    trained, chosen = int(count * TRAINED), int(count * CHOSEN)
    said = follow_on(found, targets, LEVELS, trained=trained, chosen=chosen).said
    judged = np.arange(chosen, count)
    if not answered[judged].any():
        raise ValueError("none of the newest cases was answered: nothing to judge")
    before = found.taken[:chosen][found.answered[:chosen] <= found.arrived[chosen]]
    if not len(before):
        raise ValueError("no case was answered before the newest ones: nothing to compare with")
    constant = {level: np.full(count, np.quantile(before, level)) for level in LEVELS}
    target = dict.fromkeys(LEVELS, targets)
    return Backtest(
        trained=trained,
        calibrated=chosen - trained,
        open=int((~answered[judged]).sum()),
        score=_score(found, judged, said, constant),
        groups={name: _score(found, rows, said, constant) for name, rows in _groups(found, judged)},
        months={
            name: _score(found, rows, said, constant) for name, rows in _months(found, judged, zone)
        },
        constant=_score(found, judged, constant, constant),
        target=_score(found, judged, target, constant),
    )


def _score(
    found: Columns, rows: np.ndarray, said: Mapping[float, Floats], constant: Mapping[float, Floats]
) -> Score:
    done = rows[np.isfinite(found.answered[rows])]
    loss, floor = (
        float(np.mean([pinball(found.taken[done], one[level][done], level) for level in LEVELS]))
        for one in (said, constant)
    )
    return Score(
        n=len(done),
        coverage={level: _kept(found, rows, said[level]) for level in LEVELS},
        pinball=loss,
        ratio=loss / floor if floor else 1.0,
        width=float(np.median(said[0.9][rows])),
    )


def _kept(found: Columns, rows: np.ndarray, said: Floats) -> float:
    answered, late = np.isfinite(found.answered[rows]), found.taken[rows] > said[rows]
    # What has no answer yet may still come in time.
    known = answered | late
    return float(np.mean(~late[known])) if known.any() else 1.0


def _groups(found: Columns, judged: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """The rows of each group; its name has the column's before it where there are several."""
    for column, values in found.by.items():
        own = np.array([values[row] for row in judged])
        for value in sorted(set(own.tolist())):
            yield (f"{column}={value}" if len(found.by) > 1 else value), judged[own == value]


def _months(found: Columns, judged: np.ndarray, zone: tzinfo) -> Iterator[tuple[str, np.ndarray]]:
    own = np.array([f"{moment(found.arrived[row]).astimezone(zone):%Y-%m}" for row in judged])
    for value in sorted(set(own.tolist())):
        yield value, judged[own == value]


def reliability(told: Backtest, labels: Mapping[str, str]) -> bytes:
    """The reliability curve as SVG: what was promised against what was kept, on the diagonal where
    both agree. `labels`: the words for `title`, `said`, `kept`, `ideal`, `ours`, `constant`."""
    import leather

    chart = leather.Chart(labels["title"])
    chart.add_x_scale(40, 100)
    chart.add_y_scale(0, 100)
    chart.add_x_axis(name=labels["said"])
    chart.add_y_axis(name=labels["kept"])
    chart.add_line([(40, 40), (100, 100)], name=labels["ideal"], stroke_color="#aaaaaa")
    chart.add_line(_points(told.constant), name=labels["constant"], stroke_color="#c06000")
    chart.add_dots(_points(told.score), name=labels["ours"], fill_color="#0060c0")
    drawn = StringIO()
    chart.to_svg(drawn, _WIDTH, _HEIGHT)
    return drawn.getvalue().encode()


def _points(score: Score) -> Sequence[tuple[float, float]]:
    return [(round(100 * level, 1), round(100 * kept, 1)) for level, kept in score.coverage.items()]
