"""Receipt numbers: `M-7F3K2Q`, Crockford base32, the last character a check.

Source: https://www.crockford.com/base32.html (the alphabet, and reading I and L as 1, O as 0).
"""

from __future__ import annotations

import hashlib
import re
import secrets
import unicodedata

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LOOKALIKES = str.maketrans("ILO", "110")
_DIGITS = 5
_SALT = 29
"""Makes M-7F3K2Q, the number that every page shows, a valid one."""

# A Japanese keyboard offers many strokes for the one hyphen; ASCII alone may fold its case, since
# others (U+0130, U+212A) fold to a letter without becoming one.
_PATTERN = re.compile(
    r"(?<![A-Z0-9])M[-‐‑‒–—―−ー]([0-9A-TV-Z]{6})(?![A-Z0-9])", re.IGNORECASE | re.ASCII
)
_MARKED = re.compile(rf"\[?{_PATTERN.pattern}\]?", _PATTERN.flags)


def new_receipt() -> str:
    """A fresh receipt number; unique only once the record has accepted it."""
    digits = "".join(secrets.choice(ALPHABET) for _ in range(_DIGITS))
    return f"M-{digits}{_check(digits)}"


def receipt_of(text: str) -> str:
    """A valid receipt number that is the same for the same text: for what is drafted outside of the
    record."""
    seed = int.from_bytes(hashlib.sha256(text.encode("utf-8", "replace")).digest()[:8])
    digits = "".join(ALPHABET[seed // len(ALPHABET) ** place % 32] for place in range(_DIGITS))
    return f"M-{digits}{_check(digits)}"


def find_receipts(text: str) -> tuple[str, ...]:
    """The valid receipt numbers quoted in `text`, in their order, each once, in canonical form.

    Full-width and lower-case letters, I or L for 1, O for 0 and other dashes are read too.
    """
    plain = unicodedata.normalize("NFKC", text)
    found = (match[1].upper().translate(_LOOKALIKES) for match in _PATTERN.finditer(plain))
    return tuple(dict.fromkeys(f"M-{code}" for code in found if code[-1] == _check(code[:-1])))


def without_receipts(text: str) -> str:
    """`text` with blanks where receipt numbers stand, as long as before. They are our own marks and
    tell nothing of the matter, yet no two of them look alike to a model."""
    return _MARKED.sub(_blank, text)


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0]) if find_receipts(match[0]) else match[0]


def _check(digits: str) -> str:
    # Weights are odd, so coprime to 32: any one wrong character is seen, and most swaps.
    total = sum((2 * place + 1) * ALPHABET.index(digit) for place, digit in enumerate(digits))
    return ALPHABET[(total + _SALT) % len(ALPHABET)]
