"""What the desk says, in the language of whoever reads it: on the command line the configuration's,
on a page the reader's own."""

from __future__ import annotations

import json
import secrets
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta
from typing import Any

from casebook.config import settings
from casebook.errors import ConfigError

_STEERING = ("Cc", "Cf", "Cs", "Zl", "Zp")
"""Unicode's categories of what moves a cursor, turns the direction of writing, or ends a line."""


_spoken: ContextVar[str] = ContextVar("spoken", default="")


def language() -> str:
    """The reader's language, `ja` or `en`; Japanese while the configuration cannot be read."""
    try:
        return _spoken.get() or settings().language
    except ConfigError:
        return "ja"


@contextmanager
def speaking(chosen: str) -> Iterator[None]:
    """Let `say` speak this language within the block; in this context only."""
    token = _spoken.set(chosen)
    try:
        yield
    finally:
        _spoken.reset(token)


def say(ja: str, en: str) -> str:
    """The wording in the reader's language."""
    return en if language() == "en" else ja


def random_password() -> str:
    """A password that nobody guesses: 96 random bits."""
    return secrets.token_urlsafe(12)


def plain(text: str, limit: int = 0) -> str:
    """`text` on one line, without what could steer a terminal; cut to `limit` characters."""
    spaced = "".join(" " if character.isspace() else character for character in text)
    line = " ".join(_harmless(spaced).split())
    return f"{line[: limit - 1]}…" if limit and len(line) > limit else line


def lines(text: str) -> str:
    """`text` with its line breaks, without what could steer a terminal."""
    return "\n".join(_harmless(line.expandtabs()) for line in text.splitlines())


def duration(time: timedelta) -> str:
    """A length of time as people say it: days and hours, else hours and minutes."""
    minutes = max(0, round(time.total_seconds() / 60))
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return say(f"{days}日{hours}時間", f"{days} d {hours} h")
    return (
        say(f"{hours}時間{rest}分", f"{hours} h {rest} min")
        if hours
        else say(f"{rest}分", f"{rest} min")
    )


def as_json(value: Any) -> str:
    """`value` as one line of JSON (RFC 8259). What could steer a terminal stands escaped, so that
    a program reads every character and a person sees none of them at work."""
    return "".join(
        json.dumps(character)[1:-1] if _steers(character) else character
        for character in json.dumps(value, ensure_ascii=False)
    )


def _harmless(text: str) -> str:
    return "".join(character for character in text if not _steers(character))


def _steers(character: str) -> bool:
    return unicodedata.category(character) in _STEERING
