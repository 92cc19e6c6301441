"""The team's pace: fitted once a night to how cases were answered, and read by each intake.

Free of Prefect.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from casebook import history, moves
from casebook.clock import now
from casebook.config import settings
from casebook.locks import exclusive
from casebook.policy import load_policy
from responders.estimate import Pace, fitted

if TYPE_CHECKING:
    from responders.estimator import Estimator

_log = logging.getLogger("madoguchi.estimate")

_MOST = 50_000
"""Cases that an estimator is fitted to: the newest."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What a fit was made of: answered cases."""

    cases: int

    def line(self) -> str:
        """The one line that a run leaves in the log."""
        return f"pace: fitted to {self.cases} answered cases"


def fit() -> Summary | None:
    """Fit the estimator to the history that the policy looks at, and put it in force. None where
    no case was answered yet, or another process is at it."""
    with exclusive("pace") as alone:
        if not alone:
            return None
        policy, at = load_policy(settings().policy), now()
        since = at - timedelta(days=policy.estimate.days)
        cases = history.handled(policy, since, limit=_MOST)
        answered = sum(case.answered is not None for case in cases)
        if not answered:
            return None
        moves.keep_estimator(fitted(policy, cases, at).dump(), answered)
        return Summary(answered)


def pace() -> Pace | None:
    """The pace in force, with the queue as it stands; None where nothing was fitted yet."""
    row = history.estimator()
    estimator = _loaded(row.pk, row.made_at) if row else None
    if estimator is None:
        return None
    policy = load_policy(settings().policy)
    return Pace(estimator, history.recent(policy, now()))


@lru_cache(maxsize=1)
def _loaded(key: int, made_at: datetime) -> Estimator | None:
    # An intake without any history needs none of it.
    from responders.estimator import Estimator

    row = history.estimator()
    try:
        return Estimator.load(bytes(row.data)) if row else None
    except ValueError as error:
        # The target stands until the next fit.
        _log.warning("estimate: %s; fit it again: madoguchi estimate --fit", error)
        return None
