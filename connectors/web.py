"""What connectors that speak HTTP share: to which addresses they speak, and what silence means.

Texts of the network's own errors are not passed on: they may repeat what was sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError

from casebook.clock import now
from casebook.errors import AccountError, AmbiguousError, ConnectorError, TransientError
from connectors.oauth import is_loopback

_LONGEST = timedelta(hours=25)
"""Somewhat more than the longest limit that any service counts: of a day."""
_AFTER_HANDSHAKE = ("EOF", "RECORD_MAC")
"""What TLS says of a connection that breaks later than in its handshake."""


@dataclass(frozen=True, slots=True)
class Place:
    """Whom we talk to: `at` names the account in an error's text, `option` the key of the
    configuration that leads there. `timeout` in seconds."""

    at: str
    service: str
    option: str
    timeout: float


def service_address(value: str) -> str:
    """An address to which an account's secrets may travel, without a slash at its end. Raises
    ValueError."""
    parts = urlsplit(value)
    plain = parts.scheme == "http" and is_loopback(parts.hostname or "")
    if not parts.hostname or not (parts.scheme == "https" or plain):
        raise ValueError("give an https address: the account's keys travel to it")
    if parts.username or parts.query or parts.fragment:
        raise ValueError("give an address without user name, query and fragment")
    return value.rstrip("/")


def no_answer(error: requests.RequestException, place: Place, *, post: bool) -> ConnectorError:
    """Our error for a request without an answer. With `post`, what may have been taken all the same
    is ambiguous."""
    at, option = place.at, place.option
    if isinstance(error, requests.TooManyRedirects):
        return redirected(place)
    if isinstance(error, ValueError) and not isinstance(error, requests.JSONDecodeError):
        return AccountError(
            f"{at}: no request can be made of this: correct `{option}`, and see that the token is"
            " stored as one line",
            code="request_impossible",
        )
    early = _before_request(error)
    if early and isinstance(error, requests.exceptions.SSLError):
        return AccountError(
            f"{at}: no trusted TLS there: correct `{option}`, or have the system trust the"
            " authority that signed its certificate",
            code="tls_failed",
        )
    if early:
        return TransientError(
            f"{at}: {place.service} cannot be reached: see that `{option}` is right and the network"
            " is up",
            code="host_unreachable",
        )
    if post:
        return answer_lost(place)
    if isinstance(error, requests.Timeout):
        return TransientError(
            f"{at}: no answer from {place.service} within {place.timeout:g} seconds; the next try"
            " asks again",
            code="timeout",
        )
    return TransientError(
        f"{at}: the connection to {place.service} was lost; the next try asks again",
        code="connection_lost",
    )


def answer_lost(place: Place) -> AmbiguousError:
    """Our error where a reply may be posted, and nobody said so."""
    return AmbiguousError(
        f"{place.at}: {place.service}'s answer was lost, so the reply may be posted: it is looked"
        " up before anything else is done",
        code="answer_lost",
    )


def unreadable(place: Place) -> TransientError:
    """Our error for an answer that is none."""
    return TransientError(
        f"{place.at}: {place.service}'s answer is unreadable: see that `{place.option}` is right",
        code="answer_unreadable",
    )


def redirected(place: Place) -> AccountError:
    """Our error for an address that sends elsewhere: the token would travel there too."""
    return AccountError(
        f"{place.at}: the address sends elsewhere: let `{place.option}` name the one that answers"
        " itself",
        code="redirected",
    )


def out_of_service(place: Place, status: int) -> TransientError:
    """Our error for a service that says it cannot answer now."""
    return TransientError(
        f"{place.at}: {place.service} is out of service (HTTP {status}); the next try asks again",
        code="server_busy",
    )


def limited(place: Place, until: datetime) -> TransientError:
    """Our error for a limit that is reached until then."""
    return TransientError(
        f"{place.at}: {place.service}'s limit is reached; it goes on at {until:%H:%M} UTC",
        code="rate_limited",
        retry_at=until,
    )


def allowed_at(headers: Mapping[str, str], reset: str, otherwise: timedelta) -> datetime:
    """When a limit ends: by `Retry-After` or the header `reset` (seconds since 1970, or ISO 8601),
    else `otherwise` from now, as `bounded` has it."""
    at = now() + otherwise
    with suppress(KeyError, ValueError, OverflowError, OSError):
        at = _moment(headers[reset])
    with suppress(KeyError, ValueError, OverflowError):
        at = now() + timedelta(seconds=float(headers["Retry-After"]))
    return bounded(at)


def bounded(at: datetime) -> datetime:
    """When a limit ends that a service says to end `at`: never in the past, nor more than 25 hours
    ahead."""
    return min(max(at, now() + timedelta(seconds=1)), now() + _LONGEST)


def _moment(text: str) -> datetime:
    if text.isdigit():
        return datetime.fromtimestamp(int(text), UTC)
    found = datetime.fromisoformat(text)
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def _before_request(error: requests.RequestException) -> bool:
    """Whether it failed while the connection was made, so that nothing can have been taken."""
    if isinstance(error, requests.exceptions.ProxyError):
        return True
    cause: object = error.args[0] if error.args else None
    if isinstance(cause, MaxRetryError):
        cause = cause.reason
    if isinstance(error, requests.exceptions.SSLError):
        return not any(word in str(cause) for word in _AFTER_HANDSHAKE)
    return isinstance(cause, NewConnectionError | ConnectTimeoutError)
