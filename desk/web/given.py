"""What an address holds, read so that nothing in it can be too much for the record."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate, pairwise

from django.utils.http import base36_to_int, int_to_base36

_DIGITS = 18
"""Digits of the longest number that every database holds as a key."""


def number(text: str) -> int:
    """The number that a text is; 0 for what is none, or too long to be a key."""
    plain = text.isascii() and text.isdecimal() and len(text) <= _DIGITS
    return int(text) if plain else 0


def pack(keys: Iterable[int]) -> str:
    """Keys as a short text that stands in an address; their order is lost."""
    steps = (after - before for before, after in pairwise([0, *sorted(set(keys))]))
    return ".".join(int_to_base36(step) for step in steps)


def unpack(text: str) -> list[int]:
    """The keys that `pack` made a text of, the smallest first; none where it made no such text."""
    try:
        found = list(accumulate(base36_to_int(step) for step in text.split(".") if step))
    except ValueError:
        return []
    return found if found and found[-1] < 10**_DIGITS else []
