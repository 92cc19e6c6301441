"""A mail's readable text and its attachments, from the tree of its parts."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from casebook.types import Attachment
from connectors import charsets
from connectors.mime_headers import one_line, read_block
from connectors.mime_parts import Part, read_mail

MAX_TEXT = 1_000_000
"""Characters of text that are kept."""
_MAX_SOURCE = 3_000_000
"""Bytes of text parts that are read, HTML counted twice."""
_MAX_ENCLOSED = 3
"""How deep mails enclosed in empty mails are followed."""

_ENCLOSED = ("message/rfc822", "message/global")
_REPORTS = (
    "message/delivery-status",
    "message/disposition-notification",
    "message/feedback-report",
)
_FILES = ("text/calendar", "text/csv", "text/directory", "text/rtf", "text/vcard", "text/x-vcard")
_PLACEHOLDER = re.compile(r"html|browser|ブラウザ|表示(?:され|でき|に)|対応し", re.IGNORECASE)
_SEPARATORS = re.compile(r"[/\\]+")


@dataclass(slots=True)
class Body:
    """What is read in a mail. `enclosed` is the text of a mail that an empty one carries; `files`
    are the parts of the `attachments`."""

    text: str = ""
    enclosed: str = ""
    attachments: list[Attachment] = field(default_factory=list)
    files: list[Part] = field(default_factory=list)
    defects: list[str] = field(default_factory=list)
    room: int = _MAX_SOURCE


def read_body(root: Part, *, level: int = 0) -> Body:
    """The text and attachments below `root`; `level` counts the mails around it."""
    body = Body()
    body.text = charsets.clean(_render(root, body)).strip("\n")
    if len(body.text) > MAX_TEXT:
        body.text = body.text[:MAX_TEXT]
        body.defects.append(f"text: only the first {MAX_TEXT} characters are kept")
    if body.room <= 0:
        body.defects.append("text: too long to be read in full")
    if not body.text.strip() and level < _MAX_ENCLOSED and root.type != "multipart/report":
        body.enclosed = _enclosed(root, level)
    return body


def _render(part: Part, body: Body) -> str:
    if part.children:
        return _CONTAINERS.get(part.type, _mixed)(part.children, body)
    if part.type in _REPORTS:
        return ""
    if not is_text(part):
        _take(part, body)
        return ""
    text = _leaf_text(part, body)
    return text.strip("\n")


def _mixed(parts: list[Part], body: Body) -> str:
    texts = (_render(part, body) for part in parts)
    return "\n\n".join(text for text in texts if text.strip())


def _related(parts: list[Part], body: Body) -> str:
    """RFC 2387: the first part is the document, the others are its images."""
    text = _render(parts[0], body)
    for part in parts[1:]:
        if part.children:
            text = text or _render(part, body)
        elif part.type != "text/html":
            _take(part, body)
    return text


def _alternative(parts: list[Part], body: Body) -> str:
    """RFC 2046, section 5.1.4: the same in several forms; the plain one, if it says something."""
    plain = next((part for part in parts if part.type == "text/plain" and is_text(part)), None)
    text = _render(plain, body) if plain else ""
    for part in parts:
        if part is plain:
            continue
        if part.type.startswith("text/") and not part.children:
            if part.type in _FILES or part.disposition == "attachment":
                _take(part, body)
            elif _says_nothing(text):
                text = _render(part, body) or text
        else:
            rich = _render(part, body) if _says_nothing(text) else _attached(part, body)
            text = rich or text
    return text


def _attached(part: Part, body: Body) -> str:
    """Take the attachments below `part` and leave its text."""
    if part.children:
        for child in part.children:
            _attached(child, body)
    elif part.type not in ("text/html", "text/plain") or part.disposition == "attachment":
        _take(part, body)
    return ""


def _says_nothing(text: str) -> bool:
    words = text.strip()
    return not words or (len(words) < 200 and bool(_PLACEHOLDER.search(words)))


_CONTAINERS: dict[str, Callable[[list[Part], Body], str]] = {
    "multipart/alternative": _alternative,
    "multipart/related": _related,
}


def is_text(part: Part) -> bool:
    """Whether a leaf is to be read; a named one is a file, unless it is all there is."""
    if not part.type.startswith("text/") or part.type == "text/rfc822-headers":
        return False
    if part.disposition == "attachment":
        return False
    return part.depth == 0 or not (part.type in _FILES or part.filename())


def _leaf_text(part: Part, body: Body) -> str:
    html = part.type == "text/html"
    if body.room <= 0:
        return ""
    raw = part.content(body.room)
    body.room -= len(raw) * (2 if html else 1)
    decoded = charsets.decode(raw, part.params.get("charset", "") or _meta(raw, html=html))
    if decoded.defect:
        body.defects.append(decoded.defect)
    if html:
        return _html_text(decoded.text, body)
    if part.params.get("format", "").lower() == "flowed":
        return unflow(charsets.clean(decoded.text), part.params.get("delsp", "").lower() == "yes")
    return charsets.clean(decoded.text)


def _html_text(html: str, body: Body) -> str:
    from connectors import html_text  # loads lxml, which plain mail does not need

    slim = html_text.without_data(html)
    if len(slim) > html_text.MAX_HTML:
        body.defects.append(f"html: only the first {html_text.MAX_HTML} characters were read")
    return html_text.html_to_text(slim)


def _meta(raw: bytes, *, html: bool) -> str:
    """The charset that an HTML document names itself."""
    match = re.search(rb"charset\s{0,5}=\s{0,5}[\"']?([\w-]{2,40})", raw[:2_048]) if html else None
    return match[1].decode("ascii", "replace") if match else ""


def unflow(text: str, delsp: bool) -> str:
    """`text` with its flowed lines joined into paragraphs (RFC 3676); with `delsp` the space at
    the join goes too, as East Asian text needs it."""
    paragraphs: list[list[str]] = []
    open_depth = -1
    for line in text.split("\n"):
        content = line.lstrip(">")
        depth = len(line) - len(content)
        content = content.removeprefix(" ")
        flowed = content.endswith(" ") and content != "-- "
        if open_depth == depth and content != "-- ":
            paragraphs[-1].append(content[:-1] if flowed and delsp else content)
        else:
            mark = ">" * depth + " " if depth else ""
            paragraphs.append([mark, content[:-1] if flowed and delsp else content])
        open_depth = depth if flowed else -1
    return "\n".join("".join(pieces) for pieces in paragraphs)


def _take(part: Part, body: Body) -> None:
    body.attachments.append(_attachment(part))
    body.files.append(part)


def _attachment(part: Part) -> Attachment:
    name = part.filename()
    if not name and part.type in _ENCLOSED:
        name = read_block(part.content(65_536), top=True).fields.line("subject")
    return Attachment(name=harmless(name), type=part.type, bytes=part.size())


def harmless(name: str) -> str:
    """A file name without path, controls and bidi overrides, at most 200 characters."""
    flat = _SEPARATORS.sub("_", one_line(name)).strip()
    return flat[-200:] if flat.strip(".") else ""


def _enclosed(root: Part, level: int) -> str:
    """The first enclosed mail's subject and text, as a person who opens it would read them."""
    stack = [root]
    while stack:
        part = stack.pop()
        if part.type in _ENCLOSED:
            inner = read_mail(part.content(_MAX_SOURCE))
            found = read_body(inner.root, level=level + 1)
            words = (inner.root.fields.line("subject"), found.text or found.enclosed)
            return "\n\n".join(filter(None, words))[:MAX_TEXT]
        stack.extend(reversed(part.children))
    return ""
