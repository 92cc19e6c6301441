"""The contract's backends for mail: a drop folder, a Dovecot, an SMTP server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from casebook.types import Channel, Visibility
from connectors.files import FilesOptions, FilesSource
from connectors.imap import ImapSource
from connectors.mime import parse_mail
from connectors.smtp import SmtpOptions, SmtpSender
from tests.connectors.contract import SenderBackend, SourceBackend, Trouble, Way
from tests.connectors.mailbox import Mailbox, mail
from tests.imap_proxy import ImapProxy
from tests.services import free_port
from tests.smtp_server import Fault, SmtpServer, Stage


class FilesBackend(SourceBackend):
    """A folder: it has no login and no network."""

    ways = ("right",)
    troubles = ()
    secrets = ()

    def __init__(self, request: pytest.FixtureRequest, folder: Path) -> None:
        self._folder = folder
        self._count = 0

    def __exit__(self, *_: object) -> None:
        """Nothing runs that is not a fixture's."""

    def put(self, *texts: str) -> None:
        for text in texts:
            self._count += 1
            name = f"{self._count:03}.eml"
            (self._folder / name).write_bytes(mail(self._count, body=text))

    def state(self) -> Any:
        return sorted((path.name, path.stat().st_mtime_ns) for path in self._folder.iterdir())

    def account(self, way: Way = "right") -> FilesSource:
        return FilesSource("drop", FilesOptions(path=self._folder, settle=0, batch_messages=2))


class ImapBackend(SourceBackend):
    """A user of the Dovecot, reached through a proxy that can misbehave."""

    def __init__(self, request: pytest.FixtureRequest, folder: Path) -> None:
        self._mailbox: Mailbox = request.getfixturevalue("mailbox")
        self._proxy: ImapProxy = request.getfixturevalue("proxy")
        self._wrong = folder / "wrong"
        self._wrong.write_text("correct-horse-battery", encoding="utf-8")
        self._count = 0

    @property
    def secrets(self) -> tuple[str, ...]:
        return (self._mailbox.dovecot.password, self._wrong.read_text(encoding="utf-8"))

    def __exit__(self, *_: object) -> None:
        """Nothing runs that is not a fixture's."""

    def put(self, *texts: str) -> None:
        for text in texts:
            self._count += 1
            self._mailbox.dovecot.deliver(self._mailbox.user, mail(self._count, body=text))

    def state(self) -> Any:
        return self._mailbox.dovecot.flags(self._mailbox.user)

    def trouble(self, kind: Trouble) -> None:
        if kind == "silence":
            # A literal that is announced and does not come.
            self._proxy.rule = lambda _: b"* 1 FETCH (BODY[] {99}"
        else:
            self._proxy.rule = lambda _: b"TAG NO [UNAVAILABLE] later"

    def account(self, way: Way = "right") -> ImapSource:
        port = free_port() if way == "nobody-there" else self._proxy.port
        changed: dict[str, Any] = {"port": port, "tls": "none", "batch_messages": 2, "timeout": 1}
        if way == "wrong-login":
            changed["password"] = {"file": self._wrong}
        return ImapSource("support", self._mailbox.options(**changed))


class SmtpBackend(SenderBackend):
    """A mail server with STARTTLS and a login."""

    channel = Channel.EMAIL
    visibilities = (Visibility.PRIVATE,)

    def __init__(self, request: pytest.FixtureRequest, folder: Path) -> None:
        self.server = SmtpServer("starttls", size=200_000)
        self._right, self._wrong = folder / "right", folder / "wrong"
        self._right.write_text(SmtpServer.password, encoding="utf-8")
        self._wrong.write_text("correct-horse-battery", encoding="utf-8")

    def __enter__(self) -> SmtpBackend:
        self.server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.close()

    @property
    def secrets(self) -> tuple[str, ...]:
        return (SmtpServer.password, self._wrong.read_text(encoding="utf-8"))

    def state(self) -> Any:
        return list(self.server.mails)

    def trouble(self, kind: Trouble) -> None:
        faults: dict[Trouble, dict[Stage, str | Fault]] = {
            "busy": {"rcpt": "450 4.2.0 greylisted", "mail": "450 4.2.0 busy"},
            "refused": {"rcpt": "550 5.1.1 no such user"},
            "answer-lost": {"taken": Fault.DROP},
            "silence": {"mail": Fault.SILENCE},
        }
        self.server.faults = faults[kind]

    def account(self, way: Way = "right") -> SmtpSender:
        return SmtpSender("out", self.options(way))

    def options(self, way: Way = "right", **changed: Any) -> SmtpOptions:
        """The sender's table."""
        table = {
            "host": self.server.host,
            "port": free_port() if way == "nobody-there" else self.server.port,
            "tls": self.server.tls,
            "ca_file": str(self.server.ca_file),
            "username": self.server.user,
            "password": {"file": self._wrong if way == "wrong-login" else self._right},
            "sender": "やまと窓口 <support@example.jp>",
            "timeout": 1,
            "answer_timeout": 1,
        }
        return SmtpOptions.model_validate(table | changed)

    def sent(self) -> list[str]:
        texts = (parse_mail(mail.content).text for mail in self.server.mails)
        return [text.rpartition("\n\n2026年")[0] or text for text in texts]

    def too_long(self, visibility: Visibility) -> str:
        return "長い。" * 100_000
