"""Header fields of our own mails: encoded and folded so that no text can become another field.

RFC 5322 (fields), RFC 2047 (words of other scripts), RFC 6532 (international addresses).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from email.charset import BASE64, Charset
from email.header import Header
from email.policy import EmailPolicy
from typing import Self

from connectors.mime_headers import one_line

LINE = 76
"""Characters of a header line, where what it holds can be parted."""
MAX_REFERENCES = 20
"""Message-IDs of a thread that a reply names: the first and the newest."""
_MAX_NAME = 100
_MAX_ADDRESS = 254
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")
_ATEXT = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\U0010ffff-]"
_DOTTED = re.compile(rf"{_ATEXT}+(?:\.{_ATEXT}+)*")
_LOOSE = re.compile(rf"(?:{_ATEXT}|\.)+")
"""What Japanese carriers gave out: dots in a row, and at the end."""
_DOMAIN = re.compile(r"[\w-]+(?:\.[\w-]+)*|\[[0-9A-Fa-f:.IPv]+\]")
_ID = re.compile(r"[!-;=?-~]{1,250}")


class Field(str):
    """A field's value as it will stand, folded already; the email package leaves it alone."""

    name: str
    max_count = 1

    @classmethod
    def of(cls, name: str, value: str) -> Self:
        """`value` is the whole value, with CRLF and a blank where it is folded."""
        field = cls(value)
        field.name = name
        return field

    def fold(self, *, policy: EmailPolicy) -> str:
        """What the email package writes."""
        return f"{self.name}: {self}{policy.linesep}"


def text_field(name: str, text: str, charset: str) -> Field:
    """A field of free text, such as Subject."""
    return Field.of(name, _words(one_line(text), charset, len(name) + 2))


def mailbox_field(name: str, display_name: str, address: str, charset: str) -> Field:
    """A field with one mailbox; `address` is as `addr_spec` gives it."""
    shown = one_line(display_name)[:_MAX_NAME]
    if not shown:
        return Field.of(name, address)
    if not shown.isascii() or "=?" in shown:
        phrase = _words(shown, charset, len(name) + 2)
    elif _ATOMS.fullmatch(shown):
        phrase = shown
    else:
        phrase = '"' + shown.replace("\\", r"\\").replace('"', r"\"") + '"'
    last = phrase.rpartition("\n")[2]
    room = LINE - len(last) - (len(name) + 2 if last == phrase else 0)
    gap = " " if len(address) + 3 <= room else "\r\n "
    return Field.of(name, f"{phrase}{gap}<{address}>")


def id_field(name: str, message_ids: Iterable[str]) -> Field:
    """A field of Message-IDs (without brackets), one a line."""
    return Field.of(name, "\r\n ".join(f"<{one}>" for one in message_ids))


def thread(message_id: str, references: Iterable[str]) -> tuple[str, ...]:
    """What the reply to a mail refers to (RFC 5322 §3.6.4): the thread and the mail itself, bounded
    at `MAX_REFERENCES`; what is no Message-ID is left out."""
    found = tuple(dict.fromkeys(filter(_ID.fullmatch, (*references, message_id))))
    if len(found) <= MAX_REFERENCES:
        return found
    return (found[0], *found[1 - MAX_REFERENCES :])


def is_message_id(text: str) -> bool:
    """Whether it can stand between `<` and `>`."""
    return bool(_ID.fullmatch(text))


def addr_spec(address: str) -> str | None:
    """An address as header and envelope want it, None where it is none.

    `a..b@docomo.ne.jp` is quoted (RFC 5321 §4.1.2); an international domain becomes ASCII unless
    the local part needs SMTPUTF8 anyway.
    """
    local, _, domain = address.rpartition("@")
    unquoted = local[1:-1] if len(local) > 2 and local[0] == local[-1] == '"' else local
    if len(address) > _MAX_ADDRESS or not address.isprintable():
        return None
    if not (_LOOSE.fullmatch(unquoted) and _DOMAIN.fullmatch(domain)):
        return None
    if unquoted.isascii() and not domain.isascii():
        try:
            domain = domain.encode("idna").decode("ascii")
        except UnicodeError:
            return None
    local = unquoted if _DOTTED.fullmatch(unquoted) else f'"{unquoted}"'
    return f"{local}@{domain}"


def _words(text: str, charset: str, used: int) -> str:
    """Text as it stands, or in encoded words, folded; `used` characters stand before it."""
    if text.isascii() and len(text) + used <= LINE and "=?" not in text:
        return text
    words = Charset(charset)
    words.header_encoding = BASE64
    return Header(text, words, maxlinelen=LINE, header_name=" " * (used - 2)).encode(linesep="\r\n")
