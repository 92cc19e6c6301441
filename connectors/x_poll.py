"""One poll of an X account: what came since the cursor, oldest first, within X's limits and ours.

X gives the newest first. So a poll walks down from the newest to what it has, and then hands over
from the bottom up, each batch with a cursor that names what is still to be fetched above it. A walk
that is cut short leaves the rest below as a span of its own, which the next poll takes first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from casebook.clock import now
from casebook.errors import AuthError, ConnectorError, PermanentError, TransientError
from casebook.types import Batch, Inbound
from connectors.web import unreadable
from connectors.x_client import Answer, Client, limited
from connectors.x_options import XOptions
from connectors.x_posts import Page, at, id_at, is_real, read_dms, read_posts
from connectors.x_state import Budget, Span, State

_PAGES = 10
"""Pages that a walk keeps in memory; X lets no walk through mentions have more than 8."""
_REACH = 700
"""Of the newest 800 mentions that X lets be read, it leaves out those that were deleted."""
_GLANCE = 10
_OVERLAP = timedelta(days=1)
"""How far back a source that finds nothing for long looks again, for what appears late."""
_MARGIN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Feed:
    """One of the things that are read. `least`: the smallest page that X gives. `reach`: how long X
    keeps it (None: by count, X moves an older `since_id` silently). `by_id`: whether X can be asked
    for a span of ids."""

    name: str
    ask: Callable[..., Answer]
    read: Callable[[Answer], Page]
    least: int
    reach: timedelta | None = None
    by_id: bool = True


@dataclass(slots=True)
class Walk:
    """What a walk down a span found: messages by id, and the highest and lowest id of all that X
    named. `rest`: what it left below. `error`: what cut it short. `gap`: whether X ended before
    what is known already, which it would have shown again."""

    inbounds: dict[int, Inbound] = field(default_factory=dict)
    highest: int = 0
    lowest: int = 0
    count: int = 0
    unread: int = 0
    rest: Span | None = None
    error: ConnectorError | None = None
    gap: bool = False


def feeds(options: XOptions, client: Client) -> list[Feed]:
    """What the options say is read."""

    def posts(answer: Answer) -> Page:
        return read_posts(answer.document, options.user_id)

    def messages(answer: Answer) -> Page:
        return read_dms(answer.document, options.user_id, options.opt_out)

    found = (
        (options.mentions, Feed("mentions", client.mentions, posts, 5)),
        (options.quotes, Feed("quotes", client.quotes, posts, 10, timedelta(days=7))),
        (options.dms, Feed("dms", client.dms, messages, 1, timedelta(days=30), by_id=False)),
    )
    return [feed for wanted, feed in found if wanted]


class Poll:
    """One poll. `state` is brought up to date with what is handed over."""

    def __init__(self, client: Client, options: XOptions, state: State, budget: Budget) -> None:
        self._client = client
        self._feeds = feeds(options, client)
        self._size = options.batch_messages
        self._first = _midnight(options.since) if options.since else 0
        self._state = state
        self._budget = budget
        self._told = state.dump()
        self._warnings: list[str] = []

    def batches(self) -> Iterator[Batch]:
        """As `connectors.base.Source.poll`. A feed that is refused or whose limit is reached does
        not keep the others from being read; its error follows."""
        errors: list[ConnectorError] = []
        for feed in self._feeds:
            try:
                yield from self._feed(feed)
            except ConnectorError as error:
                errors.append(error)
                if not (limited(error) or _refused(error)):
                    break
        if self._warnings or self._state.dump() != self._told:
            yield self._batch()
        if errors:
            raise min(errors, key=_order)

    def _feed(self, feed: Feed) -> Iterator[Batch]:
        while True:
            spans = self._state.spans.get(feed.name) or [Span(self._first)]
            span, others = spans[0], spans[1:]
            until = self._state.used_up(feed.name)
            if until is not None and not span.until:
                # Nothing is known to wait there.
                return
            walk = self._walk(feed, span)
            if walk.lowest or walk.rest is None:
                yield from self._hand_over(feed, span, walk, others)
            elif span.token and walk.error and walk.error.code == "request_refused":
                # X may forget where its pages went on: then from the top, past what is known.
                self._state.spans[feed.name] = [replace(span, token=""), *others]
            if walk.error is not None:
                raise walk.error
            if not span.until and walk.rest is None:
                return

    def _walk(self, feed: Feed, span: Span) -> Walk:
        walk, place = Walk(), span
        if feed.reach and 0 < span.until <= id_at(now() - feed.reach + _MARGIN):
            return walk
        for number in range(_PAGES):
            # What is known is asked for again where a page more is asked for anyway.
            anchored = not feed.reach and is_real(span.since) and bool(number or span.until)
            try:
                page = self._page(feed, place, anchored=anchored)
            except ConnectorError as error:
                walk.error = error
                break
            self._take(walk, span, page)
            known = bool(page.ids) and min(page.ids) <= span.since
            if known or not page.next:
                walk.gap = anchored and not known
                return walk
            further = _further(feed, place, page)
            if further == place:
                walk.error = unreadable(self._client.place)
                break
            place = further
        walk.rest = replace(place, until=min(filter(None, (place.until, walk.lowest)), default=0))
        if not walk.lowest and walk.error is None:
            walk.error = unreadable(self._client.place)
        return walk

    def _page(self, feed: Feed, place: Span, *, anchored: bool) -> Page:
        until = self._state.used_up(feed.name)
        if until is not None:
            raise self._limit(feed, until)
        size = self._budget.size(feed.least, self._client.at)
        if not feed.by_id and place.since and not place.token:
            # Most of it is known and is paid for again.
            size = min(size, _GLANCE)
        try:
            answer = feed.ask(size, **_asked(feed, place, anchored))
        except TransientError as error:
            if limited(error) and error.retry_at is not None:
                self._state.limits[feed.name] = (0, error.retry_at)
            raise
        if answer.left is not None:
            self._state.limits[feed.name] = answer.left
        page = feed.read(answer)
        new = [number for number in page.ids if number > place.since]
        self._state.read(len(new) + page.unread, len(page.ids) - len(new))
        return page

    def _take(self, walk: Walk, span: Span, page: Page) -> None:
        walk.unread += page.unread
        walk.count += len(page.ids)
        walk.highest = max(walk.highest, *page.ids, 0)
        walk.lowest = min(filter(None, (*page.ids, walk.lowest)), default=0)
        for number, inbound in page.inbounds:
            if span.since < number and (not span.until or number < span.until):
                walk.inbounds[number] = inbound

    def _hand_over(self, feed: Feed, span: Span, walk: Walk, others: list[Span]) -> Iterator[Batch]:
        self._warn(feed, span, walk)
        rest = [] if walk.rest is None else [walk.rest]
        numbers = sorted(walk.inbounds)
        for start in range(0, len(numbers), self._size):
            chosen = numbers[start : start + self._size]
            if chosen[-1] == numbers[-1]:
                break
            self._state.spans[feed.name] = [*rest, replace(span, since=chosen[-1]), *others]
            yield self._batch(tuple(walk.inbounds[number] for number in chosen))
        top = max(walk.highest, span.since)
        if feed.reach:
            top = max(top, id_at(now() - _OVERLAP))
        upper = [] if span.until else [Span(top)]
        self._state.spans[feed.name] = [*rest, *upper, *others]
        if numbers:
            yield self._batch(tuple(walk.inbounds[number] for number in chosen))

    def _warn(self, feed: Feed, span: Span, walk: Walk) -> None:
        if walk.unread:
            self._warnings.append(
                f"{feed.name}: {walk.unread} entries of X's answer could not be read, and are left"
                " out"
            )
        known, missing = at(span.since or span.until), at(walk.lowest or span.until)
        if feed.reach:
            missing = now() - feed.reach
            walk.gap = max(span.since, span.until) > 0 and known < missing
        elif not span.until and walk.count < _REACH:
            # What was known is gone, but X would have shown more.
            walk.gap = False
        if walk.gap:
            hours = (missing - known) / timedelta(hours=1)
            self._warnings.append(
                f"{feed.name}: X no longer gives what came between {known:%Y-%m-%d %H:%M} and"
                f" {missing:%Y-%m-%d %H:%M} UTC ({hours:.1f} hours): look through the account's"
                " notifications by hand, and poll more often"
            )

    def _limit(self, feed: Feed, until: datetime) -> TransientError:
        return TransientError(
            f"{self._client.at}: X's limit for {feed.name} is reached; it goes on at"
            f" {until:%H:%M} UTC",
            code="rate_limited",
            retry_at=until,
        )

    def _batch(self, inbounds: tuple[Inbound, ...] = ()) -> Batch:
        self._told = self._state.dump()
        warnings, self._warnings = tuple(self._warnings), []
        return Batch(inbounds, self._told, warnings)


def _midnight(day: date) -> int:
    return id_at(datetime.combine(day, datetime.min.time(), UTC))


def _asked(feed: Feed, place: Span, anchored: bool) -> dict[str, str]:
    """The parameters that limit an answer to a place. `anchored`: with what is known already, which
    shows that nothing lies between."""
    found: dict[str, str] = {}
    since = place.since - 1 if anchored else place.since
    if feed.reach and since:
        # X refuses an id that is older than what it searches.
        since = max(since, id_at(now() - feed.reach + _MARGIN))
    if feed.by_id and since:
        found["since_id"] = str(since)
    if feed.by_id and place.until:
        found["until_id"] = str(place.until)
    if place.token:
        found["pagination_token"] = place.token
    return found


def _further(feed: Feed, place: Span, page: Page) -> Span:
    """Where the next page begins: by ids where X can be asked so and named any."""
    if not (feed.by_id and page.ids):
        return replace(place, token=page.next)
    lowest = min(page.ids)
    return place if place.until and lowest >= place.until else Span(place.since, lowest)


def _refused(error: ConnectorError) -> bool:
    """Whether X refuses one feed for good, and not the account."""
    signed_in = not isinstance(error, AuthError) or error.code == "permission_missing"
    return isinstance(error, PermanentError) and signed_in


def _order(error: ConnectorError) -> tuple[bool, datetime]:
    """What people must mend first, then what can go on soonest."""
    waits = getattr(error, "retry_at", None)
    return isinstance(error, TransientError), waits or now()
