"""One Dovecot and one authorization server for all tests of this folder; one user for each test."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.bluesky_network import BlueskyNetwork
from tests.connectors.bluesky_account import BlueskyPlace
from tests.connectors.mailbox import Mailbox
from tests.connectors.x_account import Book
from tests.imap_proxy import ImapProxy
from tests.oauth_server import TokenServer
from tests.services import Dovecot
from tests.x_server import XServer

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def dovecot(tokens: TokenServer) -> Iterator[Dovecot]:
    with Dovecot(tokens.introspect_url) as server:
        yield server


@pytest.fixture
def make_mailbox(tmp_path: Path) -> Callable[[Dovecot], Mailbox]:
    """A fresh user on any Dovecot."""

    def make(server: Dovecot) -> Mailbox:
        secret = tmp_path / "password"
        secret.write_text(server.password + "\n", encoding="utf-8")
        user = f"support{next(_numbers)}@example.jp"
        server.make_folder(user, "INBOX")
        return Mailbox(server, user, secret, {})

    return make


@pytest.fixture
def mailbox(dovecot: Dovecot, make_mailbox: Callable[[Dovecot], Mailbox]) -> Mailbox:
    return make_mailbox(dovecot)


@pytest.fixture
def proxy(dovecot: Dovecot) -> Iterator[ImapProxy]:
    with ImapProxy(dovecot.port) as relay:
        yield relay


@pytest.fixture
def x() -> Iterator[XServer]:
    with XServer() as server:
        yield server


@pytest.fixture
def bluesky(bluesky_network: BlueskyNetwork) -> Iterator[BlueskyPlace]:
    with BlueskyPlace(bluesky_network) as place:
        yield place


@pytest.fixture
def book() -> Book:
    return Book()
