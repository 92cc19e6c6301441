"""ISO-2022-JP (RFC 1468) with what mailers add to it.

That is half-width katakana by `ESC ( I`, by SO/SI or as plain 8-bit bytes, the vendors' rows of
CP50221 (NEC and IBM characters such as ① and ㈱), JIS X 0212 and JIS X 0213. Python's own codecs
know no vendors' rows.
"""

from __future__ import annotations

import re

MARK = re.compile(rb"\x1b(?:\$[@B]|\$\([@BDOPQ]|\(I)|\x0e[!-_]")
"""An escape that only Japanese text has."""
_ESCAPE = re.compile(rb"(\x1b\([A-Z]|\x1b\$\(?[@A-Z]|[\x0e\x0f\n])")


def decode(raw: bytes) -> str:
    """The text of `raw`; what is no character becomes U+FFFD or `?`. Never raises."""
    try:
        return raw.decode("iso2022_jp_ext")
    except UnicodeDecodeError:
        pass
    pieces: list[str] = []
    state = shifted = b"\x1b(B"
    for piece in _ESCAPE.split(raw):
        if piece == b"\x0e":
            shifted, state = state, b"\x1b(I"
        elif piece == b"\x0f":
            state = shifted
        elif piece.startswith(b"\x1b"):
            state = piece
        elif piece == b"\n":
            # A line ends in ASCII (RFC 1468); a forgotten escape must not spoil the next one.
            state = b"\x1b(B"
            pieces.append("\n")
        elif piece:
            pieces.append(_charset_piece(piece, state))
    return "".join(pieces)


def _charset_piece(piece: bytes, state: bytes) -> str:
    if state == b"\x1b(I":
        return _high(piece).decode("cp932", "replace")
    if not state.startswith(b"\x1b$"):
        return piece.decode("cp932", "replace")
    if state == b"\x1b$(D":
        pairs = (b"\x8f" + _high(piece[i : i + 2]) for i in range(0, len(piece), 2))
        return b"".join(pairs).decode("euc_jp", "replace")
    if state in (b"\x1b$(O", b"\x1b$(Q"):
        return _high(piece).decode("euc_jis_2004", "replace")
    try:
        return _high(piece).decode("euc_jp")
    except UnicodeDecodeError:
        return b"".join(map(_shifted, piece[::2], piece[1::2])).decode("cp932", "replace")


_HIGH = bytes(byte | 0x80 if 0x21 <= byte <= 0x7E else byte for byte in range(256))


def _high(piece: bytes) -> bytes:
    return piece.translate(_HIGH)


def _shifted(row: int, cell: int) -> bytes:
    """One JIS X 0208 pair as the pair that Shift_JIS has for it (JIS X 0208 annex 1)."""
    if not (0x21 <= row <= 0x7E and 0x21 <= cell <= 0x7E):
        return b"?"
    lead = (row + 1) // 2 + (0x70 if row <= 0x5E else 0xB0)
    if row % 2:
        return bytes((lead, cell + (0x1F if cell <= 0x5F else 0x20)))
    return bytes((lead, cell + 0x7E))
