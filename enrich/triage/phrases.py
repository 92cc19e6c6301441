"""Turns of phrase by what they point to, as numbers that the heads read (`phrases.toml`)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from enrich.clean import clean
from enrich.triage.spotting import Spotter

_DIGIT = re.compile(r"\d")
_EDGE = re.compile(r"[\s(\"“‘\-/—@#*]{1,9}")


def phrases(text: str) -> frozenset[int]:
    """Which phrases stand in `text`, by their place in the file."""
    plain = " " + _EDGE.sub(" ", _DIGIT.sub("0", clean(text).casefold())) + " "
    return frozenset(_all()[2](plain))


def by_group(found: Iterable[int]) -> list[int]:
    """How many of these phrases are of each group, in the order of the file."""
    size, groups, _ = _all()
    counts = [0] * size
    for place in found:
        for group in groups[place]:
            counts[group] += 1
    return counts


@cache
def _all() -> tuple[int, list[list[int]], Spotter]:
    """The number of groups, the groups of each phrase, and what finds the phrases."""
    text = files("enrich.triage").joinpath("phrases.toml").read_text(encoding="utf-8")
    tables: list[list[str]] = list(tomllib.loads(text).values())
    groups: dict[str, list[int]] = {}
    for place, table in enumerate(tables):
        for phrase in dict.fromkeys(table):
            groups.setdefault(phrase, []).append(place)
    return len(tables), list(groups.values()), Spotter(groups)
