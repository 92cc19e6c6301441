"""Many strings found in a text in one pass.

Aho and Corasick, "Efficient string matching: an aid to bibliographic search", 1975.
"""

from __future__ import annotations

from collections.abc import Iterable

from ahocorasick_rs import AhoCorasick

from enrich.clean import encodable


class Spotter:
    """Finds each of its strings wherever it stands in a text, overlapping ones too."""

    def __init__(self, strings: Iterable[str]) -> None:
        """None of `strings` is empty."""
        self._found = AhoCorasick(strings, store_patterns=False)

    def __call__(self, text: str) -> list[int]:
        """The place among the strings of each that stands in `text`, once for every time."""
        found = self._found.find_matches_as_indexes(encodable(text), overlapping=True)
        return [place for place, _, _ in found]
