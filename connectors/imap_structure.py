"""A large mail without its attachments: what to fetch of it, and a mail made of what came.

BODYSTRUCTURE (RFC 3501 §7.4.2) tells the parts; the headers and the texts are fetched, and put
together again as MIME in which every other part stands empty. So whatever reads mails reads this.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.mime_body import harmless, is_text
from connectors.mime_parts import read_mail

MAX_PARTS = 200
"""Parts of one mail that are looked at; what a mail has beyond them is left out."""

MAX_TEXTS = 20
"""Text parts of one mail that are fetched."""

LEAST_TEXT = 32 * 1024
"""Bytes that are fetched of each text at least: a mail's identity needs 16 KiB of one, counted
without the carriage returns."""

_MAX_DEPTH = 50
_BOUNDARY = b"=_part_%s"
_TYPE_HEADERS = re.compile(
    rb"^(?:content-type|content-transfer-encoding|mime-version):[^\n]*\n(?:[ \t][^\n]*\n)*",
    re.IGNORECASE | re.MULTILINE,
)
_UNSAFE = re.compile(rb"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Part:
    """A node of the MIME tree. `section` is its number in IMAP (RFC 3501 §6.4.5), "" for the root.

    `stub` holds the header lines that the structure tells of it, `size` its bytes on the wire,
    `name` its file name, made harmless. `is_text`: to be read, and no file.
    """

    section: str
    type: str
    stub: bytes
    size: int
    is_text: bool
    name: str = ""
    children: tuple[Part, ...] = ()

    def leaves(self) -> Iterator[Part]:
        """The parts below it that hold content, in order; itself, where it is one."""
        if not self.children:
            yield self
        for child in self.children:
            yield from child.leaves()

    def texts(self) -> list[Part]:
        """The parts that are fetched."""
        return [part for part in self.leaves() if part.is_text][:MAX_TEXTS]

    def attachments(self) -> list[Part]:
        """The parts that are not fetched."""
        return [part for part in self.leaves() if not part.is_text]


def read_structure(structure: Sequence[Any]) -> Part:
    """The tree of IMAPClient's `BODYSTRUCTURE` value.

    Raises ValueError, TypeError or IndexError where the server sent something else.
    """
    budget = iter(range(MAX_PARTS))
    root = _read(structure, "", 0, budget)
    if root is None:
        raise ValueError("no part within the bounds")
    return root


def items(root: Part, limit: int) -> list[str]:
    """What to FETCH for `assemble`: the texts, each with its header. They share `limit` bytes, but
    get LEAST_TEXT each."""
    texts = root.texts()
    share = max(limit // max(len(texts), 1), LEAST_TEXT)
    wanted = []
    for part in texts:
        if part.section:
            wanted.append(f"BODY.PEEK[{part.section}.MIME]<0.{share}>")
        wanted.append(f"BODY.PEEK[{part.section or 'TEXT'}]<0.{share}>")
    return wanted


def assemble(root: Part, header: bytes, fetched: Mapping[bytes, Any]) -> bytes:
    """The mail without its attachments' content. `fetched` answers to `items`."""
    if root.is_text:
        return header + _bytes(fetched.get(b"BODY[TEXT]<0>"))
    if not root.children:
        return header
    kept = _TYPE_HEADERS.sub(b"", header.rstrip(b"\r\n") + b"\r\n")
    return kept + b"MIME-Version: 1.0\r\n" + _render(root, fetched)


def _render(part: Part, fetched: Mapping[bytes, Any]) -> bytes:
    """A part with its header, as it stands between two boundaries."""
    section = part.section.encode()
    if part.children:
        boundary = _BOUNDARY % (section or b"0")
        pieces = [part.stub + b'; boundary="' + boundary + b'"\r\n\r\n']
        for child in part.children:
            pieces.append(b"--" + boundary + b"\r\n" + _render(child, fetched) + b"\r\n")
        return b"".join(pieces) + b"--" + boundary + b"--\r\n"
    body = _bytes(fetched.get(b"BODY[" + section + b"]<0>"))
    header = _bytes(fetched.get(b"BODY[" + section + b".MIME]<0>"))
    if part.is_text and header:
        return header.rstrip(b"\r\n") + b"\r\n\r\n" + body
    return part.stub + b"\r\n\r\n" + body


def _read(node: Sequence[Any], section: str, depth: int, budget: Iterator[int]) -> Part | None:
    if depth > _MAX_DEPTH or next(budget, None) is None:
        return None
    if isinstance(node[0], list):
        prefix = f"{section}." if section else ""
        parts = (
            _read(child, f"{prefix}{number}", depth + 1, budget)
            for number, child in enumerate(node[0], 1)
        )
        children = tuple(part for part in parts if part is not None)
        if not children:
            raise ValueError("a multipart without parts")
        stub = (
            b"Content-Type: multipart/" + _token(node[1]) + _parameters(_at(node, 2), b"boundary")
        )
        return Part(section, "multipart", stub, 0, False, children=children)
    return _read_leaf(node, section)


def _read_leaf(node: Sequence[Any], section: str) -> Part:
    kind, subtype = _token(node[0]), _token(node[1])
    # Lines follow in a text, and envelope, structure and lines in a message.
    after = {b"text": 9, b"message": 11 if subtype == b"rfc822" else 8}.get(kind, 8)
    disposition = _at(node, after)
    stub = b"Content-Type: " + kind + b"/" + subtype + _parameters(node[2])
    if isinstance(disposition, tuple) and disposition:
        stub += b"\r\nContent-Disposition: " + _token(disposition[0])
        stub += _parameters(_at(disposition, 1))
    size = node[6] if isinstance(node[6], int) else 0
    full_type = (kind + b"/" + subtype).decode("ascii", "replace")
    # What is text and what a file is called are judged as in a mail that came whole.
    told = read_mail(stub + b"\r\n\r\n").root
    told.depth = int(bool(section))
    text = kind == b"text" and is_text(told)
    return Part(section, full_type, stub, size, text, harmless(told.filename()))


def _at(node: Sequence[Any], index: int) -> Any:
    return node[index] if len(node) > index else None


def _token(value: Any) -> bytes:
    """A type, subtype or disposition in small letters. Raises TypeError where it is none."""
    if not isinstance(value, bytes):
        raise TypeError("not a token")
    return _UNSAFE.sub(b"", value).lower()


def _parameters(pairs: Any, without: bytes = b"") -> bytes:
    """Header parameters `; name="value"` from the flat list of a structure, NIL giving none."""
    if not isinstance(pairs, tuple):
        return b""
    written = []
    for name, value in zip(pairs[::2], pairs[1::2], strict=False):
        text = b"%d" % value if isinstance(value, int) else value
        if isinstance(name, bytes) and isinstance(text, bytes) and name.lower() != without:
            quoted = _UNSAFE.sub(b" ", text).replace(b"\\", b"\\\\").replace(b'"', b'\\"')
            # RFC 2231 §4 values stand without quotes.
            safe = quoted if name.endswith(b"*") else b'"' + quoted + b'"'
            written.append(b"; " + _UNSAFE.sub(b"", name) + b"=" + safe)
    return b"".join(written)


def _bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else b""
