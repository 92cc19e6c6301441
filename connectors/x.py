"""An account on X: its mentions, quotes and direct messages come in, replies to them go out.

API v2, https://docs.x.com/x-api. Nothing here waits: a limit that is reached, X's or the budget's,
is a TransientError with `retry_at`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from casebook.clock import now
from casebook.config import settings
from casebook.errors import AmbiguousError, ConnectorError, PermanentError
from casebook.lengths import LIMITS, PRIVATE, Limit
from casebook.outbound import Outbound, Pace, Rules, Sent
from casebook.types import Batch, Cursor, Visibility
from connectors.lenient import mapping
from connectors.oauth import AccessTokens
from connectors.oauth_store import TokenStore
from connectors.web import answer_lost
from connectors.x_client import Answer, Client
from connectors.x_errors import DUPLICATE
from connectors.x_options import XOptions
from connectors.x_poll import Poll
from connectors.x_posts import (
    DM,
    answered,
    items,
    next_page,
    refused,
    same_text,
    written_at,
)
from connectors.x_state import Budget, State, Tally

__all__ = ["XAccount", "XOptions"]

_WINDOW = 900
_DAY = 86_400
_PUBLIC = (Pace(100, _WINDOW),)
_PRIVATE = (Pace(15, _WINDOW), Pace(1440, _DAY))
_LOOKED_UP = 100
_DM_PAGE = 20
"""Messages with a customer that are read at once, since each is paid for."""
_FOR_LOOKUPS = Fraction(1, 2)
"""How much of the budget may be used up when deleted posts are looked for."""
_PAGES = 10
"""Pages of our own posts that are searched for one of them."""
_CLOCKS = timedelta(minutes=2)
"""How far X's clock and ours may be apart."""


class XAccount:
    """One account, as a `connectors.base.Source` and `Sender`, with `Rechecks`."""

    def __init__(self, name: str, options: XOptions) -> None:
        """`name` is the source's name in the record; nothing is sent yet."""
        self._options = options
        self._client = Client(options, _tokens(name, options))
        self._tally = Tally(settings().var / "spent" / name)
        private = {Visibility.PRIVATE: _PRIVATE} if options.dms else {}
        self.rules = Rules(
            {Visibility.PUBLIC: _PUBLIC, **private}, after_contact=True, recheck_hours=24
        )

    def check(self) -> str:
        """As `connectors.base.Source.check`: `https://api.x.com: @handle (user_id)`."""
        found = self._client.me().document.get("data")
        user = mapping(found)
        if str(user.get("id")) != self._options.user_id:
            raise PermanentError(
                f"{self._client.at}: the keys are of another account than `user_id` names: correct"
                " it, or sign in as the right one",
                code="wrong_account",
            )
        if str(user.get("username")).lower() != self._options.handle.lower():
            raise PermanentError(
                f"{self._client.at}: the account has another handle by now: correct `handle`",
                code="wrong_handle",
            )
        return f"{self._options.api_base}: @{user['username']} ({self._options.user_id})"

    def told(self, cursor: Cursor) -> str:
        """As `connectors.base.Tells.told`: what was read and spent, and what the budget is."""
        return Budget(self._options, State.load(cursor), self._tally).told()

    def poll(self, cursor: Cursor) -> Iterator[Batch]:
        """As `connectors.base.Source.poll`: mentions, quotes and direct messages, each ascending.

        The cursor is that of `connectors.x_state.State`.
        """
        state = State.load(cursor)
        budget = Budget(self._options, state, self._tally)
        yield from Poll(self._client, self._options, state, budget).batches()

    def limits(self, visibility: Visibility) -> tuple[Limit, ...]:
        """As `connectors.base.Sender.limits`."""
        return (LIMITS if visibility is Visibility.PUBLIC else PRIVATE)["x"]

    def send(self, outbound: Outbound) -> Sent:
        """As `connectors.base.Sender.send`: a reply to the post, or a message to its author."""
        if outbound.visibility not in self.rules.ways:
            raise PermanentError(
                f"{self._client.at}: direct messages are switched off: set `dms = true`, or answer"
                " another way",
                code="no_such_way",
            )
        for limit in self.limits(outbound.visibility):
            if limit.count(outbound.body) > limit.most:
                raise PermanentError(
                    f"{self._client.at}: the reply is longer than X takes ({limit.most}): shorten"
                    " it",
                    code="too_long",
                )
        try:
            answer = self._post(outbound)
        except AmbiguousError:
            self._tally.add("posts", 1)
            raise
        except PermanentError as error:
            found = self._standing(outbound) if error.code == DUPLICATE else None
            if found is None:
                raise
            return found
        self._tally.add("posts", 1)
        return self._sent(outbound, answer.document)

    def find_sent(self, outbound: Outbound) -> Sent | None:
        """As `connectors.base.Sender.find_sent`: X has no key against doubles, so it is looked for
        among what the account wrote since: the same text, in answer to the same post or person."""
        since = min(outbound.begun_at, now()) - _CLOCKS
        public = outbound.visibility is Visibility.PUBLIC
        token = ""
        for _ in range(_PAGES):
            span = {"pagination_token": token} if token else {}
            answer = (
                self._client.own_posts(since, **span)
                if public
                else self._client.dms(_DM_PAGE, outbound.answers.author, **span)
            )
            found = list(items(answer.document))
            self._tally.add("reads", len(found))
            for item in found:
                if self._is(outbound, item, since):
                    return self._sent_as(outbound, item)
            token = next_page(answer.document)
            older = any((written_at(item) or now()) < since for item in found)
            if not token or older:
                return None
        raise AmbiguousError(
            f"{self._client.at}: the account has written too much since for the reply to be found:"
            " look whether it is there",
            code="not_found_yet",
        )

    def gone(self, external_ids: Sequence[str]) -> Iterator[str]:
        """As `connectors.base.Rechecks.gone`: posts that were deleted, or whose author is suspended
        or protects them by now. Direct messages cannot be asked for so, and stay. Raises
        TransientError where half of the budget is used up: the rest is for what comes in."""
        posts = [post for post in external_ids if not post.startswith(DM)]
        budget = Budget(self._options, State(), self._tally)
        for start in range(0, len(posts), _LOOKED_UP):
            asked = posts[start : start + _LOOKED_UP]
            budget.size(1, self._client.at, _FOR_LOOKUPS)
            answer = self._client.posts(asked)
            shown = {str(item.get("id")) for item in items(answer.document)}
            self._tally.add("reads", len(shown))
            lost = set(refused(answer.document)) - shown
            yield from (post for post in asked if post in lost)

    def _standing(self, outbound: Outbound) -> Sent | None:
        """The reply that an earlier try posted, where X takes no second one. Raises
        AmbiguousError."""
        try:
            return self.find_sent(outbound)
        except ConnectorError as error:
            raise AmbiguousError(str(error), error.code) from None

    def _post(self, outbound: Outbound) -> Answer:
        if outbound.visibility is Visibility.PUBLIC:
            return self._client.reply(outbound.answers.external_id, outbound.body)
        return self._client.message(outbound.answers.author, outbound.body)

    def _sent(self, outbound: Outbound, document: Mapping[str, Any]) -> Sent:
        data = document.get("data")
        item = mapping(data)
        number = item.get("id") or item.get("dm_event_id")
        if not isinstance(number, str):
            raise answer_lost(self._client.place)
        return self._sent_as(outbound, {"id": number})

    def _sent_as(self, outbound: Outbound, item: Mapping[str, Any]) -> Sent:
        number = str(item["id"])
        taken = written_at(item) if "created_at" in item else now()
        if outbound.visibility is Visibility.PRIVATE:
            return Sent(f"{DM}{number}", taken or now())
        link = f"https://x.com/{self._options.handle}/status/{number}"
        return Sent(number, taken or now(), link)

    def _is(self, outbound: Outbound, item: Mapping[str, Any], since: datetime) -> bool:
        written = written_at(item)
        if written is None or written < since:
            return False
        try:
            same = same_text(item, outbound.body)
        except ValueError:
            return False
        if outbound.visibility is Visibility.PUBLIC:
            return same and answered(item) == outbound.answers.external_id
        return same and str(item.get("sender_id")) == self._options.user_id


def _tokens(name: str, options: XOptions) -> AccessTokens | None:
    """Where this account's access tokens come from, unless it signs in with OAuth 1.0a."""
    if options.oauth2 is None:
        return None
    account = [options.user_id, options.oauth2.model_dump(mode="json")]
    store = TokenStore(settings().var / "tokens" / f"{name}.json", account)
    return AccessTokens(options.oauth2, options.timeout, store)
