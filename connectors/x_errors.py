"""What X's refusals mean for us, in one line that says how to mend it.

X's own words never reach an error's text: they may repeat what it was sent. Statuses and problem
types: https://docs.x.com/x-api/fundamentals/response-codes-and-errors
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import requests

from casebook.clock import now
from casebook.errors import (
    AccountError,
    AuthError,
    ConnectorError,
    PermanentError,
    TransientError,
)
from connectors.web import Place, bounded, out_of_service, redirected

WINDOW = timedelta(minutes=15)
"""How long X counts the requests of an account to an endpoint."""
DUPLICATE = "duplicate_content"
"""The code where X says that the same text is posted already."""
_COUNTS = ("x-user-limit-24hour", "x-app-limit-24hour", "x-rate-limit")
"""X's limits in an answer's headers, that of the longest wait first."""


def refusal(response: requests.Response, place: Place, endpoint: str) -> ConnectorError:
    """Our error for an answer that is none of 2xx."""
    at = place.at
    status, problem = response.status_code, _problem(response)
    if status < 400:
        return redirected(place)
    if status == 429:
        until = retry_at(response)
        return TransientError(
            f"{at}: X's limit for {endpoint} is reached; it goes on at {until:%H:%M} UTC",
            code="rate_limited",
            retry_at=until,
        )
    if status == 401:
        return AuthError(
            f"{at}: X does not accept the keys: renew them in the developer console, or sign in"
            " again, and store the new ones",
            code="token_refused",
        )
    if status == 402:
        return AccountError(
            f"{at}: the credit at X is used up: buy more in the developer console",
            code="credit_used_up",
        )
    if status == 403:
        return _forbidden(problem, at, endpoint)
    if status == 404:
        return PermanentError(f"{at}: {endpoint}: X knows no such post or user", code="not_found")
    if status >= 500:
        return out_of_service(place, status)
    return PermanentError(
        f"{at}: X refuses the request to {endpoint} (HTTP {status}): see that `api_base`,"
        " `user_id` and `handle` are right",
        code="request_refused",
    )


def _forbidden(problem: str, at: str, endpoint: str) -> PermanentError:
    if "duplicate content" in problem:
        return PermanentError(
            f"{at}: X takes no text twice, and says that this one is posted: look at the account's"
            " posts, and change the wording if the reply is not among them",
            code=DUPLICATE,
        )
    if any(word in problem for word in ("permissions", "client-forbidden", "client-not-enrolled")):
        return AuthError(
            f"{at}: the application may not use {endpoint}: give it the right to read and write"
            " posts and direct messages in the developer console, and sign in again",
            code="permission_missing",
        )
    if endpoint == "posts":
        return PermanentError(
            f"{at}: X does not let this post be answered: a reply is allowed only where the post"
            " mentions or quotes the account, and its author takes replies; answer another way",
            code="reply_not_allowed",
        )
    if endpoint == "messages":
        return PermanentError(
            f"{at}: X does not let this person be written to: they must have written first, and"
            " take messages of the account; answer another way",
            code="dm_not_allowed",
        )
    return PermanentError(
        f"{at}: X gives no access to {endpoint}: see what the application's plan and scopes"
        " allow, or switch off what they do not (`mentions`, `quotes`, `dms`)",
        code="access_refused",
    )


def remaining(headers: Mapping[str, str]) -> tuple[int, datetime] | None:
    """How many requests are left of the endpoint's limit, and when it begins anew; None where an
    answer does not say."""
    with suppress(KeyError, ValueError, OverflowError, OSError):
        left = int(headers["x-rate-limit-remaining"])
        return left, bounded(datetime.fromtimestamp(int(headers["x-rate-limit-reset"]), UTC))
    return None


def retry_at(response: requests.Response) -> datetime:
    """When a limit that is reached begins anew; where the answer does not say, a window later."""
    for name in _COUNTS:
        with suppress(KeyError, ValueError, OverflowError, OSError):
            if int(response.headers.get(f"{name}-remaining", "0")) <= 0:
                reset = int(response.headers[f"{name}-reset"])
                return bounded(datetime.fromtimestamp(reset, UTC))
    return now() + WINDOW


def _problem(response: requests.Response) -> str:
    """The words of a problem (RFC 9457) that tell kinds of refusal apart."""
    try:
        document = response.json()
    except (ValueError, RecursionError):
        return ""
    words = ("detail", "title", "type", "reason")
    found = [document.get(word, "") for word in words] if isinstance(document, dict) else []
    return json.dumps(found, ensure_ascii=False)[:2000].lower()
