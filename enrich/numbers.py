"""Numbers in a customer's text: orders, bookings, products. All patterns are bounded, so that no
text makes them slow.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import islice

from enrich.clean import AT_HAND, clean

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
    r"(?:お客様|会員|顧客|電話|携帯|カード|口座|TEL|FAX|PHONE|MOBILE|CUSTOMER|MEMBER(?:SHIP)?|CARD"
    r"|ACCOUNT)[^0-9、。.,;]{0,14}$"
)
_ORDER = re.compile(r"(?:注文|受注|ORDERS?)[^0-9、。.,;]{0,12}$")
_BEFORE = 24
"""Characters before a number that may say what it is."""

_DASH = re.compile(r"(?<=[A-Z0-9])[‐‑‒–—―−ー](?=[A-Z0-9])")
# A number that is called one may be short: 注文番号 881, order no. A-12, booking #77.
_CALLED = (
    r"\s{0,2}(?:(?:確認)?番号|ID|コード|NO\b\.?|NUMBER|NUM\b\.?|№|#|＃)\s{0,2}"
    r"(?:IS|WAS|は|が)?[\s:=「『(\[【#]{0,4}"
)
_TRANSACTION = (
    "注文|受注|オーダー|ご?予約|お?申し?込み?|購入|取引|決済|ORDER|BOOKING|RESERVATION"
    "|CONFIRMATION|PURCHASE|TRANSACTION"
)
_CODE = r"(?=[A-Z0-9-]{0,23}\d)[A-Z0-9][A-Z0-9-]{1,23}"
_COUNTED = "円|万|千|個|台|箱|冊|本|枚|名|人|脚|袋|足|点|件|通|回|度|日|月|年|時|分"
_LABELLED = re.compile(rf"(?:{_TRANSACTION}){_CALLED}({_CODE})(?<!-)(?![A-Z0-9]|{_COUNTED}|[.,]\d)")
_MOST = 60
"""Numbers of one text that count: nobody writes of more orders."""
_BEFORE_TRANSACTION = re.compile(rf"(?:{_TRANSACTION})[^0-9、。.,;]{{0,12}}$")


def matter_numbers(text: str) -> frozenset[str]:
    """What looks like an order, booking, contract or product number: at least five characters,
    among them four digits in a row. Telephone, customer and postal numbers, dates and amounts are
    left out."""
    return frozenset(number for number, _ in _numbers(upper(text)))


def order_numbers(text: str) -> frozenset[str]:
    """Those of the `matter_numbers` that the text itself calls an order's."""
    return frozenset(number for number, before in _numbers(upper(text)) if _ORDER.search(before))


def transactions(text: str) -> frozenset[str]:
    """The numbers that the text calls an order's, a booking's or a purchase's, of whatever form and
    length: two of them are two matters. Without their hyphens, so that A-12 and A12 are one."""
    plain = upper(text)
    long = (number for number, before in _numbers(plain) if _BEFORE_TRANSACTION.search(before))
    called = (match[1] for match in _LABELLED.finditer(plain))
    found = (bare(number) for number in (*long, *called) if not _OTHERWISE.fullmatch(number))
    return frozenset(islice(dict.fromkeys(found), _MOST))


@lru_cache(AT_HAND)
def upper(text: str) -> str:
    """`text` cleaned, in upper case, with an ASCII hyphen for each dash inside a code."""
    return _DASH.sub("-", clean(text).upper())


def bare(number: str) -> str:
    """A number as it is compared: without hyphens."""
    return number.replace("-", "")


@lru_cache(AT_HAND)
def _numbers(plain: str) -> tuple[tuple[str, str], ...]:
    """Each number with what stands before it."""
    found = [
        (match[0], plain[max(0, match.start() - _BEFORE) : match.start()])
        for match in _NUMBER.finditer(plain)
        if not _OTHERWISE.fullmatch(match[0])
    ]
    return tuple((number, before) for number, before in found if not _PERSONAL.search(before))
