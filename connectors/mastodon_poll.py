"""One poll of a Mastodon account: what is new since the last notification, then what was edited."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Protocol

from casebook.types import Batch, Cursor, Inbound
from connectors.lenient import UnreadableError, Warnings, mapping, mappings, string
from connectors.mastodon_client import Client
from connectors.mastodon_posts import edited_at, read
from connectors.opt_out import Words, marked

_START = "0"
"""The id below all others."""
_MOST_EDITS = 80
"""Edits that are remembered: as many as there can be posts in a page."""


class _Options(Protocol):
    """What a poll needs of `connectors.mastodon.MastodonOptions`."""

    @property
    def host(self) -> str: ...
    @property
    def since(self) -> date | None: ...
    @property
    def page_size(self) -> int: ...
    @property
    def opt_out(self) -> Words: ...


class Poll:
    """See the module.

    The cursor is `{"account": ID, "id": LAST, "edited": {STATUS: WHEN}}`: whose notifications they
    are, the last one dealt with, and which edits of the newest posts are known.
    """

    def __init__(
        self, client: Client, options: _Options, own: str, types: Sequence[str], cursor: Cursor
    ) -> None:
        """`own` is our account's id; `types` are the notifications to ask for."""
        self._client = client
        self._options = options
        self._host = options.host
        self._own = own
        self._types = types
        self._warnings = Warnings()
        if string(cursor.get("account")) not in ("", own):
            self._warnings.add(
                "the access token is of another account than before: its mentions are read from the"
                " start, and known posts are left out"
            )
            cursor = {}
        self._last = string(cursor.get("id"))
        known = mapping(cursor.get("edited"))
        self._edited = {string(number): string(at) for number, at in known.items()}

    def batches(self) -> Iterator[Batch]:
        """As `connectors.base.Source.poll`."""
        yield from self._new()
        yield from self._changed()

    def _new(self) -> Iterator[Batch]:
        """Page by page, each as one batch, until there is nothing more."""
        while True:
            page = self._page(self._last or _START)
            newest = next((number for each in page if (number := string(each.get("id")))), "")
            # A server that does not know `min_id` gives the same page for ever.
            if newest in ("", self._last):
                return
            inbounds = self._inbounds(reversed(page))
            self._last = newest
            yield self._batch(inbounds)

    def _changed(self) -> Iterator[Batch]:
        """Edits among the newest posts: a server notifies nobody of them."""
        page = self._page()
        before = dict(self._edited)
        times = dict(filter(_is_edit, map(_edit, page)))
        new = [
            each for each in page if _is_edit(edit := _edit(each)) and edit not in before.items()
        ]
        inbounds = self._inbounds(reversed(new))
        self._edited = times
        if inbounds or times != before:
            yield self._batch(inbounds)

    def _page(self, min_id: str | None = None) -> list[Mapping[str, Any]]:
        found = self._client.notifications(self._types, self._options.page_size, min_id)
        return list(mappings(found))

    def _inbounds(self, notifications: Iterable[Mapping[str, Any]]) -> tuple[Inbound, ...]:
        found = []
        for each in notifications:
            try:
                inbound = read(each, self._host, self._own)
            except UnreadableError as error:
                number = string(each.get("id"), 100)
                self._warnings.add(f"notification {number or '?'} was left out: {error}")
                continue
            if inbound is None or self._is_old(inbound):
                continue
            self._edited |= dict(filter(_is_edit, [_edit(each)]))
            found.append(marked(inbound, self._options.opt_out))
        return tuple(found)

    def _is_old(self, inbound: Inbound) -> bool:
        since = self._options.since
        return bool(since and inbound.sent_at and inbound.sent_at.date() < since)

    def _batch(self, inbounds: tuple[Inbound, ...]) -> Batch:
        self._edited = dict(list(self._edited.items())[-_MOST_EDITS:])
        cursor = {"account": self._own, "id": self._last, "edited": self._edited}
        return Batch(inbounds, cursor, self._warnings.take())


def _edit(notification: Mapping[str, Any]) -> tuple[str, str]:
    """The id of a notification's status, and when it was edited ("": never)."""
    status = mapping(notification.get("status"))
    at = edited_at(status)
    return string(status.get("id")), at.isoformat() if at else ""


def _is_edit(edit: tuple[str, str]) -> bool:
    return bool(edit[1])
