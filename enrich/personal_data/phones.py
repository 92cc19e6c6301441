"""Telephone numbers: Japanese as they are written at home and abroad, and others."""

from __future__ import annotations

import re

from enrich.personal_data.rules import FORMED, LABELLED, Rule, Type, before, only_digits, value_if
from enrich.personal_data.shapes import END, LONG, OTHER_NUMBER, START

_PHONE_LABEL = re.compile(
    r"(?:TEL|FAX|電話|携帯|ケータイ|連絡先|ダイヤル|phone|mobile|cell|call|ring)[^0-9\n]{0,16}$",
    re.IGNORECASE,
)

_TOLL_FREE = ("0120", "0800", "0570", "0808")
_TOLL_FREE_AMERICAN = frozenset({"800", "833", "844", "855", "866", "877", "888"})


def national(phone: str) -> str:
    """The digits of a telephone number as dialled at home: +81 90 and +81 (0)90 become 090."""
    digits = only_digits(phone)
    if phone.lstrip("( ").startswith("+81"):
        return "0" + digits[2:].removeprefix("0")
    return digits


def _japanese_phone(match: re.Match[str]) -> bool:
    digits = national(match["v"])
    if digits[0] != "0" or digits[1] == "0" or digits.startswith(_TOLL_FREE):
        return False
    # Mobile numbers of Japan and of Britain.
    length = 11 if re.match(r"0[5-9]0|07[1-9]", digits) else 10
    separated = not match["v"].isdecimal()
    if len(digits) != length and not (separated and len(digits) in (10, 11)):
        return False
    return separated or not OTHER_NUMBER.search(before(match))


def _foreign_phone(match: re.Match[str]) -> bool:
    digits = only_digits(match["v"])
    return 8 <= len(digits) <= 15 and not (
        digits.startswith("1") and digits[1:4] in _TOLL_FREE_AMERICAN
    )


def _american_phone(match: re.Match[str]) -> bool:
    area = only_digits(match["v"]).removeprefix("1")[:3]
    return area not in _TOLL_FREE_AMERICAN and not OTHER_NUMBER.search(before(match))


def _labelled_phone(match: re.Match[str]) -> bool:
    return bool(_PHONE_LABEL.search(before(match)))


RULES = (
    Rule(
        "phone-japan",
        Type.PHONE,
        FORMED,
        re.compile(
            rf"(?P<v>[(0]{START}(?<!\+.)(?:(?<=\()0)?(?:[0-9]{{1,4}}(?:[-. ]{{1,3}}"
            rf"|[ ]?[()][ ]?)[0-9]{{1,4}}"
            rf"(?:[-. ]{{1,3}}|[ ]?\)[ ]?)?[0-9]{{3,4}}|[0-9]{{9,10}}|[0-9]{{4}} [0-9]{{6}})){END}"
        ),
        value_if(_japanese_phone),
        clue=LONG,
        numeric=True,
    ),
    Rule(
        "phone-81",
        Type.PHONE,
        FORMED,
        re.compile(
            r"(?P<v>\+(?<![0-9A-Za-z+].)81[- .]{0,2}(?:\(0\)[- ]?)?[0-9]{1,5}"
            r"(?:[- .]{0,2}[0-9]{1,4}){1,3})" + END
        ),
        value_if(_japanese_phone),
        ("+81",),
        numeric=True,
    ),
    Rule(
        "phone-abroad",
        Type.PHONE,
        FORMED,
        re.compile(
            r"(?P<v>\+(?<![0-9A-Za-z+].)(?!81)[1-9][0-9]{0,2}[- .]{0,2}\(?[0-9]{1,4}\)?"
            r"(?:[- .]{0,2}[0-9]{1,4}){1,5})" + END
        ),
        value_if(_foreign_phone),
        ("+",),
        numeric=True,
    ),
    Rule(
        "phone-america",
        Type.PHONE,
        FORMED,
        re.compile(
            rf"(?P<v>[(1-9]{START}(?:(?<=1)[-. ]\(?[2-9])?(?:(?<=\()[2-9])?[0-9]{{2}}"
            rf"(?:\)[ ]?|[-. ])"
            rf"[0-9]{{3}}[-. ][0-9]{{4}}){END}"
        ),
        value_if(_american_phone),
        clue=LONG,
        numeric=True,
    ),
    Rule(
        "phone-labelled",
        Type.PHONE,
        LABELLED,
        re.compile(rf"(?P<v>[1-9]{START}[0-9]{{1,3}}-[0-9]{{4}}){END}"),
        value_if(_labelled_phone),
        ("tel", "電話", "携帯", "phone", "call"),
        numeric=True,
    ),
)
"""Rules for telephone numbers."""
