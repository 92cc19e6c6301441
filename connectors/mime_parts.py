"""A mail's bytes as a tree of parts (RFC 2046), bounded in depth and number.

The standard library's parser recurses once a level and checks every open boundary on every line;
hostile nests stop it or take minutes. This one scans each level once, with a stack of its own.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from connectors.mime_headers import Fields, from_base64, parameters, read_block

MAX_MAIL = 32 * 1024 * 1024
"""Bytes of a mail that are read."""
MAX_DEPTH = 20
"""Levels of multipart that are opened; what lies deeper is one part."""
MAX_PARTS = 500
"""Parts that are looked at."""
_MAX_LOOKALIKES = 20_000
"""Lines of one multipart that begin like its boundary."""

_TYPE = re.compile(r"[\w!#$&^.+-]{1,127}/[\w!#$&^.+-]{1,127}")
_GUESSED_BOUNDARY = re.compile(
    rb"^--([^\s]{1,70})[ \t]*\n(?=content-)", re.IGNORECASE | re.MULTILINE
)
_LETTERS = bytes(b for b in range(256) if chr(b).isascii() and (chr(b).isalnum() or b in b"+/"))
_NO_LETTERS = bytes(b for b in range(256) if b not in _LETTERS)


@dataclass(slots=True)
class Part:
    """One part: `type` in lower case, `children` of a multipart.

    The body is `raw[start:end]`: a copy at each level of a nest would multiply a mail's size.
    """

    fields: Fields
    type: str
    params: dict[str, str]
    raw: bytes
    start: int
    end: int
    depth: int = 0
    children: list[Part] = field(default_factory=list)

    @property
    def body(self) -> bytes:
        """The body as sent, in its transfer encoding."""
        return self.raw[self.start : self.end]

    @property
    def disposition(self) -> str:
        """`attachment`, `inline` or "" (RFC 2183)."""
        return self.fields.first("content-disposition").split(";")[0].strip().lower()

    @property
    def encoding(self) -> str:
        """The transfer encoding as letters and digits only: senders write `7-bit`, `base64;`."""
        value = self.fields.first("content-transfer-encoding").split(";")[0].lower()
        return re.sub(r"[^a-z0-9]", "", value)

    def filename(self) -> str:
        """The file name as sent, decoded; "" if there is none."""
        disposition = parameters(";" + self.fields.first("content-disposition"))
        return disposition.get("filename") or self.params.get("name", "")

    def content(self, limit: int) -> bytes:
        """At most `limit` bytes of the body without its transfer encoding (RFC 2045, section 6)."""
        if self.encoding == "base64":
            return from_base64(self._head(limit * 2))[:limit]
        if self.encoding == "quotedprintable":
            return binascii.a2b_qp(self._head(limit * 3))[:limit]
        return self._head(limit)

    def size(self) -> int:
        """The body's size in bytes without its transfer encoding."""
        if self.encoding == "base64":
            return len(self.body.translate(None, _NO_LETTERS)) * 3 // 4
        if self.encoding == "quotedprintable":
            return len(binascii.a2b_qp(self.body))
        return self.end - self.start

    def _head(self, size: int) -> bytes:
        return self.raw[self.start : min(self.end, self.start + size)]


@dataclass(frozen=True, slots=True)
class Mail:
    """A read mail: its root part and what was wrong with it."""

    root: Part
    defects: tuple[str, ...]


def read_mail(raw: bytes) -> Mail:
    """The tree of `raw`. Any bytes give one; a file that is no mail is one text part."""
    defects: list[str] = []
    if len(raw) > MAX_MAIL:
        defects.append(f"size: only the first {MAX_MAIL} bytes were read")
    raw = raw[:MAX_MAIL].removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n")
    if b"\n" not in raw:
        raw = raw.replace(b"\r", b"\n")
    start = len(raw) - len(raw.lstrip(b"\n"))
    block = read_block(raw, start, top=True)
    defects += block.defects
    root = _part(block.fields, raw, (block.body, len(raw)), 0, "text/plain")
    stack, count = [root], 1
    while stack and count < MAX_PARTS:
        parent = stack.pop()
        if not parent.type.startswith("multipart/"):
            continue
        if parent.depth >= MAX_DEPTH:
            defects.append(f"parts: nested deeper than {MAX_DEPTH}")
            parent.type = "application/octet-stream"
            continue
        _open(parent, MAX_PARTS - count, defects)
        count += len(parent.children)
        stack.extend(reversed(parent.children))
    if count >= MAX_PARTS:
        defects.append(f"parts: only the first {MAX_PARTS} were read")
    return Mail(root, tuple(dict.fromkeys(defects)))


def _part(fields: Fields, raw: bytes, span: tuple[int, int], depth: int, default: str) -> Part:
    values = fields.raw("content-type")
    value = next((v for v in values if "boundary" in v.lower()), values[0] if values else "")
    match = _TYPE.match(value.strip().strip("\"'"))
    kind = match[0].lower() if match else default
    return Part(fields, kind, parameters(value), raw, *span, depth)


def _open(parent: Part, room: int, defects: list[str]) -> None:
    """Split a multipart; without a usable boundary it becomes the text that it looks like."""
    boundary = parent.params.get("boundary", "").rstrip().encode("utf-8", "replace")
    pieces = _pieces(parent, boundary, room, defects) if boundary else []
    if not pieces:
        guess = _GUESSED_BOUNDARY.search(parent.content(65_536))
        pieces = _pieces(parent, guess[1], room, defects) if guess else []
        defects.append("parts: boundary missing")
    if not pieces:
        parent.type = "text/plain"
        return
    default = "message/rfc822" if parent.type == "multipart/digest" else "text/plain"
    for start, end in pieces:
        block = read_block(parent.raw, start, end)
        defects += block.defects
        span = (block.body, end)
        parent.children.append(_part(block.fields, parent.raw, span, parent.depth + 1, default))


def _pieces(parent: Part, boundary: bytes, room: int, defects: list[str]) -> list[tuple[int, int]]:
    """The spans between the delimiter lines, at most `room` of them."""
    pieces: list[tuple[int, int]] = []
    opened = -1
    for line, after, closing in _delimiters(parent, b"--" + boundary):
        if opened >= 0:
            pieces.append((opened, max(line - 1, opened)))
        opened = -1 if closing else after
        if closing or len(pieces) >= room:
            break
    if opened >= 0 and len(pieces) < room:
        defects.append("parts: no closing boundary")
        pieces.append((opened, parent.end))
    return pieces


def _delimiters(parent: Part, mark: bytes) -> Iterator[tuple[int, int, bool]]:
    """(start of the line, start of the next one, closing) for each delimiter line.

    A line that only begins like one is none: some mailers make boundaries by appending.
    """
    raw, end = parent.raw, parent.end
    # A multipart has a header, so that a line end stands before its body.
    at = raw.find(b"\n" + mark, parent.start - 1, end) + 1
    for _ in range(_MAX_LOOKALIKES):
        if not at:
            return
        stop = raw.find(b"\n", at, end)
        stop = end if stop < 0 else stop
        tail = raw[at + len(mark) : min(stop, at + len(mark) + 80)].rstrip(b" \t")
        if tail in (b"", b"--"):
            yield at, min(stop + 1, end), bool(tail)
        at = raw.find(b"\n" + mark, stop, end) + 1
