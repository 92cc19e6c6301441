"""Alerts against real services: taken, refused, and what nobody can know."""

from __future__ import annotations

import email
import logging
from collections.abc import Iterator
from email import policy

import pytest

from casebook.errors import ConfigError
from connectors.notify import Outcome, Told, known, send
from tests.receivers import LOOPBACK, Hook, hook, mail_drop
from tests.services import free_port


@pytest.fixture
def web() -> Iterator[Hook]:
    with hook() as found:
        yield found


def test_a_web_hook_takes_title_and_text(web: Hook) -> None:
    assert send(web.url, "【危機】M-7F3K2Q", "重さ：危機\n*そのまま* <b>") == Told(Outcome.SENT)
    (got,) = web.received
    assert (got["title"], got["message"]) == ("【危機】M-7F3K2Q", "重さ：危機\n*そのまま* <b>")


def test_a_mail_arrives_whole() -> None:
    with mail_drop() as (port, mails):
        url = f"mailto://{LOOPBACK}:{port}/?from=desk@example.jp&to=oncall@example.jp&format=text"
        assert send(url, "【脅迫】M-7F3K2Q", "担当：危機管理室").outcome is Outcome.SENT
    (raw,) = mails
    mail = email.message_from_string(raw, policy=policy.default)
    assert mail["To"] == "oncall@example.jp"
    assert mail["Subject"] == "【脅迫】M-7F3K2Q"
    body = mail.get_body(("plain",))
    assert body is not None
    assert body.get_content().strip() == "担当：危機管理室"


def test_a_refusal_names_the_status_and_may_be_repeated(web: Hook) -> None:
    web.status = 403
    assert send(web.url, "t", "b") == Told(Outcome.FAILED, "the service answered with status 403")


@pytest.mark.parametrize("scheme", ["json", "mailto"])
def test_where_nothing_answers_it_certainly_did_not_arrive(scheme: str) -> None:
    told = send(f"{scheme}://{LOOPBACK}:{free_port()}/?to=a@example.jp&from=b@example.jp", "t", "b")
    assert told == Told(Outcome.FAILED, "nothing answers there")


@pytest.mark.parametrize("silence", [0.05, 1.0])
def test_a_connection_that_breaks_off_leaves_it_uncertain(web: Hook, silence: float) -> None:
    web.silence = silence
    assert send(web.url, "t", "b").outcome is Outcome.UNCERTAIN
    assert len(web.received) == 1


@pytest.mark.parametrize("url", ["", "secret-token", "nowhere://secret-token"])
def test_an_address_that_is_none_is_told_without_showing_it(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    assert not known(url)
    with pytest.raises(ConfigError) as told:
        send(url, "t", "b")
    assert "secret" not in f"{told.value}{caplog.text}"


def test_no_log_shows_an_address_or_a_text(web: Hook, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    web.status = 500
    send(web.url.replace("/hook", "/secret-token"), "title", "customer's words")
    assert "secret-token" not in caplog.text
    assert "customer's words" not in caplog.text
    assert logging.getLogger("apprise").propagate
