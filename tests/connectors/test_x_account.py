"""An account on the played X: its troubles, its keys, its budget."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from casebook.errors import AuthError, ConnectorError, PermanentError, TransientError
from tests.connectors.x_account import (
    KEYS,
    MENTIONS,
    NOON,
    Book,
    account,
    at_time,
    fails,
    number_of,
    numbered,
    outbound,
)
from tests.oauth_server import TokenServer
from tests.x_server import XServer


@pytest.mark.parametrize(
    ("fault", "kind", "code"),
    [
        (503, TransientError, "server_busy"),
        ("drop", TransientError, "connection_lost"),
        ("silence", TransientError, "timeout"),
        (402, PermanentError, "credit_used_up"),
        (403, PermanentError, "access_refused"),
        (400, PermanentError, "request_refused"),
        (302, PermanentError, "redirected"),
    ],
)
def test_trouble_says_what_it_is(
    x: XServer, book: Book, fault: int | str, kind: type[ConnectorError], code: str
) -> None:
    x.fault = fault
    begun = time.monotonic()
    error = fails(account(x).poll({}), book)
    assert time.monotonic() - begun < 1.5
    assert isinstance(error, kind)
    assert error.code == code
    assert "secret" not in str(error)
    assert "\n" not in str(error)


def test_wrong_keys_are_told_without_them(x: XServer, book: Book) -> None:
    x.keys = ("other", "other")
    for call in (account(x).check, lambda: list(account(x).poll({}))):
        with pytest.raises(AuthError) as caught:
            call()
        assert caught.value.code == "token_refused"
        assert not any(secret in str(caught.value) for secret in KEYS.values())


def test_nobody_there(x: XServer) -> None:
    ours = account(x, api_base="http://127.0.0.1:9")
    with pytest.raises(TransientError) as caught:
        ours.check()
    assert caught.value.code == "host_unreachable"


def test_check_names_the_account(x: XServer) -> None:
    assert account(x).check() == f"{x.url}: @acme_jp (1000)"
    with pytest.raises(PermanentError) as caught:
        account(x, handle="old_name").check()
    assert caught.value.code == "wrong_handle"
    with pytest.raises(PermanentError) as caught:
        account(x, user_id="999").check()
    assert caught.value.code == "wrong_account"


def test_the_months_reads_end_the_polls_until_the_next(x: XServer, book: Book) -> None:
    ours = account(x, page_size=10, reads_month=25, **MENTIONS)
    with at_time(x, NOON):
        texts = numbered(x, 0, 40)
        error = fails(ours.poll({}), book)
        assert isinstance(error, TransientError)
        assert error.code == "budget_used_up"
        assert error.retry_at == datetime(2026, 12, 1, tzinfo=UTC)
        assert len(book.found) == 25
        assert ours.told(book.cursor) == "25 of 25 reads this month, 0.12 spent today"
        before = len(x.requests)
        fails(ours.poll(book.cursor), book)
        assert len(x.requests) == before
    with at_time(x, datetime(2026, 12, 1, tzinfo=UTC)):
        book.record(ours.poll(book.cursor))
    assert sorted(book.texts, key=number_of) == texts
    assert book.seen == 40


def test_the_days_money_ends_the_polls_until_tomorrow(x: XServer, book: Book) -> None:
    ours = account(x, page_size=10, money_day="0.30", price_read="0.01", **MENTIONS)
    with at_time(x, NOON):
        numbered(x, 0, 40)
        error = fails(ours.poll({}), book)
        assert isinstance(error, TransientError)
        assert error.retry_at == datetime(2026, 11, 25, tzinfo=UTC)
        assert "0.30 a day is used up" in str(error)
        assert ours.told(book.cursor) == "30 reads this month, 0.30 of 0.30 spent today"
    with at_time(x, NOON + timedelta(days=1)):
        book.record(ours.poll(book.cursor))
        assert ours.told(book.cursor).endswith("0.10 of 0.30 spent today")
    assert book.seen == 40


def test_a_fresh_token_is_asked_for_once_when_the_old_one_is_refused(
    x: XServer, book: Book, tmp_path: Any
) -> None:
    counter = tmp_path / "count"
    script = tmp_path / "token"
    script.write_text(f"#!/bin/sh\necho x >> {counter}\necho token-$(wc -l < {counter})\n")
    script.chmod(0o700)
    x.tokens = {"token-2"}
    ours = account(x, oauth2={"command": [str(script)]})
    assert ours.check() == f"{x.url}: @acme_jp (1000)"
    x.tokens = set()
    with pytest.raises(AuthError) as caught:
        ours.check()
    assert caught.value.code == "token_refused"
    assert "token-" not in str(caught.value)


def test_a_refresh_token_is_turned_into_access_as_x_wants_it(
    x: XServer, book: Book, tokens: TokenServer, tmp_path: Any
) -> None:
    tokens.reset()
    tokens.basic = tokens.rotate = True
    for name, value in (("client", tokens.client_secret), ("refresh", tokens.refresh_token("x"))):
        (tmp_path / name).write_text(value)
    ours = account(
        x,
        oauth2={
            "token_endpoint": tokens.token_url,
            "client_id": tokens.client_id,
            "client_secret": {"file": tmp_path / "client"},
            "client_auth": "basic",
            "refresh_token": {"file": tmp_path / "refresh"},
        },
    )
    x.put("割れた")
    with pytest.raises(AuthError):
        ours.check()
    x.tokens = Known(tokens)
    assert book.record(ours.poll({})) == ["割れた"]
    ours.send(outbound(str(min(x.posts)), "ご返事します"))
    assert tokens.grants == 2
    tokens.reset()


class Known(set[str]):
    """The access tokens in force."""

    def __init__(self, tokens: TokenServer) -> None:
        super().__init__()
        self._tokens = tokens

    def __contains__(self, token: object) -> bool:
        return self._tokens.user_of(str(token)) == "x"


def test_tokens_and_texts_are_not_logged(
    x: XServer, book: Book, caplog: pytest.LogCaptureFixture
) -> None:
    x.put("秘密の相談です")
    with caplog.at_level("DEBUG"):
        book.record(account(x).poll({}))
    assert "秘密" not in caplog.text
    assert not any(secret in caplog.text for secret in KEYS.values())
