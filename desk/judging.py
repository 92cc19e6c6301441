"""Texts judged outside the intake: by the heads and the words that it judges by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from casebook.config import settings
from casebook.policy import load_policy
from casebook.start import start
from casebook.types import Asked, Triage
from enrich.embed import Encoder
from enrich.triage import Judge
from enrich.triage.fitting import whole
from enrich.triage.heads import Heads, bundled_heads


def judged(asked: Sequence[Asked]) -> list[Triage]:
    """One judgement a text, in their order; their vectors are made."""
    encoder, judge = _tools()
    vectors = encoder.documents([whole(one) for one in asked])
    return judge([replace(o, vector=vector) for o, vector in zip(asked, vectors, strict=True)])


@cache
def _tools() -> tuple[Encoder, Judge]:
    encoder = Encoder(settings().embedding.model, settings().embedding.batch_size)
    policy = load_policy(settings().policy)
    return encoder, Judge(policy.words, _heads(encoder.space), policy.costs)


def _heads(space: str) -> Heads | None:
    """The heads in force for a space: this company's, else those that come along, else none."""
    return _fitted(space) or (bundled_heads() if bundled_heads().space == space else None)


def _fitted(space: str) -> Heads | None:
    """What this company's corrections taught; None where there is no record yet."""
    if settings().database.find() is None and not settings().sqlite.exists():
        return None
    start()
    from casebook import reading

    data = reading.triage_model(space)
    return None if data is None else Heads.load(data)
