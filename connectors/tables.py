"""CSV (RFC 4180, as it is really written) and JSON Lines (https://jsonlines.org), row by row.

Memory is bounded by `MAX_ROW` whatever the file, and each row comes as a `Row` or as a `Broken`:
a broken one never takes the rows behind it along.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
import re
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import zip_longest
from typing import BinaryIO

from connectors import charsets

MAX_ROW = 8 * 1024 * 1024
"""Bytes of one line, and characters of one row, that are read."""

_TOO_LONG = f"longer than {MAX_ROW // 1024 // 1024} MiB"
_UNCLOSED = "a quotation mark that is never closed"
_MAX_READ_AGAIN = 8 * MAX_ROW
"""Characters read a second time, for want of a closing quotation mark, before a CSV file is given
up: else a hostile one takes quadratic time."""

_OVERLONG = "\0"
"""Stands for a line longer than MAX_ROW; no other line holds a NUL."""

_DELIMITERS = ",\t;|"
_NAMED_DELIMITER = re.compile(r"sep=(.)\s*$", re.IGNORECASE)
_LONE_RETURN = re.compile(r"(?<=\r)(?!\n)")
_PIECE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Row:
    """One row: `line` is where it begins, from 1; `cells` has what stands in each named column."""

    line: int
    cells: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Broken:
    """A row that could not be read: where it begins, and why, without any of its content."""

    line: int
    why: str


def json_rows(handle: BinaryIO) -> Iterator[Row | Broken]:
    """The objects of a JSON Lines file, one a line. Blank lines are no rows."""
    for number, text in enumerate(_lines(handle), 1):
        if number == 1 and text.lstrip().startswith("["):
            yield Broken(number, "a JSON array; the file was not read: write one object a line")
            return
        if text == _OVERLONG:
            yield Broken(number, _TOO_LONG)
        elif text.strip():
            yield _json_row(number, text)


def _json_row(number: int, text: str) -> Row | Broken:
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        return Broken(number, f"not JSON: {error.msg} at character {error.pos + 1}")
    except (ValueError, RecursionError):
        return Broken(number, "not JSON that can be read: nested too deep, or too large a number")
    if not isinstance(value, dict):
        return Broken(number, "not a JSON object")
    return Row(number, value)


def csv_rows(handle: BinaryIO, *, delimiter: str = "") -> Iterator[Row | Broken]:
    """The rows of a CSV file under its header, which is its first row that is not blank.

    `delimiter` "" takes the one that the header speaks for: comma, tab, semicolon or `|`. Rows
    without content are left out, cells that a row lacks are empty, and of two columns of one name
    the first counts.
    """
    header: list[str] = []
    for number, cells in _records(_lines(handle), delimiter):
        if isinstance(cells, str):
            yield Broken(number, cells if header else f"header: {cells}; the file was not read")
            if not header:
                return
        elif not any(map(str.strip, cells)):
            continue
        elif not header:
            header = [" ".join(cell.split()) for cell in cells]
        elif any(map(str.strip, cells[len(header) :])):
            yield Broken(number, f"has {len(cells)} cells where the header has {len(header)}")
        else:
            row: dict[str, str] = {}
            for name, cell in zip_longest(header, cells[: len(header)], fillvalue=""):
                if name:
                    row.setdefault(name, cell)
            yield Row(number, row)


def _records(texts: Iterator[str], delimiter: str) -> Iterator[tuple[int, list[str] | str]]:
    """The line and the cells of each CSV record, or why it is none."""
    # The module's own limit, for the whole process, is 128 KiB a field.
    csv.field_size_limit(max(csv.field_size_limit(), MAX_ROW))
    feed = _Feed(texts)
    delimiter = feed.delimiter() or delimiter or feed.sniffed()
    reader = csv.reader(feed, delimiter=delimiter, strict=True)
    read_again = 0
    while True:
        feed.begin()
        cells: list[str] | str
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            cells = _UNCLOSED if feed.ended else _lenient(feed.record, delimiter)
        except _TooLongError:
            cells = _UNCLOSED if len(feed.record) > 1 else _TOO_LONG
        number = feed.record[0].number
        yield number, cells
        if isinstance(cells, str):
            read_again += feed.push_back()
            if read_again > _MAX_READ_AGAIN:
                yield number + 1, "the rest of the file: quotation marks are out of order"
                return
            reader = csv.reader(feed, delimiter=delimiter, strict=True)


def _lenient(record: list[_Line], delimiter: str) -> list[str] | str:
    """A record with a quotation mark out of place: harmless within one line, while over several
    it would swallow rows."""
    if len(record) > 1:
        return _UNCLOSED
    try:
        return next(csv.reader([record[0].text], delimiter=delimiter))
    except csv.Error:
        return "not readable as CSV"


class _TooLongError(Exception):
    """The record in progress has more than MAX_ROW."""


@dataclass(frozen=True, slots=True)
class _Line:
    """A physical line with its end."""

    number: int
    text: str


class _Feed:
    """The lines for a CSV reader. It keeps those of the record in progress, so that all but the
    first can be read again where that one turns out to be broken."""

    def __init__(self, texts: Iterator[str]) -> None:
        self._texts = texts
        self._ahead: deque[_Line] = deque()
        self._count = 0
        self._size = 0
        self.record: list[_Line] = []
        self.ended = False
        """Whether the record in progress met the end of the file."""

    def begin(self) -> None:
        """A new record begins."""
        self.record, self._size, self.ended = [], 0, False

    def push_back(self) -> int:
        """Have all lines of the record but its first read again; returns their characters."""
        self._ahead.extendleft(reversed(self.record[1:]))
        return self._size - len(self.record[0].text)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if not self._ahead and not self._fill():
            self.ended = True
            raise StopIteration
        line = self._ahead.popleft()
        self.record.append(line)
        self._size += len(line.text)
        if line.text == _OVERLONG or self._size > MAX_ROW:
            raise _TooLongError
        return line.text

    def _fill(self) -> bool:
        """Take one more line from the file; False at its end."""
        for text in self._texts:
            # Files of old Macs end their lines in a lone carriage return.
            for piece in _LONE_RETURN.split(text):
                if piece:
                    self._count += 1
                    self._ahead.append(_Line(self._count, piece))
            if self._ahead:
                return True
        return False

    def _first(self) -> str:
        """The first line that is not blank, left where it is; "" if there is none."""
        while self._ahead or self._fill():
            if self._ahead[0].text.strip():
                return self._ahead[0].text
            self._ahead.popleft()
        return ""

    def delimiter(self) -> str:
        """What a first line `sep=X`, as spreadsheets write it, says; the line is used up then."""
        named = _NAMED_DELIMITER.match(self._first())
        if named:
            self._ahead.popleft()
        return named[1] if named else ""

    def sniffed(self) -> str:
        """The delimiter that makes most columns of the first line."""
        text = self._first()
        return max(_DELIMITERS, key=lambda mark: len(next(csv.reader([text], delimiter=mark), ())))


def _lines(handle: BinaryIO) -> Iterator[str]:
    """The lines of a text file in whatever charset, with their ends and without NUL characters."""
    start = handle.read(len(codecs.BOM_UTF16))
    handle.seek(0)
    wide = start in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    for text in _wide_lines(handle) if wide else _byte_lines(handle):
        yield _OVERLONG if text is None else text.replace("\0", "")


def _wide_lines(handle: BinaryIO) -> Iterator[str | None]:
    """Lines of UTF-16, which spreadsheets call Unicode text; None for one longer than MAX_ROW."""
    wrapped = io.TextIOWrapper(handle, "utf-16", errors="replace", newline="\n")
    try:
        while text := wrapped.readline(MAX_ROW + 1):
            if len(text) <= MAX_ROW or text.endswith("\n"):
                yield text
                continue
            while text and not text.endswith("\n"):
                text = wrapped.readline(_PIECE)
            yield None
    finally:
        with suppress(ValueError):  # the file may be closed before a reader that was given up
            wrapped.detach()


def _byte_lines(handle: BinaryIO) -> Iterator[str | None]:
    """Lines of UTF-8, or of what the first line that is no UTF-8 is found to be; None for one
    longer than MAX_ROW. A line that does not fit the others is judged by itself."""
    charset, certain = "utf-8-sig", False
    while raw := handle.readline(MAX_ROW + 1):
        if len(raw) > MAX_ROW and not raw.endswith(b"\n"):
            while raw and not raw.endswith(b"\n"):
                raw = handle.readline(_PIECE)
            yield None
            continue
        try:
            yield raw.decode(charset)
            certain = certain or not raw.isascii()
        except UnicodeDecodeError:
            found = charsets.decode(raw)
            if not certain:
                charset, certain = found.charset, True
            yield found.text
        charset = "utf-8" if charset == "utf-8-sig" else charset
