"""`madoguchi bench search`: how well similar cases are found, on labelled cases and queries.

Without options, on the project's own set. `--data CASES` takes JSON Lines of `{"id", "text"}` with
a label (`"topic"`, `"label"` or `"cause"`), and `--queries FILE` those of
`{"id", "text", "relevant": {"id": grade}}`. With queries: nDCG@10, and Recall@5 of what is graded 2
or more. With labels: P@10 and the accuracy of the label that the 10 nearest vote for, each case
asked against all others. In brackets the bootstrapped 95 % interval.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from casebook.clock import now
from casebook.config import Index as IndexTable
from casebook.types import Labels, Point, Role
from enrich.embed import BUNDLED
from enrich.encoders import Encoders
from enrich.history import MINIMUM, fit
from enrich.index import Index, opened
from enrich.metrics import bootstrap, ndcg, precision, recall, vote

_OWN = Path(__file__).parent / "data"
_LABELS = ("topic", "label", "cause")
_ENOUGH = 100
"""Cases from which on a history can be fitted at all, to show what it would say."""

Row = dict[str, Any]
Rank = Callable[[Mapping[Role, bytes], int], list[int]]


def main() -> int:
    """Run and print the table."""
    parser = argparse.ArgumentParser(prog="madoguchi bench search", description=__doc__)
    parser.add_argument("--data", type=Path, help="cases: {id, text, topic|label|cause} a line")
    parser.add_argument("--queries", type=Path, help="queries: {id, text, relevant} a line")
    parser.add_argument("--model", default=BUNDLED)
    options = parser.parse_args()
    cases = _read(options.data or _OWN / "search_corpus.jsonl")
    queries = _read(options.queries) if options.queries else []
    if options.data is None:
        queries = _read(_OWN / "search_queries.jsonl")
    texts = [row["text"] for row in cases]
    fitted = ("history", fit(texts).dump()) if len(texts) >= _ENOUGH else None
    coders = Encoders(options.model, history=fitted)
    print(f"{len(cases)} cases, {len(queries)} queries, model {coders.spaces[Role.MEANING]}")
    with (
        tempfile.TemporaryDirectory() as folder,
        opened(IndexTable(), Path(folder), "bench", coders.spaces) as index,
    ):
        _measure(index, coders, cases, queries)
    return 0


def _measure(index: Index, coders: Encoders, cases: list[Row], queries: list[Row]) -> None:
    made = coders.documents([row["text"] for row in cases])
    labels = Labels("closed", settled=True, language="", channel="", at=now())
    index.upsert([Point(at, at, at, labels, vectors) for at, vectors in enumerate(made)])
    asked = [coders.query(row["text"]) for row in queries]
    print(f"{'':24}{'nDCG@10':>20}{'Recall@5':>20}{'P@10':>20}{'kNN':>20}")
    for name, roles in _ways(len(cases), coders.spaces):
        figures = {
            **_graded(index, roles, cases, queries, asked),
            **_labelled(index, roles, cases, made),
        }
        cells = (_cell(figures.get(key)) for key in ("ndcg", "recall", "precision", "knn"))
        print(f"{name:24}{''.join(f'{cell:>20}' for cell in cells)}")


def _ways(cases: int, spaces: Mapping[Role, str]) -> Iterator[tuple[str, tuple[Role, ...]]]:
    for role in spaces:
        yield role.value, (role,)
    yield "meaning + words", (Role.MEANING, Role.WORDS)
    if Role.HISTORY in spaces:
        yield "all three", tuple(spaces)
    inside = "all three" if cases >= MINIMUM else "meaning + words"
    print(f"as shipped for so many cases: {inside}")


def _graded(
    index: Index,
    roles: Sequence[Role],
    cases: Sequence[Row],
    queries: Sequence[Row],
    asked: Sequence[Mapping[Role, bytes]],
) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {"ndcg": [], "recall": []}
    for query, vectors in zip(queries, asked, strict=True):
        hits = index.search({role: vectors[role] for role in roles}, 10)
        ranking = [str(cases[hit.message]["id"]) for hit in hits]
        grades = {name: float(grade) for name, grade in query["relevant"].items()}
        found["ndcg"].append(ndcg(ranking, grades, 10))
        good = {name for name, grade in grades.items() if grade >= 2}
        if good:
            found["recall"].append(recall(ranking, good, 5))
    return found


def _labelled(
    index: Index,
    roles: Sequence[Role],
    cases: Sequence[Row],
    made: Sequence[Mapping[Role, bytes]],
) -> dict[str, list[float]]:
    names = [next((row[key] for key in _LABELS if row.get(key)), "") for row in cases]
    found: dict[str, list[float]] = {"precision": [], "knn": []}
    for at, (name, vectors) in enumerate(zip(names, made, strict=True)):
        others = {str(place) for place, other in enumerate(names) if other == name} - {str(at)}
        if not name or not others:
            continue
        hits = index.search({role: vectors[role] for role in roles}, 11)
        ranking = [str(hit.message) for hit in hits if hit.message != at][:10]
        found["precision"].append(precision(ranking, others, 10))
        found["knn"].append(float(vote([names[int(place)] for place in ranking]) == name))
    return found


def _cell(values: Sequence[float] | None) -> str:
    if not values:
        return "–"
    mean, low, high = bootstrap(values, seed=0)
    return f"{mean:.3f} [{low:.2f}–{high:.2f}]"


def _read(path: Path) -> list[Row]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines if line.strip()]
    except (OSError, ValueError) as error:
        sys.exit(f"madoguchi: {path}: {error}")


if __name__ == "__main__":
    sys.exit(main())
