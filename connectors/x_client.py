"""Requests to X's API v2, one at a time, through tweepy; nothing here waits or tries again."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import HTTPAdapter

from casebook.errors import AuthError, ConfigError, ConnectorError, TransientError
from connectors.oauth import AccessTokens
from connectors.web import Place, answer_lost, no_answer, unreadable
from connectors.x_errors import refusal, remaining
from connectors.x_options import XOptions

if TYPE_CHECKING:
    import tweepy

_HOSTS = ("https://api.twitter.com", "https://api.x.com")
"""Where tweepy sends its requests."""
_TELLTALE = ("tweepy", "oauthlib", "requests_oauthlib")
"""Loggers that write tokens and texts when asked for everything."""

# Both names of a field are read: X's specification renames what its guides still call a tweet.
POST_FIELDS = (
    "id,text,note_tweet,author_id,conversation_id,created_at,entities,referenced_tweets,"
    "attachments,edit_history_tweet_ids"
)
EXPANSIONS = "author_id,attachments.media_keys"
USER_FIELDS = "id,name,username"
MEDIA_FIELDS = "media_key,type,url,preview_image_url"
DM_FIELDS = "id,event_type,text,sender_id,created_at,dm_conversation_id,attachments,entities"


@dataclass(frozen=True, slots=True)
class Answer:
    """X's answer: its JSON object, and what is left of the endpoint's limit until when (None where
    it does not say)."""

    document: Mapping[str, Any]
    left: tuple[int, datetime] | None


class Client:
    """An account's way to X. Every call raises ConnectorError; none waits."""

    def __init__(self, options: XOptions, tokens: AccessTokens | None) -> None:
        """`tokens` are None where the account signs in with OAuth 1.0a. Nothing is sent yet."""
        self.at = f"{options.api_base} @{options.handle}"
        self.place = Place(self.at, "X", "api_base", options.timeout)
        self._options = options
        self._tokens = tokens
        self._gateway = _Gateway(options.api_base, options.timeout)
        self._made: tweepy.Client | None = None

    def mentions(self, size: int, **span: str) -> Answer:
        """Posts that mention the account, newest first; `span`: since_id, until_id,
        pagination_token."""
        return self._get(
            "mentions",
            "get_users_mentions",
            self._options.user_id,
            max_results=size,
            **_POSTS,
            **span,
        )

    def quotes(self, size: int, **span: str) -> Answer:
        """Posts of the last 7 days that quote one of the account's; `span` as for `mentions`."""
        if "pagination_token" in span:
            span["next_token"] = span.pop("pagination_token")
        handle = self._options.handle
        query = (
            f'(url:"x.com/{handle}/status" OR url:"twitter.com/{handle}/status") is:quote'
            f" -is:retweet -from:{handle}"
        )
        return self._get(
            "quotes", "search_recent_tweets", query, max_results=size, **_POSTS, **span
        )

    def dms(self, size: int, participant: str = "", **span: str) -> Answer:
        """Direct messages of the last 30 days, newest first, of all or with one participant;
        `span`: pagination_token."""
        return self._get(
            "dms",
            "get_direct_message_events",
            participant_id=participant or None,
            event_types="MessageCreate",
            max_results=size,
            dm_event_fields=DM_FIELDS,
            expansions="sender_id,attachments.media_keys",
            user_fields=USER_FIELDS,
            media_fields=MEDIA_FIELDS,
            **span,
        )

    def own_posts(self, since: datetime, **span: str) -> Answer:
        """The account's own posts from `since` on, newest first; `span`: pagination_token."""
        return self._get(
            "own posts",
            "get_users_tweets",
            self._options.user_id,
            start_time=since,
            max_results=100,
            exclude="retweets",
            tweet_fields=POST_FIELDS,
            **span,
        )

    def posts(self, ids: list[str]) -> Answer:
        """Which of these posts (100 at most) are still shown."""
        return self._get("lookup", "get_tweets", ids, tweet_fields="id")

    def me(self) -> Answer:
        """The account whose keys these are."""
        return self._get("the account", "get_me", user_fields=USER_FIELDS)

    def reply(self, post: str, text: str) -> Answer:
        """Answer a post. Raises AmbiguousError where the reply may stand there all the same."""
        return self._call(
            "posts",
            lambda client, **way: client.create_tweet(text=text, in_reply_to_tweet_id=post, **way),
            post=True,
        )

    def message(self, user: str, text: str) -> Answer:
        """Write to a user. Raises AmbiguousError as `reply` does."""
        return self._call(
            "messages",
            lambda client, **way: client.create_direct_message(
                participant_id=user, text=text, **way
            ),
            post=True,
        )

    def _get(self, endpoint: str, method: str, *arguments: Any, **parameters: Any) -> Answer:
        return self._call(
            endpoint,
            lambda client, **way: getattr(client, method)(*arguments, **parameters, **way),
        )

    def _call(self, endpoint: str, call: Callable[..., Any], *, post: bool = False) -> Answer:
        try:
            return self._once(endpoint, call, post=post)
        except AuthError as error:
            if self._tokens is None or error.code != "token_refused":
                raise
        # Refused, so not taken: a token may end before its time.
        assert self._made is not None
        self._made.bearer_token = self._tokens.renew()
        return self._once(endpoint, call, post=post)

    def _once(self, endpoint: str, call: Callable[..., Any], *, post: bool) -> Answer:
        client = self._client()
        self._gateway.last = None
        try:
            call(client, user_auth=self._tokens is None)
        except requests.RequestException as error:
            raise no_answer(error, self.place, post=post) from None
        except Exception:
            # tweepy trips over refusals whose body is not as it expects.
            if self._gateway.last is None:
                raise
        response = self._gateway.last
        if response is None:
            raise unreadable(self.place)
        return self._answer(endpoint, response, post=post)

    def _answer(self, endpoint: str, response: requests.Response, *, post: bool) -> Answer:
        lost = answer_lost(self.place) if post else unreadable(self.place)
        if not 200 <= response.status_code < 300:
            found = refusal(response, self.place, endpoint)
            raise lost if post and response.status_code >= 500 else found
        try:
            document = response.json()
        except (ValueError, RecursionError):
            raise lost from None
        if not isinstance(document, dict):
            raise lost
        return Answer(document, remaining(response.headers))

    def _client(self) -> tweepy.Client:
        if self._made is None:
            self._made = self._make()
        elif self._tokens is not None:
            self._made.bearer_token = self._tokens.current()
        return self._made

    def _make(self) -> tweepy.Client:
        import tweepy

        for name in _TELLTALE:
            logging.getLogger(name).setLevel(logging.WARNING)
        try:
            keys = _keys(self._options)
        except ConfigError as error:
            raise AuthError(str(error), code="secret_missing") from None
        token = self._tokens.current() if self._tokens else None
        client = tweepy.Client(bearer_token=token, return_type=requests.Response, **keys)
        # A redirect would carry what is sent to an address that nobody configured.
        client.session.max_redirects = 0
        for host in _HOSTS:
            client.session.mount(host, self._gateway)
        return client


_POSTS = {
    "tweet_fields": POST_FIELDS,
    "expansions": EXPANSIONS,
    "user_fields": USER_FIELDS,
    "media_fields": MEDIA_FIELDS,
}


def limited(error: ConnectorError) -> bool:
    """Whether a limit of X's is reached, so that other endpoints may still be asked."""
    return isinstance(error, TransientError) and error.code == "rate_limited"


def _keys(options: XOptions) -> dict[str, str]:
    table = options.oauth1
    if table is None:
        return {}
    return {name: getattr(table, name).reveal() for name in type(table).model_fields}


class _Gateway(HTTPAdapter):
    """Sends what is meant for X's own host to `base`, waits `timeout` seconds at most, and keeps
    the last answer."""

    def __init__(self, base: str, timeout: float) -> None:
        super().__init__()
        self._base = base
        self._timeout = timeout
        self.last: requests.Response | None = None

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> Any:
        url = request.url or ""
        for host in _HOSTS:
            if url.startswith(host):
                request.url = self._base + url.removeprefix(host)
        kwargs["timeout"] = self._timeout
        kwargs["stream"] = False
        self.last = None
        response = super().send(request, *args, **kwargs)
        # The body is read here, so that a connection that drops within it is told as such.
        _ = response.content
        self.last = response
        return response
