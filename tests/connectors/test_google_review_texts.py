"""What Google tells of a review becomes a message, whatever it holds."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casebook.types import Channel, Visibility
from connectors.google_review_texts import original, read, reply, warnings, wrong
from connectors.lenient import UnreadableError

FIXTURES = Path(__file__).parent / "fixtures" / "google_reviews"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def review() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FIXTURES / "review.json").read_text(encoding="utf-8"))
    return found


def test_a_review(review: dict[str, Any]) -> None:
    found = read(review, "ja")
    assert found.new_text == "ご飯が冷たく、謝罪もありませんでした。\n二度と行きません。"
    assert found.text == review["comment"]
    assert found.rating == 1
    assert found.display_name == "Hana Y"
    assert (found.channel, found.visibility) == (Channel.GOOGLE, Visibility.PUBLIC)
    assert found.external_id == review["name"]
    assert found.sent_at == datetime(2026, 11, 3, 10, 30, tzinfo=UTC)
    assert found.permalink == review["reviewReplyUrl"]
    assert [each.type for each in found.attachments] == ["image/jpeg", "video/mp4"]
    assert len(found.identity) < 128


def test_a_changed_review_is_another_message_of_the_same_author(review: dict[str, Any]) -> None:
    first = read(review | {"updateTime": review["createTime"]}, "ja")
    changed = read(review, "ja")
    assert first.in_reply_to == ""
    assert changed.in_reply_to == first.external_id
    assert first.identity != changed.identity
    assert first.author == changed.author


def test_it_is_the_same_seen_through_another_account(review: dict[str, Any]) -> None:
    other = review | {"name": review["name"].replace("115512345678901234567", "7")}
    assert read(other, "ja").identity == read(review, "ja").identity


def test_namesakes_are_two_customers(review: dict[str, Any]) -> None:
    other = review | {"name": review["name"] + "x"}
    assert read(other, "ja").author != read(review, "ja").author


def test_anonymous_reviewers_have_no_name(review: dict[str, Any]) -> None:
    hidden = review | {"reviewer": {"isAnonymous": True, "displayName": "A Google user"}}
    assert read(hidden, "ja").display_name == ""


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("ja", "星2つ（5つ星中）の評価です。コメントはありません。"),
        ("en", "A rating of 2 out of 5 stars, without a comment."),
    ],
)
def test_stars_alone_are_put_into_words(review: dict[str, Any], language: str, text: str) -> None:
    silent = {key: value for key, value in review.items() if key != "comment"}
    found = read(silent | {"starRating": "TWO"}, language)
    assert (found.text, found.new_text, found.rating) == (text, text, 2)


@pytest.mark.parametrize(
    ("comment", "own"),
    [
        ("遅い。\n\n(Translated by Google)\nSlow.", "遅い。"),
        ("(Translated by Google) Slow.\n\n(Original)\n遅い。", "遅い。"),
        ("Slow.\n\n(Google による翻訳)\n遅い。", "Slow."),
        ("（Google による翻訳）遅い。\n\n（原文）\nSlow.", "Slow."),
        ("(Translated by Google) Slow.", "(Translated by Google) Slow."),
        ("It says (Original) on the box.", "It says (Original) on the box."),
        ("遅い。\n(Original)\nだそうです", "遅い。\n(Original)\nだそうです"),
    ],
)
def test_the_reviewers_own_words(comment: str, own: str) -> None:
    assert original(comment) == own


def test_moderation_is_told(review: dict[str, Any]) -> None:
    found = reply(review)
    assert found is not None
    assert found.state == "REJECTED"
    assert "PROMOTIONAL_CONTENT" in wrong(found)
    assert reply(review | {"reviewReply": {}}) is None
    quiet = reply(
        {"reviewReply": {"comment": "x", "reviewReplyState": "<b>", "policyViolation": 5}}
    )
    assert quiet is not None
    assert (quiet.state, wrong(quiet), warnings(quiet)) == ("", "", ())


@given(JSON, st.sampled_from(sorted(json.loads((FIXTURES / "review.json").read_text()))))
def test_nothing_stops_the_reading(review: dict[str, Any], value: Any, key: str) -> None:
    changed = review | {key: value}
    reply(changed)
    with suppress(UnreadableError):
        found = read(changed, "ja")
        assert found.text
        assert found.author
