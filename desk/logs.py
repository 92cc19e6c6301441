"""A log of what arrived and when it was answered, from any table, for the backtest."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path

from casebook.errors import ConfigError
from casebook.timing import Handled
from connectors.tables import Broken, Row, csv_rows, json_rows
from connectors.tables_time import parse_time
from desk.words import say

_SLASHED = re.compile(r"\s*(\d{1,2})[/.-](\d{1,2})[/.-]\d{2,4}")
_SEVERITY = "severity"
_DEFAULTS = (datetime(2000, 1, 1), datetime(2001, 2, 2))  # noqa: DTZ001 - a zone follows
"""What stands for a part of a date that is not written: one that differs with it was guessed."""
_NONE = frozenset({"", "-", "null", "none", "nan", "nat", "na", "n/a", "\\n"})


@dataclass(frozen=True, slots=True)
class Log:
    """Cases with what they are grouped by; `by` has a value a case under each column's name.
    `skipped` lists the rows that could not be used, as (line, why)."""

    cases: Sequence[Handled]
    by: Mapping[str, Sequence[str]]
    skipped: Sequence[tuple[int, str]]


def read_log(path: Path, arrived: str, answered: str, by: Sequence[str], zone: tzinfo) -> Log:
    """Read a CSV or JSON Lines file. `arrived` and `answered` name the columns of the times (an
    empty answer: still open), `by` those to group by; times without a zone are meant in `zone`. A
    column `severity` of 0 to 3 is taken for that.

    Raises ConfigError where the file or a column is not there, or no row can be used.
    """
    rows = list(_rows(path))
    found = [row for row in rows if isinstance(row, Row)]
    skipped = [(row.line, row.why) for row in rows if isinstance(row, Broken)]
    _check(path, found, [arrived, answered, *by])
    texts = [(_text(row, arrived), _text(row, answered)) for row in found]
    day_first = _day_first([text for pair in texts for text in pair])
    cases: list[Handled] = []
    values: dict[str, list[str]] = {name: [] for name in by}
    for row, (start, end) in zip(found, texts, strict=True):
        try:
            cases.append(_case(start, end, _text(row, _SEVERITY), day_first, zone))
        except ValueError as error:
            skipped.append((row.line, str(error)))
            continue
        for name in by:
            values[name].append(_text(row, name))
    if not cases:
        raise ConfigError(
            say(f"{path}: 使える行がありません", f"{path}: no row of it can be used")
            + (f" ({skipped[0][0]}: {skipped[0][1]})" if skipped else "")
        )
    return Log(cases, values, sorted(skipped))


def _rows(path: Path) -> Iterator[Row | Broken]:
    try:
        with path.open("rb") as handle:
            lines = path.suffix.lower() in (".jsonl", ".ndjson", ".json")
            yield from (json_rows if lines else csv_rows)(handle)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or 'not readable'}") from error


def _check(path: Path, rows: Sequence[Row], wanted: Sequence[str]) -> None:
    names = dict.fromkeys(name for row in rows[:100] for name in row.cells)
    for name in wanted:
        if name not in names:
            there = ", ".join(names) or say("（なし）", "none")
            raise ConfigError(
                say(
                    f"{path}: 列 {name!r} がありません（ある列：{there}）",
                    f"{path}: there is no column {name!r}; it has: {there}",
                )
            )


def _text(row: Row, name: str) -> str:
    value = row.cells.get(name)
    text = "" if value is None else str(value).strip()
    return "" if text.lower() in _NONE else text


def _case(start: str, end: str, severity: str, day_first: bool | None, zone: tzinfo) -> Handled:
    if not start:
        raise ValueError(say("到着の時刻がありません", "it has no time of arrival"))
    arrived = _time(start, day_first, zone)
    answered = _time(end, day_first, zone) if end else None
    if answered is not None and answered < arrived:
        raise ValueError(say("到着より前に回答しています", "it was answered before it arrived"))
    return Handled(arrived, answered, int(severity) if severity in ("0", "1", "2", "3") else 1)


def _time(text: str, day_first: bool | None, zone: tzinfo) -> datetime:
    try:
        return parse_time(text, zone)
    except ValueError:
        slashed = _SLASHED.match(text)
        if len(text) > 60 or (slashed and day_first is None):
            raise ValueError(
                say("日時として読めません", "a time that cannot be read for certain")
            ) from None
    # Half a hundred ways of writing a date that no reader of ours need know.
    from dateutil.parser import ParserError, UnknownTimezoneWarning, parse

    try:
        with warnings.catch_warnings():
            # A zone whose name it does not know it would leave out.
            warnings.simplefilter("error", UnknownTimezoneWarning)
            found, other = (
                parse(text, dayfirst=bool(day_first), default=default) for default in _DEFAULTS
            )
    except (ParserError, OverflowError, ValueError, UnknownTimezoneWarning) as error:
        raise ValueError(say("日時として読めません", "a time that cannot be read")) from error
    if found != other:
        raise ValueError(say("日付が揃っていません", "a time without its whole date"))
    return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)


def _day_first(texts: Sequence[str]) -> bool | None:
    """Whether 05/10/2026 is the fifth of October, as the other dates of the file tell; None where
    they do not."""
    pairs = [(int(one[1]), int(one[2])) for one in map(_SLASHED.match, texts) if one]
    first, second = any(a > 12 for a, _ in pairs), any(b > 12 for _, b in pairs)
    return first if first != second else None
