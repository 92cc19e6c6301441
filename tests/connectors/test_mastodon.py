"""A Mastodon account: what comes in once, what goes out once, and what a server may do to either."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from casebook import clock
from casebook.errors import (
    AmbiguousError,
    AuthError,
    ConnectorError,
    PermanentError,
    TransientError,
)
from casebook.outbound import Sent
from casebook.types import Batch, Cursor, Visibility
from connectors.mastodon import MastodonAccount, MastodonOptions
from tests.connectors.backends_mastodon import MastodonBackend
from tests.connectors.contract import TEXT
from tests.json_server import READING, WRITING, Fault
from tests.mastodon_server import CUSTOMER, OWN

PUBLIC, PRIVATE = Visibility.PUBLIC, Visibility.PRIVATE


@pytest.fixture
def played(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MastodonBackend]:
    with MastodonBackend(request, tmp_path) as backend:
        yield backend


def account(played: MastodonBackend, **changed: Any) -> MastodonAccount:
    return MastodonAccount("mastodon", played.options(**{"page_size": 40} | changed))


def poll(
    played: MastodonBackend, cursor: Cursor, **changed: Any
) -> tuple[list[str], Cursor, list[str]]:
    """The texts, the cursor and the warnings of one poll."""
    batches: list[Batch] = list(account(played, **changed).poll(cursor))
    texts = [inbound.text for batch in batches for inbound in batch.inbounds]
    cursor = json.loads(json.dumps(batches[-1].cursor)) if batches else cursor
    return texts, cursor, [warning for batch in batches for warning in batch.warnings]


def refused(played: MastodonBackend, visibility: Visibility = PUBLIC, **changed: Any) -> str:
    """The code of the error that a reply ends in before anything is posted."""
    with pytest.raises(ConnectorError) as caught:
        account(played).send(played.outbound(visibility, **changed))
    assert played.server.posted == []
    return caught.value.code


def test_an_edit_comes_once_as_a_follow_up(played: MastodonBackend) -> None:
    number = played.server.put("<p>届きません</p>")
    _, cursor, _ = poll(played, {})
    played.server.edit(number, "<p>届きました</p>")
    (batch,) = account(played).poll(cursor)
    (inbound,) = batch.inbounds
    assert (inbound.text, inbound.in_reply_to) == ("届きました", number)
    assert poll(played, batch.cursor) == ([], batch.cursor, [])


def test_a_post_edited_before_it_was_seen_comes_once(played: MastodonBackend) -> None:
    played.server.edit(played.server.put("<p>届きません</p>"), "<p>届きました</p>")
    texts, cursor, _ = poll(played, {})
    assert texts == ["届きました"]
    assert poll(played, cursor)[0] == []


def test_strangers_that_the_server_filters_are_heard(played: MastodonBackend) -> None:
    played.server.put("<p>届きません</p>")
    poll(played, {})
    asked = [each for each in played.server.requests if "notifications" in each.path]
    assert all(each.query["include_filtered"] == ["true"] for each in asked)
    others = [each for each in played.server.requests if "notifications" not in each.path]
    assert others
    assert all("include_filtered" not in each.query for each in others)


@pytest.mark.parametrize(("version", "texts"), [(7, ["Q", "M"]), (6, ["M"])])
def test_quotes_are_asked_for_where_the_server_has_them(
    played: MastodonBackend, version: int, texts: list[str]
) -> None:
    played.server.version = version
    played.server.put("Q", type_="quote")
    played.server.put("M")
    assert poll(played, {})[0] == texts


def test_nothing_of_ours_and_nothing_boosted_comes_in(played: MastodonBackend) -> None:
    played.server.put("ours", OWN)
    played.server.put("boost", reblog={"id": "3"})
    assert poll(played, {})[0] == []


def test_old_posts_are_left_alone_at_first(played: MastodonBackend) -> None:
    played.server.put("old", created_at="2026-09-30T23:59:59Z")
    played.server.put("new", created_at="2026-10-01T00:00:00Z")
    assert poll(played, {}, since=date(2026, 10, 1))[0] == ["new"]


def test_what_cannot_be_read_is_told_and_stops_nothing(played: MastodonBackend) -> None:
    played.server.put("kept")
    broken = [{"id": f"9{n:02}", "type": "mention", "status": {"id": None}} for n in range(20)]
    played.server.broken = [7, None, "x", [], *broken]
    first = next(iter(account(played).poll({})))
    assert [inbound.text for inbound in first.inbounds] == ["kept"]
    assert (
        first.warnings[0] == "notification 919 was left out: it has no post, or one without an id"
    )
    assert (len(first.warnings), first.warnings[-1]) == (11, "… and 10 more like these")


def test_a_server_that_gives_more_than_asked_for_loses_nothing(played: MastodonBackend) -> None:
    played.server.generous = True
    for number in range(5):
        played.server.put(f"m{number}")
    texts, cursor, _ = poll(played, {}, page_size=2)
    assert texts == [f"m{number}" for number in range(5)]
    assert poll(played, cursor)[0] == []


def test_a_limit_within_a_poll_keeps_what_came_and_tells_when(played: MastodonBackend) -> None:
    at = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
    for number in range(6):
        played.server.put(f"m{number}")
    played.server.now, played.server.limit = at, 4
    batches: list[Batch] = []
    with clock.frozen(at), pytest.raises(TransientError) as caught:
        batches.extend(account(played, page_size=2).poll({}))
    found = [inbound.text for batch in batches for inbound in batch.inbounds]
    cursor = batches[-1].cursor
    assert caught.value.retry_at == at + timedelta(minutes=4)
    assert 0 < len(found) < 6
    played.server.limit = 300
    assert found + poll(played, cursor)[0] == [f"m{number}" for number in range(6)]


def test_another_accounts_token_begins_anew_and_says_so(played: MastodonBackend) -> None:
    played.server.put("m")
    texts, _, warnings = poll(played, {"account": "77", "id": "999999", "edited": {}})
    assert texts == ["m"]
    assert "another account" in warnings[0]


@pytest.mark.parametrize("cursor", [{"id": 5}, {"account": [], "id": {}, "edited": 3}])
def test_a_spoilt_cursor_stops_nothing(played: MastodonBackend, cursor: Cursor) -> None:
    played.server.put("m")
    assert poll(played, cursor)[0] == ["m"]


def test_reply_mentions_and_follows_the_customers_visibility(played: MastodonBackend) -> None:
    sent = account(played).send(played.outbound(PUBLIC))
    quiet = played.server.put("<p>静かに</p>", visibility="unlisted")
    answers = replace(played.answers(PUBLIC), external_id=quiet)
    account(played).send(played.outbound(PUBLIC, "d-2", answers=answers))
    private = account(played).send(played.outbound(PRIVATE, "d-3"))
    assert [each["visibility"] for each in played.server.posted] == ["public", "unlisted", "direct"]
    assert all(
        each["status"] == f"@hanako@elsewhere.example {TEXT}" for each in played.server.posted
    )
    assert played.server.posted[0]["language"] == "ja"
    assert played.server.posted[0]["idempotency-key"] == "d-1"
    assert sent.permalink.endswith(f"/{sent.external_id}")
    assert private.warnings == ()


def test_a_mention_that_was_approved_is_not_doubled(played: MastodonBackend) -> None:
    body = "@hanako@elsewhere.example 承知しました。"
    account(played).send(played.outbound(PUBLIC, body=body))
    assert played.server.posted[0]["status"] == body


def test_a_private_reply_that_the_server_made_public_is_told(played: MastodonBackend) -> None:
    played.answers(PRIVATE)
    played.server.dialect = {"direct": "public"}
    outbound = played.outbound(PRIVATE)
    sent = account(played).send(outbound)
    assert "public" in sent.wrong
    found = account(played).find_sent(outbound)
    assert found is not None
    assert (found.external_id, found.wrong) == (sent.external_id, sent.wrong)


def test_compatible_servers_call_direct_private(played: MastodonBackend) -> None:
    played.server.dialect = {"direct": "private"}
    sent = account(played).send(played.outbound(PRIVATE))
    assert sent.wrong == ""
    found = account(played).find_sent(played.outbound(PRIVATE))
    assert found is not None
    assert found.external_id == sent.external_id


def test_what_was_written_privately_is_not_answered_in_public(played: MastodonBackend) -> None:
    private = played.answers(PRIVATE)
    assert refused(played, PUBLIC, answers=private) == "private_post"


def test_a_reply_reaches_its_customer_or_nobody(played: MastodonBackend) -> None:
    answers = played.answers(PUBLIC)
    assert refused(played, answers=replace(answers, author="99")) == "wrong_author"
    played.server.delete(answers.external_id)
    assert refused(played, answers=answers) == "not_found"
    played.server.accounts[CUSTOMER]["acct"] = "a b\n@c"
    answers = replace(answers, external_id=played.server.put("x"))
    assert refused(played, answers=answers) == "no_handle"


def test_the_mention_counts(played: MastodonBackend) -> None:
    played.answers(PUBLIC)
    played.server.accounts[CUSTOMER]["acct"] = "h" * 60
    (limit,) = account(played).limits(PUBLIC)
    body = "長" * limit.most
    assert limit.count(body) == limit.most
    assert refused(played, body=body) == "too_long"
    played.server.accounts[CUSTOMER]["acct"] = "h" * 30
    account(played).send(played.outbound(PUBLIC, body=body))


def test_the_limit_is_the_servers(played: MastodonBackend) -> None:
    played.server.most = 5_000
    (limit,) = account(played).limits(PUBLIC)
    assert limit.most > 4_900
    assert limit.count("https://example.jp/" + "a" * 100) == 23
    played.server.fault = Fault(503)
    (limit,) = account(played).limits(PUBLIC)
    assert limit.most < 500


@pytest.mark.parametrize(
    ("fault", "kind", "code"),
    [
        (Fault(503, WRITING), TransientError, "server_busy"),
        (Fault(502, WRITING), AmbiguousError, "answer_lost"),
        (Fault(500, WRITING), AmbiguousError, "answer_lost"),
        (Fault("silence", WRITING), AmbiguousError, "answer_lost"),
        (Fault(200, WRITING, document=b"<html>"), AmbiguousError, "answer_lost"),
        (Fault(200, WRITING, document={"x": 1}), AmbiguousError, "answer_lost"),
        (Fault(200, WRITING, {"X-RateLimit-Reset": "soon"}), AmbiguousError, "answer_lost"),
        (Fault(302, WRITING, {"Location": "/elsewhere"}), PermanentError, "redirected"),
        (Fault(403, WRITING), AuthError, "permission_missing"),
        (Fault(401, WRITING), AuthError, "token_refused"),
        (Fault(429, WRITING, {"X-RateLimit-Reset": "soon"}), TransientError, "rate_limited"),
        (Fault(422, WRITING), PermanentError, "request_refused"),
        (Fault("drop", READING), TransientError, "connection_lost"),
        (Fault(200, READING, document=b"<html>"), TransientError, "answer_unreadable"),
        (Fault(302, READING, {"Location": "/elsewhere"}), PermanentError, "redirected"),
    ],
)
def test_what_a_server_does_to_a_reply(
    played: MastodonBackend, fault: Fault, kind: type[ConnectorError], code: str
) -> None:
    outbound = played.outbound(PUBLIC)
    played.server.fault = fault
    with pytest.raises(kind) as caught:
        account(played).send(outbound)
    assert caught.value.code == code
    assert played.server.token not in str(caught.value)
    assert TEXT[:6] not in str(caught.value)


def test_a_lost_answer_is_found_and_a_repetition_is_the_same_post(played: MastodonBackend) -> None:
    outbound = played.outbound(PUBLIC)
    played.server.fault = Fault("drop", WRITING)
    with pytest.raises(AmbiguousError):
        account(played).send(outbound)
    played.server.fault = None
    found = account(played).find_sent(outbound)
    assert isinstance(found, Sent)
    again = account(played).send(outbound)
    assert again.external_id == found.external_id == played.server.posted[0]["id"]
    assert len(played.server.posted) == 1


def test_other_posts_of_ours_are_not_taken_for_the_reply(played: MastodonBackend) -> None:
    outbound = played.outbound(PUBLIC)
    account(played).send(replace(outbound, identity="d-7", body="別の返事です。"))
    account(played).send(played.outbound(PRIVATE, "d-8"))
    assert account(played).find_sent(outbound) is None
    played.server.put(f"<p>{TEXT}</p>", CUSTOMER, in_reply_to_id=outbound.answers.external_id)
    old = (datetime.now(UTC) - timedelta(days=3)).isoformat()
    played.server.put(
        f"<p>{TEXT}</p>", OWN, in_reply_to_id=outbound.answers.external_id, created_at=old
    )
    assert account(played).find_sent(outbound) is None


def test_a_reply_is_found_behind_many_posts_but_not_behind_endless_ones(
    played: MastodonBackend,
) -> None:
    outbound = played.outbound(PUBLIC)
    sent = account(played).send(outbound)
    for _ in range(90):
        played.server.put("<p>お知らせ</p>", OWN)
    found = account(played).find_sent(outbound)
    assert found is not None
    assert found.external_id == sent.external_id
    for _ in range(400):
        played.server.put("<p>お知らせ</p>", OWN)
    with pytest.raises(AmbiguousError) as caught:
        account(played).find_sent(outbound)
    assert caught.value.code == "not_found_yet"


@pytest.mark.parametrize("version", [7, 1])
def test_deleted_posts_are_noticed(played: MastodonBackend, version: int) -> None:
    played.server.version = version
    numbers = [played.server.put(f"m{number}") for number in range(25)]
    for number in numbers[3], numbers[24]:
        played.server.delete(number)
    assert list(account(played).gone(numbers)) == [numbers[3], numbers[24]]


def test_an_unwilling_server_makes_nothing_deleted(played: MastodonBackend) -> None:
    numbers = [played.server.put("m")]
    for fault in Fault(503), Fault(401), Fault(200, document=[]):
        played.server.fault = fault
        if fault.kind == 200:
            assert list(account(played).gone(numbers)) == []
        else:
            with pytest.raises(ConnectorError):
                list(account(played).gone(numbers))


@pytest.mark.parametrize(
    ("base", "kind", "code"),
    [
        ("https://nobody.invalid", TransientError, "host_unreachable"),
        ("https://127.0.0.1:{port}", PermanentError, "tls_failed"),
    ],
)
def test_addresses_where_no_server_answers(
    played: MastodonBackend, base: str, kind: type[ConnectorError], code: str
) -> None:
    base = base.format(port=played.server.url.rpartition(":")[2])
    with pytest.raises(kind) as caught:
        account(played, base_url=base).send(played.outbound(PUBLIC))
    assert caught.value.code == code
    assert str(caught.value).startswith(base)


def test_a_token_without_the_right_to_read_is_told_by_check(played: MastodonBackend) -> None:
    played.server.fault = Fault(403, READING)
    with pytest.raises(AuthError) as caught:
        account(played).check()
    assert caught.value.code == "permission_missing"


@pytest.mark.parametrize("token", ["", "two words", "a\nb"])
def test_a_token_that_is_none(played: MastodonBackend, tmp_path: Path, token: str) -> None:
    (tmp_path / "none").write_text(token, encoding="utf-8")
    with pytest.raises(AuthError) as caught:
        account(played, access_token={"file": tmp_path / "none"}).check()
    assert "\n" not in str(caught.value)
    assert played.server.requests == []


def test_no_secret_and_no_text_in_the_log(
    played: MastodonBackend, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    played.server.put("<p>秘密です</p>")
    poll(played, {})
    account(played).send(played.outbound(PUBLIC))
    assert played.server.token not in caplog.text
    assert "秘密" not in caplog.text
    assert TEXT[:6] not in caplog.text


@pytest.mark.parametrize(
    "base", ["http://mastodon.example", "mastodon.example", "https://a@b", "https://a/b", "ftp://a"]
)
def test_addresses_that_are_refused(base: str) -> None:
    with pytest.raises(ValueError):
        MastodonOptions.model_validate({"base_url": base, "access_token": {"env": "T"}})


def test_the_library_is_loaded_by_an_account_alone() -> None:
    code = "import sys, connectors.mastodon; sys.exit('mastodon' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
