"""The things and places that a text is about: product words by where they stand in a sentence.

There is no list of products: a thing is what was ordered, came, broke or does not work.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from itertools import takewhile
from typing import NamedTuple

from enrich.relate.topics import source

# A run of nouns with what stands before and behind it: in texts of nearly the same words, two runs
# in the same place are two things.
_RUN_JA = re.compile(r"[ァ-ヶー一-龥々A-Z・]{1,20}")
_VERBAL = re.compile(
    r"(?:し|す|さ|い|く|を(?:お?願|下|くだ|いた|頂|ご)|いた|致|中|願|下さ|くだ|頂)"
)
_RUN_EN = re.compile(r"[A-Z][A-Z'-]{0,20}")
_ENGLISH = re.compile(r"[A-Z' -]+")
_LIMIT = 4_000
_REMEMBERED = 4096
"""Texts whose things are remembered: each batch is compared with all before it."""
"""Characters in which things are looked for."""


_PARTS = {
    "<name>": r"([ァ-ヶー一-龥々A-Z0-9・]{1,20})",
    "<words>": r"((?:[A-Z][A-Z'-]{1,20} ?){1,4})",
    "<det>": r"(?:A|AN|THE|MY|OUR|YOUR|THIS|THAT|SOME|TWO|THREE|NEW|\d{1,3})",
}


class _Words(NamedTuple):
    """The words of `topics.toml` by which things are known."""

    slots: re.Pattern[str]
    vague: re.Pattern[str]
    ends: frozenset[str]
    begins: frozenset[str]


@lru_cache(_REMEMBERED)
def things(plain: str) -> frozenset[str]:
    """What was ordered, came or broke, in upper case; without words that fit everything."""
    words, found = _words(), set()
    for match in words.slots.finditer(plain[:_LIMIT]):
        name = next(filter(None, match.groups())).strip("・ ")
        name = _head(name.split()) if _ENGLISH.fullmatch(name) else name
        if len(name) > 1 and not name.isdigit() and not words.vague.search(name):
            found.add(name)
    return frozenset(found)


def different_things(
    mine: frozenset[str], my_text: str, theirs: frozenset[str], their_text: str
) -> bool:
    """True when both texts name things, and neither names one of the other's. Texts of different
    languages must not be compared."""
    return (
        bool(mine and theirs)
        and not any(thing in their_text or _akin(thing, theirs) for thing in mine)
        and not any(thing in my_text for thing in theirs)
    )


def replaced(one: str, other: str) -> bool:
    """True when one thing stands in the place of another between the same neighbours."""
    return bool(
        set(_places_ja(one, other)) & set(_places_ja(other, one))
        or set(_places_en(one, other)) & set(_places_en(other, one))
    )


def _head(name: Sequence[str]) -> str:
    """The last word of a name, which ends where a word comes that is part of none."""
    return next(reversed(list(takewhile(lambda word: word not in _words().ends, name))), "")


def _akin(thing: str, others: frozenset[str]) -> bool:
    """True when a Japanese name shares its beginning or its end with one of the others: 炊飯器 and
    炊飯ジャー, マグカップ and カップ."""
    return not thing.isascii() and any(
        thing[:2] == other[:2] or thing[-2:] == other[-2:] for other in others
    )


def _places_ja(text: str, other: str) -> Iterator[tuple[str, str]]:
    for match in _RUN_JA.finditer(text[:_LIMIT]):
        name, before, behind = match[0], text[: match.start()][-2:], text[match.end() :][:2]
        # 万 and 千 belong to the number before them.
        if name in other or before[-1:].isdigit() or _VERBAL.match(behind):
            continue
        if before.endswith(("ご", "お", "御")):
            continue
        if name.isascii() or not _words().vague.search(name):
            yield before, behind


def _places_en(text: str, other: str) -> Iterator[tuple[str, str]]:
    known = _words().ends | set(_RUN_EN.findall(other[:_LIMIT]))
    words = ["", *_RUN_EN.findall(text[:_LIMIT]), ""]
    ours = [word != "" and word not in known for word in words]
    place = 1
    while place < len(words):
        end = place
        while ours[end]:
            end += 1
        vague = all(_words().vague.search(word) for word in words[place:end])
        if not vague and words[place - 1] in _words().begins:
            yield words[place - 1], words[end]
        place = end + 1


@cache
def _words() -> _Words:
    table = source()["things"]
    slots = "|".join(table["slots"]).replace("<bought>", table["bought"])
    for name, part in _PARTS.items():
        slots = slots.replace(name, part)
    return _Words(
        re.compile(slots),
        re.compile("|".join(table["vague"])),
        frozenset(table["ends"].split()),
        frozenset(table["begins"].split()),
    )
