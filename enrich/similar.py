"""Similar past cases: cases, not messages; the best message counts."""

from __future__ import annotations

from casebook.types import SimilarCase
from enrich.index import Index

_PER_CASE = 4
"""Messages looked at for each case that is wanted: a case has several."""


def similar_cases(
    index: Index, vector: bytes, limit: int = 5, *, exclude: int | None = None
) -> tuple[SimilarCase, ...]:
    """The settled cases nearest to `vector` (float16 bytes), best first, at most `limit`.

    `exclude` is a case that must not be named: the one that asks.
    """
    best: dict[int, SimilarCase] = {}
    for hit in index.search(vector, limit * _PER_CASE, settled=True):
        if hit.case != exclude and hit.case not in best:
            best[hit.case] = SimilarCase(hit.case, hit.message, round(hit.score, 4))
    return tuple(best.values())[:limit]
