"""From a mail's bytes to an `Inbound`: RFC 5322 and MIME as they are really sent.

Bounded in time, memory, depth and number of parts on any input; where a bound or a mistake of the
sender's changes what is read, `defects` says so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from casebook.types import Attachment, Channel, Flags, Inbound, Visibility
from connectors import charsets, mime_headers
from connectors.bounces import read_bounce
from connectors.mime_addresses import MAX_ADDRESSES, addresses, display_name
from connectors.mime_body import is_text, read_body
from connectors.mime_flags import is_own, read_flags
from connectors.mime_headers import Fields
from connectors.mime_parts import MAX_MAIL, Mail, Part, read_mail
from connectors.quotes import new_text

_MAX_SUBJECT = 1_000
_MAX_UNREAD = 1_000_000
_IDENTITY_FIELDS = ("message-id", "date", "from", "subject")
_IDENTITY_BYTES = 16 * 1024
"""Bytes of a text that make a mail's identity: so many of each text must come of a mail that is
fetched in part, too (`imap_structure.LEAST_TEXT`)."""
_AUTHOR_FIELDS = ("from", "reply-to", "sender", "return-path")
_RECIPIENT_FIELDS = ("to", "cc", "delivered-to", "x-original-to")


def parse_mail(
    raw: bytes,
    *,
    external_id: str = "",
    own: Collection[str] = (),
    truncated: bool = False,
    attachments: Sequence[Attachment] | None = None,
) -> Inbound:
    """Read one mail, whatever its bytes; never raises.

    `external_id` is the mail's name at its service. `own` are our addresses in any case, where
    `@example.jp` stands for a whole domain. `truncated` says that `raw` is not the whole mail;
    `attachments` then replaces what is found in it.

    `author` is the address of From (of Reply-To, Sender or Return-Path where From has none; of
    Reply-To where From is ours and it is not, as our contact forms' mails have it) and, like
    `recipients`, in lower case as a whole: mailboxes that differ by case only do not exist in
    practice, and one customer must have one key. Message identifiers have no angle brackets.
    """
    try:
        found = _read(raw, own)
    except Exception as error:  # the last resort: one mail must never stop a mailbox
        found = _unread(raw, error)
    return replace(
        found,
        external_id=external_id,
        attachments=found.attachments if attachments is None else tuple(attachments),
        truncated=truncated,
        raw=raw,
    )


def attached(raw: bytes, position: int) -> tuple[Attachment, bytes] | None:
    """The attachment at `position` (from 0) of a mail, with its bytes; None where there is none.
    `raw` must be the whole mail."""
    body = read_body(read_mail(raw).root)
    if not 0 <= position < len(body.files):
        return None
    return body.attachments[position], body.files[position].content(MAX_MAIL)


def as_json(inbound: Inbound) -> dict[str, object]:
    """What `madoguchi parse` prints of a mail; JSON values only, `sent_at` in ISO 8601 (UTC)."""
    flags = inbound.flags
    return {
        "author": inbound.author,
        "display_name": inbound.display_name,
        "sent_at": inbound.sent_at.isoformat() if inbound.sent_at else None,
        "subject": inbound.subject,
        "text": inbound.text,
        "new_text": inbound.new_text,
        "message_id": inbound.message_id,
        "in_reply_to": inbound.in_reply_to,
        "references": list(inbound.references),
        "attachments": [
            {"name": file.name, "type": file.type, "bytes": file.bytes}
            for file in inbound.attachments
        ],
        "flags": {
            "auto_reply": flags.auto_reply,
            "bounce": flags.bounce,
            "bulk": flags.bulk,
            "own": flags.own,
        },
        "defects": list(inbound.defects),
    }


def _read(raw: bytes, own: Collection[str]) -> Inbound:
    mail = read_mail(raw)
    fields = mail.root.fields
    body = read_body(mail.root)
    name, author, form = _author(fields, own)
    sent_at, date_defects = _sent_at(fields)
    subject = fields.line("subject")[:_MAX_SUBJECT]
    flags = read_flags(mail.root, author, own, form=form)
    message_id = _message_id(fields)
    answered, references = _thread(mail.root, flags)
    defects = (*mail.defects, *body.defects, *date_defects, *_missing(mail, author))
    return Inbound(
        identity=_identity(mail.root),
        external_id="",
        channel=Channel.EMAIL,
        visibility=Visibility.PRIVATE,
        author=author,
        display_name=name,
        sent_at=sent_at,
        subject=subject,
        text=body.enclosed or body.text,
        new_text=body.enclosed or new_text(body.text, subject),
        message_id=message_id,
        in_reply_to=answered,
        references=references,
        recipients=_recipients(fields),
        attachments=tuple(body.attachments),
        flags=flags,
        defects=tuple(dict.fromkeys(defects)),
    )


def _unread(raw: bytes, error: Exception) -> Inbound:
    """A mail that could not be taken apart, as the text of its bytes."""
    text = charsets.clean(charsets.decode(raw[:_MAX_UNREAD]).text)
    return Inbound(
        identity=_digest((b"unread",), raw),
        external_id="",
        channel=Channel.EMAIL,
        visibility=Visibility.PRIVATE,
        author="",
        display_name="",
        sent_at=None,
        subject="",
        text=text,
        new_text=text,
        defects=(f"mail: not readable ({type(error).__name__})",),
    )


def _author(fields: Fields, own: Collection[str]) -> tuple[str, str, bool]:
    """(display name, address) of the first field that has an address, and whether that is the
    Reply-To of a contact form of ours. A stranger's Reply-To never stands for its From."""
    for name in _AUTHOR_FIELDS:
        for phrase, address in _mailboxes(fields, name):
            if name == "from" and is_own(address, own):
                for other, customer in _mailboxes(fields, "reply-to"):
                    if not is_own(customer, own):
                        return display_name(other), customer, True
            return display_name(phrase), address, False
    return display_name(fields.first("from")), "", False


def _mailboxes(fields: Fields, name: str) -> Iterator[tuple[str, str]]:
    for value in fields.raw(name):
        yield from addresses(value)


def _recipients(fields: Fields) -> tuple[str, ...]:
    found = (
        address
        for name in _RECIPIENT_FIELDS
        for value in fields.raw(name)
        for _, address in addresses(value)
    )
    return tuple(dict.fromkeys(found))[:MAX_ADDRESSES]


def _message_id(fields: Fields) -> str:
    """The Message-ID without brackets, also where it has no `@` or no brackets at all."""
    value = fields.first("message-id")
    found = mime_headers.message_ids(value)
    return found[0] if found else mime_headers.one_line(value).replace(" ", "")[:998]


def _thread(root: Part, flags: Flags) -> tuple[str, tuple[str, ...]]:
    """What the mail answers, and its thread. A bounce answers the mail that failed for good, and
    one that tells of no such failure answers nothing, whatever its header says."""
    answered = next(iter(mime_headers.message_ids(root.fields.first("in-reply-to"))), "")
    references = mime_headers.message_ids(" ".join(root.fields.raw("references")))
    if not flags.bounce:
        return answered, references
    bounce = read_bounce(root)
    returned = bounce.message_id if bounce else ""
    return returned, tuple(dict.fromkeys(filter(None, (*references, returned))))


def _sent_at(fields: Fields) -> tuple[datetime | None, tuple[str, ...]]:
    """When it was sent: by Date; where there is none, by the earliest Received (RFC 5321, 4.4)."""
    value = fields.first("date")
    if value:
        found = mime_headers.parse_date(value)
        return found, () if found else ("date: not readable",)
    for received in reversed(fields.raw("received")[-20:]):
        found = mime_headers.parse_date(received.rpartition(";")[2])
        if found:
            return found, ("date: missing, taken from Received",)
    return None, ("date: missing",)


def _missing(mail: Mail, author: str) -> tuple[str, ...]:
    fields = mail.root.fields
    told = []
    if not author:
        told.append("author: no address")
    elif not any(addresses(value) for value in fields.raw("from")):
        told.append("author: not from From")
    if len(fields.raw("from")) > 1:
        told.append("author: several From fields")
    return tuple(told)


def _identity(root: Part) -> str:
    """What makes a second copy known, wherever it lies and whichever way it came.

    It rests on bytes as sent, so that a mail known to one release is known to the next, which may
    decode it better. With a Message-ID: that, Date, From, Subject and the beginning of the first
    text, so that one that is used again on another mail is told apart, and a mail fetched without
    its attachments is the same. Without one: Date, From, Subject and the whole body.
    """
    sent = [root.fields.sent(name) for name in _IDENTITY_FIELDS]
    content = _first_text(root) if sent[0] else root.body
    return _digest(sent, content.rstrip(b"\n"))


def _first_text(root: Part) -> bytes:
    """The beginning of the first text that is not empty, in its transfer encoding; b"" for none.

    Chosen by the structure alone: which of several the reader takes depends on their words.
    """
    stack = [root]
    while stack:
        part = stack.pop()
        stack.extend(reversed(part.children))
        beginning = part.raw[part.start : min(part.end, part.start + _IDENTITY_BYTES)]
        if not part.children and is_text(part) and beginning.strip():
            return beginning
    return b""


def _digest(words: Sequence[bytes], content: bytes) -> str:
    digest = hashlib.sha256()
    for word in words:
        # The length keeps two fields from being taken for two others that read the same in a row.
        digest.update(b"%d:%s" % (len(word), word))
    digest.update(content)
    return f"mail1:{digest.hexdigest()}"
