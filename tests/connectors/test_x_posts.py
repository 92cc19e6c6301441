"""What X sends becomes ours, whatever it is."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casebook.types import Channel, Visibility
from connectors.x_posts import at, id_at, read_dms, read_posts, refused, same_text
from tests.x_api import renamed_in

FOLDER = Path(__file__).parent / "fixtures" / "x"
OWN = "1000"
STOP = ("停止", "STOP")


def mentions() -> Any:
    return json.loads((FOLDER / "mentions.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("document", [mentions(), renamed_in(mentions())])
def test_posts_of_others_come_whole_under_both_names(document: Any) -> None:
    page = read_posts(document, OWN)
    assert page.next == "abc"
    assert page.unread == 0
    assert len(page.ids) == 5
    long, edited, quote = (inbound for _, inbound in page.inbounds)
    assert long.identity == "x:2124580465900781603"
    assert (long.channel, long.visibility) == (Channel.X, Visibility.PUBLIC)
    assert (long.author, long.display_name) == ("2000", "太郎")
    assert long.text == (
        "@acme_jp @hanako 注文 #8841 の皿が割れていました。写真はこちらです >>  詳しくは"
        " https://example.jp/plate?a=1&copy=2 続きもここにあります。"
    )
    assert long.new_text.startswith("注文 #8841")
    assert long.in_reply_to == "2124580465900781500"
    assert long.references == ("2124580465900781500",)
    assert long.permalink == "https://x.com/taro/status/2124580465900781603"
    assert [(a.name, a.type) for a in long.attachments] == [
        ("https://pbs.example/1.jpg", "image/jpeg")
    ]
    assert long.sent_at == datetime(2026, 11, 22, 9, 6, 48, 123000, tzinfo=UTC)
    assert edited.in_reply_to == "2124580465900781600"
    assert edited.references == ()
    assert quote.new_text == "これはひどい"
    assert quote.in_reply_to == "2124580465900781400"
    assert quote.permalink == "https://x.com/i/status/2124580465900781601"
    assert quote.sent_at == at(2124580465900781601)


def dm(text: str, **about: Any) -> dict[str, Any]:
    return {"id": "5", "event_type": "MessageCreate", "sender_id": "2000", "text": text, **about}


def test_direct_messages_of_others_alone() -> None:
    events = [
        dm("こんにちは"),
        dm("ours", id="6", sender_id=OWN),
        {"id": "7", "event_type": "ParticipantsJoin", "sender_id": "2000"},
    ]
    ((_, inbound),) = read_dms({"data": events}, OWN, STOP).inbounds
    assert inbound.identity == "x-dm:5"
    assert inbound.external_id == "dm:5"
    assert (inbound.channel, inbound.visibility) == (Channel.DM, Visibility.PRIVATE)
    assert inbound.author == "2000"


@pytest.mark.parametrize("text", ["停止", "「停止」。", "stop", " ＳＴＯＰ！"])
def test_opt_out_is_marked(text: str) -> None:
    ((_, inbound),) = read_dms({"data": [dm(text)]}, OWN, STOP).inbounds
    assert inbound.flags.names() == ("opt_out",)
    assert inbound.flags.any


@pytest.mark.parametrize("text", ["サービス停止で困っています", "nonstop", "", "！"])
def test_a_word_within_a_text_is_no_opt_out(text: str) -> None:
    ((_, inbound),) = read_dms({"data": [dm(text)]}, OWN, STOP).inbounds
    assert not inbound.flags.any


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
keys = [
    "id", "text", "note_tweet", "author_id", "sender_id", "created_at", "entities", "urls",
    "referenced_tweets", "attachments", "media_keys", "edit_history_tweet_ids", "conversation_id",
    "type", "username", "name", "url", "expanded_url", "event_type", "resource_id", "value",
]  # fmt: skip
wild = st.fixed_dictionaries(
    {},
    optional={
        key: json_values
        | st.sampled_from(["5", "9" * 19, "9" * 30, "2026-13-45", "0001-01-01T00:00:00+14:00"])
        | st.lists(st.dictionaries(st.sampled_from(keys), json_values), max_size=2)
        for key in keys
    },
)
documents = st.fixed_dictionaries(
    {},
    optional={
        "data": st.lists(wild | json_values, max_size=4) | json_values,
        "includes": st.fixed_dictionaries(
            {}, optional={"users": st.lists(wild), "media": json_values}
        )
        | json_values,
        "meta": json_values,
        "errors": st.lists(wild | json_values, max_size=3) | json_values,
    },
)


@given(documents)
@settings(max_examples=300)
def test_nothing_that_comes_stops_a_poll(document: dict[str, Any]) -> None:
    for page in (read_posts(document, OWN), read_dms(document, OWN, STOP)):
        entries = document.get("data")
        assert len(page.inbounds) + page.unread <= (
            len(entries) if isinstance(entries, list) else 0
        )
        for number, inbound in page.inbounds:
            assert number > 0
            assert inbound.author.isdigit()
            assert inbound.sent_at is None or inbound.sent_at.utcoffset() is not None
    assert all(one.isdigit() for one in refused(document))


def test_huge_text_is_cut_and_says_so() -> None:
    item = {"id": "5", "author_id": "2000", "text": "https://t.co/a" * 50_000}
    item["entities"] = {"urls": [{"url": "http", "expanded_url": "x" * 10_000}] * 500}  # type: ignore[assignment]
    ((_, inbound),) = read_posts({"data": [item]}, OWN).inbounds
    assert inbound.truncated
    assert len(inbound.text) == 100_000
    assert inbound.sent_at is not None


def test_an_id_tells_its_time() -> None:
    moment = datetime(2026, 11, 22, 9, 6, 48, 123000, tzinfo=UTC)
    assert at(id_at(moment)) == moment
    assert id_at(datetime(2000, 1, 1, tzinfo=UTC)) == 0


@pytest.mark.parametrize(
    ("kept", "sent", "same"),
    [
        ("@taro 17時までに &lt;必ず&gt; ご返事します", "17時までに <必ず> ご返事します", True),
        (
            "@a @b お待ちください https://t.co/1",
            "お待ちください https://acme.example/a?b=1&c=2",
            True,
        ),
        ("A &amp; B", "A & B", True),
        ("が", "か\u3099", True),
        ("一行目\n二行目 ", "一行目\n\n二行目", True),
        ("17時までに", "18時までに", False),
        ("https://t.co/1", "https://acme.example/other", False),
    ],
)
def test_our_text_is_known_again(kept: str, sent: str, same: bool) -> None:
    urls = [{"url": "https://t.co/1", "expanded_url": "https://acme.example/a?b=1&c=2"}]
    assert same_text({"id": "1", "text": kept, "entities": {"urls": urls}}, sent) == same
