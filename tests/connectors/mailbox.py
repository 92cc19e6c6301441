"""A user of the Dovecot with the source that reads it, and small mails to put there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from casebook.errors import ConnectorError
from casebook.types import Batch, Cursor, Inbound
from connectors.imap import ImapOptions, ImapSource
from tests.imap_proxy import ImapProxy
from tests.services import Dovecot


def mail(number: int | str, *, body: str = "届きません。") -> bytes:
    """A small mail whose Message-ID and subject hold `number`."""
    return (
        f"From: Hanako <hanako{number}@example.com>\nTo: support@example.jp\n"
        f"Subject: order {number}\nMessage-ID: <{number}@example.com>\n"
        "Date: Mon, 5 Oct 2026 09:12:00 +0900\n"
        "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n"
        f"{body}\n"
    ).encode()


def subjects(batches: list[Batch]) -> list[str]:
    """The subjects of all mails, in order."""
    return [inbound.subject for inbound in mails(batches)]


def mails(batches: list[Batch]) -> list[Inbound]:
    """The mails of all batches, in order."""
    return [inbound for batch in batches for inbound in batch.inbounds]


def warnings(batches: list[Batch]) -> list[str]:
    """The warnings of all batches, in order."""
    return [warning for batch in batches for warning in batch.warnings]


@dataclass
class Mailbox:
    """A user of the Dovecot and the source that reads it, with the cursor as it is recorded."""

    dovecot: Dovecot
    user: str
    secret: Path
    cursor: Cursor

    def options(self, **changed: Any) -> ImapOptions:
        """The source's table, with certificates checked, and `changed`."""
        table: dict[str, Any] = {
            "host": self.dovecot.host,
            "port": self.dovecot.tls_port,
            "ca_file": self.dovecot.ca_file,
            "username": self.user,
            "password": {"file": self.secret},
            "timeout": 10,
        }
        return ImapOptions.model_validate(table | changed)

    def through(self, proxy: ImapProxy, **changed: Any) -> dict[str, Any]:
        """The changes that lead the source through the proxy."""
        return {"port": proxy.port, "tls": "none", **changed}

    def poll(self, **changed: Any) -> list[Batch]:
        """Poll to the end, recording each batch; what was recorded stays where it fails."""
        batches: list[Batch] = []
        self.poll_into(batches, **changed)
        return batches

    def poll_into(self, batches: list[Batch], **changed: Any) -> None:
        """As `poll`, for polls that fail: `batches` has what came before."""
        for batch in ImapSource("support", self.options(**changed)).poll(self.cursor):
            self.cursor = batch.cursor
            batches.append(batch)

    def refusal(self, **changed: Any) -> ConnectorError:
        """The error of a check; it is one line and holds no secret."""
        with pytest.raises(ConnectorError) as caught:
            ImapSource("support", self.options(**changed)).check()
        assert "\n" not in str(caught.value)
        assert self.dovecot.password not in str(caught.value)
        return caught.value

    def deliver(
        self, *numbers: int | str, folder: str = "INBOX", received: datetime | None = None
    ) -> None:
        """Deliver a small mail for each number."""
        raws = [mail(number) for number in numbers]
        self.dovecot.deliver(self.user, *raws, folder=folder, received=received)

    def file_of(self, number: int, folder: str = "INBOX") -> Path:
        """The file that holds the mail of this number on the server."""
        wanted = f"Message-ID: <{number}@".encode()
        root = self.dovecot.make_folder(self.user, folder)
        return next(p for p in root.glob("[cn]*/*.M*") if wanted in p.read_bytes())
