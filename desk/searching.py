"""Search joined with the record, as the desk and the command line use it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from casebook import models as m
from casebook import moves, spaces
from casebook.config import settings
from casebook.spaces import Vectors
from casebook.types import Role, SimilarCase, Where
from desk.masking import seen
from enrich.encoders import Encoders, loaded, usable, wanted
from enrich.index import Synced
from enrich.index import synced as synced_index
from enrich.similar import SETTLED, similar_cases
from enrich.words import common_words

ROLE = "desk"
"""Whose embedded shard the command line uses; the worker and the pages have their own."""

_WORDS = 8
"""Words in common that are named at most."""

_DEPTH = 200
"""Nearest cases among which those of one severity are looked for: the index does not know it, and
what is further away is hardly similar."""


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
def synced(coders: Encoders, role: str = ROLE) -> Iterator[Synced]:
    """The index of `role` over the spaces of `coders`, brought up to date with the record."""
    found = settings()
    root = found.var / "index"
    with synced_index(found.index, root, role, coders.spaces, Vectors(coders.spaces)) as index:
        yield index


class Seeker(Protocol):
    """What finds the nearest cases to texts."""

    def __call__(
        self, texts: Sequence[str], limit: int, where: Where, exclude: int | None
    ) -> list[tuple[SimilarCase, ...]]:
        """At most `limit` cases for each of `texts`, best first. Raises IndexUnavailable."""
        ...


def _opened(
    texts: Sequence[str], limit: int, where: Where, exclude: int | None
) -> list[tuple[SimilarCase, ...]]:
    coders = encoders()
    with synced(coders) as index:
        return [
            similar_cases(index, coders.query(text), limit, where=where, exclude=exclude)
            for text in texts
        ]


_seeker: Seeker = _opened


def seek_by(seeker: Seeker | None) -> None:
    """Let all searches of this process go to `seeker`; None: to an index opened for each one."""
    global _seeker  # noqa: PLW0603 - one index a process
    _seeker = seeker or _opened


def find(
    text: str,
    limit: int,
    where: Where = SETTLED,
    *,
    exclude: int | None = None,
    severity: int | None = None,
    depth: int = 0,
) -> list[Found]:
    """The cases nearest to `text` in meaning and words, best first; those that are over, unless
    `where` says otherwise. `exclude` is the key of a case that must not be named; with `severity`
    only cases whose message is that grave. Rankings are joined over the `depth` nearest of each:
    whoever asks for more later keeps the order by the same depth. Raises IndexUnavailable."""
    wide = max(limit, depth) if severity is None else _DEPTH
    near = _seeker([text], wide, where, exclude)[0]
    if severity is not None:
        grave = m.Triage.objects.filter(
            message__in=[one.message for one in near], severity=severity
        ).values_list("message_id", flat=True)
        kept = set(grave)
        near = tuple(one for one in near if one.message in kept)
    return _told([text], [near[:limit]])[0]


def find_each(
    texts: Sequence[str], limit: int, where: Where = SETTLED, *, exclude: int | None = None
) -> list[list[Found]]:
    """The cases nearest to each of `texts`, as `find` gives them: the index is asked once."""
    return _told(texts, _seeker(texts, limit, where, exclude))


def _told(texts: Sequence[str], found: Sequence[Sequence[SimilarCase]]) -> list[list[Found]]:
    every = [one for near in found for one in near]
    cases = m.Case.objects.in_bulk({one.case for one in every})
    messages = (
        m.Message.objects.select_related("triage")
        .defer("text", "references", "recipients")
        .in_bulk({one.message for one in every})
    )
    return [
        [
            Found(case, message, one.score, _common(text, message))
            for one in near
            if (case := cases.get(one.case)) and (message := messages.get(one.message))
        ]
        for text, near in zip(texts, found, strict=True)
    ]


def _common(text: str, message: m.Message) -> tuple[str, ...]:
    # A case that others are like has hidden words of its own.
    return tuple(common_words(text, "\n".join(seen(message)))[:_WORDS])
