"""The public data that the model learns from, read and split; see training/README.md."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_SPLIT_SEED = 20261122
_HELD_OUT = 0.2
"""Share of the scored pairs that no training run ever sees."""

_CLITIC = re.compile(r" ?' ?(t|s|m|d|re|ve|ll)\b")
_BEFORE = re.compile(r" ([.,!?;:%)])")
_QUOTED = re.compile(r'" ([^"]{0,400}?) "')


@dataclass(frozen=True, slots=True)
class Scored:
    """Two sentences, how alike people found them (0: not at all, 5: the same), and the pictures
    that they describe."""

    first: str
    second: str
    score: float
    pictures: frozenset[str]


@dataclass(frozen=True, slots=True)
class Pair:
    """A Japanese sentence and its English translation."""

    japanese: str
    english: str


def read_pairs(folder: Path, name: str) -> list[Pair]:
    """The pairs of `ja-en-pairs/NAME.ja` and `NAME.en`, as people write them."""
    japanese, english = (
        (folder / "ja-en-pairs" / f"{name}.{language}").read_text("utf-8").splitlines()
        for language in ("ja", "en")
    )
    return [
        Pair(joined_japanese(one), joined_english(other))
        for one, other in zip(japanese, english, strict=True)
    ]


def joined_japanese(tokens: str) -> str:
    """A Japanese sentence without the spaces between its words; those beside Latin words stay."""
    return re.sub(r"(?<![!-~]) | (?![!-~])", "", tokens.strip())


def joined_english(tokens: str) -> str:
    """An English sentence with its punctuation and short forms joined: `i can 't .` → `i can't.`"""
    text = _CLITIC.sub(r"'\1", tokens.strip())
    return _BEFORE.sub(r"\1", _QUOTED.sub(r'"\1"', text)).replace("( ", "(")


def read_complaints() -> tuple[list[str], dict[str, list[str]]]:
    """Our own sentences for long texts: those that stand around any complaint, and the complaints
    themselves by cause."""
    found = json.loads((Path(__file__).parent / "complaints.json").read_text("utf-8"))
    return found["around"], found["causes"]


def read_english() -> list[Scored]:
    """Our own English pairs with our own scores."""
    rows = json.loads((Path(__file__).parent / "english.json").read_text("utf-8"))
    return [Scored(first, second, score, frozenset()) for score, first, second in rows]


def read_scored(folder: Path) -> list[Scored]:
    """The pairs of `ja-sts/train.jsonl`."""
    rows = []
    with (folder / "ja-sts" / "train.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            pictures = frozenset(row["yjcaptions_id"].split("-")[0].split("_"))
            rows.append(Scored(row["sentence1"], row["sentence2"], float(row["label"]), pictures))
    return rows


def split_scored(
    rows: Sequence[Scored], share: float = _HELD_OUT, seed: int = _SPLIT_SEED
) -> tuple[list[Scored], list[Scored]]:
    """`rows` in two: the rest, and about `share` of them, held out.

    Pairs about one picture, or with one sentence in common, stay together: no held-out sentence
    describes what a training sentence describes.
    """
    groups = _groups(rows)
    random.Random(seed).shuffle(groups)  # noqa: S311
    held: list[Scored] = []
    kept: list[Scored] = []
    for group in groups:
        full = len(held) + len(group) > share * len(rows)
        (kept if full else held).extend(group)
    return kept, held


def _groups(rows: Sequence[Scored]) -> list[list[Scored]]:
    """The rows joined by what they share (connected components), in the order of the rows."""
    above: dict[str, str] = {}

    def root(name: str) -> str:
        while above.setdefault(name, name) != name:
            above[name] = name = above[above[name]]
        return name

    for row in rows:
        first, *others = _shared(row)
        for other in others:
            above[root(other)] = root(first)
    groups: dict[str, list[Scored]] = {}
    for row in rows:
        groups.setdefault(root(_shared(row)[0]), []).append(row)
    return list(groups.values())


def _shared(row: Scored) -> list[str]:
    return [*sorted(row.pictures), row.first, row.second]
