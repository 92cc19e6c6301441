"""Dates and times as spreadsheets, databases and help desks write them."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, timedelta, tzinfo
from email.utils import parsedate_to_datetime

_LONGEST = 60

_NUMBER = re.compile(r"\d{5}(?:\.\d*)?|\d{10}(?:\.\d*)?|\d{13}")
_SPREADSHEET_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - a serial number has no zone
_MAIL = re.compile(r"(?:[A-Z][a-z]{2}, )?\d{1,2} [A-Z][a-z]{2} \d{4} \d")
_WRITTEN = re.compile(
    r"(\d{4})\s?[-/.年]\s?(\d{1,2})\s?[-/.月]\s?(\d{1,2})(?!\d)\s?日?"
    r"(?:\s?\(?[月火水木金土日](?:曜日?)?\)?)?"
    r"(?:[T\s]{0,3}(?P<before>午前|午後|AM|PM)?\s?(?P<hour>\d{1,2})[:時]"
    r"(?:(?P<minute>\d{1,2})分?)?(?::?(?P<second>\d{1,2})(?:[.,]\d+)?秒?)?\s?(?P<after>AM|PM)?)?"
    r"\s?(?P<zone>Z|UTC|GMT|JST|[+-]\d{2}:?\d{2})?",
    re.IGNORECASE,
)


def parse_time(text: str, zone: tzinfo) -> datetime:
    """The moment that `text` names, in UTC; `zone` is where it is meant if it names none.

    Takes ISO 8601, RFC 5322, `2026/10/5 9:12`, `2026年10月5日(月) 午後3時5分`, seconds or
    milliseconds since 1970, and a spreadsheet's serial day. A day alone is its first moment. Dates
    whose order is not certain (`05/10/2026`) are not guessed. Raises ValueError, without the text.
    """
    text = unicodedata.normalize("NFKC", text).strip()
    if len(text) > _LONGEST:
        raise ValueError("not a date and time that can be read")
    try:
        found = _parse(text)
        return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        raise ValueError("not a date and time that can be read") from None


def _parse(text: str) -> datetime:
    if _NUMBER.fullmatch(text):
        return _numbered(text)
    if _MAIL.match(text):
        return parsedate_to_datetime(text)
    written = _WRITTEN.fullmatch(text)
    if written is None:
        return datetime.fromisoformat(text)
    year, month, day = map(int, written.groups()[:3])
    hour, minute, second = (int(written[name] or 0) for name in ("hour", "minute", "second"))
    half = (written["before"] or written["after"] or "").upper()
    if half and hour > 12:
        raise ValueError
    if half:
        hour = hour % 12 + (12 if half in ("午後", "PM") else 0)
    found = datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - zone follows
    named = (written["zone"] or "").upper().replace("JST", "+0900")
    if not named:
        return found
    sign = named if named[0] in "+-" else "+0000"
    return datetime.strptime(f"{found.isoformat()}{sign.replace(':', '')}", "%Y-%m-%dT%H:%M:%S%z")


def _numbered(text: str) -> datetime:
    """Five digits are days as spreadsheets count them, ten are seconds, thirteen milliseconds."""
    whole = len(text.partition(".")[0])
    if whole == 5:
        # A day's fraction is exact to less than a second only.
        return (_SPREADSHEET_EPOCH + timedelta(days=float(text) + 0.5 / 86_400)).replace(
            microsecond=0
        )
    return datetime.fromtimestamp(float(text) / (1 if whole == 10 else 1000), UTC)
