"""Text as the steps behind compare and read it."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_SPACE = re.compile(r"\s+")
_INVISIBLE = re.compile(
    "[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\x00-\x08\x0e-\x1f\x7f]"
)

MAX_CHARACTERS = 20_000
"""What is read of one text; behind it no complaint says anything new."""

AT_HAND = 64
"""Texts that are cleaned once for all who read them, one after the other."""


@lru_cache(AT_HAND)
def clean(text: str) -> str:
    """`text` in NFKC, without invisible and control characters, white space folded.

    Full-width digits and letters and half-width katakana become the usual ones (UAX #15), so that
    the same words compare equal. At most MAX_CHARACTERS characters.
    """
    plain = unicodedata.normalize("NFKC", text[:MAX_CHARACTERS])
    return _SPACE.sub(" ", _INVISIBLE.sub("", plain)).strip()


def encodable(text: str) -> str:
    """`text`, as long as before, with a question mark for each lone surrogate: JSON may bring half
    a character, which no UTF-8 has."""
    return text.encode("utf-8", "replace").decode()
