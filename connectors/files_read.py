"""Files of any kind that holds messages or settled cases, entry by entry, in bounded memory."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from enum import Enum, auto
from itertools import chain, islice
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import BinaryIO

from casebook.errors import ConfigError
from casebook.types import Inbound, PastCase
from connectors import files_mbox, tables
from connectors.files_disk import Found, Skipped, open_regular, printable, reason, walk
from connectors.mime import parse_mail
from connectors.tables_rows import Reader
from connectors.tables_words import COLUMNS, folded

MAX_MAIL = 50 * 1024 * 1024
"""Bytes of a mail; a larger one is skipped."""

Entry = Inbound | PastCase | Skipped
"""What a file holds at one place: a message to answer, a settled case, or what was left out."""

_HEAD = 100
"""Rows of JSON Lines that are looked at to know the file's columns."""

_TOLD = 20
"""Names of columns that a reason tells, and their characters: in a table without a header they
are some customer's words."""


class _Kind(Enum):
    MAIL = auto()
    MBOX = auto()
    JSON = auto()
    CSV = auto()
    TSV = auto()


_SUFFIXES = {
    ".eml": _Kind.MAIL,
    ".mbox": _Kind.MBOX,
    ".mbx": _Kind.MBOX,
    ".json": _Kind.JSON,
    ".jsonl": _Kind.JSON,
    ".ndjson": _Kind.JSON,
    ".csv": _Kind.CSV,
    ".tab": _Kind.TSV,
    ".tsv": _Kind.TSV,
}
_HEADER = re.compile(
    rb"(?:return-path|received|delivered-to|from|to|subject|date|message-id|mime-version"
    rb"|content-type|dkim-signature|authentication-results|x-[a-z-]+)[ \t]*:",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Import:
    columns: Mapping[str, str]
    own: Collection[str]
    zone: tzinfo
    system: str
    progress: Callable[[int], object]


def _silent(_: int) -> None:
    return None


def size(path: Path) -> int:
    """The bytes of all files that `read` will look at: what its `progress` adds up to.

    Raises ConfigError where there is no `path`.
    """
    _check(path)
    return sum(found.size for found in walk(path) if isinstance(found, Found))


def read(
    path: Path,
    *,
    columns: Mapping[str, str] = MappingProxyType({}),
    own: Collection[str] = (),
    zone: tzinfo = UTC,
    system: str = "",
    progress: Callable[[int], object] = _silent,
) -> Iterator[Entry]:
    """What `path` holds, always in the same order: a mail (`.eml`), an mbox file, a Maildir, a
    table (CSV, TSV, JSON Lines), or a folder of these at any depth.

    A row with a reply, a resolution or a status that says so is a `PastCase`; other rows and all
    mails are an `Inbound`. What cannot be read is a `Skipped`, and the rest goes on; of a date
    that cannot be read that is the whole row. The same row has the same `identity` in any file.

    `columns`: our column (`tables_words.COLUMNS`) → the table's, where its name does not tell.
    `own`: our addresses, `@example.jp` for a domain. `zone`: where times without a zone are meant.
    `system`: stands before the identifiers of settled cases, else the name of their file.
    `progress` is called with the bytes that were dealt with since its last call.

    Raises ConfigError where there is no `path` or `columns` names one that does not exist; for a
    table's columns while it is read, before its first entry.
    """
    for ours in columns:
        if ours not in COLUMNS:
            near = difflib.get_close_matches(ours, COLUMNS, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"use one of {', '.join(COLUMNS)}"
            raise ConfigError(f"unknown column {ours!r}: {hint}")
    _check(path)
    return _read(path, _Import(columns, own, zone, system, progress))


def _check(path: Path) -> None:
    try:
        path.stat()
    except OSError as error:
        raise ConfigError(f"{printable(str(path))}: {reason(error)}") from error


def _read(path: Path, how: _Import) -> Iterator[Entry]:
    for found in walk(path):
        if isinstance(found, Skipped):
            yield found
            continue
        done = 0
        try:
            with open_regular(found.path) as handle:
                for entry in _entries(found, handle, how):
                    yield entry
                    done, before = handle.tell(), done
                    how.progress(done - before)
        except OSError as error:
            yield Skipped(found.name, reason(error))
        how.progress(max(found.size - done, 0))


def _entries(found: Found, handle: BinaryIO, how: _Import) -> Iterator[Entry]:
    kind = _kind(found, handle)
    if kind is None:
        return iter([Skipped(found.name, "not a mail, an mbox file, CSV or JSON Lines")])
    if kind is _Kind.MAIL:
        return iter([_mail(found, handle, how)])
    if kind is _Kind.MBOX:
        return _mbox(found, handle, how)
    if kind is _Kind.JSON:
        return _json(found, handle, how)
    return _csv(found, handle, "\t" if kind is _Kind.TSV else "", how)


def _kind(found: Found, handle: BinaryIO) -> _Kind | None:
    if found.mail:
        return _Kind.MAIL
    kind = _SUFFIXES.get(PurePosixPath(found.name).suffix.lower())
    if kind is None:
        start = handle.read(200)
        handle.seek(0)
        if start.startswith(b"From "):
            return _Kind.MBOX
        if _HEADER.match(start):
            return _Kind.MAIL
    return kind


def _mail(found: Found, handle: BinaryIO, how: _Import) -> Entry:
    raw = handle.read(MAX_MAIL + 1)
    # The part behind `:2,` are flags, which change (https://cr.yp.to/proto/maildir.html).
    name = found.name.partition(":2,")[0] if found.mail else found.name
    return _parsed(raw if len(raw) <= MAX_MAIL else None, found.name, name, how.own)


def _mbox(found: Found, handle: BinaryIO, how: _Import) -> Iterator[Entry]:
    number = 0
    for number, raw in enumerate(files_mbox.messages(handle, MAX_MAIL), 1):
        yield _parsed(raw, f"{found.name} message {number}", f"{found.name}#{number}", how.own)
    if found.size and not number:
        yield Skipped(found.name, "no mail found in it: an mbox file begins with a `From ` line")


def _parsed(raw: bytes | None, where: str, external_id: str, own: Collection[str]) -> Entry:
    if raw is None:
        return Skipped(where, f"larger than {MAX_MAIL // 1024 // 1024} MiB")
    if not raw.strip(b"\0\t\r\n "):
        return Skipped(where, "empty")
    return parse_mail(raw, external_id=external_id, own=own)


def _json(found: Found, handle: BinaryIO, how: _Import) -> Iterator[Entry]:
    rows, head = tables.json_rows(handle), []
    for row in rows:
        head.append(row)
        if len(head) == _HEAD or handle.tell() > tables.MAX_ROW:
            break
    reader = _reader(found, head, how)
    yield from map(reader.entry, chain(head, rows))


def _csv(found: Found, handle: BinaryIO, delimiter: str, how: _Import) -> Iterator[Entry]:
    rows = tables.csv_rows(handle, delimiter=delimiter)
    for head in rows:
        reader = _reader(found, [head], how)
        if isinstance(head, tables.Row) and "text" not in reader.match(head.cells):
            names = _told(head.cells)
            why = f"no column for the text among {names}: name it with --column text=NAME"
            yield Skipped(found.name, why)
            return
        yield from map(reader.entry, chain([head], rows))


def _reader(found: Found, head: Sequence[tables.Row | tables.Broken], how: _Import) -> Reader:
    """The reader for a table that begins with `head`. Raises ConfigError where a column that was
    named is none of its own."""
    shown = [row.cells for row in head if isinstance(row, tables.Row)]
    names = dict.fromkeys(name for cells in shown for name in cells)
    have = set(map(folded, names))
    for theirs in how.columns.values() if shown else ():
        if folded(theirs) not in have:
            raise ConfigError(f"{found.name}: no column {theirs!r} among {_told(names)}")
    # With its folders: the numbers of another year's file may be the same.
    system = how.system or str(PurePosixPath(found.name).with_suffix(""))
    return Reader(found.name, system, how.columns, how.own, how.zone)


def _told(names: Iterable[str]) -> str:
    shown = [printable(name)[:_TOLD] for name in islice(names, _TOLD + 1)]
    return ", ".join(shown[:_TOLD]) + (" …" if len(shown) > _TOLD else "")
