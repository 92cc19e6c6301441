"""`madoguchi bench relate`: relations on generated scenarios, hand-written ones, and one's own.

One's own stand in a file of JSON Lines in the format of `madoguchi relate --json`, each with
`"expected": [{"key", "relation"}]` beside its messages, in their order.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from casebook.types import KnownMessage, Relation, RelationKind
from desk.scenarios import parse, related
from enrich.embed import Encoder
from enrich.numbers import transactions
from tests.bench.relate_generated import scenarios

HAND_WRITTEN = Path(__file__).parent / "data" / "relations.jsonl"
GENERATED_LIMITS, WRITTEN_LIMITS = (0.99, 0.96), (0.98, 0.85)
"""Least precision and recall of duplicates."""
MACRO_F1 = 0.85
_RESAMPLES = 1_000


@dataclass(frozen=True, slots=True)
class Judged:
    """One message: where it stands, what it should be, what it was taken for."""

    scenario: str
    key: str
    wanted: RelationKind
    found: RelationKind
    merged_orders: bool


def main() -> int:
    """Run and print; exit code 1 where a figure misses its limit."""
    parser = argparse.ArgumentParser(prog="madoguchi bench relate", description=__doc__)
    parser.add_argument("--scenarios", type=int, default=650, help="how many are generated")
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--data", type=Path, help="labelled scenarios of one's own (JSON Lines)")
    parser.add_argument("--errors", action="store_true", help="name the messages taken wrongly")
    options = parser.parse_args()
    encoder = Encoder()
    sets: list[tuple[str, Iterable[str], tuple[float, float]]] = []
    if options.data:
        sets.append((str(options.data), _lines(options.data), (0.0, 0.0)))
    else:
        made = (json.dumps(row) for row in scenarios(options.seed, options.scenarios))
        sets.append(("generated", made, GENERATED_LIMITS))
        if HAND_WRITTEN.exists():
            sets.append(("hand-written", _lines(HAND_WRITTEN), WRITTEN_LIMITS))
    kept = [_measure(name, lines, limits, encoder, options) for name, lines, limits in sets]
    return 0 if all(kept) else 1


def _lines(path: Path) -> list[str]:
    return [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def _measure(
    name: str,
    lines: Iterable[str],
    limits: tuple[float, float],
    encoder: Encoder,
    options: argparse.Namespace,
) -> bool:
    judged = [one for line in lines for one in _judge(line, encoder)]
    print(f"\n{name}: {len({one.scenario for one in judged})} scenarios, {len(judged)} messages")
    print(f"{'':<12}{'messages':>9}   precision               recall                  F1")
    scores = {kind: _scores(judged, kind) for kind in RelationKind}
    intervals = _intervals(judged)
    for kind, found in scores.items():
        parts = [
            f"{value:.3f} [{low:.3f}, {high:.3f}]"
            for value, (low, high) in zip(found, intervals[kind], strict=True)
        ]
        wanted = sum(one.wanted is kind for one in judged)
        print(f"{kind.value:<12}{wanted:>9}   " + "    ".join(parts))
    macro = sum(found[2] for found in scores.values()) / len(scores)
    merged = sum(one.merged_orders for one in judged)
    print(f"macro-F1 {macro:.3f}   order numbers merged: {merged}")
    if options.errors:
        _print_errors(judged)
    precision, recall, _ = scores[RelationKind.DUPLICATE]
    owed = not limits[0] or macro >= MACRO_F1
    return precision >= limits[0] and recall >= limits[1] and owed and merged == 0


def _judge(line: str, encoder: Encoder) -> list[Judged]:
    row: dict[str, Any] = json.loads(line)
    scenario = parse(line)
    relations = related(scenario, encoder.documents)
    wanted = [RelationKind(label["relation"]) for label in row["expected"]]
    merged = _merged(scenario.known(), wanted, relations)
    return [
        Judged(str(row["id"]), str(message.key), label, relation.kind, bad)
        for message, label, relation, bad in zip(
            scenario.messages, wanted, relations, merged, strict=True
        )
    ]


def _merged(
    messages: Sequence[KnownMessage],
    wanted: Sequence[RelationKind],
    relations: Sequence[Relation],
) -> list[bool]:
    """For each message whether it was merged with one that names other orders, although its label
    does not merge it, as it does where a customer corrects a number."""
    orders = [transactions(f"{message.subject}\n{message.body}") for message in messages]
    merging = (RelationKind.DUPLICATE, RelationKind.FOLLOW_UP)
    return [
        relation.kind in merging
        and label not in merging
        and relation.of_message is not None
        and bool(mine and (theirs := orders[relation.of_message - 1]) and not mine & theirs)
        for mine, label, relation in zip(orders, wanted, relations, strict=True)
    ]


def _scores(judged: Sequence[Judged], kind: RelationKind) -> tuple[float, float, float]:
    """Precision, recall and F1; 1 where there is nothing to find and nothing was found."""
    counts = Counter((one.wanted is kind, one.found is kind) for one in judged)
    return _ratios(counts[True, True], counts[False, True], counts[True, False])


def _ratios(right: int, wrong: int, missed: int) -> tuple[float, float, float]:
    precision = right / (right + wrong) if right + wrong else 1.0
    recall = right / (right + missed) if right + missed else 1.0
    both = 2 * right + wrong + missed
    return precision, recall, 2 * right / both if both else 1.0


def _intervals(judged: Sequence[Judged]) -> dict[RelationKind, list[tuple[float, float]]]:
    """95 % percentile intervals of precision, recall and F1 from resampled scenarios: messages of
    one scenario are not independent."""
    import numpy as np

    names = sorted({one.scenario for one in judged})
    random = np.random.default_rng(0)
    picks = random.multinomial(len(names), [1 / len(names)] * len(names), _RESAMPLES)
    found: dict[RelationKind, list[tuple[float, float]]] = {}
    for kind in RelationKind:
        counts = np.zeros((len(names), 3), int)
        for one in judged:
            pair = one.wanted is kind, one.found is kind
            if any(pair):
                place = {(True, True): 0, (False, True): 1, (True, False): 2}[pair]
                counts[names.index(one.scenario), place] += 1
        samples = np.array([_ratios(*map(int, row)) for row in picks @ counts])
        low, high = np.quantile(samples, [0.025, 0.975], axis=0)
        found[kind] = list(zip(low.tolist(), high.tolist(), strict=True))
    return found


def _print_errors(judged: Sequence[Judged]) -> None:
    for one in judged:
        if one.wanted is not one.found:
            print(f"  {one.scenario} {one.key}: {one.wanted.value} taken for {one.found.value}")


if __name__ == "__main__":
    sys.exit(main())
