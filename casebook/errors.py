"""The errors that decide what happens next: try again, tell a person, or stop."""

from __future__ import annotations

from datetime import datetime


class MadoguchiError(Exception):
    """Base of all our errors; its text is one clear line for a person."""


class ConfigError(MadoguchiError):
    """The configuration or the command's use is wrong; the text says how to mend it."""


class ConnectorError(MadoguchiError):
    """A service could not be used. `code` is a short stable name for the reason."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


class TransientError(ConnectorError):
    """Worth another try: a dropped connection, a time-out, a busy server.

    `retry_at` (aware UTC) is when the service allows it, None for the usual backoff.
    """

    def __init__(self, message: str, code: str, retry_at: datetime | None = None) -> None:
        super().__init__(message, code)
        self.retry_at = retry_at


class PermanentError(ConnectorError):
    """Another try changes nothing until a person mends it."""


class AccountError(PermanentError):
    """Nothing goes through this account until a person mends it, whatever is to go: no trusted
    certificate, no credit, no right."""


class AuthError(AccountError):
    """The service does not accept who we are: wrong password, expired token."""


class AmbiguousError(ConnectorError):
    """A reply may or may not have left: the answer of the service was lost. Never repeated blindly;
    `Sender.find_sent` tells."""


class IllegalMove(MadoguchiError):
    """A state may not become the one asked for."""
