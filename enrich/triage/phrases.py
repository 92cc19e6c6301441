"""Turns of phrase by what they point to, as numbers that the heads read (`phrases.toml`)."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files

from enrich.clean import clean
from enrich.triage.spotting import Spotter

_DIGIT = re.compile(r"\d")
_EDGE = re.compile(r"[\s(\"“‘\-/—@#*]{1,9}")


def phrases(text: str) -> list[int]:
    """How many different phrases of each group stand in `text`, in the order of the file."""
    plain = " " + _EDGE.sub(" ", _DIGIT.sub("0", clean(text).casefold())) + " "
    size, groups, spotted = _all()
    counts = [0] * size
    for place in set(spotted(plain)):
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
