"""Header fields of mail as they are really sent: folded, encoded, 8-bit, broken.

The standard library's `email.policy.default` is exact but takes quadratic time on long address
lists and raises on some broken fields; what is here is lenient, and linear in its input.
Every function accepts any input and never raises.
"""

from __future__ import annotations

import base64
import binascii
import re
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import unquote_to_bytes

from connectors import charsets

MAX_BLOCK = 256 * 1024
"""Bytes of a header block that are read."""
MAX_FIELD = 32 * 1024
"""Bytes of one field that are read."""
MAX_JUNK = 20
"""Lines inside a header block that are no fields and are tolerated."""

_FIELD = re.compile(rb"([!-9;-~]{1,76})[ \t]*:")
_KNOWN = re.compile(
    rb"(?:from|to|cc|subject|date|sender|reply-to|message-id|mime-version|received|return-path"
    rb"|delivered-to|content-[a-z-]+|x-[a-z-]+|in-reply-to|references|resent-[a-z-]+)$",
    re.IGNORECASE,
)
_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?]*)\?=")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")
_INVISIBLE = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\u200b\u2060\ufeff\u061c]")
_SPACE = re.compile(r"[ \t\n]+")

_PARAMETER = re.compile(r';\s*([^\s=;"]{1,60})\s*=\s*("(?:[^"\\]|\\.)*"|[^;]*)')
_CONTINUED = re.compile(r"([^*]+)(?:\*(\d{1,3}))?(\*)?$")
_OFFSET = re.compile(r"[+-]\d{4}|\b(?:UTC?|GMT|Z)\b")


@dataclass(slots=True)
class Fields:
    """The fields of one header block: names in lower case, values unfolded, in order."""

    values: dict[str, list[bytes]] = field(default_factory=dict)

    def add(self, name: str, value: bytes) -> None:
        """Add one field; `value` may still be folded."""
        unfolded = value[:MAX_FIELD].replace(b"\n", b"")
        self.values.setdefault(name, []).append(unfolded.strip(b" \t"))

    def raw(self, name: str) -> list[str]:
        """All values of `name` (lower case), decoded to text but with encoded words as sent."""
        return [to_text(value) for value in self.values.get(name, ())]

    def first(self, name: str) -> str:
        """The first value of `name` that is not empty, encoded words as sent; "" if none."""
        return next((value for value in self.raw(name) if value), "")

    def sent(self, name: str) -> bytes:
        """The first value of `name` that is not empty, as sent, with white space folded."""
        values = (b" ".join(value.split()) for value in self.values.get(name, ()))
        return next(filter(None, values), b"")

    def line(self, name: str) -> str:
        """The first value of `name` that is not empty, decoded, in one line."""
        return one_line(decode_words(self.first(name)))

    def __contains__(self, name: str) -> bool:
        return name in self.values


@dataclass(frozen=True, slots=True)
class Block:
    """A header block and the offset at which its body starts."""

    fields: Fields
    body: int
    defects: tuple[str, ...] = ()


def read_block(raw: bytes, start: int = 0, end: int = sys.maxsize, *, top: bool = False) -> Block:
    """The header block at `start` of `raw[:end]`, whose lines end in LF.

    With `top`, a block without one well-known field is no header at all: the text of a file that is
    no mail keeps its first lines.
    """
    end = min(end, len(raw))
    reader = _Reader(raw, end)
    position = start
    while position < end:
        if position - start > MAX_BLOCK:
            reader.defects.append(f"header: only the first {MAX_BLOCK} bytes were read")
            blank = raw.find(b"\n\n", position, end)
            position = blank + 2 if blank >= 0 else end
            break
        stop = raw.find(b"\n", position, end)
        stop = end if stop < 0 else stop
        line = raw[position : min(stop, position + MAX_FIELD)]
        if not line:
            position = stop + 1
            break
        if not reader.take(line, stop + 1):
            break
        position = stop + 1
    reader.finish()
    if top and not any(_KNOWN.match(name.encode()) for name in reader.fields.values):
        return Block(Fields(), start, ("header: none found",))
    return Block(reader.fields, min(position, end), tuple(dict.fromkeys(reader.defects)))


class _Reader:
    """Fields under construction, line by line."""

    def __init__(self, raw: bytes, end: int) -> None:
        self.raw, self.end = raw, end
        self.fields = Fields()
        self.defects: list[str] = []
        self.name, self.value = "", b""
        self.junk = 0

    def take(self, line: bytes, following: int) -> bool:
        """Take one line, False where it is the body's; `following` is where the next one starts."""
        match = _FIELD.match(line)
        if match:
            self.finish()
            self.name, self.value = match[1].decode("ascii").lower(), line[match.end() :]
        elif self.name and line.startswith((b" ", b"\t")):
            self._fold(b"\n" + line)
        elif not self.name and line.startswith((b"From ", b">From ")):
            pass  # the envelope line of an mbox file
        elif self.name and self.junk < MAX_JUNK and _more_follow(self.raw, following, self.end):
            self.junk += 1
            self.defects.append("header: a line that is no field")
            self._fold(b" " + line)
        else:
            self.defects.append("header: no blank line before the body")
            return False
        return True

    def finish(self) -> None:
        """Add the field that is open."""
        if self.name:
            self.fields.add(self.name, self.value)

    def _fold(self, line: bytes) -> None:
        if len(self.value) < MAX_FIELD:
            self.value += line


def _more_follow(raw: bytes, position: int, end: int) -> bool:
    """Whether known fields follow a line that is none, before the next blank line."""
    limit = min(end, position + MAX_FIELD)
    blank = raw.find(b"\n\n", position, limit)
    block = raw[position : blank if blank >= 0 else limit]
    lines = block.split(b"\n", 20)[:20]
    matches = (_FIELD.match(line) for line in lines)
    return any(match and _KNOWN.match(match[1]) for match in matches)


def to_text(value: bytes) -> str:
    """A raw value as text: ASCII, UTF-8 (RFC 6532), or what the bytes look like."""
    return charsets.decode(value).text


def one_line(text: str) -> str:
    """`text` without controls, bidi overrides and runs of white space."""
    return _SPACE.sub(" ", _INVISIBLE.sub("", charsets.clean(text))).strip()


def decode_words(text: str) -> str:
    """`text` with its encoded words decoded (RFC 2047), broken ones included.

    Neighbours of one charset are joined as bytes first: some senders split inside a character.
    """
    if "=?" not in text:
        return text
    pieces: list[str] = []
    charset, pending, last = "", b"", 0
    for match in _WORD.finditer(text):
        between = text[last : match.start()]
        name = match[1].split("*")[0].lower()
        if pending and (between.strip() or name != charset):
            pieces.append(charsets.decode(pending, charset).text)
            pending = b""
        if between.strip() or not last:
            pieces.append(between)
        charset = name
        pending += _word_bytes(match[2], match[3])
        last = match.end()
    pieces.append(charsets.decode(pending, charset).text)
    pieces.append(text[last:])
    return "".join(pieces)


def _word_bytes(encoding: str, payload: str) -> bytes:
    raw = payload.encode("utf-8", "replace")
    if encoding in "bB":
        return from_base64(raw)
    return binascii.a2b_qp(raw, header=True)


def from_base64(raw: bytes) -> bytes:
    """Base64 with garbage skipped, padding mended and a lone last character dropped."""
    if b"=" in raw.rstrip(b"=\n \t"):
        # Pieces encoded one by one and then joined keep their padding in the middle.
        return b"".join(from_base64(piece) for piece in raw.split(b"=")[:10_000] if piece)
    data = _NOT_BASE64.sub(b"", raw)
    data = data[: len(data) - 1] if len(data) % 4 == 1 else data
    return base64.b64decode(data + b"=" * (-len(data) % 4))


def parameters(text: str) -> dict[str, str]:
    """The parameters of a Content-Type or Content-Disposition value, keys in lower case.

    RFC 2231 continuations and charsets, and encoded words where they do not belong, are decoded.
    """
    plain: dict[str, str] = {}
    parts: dict[str, list[tuple[int, bool, str]]] = {}
    for match in _PARAMETER.finditer(text[:MAX_FIELD]):
        key, value = match[1].lower(), match[2].strip()
        if value.startswith('"'):
            value = value.strip('"').replace('\\"', '"').replace("\\\\", "\\")
        named = _CONTINUED.match(key)
        if "*" in key and named:
            parts.setdefault(named[1], []).append((int(named[2] or 0), bool(named[3]), value))
        else:
            plain.setdefault(key, decode_words(value))
    for key, pieces in parts.items():
        plain[key] = _joined(sorted(pieces, key=lambda piece: piece[0]))
    return plain


def _joined(pieces: list[tuple[int, bool, str]]) -> str:
    """RFC 2231, section 4.1: the first piece names the charset, any piece may be encoded."""
    charset = ""
    if pieces[0][1] and pieces[0][2].count("'") >= 2:
        charset, _, rest = pieces[0][2].split("'", 2)
        pieces = [(0, True, rest), *pieces[1:]]
    raw = b"".join(
        unquote_to_bytes(value) if encoded else value.encode("utf-8", "replace")
        for _, encoded, value in pieces
    )
    return charsets.decode(raw, charset).text


def parse_date(text: str) -> datetime | None:
    """A Date value (RFC 5322, section 3.3, and common mistakes) as aware UTC, None if not one."""
    text = one_line(text)[:100]
    if "JST" in text and not _OFFSET.search(text):
        text = text.replace("(JST)", "JST").replace("JST", "+0900")
    text = re.sub(r" ?: ?", ":", re.sub(r"\([^()]*\)", "", text))
    for parse in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            found = parse(text)
            aware = found if found.tzinfo else found.replace(tzinfo=UTC)
            return aware.astimezone(UTC) if 1900 < aware.year < 2200 else None
        except (ValueError, TypeError, IndexError, OverflowError, AttributeError):
            continue
    return None


def message_ids(text: str) -> tuple[str, ...]:
    """The message identifiers of a field (RFC 5322, section 3.6.4), brackets off, at most 200."""
    bracketed = [re.sub(r"\s", "", found) for found in re.findall(r"<([^<>]{1,998})>", text)]
    found = bracketed or [word for word in re.split(r"[\s,<>]+", text) if "@" in word]
    return tuple(dict.fromkeys(one_line(word)[:998] for word in found if word))[:200]
