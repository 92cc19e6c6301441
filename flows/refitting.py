"""The triage's heads fitted anew, to the exemplars that come along and this company's corrections.

Free of Prefect. The intake goes on meanwhile with what is in force; the new heads take its place in
one move, and only where they measure no worse.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from casebook import moves, reading
from casebook.config import settings
from casebook.errors import MadoguchiError
from casebook.locks import exclusive
from casebook.policy import Policy, load_policy
from casebook.types import Role
from enrich.encoders import Encoders
from enrich.triage import Judge
from enrich.triage.exemplars import Exemplar, bundled, held_back
from enrich.triage.fitting import fit, score
from enrich.triage.heads import Heads, bundled_heads
from flows.ahead import AHEAD

_log = logging.getLogger("madoguchi.triage")

_WEIGHT = 5.0
"""What a correction counts for against an exemplar that came along: there are few, and they are in
the company's own words."""

_CHANCE = 0.02
"""How much lower new heads may measure. With ten exemplars more or less the figure moves by 0.006
(standard deviation), whatever they are."""

_WHO = "refit"


class AlreadyRunning(MadoguchiError):
    """Another process refits at this moment."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What a refit measured on the held-back exemplars, 0..1: `before` the better of the heads in
    force until now and those that came along (None: neither know the space), `score` the new
    ones; `taken`: they are in force now."""

    exemplars: int
    corrections: int
    before: float | None
    score: float
    taken: bool

    def line(self) -> str:
        """The one line that a run leaves in the log."""
        before = "none" if self.before is None else f"{self.before:.3f}"
        done = "in force" if self.taken else "refused, it measures worse"
        return (
            f"refit: {self.corrections} corrections, {self.exemplars} exemplars in all; "
            f"{before} before, {self.score:.3f} now: {done}"
        )


def refit(coders: Encoders) -> Summary | None:
    """Fit heads for the space of the meaning, and put them in force unless they measure worse than
    those in force and those that came along: losses that chance explains cannot add up.

    None where there is nothing to learn: no correction, and heads for this space came along. Takes
    a few minutes and two gigabytes. Raises AlreadyRunning.
    """
    with exclusive("refit") as alone:
        if not alone:
            raise AlreadyRunning("another refit is running")
        space = coders.spaces[Role.MEANING]
        own = _corrections(load_policy(settings().policy))
        fitted = reading.triage_version(space) is not None
        if not own and not fitted and _came_along(space):
            return None
        return _refit(coders, space, own)


def in_force(space: str) -> Heads | None:
    """The heads that judge by the vectors of a space: those fitted here, else those that came
    along; None where neither know the space."""
    data = reading.triage_model(space)
    if data is not None:
        try:
            return Heads.load(data)
        except ValueError as error:
            _log.warning("triage: %s; run madoguchi triage --refit", error)
    return _came_along(space)


def _came_along(space: str) -> Heads | None:
    found = bundled_heads()
    return found if found.space == space else None


def _refit(coders: Encoders, space: str, own: Sequence[Exemplar]) -> Summary:
    # A correction always counts: whoever made it waits for it.
    learnt = [*(one for one in bundled() if not held_back(one)), *own]
    made = fit(learnt, _vectors(coders, learnt), space)
    measure = _measure(coders)
    rivals = {in_force(space), _came_along(space)} - {None}
    before = max(map(measure, rivals), default=None)
    now = measure(made)
    taken = before is None or now >= before - _CHANCE
    if taken:
        moves.activate_triage(
            space, made.dump(), score=now, exemplars=len(learnt), corrections=len(own), who=_WHO
        )
    return Summary(len(learnt), len(own), before, now, taken)


def _measure(coders: Encoders) -> Callable[[Heads | None], float]:
    """How well heads do on the held-back exemplars, joined with the policy's words."""
    exemplars = [one for one in bundled() if held_back(one)]
    vectors = _vectors(coders, exemplars)
    policy = load_policy(settings().policy)

    def measure(heads: Heads | None) -> float:
        return score(Judge(policy.words, heads, policy.costs), exemplars, vectors)

    return measure


def _vectors(coders: Encoders, exemplars: Sequence[Exemplar]) -> list[bytes]:
    texts = [f"{one.asked.subject}\n{one.asked.text}" for one in exemplars]
    return AHEAD.column(coders, Role.MEANING, texts)


def _corrections(policy: Policy) -> list[Exemplar]:
    return [
        Exemplar(f"correction-{key}", asked, _general(policy, expect), _WEIGHT)
        for key, asked, expect in reading.corrections()
    ]


def _general(policy: Policy, expect: dict[str, object]) -> dict[str, object]:
    """Labels with a trade's own cause as the general one, which is what heads tell apart."""
    own = policy.causes.get(str(expect.get("cause")))
    return {**expect, "cause": own.of.value} if own else expect
