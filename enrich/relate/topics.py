"""What a text complains of or asks for, and how it stands to others: a few dozen topics by their
words in Japanese and English (`topics.toml`), so that two texts of one sense are seen to have it.

Texts are those of `enrich.numbers.upper`: NFKC, in upper case.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Literal

Group = Literal["faults", "public", "wishes"]
Mark = Literal["again", "back", "answer", "other", "corrects", "collective", "private", "too"]


def topics(group: Group, plain: str) -> frozenset[str]:
    """The names of the topics of a text. `faults` are what went wrong with one customer's own
    thing, `public` what happens to many at once, `wishes` what is asked for."""
    return frozenset(name for name, pattern in _table(group).items() if pattern.search(plain))


def mark(name: Mark, plain: str) -> str:
    """The words with which a text says how it stands to others; empty without any.

    again: sent once more; back: points to an earlier message; answer: answers us; other: begins
    another matter; corrects: corrects what was written; collective: not alone; private: one's own
    trouble although it sounds like everybody's; too: joins in with somebody else.
    """
    found = _table("marks")[name].search(plain)
    return found[0].strip() if found else ""


@cache
def source() -> Mapping[str, Any]:
    """The file of words, read once."""
    return tomllib.loads(files("enrich.relate").joinpath("topics.toml").read_text(encoding="utf-8"))


@cache
def _table(name: str) -> Mapping[str, re.Pattern[str]]:
    return {
        topic: re.compile("|".join(patterns).replace("<not>", source()["not"]), re.DOTALL)
        for topic, patterns in source()[name].items()
    }
