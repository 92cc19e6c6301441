"""JSON Lines on standard input: each good line is taken, each bad one told of in one line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, TypeVar

import typer

from casebook.errors import MadoguchiError
from desk.words import say

T = TypeVar("T")


class Lines(Generic[T]):
    """What `parse` makes of each line that is not blank.

    A line for which it raises ValueError or MadoguchiError is told of on standard error by its
    number and passed over.
    """

    def __init__(self, lines: Iterable[bytes], parse: Callable[[bytes], T]) -> None:
        self._lines, self._parse = lines, parse
        self._bad = False

    def __iter__(self) -> Iterator[T]:
        for number, line in enumerate(self._lines, start=1):
            if not line.strip():
                continue
            try:
                found = self._parse(line)
            except (ValueError, MadoguchiError) as error:
                self._bad = True
                told = say(f"{number} 行目: {error}", f"line {number}: {error}")
                typer.echo(f"madoguchi: {told}", err=True)
            else:
                yield found

    def leave(self) -> None:
        """End the command with exit code 1 where a line was bad."""
        if self._bad:
            raise typer.Exit(1)


def row(line: bytes) -> dict[str, Any]:
    """One line's object. Raises ValueError with one clear line, which quotes nothing."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ValueError(say("JSON ではありません", "not JSON")) from error
    if not isinstance(found, dict):
        raise ValueError(say("JSON のオブジェクトではありません", "not a JSON object"))
    return found
