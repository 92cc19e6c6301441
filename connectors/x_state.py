"""Where an X source stands: what is still to be fetched, what X's limits leave, what was spent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Self

from casebook.clock import now
from casebook.errors import TransientError
from connectors.x_options import XOptions


@dataclass(frozen=True, slots=True)
class Span:
    """Ids still to be fetched: those above `since` (0: as far back as X reaches) and below `until`
    (0: to the newest). `token`: where X's pages go on in it, for what cannot be asked by id."""

    since: int = 0
    until: int = 0
    token: str = ""

    @property
    def left_over(self) -> bool:
        """Whether something in it is known and was not fetched."""
        return bool(self.until)


@dataclass(slots=True)
class State:
    """The cursor of an X source. `spans`: by what is read, ascending, the last one open. `limits`:
    by endpoint, how many requests X allows until when. `reads` of `month` and `reads_today` of
    `day` (both UTC, ISO 8601): what polls have read."""

    spans: dict[str, list[Span]] = field(default_factory=dict)
    limits: dict[str, tuple[int, datetime]] = field(default_factory=dict)
    month: str = ""
    reads: int = 0
    day: str = ""
    reads_today: int = 0

    @classmethod
    def load(cls, cursor: Mapping[str, Any]) -> Self:
        """From what `dump` made."""
        spent = cursor.get("spent", {})
        return cls(
            spans={
                name: [Span(int(since), int(until), token) for since, until, token in spans]
                for name, spans in cursor.get("spans", {}).items()
            },
            limits={
                name: (int(left), datetime.fromtimestamp(reset, UTC))
                for name, (left, reset) in cursor.get("limits", {}).items()
            },
            month=spent.get("month", ""),
            reads=int(spent.get("reads", 0)),
            day=spent.get("day", ""),
            reads_today=int(spent.get("reads_today", 0)),
        )

    def dump(self) -> dict[str, Any]:
        """As JSON values; ids as text, for those who read JSON with floats."""
        return {
            "spans": {
                name: [[str(span.since), str(span.until), span.token] for span in spans]
                for name, spans in self.spans.items()
            },
            "limits": {
                name: [left, int(reset.timestamp())] for name, (left, reset) in self.limits.items()
            },
            "spent": {
                "month": self.month,
                "reads": self.reads,
                "day": self.day,
                "reads_today": self.reads_today,
            },
        }

    def used_up(self, endpoint: str) -> datetime | None:
        """When the endpoint may be asked again; None where it may be asked now."""
        left, reset = self.limits.get(endpoint, (1, now()))
        return reset if left <= 0 and reset > now() else None

    def read(self, count: int, known: int = 0) -> None:
        """So many posts or messages were read, and so many that are known: X charges a thing once a
        day, so these count with the first that are read in a day."""
        day = now().date().isoformat()
        if self.day != day:
            count += known
        if self.month != day[:7]:
            self.month, self.reads = day[:7], 0
        if self.day != day:
            self.day, self.reads_today = day, 0
        self.reads += count
        self.reads_today += count


class Tally:
    """What an account read and posted outside its polls, which have no cursor: one byte each, in a
    file a day of the folder, so that processes need no lock to add to it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, kind: str, count: int) -> None:
        """Count `reads` or `posts` of today. What cannot be written is not counted."""
        day = now().date().isoformat()
        with suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for old in self._folder.iterdir():
                if old.name[:7] != day[:7]:
                    old.unlink()
            with (self._folder / f"{day}.{kind}").open("ab") as file:
                file.write(b"." * count)

    def count(self, kind: str, period: str) -> int:
        """How many of `kind` in a day or month (ISO 8601)."""
        return sum(_sizes(self._folder.glob(f"{period}*.{kind}")))


def _sizes(paths: Iterable[Path]) -> Iterable[int]:
    for path in paths:
        with suppress(OSError):
            yield path.stat().st_size


class Budget:
    """What an account may still read, by its options."""

    def __init__(self, options: XOptions, state: State, tally: Tally) -> None:
        self._options = options
        self._state = state
        self._tally = tally

    @property
    def reads(self) -> int:
        """Posts and messages read this month."""
        month = now().date().isoformat()[:7]
        polled = self._state.reads if self._state.month == month else 0
        return polled + self._tally.count("reads", month)

    @property
    def money(self) -> Decimal:
        """What was spent today."""
        day = now().date().isoformat()
        polled = self._state.reads_today if self._state.day == day else 0
        read = polled + self._tally.count("reads", day)
        posts = self._tally.count("posts", day)
        return self._options.price_read * read + self._options.price_post * posts

    def size(self, least: int, at: str, share: Fraction = Fraction(1)) -> int:
        """How many posts or messages to ask for at once, `least` at the least, within a share of
        the budget. Raises TransientError where so many might cost more than there is."""
        options, size = self._options, self._options.page_size
        if options.reads_month is not None:
            size = min(size, int(options.reads_month * share) - self.reads)
            if size < least:
                raise _spent(at, f"{options.reads_month:,} reads a month", _next_month())
        if options.money_day is not None and options.price_read:
            money = options.money_day * share.numerator / share.denominator
            size = min(size, int((money - self.money) / options.price_read))
            if size < least:
                raise _spent(at, f"{options.money_day} a day", _next_day())
        return size

    def told(self) -> str:
        """What was spent, in one line."""
        options = self._options
        most = "" if options.reads_month is None else f" of {options.reads_month:,}"
        purse = "" if options.money_day is None else f" of {options.money_day}"
        return f"{self.reads:,}{most} reads this month, {self.money:.2f}{purse} spent today"


def _spent(at: str, budget: str, until: datetime) -> TransientError:
    return TransientError(
        f"{at}: the budget of {budget} is used up: polls go on at {until:%Y-%m-%d %H:%M} UTC; raise"
        " `reads_month` or `money_day` if that is too late",
        code="budget_used_up",
        retry_at=until,
    )


def _next_day() -> datetime:
    return datetime.combine(now().date() + timedelta(days=1), datetime.min.time(), UTC)


def _next_month() -> datetime:
    first = now().date().replace(day=1)
    return datetime.combine((first + timedelta(days=31)).replace(day=1), datetime.min.time(), UTC)
