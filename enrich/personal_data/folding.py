"""A text as the rules read it, and the way back to the text as it was written.

The rules match on a copy in NFKC (UAX #15), without invisible characters and with one hyphen for
all: full-width digits, half-width katakana and a phone number with a zero-width space inside read
like any other. What they find is told in characters of the original.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

_IRREGULAR = "\uffff"
"""Stands for a character that becomes none or several, or joins the one before it."""

_INVISIBLE = re.compile(
    "[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff]"
)
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―⁃−─━﹘﹣"), "-")
_CLUSTER = re.compile(r"(?s:.)[\u0300-\u036f\u3099\u309a\uff9e\uff9f]{0,8}")

_KANJI_DIGITS = str.maketrans("〇零一二三四五六七八九", "00123456789")
_KANJI_NUMBER = re.compile(r"[〇零一二三四五六七八九]{2,64}")
_SPOKEN = re.compile(r"0(?<![0-9].)[0-9]{1,4}の[0-9]{1,4}の[0-9]{3,4}(?![0-9])")
_LONG_VOWEL_AS_DASH = re.compile(r"(?<=[0-9])ー(?=[0-9])")


class _Characters(dict[int, str]):
    """What single characters fold to, learnt one by one."""

    def __missing__(self, code: int) -> str:
        folded = _fold(chr(code))
        joins = unicodedata.combining(unicodedata.normalize("NFKC", chr(code))[0])
        self[code] = folded if len(folded) == 1 and not joins else _IRREGULAR
        return self[code]


@dataclass(frozen=True, slots=True)
class Folded:
    """A text for matching.

    `text` is the copy; its character i stands in the original from `starts[i]` to `ends[i]`.
    """

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Where a piece of the copy (not empty) stands in the original."""
        return self.starts[start], self.ends[end - 1]


def fold(text: str) -> Folded:
    """The copy of `text` to match on. Works in time proportional to its length."""
    folded = text.translate(_CHARACTERS)
    if _IRREGULAR not in folded:
        return Folded(folded, range(len(text)), range(1, len(text) + 1))
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for cluster in _CLUSTER.finditer(text):
        piece = _fold(cluster[0])
        pieces.append(piece)
        starts.extend([cluster.start()] * len(piece))
        ends.extend([cluster.end()] * len(piece))
    return Folded("".join(pieces), starts, ends)


def in_digits(text: str) -> str:
    """A folded text, as long as before, with digits for runs of kanji numerals and a hyphen for the
    long-vowel mark and for の in a telephone number: 〇九〇ー一二三四 becomes 090-1234."""
    numbers = _KANJI_NUMBER.sub(lambda found: found[0].translate(_KANJI_DIGITS), text)
    dashed = _LONG_VOWEL_AS_DASH.sub("-", numbers)
    return (
        _SPOKEN.sub(lambda found: found[0].replace("の", "-"), dashed) if "の" in dashed else dashed
    )


def _fold(text: str) -> str:
    return _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).translate(_DASHES)


_CHARACTERS = _Characters()
