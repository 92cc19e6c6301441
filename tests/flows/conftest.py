"""A mailbox as the one source of an installation, and a place for its alerts."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest

from casebook.clock import frozen
from tests.conftest import Configure
from tests.flows.outbox import MADE, clock, secrets
from tests.receivers import Hook, hook
from tests.sending_tables import smtp_tables, x_table
from tests.services import Dovecot
from tests.smtp_server import SmtpServer
from tests.x_server import XServer

_numbers = count()


@pytest.fixture
def mailbox(
    mail_server: Dovecot, configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> tuple[Dovecot, str]:
    """A user of the mail server with an empty mailbox, configured as the source `box`."""
    user = f"flow{next(_numbers)}"
    monkeypatch.setenv("BOX_PASSWORD", mail_server.password)
    configure(imap_table(mail_server, "box", user))
    return mail_server, user


@pytest.fixture
def mail(configure: Configure, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmtpServer]:
    """A mail server for submission, behind the account `desk` that answers `box`."""
    secrets(monkeypatch)
    with SmtpServer() as server, frozen(MADE):
        configure(smtp_tables(server))
        yield server


@pytest.fixture
def x(configure: Configure, monkeypatch: pytest.MonkeyPatch) -> Iterator[XServer]:
    """X, with our account `x`."""
    secrets(monkeypatch)
    with XServer() as server, clock(MADE, server):
        configure(x_table(server))
        yield server


@pytest.fixture
def lead(configure: Configure, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hook]:
    """A web hook of the group that the policy warns of promises."""
    with hook() as found:
        monkeypatch.setenv("LEAD_URL", found.url)
        configure(target("lead", "lead"))
        yield found


def target(name: str, group: str) -> str:
    """A target whose address stands in `NAME_URL`."""
    url = f"{{ env = '{name.upper()}_URL' }}"
    return f'[[alerts.targets]]\nname = "{name}"\ngroup = "{group}"\nurl = {url}\n'


def imap_table(server: Dovecot, name: str, user: str, more: str = "") -> str:
    """A `[[sources]]` table for a user of `server`, without TLS."""
    return f"""
[[sources]]
name = "{name}"
type = "imap"
host = "127.0.0.1"
port = {server.port}
tls = "none"
username = "{user}"
password = {{ env = "BOX_PASSWORD" }}
own = ["support@example.jp"]
{more}
"""
