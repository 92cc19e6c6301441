"""Search joined with the record, as the desk and the command line use it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from casebook import models as m
from casebook import moves, spaces
from casebook.config import settings
from casebook.spaces import Vectors
from casebook.types import Role, Where
from enrich.encoders import Encoders, loaded, usable, wanted
from enrich.index import Synced
from enrich.index import synced as synced_index
from enrich.similar import SETTLED, similar_cases
from enrich.words import common_words

ROLE = "desk"
"""Whose embedded shard the desk and the command line use; the worker has its own."""

_WORDS = 8
"""Words in common that are named at most."""


@dataclass(frozen=True, slots=True)
class Found:
    """A case that a search found, and why: the cosine of the meanings (-1..1) of its best message,
    and the words that both use."""

    case: m.Case
    message: m.Message
    meaning: float
    words: tuple[str, ...]

    @property
    def until_reply(self) -> timedelta | None:
        """From the first message to the last reply."""
        return self._since(self.case.replied_at)

    @property
    def until_resolved(self) -> timedelta | None:
        """From the first message to the resolution."""
        return self._since(self.case.resolved_at)

    def _since(self, at: datetime | None) -> timedelta | None:
        return at - self.case.opened_at if at else None


def encoders() -> Encoders:
    """What makes vectors in the spaces in force."""
    table = settings().embedding
    force = moves.in_force(wanted(table.model), usable)
    return loaded(force, table.batch_size, lambda: spaces.fitted(Role.HISTORY))


@contextmanager
def synced(coders: Encoders) -> Iterator[Synced]:
    """The desk's index over the spaces of `coders`, brought up to date with the record."""
    found = settings()
    root = found.var / "index"
    with synced_index(found.index, root, ROLE, coders.spaces, Vectors(coders.spaces)) as index:
        yield index


def find(
    text: str, limit: int, where: Where = SETTLED, *, exclude: int | None = None
) -> list[Found]:
    """The cases nearest to `text` in meaning and words, best first; those that are over, unless
    `where` says otherwise. `exclude` is the key of a case that must not be named."""
    return find_each([text], limit, where, exclude=exclude)[0]


def find_each(
    texts: Sequence[str], limit: int, where: Where = SETTLED, *, exclude: int | None = None
) -> list[list[Found]]:
    """The cases nearest to each of `texts`, as `find` gives them: the index is opened once."""
    coders = encoders()
    with synced(coders) as index:
        found = [
            similar_cases(index, coders.query(text), limit, where=where, exclude=exclude)
            for text in texts
        ]
    every = [one for near in found for one in near]
    cases = m.Case.objects.in_bulk({one.case for one in every})
    messages = m.Message.objects.in_bulk({one.message for one in every})
    return [
        [
            Found(case, message, one.score, _common(text, message))
            for one in near
            if (case := cases.get(one.case)) and (message := messages.get(one.message))
        ]
        for text, near in zip(texts, found, strict=True)
    ]


def _common(text: str, message: m.Message) -> tuple[str, ...]:
    return tuple(common_words(text, f"{message.subject}\n{message.new_text}")[:_WORDS])
