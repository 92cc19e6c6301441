"""Replies on the played X: once, as approved, and looked up where the answer was lost."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from casebook.clock import frozen
from casebook.errors import (
    AmbiguousError,
    AuthError,
    ConnectorError,
    PermanentError,
    TransientError,
)
from casebook.outbound import Outbound, Pace
from casebook.types import Visibility
from connectors.x import XAccount
from tests.connectors.x_account import BEGUN, account, outbound
from tests.x_server import OWN, XServer

BODY = (
    "お客様、ご不便をおかけしております。11月25日 17時までに <担当者> よりご返事いたします。"
    "詳しくはこちらへ https://x.com/messages/compose?recipient_id=1000&text=M-7F3K2Q 受付 M-7F3K2Q"
)
PRIVATE = {"visibility": Visibility.PRIVATE}


@pytest.fixture
def x() -> Iterator[XServer]:
    with XServer() as server, frozen(BEGUN + timedelta(minutes=1)):
        server.now = BEGUN + timedelta(minutes=1)
        yield server


@pytest.fixture
def post(x: XServer) -> str:
    """A customer's post, and a message of hers."""
    x.put_dm("DM です")
    return str(x.put("@acme_jp 割れていました"))


def refused(ours: XAccount, reply: Outbound) -> ConnectorError:
    with pytest.raises(ConnectorError) as caught:
        ours.send(reply)
    assert "\n" not in str(caught.value)
    assert BODY[:10] not in str(caught.value)
    assert "secret" not in str(caught.value)
    return caught.value


def test_a_public_reply_answers_the_post(x: XServer, post: str) -> None:
    sent = account(x).send(outbound(post, BODY))
    assert x.posted == [{"text": BODY, "to": post}]
    assert int(sent.external_id) in x.posts
    assert sent.permalink == f"https://x.com/acme_jp/status/{sent.external_id}"
    assert sent.at == BEGUN + timedelta(minutes=1)


def test_a_private_reply_goes_to_the_author(x: XServer, post: str) -> None:
    sent = account(x).send(outbound(post, "長い" * 4000, **PRIVATE))
    assert x.posted == [{"text": "長い" * 4000, "to": "2000"}]
    assert sent.external_id.startswith("dm:")


@pytest.mark.parametrize("visibility", list(Visibility))
@pytest.mark.parametrize("fault", ["drop", "silence", 500, 503])
def test_a_lost_answer_is_looked_up_and_never_sent_again(
    x: XServer, post: str, visibility: Visibility, fault: int | str
) -> None:
    ours, reply = account(x), outbound(post, BODY, visibility=visibility)
    x.faults.append(fault)
    begun = time.monotonic()
    assert isinstance(refused(ours, reply), AmbiguousError)
    assert time.monotonic() - begun < 1.5
    found = ours.find_sent(reply)
    if fault != "drop":
        assert found is None
        assert x.posted == []
        return
    assert found is not None
    assert len(x.posted) == 1
    assert found.external_id.removeprefix("dm:") in {str(one) for one in (*x.posts, *x.dms)}
    assert found.at == BEGUN + timedelta(minutes=1)


@pytest.mark.parametrize("visibility", list(Visibility))
def test_what_looks_alike_is_not_taken_for_it(
    x: XServer, post: str, visibility: Visibility
) -> None:
    ours, reply = account(x), outbound(post, BODY, visibility=visibility)
    other = str(x.put("@acme_jp 届きません", "2001"))
    x.put_dm("別の方", "2001")
    ours.send(outbound(other, BODY, "2001", visibility=visibility))
    ours.send(outbound(post, BODY.replace("17時", "18時"), visibility=visibility))
    x.put_dm(BODY, "2000")
    before = BEGUN - timedelta(hours=1)
    x.put(f"@u {BODY}", "1000", kind="replied_to", refers=int(post), mentions=False, at=before)
    x.put_dm(BODY, "1000", "2000", at=before)
    assert ours.find_sent(reply) is None
    sent = ours.send(reply)
    found = ours.find_sent(reply)
    assert found is not None
    assert found.external_id == sent.external_id


def test_it_is_found_among_many_or_told_that_it_is_not_clear(x: XServer, post: str) -> None:
    ours, reply = account(x), outbound(post, BODY)
    sent = ours.send(reply)
    for number in range(250):
        x.put(f"{number}", "1000", mentions=False)
    found = ours.find_sent(reply)
    assert found is not None
    assert found.external_id == sent.external_id
    for number in range(1000):
        x.put(f"{number}", "1000", mentions=False)
    with pytest.raises(AmbiguousError):
        ours.find_sent(reply)


def test_too_long_is_told_before_any_call(x: XServer, post: str) -> None:
    ours = account(x)
    for visibility, length in ((Visibility.PUBLIC, 141), (Visibility.PRIVATE, 10_001)):
        error = refused(ours, outbound(post, "長" * length, visibility=visibility))
        assert isinstance(error, PermanentError)
        assert error.code == "too_long"
    assert x.requests == []
    ours.send(outbound(post, "長" * 140))
    assert len(x.posted) == 1


def test_a_post_that_may_not_be_answered_is_refused_for_good(x: XServer, post: str) -> None:
    x.answerable = False
    error = refused(account(x), outbound(post, BODY))
    assert isinstance(error, PermanentError)
    assert error.code == "reply_not_allowed"
    assert "mentions or quotes" in str(error)


def test_who_did_not_write_first_gets_no_message(x: XServer, post: str) -> None:
    error = refused(account(x), outbound(post, BODY, "2999", **PRIVATE))
    assert isinstance(error, PermanentError)
    assert error.code == "dm_not_allowed"


def test_the_same_text_again_has_its_own_reason(x: XServer, post: str) -> None:
    ours = account(x)
    ours.send(outbound(post, BODY))
    x.posts = {number: one for number, one in x.posts.items() if one.author != OWN}
    error = refused(ours, outbound(post, BODY, identity="d-2"))
    assert isinstance(error, PermanentError)
    assert error.code == "duplicate_content"
    assert len(x.posted) == 1


def test_a_duplicate_is_the_reply_of_an_earlier_try_where_it_stands_there(
    x: XServer, post: str
) -> None:
    ours = account(x)
    first = ours.send(outbound(post, BODY))
    assert ours.send(outbound(post, BODY)).external_id == first.external_id
    assert len(x.posted) == 1
    x.limits["own"] = 0
    assert isinstance(refused(ours, outbound(post, BODY)), AmbiguousError)


@pytest.mark.parametrize(
    ("fault", "kind", "code"),
    [
        (400, PermanentError, "request_refused"),
        (401, AuthError, "token_refused"),
        (402, PermanentError, "credit_used_up"),
        (404, PermanentError, "not_found"),
        (429, TransientError, "rate_limited"),
        (302, PermanentError, "redirected"),
    ],
)
def test_refusals_are_certain(
    x: XServer, post: str, fault: int, kind: type[ConnectorError], code: str
) -> None:
    x.fault = fault
    error = refused(account(x), outbound(post, BODY))
    assert isinstance(error, kind)
    assert error.code == code
    assert x.posted == []
    if isinstance(error, TransientError):
        assert error.retry_at == BEGUN + timedelta(minutes=15)


def test_an_application_that_may_only_read_is_told_so(x: XServer, post: str) -> None:
    kind = "https://api.twitter.com/2/problems/oauth1-permissions"
    x.refused["post"] = ("Your client app is not configured with the right permissions", kind)
    error = refused(account(x), outbound(post, BODY))
    assert isinstance(error, AuthError)
    assert error.code == "permission_missing"


def test_nobody_there_is_certain(x: XServer, post: str) -> None:
    for base in ("http://127.0.0.1:9", "https://no-such-host.invalid"):
        error = refused(account(x, api_base=base), outbound(post, BODY))
        assert isinstance(error, TransientError)
        assert error.code == "host_unreachable"
    error = refused(account(x, api_base=x.url.replace("http:", "https:")), outbound(post, BODY))
    assert isinstance(error, PermanentError)
    assert error.code == "tls_failed"


def test_rules_are_x_rules(x: XServer, post: str) -> None:
    ours = account(x)
    assert ours.rules.ways == {
        Visibility.PUBLIC: (Pace(100, 900),),
        Visibility.PRIVATE: (Pace(15, 900), Pace(1440, 86_400)),
    }
    assert ours.rules.after_contact
    assert ours.rules.recheck_hours == 24
    silent = account(x, dms=False)
    assert set(silent.rules.ways) == {Visibility.PUBLIC}
    assert refused(silent, outbound(post, BODY, **PRIVATE)).code == "no_such_way"


def test_replies_count_in_the_days_money(x: XServer, post: str) -> None:
    ours = account(x, price_post="0.20", money_day="0.50", mentions=False, quotes=False)
    ours.send(outbound(post, BODY))
    x.faults.append("drop")
    refused(ours, outbound(post, BODY, **PRIVATE))
    assert ours.told({}) == "0 reads this month, 0.40 of 0.50 spent today"
    ours.find_sent(outbound(post, BODY))
    assert ours.told({}).startswith("1 reads")
    x.now = BEGUN + timedelta(days=1)
    with frozen(x.now):
        assert ours.told({}) == "1 reads this month, 0.00 of 0.50 spent today"
    x.now = BEGUN + timedelta(days=20)
    with frozen(x.now):
        assert ours.told({}) == "0 reads this month, 0.00 of 0.50 spent today"


def test_gone_are_those_that_x_shows_no_more(x: XServer) -> None:
    ours = account(x)
    ids = [str(x.put(f"{number}", str(2000 + number % 3))) for number in range(250)]
    del x.posts[int(ids[7])]
    del x.posts[int(ids[207])]
    x.protected.add("2001")
    expected = [one for n, one in enumerate(ids) if n in (7, 207) or n % 3 == 1]
    dm = f"dm:{x.put_dm('DM')}"
    assert list(ours.gone([*ids, dm, "dm:1"])) == expected
    assert x.count("/2/tweets") == 3


def test_looking_up_ends_with_half_of_the_budget(x: XServer) -> None:
    ours = account(x, reads_month=200)
    ids = [str(x.put(f"{number}")) for number in range(250)]
    with pytest.raises(TransientError) as caught:
        list(ours.gone(ids))
    assert caught.value.code == "budget_used_up"
    assert x.count("/2/tweets") == 1


@pytest.mark.parametrize("fault", [503, 429, 401, 403, 404, "drop", "silence"])
def test_a_failing_lookup_calls_nothing_gone(x: XServer, fault: Any) -> None:
    one = str(x.put("一"))
    x.fault = fault
    with pytest.raises(ConnectorError):
        list(account(x).gone([one, "5"]))
