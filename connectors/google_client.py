"""Google's Business Profile API: requests with an access token, and what its refusals mean for us.

Calls: https://developers.google.com/my-business/reference/rest/v4/accounts.locations.reviews and,
for the list of locations, …/businessinformation/rest/v1/accounts.locations/list; limits:
https://developers.google.com/my-business/content/limits. Google's own words never reach an error's
text: they may repeat what was sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import cached_property
from typing import Any

import requests

from casebook.errors import AccountError, AuthError, ConnectorError, PermanentError
from connectors.lenient import mapping, string
from connectors.oauth import AccessTokens
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

WINDOW = timedelta(minutes=1)
"""How long Google counts requests (300 a minute)."""


class Client:
    """One account; nothing is connected before the first call."""

    def __init__(self, place: Place, tokens: AccessTokens) -> None:
        """`place.at` names the account in errors' texts."""
        self._place = place
        self._tokens = tokens

    def get(self, url: str, **query: str | int) -> Mapping[str, Any]:
        """The document there. Raises a ConnectorError; code "not_found" where there is none."""
        return self._asked("GET", url, {"params": query})

    def put(self, url: str, document: Mapping[str, Any]) -> Mapping[str, Any]:
        """What the service made of `document`. Raises a ConnectorError; AmbiguousError where it
        may have been taken all the same."""
        return self._asked("PUT", url, {"json": document})

    def pages(self, url: str, **query: str | int) -> Iterator[Mapping[str, Any]]:
        """The pages of a list, until the last or one that was given before."""
        seen: set[str] = set()
        token = ""
        while token not in seen:
            seen.add(token)
            page = self.get(url, **query, **({"pageToken": token} if token else {}))
            yield page
            token = string(page.get("nextPageToken"), 4_000)
            if not token:
                return

    @cached_property
    def _session(self) -> requests.Session:
        session = requests.Session()
        # Else a .netrc with this host would take the place of the token.
        session.auth = lambda request: request
        return session

    def _asked(self, method: str, url: str, content: dict[str, Any]) -> Mapping[str, Any]:
        answer = self._answer(method, url, content, self._tokens.current())
        if answer.status_code == 401:
            # It may have been revoked before its time.
            answer = self._answer(method, url, content, self._tokens.renew())
        if method == "PUT" and answer.status_code >= 500:
            raise answer_lost(self._place)
        if answer.status_code != 200:
            raise refusal(answer, self._place)
        try:
            return mapping(answer.json())
        except (ValueError, RecursionError):
            lost = answer_lost if method == "PUT" else unreadable
            raise lost(self._place) from None

    def _answer(
        self, method: str, url: str, content: dict[str, Any], token: str
    ) -> requests.Response:
        try:
            return self._session.request(
                method,
                url,
                headers={"Authorization": f"Bearer {token}"},
                timeout=self._place.timeout,
                allow_redirects=False,
                **content,
            )
        except requests.RequestException as error:
            raise no_answer(error, self._place, post=method == "PUT") from None


def refusal(answer: requests.Response, place: Place) -> ConnectorError:
    """Our error for an answer other than 200."""
    status, at = answer.status_code, place.at
    if status < 400:
        return redirected(place)
    if status == 429:
        return limited(place, allowed_at(answer.headers, "", WINDOW))
    if status == 401:
        return AuthError(
            f"{at}: Google does not accept the access token, a fresh one too: sign in again with"
            " the scope business.manage, and store the new refresh token",
            code="token_refused",
        )
    if status == 403:
        return AccountError(
            f"{at}: Google gives no access: make the user a manager of the location, see that it is"
            " verified, and that the Business Profile API is enabled for the project",
            code="permission_missing",
        )
    if status == 404:
        return PermanentError(
            f"{at}: Google does not know it: the review was deleted, or `account` or `locations`"
            " is wrong",
            code="not_found",
        )
    if status >= 500:
        return out_of_service(place, status)
    return PermanentError(
        f"{at}: Google refuses the request (HTTP {status}): see that `api_base`, `account` and"
        " `locations` are right",
        code="request_refused",
    )
