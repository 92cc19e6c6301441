"""Generated histories of answering, whose truth is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from casebook.timing import Handled
from responders.pace import Columns, Floats, columns

BEGIN = datetime(2025, 10, 1, tzinfo=UTC)
DEPARTMENTS = {"care": (0.5, 0.0, 0.4), "quality": (0.3, 0.7, 0.8), "legal": (0.2, 1.3, 0.6)}
"""Share of the cases, centre and spread of the logarithm of the time."""


@dataclass(frozen=True, slots=True)
class Truth:
    """How a history is made: `days` long, times longer by `drift` in its last month, or `shuffled`
    among the cases, so that nothing can be learnt."""

    cases: int = 6_000
    days: int = 365
    drift: float = 1.8
    shuffled: bool = False
    seed: int = 7


def history(truth: Truth) -> list[Handled]:
    """Cases with lognormal times: by department, severity, weekday and hour."""
    random = np.random.default_rng(truth.seed)
    at = np.sort(random.uniform(0, truth.days * 1440, truth.cases))
    names = list(DEPARTMENTS)
    department = random.choice(len(names), truth.cases, p=[DEPARTMENTS[name][0] for name in names])
    severity = random.choice(4, truth.cases, p=[0.2, 0.6, 0.15, 0.05])
    centre = np.log(120) + np.array([DEPARTMENTS[name][1] for name in names])[department]
    centre += _weekly(at) - 0.3 * (severity - 1)
    spread = np.array([DEPARTMENTS[name][2] for name in names])[department]
    taken = np.exp(centre + spread * random.standard_normal(truth.cases))
    taken = np.where(at > (truth.days - 30) * 1440, taken * truth.drift, taken)
    if truth.shuffled:
        taken = random.permutation(taken)
    return [
        Handled(
            BEGIN + timedelta(minutes=float(start)),
            BEGIN + timedelta(minutes=float(start + span)),
            int(grave),
            names[place],
        )
        for start, span, grave, place in zip(at, taken, severity, department, strict=True)
    ]


def as_columns(cases: Sequence[Handled]) -> Columns:
    """Cases by department, all time counting."""
    return columns(
        cases,
        {"department": [case.department for case in cases]},
        calendar=lambda _: None,
        zone=UTC,
        until=max(case.answered or case.arrived for case in cases),
    )


def _weekly(at: Floats) -> Floats:
    """Weekends and nights take longer."""
    weekday, hour = (at // 1440 + BEGIN.weekday()) % 7, at % 1440 / 60
    return np.where(weekday >= 5, 0.6, 0.0) + np.where((hour < 8) | (hour > 19), 0.5, 0.0)
