"""From an approved reply to the bytes of a mail (RFC 5322, MIME); nothing here knows a network."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime

from casebook.errors import PermanentError
from casebook.outbound import Outbound
from connectors import smtp_quote
from connectors.smtp_headers import (
    Field,
    addr_spec,
    id_field,
    is_message_id,
    mailbox_field,
    text_field,
    thread,
)
from connectors.smtp_options import SmtpOptions

_MAX_LINE = 998
"""Bytes of a line of text that mail servers take (RFC 5322 §2.1.1)."""
_IDENTITY = re.compile(r"[A-Za-z0-9-]{1,64}")
_MACHINES = re.compile(
    r"(?:mailer-daemon|postmaster|no-?reply|do-?not-?reply|owner-.*|.*-request|bounces?[+=-].*)@",
    re.IGNORECASE,
)
"""Whom no automatic answer goes to, whatever their mail says (RFC 3834 §2)."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail ready to leave, with the addresses of its envelope. `utf8`: its header holds more than
    ASCII (RFC 6532)."""

    sender: str
    recipient: str
    message_id: str
    content: bytes
    utf8: bool


def compose(outbound: Outbound, options: SmtpOptions, now: datetime) -> Letter:
    """The mail of a reply, the same for the same `now` (aware, in the zone of its readers).

    Raises PermanentError where it has no recipient, may not be sent, or is too large.
    """
    recipient = _recipient(outbound)
    sender = options.envelope_sender
    message_id = message_id_of(outbound, options)
    utf8 = not (sender + recipient).isascii()
    quoted = smtp_quote.quote(outbound.answers, outbound.language, now.tzinfo or UTC)
    text = smtp_quote.as_text(outbound.body, quoted)
    charset = _charset(outbound, options, text)
    mail = EmailMessage(policy=SMTPUTF8 if utf8 else SMTP)
    mail["From"] = mailbox_field("From", options.mailbox[0], sender, charset)
    mail["To"] = mailbox_field("To", outbound.answers.display_name, recipient, charset)
    mail["Subject"] = text_field("Subject", outbound.subject, charset)
    mail["Date"] = Field.of("Date", format_datetime(now))
    mail["Message-ID"] = id_field("Message-ID", [message_id])
    for field in _more_fields(outbound, options):
        mail[field.name] = field
    mail.set_content(text, charset=charset, cte=_transfer(text, charset))
    if options.html:
        page = smtp_quote.as_html(outbound.body, quoted, outbound.language, charset)
        mail.add_alternative(page, "html", charset=charset, cte=_transfer(page, charset))
    content = mail.as_bytes()
    if len(content) > options.max_message_bytes:
        raise too_long(len(content), options.max_message_bytes, "`max_message_bytes` allows")
    return Letter(sender, recipient, message_id, content, utf8)


def message_id_of(outbound: Outbound, options: SmtpOptions) -> str:
    """The Message-ID (without brackets) that every try of a reply has, and no other mail."""
    if not _IDENTITY.fullmatch(outbound.identity):
        raise ValueError("an identity has letters, digits and hyphens only, at most 64")
    return f"{outbound.identity}@{options.domain}"


def too_long(size: int, most: int, who: str) -> PermanentError:
    """Our error for a mail of `size` bytes; `who` says what sets the limit of `most`."""
    return PermanentError(
        f"the mail has {size:,} bytes, {who} {most:,}: shorten the reply", code="too_long"
    )


def _recipient(outbound: Outbound) -> str:
    answers = outbound.answers
    if outbound.automatic and (answers.flags.any or _MACHINES.match(answers.author)):
        raise PermanentError(
            "a program wrote the mail that this would answer, and the answer is automatic too:"
            " it is not sent, so that two machines do not talk for ever",
            code="robot",
        )
    recipient = addr_spec(answers.author)
    if recipient is None:
        raise PermanentError(
            "the mail that this answers has no usable address of its sender: answer it by hand",
            code="no_recipient",
        )
    return recipient


def _more_fields(outbound: Outbound, options: SmtpOptions) -> Iterator[Field]:
    answers = outbound.answers
    if reply_to := addr_spec(options.answers_to(outbound.receipt)):
        yield Field.of("Reply-To", reply_to)
    if is_message_id(answers.message_id):
        yield id_field("In-Reply-To", [answers.message_id])
    if known := thread(answers.message_id, answers.references):
        yield id_field("References", known)
    if outbound.automatic:
        yield Field.of("Auto-Submitted", "auto-replied")


def _charset(outbound: Outbound, options: SmtpOptions, text: str) -> str:
    """The configured charset where it has every character that is to be sent, else UTF-8."""
    words = (text, outbound.subject, outbound.answers.display_name, options.mailbox[0])
    if options.charset == "iso-2022-jp" and all(map(_fits_iso_2022_jp, words)):
        return "iso-2022-jp"
    return "utf-8"


def _fits_iso_2022_jp(text: str) -> bool:
    try:
        return text.encode("iso2022_jp").decode("iso2022_jp") == text
    except UnicodeError:
        return False


def _transfer(text: str, charset: str) -> str:
    """The transfer encoding that every reader takes: text of seven bits as it is, Latin text as
    quoted-printable, all other as base64. Never eight bits: not every server on the way has them.
    """
    lines = text.encode(charset).splitlines()
    if "\0" not in text and all(line.isascii() and len(line) <= _MAX_LINE for line in lines):
        return "7bit"
    plain = sum(character.isascii() for character in text)
    return "quoted-printable" if charset == "utf-8" and plain > 0.8 * len(text) else "base64"
