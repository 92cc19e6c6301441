"""`madoguchi bench redact`: personal data found in labelled texts, and texts a second.

One's own stand in a file of JSON Lines, `{"id", "text", "spans": [{"start", "end", "type"}]}` with
offsets in characters; a text without spans is a look-alike, in which nothing is to be found. A line
`{"company": {…: [TEXT, …]}}` tells the company's own numbers and addresses, which are public.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from enrich.personal_data import find, public_values
from enrich.personal_data.rules import Type
from tests.bench.scores import Score

DATA = Path(__file__).parent / "data" / "redact.jsonl"
F1, FALSE, SPEED = 0.92, 0.05, 2_000.0
"""Limits: least F1, greatest share of look-alike texts with a false span, least texts a second."""
SURE = (Type.CARD, Type.MY_NUMBER)
"""Types of which none may be missed."""
_OVERLAP = 0.5
_READ = 1.0
"""Seconds of reading in one round of the speed."""

Span = tuple[str, int, int]
"""Type, start, end."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One text, what stands in it and what was found."""

    identity: str
    text: str
    wanted: tuple[Span, ...]
    found: tuple[Span, ...]


def main() -> int:
    """Run and print; exit code 1 where a figure misses its limit."""
    parser = argparse.ArgumentParser(prog="madoguchi bench redact", description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA, help="labelled texts (JSON Lines)")
    parser.add_argument("--patterns", action="store_true", help="without entity recognition")
    parser.add_argument("--errors", action="store_true", help="show what was missed or wrong")
    options = parser.parse_args()
    judged = list(judge(options.data, names=not options.patterns))
    print(f"{options.data.name}: {len(judged)} texts, {sum(len(j.wanted) for j in judged)} spans")
    print_scores(judged)
    harmless = [one for one in judged if not one.wanted]
    false = sum(bool(one.found) for one in harmless) / len(harmless) if harmless else 0.0
    rate = speed([one.text for one in judged])
    print(f"look-alikes with a false span: {false:.1%} of {len(harmless)} (at most {FALSE:.0%})")
    print(f"by patterns: {rate:,.0f} texts/s (at least {SPEED:,.0f})")
    if options.errors:
        print_errors(judged)
    sure = all(score(judged, name, _OVERLAP).recall == 1 for name in SURE)
    good = score(judged, None, _OVERLAP).f1 >= F1
    return 0 if good and sure and false <= FALSE and rate >= SPEED else 1


def print_scores(judged: Sequence[Judged]) -> None:
    """One line a type, and one for all."""
    print(f"{'':<14}{'spans':>6}{'precision':>11}{'recall':>9}{'F1':>8}{'exact F1':>10}")
    for name in [*Type, None]:
        near, exact = score(judged, name, _OVERLAP), score(judged, name, 1.0)
        print(
            f"{name.value if name else 'all':<14}{near.right + near.missed:>6}"
            f"{near.precision:>11.3f}{near.recall:>9.3f}{near.f1:>8.3f}{exact.f1:>10.3f}"
        )


def judge(data: Path, names: bool) -> Iterator[Judged]:
    """What is found in each text of a file, beside what is wanted."""
    lines = data.read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines if line.strip()]
    companies = [row["company"] for row in rows if "company" in row]
    public = public_values(text for one in companies for texts in one.values() for text in texts)
    for row in rows:
        if "spans" in row:
            wanted = tuple((one["type"], one["start"], one["end"]) for one in row["spans"])
            found = find(row["text"], names=names, public=public)
            spans = tuple((span.label, span.start, span.end) for span in found)
            yield Judged(str(row["id"]), row["text"], wanted, spans)


def score(judged: Sequence[Judged], name: Type | None, least: float) -> Score:
    """The score of one type, or of all: a found span is right where a wanted one of its type
    overlaps it by `least` (intersection over union); each wanted one counts once."""
    counts: Counter[str] = Counter()
    for one in judged:
        wanted = [span for span in one.wanted if name in (None, span[0])]
        found = [span for span in one.found if name in (None, span[0])]
        missed = list(wanted)
        for span in found:
            match = next((other for other in missed if overlap(span, other) >= least), None)
            if match is not None:
                missed.remove(match)
        right = len(wanted) - len(missed)
        counts.update(right=right, wrong=len(found) - right, missed=len(missed))
    return Score(counts["right"], counts["wrong"], counts["missed"])


def overlap(one: Span, other: Span) -> float:
    """Intersection over union of two spans; 0 for different types."""
    if one[0] != other[0]:
        return 0.0
    common = min(one[2], other[2]) - max(one[1], other[1])
    return max(0, common) / (max(one[2], other[2]) - min(one[1], other[1]))


def speed(texts: Sequence[str]) -> float:
    """Texts a second by patterns alone: the best of three rounds."""
    best = 0.0
    for _ in range(3):
        began, read = time.perf_counter(), 0
        while time.perf_counter() - began < _READ:
            for text in texts:
                find(text)
            read += len(texts)
        best = max(best, read / (time.perf_counter() - began))
    return best


def print_errors(judged: Sequence[Judged]) -> None:
    """Each span that was missed or is wrong, by text."""
    for one in judged:
        for mark, spans, others in (("-", one.wanted, one.found), ("+", one.found, one.wanted)):
            for span in spans:
                if not any(overlap(span, other) >= _OVERLAP for other in others):
                    around = one.text[max(0, span[1] - 12) : span[2] + 12].replace("\n", "⏎")
                    value = one.text[span[1] : span[2]]
                    print(f"  {one.identity} {mark} {span[0]}: {value!r} in {around!r}")


if __name__ == "__main__":
    sys.exit(main())
