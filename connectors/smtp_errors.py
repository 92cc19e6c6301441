"""What an SMTP server's refusals mean for us, in one line that says how to mend it (RFC 5321 §4.2,
RFC 3463, RFC 4954).

The server's own words never reach an error's text: they may repeat what it was sent.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from casebook import clock
from casebook.errors import (
    AccountError,
    AuthError,
    ConnectorError,
    PermanentError,
    TransientError,
)
from connectors.smtp_options import SmtpOptions

_ENHANCED = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})\b")
_LATER = timedelta(minutes=5)
"""When to try again what is refused for now: a server that greylists takes it then."""
_NEXT_HOUR = timedelta(hours=1)
_LIMIT = frozenset({"5.4.5", "4.7.28", "5.7.28"})
"""How Gmail words that an account has sent enough for the day (5.4.5), or for now."""


class Stage(StrEnum):
    """What was being done when the server answered."""

    GREETING = "connect"
    LOGIN = "log in"
    SENDER = "name the sender"
    RECIPIENT = "name the recipient"
    CONTENT = "hand over the mail"


@dataclass(frozen=True, slots=True)
class Answer:
    """A server's answer: its code, its enhanced status ("" for none)."""

    code: int
    status: str = ""

    @classmethod
    def of(cls, code: int, text: bytes | str) -> Answer:
        """From what smtplib returns or raises."""
        words = text.decode("ascii", "replace") if isinstance(text, bytes) else text
        found = _ENHANCED.match(words)
        return cls(code, found[1] if found else "")

    def __str__(self) -> str:
        return f"{self.code} {self.status}".strip()


def refusal(answer: Answer, stage: Stage, options: SmtpOptions) -> ConnectorError:
    """Our error for an answer that is no consent."""
    at = options.address
    if not 400 <= answer.code < 600:
        return TransientError(
            f"{at}: could not {stage}: the server's answer is unreadable; it is tried again later",
            code="unreadable",
            retry_at=clock.now() + _LATER,
        )
    if answer.code == 421 or (stage is Stage.GREETING and answer.code < 500):
        return TransientError(
            f"{at}: the server is busy or out of service ({answer}); the next try asks again",
            code="server_busy",
            retry_at=clock.now() + _LATER,
        )
    if answer.status in _LIMIT:
        return TransientError(
            f"{at}: the account may send no more for now ({answer}): the rest follows by and by",
            code="limit_reached",
            retry_at=clock.now() + _NEXT_HOUR,
        )
    if stage is Stage.LOGIN:
        return _login_refusal(answer, options)
    if answer.code in (530, 538):
        return _login_wanted(answer, options)
    if answer.code < 500:
        return TransientError(
            f"{at}: could not {stage}: not now ({answer}); it is tried again later",
            code="not_now",
            retry_at=clock.now() + _LATER,
        )
    return _for_good(answer, stage, at)


def _login_refusal(answer: Answer, options: SmtpOptions) -> ConnectorError:
    at = options.address
    if answer.code == 538 or answer.status == "5.7.11":
        return _login_wanted(answer, options)
    if answer.code in (500, 502, 503, 504):
        return AccountError(
            f"{at}: the server takes no such login ({answer}): correct `port` and `tls`, or leave"
            " out `username`",
            code="login_unsupported",
        )
    if answer.code < 500 and answer.code != 432:
        return TransientError(
            f"{at}: the server cannot check the login now ({answer}); it is tried again later",
            code="server_busy",
            retry_at=clock.now() + _LATER,
        )
    if options.oauth2 is not None:
        return AuthError(
            f"{at}: the access token is refused, a fresh one too ({answer}): sign in again and"
            " store the new refresh token; see that the account may use SMTP",
            code="token_expired",
        )
    return AuthError(
        f"{at}: user name or password is wrong ({answer}): correct `username`, or the secret that"
        " `password` names (some providers want an app password)",
        code="wrong_password",
    )


def _login_wanted(answer: Answer, options: SmtpOptions) -> ConnectorError:
    if options.tls == "none" or answer.code == 538:
        return AccountError(
            f'{options.address}: the server wants encryption ({answer}): set tls = "tls" or'
            ' "starttls"',
            code="tls_required",
        )
    return AuthError(
        f"{options.address}: the server wants a login ({answer}): set `username` and `password` or"
        " `oauth2`",
        code="login_missing",
    )


def _for_good(answer: Answer, stage: Stage, at: str) -> PermanentError:
    if answer.code == 552 or answer.status == "5.3.4":
        return PermanentError(
            f"{at}: the mail is too large, or the mailbox full ({answer}): shorten the reply, or"
            " answer another way",
            code="too_long",
        )
    if stage is Stage.RECIPIENT:
        return PermanentError(
            f"{at}: the customer's address is refused ({answer}): answer another way",
            code="recipient_refused",
        )
    if stage is Stage.SENDER:
        return AccountError(
            f"{at}: the account may not send as `sender` ({answer}): correct it, or let the"
            " provider allow it",
            code="sender_refused",
        )
    # Who is refused at the door has said nothing of a reply yet.
    kind = AccountError if stage is Stage.GREETING else PermanentError
    return kind(
        f"{at}: could not {stage}: refused for good ({answer}); the provider's help pages explain"
        " the number",
        code="refused",
    )
