"""Access tokens for mailboxes that take no password: from a command or from a token endpoint.

The refresh grant is RFC 6749 §6, its errors §5.2. Known endpoints:
Gmail `https://oauth2.googleapis.com/token`, scope `https://mail.google.com/`
(https://developers.google.com/identity/protocols/oauth2); Microsoft 365
`https://login.microsoftonline.com/TENANT/oauth2/v2.0/token`, scope
`https://outlook.office.com/IMAP.AccessAsUser.All offline_access`
(https://learn.microsoft.com/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth).
"""

from __future__ import annotations

import ipaddress
import logging
import re
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Any, Literal, Self
from urllib.parse import quote_plus, urlsplit

from pydantic import Field, field_validator, model_validator

from casebook import clock
from casebook.config import Secret, Table
from casebook.errors import AccountError, AuthError, ConfigError, ConnectorError, TransientError
from connectors.oauth_store import Kept, TokenStore, digest, replace_file

log = logging.getLogger(__name__)

# RFC 6750 §2.1 (b64token). Anything else could break out of the SASL exchange.
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")
_EXPIRY_MARGIN = timedelta(seconds=60)
_LONGEST_LIFE = timedelta(days=1)
_UNSTATED_LIFE = timedelta(minutes=10)
"""How long a token is used that came without its end: those of a command always do."""


class OAuth2Options(Table):
    """How an access token is had: a `command`, or a `token_endpoint` with what it asks for."""

    command: Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    """Program and arguments that print an access token on their first line."""
    token_endpoint: str | None = None
    """Address that turns the refresh token into access tokens (https)."""
    client_id: str | None = None
    """The application's identifier as registered with the provider."""
    client_secret: Secret | None = None
    """The application's secret; public clients have none."""
    refresh_token: Secret | None = None
    """The refresh token. In a file that we may write, a renewed one replaces it there; otherwise
    it is kept in `var` and used as long as the one here stays the same."""
    client_auth: Literal["body", "basic"] = "body"
    """How the application's secret travels (RFC 6749 §2.3.1): in the request's `body`, or as HTTP
    `basic` authentication, as X wants it."""
    scope: str | None = None
    """Scopes asked for, separated by blanks; most providers need none on refresh."""

    @field_validator("token_endpoint")
    @classmethod
    def _encrypted(cls, value: str | None) -> str | None:
        if value is not None:
            parts = urlsplit(value)
            plain = parts.scheme == "http" and is_loopback(parts.hostname or "")
            if not parts.hostname or not (parts.scheme == "https" or plain):
                raise ValueError("give an https address: the refresh token travels to it")
        return value

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        endpoint = (self.token_endpoint, self.client_id, self.refresh_token)
        rest = (*endpoint, self.client_secret, self.scope)
        if self.command is not None and any(part is not None for part in rest):
            raise ValueError("give `command`, or `token_endpoint` and its keys, not both")
        if self.command is None and any(part is None for part in endpoint):
            raise ValueError("give `command`, or `token_endpoint`, `client_id` and `refresh_token`")
        return self


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine by definition (RFC 6761 §6.3)."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


class AccessTokens:
    """Access tokens of one account, kept while they last. Not safe for use by several threads."""

    def __init__(
        self, options: OAuth2Options, timeout: float, store: TokenStore | None = None
    ) -> None:
        """`timeout` (seconds) bounds the command, and each wait for the endpoint. Without a
        `store` nothing is kept beyond this object's life."""
        self._options = options
        self._timeout = timeout
        self._store = store
        self._kept = Kept()

    def current(self) -> str:
        """The access token at hand, or a new one. Raises as `renew` does."""
        if not self._kept.access_token:
            self._load()
        kept = self._kept
        return kept.access_token if clock.now() < kept.expires else self.renew()

    def renew(self) -> str:
        """A new access token, whatever the old one is worth.

        Raises AuthError where it is refused, TransientError where the endpoint or the command is
        out of service, AccountError where either is set up wrongly.
        """
        # Another process may have been given a new refresh token meanwhile.
        self._load()
        token, life = self._by_command() if self._options.command else self._by_endpoint()
        if not _TOKEN.fullmatch(token):
            raise AuthError(
                "what was given as access token is none: see that the command or endpoint of"
                " `oauth2` answers with the token alone",
                code="token_malformed",
            )
        self._save(replace(self._kept, access_token=token, expires=clock.now() + life))
        return token

    def _load(self) -> None:
        if self._store is not None:
            self._kept = self._store.load()

    def _save(self, kept: Kept) -> bool:
        """Whether it is kept beyond this object's life."""
        self._kept = kept
        if self._store is not None and not self._store.save(kept):
            # What lies there is older than what is at hand.
            self._store = None
        return self._store is not None

    def _by_command(self) -> tuple[str, timedelta]:
        command = self._options.command
        assert command is not None
        try:
            # Runs what the operator's own configuration names; no shell reads it.
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=self._timeout,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise TransientError(
                f"token command {command[0]} gave no token within {self._timeout:g} seconds",
                code="token_command_timeout",
            ) from None
        except OSError as error:
            raise AccountError(
                f"token command {command[0]} does not run: {error.strerror}",
                code="token_command_failed",
            ) from None
        if done.returncode != 0:
            # Its output stays out of the text: it may hold the secret.
            raise AuthError(
                f"token command {command[0]} ended with exit code {done.returncode}: run it by"
                " hand to see why, and sign in again if it says so",
                code="token_command_failed",
            )
        lines = done.stdout.decode("utf-8", "replace").split("\n", 1)
        return lines[0].strip(), _UNSTATED_LIFE

    def _by_endpoint(self) -> tuple[str, timedelta]:
        answer = self._ask_endpoint()
        renewed = answer.get("refresh_token")
        if isinstance(renewed, str) and renewed:
            self._keep(renewed)
        return str(answer.get("access_token", "")), _life(answer.get("expires_in"))

    def _ask_endpoint(self) -> Mapping[str, Any]:
        import requests

        url = self._options.token_endpoint
        assert url is not None
        host = urlsplit(url).hostname
        try:
            # A redirect would carry the secrets to an address that nobody configured.
            response = requests.post(
                url,
                data=self._form(),
                auth=self._basic(),
                timeout=self._timeout,
                allow_redirects=False,
            )
        except requests.exceptions.SSLError:
            raise AccountError(
                f"token endpoint {host}: its certificate is not trusted: correct `token_endpoint`",
                code="bad_certificate",
            ) from None
        except requests.RequestException:
            raise TransientError(
                f"token endpoint {host} cannot be reached", code="token_endpoint_unreachable"
            ) from None
        try:
            answer = response.json()
        except ValueError:
            answer = None
        if response.ok and isinstance(answer, dict) and "access_token" in answer:
            return answer
        raise _refusal(host or "", response.status_code, answer)

    def _form(self) -> dict[str, str]:
        options = self._options
        assert options.client_id is not None
        try:
            form = {
                "grant_type": "refresh_token",
                "refresh_token": self._refresh_token(),
                "client_id": options.client_id,
            }
            if options.client_secret is not None and options.client_auth == "body":
                form["client_secret"] = options.client_secret.reveal()
        except ConfigError as error:
            raise AuthError(str(error), code="secret_missing") from None
        if options.scope:
            form["scope"] = options.scope
        return form

    def _basic(self) -> tuple[str, str] | None:
        options = self._options
        if options.client_secret is None or options.client_auth == "body":
            return None
        try:
            # Both are encoded first (RFC 6749 §2.3.1).
            return quote_plus(options.client_id or ""), quote_plus(options.client_secret.reveal())
        except ConfigError as error:
            raise AuthError(str(error), code="secret_missing") from None

    def _refresh_token(self) -> str:
        """The refresh token in force. Raises ConfigError where there is none."""
        place = self._options.refresh_token
        assert place is not None
        given = place.reveal()
        # A person who puts another one there has signed in again.
        kept = self._kept
        return kept.renewed if kept.renewed and kept.instead_of == digest(given) else given

    def _keep(self, renewed: str) -> None:
        """Store a rotated refresh token: the old one may be dead from now on (RFC 6749 §6)."""
        place = self._options.refresh_token
        assert place is not None
        if renewed == self._refresh_token():
            return
        if place.file is not None:
            with suppress(OSError):
                replace_file(place.file, renewed)
                self._kept = Kept()
                return
        instead_of = digest(place.reveal())
        first = self._kept.instead_of != instead_of
        self._save(replace(self._kept, renewed=renewed, instead_of=instead_of))
        if first:
            log.warning(
                "the token endpoint renews its refresh token, and %s cannot be rewritten: the new"
                ' one is kept in %s; better name a file that may be written: { file = "PATH" }',
                f"file {place.file}" if place.file else f"environment variable {place.env}",
                self._store.path if self._store else "memory only",
            )


def _life(seconds: object) -> timedelta:
    """How long a token may be used whose `expires_in` this is (RFC 6749 §5.1: a number; some
    endpoints send it as a string, some none)."""
    if isinstance(seconds, int | float | str):
        with suppress(ValueError, OverflowError):
            return min(timedelta(seconds=float(seconds)), _LONGEST_LIFE) - _EXPIRY_MARGIN
    return _UNSTATED_LIFE


def _refusal(host: str, status: int, answer: object) -> ConnectorError:
    """What an answer without a token means (RFC 6749 §5.2); only known words are passed on."""
    word = answer.get("error") if isinstance(answer, dict) else None
    if word in ("invalid_grant", "interaction_required"):
        return AuthError(
            f"token endpoint {host}: the refresh token has expired or was revoked: sign in again"
            " and store the new one",
            code="token_expired",
        )
    if word in ("invalid_client", "unauthorized_client"):
        return AuthError(
            f"token endpoint {host}: client refused: correct `client_id` and `client_secret`",
            code="oauth2_client_refused",
        )
    if status >= 500 or status in (408, 429) or word == "temporarily_unavailable":
        return TransientError(
            f"token endpoint {host} is out of service (HTTP {status})",
            code="token_endpoint_unreachable",
        )
    return AccountError(
        f"token endpoint {host} gives no token (HTTP {status}): see that `token_endpoint` and"
        " `scope` are what the provider documents",
        code="token_endpoint_refused",
    )
