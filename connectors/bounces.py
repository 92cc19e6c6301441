"""What a bounce says of the mail that came back: which one, to whom, and why (RFC 3464, RFC 3462).

Only what failed for good counts: a report of a delay, or of a delivery, is none. Reports without
the standard's fields (older Exim, Japanese carriers) are read by their words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from connectors import charsets
from connectors.mime_addresses import addresses
from connectors.mime_flags import read_flags
from connectors.mime_headers import Fields, message_ids, one_line, read_block
from connectors.mime_parts import Part, read_mail

_REPORTS = ("message/delivery-status", "message/global-delivery-status")
_ORIGINALS = (
    "message/rfc822",
    "text/rfc822-headers",
    "message/global",
    "message/global-headers",
)
_MAX_BYTES = 256 * 1024
_MAX_FAILURES = 50
_MAX_REASON = 500
_STATUS = re.compile(r"(?<![\d.])([45]\.\d{1,3}\.\d{1,3})(?![\d.])")
_OLD_STATUS = re.compile(r"(?<![\d.-])(5[0-5]\d)(?![\d.-])")
_RETURNED_ID = re.compile(
    r"^[ \t>|]{0,9}message-id:[ \t]{0,9}(?:\n[ \t]{1,9})?(<[^<>\s]{1,250}>)",
    re.IGNORECASE | re.MULTILINE,
)
_RETURNED = re.compile(
    r"^[ \t>|]{0,9}(?:-{5,}|(?:content-type|received|return-path|from|message-id):)",
    re.IGNORECASE | re.MULTILINE,
)
"""Where the returned mail begins in a text that holds it."""
_FAILED = re.compile(
    r"permanent|fail|undeliver|could ?n[o']t be delivered|returned|reject|disabled|over quota"
    r"|(?:user|address|mailbox|recipient).{0,20}(?:unknown|not found|unavailable|does not exist)"
    r"|(?:unknown|no such) (?:user|address|mailbox|recipient)"
    r"|送信できません|届けられません|届きません|配信(?:不能|でき)|不達|見つかりません|存在しません",
    re.IGNORECASE,
)
_DELAYED = re.compile(
    r"\bdelay|will (?:be retried|keep trying|continue|try again)|no action is required"
    r"|not (?:yet been|been delivered yet)|still being|遅延|遅れ|再送を?(?:続け|試み|繰り返し)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Failure:
    """One recipient that a mail did not reach. `status` as RFC 3463 has it, or the three digits of
    SMTP; `reason` is the mail server's words in one line. Each is "" where it is not told."""

    recipient: str
    status: str
    reason: str


@dataclass(frozen=True, slots=True)
class Bounce:
    """A mail that came back for good. `message_id` is that mail's, without brackets; "" where the
    bounce does not tell it."""

    message_id: str
    failures: tuple[Failure, ...]


def bounce_of(raw: bytes) -> Bounce | None:
    """What a mail says of one that came back, None where it is no bounce, or of a delay only."""
    root = read_mail(raw).root
    return read_bounce(root) if read_flags(root, "", ()).bounce else None


def read_bounce(root: Part) -> Bounce | None:
    """As `bounce_of`, of a mail that is known to be a bounce."""
    parts = list(_leaves(root))
    reports = [part for part in parts if part.type in _REPORTS]
    text = _text(parts)
    failures = _reported(reports) if reports else _worded(root.fields, text)
    if not failures:
        return None
    return Bounce(_returned_id(root, parts, reports, text), tuple(failures[:_MAX_FAILURES]))


def _leaves(root: Part) -> Iterator[Part]:
    stack = [root]
    while stack:
        part = stack.pop()
        stack.extend(reversed(part.children))
        if not part.children:
            yield part


def _reported(reports: list[Part]) -> list[Failure]:
    """The recipients whose Action is `failed` (RFC 3464 §2.3)."""
    found = []
    for group in _groups(reports):
        if group.line("action").lower() != "failed":
            continue
        _, _, recipient = (
            group.line("final-recipient") or group.line("original-recipient")
        ).partition(";")
        kind, _, reason = group.line("diagnostic-code").partition(";")
        status = _STATUS.search(group.line("status"))
        told = (reason or kind).strip()[:_MAX_REASON]
        found.append(Failure(_address(recipient), status[1] if status else _status(told), told))
    return found


def _groups(reports: list[Part]) -> Iterator[Fields]:
    """The groups of fields of the reports, those of the whole mail included."""
    for report in reports[:1]:
        for block in re.split(rb"\n[ \t]*\n", report.content(_MAX_BYTES), maxsplit=_MAX_FAILURES):
            yield read_block(block.strip(b"\n")).fields


def _worded(fields: Fields, text: str) -> list[Failure]:
    """The recipients of a report that speaks in words only."""
    subject = fields.line("subject")
    begin = _RETURNED.search(text)
    notice = text[: begin.start()] if begin else text
    named = [
        address for value in fields.raw("x-failed-recipients") for _, address in addresses(value)
    ]
    if _DELAYED.search(subject) or (not named and _DELAYED.search(notice)):
        return []
    if not (named or _FAILED.search(subject) or _FAILED.search(notice)):
        return []
    own = {address for value in fields.raw("to") for _, address in addresses(value)}
    seen = (_address(word) for word in notice.split() if "@" in word)
    recipients = named or [address for address in seen if address and address not in own]
    reason = _reason(notice)
    return [Failure(address, _status(notice), reason) for address in dict.fromkeys(recipients)] or [
        Failure("", _status(notice), reason)
    ]


def _reason(notice: str) -> str:
    """The line that gives a number, or the first that tells of a failure."""
    lines = [one_line(line) for line in notice.split("\n")[:500]]
    numbered = (line for line in lines if _status(line))
    told = (line for line in lines if _FAILED.search(line))
    return (next(numbered, "") or next(told, ""))[:_MAX_REASON]


def _status(text: str) -> str:
    found = _STATUS.search(text) or _OLD_STATUS.search(text)
    return found[1] if found else ""


def _returned_id(root: Part, parts: list[Part], reports: list[Part], text: str) -> str:
    """The Message-ID of the mail that came back: of what is enclosed, then as the report, the text
    or the bounce's own header name it."""
    for part in parts:
        if part.type in _ORIGINALS:
            head = part.content(_MAX_BYTES).replace(b"\r\n", b"\n").lstrip(b"\n")
            if found := message_ids(read_block(head).fields.first("message-id")):
                return found[0]
    named = [group.first("x-original-message-id") for group in _groups(reports)]
    named += [match[1] for match in _RETURNED_ID.finditer(text)][:1]
    named += [root.fields.first("in-reply-to"), root.fields.first("x-original-message-id")]
    return next((found[0] for value in named if (found := message_ids(value))), "")


def _text(parts: list[Part]) -> str:
    """The words of a report, those that hold the returned mail included."""
    texts = [part for part in parts if part.type in ("text/plain", "text/html")]
    if not texts:
        return ""
    raw = texts[0].content(_MAX_BYTES)
    return charsets.clean(charsets.decode(raw, texts[0].params.get("charset", "")).text)


def _address(text: str) -> str:
    return next((address for _, address in addresses(one_line(text)[:500])), "")
