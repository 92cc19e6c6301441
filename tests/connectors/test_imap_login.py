"""Ways into an IMAP server: TLS and its certificates, passwords."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from casebook.errors import AuthError, PermanentError, TransientError
from connectors.imap import ImapSource
from tests.connectors.mailbox import Mailbox, subjects
from tests.imap_proxy import ImapProxy
from tests.services import Dovecot, free_port

Make = Callable[[Dovecot], Mailbox]


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
    error = mailbox.refusal(tls="starttls", port=proxy.port)
    assert isinstance(error, PermanentError)
    assert error.code == "starttls_missing"


@pytest.mark.parametrize("tls", ["tls", "starttls"])
def test_untrusted_certificate(mailbox: Mailbox, tls: str) -> None:
    port = mailbox.dovecot.tls_port if tls == "tls" else mailbox.dovecot.port
    error = mailbox.refusal(ca_file=mailbox.dovecot.other_ca_file, tls=tls, port=port)
    assert isinstance(error, PermanentError)
    assert error.code == "bad_certificate"
    assert "ca_file" in str(error)


def test_certificate_of_another_host(make_mailbox: Make) -> None:
    with Dovecot(certified=("mail.example.jp",)) as server:
        error = make_mailbox(server).refusal()
    assert error.code == "bad_certificate"
    assert "localhost" in str(error)


def test_system_authorities_do_not_know_it(mailbox: Mailbox) -> None:
    assert mailbox.refusal(ca_file=None).code == "bad_certificate"


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_unusable_ca_file(mailbox: Mailbox, tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    assert mailbox.refusal(ca_file=path).code == "bad_ca_file"


def test_port_without_tls(mailbox: Mailbox) -> None:
    error = mailbox.refusal(port=mailbox.dovecot.port)
    assert isinstance(error, PermanentError)
    assert error.code == "tls_failed"


def test_wrong_password(mailbox: Mailbox, tmp_path: Path) -> None:
    secret = tmp_path / "wrong"
    secret.write_text("hunter2 窓口")
    error = mailbox.refusal(password={"file": secret})
    assert isinstance(error, AuthError)
    assert error.code == "wrong_password"
    assert "hunter2" not in str(error)


def test_password_that_is_not_there(mailbox: Mailbox) -> None:
    error = mailbox.refusal(password={"env": "MADOGUCHI_TEST_NO_SUCH_VARIABLE"})
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
    assert mailbox.refusal(**mailbox.through(proxy)).code == "password_not_ascii"
    secret = tmp_path / "ascii"
    secret.write_text('correct "horse\\ battery')
    through = mailbox.through(proxy, password={"file": secret})
    assert mailbox.refusal(**through).code == "wrong_password"


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
    error = mailbox.refusal(**mailbox.through(proxy))
    assert error.code == code
    transient = code in ("server_busy", "connection_lost")
    assert isinstance(error, TransientError if transient else PermanentError)


def test_too_many_connections(make_mailbox: Make) -> None:
    with Dovecot(connections=1) as server:
        mailbox = make_mailbox(server)
        with server.connect(mailbox.user):
            error = mailbox.refusal()
    assert isinstance(error, TransientError)
    assert error.code == "server_busy"


def test_unknown_host(mailbox: Mailbox) -> None:
    error = mailbox.refusal(host="no-such-host.invalid")
    assert isinstance(error, TransientError)
    assert error.code == "host_unreachable"
    assert "no-such-host.invalid" in str(error)


def test_port_where_nobody_listens(mailbox: Mailbox) -> None:
    error = mailbox.refusal(port=free_port())
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
