"""Mastodon's client API by Mastodon.py, without its waits: what comes back is an answer or one of
our errors.

Calls: https://docs.joinmastodon.org/methods/, limits: https://docs.joinmastodon.org/api/rate-limits/
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import cached_property
from typing import Any

import requests

from casebook.config import Secret
from casebook.errors import AuthError, ConfigError, ConnectorError, PermanentError
from connectors.lenient import mapping
from connectors.web import (
    Place,
    allowed_at,
    answer_lost,
    limited,
    no_answer,
    out_of_service,
    redirected,
    unreadable,
)

WINDOW = timedelta(minutes=5)
"""How long a server counts the requests of an account."""
_TOKEN = re.compile(r"[\x21-\x7e]+")
_BUSY = 503


class Client:
    """One account on one server; nothing is connected before the first call."""

    def __init__(self, place: Place, token: Secret) -> None:
        """`place.at` is the server's address."""
        self.place = place
        self._token = token
        self._answer: requests.Response | None = None

    def get(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """What a method of Mastodon.py returns that only reads. Raises a ConnectorError."""
        return self._call(method, args, kwargs, post=False)

    def post(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """What a method of Mastodon.py returns that posts. Raises a ConnectorError; AmbiguousError
        where it may have been taken all the same."""
        return self._call(method, args, kwargs, post=True)

    def notifications(self, types: Sequence[str], limit: int, min_id: str | None = None) -> Any:
        """Notifications, newest first: those next after `min_id`, else the newest of all.

        With those that the account's own settings filter: they hide strangers, as customers are.
        """
        # Mastodon.py has no argument for it.
        self._session.params = {"include_filtered": "true"}
        try:
            return self.get("notifications", types=list(types), limit=limit, min_id=min_id)
        finally:
            self._session.params = {}

    @cached_property
    def instance(self) -> Mapping[str, Any]:
        """What the server tells of itself, of version 2 or, where it has none, 1."""
        try:
            return mapping(self.get("instance_v2"))
        except PermanentError as error:
            if error.code != "not_found":
                raise
        return mapping(self.get("instance_v1"))

    @cached_property
    def _session(self) -> requests.Session:
        session = requests.Session()
        # A redirect would turn a post into a request that only reads.
        session.max_redirects = 0
        session.hooks["response"].append(self._keep)
        return session

    @cached_property
    def _api(self) -> Any:
        from mastodon import Mastodon

        try:
            token = self._token.reveal()
        except ConfigError as error:
            raise AuthError(str(error), code="secret_missing") from None
        if not _TOKEN.fullmatch(token):
            raise AuthError(
                f"{self.place.at}: what `access_token` names is no token: store it as one line",
                code="token_malformed",
            )
        return Mastodon(
            access_token=token,
            api_base_url=self.place.at,
            ratelimit_method="throw",
            request_timeout=self.place.timeout,
            session=self._session,
            user_agent="madoguchi",
        )

    def _keep(self, response: requests.Response, **_: Any) -> None:
        self._answer = response

    def _call(self, method: str, args: Any, kwargs: Any, *, post: bool) -> Any:
        api, self._answer = self._api, None
        try:
            return getattr(api, method)(*args, **kwargs)
        except Exception as error:  # Whatever the library makes of an answer, its status counts.
            raise self._meaning(error, post) from None

    def _meaning(self, error: Exception, post: bool) -> ConnectorError:
        answer = self._answer
        if answer is None:
            cause = error.__context__
            if isinstance(cause, requests.RequestException):
                return no_answer(cause, self.place, post=post)
            raise error
        if answer.status_code < 300:
            return answer_lost(self.place) if post else unreadable(self.place)
        return refusal(answer, self.place, post=post)


def refusal(answer: requests.Response, place: Place, *, post: bool) -> ConnectorError:
    """Our error for an answer that is none of 2xx."""
    status, at = answer.status_code, place.at
    if status < 400:
        return redirected(place)
    if status == 429:
        return limited(place, allowed_at(answer.headers, "X-RateLimit-Reset", WINDOW))
    if status == 401:
        return AuthError(
            f"{at}: the access token is not accepted: make a new one in the account's settings"
            " (Development), and store it",
            code="token_refused",
        )
    if status == 403:
        return AuthError(
            f"{at}: the application may not do this: give it the scopes read and write:statuses,"
            " make a new access token, and see that the account is not suspended",
            code="permission_missing",
        )
    if status in (404, 410):
        return PermanentError(
            f"{at}: it is not there: the post was deleted, or is not shown to the account",
            code="not_found",
        )
    # A gateway's 502 and 504, and a crash while the post was passed on, do not tell whether it is
    # there.
    if status >= 500:
        return answer_lost(place) if post and status != _BUSY else out_of_service(place, status)
    return PermanentError(
        f"{at}: the server refuses the request (HTTP {status}): see that `base_url` is right and"
        " that the account may post there",
        code="request_refused",
    )
