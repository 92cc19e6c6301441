"""Google's reviews: each comes in once, each has one reply, and nobody's words are overwritten."""

from __future__ import annotations

import json
import logging
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
from casebook.types import Batch, Cursor, Inbound, Visibility
from connectors.google_reviews import GoogleReviewsAccount, GoogleReviewsOptions
from tests.connectors.backends_google import GoogleBackend
from tests.connectors.contract import TEXT
from tests.google_server import ACCOUNT
from tests.json_server import READING, WRITING, Fault
from tests.services import free_port

PUBLIC = Visibility.PUBLIC


@pytest.fixture
def played(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[GoogleBackend]:
    with GoogleBackend(request, tmp_path) as backend:
        yield backend


def account(played: GoogleBackend, **changed: Any) -> GoogleReviewsAccount:
    return GoogleReviewsAccount("google", played.options(**{"page_size": 50} | changed))


def poll_into(
    found: list[Inbound], played: GoogleBackend, cursor: Cursor, **changed: Any
) -> Cursor:
    for batch in account(played, **changed).poll(cursor):
        found += batch.inbounds
        cursor = json.loads(json.dumps(batch.cursor))
    return cursor


def poll(played: GoogleBackend, cursor: Cursor, **changed: Any) -> tuple[list[str], Cursor]:
    found: list[Inbound] = []
    cursor = poll_into(found, played, cursor, **changed)
    return [inbound.text for inbound in found], cursor


def lists(played: GoogleBackend) -> list[dict[str, list[str]]]:
    return [each.query for each in played.server.requests if each.path.endswith("/reviews")]


def test_a_changed_review_comes_again_as_a_follow_up(played: GoogleBackend) -> None:
    name = played.server.put("遅い", stars=2)
    _, cursor = poll(played, {})
    played.server.change(name, "今は速い", 5)
    found: list[Inbound] = []
    cursor = poll_into(found, played, cursor)
    (inbound,) = found
    assert (inbound.text, inbound.rating, inbound.in_reply_to) == ("今は速い", 5, name)
    assert poll(played, cursor)[0] == []


def test_reviews_of_one_moment_all_come_once(played: GoogleBackend) -> None:
    at = datetime(2026, 10, 5, tzinfo=UTC)
    for number in range(5):
        played.server.put(f"r{number}", at=at)
    first: list[str] = []
    cursor: Cursor = {}
    poll_ = account(played, page_size=2).poll({})
    batch = next(poll_)
    first += [inbound.text for inbound in batch.inbounds]
    cursor = batch.cursor
    played.server.put("r5", at=at)
    rest, cursor = poll(played, cursor)
    assert sorted(first + rest) == [f"r{number}" for number in range(6)]
    assert poll(played, cursor)[0] == []


def test_known_pages_are_not_read_again(played: GoogleBackend) -> None:
    for number in range(9):
        played.server.put(f"r{number}")
    _, cursor = poll(played, {}, page_size=2)
    before = len(lists(played))
    assert before == 5
    played.server.put("new")
    assert poll(played, cursor, page_size=2)[0] == ["new"]
    assert len(lists(played)) - before == 2


def test_all_locations_or_those_named(played: GoogleBackend) -> None:
    played.server.put("a", location="501")
    played.server.put("b", location="502")
    assert poll(played, {})[0] == ["a", "b"]
    assert poll(played, {}, locations=["502"])[0] == ["b"]


def test_a_location_that_is_closed_to_us_keeps_no_other_from_being_read(
    played: GoogleBackend,
) -> None:
    played.server.put("a", location="501")
    played.server.put("b", location="502")
    played.server.closed = {"501"}
    found: list[Inbound] = []
    with pytest.raises(PermanentError) as caught:
        poll_into(found, played, {})
    assert caught.value.code == "permission_missing"
    assert [inbound.text for inbound in found] == ["b"]


def _limited_after_one(played: GoogleBackend) -> Iterator[Batch]:
    for batch in account(played).poll({}):
        played.server.fault = Fault(429, headers={"Retry-After": "90"})
        yield batch


def test_where_a_limit_broke_off_the_next_poll_goes_on(played: GoogleBackend) -> None:
    for location in ("501", "502", "503"):
        played.server.put(location, location=location)
    at = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
    batches: list[Batch] = []
    with clock.frozen(at), pytest.raises(TransientError) as caught:
        batches.extend(_limited_after_one(played))
    found = [inbound.text for batch in batches for inbound in batch.inbounds]
    cursor = json.loads(json.dumps(batches[-1].cursor))
    assert caught.value.retry_at == at + timedelta(seconds=90)
    assert cursor["next"].endswith("/502")
    played.server.fault = None
    asked = len(played.server.requests)
    assert found + poll(played, cursor)[0] == ["501", "502", "503"]
    first = next(r for r in played.server.requests[asked:] if r.path.endswith("/reviews"))
    assert "/502/" in first.path


def test_old_reviews_are_left_alone_at_first(played: GoogleBackend) -> None:
    old = played.server.put("old", at=datetime(2026, 9, 30, tzinfo=UTC))
    played.server.put("new")
    texts, cursor = poll(played, {}, since=date(2026, 10, 1))
    assert texts == ["new"]
    played.server.change(old, "old, but changed", 1)
    assert poll(played, cursor, since=date(2026, 10, 1))[0] == ["old, but changed"]


def test_what_cannot_be_read_is_told_once_and_stops_nothing(played: GoogleBackend) -> None:
    played.server.put("kept")
    empty = played.server.put()
    played.server.locations["501"][empty]["starRating"] = "SIX"
    played.server.broken = [7, None, [], "x"]
    batches: list[Batch] = list(account(played).poll({}))
    assert [inbound.text for batch in batches for inbound in batch.inbounds] == ["kept"]
    assert [w for batch in batches for w in batch.warnings] == [
        "a review was left out: it has neither stars nor words"
    ]
    assert list(account(played).poll(batches[-1].cursor)) == []


@pytest.mark.parametrize(
    "cursor", [{"locations": 5}, {"locations": {"x": 3}, "next": []}, {"next": "nowhere"}]
)
def test_a_spoilt_cursor_stops_nothing(played: GoogleBackend, cursor: Cursor) -> None:
    played.server.put("r")
    assert poll(played, cursor)[0] == ["r"]


def test_a_reply_by_hand_is_never_overwritten(played: GoogleBackend) -> None:
    outbound = played.outbound(PUBLIC)
    played.server.reply(outbound.answers.external_id, "店長より")
    with pytest.raises(PermanentError) as caught:
        account(played).send(outbound)
    assert caught.value.code == "answered_already"
    assert "店長" not in str(caught.value)
    assert played.sent() == []
    assert account(played).find_sent(outbound) is None


def test_the_same_reply_again_is_one(played: GoogleBackend) -> None:
    outbound = played.outbound(PUBLIC)
    first, again = account(played).send(outbound), account(played).send(outbound)
    assert first.external_id == again.external_id
    assert played.sent() == [TEXT]


def test_moderation_is_followed(played: GoogleBackend) -> None:
    played.server.moderation = "PENDING"
    sent = account(played).send(played.outbound(PUBLIC))
    assert "checks" in sent.warnings[0]
    assert account(played).state(sent.external_id) == "PENDING"
    review = played.outbound(PUBLIC).answers.external_id
    there = played.server.reply_to(review)
    assert there is not None
    there |= {"reviewReplyState": "REJECTED", "policyViolation": "OFF_TOPIC"}
    assert account(played).state(sent.external_id) == "REJECTED"
    found = account(played).find_sent(played.outbound(PUBLIC))
    assert found is not None
    assert "OFF_TOPIC" in found.wrong
    del played.server.locations["501"][review]["reviewReply"]
    assert account(played).state(sent.external_id) == "MISSING"


def test_a_server_that_tells_no_state(played: GoogleBackend) -> None:
    played.server.moderation = ""
    sent = account(played).send(played.outbound(PUBLIC))
    assert sent.warnings == ()
    assert account(played).state(sent.external_id) == ""


@pytest.mark.parametrize(
    ("fault", "kind", "code"),
    [
        (Fault(503, WRITING), AmbiguousError, "answer_lost"),
        (Fault(500, WRITING), AmbiguousError, "answer_lost"),
        (Fault(503, READING), TransientError, "server_busy"),
        (Fault("drop", WRITING), AmbiguousError, "answer_lost"),
        (Fault("silence", WRITING), AmbiguousError, "answer_lost"),
        (Fault(200, WRITING, document=b"<html>"), AmbiguousError, "answer_lost"),
        (Fault(302, WRITING, {"Location": "/x"}), PermanentError, "redirected"),
        (Fault(403, WRITING), PermanentError, "permission_missing"),
        (Fault(401, WRITING), AuthError, "token_refused"),
        (Fault(429, WRITING), TransientError, "rate_limited"),
        (Fault(404, READING), PermanentError, "not_found"),
        (Fault("silence", READING), TransientError, "timeout"),
    ],
)
def test_what_google_does_to_a_reply(
    played: GoogleBackend, fault: Fault, kind: type[ConnectorError], code: str
) -> None:
    outbound = played.outbound(PUBLIC)
    played.server.fault = fault
    with pytest.raises(kind) as caught:
        account(played).send(outbound)
    assert caught.value.code == code
    assert TEXT[:6] not in str(caught.value)


@pytest.mark.parametrize("name", ["", "17", "accounts/1/locations/2/reviews/../../3"])
def test_what_is_no_review_is_not_answered(played: GoogleBackend, name: str) -> None:
    outbound = played.outbound(PUBLIC)
    outbound = replace(outbound, answers=replace(outbound.answers, external_id=name))
    with pytest.raises(PermanentError) as caught:
        account(played).send(outbound)
    assert caught.value.code == "no_review"


def test_a_token_that_ended_is_renewed_once(played: GoogleBackend) -> None:
    played.server.put("r")
    source = account(played)
    source.check()
    played.tokens.expire()
    assert poll(played, {})[0] == ["r"]
    assert played.tokens.grants == 2


def test_an_endpoint_that_is_down_is_waited_for(played: GoogleBackend) -> None:
    played.tokens.outage = True
    with pytest.raises(TransientError) as caught:
        account(played).check()
    assert caught.value.code == "token_endpoint_unreachable"


def test_no_locations_are_told(played: GoogleBackend) -> None:
    played.server.locations.clear()
    with pytest.raises(PermanentError) as caught:
        list(account(played).poll({}))
    assert caught.value.code == "no_locations"


def test_no_secret_and_no_text_in_the_log(
    played: GoogleBackend, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    played.server.put("秘密です")
    poll(played, {})
    account(played).send(played.outbound(PUBLIC))
    for secret in (*played.secrets, "秘密", TEXT[:6]):
        assert secret not in caplog.text


@pytest.mark.parametrize(
    "changed",
    [
        {"account": "accounts/1"},
        {"locations": []},
        {"locations": "some"},
        {"api_base": "http://google.example"},
        {"locations_base": f"https://x:{free_port()}/path"},
        {"page_size": 51},
    ],
)
def test_options_that_are_refused(changed: dict[str, Any]) -> None:
    table = {"account": ACCOUNT, "oauth2": {"command": ["print-token"]}}
    GoogleReviewsOptions.model_validate(table)
    with pytest.raises(ValueError):
        GoogleReviewsOptions.model_validate(table | changed)
