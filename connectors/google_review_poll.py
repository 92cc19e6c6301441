"""One poll of Google's reviews: location by location, what changed since, oldest first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any, NamedTuple, Protocol

from casebook.errors import PermanentError, TransientError
from casebook.types import Batch, Cursor, Inbound
from connectors.google_client import Client
from connectors.google_review_texts import read
from connectors.lenient import UnreadableError, Warnings, mapping, mappings, moment, string

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class _Options(Protocol):
    """What a poll needs of `connectors.google_reviews.GoogleReviewsOptions`."""

    @property
    def since(self) -> date | None: ...
    @property
    def language(self) -> str: ...
    @property
    def page_size(self) -> int: ...


class _Stand(NamedTuple):
    """How far a location's reviews are known: all before `at`, and of that moment those named.
    `at` is None before the first."""

    at: datetime | None
    names: tuple[str, ...] = ()


class _Seen(NamedTuple):
    """A review as it was listed; `inbound` is None for one that cannot be read."""

    at: datetime
    name: str
    inbound: Inbound | None


class Poll:
    """See the module.

    The cursor is `{"locations": {NAME: {"at": …, "names": […]}}}`, after a poll that was broken
    off with `"next"`: the location with which the next poll begins, so that where they are more
    than Google's limit allows at once, each has its turn.
    """

    def __init__(self, client: Client, base: str, options: _Options, cursor: Cursor) -> None:
        """`base` is what a location's name follows in its address."""
        self._client = client
        self._base = base
        self._options = options
        self._saved: dict[str, Any] = dict(mapping(cursor.get("locations")))
        self._next = string(cursor.get("next"))
        self._warnings = Warnings()

    def batches(self, locations: Sequence[str]) -> Iterator[Batch]:
        """As `connectors.base.Source.poll`. A location that cannot be read does not keep the others
        from being read; its error follows."""
        start = locations.index(self._next) if self._next in locations else 0
        refused: PermanentError | None = None
        for location in (*locations[start:], *locations[:start]):
            try:
                yield from self._of(location)
            except PermanentError as error:
                refused = refused or error
            except TransientError:
                yield Batch((), self._cursor() | {"next": location}, self._warnings.take())
                raise
        if refused is not None:
            raise refused

    def _of(self, location: str) -> Iterator[Batch]:
        stand = _load(self._saved.get(location))
        new = sorted(self._new(location, stand), key=lambda seen: (seen.at, seen.name))
        size = self._options.page_size
        for first in range(0, len(new), size):
            part = new[first : first + size]
            at = part[-1].at
            before = stand.names if stand.at == at else ()
            names = (*before, *(seen.name for seen in part if seen.at == at))
            stand = _Stand(at, names)
            self._saved[location] = {"at": at.isoformat(), "names": list(names)}
            inbounds = tuple(seen.inbound for seen in part if seen.inbound is not None)
            yield Batch(inbounds, self._cursor(), self._warnings.take())

    def _new(self, location: str, stand: _Stand) -> list[_Seen]:
        """Google lists the newest first; all pages are read until what is known."""
        found: dict[str, _Seen] = {}
        url = f"{self._base}/{location}/reviews"
        size = self._options.page_size
        for page in self._client.pages(url, pageSize=size, orderBy="updateTime desc"):
            for review in mappings(page.get("reviews")):
                at, name = moment(review.get("updateTime")), string(review.get("name"))
                if at is not None and self._is_known(at, stand):
                    return list(found.values())
                if name in stand.names and at == stand.at:
                    continue
                # One that is changed while the pages are read comes twice.
                found.setdefault(name, _Seen(at or stand.at or _NEVER, name, self._read(review)))
        return list(found.values())

    def _read(self, review: Any) -> Inbound | None:
        try:
            return read(review, self._options.language)
        except UnreadableError as error:
            self._warnings.add(f"a review was left out: {error}")
            return None

    def _is_known(self, at: datetime, stand: _Stand) -> bool:
        """Whether all that Google lists from this one on is known, or not wanted."""
        if stand.at is not None:
            return at < stand.at
        return self._options.since is not None and at.date() < self._options.since

    def _cursor(self) -> dict[str, Any]:
        return {"locations": dict(self._saved)}


def _load(saved: object) -> _Stand:
    """A location's stand as it was saved; that before the first, where it is none."""
    found = mapping(saved)
    names = found.get("names")
    known = map(string, names) if isinstance(names, list) else ()
    return _Stand(moment(found.get("at")), tuple(known))
