"""Where vectors are searched: a projection of the record, which can always rebuild it."""

from __future__ import annotations

import logging
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from typing import Protocol, TypeVar

from casebook.config import Index as IndexTable
from casebook.types import Point, Role, Where
from enrich.index.base import EVERYWHERE, Hit, Index, IndexBroken, IndexBusy, IndexUnavailable
from enrich.index.client import connected
from enrich.index.embedded import EmbeddedIndex

__all__ = [
    "Hit", "Index", "IndexBroken", "IndexBusy", "IndexUnavailable", "Record", "Synced",
    "generation", "opened", "sweep", "sync", "synced",
]  # fmt: skip

_log = logging.getLogger(__name__)
_CHUNK = 1_000

_MANY = 10_000
"""Points written at once after which the index is put in order; a search reads so many others one
by one in a millisecond or two, and the weekly building anew takes them in."""

_TRIES = 3

_PAYLOAD = "p2"
"""Changes with what `enrich.index.base.payload` keeps."""

T = TypeVar("T")

Report = Callable[[int, int], None]
"""Called with how many points are written, and how many there are to write (at least)."""


class Record(Protocol):
    """What an index is a projection of (`casebook.spaces.Vectors`)."""

    def since(self, revision: int) -> Iterable[Point]:
        """The points above a revision, in rising order."""
        ...

    def count(self) -> int:
        """How many messages have a point."""
        ...

    def keys(self) -> set[int]:
        """All messages that have a point."""
        ...

    def only(self, messages: set[int]) -> Iterable[Point]:
        """The points of these messages."""
        ...


def sync(index: Index, record: Record, report: Report | None = None) -> int:
    """Bring the index up to date with the record; return how many points were written.

    Where the counts differ afterwards (rows were erased, or the index lost some), the two are
    compared key by key.
    """
    written = _write(index, record.since(index.revision()), record, report)
    if index.count() != record.count():
        written += _write(index, record.only(index.keep_only(record.keys())), record, report)
    if written >= _MANY:
        index.optimize()
    return written


class Synced:
    """An index that was brought up to date, and mends itself from the record when its files are
    found damaged or gone."""

    def __init__(self, index: Index, record: Record) -> None:
        self._index, self._record = index, record
        self._mended(lambda: sync(index, record))

    def search(
        self, query: Mapping[Role, bytes], limit: int, where: Where = EVERYWHERE
    ) -> list[Hit]:
        """As `Index.search`."""
        return self._mended(lambda: self._index.search(query, limit, where))

    def count(self) -> int:
        """How many points it holds."""
        return self._mended(self._index.count)

    def refresh(self) -> int:
        """Take what is new in the record; return how many points were written."""
        return self._mended(lambda: sync(self._index, self._record))

    def _mended(self, work: Callable[[], T]) -> T:
        for again in range(_TRIES):
            try:
                if again:
                    sync(self._index, self._record)
                return work()
            except IndexBroken:
                self._index.reset()
        raise IndexUnavailable("the index cannot be built: its files are damaged again and again")


@contextmanager
def opened(table: IndexTable, root: Path, role: str, spaces: Mapping[Role, str]) -> Iterator[Index]:
    """The index that the configuration asks for, closed at the end.

    An embedded shard lies in `root/role`, a server's collection is named after the spaces alone. A
    shard that cannot be read is dropped with one line in the log; `sync` then fills the new one.
    Raises IndexBusy where another process of the same role has it open, and IndexUnavailable where
    the server does not answer, also within the block.
    """
    name = generation(spaces)
    if table.backend == "embedded":
        with closing(EmbeddedIndex(root / role / name)) as embedded:
            yield embedded
        return
    with connected(table, f"madoguchi-{name}") as index:
        yield index


@contextmanager
def synced(
    table: IndexTable, root: Path, role: str, spaces: Mapping[Role, str], record: Record
) -> Iterator[Synced]:
    """As `opened`, brought up to date with the record first."""
    with opened(table, root, role, spaces) as index:
        yield Synced(index, record)


def sweep(table: IndexTable, root: Path, roles: Sequence[str], spaces: Mapping[Role, str]) -> None:
    """Remove every embedded index but the one over these spaces. A process that has another open
    goes on with what it holds, and takes the new one when it opens it next.

    A server keeps its old collections: whose they are cannot be told from here.
    """
    if table.backend != "embedded":
        return
    for role in roles:
        for folder in (root / role).glob("*"):
            if folder.name != generation(spaces):
                shutil.rmtree(folder, ignore_errors=True)


def generation(spaces: Mapping[Role, str]) -> str:
    """What an index over these spaces is called: another space is another index, and so is another
    payload."""
    names = (re.sub(r"[^A-Za-z0-9_-]+", "-", spaces[role]).strip("-") for role in sorted(spaces))
    return "+".join((*names, _PAYLOAD))


def _write(index: Index, points: Iterable[Point], record: Record, report: Report | None) -> int:
    remaining, written = iter(points), 0
    total = record.count() if report else 0
    while chunk := list(islice(remaining, _CHUNK)):
        index.upsert(chunk)
        written += len(chunk)
        if report:
            report(written, max(total, written))
    return written
