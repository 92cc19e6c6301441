"""One SMTP connection (RFC 5321) whose failures are ours, and that knows when a mail may have left.

smtplib's own `sendmail` does not tell a connection that was lost before the final dot from one lost
after it; so the mail is handed over in two steps.
"""

from __future__ import annotations

import base64
import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Self

from casebook.errors import (
    AccountError,
    AmbiguousError,
    AuthError,
    ConnectorError,
    PermanentError,
    TransientError,
)
from connectors.mail_server import network_error
from connectors.oauth import AccessTokens
from connectors.smtp_errors import Answer, Stage, refusal
from connectors.smtp_message import Letter, too_long
from connectors.smtp_options import SmtpOptions

_OK, _LOGGED_IN, _CHALLENGE, _GO_ON = 250, 235, 334, 354
_CHUNK = 64 * 1024
_GOODBYE = 2.0
"""Seconds that a server has to say goodbye; nothing hangs on it."""
_DOTS = re.compile(rb"^\.", re.MULTILINE)


class Session:
    """A connection as a context manager: entering connects and logs in, leaving says goodbye.

    Every method raises TransientError, AccountError or PermanentError.
    """

    def __init__(self, options: SmtpOptions, tokens: AccessTokens | None) -> None:
        """`tokens` gives access tokens where `options.oauth2` is set."""
        self._options = options
        self._tokens = tokens
        self._client: smtplib.SMTP

    def __enter__(self) -> Self:
        if self._tokens is None:
            self._open(None)
            return self
        token = self._tokens.current()
        try:
            self._open(token)
        except AuthError:
            # The token may have ended before its time: one more, then it is for a person.
            self._open(self._tokens.renew())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        client = self._client
        with suppress(OSError):
            if client.sock is not None and not isinstance(error, TransientError | AmbiguousError):
                client.sock.settimeout(_GOODBYE)
                client.quit()
        client.close()

    @property
    def largest(self) -> int | None:
        """Bytes of the largest mail that the server says it takes (RFC 1870); None: no limit."""
        told = self._client.esmtp_features.get("size", "")
        return int(told) or None if re.fullmatch(r"[0-9]{1,20}", told) else None

    def try_sender(self, sender: str) -> None:
        """See whether the account may send as `sender`, and leave it at that."""
        utf8 = not sender.isascii()
        with self._translated(Stage.SENDER):
            self._command(_OK, Stage.SENDER, "MAIL", self._from(sender, [], utf8=utf8))
            self._client.rset()

    def deliver(self, letter: Letter) -> None:
        """Hand over a mail. Raises AmbiguousError where the server may have taken it."""
        size = len(letter.content)
        if self.largest is not None and size > self.largest:
            raise too_long(size, self.largest, f"{self._options.address} takes")
        sized = [f"SIZE={size}"] if self._client.has_extn("size") else []
        with self._translated(Stage.SENDER):
            mail = self._from(letter.sender, sized, utf8=letter.utf8)
            self._command(_OK, Stage.SENDER, "MAIL", mail)
            self._command(_OK, Stage.RECIPIENT, "RCPT", f"TO:<{letter.recipient}>")
            self._command(_GO_ON, Stage.CONTENT, "DATA")
            content = _DOTS.sub(b"..", letter.content)
            for start in range(0, len(content), _CHUNK):
                self._client.send(content[start : start + _CHUNK])
        self._finish()

    def _finish(self) -> None:
        """Send the final dot: from here on the mail may be taken, whatever the network does."""
        client, options = self._client, self._options
        try:
            assert client.sock is not None
            client.sock.settimeout(options.answer_timeout)
            client.send(b".\r\n")
            answer = Answer.of(*client.getreply())
        except OSError:
            raise self._in_doubt("the connection was lost before the server answered") from None
        if 400 <= answer.code < 600:
            raise refusal(answer, Stage.CONTENT, options)
        if answer.code != _OK:
            raise self._in_doubt("the server's answer is unreadable")

    def _in_doubt(self, why: str) -> AmbiguousError:
        return AmbiguousError(
            f"{self._options.address}: {why}, so the mail may have left: ask the mail server's log,"
            " or the customer",
            code="answer_lost",
        )

    def _from(self, sender: str, parameters: list[str], *, utf8: bool) -> str:
        if utf8:
            if not self._client.has_extn("smtputf8"):
                raise PermanentError(
                    f"{self._options.address}: the server takes no addresses with other letters"
                    " than ASCII's (SMTPUTF8): answer another way",
                    code="address_unsupported",
                )
            self._client.command_encoding = "utf-8"
            parameters = [*parameters, "BODY=8BITMIME", "SMTPUTF8"]
        return " ".join([f"FROM:<{sender}>", *parameters])

    def _command(self, wanted: int, stage: Stage, *command: str) -> None:
        answer = Answer.of(*self._client.docmd(*command))
        if answer.code != wanted:
            raise refusal(answer, stage, self._options)

    def _open(self, token: str | None) -> None:
        options = self._options
        context = options.tls_context()
        with self._translated(Stage.GREETING, opening=True):
            self._client = self._connected(context)
        try:
            with self._translated(Stage.GREETING, opening=True):
                self._greet()
                if options.tls == "starttls":
                    self._client.starttls(context=context)
                    self._greet()
            with self._translated(Stage.LOGIN):
                self._log_in(token)
        except BaseException:
            self._client.close()
            raise

    def _connected(self, context: ssl.SSLContext | None) -> smtplib.SMTP:
        options = self._options
        # The name is given because smtplib would ask the name service for it.
        place = (options.host, options.tcp_port, options.domain)
        if options.tls == "tls":
            return smtplib.SMTP_SSL(*place, context=context, timeout=options.timeout)
        return smtplib.SMTP(*place, timeout=options.timeout)

    def _greet(self) -> None:
        answer = Answer.of(*self._client.ehlo())
        if answer.code != _OK:
            raise refusal(answer, Stage.GREETING, self._options)

    def _log_in(self, token: str | None) -> None:
        user = self._options.username
        if user is None:
            return
        offered = self._client.esmtp_features.get("auth", "").upper().split()
        if token is not None:
            if "XOAUTH2" not in offered:
                raise AccountError(
                    f"{self._options.address}: the server takes no XOAUTH2: use `password`",
                    code="xoauth2_missing",
                )
            # On failure the server explains itself in a challenge that wants an empty answer
            # (https://developers.google.com/gmail/imap/xoauth2-protocol).
            self._prove("XOAUTH2", f"user={user}\x01auth=Bearer {token}\x01\x01", "")
        elif "LOGIN" in offered and "PLAIN" not in offered:
            self._prove("LOGIN", None, user, self._options.reveal_password())
        else:
            self._prove("PLAIN", f"\0{user}\0{self._options.reveal_password()}")

    def _prove(self, mechanism: str, first: str | None, *following: str) -> None:
        """Log in (RFC 4954): `first` comes with the command, each of `following` answers a
        challenge."""
        words = [mechanism] if first is None else [mechanism, _base64(first)]
        answer = Answer.of(*self._client.docmd("AUTH", " ".join(words)))
        for reply in following:
            if answer.code != _CHALLENGE:
                break
            answer = Answer.of(*self._client.docmd(_base64(reply)))
        if answer.code != _LOGGED_IN:
            raise refusal(answer, Stage.LOGIN, self._options)

    @contextmanager
    def _translated(self, stage: Stage, *, opening: bool = False) -> Iterator[None]:
        """Turn what smtplib, ssl and socket raise within into our errors."""
        options = self._options
        try:
            yield
        except ConnectorError:
            raise
        except smtplib.SMTPNotSupportedError:
            raise AccountError(
                f'{options.address}: the server offers no STARTTLS: set tls = "tls"',
                code="starttls_missing",
            ) from None
        except smtplib.SMTPResponseException as error:
            raise refusal(Answer.of(error.smtp_code, error.smtp_error), stage, options) from None
        except OSError as error:
            # smtplib hides what the network said behind an error of its own.
            found = error.__context__ if isinstance(error, smtplib.SMTPException) else error
            cause = found if isinstance(found, OSError) else ConnectionError()
            raise network_error(cause, options, options.timeout, opening=opening) from None


def _base64(text: str) -> str:
    return base64.b64encode(text.encode("utf-8")).decode("ascii")
