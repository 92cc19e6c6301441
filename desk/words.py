"""What the command line says, in the language of the configuration."""

from __future__ import annotations

import unicodedata

from casebook.config import settings
from casebook.errors import ConfigError


def say(ja: str, en: str) -> str:
    """The wording in the configured language; Japanese while the configuration cannot be read."""
    try:
        return en if settings().language == "en" else ja
    except ConfigError:
        return ja


def plain(text: str, limit: int = 0) -> str:
    """`text` on one line, without what could steer a terminal; cut to `limit` characters."""
    line = "".join(
        " " if character.isspace() else character
        for character in text
        if character.isspace() or unicodedata.category(character)[0] != "C"
    )
    line = " ".join(line.split())
    return f"{line[: limit - 1]}…" if limit and len(line) > limit else line


def lines(text: str) -> str:
    """`text` with its line breaks, without what could steer a terminal."""
    return "\n".join(
        "".join(c for c in line if c == "\t" or unicodedata.category(c)[0] != "C")
        for line in text.splitlines()
    )
