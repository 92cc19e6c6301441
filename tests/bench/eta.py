"""`madoguchi bench eta`: are the estimated times honest, and are they quick to make?

Three generated histories: one with a weekly pattern, spreads that differ by department and a slower
last month; one of the same times shuffled, in which there is nothing to learn; and 50,000 cases to
be fitted to. Speed stands beside that of the policy's targets alone, which is the floor.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass, replace
from datetime import UTC

import numpy as np

from casebook.policy import Policy, load_policy
from responders.backtest import Backtest, backtest
from responders.estimate import Pace, estimates, fitted
from tests.histories import Truth, as_columns, history

OFF, GROUP_OFF, GROUP = 0.02, 0.05, 200
"""How far coverage at 90 % may be off, overall and in a group of at least so many cases."""
BETTER, SHUFFLED = 0.8, 1.02
"""The greatest loss relative to the constant quantile's, and where there is nothing to learn."""
ESTIMATES, ESTIMATED, FITTED, FIT = 1_000, 1.0, 50_000, 30.0
"""So many estimates in so many seconds, and a fit on so many cases."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure with its limit; `best` is the greatest that is allowed."""

    name: str
    value: float
    best: float
    unit: str = ""

    @property
    def kept(self) -> bool:
        """True within the limit."""
        return self.value <= self.best

    def line(self) -> str:
        """As it is printed."""
        mark = "" if self.kept else "  MISSED"
        return f"{self.name:<58}{self.value:>9.3f}{self.unit:<3} (at most {self.best:g}){mark}"


def main() -> int:
    """Run and print; exit code 1 where a figure misses its limit."""
    parser = argparse.ArgumentParser(prog="madoguchi bench eta", description=__doc__)
    parser.add_argument("--cases", type=int, default=6_000, help="cases of the judged histories")
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    figures: list[Figure] = []
    for name, truth in (
        ("drifting", Truth(options.cases, seed=options.seed)),
        ("shuffled", Truth(options.cases, drift=1.0, shuffled=True, seed=options.seed)),
    ):
        told = judged(truth)
        print(f"{name}: {told.trained:,} learnt from, {told.score.n:,} judged")
        for group, score in {"all": told.score, **told.groups, **told.months}.items():
            kept = "  ".join(f"{level:.0%} {share:.3f}" for level, share in score.coverage.items())
            print(f"  {group:<10}{score.n:>6,}  {kept}  loss {score.ratio:.3f}")
        figures += honest(name, told)
    figures += quick(Truth(FITTED, seed=options.seed))
    print()
    for figure in figures:
        print(figure.line())
    return 0 if all(figure.kept for figure in figures) else 1


def judged(truth: Truth) -> Backtest:
    """The backtest of a history."""
    found = as_columns(history(truth))
    return backtest(found, np.full(len(found), 240.0), UTC)


def honest(name: str, told: Backtest) -> list[Figure]:
    """Coverage at 90 %, and the loss."""
    groups = [score for score in told.groups.values() if score.n >= GROUP]
    best = SHUFFLED if name == "shuffled" else BETTER
    return [
        Figure(f"{name}: coverage at 90 % off by", abs(told.score.coverage[0.9] - 0.9), OFF),
        Figure(
            f"{name}: the same in the worst of {len(groups)} groups",
            max(abs(score.coverage[0.9] - 0.9) for score in groups),
            GROUP_OFF,
        ),
        Figure(f"{name}: loss relative to the constant quantile", told.score.ratio, best),
    ]


def quick(truth: Truth) -> list[Figure]:
    """The fit, and estimates in batches as an intake makes them."""
    policy, cases = load_policy("default"), history(truth)
    end = max(case.answered or case.arrived for case in cases)
    began = time.perf_counter()
    estimator = fitted(policy, cases, end)
    fit = time.perf_counter() - began
    arrivals = [replace(case, arrived=end, answered=None) for case in cases[:ESTIMATES]]
    pace = Pace(estimator, cases[-5_000:])
    began = time.perf_counter()
    for start in range(0, ESTIMATES, 200):
        estimates(policy, arrivals[start : start + 200], end, pace)
    spent = time.perf_counter() - began
    print(
        f"\n{ESTIMATES:,} estimates: {spent / floor(policy, truth):.1f} times as long as by the targets alone"
    )
    return [
        Figure(f"fit on {FITTED:,} cases", fit, FIT, " s"),
        Figure(
            f"{ESTIMATES:,} estimates, {len(pace.recent):,} recent cases", spent, ESTIMATED, " s"
        ),
    ]


def floor(policy: Policy, truth: Truth) -> float:
    """Seconds that as many targets of the policy take: the same times, nothing looked at."""
    cases = history(replace(truth, cases=ESTIMATES))
    end = max(case.answered or case.arrived for case in cases)
    arrivals = [replace(case, arrived=end, answered=None) for case in cases]
    began = time.perf_counter()
    estimates(policy, arrivals, end)
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main())
