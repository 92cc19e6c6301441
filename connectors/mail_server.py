"""What every mail server has in common, whichever way mail goes: its address, TLS, a login, and
what the network's failures mean."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self
from urllib.parse import quote

from pydantic import Field, field_validator, model_validator

from casebook.config import Secret, Table, config_folder, settings
from casebook.errors import AccountError, AuthError, ConfigError, ConnectorError, TransientError
from connectors.oauth import AccessTokens, OAuth2Options, is_loopback
from connectors.oauth_store import TokenStore

Printable = Annotated[str, Field(min_length=1, pattern=r"^[^\x00-\x1f\x7f]+$")]
"""Text without control characters: one could end the command line that carries it."""


class ServerOptions(Table):
    """One account on one mail server."""

    SCHEME: ClassVar[str]
    PORTS: ClassVar[dict[str, int]]

    host: Annotated[str, Field(pattern=r"^[^\s/@]+$")]
    """Name or address of the server; with TLS, a name its certificate holds."""
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    """Port; left out, the usual one of the protocol and `tls`."""
    tls: Literal["tls", "starttls", "none"] = "tls"
    """`tls` from the first byte, `starttls`, or `none`, which is taken for this machine only."""
    ca_file: Path | None = None
    """PEM file of the authority that signed the server's certificate, relative to the
    configuration file; left out, the system's."""
    username: Printable | None = None
    """The account's name as the server knows it, usually its address."""
    password: Secret | None = None
    """The account's password. Give this or `oauth2`."""
    oauth2: OAuth2Options | None = None
    """Where access tokens come from, for servers that take XOAUTH2 (Gmail, Microsoft 365)."""

    @field_validator("ca_file")
    @classmethod
    def _beside_config(cls, value: Path | None) -> Path | None:
        return None if value is None else config_folder() / value.expanduser()

    @model_validator(mode="after")
    def _encrypted(self) -> Self:
        if self.tls == "none" and not is_loopback(self.host):
            raise ValueError('tls = "none" is for this machine only: use "tls" or "starttls"')
        return self

    @property
    def address(self) -> str:
        """The account as a URL without path (RFC 5092 §2); holds no secret."""
        scheme = f"{self.SCHEME}s" if self.tls == "tls" else self.SCHEME
        host = f"[{self.host}]" if ":" in self.host else self.host
        user = f"{quote(self.username, safe='')}@" if self.username else ""
        return f"{scheme}://{user}{host}:{self.tcp_port}"

    @property
    def tcp_port(self) -> int:
        """The port in force."""
        return self.port or self.PORTS[self.tls]

    def tls_context(self) -> ssl.SSLContext | None:
        """What certificates are checked with; None without TLS. Raises AccountError."""
        if self.tls == "none":
            return None
        try:
            return ssl.create_default_context(cafile=self.ca_file)
        except OSError as error:
            raise AccountError(
                f"{self.address}: `ca_file` {self.ca_file} is no readable PEM file"
                f" ({error.strerror or 'no certificate in it'}): correct its path or content",
                code="bad_ca_file",
            ) from None

    def reveal_password(self) -> str:
        """The password. Raises AuthError where its place is empty."""
        assert self.password is not None
        try:
            return self.password.reveal()
        except ConfigError as error:
            raise AuthError(f"{self.address}: {error}", code="secret_missing") from None


def access_tokens(name: str, options: ServerOptions, timeout: float) -> AccessTokens | None:
    """Where the access tokens of the account `name` come from, if it takes them; kept below
    `var`."""
    if options.oauth2 is None:
        return None
    account = [options.address, options.oauth2.model_dump(mode="json")]
    store = TokenStore(settings().var / "tokens" / f"{name}.json", account)
    return AccessTokens(options.oauth2, timeout, store)


def network_error(
    error: OSError, options: ServerOptions, timeout: float, *, opening: bool
) -> ConnectorError:
    """Our error for one of ssl or socket. `timeout` is in seconds; `opening`: the connection was
    still to be made."""
    at = options.address
    if isinstance(error, ssl.SSLCertVerificationError):
        return AccountError(
            f"{at}: the certificate is not trusted ({error.verify_message}): set `host` to a name"
            " in the certificate, or `ca_file` to the authority that signed it",
            code="bad_certificate",
        )
    if isinstance(error, TimeoutError):
        return TransientError(
            f"{at}: no answer within {timeout:g} seconds: see that `host` and `port` are"
            " right and no firewall stands between",
            code="timeout",
        )
    if opening and isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLEOFError):
        return AccountError(
            f"{at}: no TLS there ({error.reason}): correct `port`, or `tls`", code="tls_failed"
        )
    if opening and isinstance(error, socket.gaierror):
        return TransientError(
            f"{at}: the name {options.host} is not found: correct `host`, or mend the name service",
            code="host_unreachable",
        )
    if opening and error.errno and not isinstance(error, ConnectionResetError | BrokenPipeError):
        return TransientError(
            f"{at}: cannot be reached ({error.strerror}): see that `host` and `port` are right and"
            " the server runs",
            code="host_unreachable",
        )
    return TransientError(
        f"{at}: the connection was lost; the next try goes on from there", code="connection_lost"
    )
