"""Exemplars as a mail brings them: between greetings, order numbers and signatures."""

from __future__ import annotations

import random
import tomllib
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib.resources import files

from casebook.types import Asked

Frames = Mapping[str, Sequence[str]]


def framed(asked: Asked, key: str) -> Asked:
    """`asked` with its text inside a frame of its language; the same one for the same `key`."""
    frames = _frames()[asked.language]
    # Not for secrets: the choice only has to be the same each time.
    chance = random.Random(zlib.crc32(key.encode()))  # noqa: S311
    parts = [chance.choice(frames[name]) for name in ("openings", "facts")]
    ends = [chance.choice(frames[name]) for name in ("closings", "signatures")]
    text = "\n\n".join(filter(None, (*parts, asked.text, *ends)))
    for place in ("name", "town"):
        text = text.replace(f"{{{place}}}", chance.choice(frames[f"{place}s"]))
    while "{n}" in text:
        text = text.replace("{n}", str(chance.randint(1, 9)), 1)
    return replace(asked, text=text)


@cache
def _frames() -> Mapping[str, Frames]:
    text = files("policies").joinpath("exemplars", "frames.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
