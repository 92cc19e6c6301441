"""What changed between two wordings, word by word, in Japanese too. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

import regex

# Japanese has no spaces: a word is a run of one script, its ending in hiragana with it,
# an honorific before it apart.
_WORD = regex.compile(
    r"\p{Han}+(?:(?![おご]\p{Han})\p{Hiragana}){0,6}|[おご](?=\p{Han})|\p{Hiragana}+|[\p{Katakana}ー]+|[\p{Latin}\p{N}_'’-]+|\s|.",
    regex.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text that stands in both wordings, or in the old or the new one alone."""

    kind: Literal["same", "old", "new"]
    text: str


def differences(old: str, new: str) -> Iterator[Piece]:
    """The pieces of both wordings in their order; those of the new one make it up, and so do those
    of the old one."""
    before, after = _WORD.findall(old), _WORD.findall(new)
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for what, start, end, begin, stop in matcher.get_opcodes():
        if what == "equal":
            yield Piece("same", "".join(before[start:end]))
            continue
        if end > start:
            yield Piece("old", "".join(before[start:end]))
        if stop > begin:
            yield Piece("new", "".join(after[begin:stop]))
