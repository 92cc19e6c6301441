"""What a Mastodon server tells becomes a message, whatever it holds."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casebook.types import Channel, Inbound, Visibility
from connectors.lenient import UnreadableError
from connectors.mastodon_posts import plain, read, same_text

FIXTURES = Path(__file__).parent / "fixtures" / "mastodon"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


def fixture(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    return found


def message(notification: dict[str, Any], host: str = "mastodon.example") -> Inbound:
    found = read(notification, host, "1")
    assert found is not None
    return found


def test_a_mention() -> None:
    found = message(fixture("mention"))
    own = (
        "注文した鍋が\nまだ届きません。\n\n番号は A-1029 です #配送"
        " https://shop.example.jp/orders/A-1029/status/of/the/delivery"
    )
    assert found.text == f"@support {own}"
    assert found.new_text == own
    assert found.subject == "配送のこと"
    assert (found.channel, found.visibility) == (Channel.MASTODON, Visibility.PUBLIC)
    assert (found.external_id, found.author) == ("115573180000000001", "mastodon.example/971724")
    assert found.display_name == "@hanako@elsewhere.example"
    assert found.sent_at == datetime(2026, 11, 20, 2, 10, 4, tzinfo=UTC)
    assert found.permalink == "https://elsewhere.example/@hanako/115573179990000000"
    assert [(each.name, each.type) for each in found.attachments] == [
        ("https://files.mastodon.example/a.jpg", "image/jpeg"),
        ("https://elsewhere.example/b.mp4", "video/mp4"),
    ]
    assert found.in_reply_to == ""
    assert not found.flags.any


def test_a_quote_that_was_edited_by_a_program() -> None:
    found = message(fixture("quote"))
    assert found.text == "お知らせの時間が違います"
    assert found.display_name == "@ken@mastodon.example"
    assert found.flags.auto_reply
    assert found.sent_at == datetime(2026, 11, 20, 3, 5, tzinfo=UTC)
    assert (found.in_reply_to, found.references) == (found.external_id, ("115573100000000001",))


def test_an_edit_is_another_message_and_its_repetition_is_not() -> None:
    before, after = fixture("quote"), fixture("quote")
    before["status"]["edited_at"] = None
    assert message(before).in_reply_to == "115573100000000001"
    assert message(before).identity != message(after).identity
    assert message(after).identity == message(fixture("quote")).identity


def test_numbers_of_two_servers_are_two_posts_and_two_people() -> None:
    here, there = message(fixture("mention")), message(fixture("mention"), "other.example")
    assert here.identity != there.identity
    assert here.author != there.author


@pytest.mark.parametrize("visibility", ["direct", "private"])
def test_what_not_everybody_reads_is_private(visibility: str) -> None:
    notification = fixture("mention")
    notification["status"]["visibility"] = visibility
    found = message(notification)
    assert (found.channel, found.visibility) == (Channel.DM, Visibility.PRIVATE)


def test_boosts_follows_and_our_own_posts_are_none() -> None:
    boost, follow, own = fixture("mention"), fixture("mention"), fixture("mention")
    boost["status"]["reblog"] = {"id": "3"}
    follow["type"] = "follow"
    own["status"]["account"]["id"] = "1"
    assert [read(each, "mastodon.example", "1") for each in (boost, follow, own)] == [None] * 3


@given(JSON, st.sampled_from(["status", "account", "id", "type"]))
def test_nothing_stops_the_reading_of_a_notification(value: Any, key: str) -> None:
    with suppress(UnreadableError):
        read(fixture("mention") | {key: value}, "mastodon.example", "1")


@given(JSON, st.sampled_from([*sorted(fixture("mention")["status"]), "quote"]))
def test_nothing_stops_the_reading_of_a_post(value: Any, key: str) -> None:
    notification = fixture("mention")
    notification["status"][key] = value
    with suppress(UnreadableError):
        found = read(notification, "mastodon.example", "1")
        assert found is None or (found.author and len(found.identity) < 128)


def test_a_huge_post_is_cut_and_says_so() -> None:
    notification = fixture("mention")
    notification["status"]["content"] = "<p>" + "長" * 1_100_000
    assert message(notification).truncated


def test_hidden_addresses_without_an_end_are_read_in_time() -> None:
    assert plain('<p class="quote-inline">' * 40_000).strip() == ""


@pytest.mark.parametrize(
    ("html", "same"),
    [
        ("<p>@hanako 承知しました。</p><p>17時に</p>", True),
        (
            '<p><a class="u-url mention" href="https://x.example/@h">@<span>hanako</span></a> 承知しました。<br/>17時に</p>',
            True,
        ),
        ("<p>@hanako 承知しました。</p>", False),
        ("<p>@hanako 承知しました。17時に</p>", False),
    ],
)
def test_a_text_is_known_again(html: str, same: bool) -> None:
    assert same_text({"content": html}, "承知しました。\n\n17時に") is same
