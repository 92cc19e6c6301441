"""Numbers in a customer's text: orders, dates, amounts. All patterns are bounded, so that no text
makes them slow.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from enrich.clean import clean

_UNITS = "円|万|千|YEN|JPY|ポイント|PT|個|台|箱|冊|本|枚|名|人|KM|KG|CM|MM|ML|%"
# Letters, then digits and letters with hyphens; four digits in a row somewhere; no part of a
# longer word, no price, no decimals.
_NUMBER = re.compile(
    r"(?<![A-Z0-9+¥$€£])(?<![A-Z0-9]-)(?<!\d[.,])(?=[A-Z0-9-]{5})(?=[A-Z0-9-]{0,24}\d{4})"
    rf"(?:[A-Z]{{1,6}}-?)?\d[\dA-Z-]{{3,23}}(?<!-)(?![A-Z0-9]|\s?(?:{_UNITS})|[.,]\d)"
)
# What identifies a person, a place or a day is no matter's number.
_OTHERWISE = re.compile(
    r"0\d{1,4}-\d{1,4}-\d{3,4}|0\d{9,10}|\d{3}-\d{4}|(?:19|20)\d\d-\d{1,2}-\d{1,2}"
    r"|20\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
)
_PERSONAL = re.compile(
    r"(?:お客様|会員|顧客|電話|携帯|カード|TEL|FAX|PHONE|MOBILE|CUSTOMER|MEMBER(?:SHIP)?|CARD)"
    r"[^0-9、。.,;]{0,14}$"
)
_ORDER = re.compile(r"(?:注文|受注|ORDERS?)[^0-9、。.,;]{0,12}$")
_BEFORE = 24
"""Characters before a number that may say what it is."""

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_MONTH = f"(?:{'|'.join(_MONTHS)})[A-Z]{{0,6}}"
_DATE = re.compile(
    r"(?<![A-Z0-9/-])(?:(?:19|20)\d\d[年/-])?(?P<month>0?[1-9]|1[0-2])[月/-]"
    r"(?P<day>[12]\d|3[01]|0?[1-9])(?![\dA-Z/-])"
    rf"|(?<![A-Z0-9])(?P<day_en>\d{{1,2}})(?:ST|ND|RD|TH)? (?P<month_en>{_MONTH})(?![A-Z])"
    rf"|(?<![A-Z])(?P<month_us>{_MONTH}) (?P<day_us>\d{{1,2}})(?:ST|ND|RD|TH)?(?![A-Z0-9])"
)
_AMOUNT = re.compile(r"(?<![A-Z0-9,.])(\d[\d,.]{0,14}) ?(万円?|円|YEN|JPY)")
_IDENTIFIER = re.compile(r"(?<![A-Z0-9])(?:[A-Z]{1,6}[-#]?\d[\dA-Z-]*|\d[\dA-Z,./:-]{2,})")


def matter_numbers(text: str) -> frozenset[str]:
    """What looks like an order, booking, contract or product number: at least five characters,
    among them four digits in a row. Telephone, customer and postal numbers, dates and amounts are
    left out."""
    return frozenset(number for number, _ in _numbers(text))


def order_numbers(text: str) -> frozenset[str]:
    """Those of the `matter_numbers` that the text itself calls an order's."""
    return frozenset(number for number, before in _numbers(text) if _ORDER.search(before))


def identifiers(text: str) -> frozenset[str]:
    """All that tells two texts of the same words apart: numbers, codes, dates (`11/8`, however
    they are written) and amounts."""
    plain = clean(text).upper()
    found = set()
    for match in _DATE.finditer(plain):
        found.add(_month_and_day(match))
    plain = _DATE.sub(" ", plain)
    for match in _AMOUNT.finditer(plain):
        found.add(match[1].replace(",", "") + ("万" if "万" in match[2] else ""))
    for word in _IDENTIFIER.findall(_AMOUNT.sub(" ", plain)):
        found.add(word.rstrip(",./:-").replace(",", ""))
    return frozenset(found)


def _month_and_day(match: re.Match[str]) -> str:
    name = match["month_en"] or match["month_us"]
    month = _MONTHS.index(name[:3]) + 1 if name else int(match["month"])
    return f"{month}/{int(match['day'] or match['day_en'] or match['day_us'])}"


def _numbers(text: str) -> Iterator[tuple[str, str]]:
    plain = clean(text).upper()
    for match in _NUMBER.finditer(plain):
        before = plain[max(0, match.start() - _BEFORE) : match.start()]
        if not _OTHERWISE.fullmatch(match[0]) and not _PERSONAL.search(before):
            yield match[0], before
