"""`madoguchi bench triage`: how well messages are judged, label by label, and how fast.

One's own stand in a file of JSON Lines, `{"id", "channel", "language", "subject", "text",
"expect"}`; labels that `expect` leaves out are not measured. Heads and rules are measured together,
and each alone.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from casebook.config import settings
from casebook.policy import Policy, load_policy
from casebook.types import Cause, Conduct, Demand, Kind, Triage
from casebook.words import Words
from enrich.embed import Encoder
from enrich.metrics import f1, macro_f1, resampled
from enrich.triage import Judge
from enrich.triage.exemplars import Exemplar, parse
from enrich.triage.fitting import whole
from enrich.triage.heads import bundled_heads

DATA = Path(__file__).parent / "data" / "triage.jsonl"
SECONDS, MESSAGES = 5.0, 1_000
"""Limit of the speed: seconds for so many messages whose vectors exist."""
_SEED = 20261122

Pair = tuple[Exemplar, Triage]
"""What is right of a message, and what was found."""
Statistic = Callable[[Sequence[Pair]], float]


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure and its limit: the least, or the greatest where `most`."""

    name: str
    limit: float
    statistic: Statistic
    most: bool = False

    def kept(self, value: float) -> bool:
        """Whether a value keeps the limit."""
        return value <= self.limit if self.most else value >= self.limit


def macro(name: str) -> Statistic:
    """The macro-F1 of a label that a message has one of."""
    return lambda pairs: macro_f1(_said(pairs, name) or [("", "")])


def demands(pairs: Sequence[Pair]) -> float:
    """The micro-F1 of all demands."""
    return f1(
        (demand in one.expect["demands"], demand in found.demands)
        for one, found in pairs
        if "demands" in one.expect
        for demand in Demand
    )


def share(
    among: Callable[[Exemplar, Triage], bool], good: Callable[[Exemplar, Triage], bool]
) -> Statistic:
    """The share of the good among those that count; 0 where none counts."""

    def statistic(pairs: Sequence[Pair]) -> float:
        counted = [good(one, found) for one, found in pairs if among(one, found)]
        return sum(counted) / len(counted) if counted else 0.0

    return statistic


def grave(one: Exemplar, _: Triage) -> bool:
    """A crisis."""
    return bool(one.expect.get("severity") == 3)


def found_grave(one: Exemplar, found: Triage) -> bool:
    """A message judged to be a crisis."""
    return found.severity == 3 and "severity" in one.expect


def threat(one: Exemplar, _: Triage) -> bool:
    """A threat."""
    return bool(one.expect.get("conduct") == Conduct.THREAT)


def angry(one: Exemplar, _: Triage) -> bool:
    """An ordinary complaint by somebody angry."""
    expect = one.expect
    ordinary = expect.get("conduct") == Conduct.ORDINARY and expect.get("kind") == Kind.COMPLAINT
    return ordinary and expect.get("anger", 0) >= 2


def accused(_: Exemplar, found: Triage) -> bool:
    """A message judged to harass or to threaten."""
    return found.conduct in (Conduct.HARASSMENT, Conduct.THREAT)


FIGURES = (
    Figure("kind, macro-F1", 0.85, macro("kind")),
    Figure("cause, macro-F1", 0.75, macro("cause")),
    Figure("conduct, macro-F1", 0.80, macro("conduct")),
    Figure("severity 3, recall", 0.95, share(grave, found_grave)),
    Figure("severity 3, precision", 0.80, share(found_grave, grave)),
    Figure("threat, recall", 0.95, share(threat, lambda _, found: found.conduct == "threat")),
    Figure("angry but ordinary, accused", 0.03, share(angry, accused), most=True),
    Figure("demands, micro-F1", 0.80, demands),
)


def main() -> int:
    """Run and print; exit code 1 where a figure misses its limit."""
    parser = argparse.ArgumentParser(prog="madoguchi bench triage", description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA, help="labelled messages (JSON Lines)")
    parser.add_argument("--errors", action="store_true", help="show what was judged wrongly")
    options = parser.parse_args()
    policy = load_policy(settings().policy)
    rows = [parse(line) for line in options.data.read_bytes().splitlines() if line.strip()]
    vectors = Encoder().documents([whole(one.asked) for one in rows])
    rows = with_vectors(rows, vectors)
    heads = bundled_heads()
    judge = Judge(policy.words, heads, policy.costs)
    pairs = judged(judge, rows)
    print(f"{options.data.name}: {len(rows)} messages")
    print_figures(pairs, alone(policy, rows))
    for name, labels in (("kind", Kind), ("cause", Cause), ("conduct", Conduct)):
        print_confusion(name, [label.value for label in labels], _said(pairs, name))
    print_confusion("severity", ["0", "1", "2", "3"], _said(pairs, "severity"))
    seconds = speed(judge, rows)
    print(f"{MESSAGES:,} messages: {seconds:.1f} s (at most {SECONDS:.0f} s)")
    if options.errors:
        print_errors(pairs)
    good = all(figure.kept(figure.statistic(pairs)) for figure in FIGURES)
    return 0 if good and seconds <= SECONDS else 1


def with_vectors(rows: Sequence[Exemplar], vectors: Sequence[bytes]) -> list[Exemplar]:
    """The exemplars with the meaning vectors of their texts."""
    return [
        replace(one, asked=replace(one.asked, vector=vector))
        for one, vector in zip(rows, vectors, strict=True)
    ]


def judged(judge: Judge, rows: Sequence[Exemplar]) -> list[Pair]:
    """Each message with what a judge finds."""
    return list(zip(rows, judge([one.asked for one in rows]), strict=True))


def alone(policy: Policy, rows: Sequence[Exemplar]) -> dict[str, list[Pair]]:
    """What the heads find without rules, and the rules without heads."""
    return {
        "heads": judged(Judge(Words(), bundled_heads(), policy.costs), rows),
        "rules": judged(Judge(policy.words, None, policy.costs), rows),
    }


def print_figures(pairs: Sequence[Pair], others: dict[str, list[Pair]]) -> bool:
    """One line a figure with its 95 % interval and what each part gives alone; True where all keep
    their limits."""
    print(f"{'':<30}{'both':>7}{'95 % interval':>16}{'limit':>9}", end="")
    print("".join(f"{name:>8}" for name in others))
    good = True
    for figure in FIGURES:
        value, low, high = resampled(pairs, figure.statistic, _SEED)
        good &= figure.kept(value)
        limit = f"{'≤' if figure.most else '≥'} {figure.limit:.2f}"
        mark = " " if figure.kept(value) else "!"
        rest = "".join(f"{figure.statistic(other):>8.3f}" for other in others.values())
        print(f"{figure.name:<30}{value:>7.3f}{f'{low:.3f}–{high:.3f}':>16}{limit:>8}{mark}{rest}")
    return good


def print_confusion(name: str, labels: Sequence[str], said: Sequence[tuple[str, str]]) -> None:
    """Rows: what is right; columns: what was found."""
    counts = Counter(said)
    columns = [*labels, *sorted({found for _, found in said} - set(labels))]
    print(f"\n{name:<17}" + "".join(f"{column[:12] or 'none':>13}" for column in columns))
    for label in labels:
        print(f"{label:<17}" + "".join(f"{counts[label, column]:>13}" for column in columns))


def speed(judge: Judge, rows: Sequence[Exemplar]) -> float:
    """Seconds for MESSAGES messages, the second round of two."""
    many = [rows[place % len(rows)].asked for place in range(MESSAGES)]
    judge(many[:50])
    began = time.perf_counter()
    judge(many)
    return time.perf_counter() - began


def print_errors(pairs: Sequence[Pair]) -> None:
    """What was judged wrongly, by message."""
    for one, found in pairs:
        for name in ("kind", "cause", "conduct", "severity", "demands", "crisis"):
            wanted, got = one.expect.get(name), getattr(found, name)
            if wanted is not None and wanted != got and sorted(str(wanted)) != sorted(str(got)):
                print(f"  {one.id} {name}: {wanted} → {got}")


def _said(pairs: Sequence[Pair], name: str) -> list[tuple[str, str]]:
    """(right, found) of a label, where it is known; of the cause, where there is one."""
    return [
        (str(one.expect[name]), str(getattr(found, name)))
        for one, found in pairs
        if one.expect.get(name) not in (None, "")
    ]


if __name__ == "__main__":
    sys.exit(main())
