"""Mails handed to a real server, and all that may go wrong with it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from casebook import clock
from casebook.config import SenderTable, settings
from casebook.errors import (
    AccountError,
    AmbiguousError,
    AuthError,
    ConnectorError,
    PermanentError,
    TransientError,
)
from casebook.types import Visibility
from connectors import registry
from connectors.smtp import SmtpOptions, SmtpSender
from tests.connectors.mailbox import Mailbox
from tests.connectors.test_smtp_message import REPLY, reply
from tests.oauth_server import TokenServer
from tests.smtp_server import Fault, SmtpServer, Stage

NOON = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    with SmtpServer() as found:
        yield found


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "password"
    path.write_text(SmtpServer.password, encoding="utf-8")
    return path


def table(server: SmtpServer, secret: Path, **changed: Any) -> dict[str, Any]:
    """The sender's table for a server."""
    return {
        "host": server.host,
        "port": server.port,
        "tls": server.tls,
        "ca_file": str(server.ca_file),
        "username": server.user,
        "password": {"file": str(secret)},
        "sender": "やまと窓口 <support@example.jp>",
        "timeout": 1,
        "answer_timeout": 1,
        **changed,
    }


def sender(server: SmtpServer, secret: Path, **changed: Any) -> SmtpSender:
    return SmtpSender("out", SmtpOptions.model_validate(table(server, secret, **changed)))


def refusal(account: SmtpSender, **changed: Any) -> ConnectorError:
    """The error of sending a reply; it is one line and holds neither secret nor text."""
    with pytest.raises(ConnectorError) as caught:
        account.send(reply(**changed))
    assert "\n" not in str(caught.value)
    assert SmtpServer.password not in str(caught.value)
    assert "ご迷惑" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize("tls", ["tls", "starttls", "none"])
def test_mail_leaves_with_every_kind_of_tls(tls: Any, secret: Path) -> None:
    with SmtpServer(tls) as server:
        account = sender(server, secret)
        scheme = "smtps" if tls == "tls" else "smtp"
        at = f"{scheme}://support%40example.jp@localhost:{server.port}"
        assert account.check() == f"{at}: mails from support@example.jp, 1,000,000 bytes at most"
        assert server.mails == []
        with clock.frozen(NOON):
            sent = account.send(REPLY)
        assert (sent.external_id, sent.at) == ("d-7@example.jp", NOON)
        (mail,) = server.mails
        assert mail.sender == "support@example.jp"
        assert mail.recipients == ("hanako@example.com",)
        assert "Date: Tue, 24 Nov 2026 12:00:00 +0900" in mail.content.decode()


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_login_by_what_the_server_offers(mechanism: str, secret: Path) -> None:
    with SmtpServer(mechanisms=(mechanism,)) as server:
        sender(server, secret).send(REPLY)
        assert f"AUTH {mechanism}" in server.commands
        assert len(server.mails) == 1


def test_relay_that_asks_for_no_login(secret: Path) -> None:
    with SmtpServer("none", login=False) as server:
        sender(server, secret, username=None, password=None).send(REPLY)
        assert not any(command.startswith("AUTH") for command in server.commands)
        assert len(server.mails) == 1


def test_login_that_is_wanted(server: SmtpServer, secret: Path) -> None:
    error = refusal(sender(server, secret, username=None, password=None))
    assert isinstance(error, AuthError)
    assert error.code == "login_missing"


def test_wrong_password(server: SmtpServer, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("correct-horse")
    error = refusal(sender(server, wrong))
    assert isinstance(error, AuthError)
    assert error.code == "wrong_password"
    wrong.write_text("")
    assert refusal(sender(server, wrong)).code == "secret_missing"


def test_access_token_is_renewed_when_it_ended(tokens: TokenServer, tmp_path: Path) -> None:
    secrets = {"client_secret": tokens.client_secret}
    secrets["refresh_token"] = tokens.refresh_token(SmtpServer.user)
    for name, value in secrets.items():
        (tmp_path / name).write_text(value)
    oauth2 = {
        "token_endpoint": tokens.token_url,
        "client_id": tokens.client_id,
        **{name: {"file": str(tmp_path / name)} for name in secrets},
    }
    with SmtpServer(tokens=tokens) as server:
        account = sender(server, tmp_path, password=None, oauth2=oauth2)
        account.send(REPLY)
        tokens.expire()
        account.send(REPLY)
        assert (len(server.mails), tokens.grants) == (2, 2)
        tokens.dead_on_issue = True
        tokens.expire()
        error = refusal(account)
        assert isinstance(error, AuthError)
        assert error.code == "token_expired"
        server.mechanisms = ("PLAIN",)
        assert refusal(account).code == "xoauth2_missing"
    tokens.reset()


def test_certificate_of_a_stranger(server: SmtpServer, secret: Path, tmp_path: Path) -> None:
    with SmtpServer() as other:
        error = refusal(sender(server, secret, ca_file=str(other.ca_file)))
    assert isinstance(error, PermanentError)
    assert error.code == "bad_certificate"
    assert refusal(sender(server, secret, ca_file=str(tmp_path / "none"))).code == "bad_ca_file"
    assert server.mails == []


def test_no_password_leaves_without_the_encryption_that_was_asked_for(secret: Path) -> None:
    with SmtpServer("none") as server:
        error = refusal(sender(server, secret, tls="starttls"))
        assert error.code == "starttls_missing"
        assert refusal(sender(server, secret, tls="tls")).code == "tls_failed"
        assert not any(command.startswith("AUTH") for command in server.commands)


ANSWERS: list[tuple[Stage, str | Fault, type[ConnectorError], str]] = [
    ("connect", "554 5.7.1 not you", AccountError, "refused"),
    ("connect", "421 4.3.2 too many", TransientError, "server_busy"),
    ("connect", "nonsense", TransientError, "unreadable"),
    ("connect", Fault.DROP, TransientError, "connection_lost"),
    ("connect", Fault.SILENCE, TransientError, "timeout"),
    ("ehlo", "451 4.3.0 later", TransientError, "server_busy"),
    ("ehlo", Fault.DROP, TransientError, "connection_lost"),
    ("auth", "454 4.7.0 later", TransientError, "server_busy"),
    ("auth", "432 4.7.12 change it", AuthError, "wrong_password"),
    ("auth", "534 5.7.9 app password", AuthError, "wrong_password"),
    ("auth", "535 5.7.8 wrong", AuthError, "wrong_password"),
    ("auth", "538 5.7.11 encrypt", AccountError, "tls_required"),
    ("auth", "504 5.5.4 unknown", AccountError, "login_unsupported"),
    ("auth", "334", TransientError, "unreadable"),
    ("auth", Fault.DROP, TransientError, "connection_lost"),
    ("mail", "451 4.3.2 later", TransientError, "not_now"),
    ("mail", "530 5.7.0 log in", AuthError, "login_missing"),
    ("mail", "550 5.7.60 not as you", AccountError, "sender_refused"),
    ("mail", "550 5.4.5 enough today", TransientError, "limit_reached"),
    ("mail", "552 5.3.4 too large", PermanentError, "too_long"),
    ("mail", Fault.SILENCE, TransientError, "timeout"),
    ("rcpt", "450 4.7.1 greylisted", TransientError, "not_now"),
    ("rcpt", "550 5.1.1 who", PermanentError, "recipient_refused"),
    ("rcpt", Fault.DROP, TransientError, "connection_lost"),
    ("data", "451 4.7.1 later", TransientError, "not_now"),
    ("data", "554 5.7.1 spam", PermanentError, "refused"),
    ("data", Fault.DROP, TransientError, "connection_lost"),
    ("dot", "451 4.7.1 later", TransientError, "not_now"),
    ("dot", "421 4.3.2 bye", TransientError, "server_busy"),
    ("dot", "554 5.7.1 spam", PermanentError, "refused"),
    ("dot", "552 5.2.2 full", PermanentError, "too_long"),
    ("dot", "nonsense", AmbiguousError, "answer_lost"),
    ("dot", "354 go on", AmbiguousError, "answer_lost"),
    ("dot", Fault.DROP, AmbiguousError, "answer_lost"),
    ("dot", Fault.SILENCE, AmbiguousError, "answer_lost"),
    ("taken", Fault.DROP, AmbiguousError, "answer_lost"),
    ("taken", Fault.SILENCE, AmbiguousError, "answer_lost"),
]


@pytest.mark.parametrize(("stage", "fault", "kind", "code"), ANSWERS)
def test_what_an_answer_means(
    server: SmtpServer,
    secret: Path,
    stage: Stage,
    fault: str | Fault,
    kind: type[ConnectorError],
    code: str,
) -> None:
    account = sender(server, secret)
    server.faults = {stage: f"{fault} hunter2" if isinstance(fault, str) else fault}
    begun = time.monotonic()
    error = refusal(account)
    assert (type(error), error.code) == (kind, code)
    assert time.monotonic() - begun < 2
    assert "hunter2" not in str(error)
    assert len(server.mails) == (stage == "taken")


def test_greylisted_mail_is_tried_again_in_minutes(server: SmtpServer, secret: Path) -> None:
    server.faults = {"rcpt": "450 4.7.1 greylisted"}
    with clock.frozen(NOON):
        error = refusal(sender(server, secret))
        assert isinstance(error, TransientError)
        assert error.retry_at == NOON + timedelta(minutes=5)
        server.faults = {"mail": "550 5.4.5 enough"}
        error = refusal(sender(server, secret))
        assert isinstance(error, TransientError)
        assert error.retry_at == NOON + timedelta(hours=1)


def test_connection_lost_amid_the_mail_is_no_doubt(secret: Path) -> None:
    with SmtpServer(size=60_000_000) as server:
        account = sender(server, secret, max_message_bytes=60_000_000, timeout=5)
        server.faults = {"body": Fault.DROP}
        error = refusal(account, body="長い文です。\n" * 1_500_000)
        assert (type(error), error.code) == (TransientError, "connection_lost")
        assert server.mails == []


def test_server_that_is_away(server: SmtpServer, secret: Path) -> None:
    account = sender(server, secret)
    server.stop()
    error = refusal(account)
    assert (type(error), error.code) == (TransientError, "host_unreachable")
    server.start()
    account.send(REPLY)
    assert len(server.mails) == 1


def test_servers_limit_is_kept_before_the_mail_is_offered(secret: Path) -> None:
    with SmtpServer(size=5_000) as server:
        account = sender(server, secret)
        assert account.check().endswith("5,000 bytes at most")
        server.commands.clear()
        error = refusal(account, body="長い。" * 2_000)
        assert (type(error), error.code) == (PermanentError, "too_long")
        assert not any(command.startswith("MAIL") for command in server.commands)
        account.send(REPLY)
        assert f" SIZE={len(server.mails[0].content)}" in str(server.commands)


def test_every_byte_arrives(server: SmtpServer, secret: Path) -> None:
    body = ".\n..\n.From\nFrom here\n\n.\n" + "x" * 200 + "\n" * 3 + "QUIT\n."
    sender(server, secret).send(reply(body=body, to_text=""))
    content = server.mails[0].content.partition(b"\r\n\r\n")[2]
    assert content.replace(b"\r\n", b"\n").decode() == body + "\n"


def test_international_address_needs_a_server_that_takes_it(
    server: SmtpServer, secret: Path
) -> None:
    sender(server, secret).send(reply(to_author="花子@例え.jp"))
    (mail,) = server.mails
    assert mail.recipients == ("花子@例え.jp",)
    assert {"SMTPUTF8", "BODY=8BITMIME"} <= set(mail.options)
    server.utf8 = False
    error = refusal(sender(server, secret), to_author="花子@例え.jp")
    assert (type(error), error.code) == (PermanentError, "address_unsupported")


def test_hostile_address_never_reaches_the_server(server: SmtpServer, secret: Path) -> None:
    for author in ("a@example.com>\r\nRCPT TO:<b@example.com", "a@b> SIZE=1", ""):
        assert refusal(sender(server, secret), to_author=author).code == "no_recipient"
    assert server.commands == []


def test_mail_has_no_public(server: SmtpServer, secret: Path) -> None:
    assert refusal(sender(server, secret), visibility=Visibility.PUBLIC).code == "no_public"
    assert server.commands == []


def test_nobody_knows_what_smtp_sent(server: SmtpServer, secret: Path) -> None:
    with pytest.raises(AmbiguousError, match=r"d-7@example\.jp") as caught:
        sender(server, secret).find_sent(REPLY)
    assert caught.value.code == "unknown"


@pytest.fixture
def configured(mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The mailbox is the configuration's source `support`."""
    options = mailbox.options().model_dump(mode="json", exclude_defaults=True)
    sources = [{"name": "support", "type": "imap", **options}]
    monkeypatch.setenv("MADOGUCHI_SOURCES", json.dumps(sources))
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()


def test_reply_in_doubt_is_looked_for_where_the_provider_files_it(
    server: SmtpServer, secret: Path, mailbox: Mailbox, configured: None
) -> None:
    account = sender(server, secret, sent_folder="support/送信済み/2026")
    with pytest.raises(PermanentError, match="送信済み/2026") as refused:
        account.check()
    assert refused.value.code == "folder_missing"
    mailbox.deliver("other", folder="送信済み/2026")
    before = mailbox.dovecot.flags(mailbox.user, "送信済み/2026")
    assert account.check()
    with pytest.raises(AmbiguousError) as caught:
        account.find_sent(REPLY)
    assert caught.value.code == "unknown"
    account.send(REPLY)
    filed, content = REPLY.begun_at + timedelta(hours=2), server.mails[0].content
    for received in (filed, filed + timedelta(hours=1)):
        mailbox.dovecot.deliver(mailbox.user, content, folder="送信済み/2026", received=received)
    for begun, claimed, at in (
        (REPLY.begun_at, None, filed),
        (REPLY.begun_at, filed + timedelta(seconds=0.5), filed + timedelta(seconds=0.5)),
        (filed + timedelta(minutes=1), None, filed + timedelta(minutes=1)),
    ):
        found = account.find_sent(reply(begun_at=begun, claimed_at=claimed))
        assert found is not None
        assert (found.external_id, found.at) == ("d-7@example.jp", at)
    for other in ("d-8", "-7", "7"):
        with pytest.raises(AmbiguousError):
            account.find_sent(reply(identity=other))
    assert before.items() <= mailbox.dovecot.flags(mailbox.user, "送信済み/2026").items()
    assert len(server.mails) == 1
    with pytest.raises(PermanentError, match="name one of support") as missing:
        sender(server, secret, sent_folder="shop/Sent").find_sent(REPLY)
    assert missing.value.code == "source_missing"


def test_refused_mail_is_left_politely(server: SmtpServer, secret: Path) -> None:
    server.faults = {"rcpt": "550 5.1.1 who"}
    account = sender(server, secret)
    with suppress(PermanentError):
        account.send(REPLY)
    server.faults.clear()
    account.send(REPLY)
    assert len(server.mails) == 1


def test_registry_opens_it(server: SmtpServer, secret: Path) -> None:
    account = {"name": "out", "type": "smtp", "answers": ["support"], **table(server, secret)}
    opened = registry.open_sender(SenderTable.model_validate(account))
    opened.send(REPLY)
    assert len(server.mails) == 1


def test_no_secret_and_no_text_in_logs(
    server: SmtpServer, secret: Path, caplog: pytest.LogCaptureFixture, capfd: Any
) -> None:
    caplog.set_level("DEBUG")
    sender(server, secret).send(REPLY)
    ours = [r for r in caplog.records if not r.name.startswith(("mail.", "asyncio"))]
    assert ours == []
    assert capfd.readouterr().err == ""


def test_import_is_light() -> None:
    code = "import sys, connectors.smtp; print({'requests', 'torch', 'django'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
