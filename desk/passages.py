"""The passage of a text that a search meant: its best sentence between its neighbours."""

from __future__ import annotations

import re
from dataclasses import dataclass

from enrich.words import terms

_END = re.compile(r"(?<=[。．！？!?\n])(?![。．！？!?\n」』）)])|(?<=\.\s)")
"""Where a sentence ends; a bracket that closes belongs to it."""

_READ = 4_000
"""Characters of a text that are looked through."""

_SENTENCES = 40
_LONGEST, _BEFORE, _AFTER = 160, 40, 90
"""Characters of the sentence, of what stands before it, and of what follows."""


@dataclass(frozen=True, slots=True)
class Passage:
    """The sentence that shares most words with the query (`marked`; empty where none does) between
    what stands `before` and `after` it. All three are a stranger's text, on one line."""

    before: str
    marked: str
    after: str


def passage(query: str, text: str) -> Passage:
    """The passage of `text` that answers `query` best; its beginning where no word is shared."""
    sentences = [one for one in _END.split(text[:_READ]) if one.strip()][:_SENTENCES]
    wanted = set(terms(query))
    shared = [len(wanted.intersection(terms(one))) if wanted else 0 for one in sentences]
    if not any(shared):
        return Passage("", "", _cut(text[:_READ], _LONGEST + _AFTER))
    best = max(range(len(sentences)), key=lambda place: shared[place])
    before, after = "".join(sentences[:best]), "".join(sentences[best + 1 :])
    return Passage(
        _tail(before) + _blank(before, sentences[best]),
        _cut(sentences[best], _LONGEST),
        _blank(sentences[best], after) + _cut(after, _AFTER),
    )


def _blank(one: str, other: str) -> str:
    """The blank between two texts, which belongs to neither."""
    between = bool(one and other) and (one[-1].isspace() or other[0].isspace())
    return " " if between else ""


def _cut(text: str, limit: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def _tail(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _BEFORE else f"…{line[1 - _BEFORE :]}"
