"""What a refusal means for us, in one line that says how to mend it.

The server's own words never reach an error's text: they may repeat what it was sent. Errors:
https://atproto.com/specs/xrpc#error-responses and the lexicons of the methods; limits:
https://docs.bsky.app/docs/advanced-guides/rate-limits
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from casebook.errors import (
    AccountError,
    AuthError,
    ConnectorError,
    PermanentError,
)
from connectors.web import Place, allowed_at, limited, out_of_service, redirected

_WINDOW = timedelta(minutes=5)
"""How long a server counts the requests of an address."""
_NOT_TO_BE_WRITTEN_TO = {
    "AccountSuspended",
    "BlockedActor",
    "BlockedSubject",
    "ConvoLocked",
    "InvalidConvo",
    "MessagesDisabled",
    "NotFollowedBySender",
    "RecipientNotFound",
}


class Refused(PermanentError):
    """A method that was refused; `word` is the protocol's name for why, "" for none."""

    def __init__(self, message: str, code: str, word: str) -> None:
        super().__init__(message, code)
        self.word = word


def refusal(
    status: int, headers: Mapping[str, str], word: str, place: Place, method: str
) -> ConnectorError:
    """Our error for an answer that is none of 2xx. `word`: the protocol's name for the error."""
    at = place.at
    if status < 400:
        return redirected(place)
    if status == 429:
        return limited(place, allowed_at(headers, "ratelimit-reset", _WINDOW))
    if status >= 500:
        return out_of_service(place, status)
    if word in ("AccountTakedown", "AccountDeactivated", "RepoTakendown", "RepoDeactivated"):
        return AccountError(
            f"{at}: the account is suspended or deactivated: settle it with the server's operator",
            code="account_suspended",
        )
    if word in _NOT_TO_BE_WRITTEN_TO and method.startswith("chat."):
        return PermanentError(
            f"{at}: this person cannot be written to: they are gone, block the account, or take"
            " messages only of those they follow; answer another way",
            code="dm_not_allowed",
        )
    if status == 401 or word in ("ExpiredToken", "InvalidToken"):
        return AuthError(
            f"{at}: the server no longer accepts the session: see that the app password still"
            " exists",
            code="token_refused",
        )
    return Refused(
        f"{at}: the server refuses {method} (HTTP {status}): see that `base_url`, `identifier` and"
        " `chat_did` are right",
        "request_refused",
        word,
    )


def about_convo(error: PermanentError) -> bool:
    """Whether only the conversation that was asked for is refused."""
    return error.code in ("dm_not_allowed", "request_refused")


def login_refused(word: str, at: str) -> AuthError:
    """Our error where the server does not let the account in."""
    if word == "AuthFactorTokenRequired":
        return AuthError(
            f"{at}: the server asks for a code by mail: store an app password, not the account's"
            " own",
            code="app_password_needed",
        )
    return AuthError(
        f"{at}: the server does not accept the app password: make a new one in the account's"
        " settings and store it, and see that `identifier` is the account's",
        code="login_refused",
    )


def no_chat(at: str) -> AuthError:
    """Our error where the app password opens posts, but no direct messages."""
    return AuthError(
        f"{at}: the app password gives no access to direct messages: make one that does, or set"
        " `dms = false`",
        code="dm_access_missing",
    )
