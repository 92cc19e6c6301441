"""A service's JSON, read so that nothing it may hold stops a poll: wrong types, endless texts,
impossible dates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

_MOST_WARNINGS = 10


class UnreadableError(Exception):
    """An item lacks what a message cannot be without; its text says what, and nothing of it."""


def mapping(value: object) -> Mapping[str, Any]:
    """`value` where it is a JSON object, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def mappings(value: object) -> Iterator[Mapping[str, Any]]:
    """The JSON objects of an array; nothing of whatever else it is."""
    found = value if isinstance(value, list | tuple) else ()
    return (each for each in found if isinstance(each, Mapping))


def array(value: object) -> list[Any]:
    """`value` where it is a JSON array, else an empty one."""
    return value if isinstance(value, list) else []


def text_of(value: object) -> str:
    """A string, whatever its length; "" of whatever else it is."""
    return value if isinstance(value, str) else ""


def string(value: object, most: int = 1_000) -> str:
    """A string, or a number as one, of at most `most` characters; "" of whatever else it is."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    with suppress(ValueError):  # a number of too many digits to be written
        return str(value)[:most].replace("\0", "")
    return ""


def address(value: object) -> str:
    """A web address; "" of whatever else it is."""
    found = string(value)
    fits = found.startswith(("https://", "http://")) and not any(map(str.isspace, found))
    return found if fits else ""


def moment(value: object) -> datetime | None:
    """A time (RFC 3339) in UTC; None where it is none. Without a zone it is UTC."""
    with suppress(ValueError, OverflowError):
        found = value if isinstance(value, datetime) else datetime.fromisoformat(string(value))
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    return None


def written(value: object, most: int) -> str:
    """A string, a number or a time as one, to be kept as it came; "" of whatever else it is."""
    return value.isoformat() if isinstance(value, datetime) else string(value, most)


class Warnings:
    """What is to be told of a batch, bounded."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._more = 0

    def add(self, text: str) -> None:
        """One more thing to tell."""
        if len(self._texts) < _MOST_WARNINGS:
            self._texts.append(text)
        else:
            self._more += 1

    def take(self) -> tuple[str, ...]:
        """All that is to be told; afterwards there is nothing."""
        more = [f"… and {self._more} more like these"] if self._more else []
        found = (*self._texts, *more)
        self._texts, self._more = [], 0
        return found
