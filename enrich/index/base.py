"""What every index can do, whatever engine is behind it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from casebook.errors import MadoguchiError
from casebook.types import Point, Role, Where

RRF_K = 5
"""Reciprocal rank fusion's constant (Cormack, Clarke, Büttcher 2009): the lower, the more the first
ranks count. This and the weights were chosen on one half of the queries of `bench search`."""

WEIGHTS: Mapping[Role, float] = {Role.MEANING: 1.5, Role.WORDS: 1.0, Role.HISTORY: 1.5}
"""What each signal counts in the fusion. The history's is no less than the meaning's: fitted to
thousands of real complaints, it alone finds more of the same cause than either of the others."""

DEPTH = 30
"""Ranks of each signal that the fusion reads."""


EVERYWHERE = Where()
"""No limit."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A message near a query. `score` orders the hits of one search and means nothing beyond it;
    `cosine` is that of the meanings, in -1..1."""

    message: int
    case: int
    score: float
    cosine: float


class Index(Protocol):
    """What every backend can do. `close` when done: an embedded shard has one owner at a time."""

    def revision(self) -> int:
        """The highest revision it holds; 0 when it is empty."""
        ...

    def count(self) -> int:
        """How many points it holds."""
        ...

    def upsert(self, points: Sequence[Point]) -> None:
        """Add points, replacing those of the same message."""
        ...

    def keep_only(self, messages: set[int]) -> set[int]:
        """Drop all points but these; return those of `messages` that it does not hold."""
        ...

    def search(
        self, query: Mapping[Role, bytes], limit: int, where: Where = EVERYWHERE
    ) -> list[Hit]:
        """The messages nearest to the query's vectors, best first: by the one signal it has, or by
        reciprocal rank fusion of all."""
        ...

    def optimize(self) -> None:
        """Make searches fast after many points were added; may take minutes for 100,000."""
        ...

    def reset(self) -> None:
        """Drop everything: it could not be read."""
        ...

    def close(self) -> None:
        """Write everything and let go."""
        ...


class IndexUnavailable(MadoguchiError):
    """The index cannot be used now; the record is whole all the same."""


class IndexBusy(IndexUnavailable):
    """Another process owns this embedded shard, or this one has it open already."""


class IndexBroken(IndexUnavailable):
    """The engine's files are damaged or gone; `reset` and `sync` mend it."""


LABELS, NUMBERS = "labels", ("revision", "at")
"""Payload that is indexed: the labels in one field, because each index costs every small shard a
quarter of a second; numbers that are compared by size (`at`: seconds since 1970)."""

_LABELS = ("state", "language", "channel", "product", "cause")


def payload(point: Point) -> dict[str, Any]:
    """What is kept beside a point's vectors. A label says whether its case is settled, and what it
    is (`settled/product:p3`): nearly all searches ask for both."""
    labels = point.labels
    named = (f"{name}:{value}" for name in _LABELS if (value := getattr(labels, name)))
    return {
        "case": point.case,
        "revision": point.revision,
        "at": int(labels.at.timestamp()),
        LABELS: [_settled(labels.settled, name) for name in ("", *named)],
    }


def matches(where: Where) -> list[list[int]]:
    """The labels that a point must have, one of each list."""
    named = [f"{name}:{value}" for name in _LABELS if (value := getattr(where, name))]
    if where.settled is None:
        return [[_settled(settled, name) for settled in (True, False)] for name in named]
    return [[_settled(where.settled, name)] for name in named or [""]]


def _settled(settled: bool, name: str) -> int:
    """A label as a number: comparing texts took more than half of a filtered search's time."""
    text = f"{'settled' if settled else 'unsettled'}/{name}"
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest()) >> 1


def floats(vector: bytes) -> list[float]:
    """A dense vector's values."""
    import numpy as np

    found: list[float] = np.frombuffer(vector, dtype="<f2").astype("<f4").tolist()
    return found


def cosine(one: Sequence[float], other: bytes) -> float:
    """The cosine of two vectors of unit length."""
    import numpy as np

    return float(np.dot(np.asarray(one, dtype="<f4"), np.frombuffer(other, dtype="<f2")))
