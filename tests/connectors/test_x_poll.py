"""Polls of the played X: all, once, oldest first, within its limits and our budget."""

from __future__ import annotations

import itertools
import time
from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from casebook.errors import ConnectorError, TransientError
from connectors.x import XAccount
from tests.connectors.x_account import (
    MENTIONS,
    NOON,
    Book,
    account,
    at_time,
    fails,
    number_of,
    numbered,
)
from tests.x_server import XServer


def test_each_way_in_comes_once(x: XServer, book: Book) -> None:
    ours = account(x)
    x.put("@acme_jp 割れていました")
    x.put("これはひどい", "2001", mentions=False, quotes=True, kind="quoted", refers=1)
    both = x.put("@acme_jp これも", quotes=True)
    x.put("自分の投稿", "1000")
    x.put("RT", "2001", kind="retweeted", refers=1)
    x.put_dm("DM です")
    x.put_dm("こちらの返事", "1000", "2000")
    assert book.record(ours.poll({})) == [
        "@acme_jp 割れていました",
        "@acme_jp これも",
        "これはひどい",
        "DM です",
    ]
    assert f"x:{both}" in book.found
    assert book.record(ours.poll(book.cursor)) == []
    x.put("@acme_jp もう一つ")
    x.put_dm("もう一通")
    assert book.record(ours.poll(book.cursor)) == ["@acme_jp もう一つ", "もう一通"]


@pytest.mark.parametrize("renamed", [False, True])
@pytest.mark.parametrize("milliseconds", [False, True])
def test_long_posts_come_whole_however_x_names_things(
    x: XServer, book: Book, renamed: bool, milliseconds: bool
) -> None:
    x.renamed, x.milliseconds = renamed, milliseconds
    whole = "長" * 2000 + " & <b>"
    x.put(whole[:280], note=whole, media="3_1")
    x.put_dm("DM")
    book.record(account(x).poll({}))
    post, dm = book.found.values()
    assert post.text == whole
    assert post.attachments[0].name == "https://pbs.example/3_1.jpg"
    assert post.sent_at is not None
    assert dm.sent_at is not None


def test_ways_that_are_switched_off_are_not_asked(x: XServer, book: Book) -> None:
    x.put_dm("DM")
    assert book.record(account(x, **MENTIONS).poll({})) == []
    assert [request.path for request in x.requests] == ["/2/users/1000/mentions"]


@pytest.mark.parametrize("recorded", [0, 1, 2, 3])
def test_killed_between_batches_nothing_is_lost_or_doubled(
    x: XServer, book: Book, recorded: int
) -> None:
    ours = account(x, page_size=10, batch_messages=4, **MENTIONS)
    texts = numbered(x, 0, 33)
    for _ in range(4):
        poll = ours.poll(book.cursor)
        for _ in range(recorded):
            book.record([batch] if (batch := next(poll, None)) else [])
        texts += numbered(x, len(texts), len(texts) + 3)
    while book.record(ours.poll(book.cursor)):
        pass
    assert book.texts == texts
    assert book.seen == len(texts)


step = st.tuples(
    st.integers(0, 30),  # posts and messages that came
    st.integers(0, 6),  # batches that are recorded before the kill
    st.sampled_from([1, 2, 5, 100]),  # X's limit
    st.sampled_from(["", "", "", "drop", 503, 429, 400]),
    st.sampled_from([0, 15, 60]),  # minutes that pass
)


@given(steps=st.lists(step, min_size=1, max_size=6))
@hypothesis_settings(max_examples=60, deadline=None)
def test_whatever_happens_all_come_once(steps: list[tuple[int, int, int, int | str, int]]) -> None:
    with XServer() as x:
        x.newest = None
        ours, book, moment = account(x, page_size=10, batch_messages=7), Book(), NOON
        expected: set[str] = set()
        for came, recorded, limit, fault, minutes in steps:
            moment += timedelta(minutes=minutes)
            with at_time(x, moment):
                for _ in range(came):
                    expected |= {f"x:{x.put('post')}", f"x-dm:{x.put_dm('message')}"}
                x.limits |= {"mentions": limit, "dms": limit}
                x.faults.extend(["", fault])
                poll = ours.poll(book.cursor)
                with suppress(ConnectorError):
                    book.record(itertools.islice(poll, recorded))
        x.faults.clear()
        x.limits |= {"mentions": 100, "dms": 100}
        for _ in range(3):
            moment += timedelta(minutes=15)
            with at_time(x, moment), suppress(TransientError):
                book.record(ours.poll(book.cursor))
    assert set(book.found) == expected
    assert book.seen == len(expected)
    assert not book.warnings


def test_direct_messages_are_caught_up_page_by_page(x: XServer, book: Book) -> None:
    ours = account(x, page_size=10, mentions=False, quotes=False)
    texts = [f"DM {number}" for number in range(47)]
    for text in texts[:25]:
        x.put_dm(text)
    book.record(ours.poll({}))
    for text in texts[25:]:
        x.put_dm(text)
    book.record(ours.poll(book.cursor))
    assert book.texts == texts
    assert book.seen == len(texts)


def test_an_idle_poll_costs_one_request_each_and_no_money(x: XServer, book: Book) -> None:
    ours = account(x)
    numbered(x, 0, 20)
    for number in range(20):
        x.put_dm(f"DM {number}")
    with at_time(x, NOON):
        book.record(ours.poll({}))
        told = ours.told(book.cursor)
        before = len(x.requests)
        book.record(ours.poll(book.cursor))
        assert len(x.requests) - before == 3
        assert ours.told(book.cursor) == told == "40 reads this month, 0.20 spent today"


def test_a_backlog_of_10000_comes_in_windows(
    x: XServer, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    """15 requests a window, each of 100: all in 7 windows; no poll waits, none asks in vain."""
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    x.newest, x.limits["mentions"] = None, 15
    ours = account(x, **MENTIONS)
    moment = NOON
    with at_time(x, moment - timedelta(hours=1)):
        texts = numbered(x, 0, 10_000)
    for _ in range(20):
        with at_time(x, moment):
            error, new = _polled(ours, book)
            assert _ascending(new)
            if error is None:
                break
            assert isinstance(error, TransientError)
            assert error.code == "rate_limited"
            assert error.retry_at is not None
            assert moment < error.retry_at <= moment + timedelta(minutes=15)
            moment = error.retry_at
    assert sorted(book.texts, key=number_of) == texts
    assert book.seen == 10_000
    assert moment - NOON <= timedelta(minutes=15 * 7)
    assert not slept
    assert 429 not in {request.status for request in x.requests}
    assert not book.warnings


def _polled(ours: XAccount, book: Book) -> tuple[ConnectorError | None, list[str]]:
    before = len(book.found)
    try:
        book.record(ours.poll(book.cursor))
    except ConnectorError as error:
        return error, book.texts[before:]
    return None, book.texts[before:]


def _ascending(texts: list[str]) -> bool:
    """In order but for one step back: what was left below is taken first."""
    numbers = [number_of(text) for text in texts]
    return sum(a > b for a, b in itertools.pairwise(numbers)) <= 1


def test_a_used_up_limit_keeps_no_other_from_being_read(x: XServer, book: Book) -> None:
    x.limits["mentions"] = 2
    ours = account(x, page_size=10)
    with at_time(x, NOON):
        numbered(x, 0, 35)
        x.put_dm("DM です")
        error = fails(ours.poll({}), book)
        assert isinstance(error, TransientError)
        assert error.retry_at == NOON + timedelta(minutes=15)
        assert "DM です" in book.texts
        asked = x.count("mentions")
        fails(ours.poll(book.cursor), book)
        assert x.count("mentions") == asked == 2
    for later in (15, 30, 45):
        with at_time(x, NOON + timedelta(minutes=later)):
            _polled(ours, book)
    assert len(book.found) == book.seen == 36


def test_a_limit_that_nothing_waits_for_is_no_trouble(x: XServer, book: Book) -> None:
    x.limits["dms"] = 1
    ours = account(x)
    with at_time(x, NOON):
        book.record(ours.poll({}))
        x.put_dm("später")
        book.record(ours.poll(book.cursor))
        assert x.count("dm_events") == 1
    with at_time(x, NOON + timedelta(minutes=15)):
        assert book.record(ours.poll(book.cursor)) == ["später"]


def test_429_names_when_to_come_again(x: XServer, book: Book) -> None:
    x.fault = 429
    with at_time(x, NOON):
        error = fails(account(x).poll({}), book)
        assert isinstance(error, TransientError)
        assert error.retry_at == NOON + timedelta(minutes=15)
        assert book.cursor["limits"]["mentions"] == [0, int(error.retry_at.timestamp())]


def test_mentions_beyond_reach_are_told_with_their_hours(x: XServer, book: Book) -> None:
    ours = account(x, **MENTIONS)
    with at_time(x, NOON):
        numbered(x, 0, 5)
        book.record(ours.poll({}))
    with at_time(x, NOON + timedelta(hours=2)):
        numbered(x, 5, 100)
    with at_time(x, NOON + timedelta(hours=5)):
        texts = numbered(x, 100, 900)
        assert book.record(ours.poll(book.cursor)) == texts
    (warning,) = book.warnings
    assert "between 2026-11-24 12:00 and 2026-11-24 17:00 UTC (5.0 hours)" in warning


def test_a_full_reach_without_a_gap_is_no_warning(x: XServer, book: Book) -> None:
    ours = account(x, **MENTIONS)
    numbered(x, 0, 5)
    book.record(ours.poll({}))
    numbered(x, 5, 804)
    assert len(book.record(ours.poll(book.cursor))) == 799
    assert not book.warnings


def test_quotes_of_a_source_that_slept_for_long_are_told(x: XServer, book: Book) -> None:
    ours = account(x, mentions=False, dms=False)
    with at_time(x, NOON):
        x.put("一", quotes=True)
        book.record(ours.poll({}))
    with at_time(x, NOON + timedelta(days=20)):
        x.put("二", quotes=True)
        assert book.record(ours.poll(book.cursor)) == ["二"]
        assert "quotes: X no longer gives" in book.warnings[0]
        book.record(ours.poll(book.cursor))
    with at_time(x, NOON + timedelta(days=26)):
        book.record(ours.poll(book.cursor))
    with at_time(x, NOON + timedelta(days=32)):
        book.record(ours.poll(book.cursor))
    assert len(book.warnings) == 1


def test_what_a_search_keeps_no_longer_is_given_up_and_told(x: XServer, book: Book) -> None:
    x.limits["search"] = 1
    ours = account(x, page_size=10, mentions=False, dms=False)
    with at_time(x, NOON):
        for number in range(15):
            x.put(f"{number}", quotes=True)
        fails(ours.poll({}), book)
        assert len(book.found) == 10
    with at_time(x, NOON + timedelta(days=8)):
        book.record(ours.poll(book.cursor))
        told = len(book.warnings)
        book.record(ours.poll(book.cursor))
    assert told == len(book.warnings) > 0
    assert len(book.found) == 10


def test_what_is_left_below_and_then_out_of_reach_is_told(x: XServer, book: Book) -> None:
    x.limits["mentions"] = 2
    ours = account(x, **MENTIONS)
    with at_time(x, NOON):
        numbered(x, 0, 1)
        book.record(ours.poll({}))
    with at_time(x, NOON + timedelta(hours=1)):
        numbered(x, 1, 400)
        fails(ours.poll(book.cursor), book)
    with at_time(x, NOON + timedelta(hours=2)):
        numbered(x, 400, 1100)
        x.limits["mentions"] = 15
        book.record(ours.poll(book.cursor))
    (warning,) = book.warnings
    assert "between 2026-11-24 12:00 and 2026-11-24 13:00 UTC (1.0 hours)" in warning
    assert len(book.found) == 1 + 200 + 700


def test_what_is_older_than_since_is_left_alone(x: XServer, book: Book) -> None:
    ours = account(x, since="2026-11-24", page_size=10)
    with at_time(x, NOON - timedelta(days=1)):
        numbered(x, 0, 30)
        x.put_dm("古い DM")
    with at_time(x, NOON):
        texts = numbered(x, 30, 55)
        x.put_dm("DM")
        assert book.record(ours.poll({})) == [*texts, "DM"]
    assert not book.warnings


def test_a_page_token_that_x_forgot_is_given_up(x: XServer, book: Book) -> None:
    x.limits["dms"] = 2
    ours = account(x, page_size=10, mentions=False, quotes=False)
    with at_time(x, NOON):
        for number in range(45):
            x.put_dm(f"{number}")
        fails(ours.poll({}), book)
        assert len(book.found) == 20
    with at_time(x, NOON + timedelta(minutes=15)):
        x.faults.append(400)
        assert fails(ours.poll(book.cursor), book).code == "request_refused"
    x.limits["dms"] = 15
    with at_time(x, NOON + timedelta(minutes=30)):
        book.record(ours.poll(book.cursor))
    assert sorted(book.texts, key=int) == [str(number) for number in range(45)]
    assert book.seen == 45


def test_what_cannot_be_read_is_told_and_hinders_nothing(x: XServer, book: Book) -> None:
    x.broken = [None, "x", {"id": []}, {"id": "7"}, {"id": "8", "author_id": "2", "text": 5}]
    x.put("読めます")
    assert book.record(account(x, **MENTIONS).poll({})) == ["読めます"]
    assert book.warnings == [
        "mentions: 5 entries of X's answer could not be read, and are left out"
    ]


def test_a_poll_that_breaks_off_hands_over_what_it_has(x: XServer, book: Book) -> None:
    ours = account(x, page_size=10, **MENTIONS)
    texts = numbered(x, 0, 25)
    x.faults.extend(["", "drop"])
    error = fails(ours.poll({}), book)
    assert error.code == "connection_lost"
    assert book.texts == texts[15:]
    book.record(ours.poll(book.cursor))
    assert book.texts == texts[15:] + texts[:15]
    assert book.seen == 25


@pytest.mark.parametrize(
    ("problem", "code"),
    [("unsupported", "access_refused"), ("oauth2-permissions", "permission_missing")],
)
def test_a_feed_that_is_refused_keeps_no_other_from_being_read(
    x: XServer, book: Book, problem: str, code: str
) -> None:
    x.refused["search"] = ("no", f"https://api.twitter.com/2/problems/{problem}")
    x.put("割れた")
    x.put_dm("DM")
    error = fails(account(x).poll({}), book)
    assert error.code == code
    assert book.texts == ["割れた", "DM"]
