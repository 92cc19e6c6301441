"""A stranger's words in a text of ours: cut down to one harmless line, or left out."""

from __future__ import annotations

import re
import unicodedata

from casebook.receipt import find_receipts
from responders.guard import has_slot

_TOPIC_LIMIT = 60
_NAME_LIMIT = 40
_THING_LIMIT = 30
_PREFIX = re.compile(
    r"^\s*((re|fw|fwd|aw|返信|転送)(\[\d{1,2}\])?\s*[:：]\s*|\[[^\]]{1,40}\]\s*)+", re.IGNORECASE
)
_OUR_NUMBER = re.compile(r"\s*\[M-[0-9A-Z]{6}\]")
_CONTACT = re.compile(
    r"://|@|www\.|[\w-]{2,}\.[a-z]{2,}(?![a-z])|\d{2,4}-\d{2,4}-\d{3,4}(?!\d)|0\d{9}", re.IGNORECASE
)
_MARKUP = re.compile(r"[<>{}\[\]|\\`\ufffd]")
_INVISIBLE = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"})
"""Unicode categories (UAX #44) that nobody sees, or that turn the reading direction."""
_ORGANISATION = re.compile(r"(株式|有限|合同|合資|合名)会社|法人|組合|[（(][株有][)）]|[㈱㈲]")
_HONORIFIC = re.compile(r"(\s*(様|さま|さん|殿|御中))+$")
_NO_NAME = re.compile(r"\d{3}|[!?！？。]")
"""In what calls itself a name: a number, or sentences."""
_ORDER = re.compile(r"(?=[A-Za-z-]*\d)[A-Za-z0-9-]{3,24}")
_RUDE = re.compile(
    r"死ね|殺|馬鹿|バカ|クソ|糞|ゴミ|詐欺|ふざけ|最低|最悪|カス|無能|\b(?:fuck\w*|shit\w*|idiots?|scam\w*|stupid|thie(?:f|ves)"
    r"|crooks?|liars?|useless|worst|rubbish)\b",
    re.IGNORECASE,
)
"""Words that a customer may choose and a reply must not repeat."""


def topic(*subjects: str) -> str:
    """The first of these subjects that may be quoted back, as it may be; empty where none would be
    safe or helpful."""
    return next(filter(None, map(_topic, subjects)), "")


def _topic(subject: str) -> str:
    line = _PREFIX.sub("", _OUR_NUMBER.sub("", one_line(subject)))
    if not _harmless(line, _TOPIC_LIMIT) or _RUDE.search(line):
        return ""
    return line.replace("「", "『").replace("」", "』").replace('"', "'")


def thing(name: str) -> str:
    """A product as it may be named back; else empty."""
    line = one_line(name)
    sayable = _harmless(line, _THING_LIMIT) and not re.search(r"[「」\"]", line)
    return line if sayable and not find_receipts(line) else ""


def order(number: str) -> str:
    """An order number as it may be named back; else empty."""
    theirs = _ORDER.fullmatch(number) and not find_receipts(number)
    return number if theirs and not _CONTACT.search(number) else ""


def reply_subject(found: str, receipt: str, desk: str) -> str:
    """The subject of a reply about a topic, which may be empty."""
    return f"Re: {found or desk} [{receipt}]"


def salutation(display_name: str, language: str, unnamed: str) -> str:
    """The first line of a letter; `unnamed` where a Japanese one knows no usable name."""
    name = _HONORIFIC.sub("", one_line(display_name))
    harmless = any(map(str.isalpha, name)) and not _NO_NAME.search(name)
    if not (harmless and _harmless(name, _NAME_LIMIT)):
        return "Hello," if language == "en" else unnamed
    if language == "en":
        return f"Dear {name},"
    return f"{name} {'御中' if _ORGANISATION.search(name) else '様'}"


def one_line(text: str) -> str:
    """The beginning of a text on one line."""
    # Cut first: a line of megabytes is as useless as one a little over the limit.
    return " ".join(text[:1_000].split())


def _harmless(line: str, limit: int) -> bool:
    """True when a stranger's line may stand in our reply: short, visible, no markup, and no
    address or telephone number that would look like ours."""
    return (
        len(line) <= limit
        and not _CONTACT.search(unicodedata.normalize("NFKC", line))
        and not _MARKUP.search(line)
        and not any(unicodedata.category(letter) in _INVISIBLE for letter in line)
        and not has_slot(line)
    )
