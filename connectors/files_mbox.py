"""The mails of an mbox file, one after the other, in bounded memory.

The standard library's `mailbox.mbox` reads the whole file before its first mail, and each mail
whatever its size.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

_PIECE = 256 * 1024
"""Bytes read at once: a line longer than this comes in pieces."""

_MAX_SEPARATOR = 1_000
"""Bytes of a separator line; a longer line is none."""

_DATED = re.compile(
    rb"From .*(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) +"
    rb"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) +\d{1,2} +\d{1,2}:\d\d[^\r\n]* \d{4}"
)
_ESCAPED = re.compile(rb">+From ")


def messages(handle: BinaryIO, limit: int) -> Iterator[bytes | None]:
    """The mails of an mbox file as they were sent; None for one of more than `limit` bytes.

    A mail begins at a `From ` line with a date (RFC 4155, appendix A) wherever it stands, for some
    writers leave out the blank line before it. Where the file's first line has no date, a mail
    begins at any `From ` line after a blank line. One `>` of `>From ` is taken off (mboxrd). What
    stands before the first separator is no mail.
    """
    message, total, dated = bytearray(), -1, True
    fresh, blank = True, True
    while piece := handle.readline(_PIECE):
        if fresh and piece.startswith(b"From ") and len(piece) <= _MAX_SEPARATOR:
            starts = bool(_DATED.match(piece))
            if total < 0:
                dated, starts = starts, True
            if starts or (blank and not dated):
                if total >= 0:
                    yield _finished(message, total, limit)
                message, total, fresh = bytearray(), 0, piece.endswith(b"\n")
                continue
        if fresh and _ESCAPED.match(piece):
            piece = piece[1:]
        if total >= 0:
            total += len(piece)
            if total <= limit:
                message += piece
        blank = fresh and piece in (b"\n", b"\r\n")
        fresh = piece.endswith(b"\n")
    if total >= 0:
        yield _finished(message, total, limit)


def _finished(message: bytearray, total: int, limit: int) -> bytes | None:
    """The mail without the blank line that the format puts behind it."""
    if total > limit:
        return None
    for end in (b"\r\n\r\n", b"\n\n"):
        if message.endswith(end):
            return bytes(message[: len(message) - len(end) // 2])
    return bytes(message)
