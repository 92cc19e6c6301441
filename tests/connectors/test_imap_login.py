"""Ways into an IMAP server: TLS and its certificates, passwords, access tokens."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from casebook.config import Secret
from casebook.errors import AuthError, ConnectorError, PermanentError, TransientError
from connectors.imap import ImapSource
from connectors.oauth import AccessTokens, OAuth2Options
from tests.connectors.mailbox import Mailbox, subjects
from tests.imap_proxy import ImapProxy
from tests.oauth_server import TokenServer
from tests.services import Dovecot, free_port

Make = Callable[[Dovecot], Mailbox]


def refused(mailbox: Mailbox, **changed: Any) -> ConnectorError:
    """The error of a check, which is one line and names the account."""
    with pytest.raises(ConnectorError) as caught:
        ImapSource("support", mailbox.options(**changed)).check()
    text = str(caught.value)
    assert "\n" not in text
    assert mailbox.dovecot.password not in text
    return caught.value


def test_starttls(mailbox: Mailbox) -> None:
    mailbox.deliver(1)
    changed = {"tls": "starttls", "port": mailbox.dovecot.port}
    assert subjects(mailbox.poll(**changed)) == ["order 1"]
    assert ImapSource("s", mailbox.options(**changed)).check().startswith("imap://")


def test_starttls_does_not_fall_back_to_plain_text(mailbox: Mailbox, proxy: ImapProxy) -> None:
    def without_starttls(command: bytes) -> bytes | None:
        plain = b"* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\nTAG OK done"
        return plain if command == b"CAPABILITY" else None

    proxy.rule = without_starttls
    error = refused(mailbox, tls="starttls", port=proxy.port)
    assert isinstance(error, PermanentError)
    assert error.code == "starttls_missing"


@pytest.mark.parametrize("tls", ["tls", "starttls"])
def test_untrusted_certificate(mailbox: Mailbox, tls: str) -> None:
    port = mailbox.dovecot.tls_port if tls == "tls" else mailbox.dovecot.port
    error = refused(mailbox, ca_file=mailbox.dovecot.other_ca_file, tls=tls, port=port)
    assert isinstance(error, PermanentError)
    assert error.code == "bad_certificate"
    assert "ca_file" in str(error)


def test_certificate_of_another_host(make_mailbox: Make) -> None:
    with Dovecot(certified=("mail.example.jp",)) as server:
        error = refused(make_mailbox(server))
    assert error.code == "bad_certificate"
    assert "localhost" in str(error)


def test_system_authorities_do_not_know_it(mailbox: Mailbox) -> None:
    assert refused(mailbox, ca_file=None).code == "bad_certificate"


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_unusable_ca_file(mailbox: Mailbox, tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    assert refused(mailbox, ca_file=path).code == "bad_ca_file"


def test_port_without_tls(mailbox: Mailbox) -> None:
    error = refused(mailbox, port=mailbox.dovecot.port)
    assert isinstance(error, PermanentError)
    assert error.code == "tls_failed"


def test_wrong_password(mailbox: Mailbox, tmp_path: Path) -> None:
    secret = tmp_path / "wrong"
    secret.write_text("hunter2 窓口")
    error = refused(mailbox, password={"file": secret})
    assert isinstance(error, AuthError)
    assert error.code == "wrong_password"
    assert "hunter2" not in str(error)


def test_password_that_is_not_there(mailbox: Mailbox) -> None:
    error = refused(mailbox, password={"env": "MADOGUCHI_TEST_NO_SUCH_VARIABLE"})
    assert error.code == "secret_missing"
    assert "MADOGUCHI_TEST_NO_SUCH_VARIABLE" in str(error)


def test_login_command_where_plain_is_not_offered(
    mailbox: Mailbox, proxy: ImapProxy, tmp_path: Path
) -> None:
    def without_plain(command: bytes) -> bytes | None:
        if command.startswith(b"LOGIN"):
            return b"TAG NO [AUTHENTICATIONFAILED] no"
        none = b"* CAPABILITY IMAP4rev1\r\nTAG OK done"
        return none if command == b"CAPABILITY" else None

    proxy.rule = without_plain
    assert refused(mailbox, **mailbox.through(proxy)).code == "password_not_ascii"
    secret = tmp_path / "ascii"
    secret.write_text('correct "horse\\ battery')
    through = mailbox.through(proxy, password={"file": secret})
    assert refused(mailbox, **through).code == "wrong_password"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"TAG NO [UNAVAILABLE] later", "server_busy"),
        (b"TAG NO [ALERT] Too many simultaneous connections. (Failure)", "server_busy"),
        (b"TAG NO [LIMIT] slow down", "server_busy"),
        (b"* BYE see you", "connection_lost"),
        (b"TAG NO [AUTHENTICATIONFAILED] no", "wrong_password"),
        (b"TAG NO [AUTHORIZATIONFAILED] no", "wrong_password"),
        (b"TAG NO [EXPIRED] no", "password_expired"),
        (b"TAG NO [PRIVACYREQUIRED] no", "tls_required"),
        (b"TAG NO bad luck", "wrong_password"),
        (b"", "connection_lost"),
    ],
)
def test_refused_logins(mailbox: Mailbox, proxy: ImapProxy, answer: bytes, code: str) -> None:
    proxy.rule = lambda command: answer if command.startswith(b"AUTHENTICATE") else None
    error = refused(mailbox, **mailbox.through(proxy))
    assert error.code == code
    transient = code in ("server_busy", "connection_lost")
    assert isinstance(error, TransientError if transient else PermanentError)


def test_too_many_connections(make_mailbox: Make) -> None:
    with Dovecot(connections=1) as server:
        mailbox = make_mailbox(server)
        with server.connect(mailbox.user):
            error = refused(mailbox)
    assert isinstance(error, TransientError)
    assert error.code == "server_busy"


def test_unknown_host(mailbox: Mailbox) -> None:
    error = refused(mailbox, host="no-such-host.invalid")
    assert isinstance(error, TransientError)
    assert error.code == "host_unreachable"
    assert "no-such-host.invalid" in str(error)


def test_port_where_nobody_listens(mailbox: Mailbox) -> None:
    error = refused(mailbox, port=free_port())
    assert isinstance(error, TransientError)
    assert error.code == "host_unreachable"


def test_no_secret_and_no_mail_in_the_log(
    mailbox: Mailbox, caplog: pytest.LogCaptureFixture
) -> None:
    mailbox.deliver(1)
    with caplog.at_level(logging.DEBUG):
        assert subjects(mailbox.poll()) == ["order 1"]
    assert mailbox.dovecot.password not in caplog.text
    assert "order 1" not in caplog.text


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
    error = refused(mailbox, **oauth2)
    assert isinstance(error, AuthError)
    assert error.code == "token_expired"
    assert tokens.grants == 2


def test_revoked_refresh_token(
    mailbox: Mailbox, tokens: TokenServer, oauth2: dict[str, Any]
) -> None:
    tokens.revoke()
    error = refused(mailbox, **oauth2)
    assert isinstance(error, AuthError)
    assert error.code == "token_expired"


def test_wrong_client(mailbox: Mailbox, oauth2: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "client-secret").write_text("another")
    assert refused(mailbox, **oauth2).code == "oauth2_client_refused"


def test_token_endpoint_out_of_service(
    mailbox: Mailbox, tokens: TokenServer, oauth2: dict[str, Any]
) -> None:
    tokens.outage = True
    error = refused(mailbox, **oauth2)
    assert isinstance(error, TransientError)
    assert error.code == "token_endpoint_unreachable"
    oauth2["oauth2"]["token_endpoint"] = f"http://127.0.0.1:{free_port()}/token"
    assert refused(mailbox, **oauth2).code == "token_endpoint_unreachable"


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
    ImapSource("support", mailbox.options(**oauth2)).check()


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
    source = ImapSource("support", mailbox.options(**oauth2))
    source.check()
    tokens.expire()
    source.check()
    assert "MADOGUCHI_TEST_REFRESH" in caplog.text


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
    assert refused(mailbox, **changed).code == "token_expired"


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
