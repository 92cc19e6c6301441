"""The estimated response time: the bound that the team's own history allows, and the policy's
target where there is none."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from casebook.policy import Policy
from casebook.timing import Estimates, Handled
from casebook.types import Estimate
from responders.calendar import Calendar, calendar
from responders.due import round_up

if TYPE_CHECKING:
    from responders.estimator import Estimator
    from responders.pace import Columns

MEDIAN = 0.5
BY = ("department", "channel", "category")
"""What cases are told apart by."""


@dataclass(frozen=True, slots=True)
class Pace:
    """What is known of the team's pace: the estimator, and the cases from which it sees the queue
    and who is on duty, open ones too."""

    estimator: Estimator
    recent: Sequence[Handled] = ()


def hours(policy: Policy, case: Handled) -> Calendar:
    """The calendar by which a case is dealt with."""
    return calendar(policy, department=case.department, channel=case.channel)


def estimates(
    policy: Policy, arrivals: Sequence[Handled], now: datetime, pace: Pace | None = None
) -> list[Estimate]:
    """When the customers of these new cases hear from us, at the time `now` (aware).

    Without `pace` that is the policy's target. Otherwise it is the bound that the policy's level of
    such cases keep, and the target counts beside it while history is thin; never less than
    calibration allows where it can say anything. Neither sooner than the policy's minimum from now,
    and rounded up to a time that people say.
    """
    if pace is None:
        return [_estimate(policy, case, now, _Known(None, None, 0)) for case in arrivals]
    known = _known(policy, arrivals, now, pace)
    return [_estimate(policy, case, now, one) for case, one in zip(arrivals, known, strict=True)]


def estimate(policy: Policy, arrival: Handled, now: datetime, pace: Pace | None = None) -> Estimate:
    """`estimates` of one case."""
    return estimates(policy, [arrival], now, pace)[0]


def laid_out(policy: Policy, cases: Sequence[Handled], until: datetime) -> Columns:
    """Cases as the estimator reads them, in the business time of each. `until`: when those without
    an answer were looked at."""
    from responders.pace import columns

    return columns(
        cases,
        {name: [getattr(case, name) for case in cases] for name in BY},
        calendar=lambda case: hours(policy, case),
        zone=policy.zone,
        until=until,
    )


def fitted(policy: Policy, cases: Sequence[Handled], until: datetime) -> Estimator:
    """Fit an estimator of the median and the policy's level to a history, as of `until`."""
    import numpy as np

    from responders.estimator import fit

    found = laid_out(policy, cases, until)
    targets = np.array([policy.first_response.minutes(int(one)) for one in found.severity], float)
    return fit(found, targets, sorted({MEDIAN, policy.estimate.level}))


@dataclass(frozen=True, slots=True)
class _Known:
    """What history says of a case, in minutes, and on how many cases that rests."""

    bound: float | None
    median: float | None
    cases: int


def _known(policy: Policy, arrivals: Sequence[Handled], now: datetime, pace: Pace) -> list[_Known]:
    import numpy as np

    everybody = [*pace.recent, *arrivals]
    found = laid_out(policy, everybody, now)
    targets = np.array([policy.first_response.minutes(int(one)) for one in found.severity], float)
    level = policy.estimate.level
    if level not in pace.estimator.levels:
        # The policy's level is another one than when it was fitted.
        return [_Known(None, None, 0) for _ in arrivals]
    bounds, cases = pace.estimator.bounds(level, found, targets)
    medians, _ = pace.estimator.bounds(MEDIAN, found, targets)
    row_of = {place: row for row, place in enumerate(found.places)}
    rows = [row_of[len(pace.recent) + at] for at in range(len(arrivals))]
    return [
        _Known(float(bounds[row]), min(float(medians[row]), float(bounds[row])), int(cases[row]))
        for row in rows
    ]


def _estimate(policy: Policy, case: Handled, now: datetime, known: _Known) -> Estimate:
    table, opening = policy.estimate, hours(policy, case)
    target = float(policy.first_response.minutes(case.severity))
    minutes = math.ceil(max(_blended(table, target, known), table.minimum))
    soonest = opening.add_business(now, table.minimum)
    due = max(opening.add_business(case.arrived, minutes), soonest)
    own = known.cases >= _needed(table.level)
    return Estimate(
        start=case.arrived,
        due=round_up(opening, now, due),
        minutes=minutes,
        level=table.level if own else None,
        median=math.ceil(known.median) if own and known.median is not None else None,
        cases=known.cases,
        beyond=minutes > table.maximum,
    )


def _blended(table: Estimates, target: float, known: _Known) -> float:
    """The bound from history, with the target beside it: the longer one of both fades in and out
    as cases become many, and from as many as calibration needs nothing is below its bound."""
    if known.bound is None or not known.cases:
        return target
    if known.bound >= target:
        return target + min(1.0, known.cases / _needed(table.level)) * (known.bound - target)
    return known.bound + table.prior / (table.prior + known.cases) * (target - known.bound)


def _needed(level: float) -> int:
    """How many cases split-conformal calibration needs to say anything at a level: the least n
    with ⌈(n + 1) level⌉ ≤ n."""
    return math.ceil(round(level / (1 - level), 9))
