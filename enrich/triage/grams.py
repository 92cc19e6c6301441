"""What the heads read of a text: its short runs of characters and its words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from enrich.clean import clean

_DIGIT = re.compile(r"\d")
_WORD = re.compile(r"[a-z0']+")
_RUNS = range(1, 5)
_SENTENCE = re.compile(
    r"[^。！？!?\n.]{0,300}(?:\.(?!\s)[^。！？!?\n.]{0,60}){0,9}[。！？!?\n.]{0,4}[」』)）]?"
)

_LONG = 400
"""Characters from which on a text is read by passages too."""
PASSAGE = 160
"""Characters that a passage has at least, but for the last: a few sentences, as most exemplars."""


def grams(text: str) -> Counter[str]:
    """How often each feature stands in `text`: runs of 1 to 4 characters, and words and pairs of
    words in Latin letters (with a leading space, so that they differ from runs). All digits count
    as 0: an amount's length says something, its value does not."""
    plain = _DIGIT.sub("0", clean(text).casefold())
    found = Counter(_runs(plain))
    words = _WORD.findall(plain)
    found.update(f" {word}" for word in words)
    found.update(f" {one} {two}" for one, two in pairwise(words))
    return found


def sentences(text: str) -> list[tuple[int, int]]:
    """Where the sentences of a text stand, from start to end; those without a word are left out."""
    return [match.span() for match in _SENTENCE.finditer(text) if match[0].strip()]


def passages(text: str) -> list[str]:
    """A text in passages of whole sentences; empty where it is too short for a part to drown."""
    if len(text) < _LONG:
        return []
    parts = [""]
    for start, end in sentences(text):
        parts[-1] += text[start:end]
        if len(parts[-1]) >= PASSAGE:
            parts.append("")
    parts = [part for part in parts if part]
    return parts if len(parts) > 1 else []


def _runs(plain: str) -> Iterator[str]:
    for length in _RUNS:
        for start in range(len(plain) - length + 1):
            yield plain[start : start + length]
