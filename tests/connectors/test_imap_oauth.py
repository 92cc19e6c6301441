"""Access tokens: where they come from, how they end, and that this is told."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from casebook import clock
from casebook.config import Secret, settings
from casebook.errors import AuthError, ConnectorError, PermanentError, TransientError
from connectors.imap import ImapSource
from connectors.oauth import AccessTokens, OAuth2Options
from connectors.oauth_store import TokenStore
from tests.connectors.mailbox import Mailbox, subjects
from tests.imap_proxy import ImapProxy
from tests.oauth_server import TokenServer
from tests.services import free_port


@pytest.fixture
def oauth2(tokens: TokenServer, mailbox: Mailbox, tmp_path: Path) -> Iterator[dict[str, Any]]:
    """The changes that let the mailbox log in by refresh token."""
    secret, refresh = tmp_path / "client-secret", tmp_path / "refresh-token"
    secret.write_text(tokens.client_secret)
    refresh.write_text(tokens.refresh_token(mailbox.user))
    yield {
        "password": None,
        "oauth2": {
            "token_endpoint": tokens.token_url,
            "client_id": tokens.client_id,
            "client_secret": {"file": secret},
            "refresh_token": {"file": refresh},
            "scope": "https://mail.example.com/",
        },
    }
    tokens.reset()


def test_token_endpoint(mailbox: Mailbox, tokens: TokenServer, oauth2: dict[str, Any]) -> None:
    mailbox.deliver(1)
    source = ImapSource("support", mailbox.options(**oauth2))
    assert subjects(list(source.poll({}))) == ["order 1"]
    source.check()
    assert tokens.grants == 1


def test_two_polls_ask_the_endpoint_once(
    mailbox: Mailbox, tokens: TokenServer, oauth2: dict[str, Any]
) -> None:
    mailbox.deliver(1)
    assert subjects(mailbox.poll(**oauth2)) == ["order 1"]
    assert mailbox.poll(**oauth2) == []
    assert tokens.grants == 1
    kept = settings().var / "tokens" / "support.json"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert kept.parent.stat().st_mode & 0o777 == 0o700
    kept.write_text("{")
    mailbox.poll(**oauth2)
    assert tokens.grants == 2


def test_token_is_renewed_when_its_time_is_over(
    mailbox: Mailbox, tokens: TokenServer, oauth2: dict[str, Any]
) -> None:
    mailbox.poll(**oauth2)
    for minutes, grants in ((58, 1), (60, 2)):
        with clock.frozen(datetime.now(UTC) + timedelta(minutes=minutes)):
            mailbox.poll(**oauth2)
        assert tokens.grants == grants


def test_another_account_does_not_use_the_token(
    mailbox: Mailbox, tokens: TokenServer, oauth2: dict[str, Any]
) -> None:
    mailbox.poll(**oauth2)
    mailbox.poll(**oauth2, host="127.0.0.1", tls="none", port=mailbox.dovecot.port)
    oauth2["oauth2"]["scope"] = None
    mailbox.poll(**oauth2)
    assert tokens.grants == 3


def test_command_runs_once_for_two_polls(
    mailbox: Mailbox, tokens: TokenServer, tmp_path: Path
) -> None:
    ran = tmp_path / "ran"
    token = tokens.access_token(mailbox.user)
    code = f"open({str(ran)!r}, 'a').write('x'); print({token!r})"
    changed = {"password": None, "oauth2": {"command": [sys.executable, "-c", code]}}
    mailbox.poll(**changed)
    mailbox.poll(**changed)
    assert ran.read_text() == "x"
    with clock.frozen(datetime.now(UTC) + timedelta(minutes=11)):
        mailbox.poll(**changed)
    assert ran.read_text() == "xx"


def test_store_that_cannot_be_written_is_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "tokens").write_text("no folder")
    options = OAuth2Options(command=(sys.executable, "-c", "print('abc')"))
    for _ in range(2):
        store = TokenStore(tmp_path / "tokens" / "support.json", [])
        assert AccessTokens(options, 5, store).current() == "abc"
    assert caplog.text.count("support.json") == 1
    assert "abc" not in caplog.text


def test_renewed_refresh_token_lasts_where_nothing_can_be_written(
    tokens: TokenServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens.rotate = True
    monkeypatch.setenv("MADOGUCHI_TEST_REFRESH", tokens.refresh_token("hanako@example.jp"))
    monkeypatch.setenv("MADOGUCHI_TEST_CLIENT", tokens.client_secret)
    options = OAuth2Options(
        token_endpoint=tokens.token_url,
        client_id=tokens.client_id,
        client_secret=Secret(env="MADOGUCHI_TEST_CLIENT"),
        refresh_token=Secret(env="MADOGUCHI_TEST_REFRESH"),
    )
    (tmp_path / "tokens").write_text("no folder")
    account = AccessTokens(options, 5, TokenStore(tmp_path / "tokens" / "support.json", []))
    first = account.current()
    assert account.renew() != first
    tokens.reset()


def test_renewed_refresh_token_outlives_a_change_of_settings(
    mailbox: Mailbox, tokens: TokenServer, oauth2: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens.rotate = True
    monkeypatch.setenv("MADOGUCHI_TEST_REFRESH", tokens.refresh_token(mailbox.user))
    oauth2["oauth2"]["refresh_token"] = {"env": "MADOGUCHI_TEST_REFRESH"}
    mailbox.poll(**oauth2)
    oauth2["oauth2"]["scope"] = None
    mailbox.poll(**oauth2)
    assert tokens.grants == 2


def test_expired_token_is_renewed_once(
    mailbox: Mailbox, tokens: TokenServer, oauth2: dict[str, Any]
) -> None:
    source = ImapSource("support", mailbox.options(**oauth2))
    source.check()
    tokens.expire()
    source.check()
    assert tokens.grants == 2


def test_token_that_is_refused_although_fresh(
    mailbox: Mailbox, tokens: TokenServer, oauth2: dict[str, Any]
) -> None:
    tokens.dead_on_issue = True
    error = mailbox.refusal(**oauth2)
    assert isinstance(error, AuthError)
    assert error.code == "token_expired"
    assert tokens.grants == 2


def test_revoked_refresh_token(
    mailbox: Mailbox, tokens: TokenServer, oauth2: dict[str, Any]
) -> None:
    tokens.revoke()
    error = mailbox.refusal(**oauth2)
    assert isinstance(error, AuthError)
    assert error.code == "token_expired"


def test_wrong_client(mailbox: Mailbox, oauth2: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "client-secret").write_text("another")
    assert mailbox.refusal(**oauth2).code == "oauth2_client_refused"


def test_token_endpoint_out_of_service(
    mailbox: Mailbox, tokens: TokenServer, oauth2: dict[str, Any]
) -> None:
    tokens.outage = True
    error = mailbox.refusal(**oauth2)
    assert isinstance(error, TransientError)
    assert error.code == "token_endpoint_unreachable"
    oauth2["oauth2"]["token_endpoint"] = f"http://127.0.0.1:{free_port()}/token"
    assert mailbox.refusal(**oauth2).code == "token_endpoint_unreachable"


def test_renewed_refresh_token_is_stored(
    mailbox: Mailbox, tokens: TokenServer, oauth2: dict[str, Any], tmp_path: Path
) -> None:
    tokens.rotate = True
    file = tmp_path / "refresh-token"
    file.chmod(0o600)
    before = file.read_text()
    ImapSource("support", mailbox.options(**oauth2)).check()
    assert file.read_text().strip() not in ("", before)
    assert file.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "client-secret",
        "password",
        "refresh-token",
    ]
    tokens.expire()
    ImapSource("support", mailbox.options(**oauth2)).check()
    assert tokens.grants == 2


def test_renewed_refresh_token_of_a_variable_is_kept_and_told(
    mailbox: Mailbox,
    tokens: TokenServer,
    oauth2: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    tokens.rotate = True
    monkeypatch.setenv("MADOGUCHI_TEST_REFRESH", tokens.refresh_token(mailbox.user))
    oauth2["oauth2"]["refresh_token"] = Secret(env="MADOGUCHI_TEST_REFRESH")
    for _ in range(3):
        ImapSource("support", mailbox.options(**oauth2)).check()
        tokens.expire()
    assert tokens.grants == 3
    assert caplog.text.count("MADOGUCHI_TEST_REFRESH") == 1
    # A person who signs in again puts a new one there.
    tokens.revoke()
    assert mailbox.refusal(**oauth2).code == "token_expired"
    monkeypatch.setenv("MADOGUCHI_TEST_REFRESH", tokens.refresh_token(mailbox.user))
    ImapSource("support", mailbox.options(**oauth2)).check()


def test_token_command(mailbox: Mailbox, tokens: TokenServer, tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text(tokens.access_token(mailbox.user))
    command = [sys.executable, "-c", f"print(open({str(path)!r}).read())"]
    changed = {"password": None, "oauth2": {"command": command}}
    source = ImapSource("support", mailbox.options(**changed))
    source.check()
    tokens.expire()
    path.write_text(tokens.access_token(mailbox.user))
    source.check()
    tokens.expire()
    assert mailbox.refusal(**changed).code == "token_expired"


@pytest.mark.parametrize(
    ("command", "kind", "code"),
    [
        (["-c", "import sys; print('hunter2'); sys.exit('hunter2')"], AuthError, "failed"),
        (["-c", "import time; time.sleep(9)"], TransientError, "timeout"),
        (["-c", "print('two words')"], AuthError, "malformed"),
        (["-c", ""], AuthError, "malformed"),
    ],
)
def test_token_commands_that_fail(
    command: list[str], kind: type[ConnectorError], code: str
) -> None:
    tokens = AccessTokens(OAuth2Options(command=(sys.executable, *command)), timeout=1)
    with pytest.raises(kind) as caught:
        tokens.current()
    assert caught.value.code.endswith(code)
    assert "hunter2" not in str(caught.value)


def test_token_command_that_is_not_there() -> None:
    with pytest.raises(PermanentError, match="no-such-program"):
        AccessTokens(OAuth2Options(command=("/no-such-program",)), timeout=1).current()


def test_server_without_xoauth2(mailbox: Mailbox, oauth2: dict[str, Any], proxy: ImapProxy) -> None:
    plain = b"* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\nTAG OK done"
    proxy.rule = lambda command: plain if command == b"CAPABILITY" else None
    assert mailbox.refusal(**mailbox.through(proxy, **oauth2)).code == "xoauth2_missing"
