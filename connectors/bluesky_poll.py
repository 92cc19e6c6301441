"""One poll of a Bluesky account: what came since the cursor, oldest first, in bounded batches.

Notifications come newest first, by the time that a post claims or at which it was found, whichever
is earlier; so one may appear late, below what is known. A poll walks down to the oldest of the
newest that are known, and hands over from the bottom up what it does not know. Direct messages have
a log that goes upward; what was there before the account was connected is read first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from casebook.clock import now
from casebook.errors import ConnectorError, PermanentError, TransientError
from casebook.types import Batch, Cursor, Inbound
from connectors.bluesky_client import Client, limited, listed
from connectors.bluesky_errors import about_convo
from connectors.bluesky_options import BlueskyOptions
from connectors.bluesky_posts import (
    REASONS,
    Document,
    Entry,
    Message,
    Page,
    is_group,
    members,
    read_message,
    read_notifications,
)
from connectors.lenient import mapping, moment
from connectors.opt_out import marked
from connectors.web import unreadable

_LIST = "app.bsky.notification.listNotifications"
_LOG = "chat.bsky.convo.getLog"
_PAGES = 10_000
"""Pages after which a list is taken to have no end."""
_PAGES_KNOWN = 2
"""Pages of notifications that are looked at again, for those that appear late."""
_LATEST = datetime.max.replace(tzinfo=UTC)


class Poll:
    """One poll. The cursor: `seen`, [time, key] of the newest entries that were handed over,
    ascending; `log`, up to where the log of direct messages was read ("": not yet); `todo`, the
    conversations whose earlier messages are still to be read."""

    def __init__(self, client: Client, options: BlueskyOptions, cursor: Cursor) -> None:
        self._client = client
        self._options = options
        self._own = ""
        self._first = (
            datetime.combine(options.since, datetime.min.time(), UTC) if options.since else None
        )
        self._known = options.page_size * _PAGES_KNOWN
        self._seen: dict[str, str] = {key: at for at, key in cursor.get("seen", [])}
        self._log = str(cursor.get("log", ""))
        self._todo = [str(convo) for convo in cursor.get("todo", [])]
        self._convos: dict[str, Document] = {}
        self._left_out: Counter[str] = Counter()
        self._told = self._cursor()

    def batches(self) -> Iterator[Batch]:
        """As `connectors.base.Source.poll`. Direct messages that are refused or must wait keep no
        posts from being read, nor the other way round; the error follows."""
        self._own = self._client.did
        errors: list[ConnectorError] = []
        feeds = (
            [self._notifications, self._messages] if self._options.dms else [self._notifications]
        )
        for feed in feeds:
            try:
                yield from feed()
            except ConnectorError as error:
                errors.append(error)
                if not limited(error):
                    break
        if self._left_out or self._cursor() != self._told:
            yield self._batch()
        if errors:
            raise min(errors, key=_order)

    def _notifications(self) -> Iterator[Batch]:
        floor = self._floor()
        tokens = [""]
        top = page = self._page("")
        while page.next and not _reaches(page, floor):
            if page.next in tokens or len(tokens) > _PAGES:
                raise unreadable(self._client.place)
            tokens.append(page.next)
            page = self._page(page.next)
        yield from self._hand_over(page, floor)
        # Pages are asked for again rather than kept: a backlog may be of any length. The topmost is
        # kept, since what came meanwhile has moved it.
        for token in reversed(tokens[:-1]):
            for page in reversed(self._down(self._page(token) if token else top, tokens)):
                yield from self._hand_over(page, floor)

    def _down(self, page: Page, tokens: list[str]) -> list[Page]:
        """A page, and those between it and what is handed over, if any: where something appeared or
        was deleted since, it ends elsewhere than it did."""
        pages = [page]
        while page.next and page.next not in tokens and len(pages) < _PAGES:
            if any(entry.key in self._seen for entry in page.entries):
                break
            page = self._page(page.next)
            pages.append(page)
        return pages

    def _page(self, token: str) -> Page:
        answer = self._client.get(
            _LIST,
            limit=self._options.page_size,
            cursor=token or None,
            reasons=list(REASONS),
            # Whatever the account's own people filter out in the app.
            priority="false",
        )
        listed(answer, "notifications", self._client.place)
        return read_notifications(answer, self._own, now())

    def _hand_over(self, page: Page, floor: datetime | None) -> Iterator[Batch]:
        # One post may be there for two reasons.
        found = {entry.key: entry for entry in sorted(page.entries, key=lambda entry: entry.at)}
        new = [
            entry
            for entry in found.values()
            if entry.key not in self._seen and not (floor and entry.at < floor)
        ]
        self._warn("notifications that cannot be read", sum(entry.unread for entry in new))
        size = self._options.batch_messages
        for start in range(0, len(new), size):
            chunk = new[start : start + size]
            self._remember(chunk)
            yield self._batch(tuple(entry.inbound for entry in chunk if entry.inbound))

    def _floor(self) -> datetime | None:
        """What is older was handed over, or is not wanted."""
        if len(self._seen) < self._known:
            return self._first
        return moment(next(iter(self._seen.values())))

    def _remember(self, entries: list[Entry]) -> None:
        self._seen |= {entry.key: entry.at.isoformat() for entry in entries}
        kept = sorted(self._seen.items(), key=lambda found: found[1])[-self._known :]
        self._seen = dict(kept)

    def _messages(self) -> Iterator[Batch]:
        if not self._log:
            yield from self._begin()
        while self._todo:
            yield from self._pass_on(self._earlier(self._todo[0]))
        if self._log:
            yield from self._later()

    def _begin(self) -> Iterator[Batch]:
        """Note where the log stands, and then which conversations there are: what comes after the
        first page was asked for stands in the log."""
        log, token, todo = "", "", dict[str, None]()
        for number in range(_PAGES):
            answer = self._client.get(
                "chat.bsky.convo.listConvos", chat=True, limit=100, cursor=token or None
            )
            convos = listed(answer, "convos", self._client.place)
            if not number:
                log = max(map(_rev, convos), default="")
            todo |= dict.fromkeys(str(convo["id"]) for convo in convos if "id" in convo)
            token = str(answer.get("cursor") or "")
            if not token or not convos:
                break
        if log:
            self._log, self._todo = log, list(todo)
            yield self._batch()

    def _earlier(self, convo: str) -> list[Message]:
        """The messages of a conversation, ascending."""
        found: list[Message] = []
        token = ""
        for _ in range(_PAGES):
            try:
                answer = self._client.get(
                    "chat.bsky.convo.getMessages",
                    chat=True,
                    convoId=convo,
                    limit=self._options.page_size,
                    cursor=token or None,
                )
            except PermanentError as error:
                if not about_convo(error):
                    raise
                self._warn("conversations that cannot be opened", 1)
                break
            page = listed(answer, "messages", self._client.place)
            found += self._read(convo, page)
            token = str(answer.get("cursor") or "")
            older = any(self._too_old(item) for item in page)
            if not token or not page or older:
                break
        return sorted(found, key=lambda message: message.rev)

    def _later(self) -> Iterator[Batch]:
        for _ in range(_PAGES):
            answer = self._client.get(_LOG, chat=True, cursor=self._log)
            events = [
                event
                for event in listed(answer, "logs", self._client.place)
                if _rev(event) > self._log
            ]
            if not events:
                return
            found: list[Message] = []
            for event in sorted(events, key=_rev):
                message = event.get("message")
                made = str(event.get("$type", "")).endswith("#logCreateMessage")
                item = {**message, "rev": _rev(event)} if isinstance(message, dict) else {}
                read = self._read(str(event.get("convoId", "")), [item]) if made else []
                found += read or [Message(_rev(event), None)]
            yield from self._pass_on(found, logged=True)

    def _read(self, convo: str, page: list[Document]) -> list[Message]:
        if not page:
            return []
        about = self._about(convo)
        wanted = [item for item in page if not self._too_old(item)]
        found = [read_message(item, self._own, convo, members(about)) for item in wanted]
        if not is_group(about):
            return found
        self._warn(
            "direct messages of a group", sum(message.inbound is not None for message in found)
        )
        return []

    def _about(self, convo: str) -> Document:
        if convo not in self._convos:
            try:
                answer = self._client.get("chat.bsky.convo.getConvo", chat=True, convoId=convo)
            except PermanentError as error:
                if not about_convo(error):
                    raise
                # Its messages may stand in the log all the same.
                answer = {}
            about = answer.get("convo")
            self._convos[convo] = mapping(about)
        return self._convos[convo]

    def _pass_on(self, found: list[Message], *, logged: bool = False) -> Iterator[Batch]:
        """Hand over messages of the log, or else those of the conversation that is the next."""
        self._warn("direct messages that cannot be read", sum(message.unread for message in found))
        size = self._options.batch_messages
        for start in range(0, len(found), size):
            chunk = found[start : start + size]
            if logged:
                self._log = chunk[-1].rev
            elif start + size >= len(found):
                self._todo.pop(0)
            yield self._batch(tuple(message.inbound for message in chunk if message.inbound))
        if not found and not logged:
            self._todo.pop(0)

    def _too_old(self, item: Document) -> bool:
        sent = moment(item.get("sentAt"))
        return bool(self._first and sent and sent < self._first)

    def _warn(self, what: str, count: int) -> None:
        if count:
            self._left_out[what] += count

    def _batch(self, inbounds: tuple[Inbound, ...] = ()) -> Batch:
        self._told = self._cursor()
        found = self._left_out.items()
        warnings = tuple(f"{count} {what} were left out" for what, count in found)
        self._left_out = Counter()
        words = self._options.opt_out
        return Batch(tuple(marked(one, words) for one in inbounds), self._told, warnings)

    def _cursor(self) -> dict[str, Any]:
        return {
            "seen": [[at, key] for key, at in self._seen.items()],
            "log": self._log,
            "todo": list(self._todo),
        }


def _rev(event: Document) -> str:
    rev = event.get("rev")
    return rev if isinstance(rev, str) else ""


def _reaches(page: Page, floor: datetime | None) -> bool:
    return floor is not None and any(entry.at < floor for entry in page.entries)


def _order(error: ConnectorError) -> tuple[bool, datetime]:
    """What people must mend first, then what can go on soonest."""
    waits = getattr(error, "retry_at", None)
    return isinstance(error, TransientError), waits or _LATEST
