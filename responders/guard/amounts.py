"""Amounts of money in a folded text, in yen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_KANJI = str.maketrans("〇一二三四五六七八九", "0123456789")
_SMALL = {"十": 10, "百": 100, "千": 1_000}
_LARGE = {"万": 10_000, "億": 100_000_000}
_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
    " sixteen seventeen eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_UNITS = {
    **{word: number for number, word in enumerate(_ONES.split())},
    **{word: 10 * number for number, word in enumerate(_TENS.split(), start=2)},
}
_SCALES = {"hundred": 100, "thousand": 1_000, "million": 1_000_000, "k": 1_000}
_NUMBER = r"[0-9][0-9,]{0,14}(?:\.[0-9]{1,2})?"
_SPELT = rf"(?:(?:{'|'.join(_UNITS)}|hundred|thousand|million|and|an?)[ -]?){{1,8}}"
_AMOUNT = re.compile(
    rf"(?P<ja>[0-9,〇一二三四五六七八九十百千万億]{{1,20}})円"
    rf"|(?:[¥\\]|jpy) ?(?P<sign>{_NUMBER})(?P<scale> ?(?:k\b|million|thousand|万))?"
    rf"|(?P<en>{_NUMBER}) ?(?P<times>k|thousand|million)?[ -]?(?:yen|jpy)\b"
    rf"|\b(?P<spelt>{_SPELT})(?:japanese )?yen\b"
    rf"|(?P<foreign>[$£€] ?{_NUMBER}|{_NUMBER} ?(?:dollars|euros|pounds|usd|eur|gbp)\b"
    rf"|\b{_SPELT}(?:dollars|euros|pounds)\b)"
)


@dataclass(frozen=True, slots=True)
class Amount:
    """A sum from `start` to `end` of a text; `yen` is None for another currency."""

    start: int
    end: int
    yen: int | None


def amounts(text: str) -> Iterator[Amount]:
    """The sums of money that a folded text names: 3万円, ¥30,000, three thousand yen."""
    for match in _AMOUNT.finditer(text):
        yield Amount(*match.span(), _yen(match))


def _yen(match: re.Match[str]) -> int | None:
    if match["ja"]:
        return _japanese(match["ja"])
    if match["sign"] or match["en"]:
        scale = (match["scale"] or match["times"] or "").strip()
        number = float((match["sign"] or match["en"]).replace(",", ""))
        return int(number * (_SCALES.get(scale) or _LARGE.get(scale) or 1))
    return _english(match["spelt"]) if match["spelt"] else None


def _japanese(text: str) -> int:
    total = part = digits = 0
    for letter in text.replace(",", "").translate(_KANJI):
        if letter in _LARGE:
            total += (part + digits or 1) * _LARGE[letter]
            part = digits = 0
        elif letter in _SMALL:
            part += (digits or 1) * _SMALL[letter]
            digits = 0
        else:
            digits = digits * 10 + int(letter)
    return total + part + digits


def _english(text: str) -> int:
    total = part = 0
    for word in re.findall(r"[a-z]+", text):
        scale = _SCALES.get(word)
        if scale == _SCALES["hundred"]:
            part = (part or 1) * scale
        elif scale:
            total, part = total + (part or 1) * scale, 0
        else:
            part += _UNITS.get(word, 0)
    return total + part
