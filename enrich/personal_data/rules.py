"""What a rule is, and which of the spans that rules propose stand."""

from __future__ import annotations

import re
from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from enrich.personal_data.folding import in_digits


class Type(StrEnum):
    """Kinds of personal data."""

    PERSON = "person"
    PHONE = "phone"
    EMAIL = "email"
    POSTAL_CODE = "postal_code"
    ADDRESS = "address"
    CARD = "card"
    MY_NUMBER = "my_number"
    BANK_ACCOUNT = "bank_account"
    ORDER_NUMBER = "order_number"
    BIRTH_DATE = "birth_date"
    PASSPORT = "passport"
    LICENSE_PLATE = "license_plate"
    HANDLE = "handle"
    PASSWORD = "password"  # noqa: S105


LABELLED, CHECKED, FORMED, GUESSED = 0.95, 0.9, 0.7, 0.5
"""How sure a rule is: the text says what it is; a check digit does; its form does; a model does."""

_BEFORE = 32
"""Characters before a value in which its label is looked for."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A piece of a folded text that may be personal: from `start` to `end` in its characters."""

    type: Type
    start: int
    end: int
    score: float


Narrow = Callable[[re.Match[str]], tuple[int, int] | None]
"""Where in a match the value stands; None where there is none."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One way to see one type.

    `pattern` is searched only in a text that has one of `words` (compared in lower case; none: in
    every text) and in which `clue` is found. `narrow` says where in a match the value stands.
    `numeric` rules read the copy in which kanji numerals are digits. Every quantifier of a pattern
    is bounded: the time for a text is proportional to its length, whatever it holds. `most`: the
    matches that are looked at, where a look costs a dictionary's.
    """

    name: str
    type: Type
    score: float
    pattern: re.Pattern[str]
    narrow: Narrow
    words: tuple[str, ...] = ()
    clue: re.Pattern[str] | None = None
    numeric: bool = False
    most: int | None = None

    def find(self, text: str) -> Iterator[Candidate]:
        """The candidates in a text: folded, and `in_digits` for a `numeric` rule."""
        for match in islice(self.pattern.finditer(text), self.most):
            place = self.narrow(match)
            if place is not None:
                yield Candidate(self.type, *place, self.score)


def apply(rules: Iterable[Rule], text: str) -> list[Candidate]:
    """What rules propose for a folded text."""
    lower, numeric = text.lower(), in_digits(text)
    seen: dict[re.Pattern[str], bool] = {}
    found: list[Candidate] = []
    for rule in rules:
        read = numeric if rule.numeric else text
        if rule.words and not any(word in lower for word in rule.words):
            continue
        if rule.clue is not None:
            if rule.clue not in seen:
                seen[rule.clue] = bool(rule.clue.search(read))
            if not seen[rule.clue]:
                continue
        found += rule.find(read)
    return found


def value(match: re.Match[str]) -> tuple[int, int]:
    """The group `v` of a match."""
    return match.span("v")


def value_if(holds: Callable[[re.Match[str]], bool]) -> Narrow:
    """The group `v` of a match for which `holds` is true."""
    return lambda match: match.span("v") if holds(match) else None


def before(match: re.Match[str]) -> str:
    """What stands before the value on its line, at most 32 characters."""
    start = match.start("v")
    return match.string[max(0, start - _BEFORE) : start].rpartition("\n")[2]


def cased(words: str) -> str:
    """Alternatives, in lower case and parted by |, also capitalised and in capitals: a pattern that
    begins with such ones is searched for several times faster than one that ignores case."""
    known = words.split("|")
    return "|".join((*known, *(word.capitalize() for word in known), *map(str.upper, known)))


def only_digits(text: str) -> str:
    """The ASCII digits of a text."""
    return re.sub(r"[^0-9]+", "", text)


def standing(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Of candidates that overlap, the surest, then the longest, then the first; in the order of the
    text."""
    taken: list[tuple[int, int, Candidate]] = []
    ranked = sorted(candidates, key=lambda one: (-one.score, one.start - one.end, one.start))
    for one in ranked:
        place = bisect_left(taken, (one.start,))
        overlaps_next = place < len(taken) and taken[place][0] < one.end
        overlaps_last = place > 0 and taken[place - 1][1] > one.start
        if not overlaps_next and not overlaps_last:
            insort(taken, (one.start, one.end, one))
    return [one for _, _, one in taken]
