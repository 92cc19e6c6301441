"""An account on a Mastodon server, or one that speaks its API: mentions and quotes come in, replies
go out.

https://docs.joinmastodon.org/methods/. Nothing here waits: a limit that is reached is a
TransientError with `retry_at`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import cached_property, partial
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from casebook.clock import now
from casebook.config import Seconds, Secret, Table
from casebook.errors import AmbiguousError, ConnectorError, PermanentError
from casebook.lengths import MENTION_ROOM, X_URL, Limit, graphemes, mastodon_length
from casebook.outbound import Outbound, Pace, Rules, Sent
from casebook.types import Batch, Cursor, Visibility
from connectors.lenient import mapping, mappings, moment, string
from connectors.mastodon_client import Client
from connectors.mastodon_poll import Poll
from connectors.mastodon_posts import (
    MENTION,
    QUOTE,
    answered,
    handle,
    is_private,
    person,
    same_text,
)
from connectors.opt_out import WORDS, Words
from connectors.web import Place, answer_lost, service_address

__all__ = ["MastodonAccount", "MastodonOptions"]

_QUOTES_SINCE = 7
"""The version of the API (4.5) that tells of quotes."""
_LONGEST = 500
"""Characters that every server takes."""
_POSTS = (Pace(300, 10_800),)
"""Mastodon's own limit for posts; that for requests, 300 in 5 minutes, is wider."""
_AT_ONCE = 20
"""Statuses that may be asked for together."""
_PAGE, _PAGES = 40, 10
"""How many of our own statuses are searched for one of them."""
_CLOCKS = timedelta(minutes=2)
"""How far the server's clock and ours may be apart."""
_ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)


class MastodonOptions(Table):
    """One account on one server."""

    base_url: Annotated[str, Field(pattern=r"^https?://[^\s/?#@]+$")]
    """The server's address, without a path: `https://mastodon.example`."""
    access_token: Secret
    """The access token of an application of the account, with the scopes read and
    write:statuses."""
    since: date | None = None
    """Posts older than this day (UTC) are left alone when the account is first connected."""
    page_size: Annotated[int, Field(ge=1, le=80)] = 40
    """Mentions asked for and recorded at once; of so many of the newest, edits are noticed."""
    opt_out: Words = WORDS
    """A private mention of one of these words alone says that its author wants no more of them."""
    timeout: Seconds = 30
    """Seconds to wait for the server at each request."""

    @field_validator("base_url")
    @classmethod
    def _encrypted(cls, value: str) -> str:
        return service_address(value)

    @property
    def host(self) -> str:
        """The server's name, with its port where it has one of its own."""
        return urlsplit(self.base_url).netloc.lower()


class MastodonAccount:
    """One account, as a `connectors.base.Source` and `Sender`, with `Rechecks`."""

    rules = Rules({Visibility.PUBLIC: _POSTS, Visibility.PRIVATE: _POSTS}, recheck_hours=24)

    def __init__(self, name: str, options: MastodonOptions) -> None:
        """`name` is the source's name in the record; nothing is sent yet."""
        self._options = options
        place = Place(options.base_url, "the server", "base_url", options.timeout)
        self._client = Client(place, options.access_token)

    def check(self) -> str:
        """As `connectors.base.Checked.check`: `https://host: @name, server 4.5.2, …`."""
        self._client.notifications([MENTION], 1)
        version = string(self._client.instance.get("version"), 40) or "of unknown version"
        most = self._longest.most
        return (
            f"{self._options.base_url}: @{handle(self._own)}, server {version}, {most} characters"
        )

    def poll(self, cursor: Cursor) -> Iterator[Batch]:
        """As `connectors.base.Source.poll`; the cursor is that of `connectors.mastodon_poll`."""
        types = [MENTION, QUOTE] if self._tells_quotes() else [MENTION]
        yield from Poll(self._client, self._options, self._number, types, cursor).batches()

    def limits(self, visibility: Visibility) -> tuple[Limit, ...]:
        """As `connectors.base.Sender.limits`, with room for the mention; while the server does not
        answer, what every server takes."""
        try:
            longest = self._longest
        except ConnectorError:
            longest = Limit(_LONGEST, mastodon_length)
        return (Limit(longest.most - MENTION_ROOM, longest.count),)

    def send(self, outbound: Outbound) -> Sent:
        """As `connectors.base.Sender.send`: a status that answers the post and mentions its author.

        Where the customer's post is not in the public timelines, neither is the reply.
        """
        self._must_fit(outbound.body)
        answers = self._answered(outbound)
        text = self._addressed(outbound, mapping(answers.get("account")))
        self._must_fit(text)
        visibility = "direct" if outbound.visibility is Visibility.PRIVATE else "public"
        if visibility == "public" and answers.get("visibility") == "unlisted":
            visibility = "unlisted"
        status = mapping(
            self._client.post(
                "status_post",
                text,
                in_reply_to_id=outbound.answers.external_id,
                visibility=visibility,
                language=outbound.language or None,
                idempotency_key=outbound.identity,
            )
        )
        if not string(status.get("id")):
            raise answer_lost(self._client.place)
        return _sent(status, outbound)

    def find_sent(self, outbound: Outbound) -> Sent | None:
        """As `connectors.base.Sender.find_sent`: among our statuses since, the one that answers the
        same post in the same words.

        One that the server is still taking is not seen yet; sent again under its key, which
        the server keeps for an hour, it stays one.
        """
        since = min(outbound.begun_at, now()) - _CLOCKS
        last: str | None = None
        for _ in range(_PAGES):
            page = self._client.get(
                "account_statuses", self._number, exclude_reblogs=True, max_id=last, limit=_PAGE
            )
            found = list(mappings(page))
            for status in found:
                if _is(status, outbound):
                    return _sent(status, outbound)
            written = [moment(status.get("created_at")) for status in found]
            if not found or any(at is not None and at < since for at in written):
                return None
            last = string(found[-1].get("id"))
        raise AmbiguousError(
            f"{self._options.base_url}: the account has posted too much since for the reply to be"
            " found: look whether it is there",
            code="not_found_yet",
        )

    def gone(self, external_ids: Sequence[str]) -> Iterator[str]:
        """As `connectors.base.Rechecks.gone`: posts that were deleted, or that the account is no
        longer shown."""
        for start in range(0, len(external_ids), _AT_ONCE):
            asked = list(external_ids[start : start + _AT_ONCE])
            shown = self._shown(asked)
            # Servers before 4.3 and others do not know the question for several.
            yield from (one for one in asked if one not in shown and not self._is_there(one))

    def _shown(self, numbers: list[str]) -> set[str]:
        try:
            found = self._client.get("statuses", numbers)
        except PermanentError as error:
            if error.code not in ("not_found", "request_refused"):
                raise
            return set()
        return {string(status.get("id")) for status in mappings(found)}

    def _is_there(self, number: str) -> bool:
        try:
            self._client.get("status", number)
        except PermanentError as error:
            if error.code != "not_found":
                raise
            return False
        return True

    @cached_property
    def _own(self) -> Mapping[str, Any]:
        return mapping(self._client.get("account_verify_credentials"))

    @property
    def _number(self) -> str:
        return string(self._own.get("id"))

    @cached_property
    def _longest(self) -> Limit:
        """How the server counts a status's length, and what it takes."""
        told = self._client.instance
        rules = mapping(mapping(told.get("configuration")).get("statuses"))
        # The second name is that of compatible servers.
        given = rules.get("max_characters") or told.get("max_toot_chars")
        most = given if isinstance(given, int) and given > MENTION_ROOM else _LONGEST
        reserved = rules.get("characters_reserved_per_url")
        if not isinstance(reserved, int):
            return Limit(most, graphemes)
        return Limit(most, partial(_length, reserved=reserved))

    def _tells_quotes(self) -> bool:
        version = mapping(self._client.instance.get("api_versions")).get("mastodon")
        return isinstance(version, int) and version >= _QUOTES_SINCE

    def _must_fit(self, text: str) -> None:
        if self._longest.count(text) > self._longest.most:
            raise PermanentError(
                f"{self._options.base_url}: the reply is longer than the server takes"
                f" ({self._longest.most} characters with the mention): shorten it",
                code="too_long",
            )

    def _answered(self, outbound: Outbound) -> Mapping[str, Any]:
        """The post that is answered, as it is now. Raises PermanentError where the reply would
        reach others than the customer meant."""
        status = mapping(self._client.get("status", outbound.answers.external_id))
        author = person(mapping(status.get("account")), self._options.host)
        if author != outbound.answers.author:
            raise PermanentError(
                f"{self._options.base_url}: the post is not the customer's: see that the account is"
                " still on this server, and answer another way",
                code="wrong_author",
            )
        if outbound.visibility is Visibility.PUBLIC and is_private(status):
            raise PermanentError(
                f"{self._options.base_url}: the customer wrote privately: answer privately",
                code="private_post",
            )
        return status

    def _addressed(self, outbound: Outbound, account: Mapping[str, Any]) -> str:
        """The reply with the mention without which its customer is not told of it."""
        name = handle(account)
        if not name:
            raise PermanentError(
                f"{self._options.base_url}: the customer's account has no name that can be"
                " mentioned: answer another way",
                code="no_handle",
            )
        mention = f"@{name}"
        begins = outbound.body.split(maxsplit=1)[:1] == [mention]
        return outbound.body if begins else f"{mention} {outbound.body}"


def _length(text: str, *, reserved: int) -> int:
    return mastodon_length(text) + (reserved - X_URL) * len(_ADDRESS.findall(text))


def _is(status: Mapping[str, Any], outbound: Outbound) -> bool:
    at = moment(status.get("created_at"))
    return (
        answered(status) == outbound.answers.external_id
        # A private reply that the server made public is ours too.
        and (outbound.visibility is Visibility.PRIVATE or not is_private(status))
        and at is not None
        and at >= min(outbound.begun_at, now()) - _CLOCKS
        and same_text(status, outbound.body)
    )


def _sent(status: Mapping[str, Any], outbound: Outbound) -> Sent:
    link = string(status.get("url"))
    at = moment(status.get("created_at")) or now()
    wrong = ""
    if outbound.visibility is Visibility.PRIVATE and not is_private(status):
        seen = string(status.get("visibility"), 40)
        wrong = f"the server made the private reply {seen}: delete it there, and write another way"
    return Sent(string(status.get("id")), at, link, wrong=wrong)
