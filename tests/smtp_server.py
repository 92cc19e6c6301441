"""A mail server for submission (RFC 6409) on loopback, made of aiosmtpd: TLS, logins, limits, and
every way to fail."""

from __future__ import annotations

import asyncio
import base64
import ssl
import tempfile
import warnings
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, AnyStr, Literal, Self

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.oauth_server import TokenServer
from tests.services import LOOPBACK, free_port


class Fault(Enum):
    """What happens instead of an answer."""

    DROP = "drop"
    SILENCE = "silence"


Stage = Literal["connect", "ehlo", "auth", "mail", "rcpt", "data", "body", "dot", "taken"]
"""Where a server may fail: `body` is before the final dot, `dot` after it without taking the mail,
`taken` after it was taken."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A mail that the server took."""

    sender: str
    recipients: tuple[str, ...]
    options: tuple[str, ...]
    content: bytes


class SmtpServer:
    """A server of its own as a context manager: `host` and `port`, one `user` with `password`, or
    an access token of `tokens` for that user; `ca_file` certifies it.

    `faults` maps a stage to what happens there: an answer such as `451 4.7.1 Later`, or a `Fault`.
    `mails` is what it took; `commands` what it was told, without the content of mails and logins.
    """

    host = "localhost"
    user = "support@example.jp"
    password = "pässwörd-窓口"

    def __init__(
        self,
        tls: Literal["tls", "starttls", "none"] = "starttls",
        *,
        size: int = 1_000_000,
        utf8: bool = True,
        mechanisms: tuple[str, ...] = ("PLAIN", "LOGIN", "XOAUTH2"),
        login: bool = True,
        tokens: TokenServer | None = None,
    ) -> None:
        self.tls, self.size, self.utf8, self.login, self.tokens = tls, size, utf8, login, tokens
        self.mechanisms = mechanisms
        self.faults: dict[Stage, str | Fault] = {}
        self.mails: list[Taken] = []
        self.commands: list[str] = []
        self.port = free_port()
        self._folder = tempfile.TemporaryDirectory(prefix="smtp-")
        authority = trustme.CA()
        self.ca_file = Path(self._folder.name) / "ca.pem"
        authority.cert_pem.write_to_path(self.ca_file)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost", LOOPBACK).configure_cert(self._context)
        self._controller: _Controller | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop for ever."""
        self.stop()
        self._folder.cleanup()

    def start(self) -> None:
        """Listen, again on the same port."""
        context = self._context if self.tls == "tls" else None
        self._controller = _Controller(self, LOOPBACK, self.port, ssl_context=context)
        self._controller.start()

    def stop(self) -> None:
        """Listen no more, and break every connection."""
        controller, self._controller = self._controller, None
        if controller is not None:
            asyncio.run_coroutine_threadsafe(controller.hang_up(), controller.loop).result(10)
            controller.stop()

    def parameters(self) -> dict[str, Any]:
        """What the server is for aiosmtpd."""
        known = {"PLAIN", "LOGIN", "XOAUTH2"}
        return {
            "hostname": "mx.example.jp",
            "data_size_limit": self.size,
            "enable_SMTPUTF8": self.utf8,
            "tls_context": self._context if self.tls == "starttls" else None,
            "require_starttls": self.tls == "starttls",
            "auth_required": self.login,
            "auth_require_tls": self.tls == "starttls",
            "auth_exclude_mechanism": known - set(self.mechanisms),
            "authenticator": self._known,
        }

    def _known(self, _: object, __: object, ___: object, ____: str, found: Any) -> AuthResult:
        assert isinstance(found, LoginPassword)
        right = (found.login.decode(), found.password.decode()) == (self.user, self.password)
        return AuthResult(success=right, handled=False)

    def knows_token(self, plain: str) -> bool:
        """Whether a decoded answer to XOAUTH2 holds the user and a living token."""
        fields = dict(part.split("=", 1) for part in plain.split("\x01") if part)
        token = fields.get("auth", "").removeprefix("Bearer ")
        return self.tokens is not None and (
            fields.get("user") == self.user == self.tokens.user_of(token)
        )


class _Handler:
    def __init__(self, server: SmtpServer) -> None:
        self._server = server

    async def handle_DATA(self, smtp: _Smtp, _: Session, envelope: Envelope) -> str:
        if await smtp.fails("dot"):
            return ""
        assert envelope.mail_from is not None
        assert isinstance(envelope.content, bytes)
        rest = (tuple(envelope.rcpt_tos), tuple(envelope.mail_options), envelope.content)
        self._server.mails.append(Taken(envelope.mail_from, *rest))
        return "" if await smtp.fails("taken") else "250 2.0.0 taken"

    async def auth_XOAUTH2(self, smtp: _Smtp, words: list[str]) -> AuthResult:
        if self._server.knows_token(base64.b64decode(words[1]).decode()):
            return AuthResult(success=True)
        await smtp.challenge_auth('{"status":"401"}')
        return AuthResult(success=False, handled=False)


class _Controller(Controller):
    def __init__(self, server: SmtpServer, *place: Any, **more: Any) -> None:
        self._server = server
        self._sessions: list[_Smtp] = []
        super().__init__(_Handler(server), *place, **more)

    def factory(self) -> SMTP:
        with warnings.catch_warnings():
            # That logins without TLS are unsafe is known here.
            warnings.simplefilter("ignore")
            session = _Smtp(self._server, self.handler, loop=self.loop, **self._server.parameters())
        self._sessions.append(session)
        return session

    async def hang_up(self) -> None:
        """Break every connection; one that is left open would outlive the loop."""
        for session in self._sessions:
            session.hang_up()
        # The transports tell of their end in the loop's next turns.
        await asyncio.sleep(0.01)


class _Smtp(SMTP):
    """aiosmtpd's server that looks for a fault before each stage."""

    def __init__(self, server: SmtpServer, handler: _Handler, **parameters: Any) -> None:
        self._server = server
        super().__init__(handler, **parameters)

    async def fails(self, stage: Stage) -> bool:
        """Do what stands in `faults`, and tell whether anything stands there."""
        fault = self._server.faults.get(stage)
        if fault is None:
            return False
        if isinstance(fault, str):
            await self.push(fault)
        if fault is Fault.DROP or (isinstance(fault, str) and fault.startswith("421")):
            self.hang_up()
        if isinstance(fault, Fault):
            # The end of the connection ends this too.
            await asyncio.sleep(60)
        return True

    def hang_up(self) -> None:
        """Break the connection; what was said still leaves."""
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.close()

    async def push(self, status: AnyStr) -> None:
        # What a fault has already said is not said again.
        if status:
            await super().push(status)

    async def _handle_client(self) -> None:
        if not await self.fails("connect"):
            await super()._handle_client()

    async def smtp_EHLO(self, hostname: str) -> None:
        self._server.commands.append(f"EHLO {hostname}")
        if not await self.fails("ehlo"):
            await super().smtp_EHLO(hostname)

    async def smtp_AUTH(self, arg: str) -> None:
        self._server.commands.append(f"AUTH {arg.split()[0]}")
        if not await self.fails("auth"):
            await super().smtp_AUTH(arg)

    async def smtp_MAIL(self, arg: str | None) -> None:
        self._server.commands.append(f"MAIL {arg}")
        if not await self.fails("mail"):
            await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg: str | None) -> None:
        self._server.commands.append(f"RCPT {arg}")
        if not await self.fails("rcpt"):
            await super().smtp_RCPT(arg)

    async def smtp_DATA(self, arg: str) -> None:
        self._server.commands.append("DATA")
        if await self.fails("data"):
            return
        if "body" in self._server.faults:
            await self.push("354 go on")
            await self._reader.readline()
            await self.fails("body")
            self.hang_up()
            return
        await super().smtp_DATA(arg)
