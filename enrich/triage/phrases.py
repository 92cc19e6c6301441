"""Turns of phrase by what they point to, as numbers that the heads read (`phrases.toml`)."""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from functools import cache
from importlib.resources import files

from enrich.clean import clean

_DIGIT = re.compile(r"\d")
_EDGE = re.compile(r"[\s(\"“‘\-/—@#*]{1,9}")
_PREFIX = 4


def phrases(text: str) -> list[int]:
    """How many different phrases of each group stand in `text`, in the order of the file."""
    plain = " " + _EDGE.sub(" ", _DIGIT.sub("0", clean(text).casefold())) + " "
    groups, index = _index()
    counts = [0] * groups
    for length in range(1, _PREFIX + 1):
        runs = {plain[start : start + length] for start in range(len(plain) - length + 1)}
        for run in runs & index[length].keys():
            for group, phrase in index[length][run]:
                counts[group] += phrase in plain
    return counts


@cache
def _index() -> tuple[int, list[dict[str, list[tuple[int, str]]]]]:
    """The number of groups; the phrases with their groups by how they begin, for each length of the
    beginning: a phrase is looked for only where its first characters stand in the text."""
    text = files("enrich.triage").joinpath("phrases.toml").read_text(encoding="utf-8")
    groups: list[list[str]] = list(tomllib.loads(text).values())
    found: list[dict[str, list[tuple[int, str]]]] = [{}]
    found += [defaultdict(list) for _ in range(_PREFIX)]
    for place, group in enumerate(groups):
        for phrase in dict.fromkeys(group):
            beginning = phrase[:_PREFIX]
            found[len(beginning)][beginning].append((place, phrase))
    return len(groups), found
