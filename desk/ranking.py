"""Texts of a file ranked for queries, as past cases would be; nothing of it is recorded."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import Progress

from casebook.clock import now
from casebook.config import Index as IndexTable
from casebook.config import settings
from casebook.errors import ConfigError
from casebook.types import Labels, Point, Role
from desk.words import say
from enrich.encoders import Encoders
from enrich.history import MINIMUM, fit
from enrich.index import Index, opened

RESULTS = 10
"""Texts that are named for a query."""

_ROWS = 50_000
_CHUNK = 256
_NAME = "history-of-a-file"

Row = tuple[str, str]
"""A text's id, and the text."""


def rows(lines: Iterable[str], name: str) -> Iterator[Row]:
    """The `{"id", "text"}` of JSON Lines. Raises ConfigError with the line's number."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            identity, text = row["id"], row["text"]
        except (ValueError, KeyError, TypeError, RecursionError):
            raise ConfigError(f'{name} line {number}: not {{"id", "text"}}') from None
        if not isinstance(text, str) or not isinstance(identity, str | int):
            raise ConfigError(f'{name} line {number}: "text" must be a string')
        yield str(identity), text


def ranked(data: Path, queries: Iterable[str]) -> Iterator[tuple[str, list[tuple[str, float]]]]:
    """Each query's id with the ids of the nearest texts and their scores, best first.

    Where there are enough texts, the history is fitted to them too. Raises ConfigError for a file
    that cannot be read, a line that is none, and more than 50,000 texts.
    """
    try:
        with data.open(encoding="utf-8") as file:
            texts = list(rows(file, str(data)))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{data}: {getattr(error, 'strerror', None) or 'not UTF-8'}") from error
    if len(texts) > _ROWS:
        raise ConfigError(f"{data}: more than {_ROWS:,} texts")
    coders = _encoders([text for _, text in texts])
    with tempfile.TemporaryDirectory() as folder, _index(Path(folder), coders) as index:
        _place(index, coders, [text for _, text in texts])
        for identity, text in rows(queries, "standard input"):
            hits = index.search(coders.query(text), RESULTS)
            yield identity, [(texts[hit.message][0], hit.score) for hit in hits]


def vectors(lines: Iterable[str]) -> Iterator[tuple[str, list[float]]]:
    """Each text's id with its vector of meaning, of unit length."""
    coders, waiting = Encoders(settings().embedding.model, settings().embedding.batch_size), []
    for row in rows(lines, "standard input"):
        waiting.append(row)
        if len(waiting) == _CHUNK:
            yield from _vectors(coders, waiting)
            waiting = []
    yield from _vectors(coders, waiting)


def _vectors(coders: Encoders, found: Sequence[Row]) -> Iterator[tuple[str, list[float]]]:
    made = coders.column(Role.MEANING, [text for _, text in found])
    for (identity, _), vector in zip(found, made, strict=True):
        yield identity, [float(value) for value in np.frombuffer(vector, dtype="<f2")]


def _encoders(texts: Sequence[str]) -> Encoders:
    table = settings().embedding
    fitted = (_NAME, fit(texts).dump()) if len(texts) >= MINIMUM else None
    return Encoders(table.model, table.batch_size, fitted)


@contextmanager
def _index(folder: Path, coders: Encoders) -> Iterator[Index]:
    # The memory backend, and a server, are not for a file's sake.
    with opened(IndexTable(), folder, "file", coders.spaces) as index:
        yield index


def _place(index: Index, coders: Encoders, texts: Sequence[str]) -> None:
    labels = Labels("closed", settled=True, language="", channel="", at=now())
    with Progress(console=Console(stderr=True), disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task(say("読み込み", "Reading"), total=len(texts))
        for start in range(0, len(texts), _CHUNK):
            made = coders.documents(texts[start : start + _CHUNK])
            index.upsert(
                [
                    Point(message=key, case=key, revision=key, labels=labels, vectors=found)
                    for key, found in enumerate(made, start=start)
                ]
            )
            bar.update(task, advance=len(made))
    index.optimize()
