"""What tells two texts of the same words apart: numbers, days, times, amounts, counts.

Each is brought into one form first (29,800円, ¥29800 and 2万9,800円 are one amount), so that a
difference is one of the matter and not of the writing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from enrich.numbers import bare, matter_numbers, transactions, upper
from enrich.relate.dates import Day, arabic, days, near, times

_Fact = TypeVar("_Fact")

_CLOCK_MINUTES = 15
"""People round a time of day by as much."""

_FIGURE = r"\d{1,3}(?:,\d{3}){1,4}(?:\.\d{1,2})?|\d{1,9}(?:\.\d{1,2})?"
_YEN = re.compile(
    rf"(?:¥|\bJPY)\s?(?P<sign>{_FIGURE})"
    rf"|(?<![A-Z0-9,.])(?=\d)(?:(?P<man>{_FIGURE})\s?万\s?)?(?:(?P<sen>\d(?:\.\d)?)\s?千\s?)?"
    rf"(?P<ones>{_FIGURE})?\s?(?P<k>K)?\s?(?:円|YEN\b|JPY\b)"
)
_FOREIGN = re.compile(
    rf"(?P<mark>[$€£])\s?(?P<first>{_FIGURE})|(?P<last>{_FIGURE})\s?(?P<name>ドル|ユーロ|USD|EUR|DOLLARS|EUROS)"
)
_MARKS = {"ドル": "$", "USD": "$", "DOLLARS": "$", "ユーロ": "€", "EUR": "€", "EUROS": "€"}
_COUNT = re.compile(
    r"(?<![A-Z0-9.,-])(?P<count>\d{1,4})\s?(?P<unit>個|台|箱|冊|袋|足|着|枚|本|名|人|泊|脚|缶|組|セット|か所|箇所"
    r"|PIECES?|BOXES|BOX|UNITS?|BOTTLES?|COPIES|TICKETS?|SEATS?|NIGHTS?|PEOPLE|PERSONS?|GUESTS?)"
)
_WORDS = ("ZERO", "ONE", "TWO", "THREE", "FOUR", "FIVE", "SIX", "SEVEN", "EIGHT", "NINE", "TEN")
_NUMBER_WORD = re.compile(rf"\b(?:{'|'.join(_WORDS[2:])})\b(?=\s[A-Z])")
# How long and how often grows while a customer waits; it is no other matter.
_GROWING = (
    r"\s?(?:日|回|度|時間|分|秒|週|か月|カ月|ヶ月|ケ月|月|年|件|通|番目|つ目|個目|社|歳|才|%|割|代"
    r"|DAYS?|TIMES?|HOURS?|HRS?|MINUTES?|MINS?|SECONDS?|WEEKS?|MONTHS?|YEARS?|E-?MAILS?|PERCENT)"
)
_PERSONAL = re.compile(
    r"〒?\b\d{3}-\d{4}\b|\+?\b\d{2,4}-\d{2,4}-\d{3,4}\b|\b0\d{9,10}\b"
    r"|(?:お客様|会員|顧客|TEL|電話|携帯|FAX|PHONE|MOBILE|CUSTOMER|MEMBER)[^0-9、。,;]{0,14}[A-Z0-9+-]{4,20}"
)
_CODE = re.compile(
    rf"(?<![A-Z0-9.])(?=[A-Z0-9#-]{{0,24}}\d)[A-Z0-9][A-Z0-9-]{{0,24}}(?!{_GROWING})(?![A-Z0-9])"
)
_QUOTED = re.compile(r"[「『\"“]([^「」『』\"“”]{2,30})[」』\"”]")
_DIGITS = str.maketrans("012345678", "9" * 9)
_MOST = 60
"""Facts of one kind that are read; more stand in a list that nobody wrote by hand."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a text names. `orders`: numbers of transactions; `numbers`: they and all other long
    numbers; `codes`: every other word with a digit, models too. All without hyphens.
    `names`: what stands in quotation marks."""

    orders: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()
    codes: frozenset[str] = frozenset()
    days: tuple[Day, ...] = ()
    times: frozenset[int] = frozenset()
    amounts: frozenset[str] = frozenset()
    counts: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()

    @classmethod
    def read(cls, text: str, at: datetime) -> Facts:
        """The facts of a text that was written at `at`."""
        plain = upper(text)
        orders = transactions(text)
        numbers = frozenset(map(bare, matter_numbers(text))) | orders
        named, rest = days(arabic(_PERSONAL.sub(" ", plain)), at)
        clock, rest = times(rest)
        amounts, rest = _amounts(rest)
        counts = frozenset(
            f"{m['count']}{m['unit'][:5].rstrip('S')}" for m in _COUNT.finditer(rest)
        )
        rest = _NUMBER_WORD.sub(lambda word: str(_WORDS.index(word[0])), _COUNT.sub(" ", rest))
        codes = frozenset([bare(match[0]) for match in _CODE.finditer(rest)][:_MOST])
        names = frozenset(match[1].strip() for match in _QUOTED.finditer(plain))
        return cls(orders, numbers, codes, tuple(named[:_MOST]), clock, amounts, counts, names)

    def differ(self, other: Facts) -> bool:
        """True when of one kind each names what the other lacks: two texts of nearly the same words
        are then about two things."""
        return (
            any(
                bool(mine - theirs and theirs - mine)
                for mine, theirs in (
                    (self.numbers, other.numbers),
                    (self.codes | self.numbers, other.codes | other.numbers),
                    (self.amounts, other.amounts),
                    (self.counts, other.counts),
                    (self.names, other.names),
                )
            )
            or _each_has_more(self.days, other.days, Day.same)
            or _each_has_more(self.times, other.times, _same_time)
        )

    def adds(self, other: Facts) -> bool:
        """True when it names a number, an amount or a count that the other lacks."""
        mine = self.numbers | self.codes | self.amounts | self.counts
        return not mine <= other.numbers | other.codes | other.amounts | other.counts

    def contradict(self, other: Facts) -> bool:
        """True when the two name days or amounts, and none in common; or are `apart`. A text put
        into other words may leave a fact out, but does not change all of them."""
        return (
            apart(self, other)
            or _disjoint(self.amounts, other.amounts)
            or bool(self.days and other.days and not self.share_a_day(other))
        )

    def share_a_day(self, other: Facts) -> bool:
        """True when a day of the one may be one of the other."""
        return any(mine.same(theirs) for mine in self.days for theirs in other.days)


def apart(one: Facts, other: Facts) -> bool:
    """True when the numbers say two matters: each names transactions, and none in common; or, where
    one is not called so, numbers of the same make-up that differ."""
    if one.orders and other.orders:
        return not (one.orders & other.numbers or other.orders & one.numbers)
    shapes: dict[str, set[str]] = {}
    for number in other.numbers:
        shapes.setdefault(_shape(number), set()).add(number)
    mine: dict[str, set[str]] = {}
    for number in one.numbers:
        mine.setdefault(_shape(number), set()).add(number)
    return any(shape in shapes and not numbers & shapes[shape] for shape, numbers in mine.items())


def _shape(number: str) -> str:
    return number.translate(_DIGITS)


def _disjoint(one: frozenset[str], other: frozenset[str]) -> bool:
    return bool(one and other and not one & other)


def _same_time(one: int, other: int) -> bool:
    return near((one,), (other,), _CLOCK_MINUTES)


def _each_has_more(
    one: Iterable[_Fact], other: Iterable[_Fact], same: Callable[[_Fact, _Fact], bool]
) -> bool:
    mine, theirs = list(one), list(other)
    return any(not any(same(a, b) for b in theirs) for a in mine) and any(
        not any(same(a, b) for a in mine) for b in theirs
    )


def _amounts(plain: str) -> tuple[frozenset[str], str]:
    found = [f"¥{_yen(match)}" for match in _YEN.finditer(plain)]
    rest = _YEN.sub(" ", plain)
    for match in _FOREIGN.finditer(rest):
        mark = match["mark"] or _MARKS[match["name"]]
        found.append(f"{mark}{_figure(match['first'] or match['last']):g}")
    return frozenset(found[:_MOST]), _FOREIGN.sub(" ", rest)


def _yen(match: re.Match[str]) -> int:
    if match["sign"]:
        return round(_figure(match["sign"]))
    thousand = 1_000 if match["k"] else 1
    return round(
        _figure(match["man"]) * 10_000
        + _figure(match["sen"]) * 1_000
        + _figure(match["ones"]) * thousand
    )


def _figure(text: str | None) -> float:
    return float(text.replace(",", "")) if text else 0.0
