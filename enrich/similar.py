"""Similar past cases: cases, not messages; the best message counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from casebook.types import Role, SimilarCase, Where
from enrich.index import Hit

SETTLED = Where(settled=True)
"""Only what is over can show how it was solved."""

_PER_CASE = 4
"""Messages looked at for each case that is wanted: a case has several."""


class Searchable(Protocol):
    """What is searched (`enrich.index.Synced`)."""

    def search(self, query: Mapping[Role, bytes], limit: int, where: Where = ...) -> list[Hit]:
        """The messages nearest to the query's vectors, best first."""
        ...


def similar_cases(
    index: Searchable,
    query: Mapping[Role, bytes],
    limit: int = 5,
    *,
    where: Where = SETTLED,
    exclude: int | None = None,
) -> tuple[SimilarCase, ...]:
    """The cases nearest to the query's vectors, best first, at most `limit`.

    `exclude` is a case that must not be named: the one that asks.
    """
    best: dict[int, SimilarCase] = {}
    for hit in index.search(query, limit * _PER_CASE, where):
        if hit.case != exclude and hit.case not in best:
            best[hit.case] = SimilarCase(hit.case, hit.message, round(hit.cosine, 4))
    return tuple(best.values())[:limit]
