"""A bound that holds as often as it says, also while the team's pace drifts.

Split-conformal calibration (Vovk, Gammerman, Shafer, Algorithmic Learning in a Random World, 2005;
Romano, Patterson, Candès, Conformalized Quantile Regression, NeurIPS 2019) with two things for
drift: recent scores weigh more (Barber, Candès, Ramdas, Tibshirani, Conformal Prediction Beyond
Exchangeability, Annals of Statistics 2023), and the level follows the misses (Gibbs, Candès,
Adaptive Conformal Inference Under Distribution Shift, NeurIPS 2021), overall and in each group.

A score is how far the logarithm of the time taken lies above the predicted one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from responders.pace import Codes, Floats

_HALF_LIFE, _HALF_LIFE_ADRIFT = 1000, 60
"""Cases after which a score counts half: in quiet times, and when the last outcomes say that times
have changed."""
_SPAN = 4
"""Half-lives after which a score is left out."""
_RECENT = 50
"""The last scores, which tell of a change."""
_ADRIFT = 3.0
"""Standard errors by which they must be off."""
_STEP = 0.0133
"""How far a level moves with one miss (the γ of adaptive conformal inference), in standard errors
of a single outcome: high levels are seldom missed, and one miss more says less."""
_HALF_TRUST = 100
"""Scores of a group at which its own quantile counts as much as everybody's."""
_OWN = 50
"""Scores from which a group's own quantile counts at all."""


def quantile(scores: Floats, weights: Floats, level: float) -> float:
    """The smallest score below which a new one lies with probability `level`; infinite where there
    are too few to say. `weights` are relative to that of the new one, 1: with ones only it is the
    k-th smallest of n, k = ⌈(n + 1) level⌉."""
    order = np.argsort(scores)
    mass = np.cumsum(weights[order])
    wanted = level * ((mass[-1] if len(mass) else 0.0) + 1.0)
    # Sums of weights are rounded: an exact k must not become the next one.
    place = int(np.searchsorted(mass, wanted * (1 - 1e-12)))
    return float(scores[order][place]) if place < len(scores) else np.inf


@dataclass(slots=True)
class Level:
    """How far the level in force is off the nominal one: for all, and for each group."""

    nominal: float
    overall: float = 0.0
    own: dict[tuple[int, int], float] = field(default_factory=dict)

    def learn(self, kept: bool, groups: Sequence[int]) -> None:
        """Take in whether a bound was kept by a case of these groups (a code a column)."""
        room = 1 - self.nominal
        step = _STEP * math.sqrt(self.nominal * room) * (self.nominal - kept)
        self.overall = _within(self.overall + step, -2 * room, room * 2 / 3)
        for key in enumerate(groups):
            # A case is in one group a column; together they move it as far as one would.
            moved = self.own.get(key, 0.0) + step / len(groups)
            self.own[key] = _within(moved, -room, room * 2 / 3)

    def at(self, key: tuple[int, int] | None = None) -> float:
        """The level to aim at, in a group or for all."""
        room = 1 - self.nominal
        found = self.nominal + self.overall + (self.own.get(key, 0.0) if key else 0.0)
        return _within(found, self.nominal - 2 * room, 1 - room / 3)


@dataclass(frozen=True, slots=True)
class Offsets:
    """What is added to the predicted logarithm: for all, and for each group (column, code), with
    the number of scores that each rests on."""

    overall: float
    cases: int
    own: dict[tuple[int, int], tuple[float, int]]

    def of(self, groups: Sequence[int]) -> tuple[float, int]:
        """The offset of a case of these groups, and how many similar cases it rests on: those of
        its smallest group that has enough, else all."""
        own = [self.own[key] for key in enumerate(groups) if key in self.own]
        if not own:
            return self.overall, self.cases
        shares = [count / (count + _HALF_TRUST) for _, count in own]
        mixed = [
            share * offset + (1 - share) * self.overall
            for share, (offset, _) in zip(shares, own, strict=True)
        ]
        return sum(mixed) / len(mixed), min(count for _, count in own)


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Cases in the order of arrival as calibration sees them: when they came and were answered
    (minutes since the epoch, infinite: not yet), their scores (of one without an answer: by how
    long it has waited), their groups (a column each), `ends`, which tells when the bounds of the
    rows given, one offset each, run out, and `until`, when all this was looked at."""

    arrived: Floats
    answered: Floats
    scores: Floats
    groups: Codes
    ends: Callable[[Codes, Floats], Floats]
    until: float


def follow(found: Outcomes, level: float, start: int, step: int) -> tuple[Floats, Offsets]:
    """The offset of each case from `start` on, as it was known when the case arrived (looked at
    anew every `step` cases), and the offsets in force at the end.

    Before `start` scores are known once their cases are answered. From then on the outcome of a
    case is known when it is answered or its bound runs out, whichever comes first: cases answered
    so far would be the quick ones.
    """
    count = len(found.arrived)
    state, offsets = Level(level), np.full(count, np.nan)
    known_at = np.where(np.arange(count) < start, found.answered, np.inf)
    known = np.zeros(0, dtype=np.int64)
    pending = np.arange(start)
    for row in range(start, count, step):
        rows = np.arange(row, min(row + step, count))
        known, pending = _become_known(
            found, state, known_at, known, pending, start, found.arrived[row]
        )
        now = _offsets(found, state, known, found.arrived[row])
        alike, place = np.unique(found.groups[rows], axis=0, return_inverse=True)
        offsets[rows] = np.array([now.of(groups)[0] for groups in alike.tolist()])[place]
        known_at[rows] = np.minimum(found.answered[rows], found.ends(rows, offsets[rows]))
        pending = np.concatenate([pending, rows])
    known, pending = _become_known(found, state, known_at, known, pending, start, found.until)
    return offsets, _with_overdue(found, state, known, pending[pending < start])


def _with_overdue(found: Outcomes, state: Level, known: Codes, pending: Codes) -> Offsets:
    """The offsets at the end, with those of the cases for which no bound was told that have waited
    longer than it: to leave them out would make the quick ones the rule."""
    while True:
        now = _offsets(found, state, known, found.until)
        allowed = np.array([now.of(groups)[0] for groups in found.groups[pending].tolist()])
        late = found.scores[pending] > allowed if len(pending) else np.zeros(0, bool)
        if not late.any():
            return now
        known, pending = np.concatenate([known, pending[late]]), pending[~late]


def _become_known(
    found: Outcomes,
    state: Level,
    known_at: Floats,
    known: Codes,
    pending: Codes,
    start: int,
    now: float,
) -> tuple[Codes, Codes]:
    """Move the cases whose outcome is known at the time `now` from `pending` to `known`, in the
    order in which it became so; those from `start` on, for which a bound was told, move the
    levels."""
    ripe = known_at[pending] <= now
    fresh = pending[ripe]
    fresh = fresh[np.argsort(known_at[fresh], kind="stable")]
    told = found.answered[fresh] <= known_at[fresh]
    for row, kept in zip(fresh.tolist(), told.tolist(), strict=True):
        if row >= start:
            state.learn(kept, found.groups[row].tolist())
    return np.concatenate([known, fresh])[-_SPAN * _HALF_LIFE :], pending[~ripe]


def _offsets(found: Outcomes, state: Level, known: Codes, now: float) -> Offsets:
    """The offsets at the time `now` from the outcomes that are known, oldest first."""
    # Of one that is overdue we know only that it lies above its bound.
    scores = np.where(found.answered[known] <= now, found.scores[known], np.inf)
    half = _HALF_LIFE_ADRIFT if _adrift(scores) else _HALF_LIFE
    known, scores = known[-_SPAN * half :], scores[-_SPAN * half :]
    # By the end we also know how long those without an answer have waited.
    seen = found.scores[known] if now >= found.until else scores
    weights = 0.5 ** (np.arange(len(known))[::-1] / half)
    overall = _finite(quantile(scores, weights, state.at()), seen)
    own: dict[tuple[int, int], tuple[float, int]] = {}
    for column in range(found.groups.shape[1]):
        codes = found.groups[known, column]
        for code, size in zip(*np.unique(codes, return_counts=True), strict=True):
            if size >= _OWN:
                key, among = (column, int(code)), codes == code
                bound = quantile(scores[among], weights[among], state.at(key))
                own[key] = _finite(bound, seen[among]), int(size)
    return Offsets(overall, len(known), own)


def _adrift(scores: Floats) -> bool:
    """True where the last scores lie on one side of the median of those before (sign test)."""
    before, last = scores[:-_RECENT], scores[-_RECENT:]
    if len(before) < _RECENT:
        return False
    above = float(np.mean(last > np.median(before)))
    return abs(above - 0.5) > _ADRIFT * 0.5 / math.sqrt(_RECENT)


def _within(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)


def _finite(bound: float, scores: Floats) -> float:
    """A bound that can be named: where the scores allow none, the greatest that was seen."""
    seen = scores[np.isfinite(scores)]
    if np.isfinite(bound) or not len(seen):
        return bound if len(seen) else 0.0
    return float(seen.max())
