"""What the heads read of a text: its short runs of characters and its words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from enrich.clean import clean
from enrich.triage.spotting import Spotter

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
    words in Latin letters (between line breaks, so that they differ from runs). All digits count as
    0: an amount's length says something, its value does not."""
    plain = _plain(text)
    found = Counter(_runs(plain))
    words = _WORD.findall(plain)
    found.update(f"\n{word}\n" for word in words)
    found.update(f"\n{one}\n{two}\n" for one, two in pairwise(words))
    return found


class Vocabulary:
    """A choice of features, and which of them stand in a text."""

    def __init__(self, features: Sequence[str]) -> None:
        self.features = features
        kinds = ([f for f in features if "\n" not in f], [f for f in features if "\n" in f])
        places = {feature: place for place, feature in enumerate(features)}
        self._runs, self._words = map(Spotter, kinds)
        self._places = [[places[feature] for feature in kind] for kind in kinds]

    def __call__(self, text: str) -> Counter[int]:
        """The features of `text` (`grams`) by their place in the choice, and how often each stands
        there."""
        plain = _plain(text)
        runs, words = self._places
        found = Counter([runs[place] for place in self._runs(plain)])
        if spelt := _WORD.findall(plain):
            lines = "\n".join(("", *spelt, ""))
            found.update([words[place] for place in self._words(lines)])
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


def _plain(text: str) -> str:
    return _DIGIT.sub("0", clean(text).casefold())


def _runs(plain: str) -> Iterator[str]:
    for length in _RUNS:
        for start in range(len(plain) - length + 1):
            yield plain[start : start + length]
