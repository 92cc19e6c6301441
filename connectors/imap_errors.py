"""What an IMAP server's failures mean for us, in one line that says how to mend it.

The server's own words never reach an error's text: they may repeat what it was sent.
"""

from __future__ import annotations

import imaplib
import re

from imapclient.exceptions import CapabilityError, InvalidCriteriaError, ProtocolError

from casebook.errors import (
    AccountError,
    AuthError,
    ConnectorError,
    PermanentError,
    TransientError,
)
from connectors.imap_options import ImapOptions
from connectors.mail_server import network_error

# Response codes: RFC 5530 §3. Some servers say it in words only.
_CODE = re.compile(r"\[([A-Z-]+)[\] ]", re.IGNORECASE)
_BUSY_CODES = frozenset({"UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG", "OVERQUOTA"})
_BUSY_WORDS = re.compile(
    r"too many|simultaneous|maximum number of connections|try again", re.IGNORECASE
)
# How imaplib and IMAPClient word a tagged NO and BAD.
_REFUSED = re.compile(r"[\w ]+ (failed: |command error: BAD )")

UNREADABLE = (ProtocolError, ValueError, TypeError, IndexError, KeyError, RecursionError)
"""What IMAPClient raises on an answer that it has taken off the line completely."""


class Refused(TransientError):
    """The server answered a command with NO or BAD, or with what cannot be read.

    The connection goes on. `response` is the code in its brackets (RFC 5530), or "".
    """

    def __init__(self, message: str, response: str = "") -> None:
        super().__init__(message, code="server_refuses")
        self.response = response


def meaning(error: Exception, options: ImapOptions, task: str, *, opening: bool) -> ConnectorError:
    """Our error for one of IMAPClient, imaplib, ssl or socket.

    `task` says what was tried ("fetch mails"); `opening`, whether the connection was still to be
    made.
    """
    at = options.address
    if isinstance(error, OSError):
        return network_error(error, options, options.timeout, opening=opening)
    if isinstance(error, imaplib.IMAP4.readonly):
        return PermanentError(
            f"{at}: a folder is read-only, so `after` cannot be done: give the account the right"
            ' to change it, or set after = "none"',
            code="folder_read_only",
        )
    words = str(error)
    code = _response_code(words)
    if code in _BUSY_CODES or (opening and _BUSY_WORDS.search(words)):
        return _busy(at, code)
    if opening and isinstance(error, CapabilityError):
        return AccountError(
            f'{at}: the server offers no STARTTLS: set tls = "tls"', code="starttls_missing"
        )
    if isinstance(error, UNREADABLE):
        return Refused(f"{at}: could not {task}: the server's answer is unreadable")
    if isinstance(error, InvalidCriteriaError) or _REFUSED.match(words):
        told = f" ({code})" if code else ""
        return Refused(f"{at}: could not {task}: the server refuses{told}", code)
    # What is left breaks off within an answer, so the connection is of no more use.
    return network_error(ConnectionError(), options, options.timeout, opening=opening)


def login_refusal(words: str, options: ImapOptions) -> ConnectorError:
    """Our error for the server's words that refuse a login (RFC 5530 §3)."""
    at = options.address
    code = _response_code(words)
    if code in _BUSY_CODES or _BUSY_WORDS.search(words):
        return _busy(at, code)
    if code == "PRIVACYREQUIRED":
        return AccountError(
            f'{at}: the server wants encryption: set tls = "tls" or "starttls"',
            code="tls_required",
        )
    if options.oauth2 is not None:
        return AuthError(
            f"{at}: the access token is refused, a fresh one too: sign in again and store the new"
            " refresh token; see that the account may use IMAP",
            code="token_expired",
        )
    if code == "EXPIRED":
        return AuthError(f"{at}: the password has expired: set a new one", code="password_expired")
    return AuthError(
        f"{at}: user name or password is wrong: correct `username`, or the secret that `password`"
        " names (some providers want an app password)",
        code="wrong_password",
    )


def missing_folder(name: str, options: ImapOptions) -> PermanentError:
    """Our error for a folder that is not there."""
    return PermanentError(
        f"{options.address}: there is no folder {name}: create it, or correct the configuration",
        code="folder_missing",
    )


def _response_code(words: str) -> str:
    """The first response code in a server's words (RFC 3501 §7.1), in capitals, or ""."""
    match = _CODE.search(words)
    return match.group(1).upper() if match else ""


def _busy(at: str, code: str) -> TransientError:
    told = f" ({code})" if code in _BUSY_CODES else ""
    return TransientError(
        f"{at}: the server is busy or out of service{told}; the next poll asks again",
        code="server_busy",
    )
