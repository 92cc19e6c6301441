"""Messages judged, by the heads in force for their vectors and the policy's words."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache

from casebook import models as m
from casebook import reading
from casebook.config import settings
from casebook.labels import corrected
from casebook.policy import Policy, load_policy
from casebook.types import Role, Triage
from enrich.encoders import Encoders
from enrich.triage import Judge
from enrich.triage.heads import bundled_heads
from flows import refitting

_log = logging.getLogger("madoguchi.triage")


def ready(coders: Encoders) -> None:
    """Load what `judge` needs."""
    _judge(load_policy(settings().policy), coders)


def judge(
    coders: Encoders, messages: Sequence[tuple[m.Message, Mapping[Role, bytes]]]
) -> dict[int, Triage]:
    """The triage of messages with their vectors, by key. What a person said of one stands."""
    asked = [
        replace(reading.asked(row), vector=vectors.get(Role.MEANING, b""))
        for row, vectors in messages
    ]
    if not asked:
        return {}
    policy = load_policy(settings().policy)
    found = _judge(policy, coders)(asked)
    return {
        row.pk: _told(policy, row, triage) for (row, _), triage in zip(messages, found, strict=True)
    }


def _told(policy: Policy, row: m.Message, triage: Triage) -> Triage:
    """The triage with the trade's own cause, and with what a person said of the message."""
    cause = policy.cause(triage.cause, f"{row.subject}\n{row.new_text}")
    named = replace(triage, cause=cause)
    correction: m.Correction | None = getattr(row, "correction", None)
    return corrected(named, correction.expect) if correction else named


def _judge(policy: Policy, coders: Encoders) -> Judge:
    space = coders.spaces[Role.MEANING]
    made_at = reading.triage_version(space)
    if made_at is None and bundled_heads().space != space:
        made_at = _first(coders, space)
        if made_at is None:
            return Judge(policy.words, None, policy.costs)
    return _kept(settings().policy, space, made_at)


def _first(coders: Encoders, space: str) -> datetime | None:
    """Fit heads to vectors that those which came along do not know, once. None where another
    process is at it: until then words alone judge."""
    _log.warning("triage: learning to read the vectors of %s, once", space)
    try:
        refitting.refit(coders)
    except refitting.AlreadyRunning as busy:
        _log.warning("%s: judging by words alone meanwhile", busy)
    return reading.triage_version(space)


@lru_cache(maxsize=1)
def _kept(policy: str, space: str, made_at: datetime | None) -> Judge:
    """The judge in force, kept until another policy or other heads are."""
    found = load_policy(policy)
    return Judge(found.words, refitting.in_force(space), found.costs)
