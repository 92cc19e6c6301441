"""What the AT Protocol's text and JSON become, and what stays out: of any shape."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casebook.types import Inbound, Visibility
from connectors.bluesky_posts import (
    link_of,
    members,
    read_message,
    read_notifications,
    reply_refs,
)
from connectors.bluesky_text import facets, in_full, record_key

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
OWN = "did:plc:ours"
URI = "at://did:plc:hanako/app.bsky.feed.post/3n2weykjrsc2w"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


def notification(**changed: Any) -> dict[str, Any]:
    """A mention as the server tells it, with what is changed; `record` is changed within."""
    record = {"$type": "app.bsky.feed.post", "text": "届きません"} | changed.pop("record", {})
    return {
        "uri": URI,
        "cid": "bafyreia",
        "author": {"did": "did:plc:hanako", "handle": "hanako.example.com"},
        "reason": "mention",
        "record": record,
        "isRead": False,
        "indexedAt": "2026-11-24T02:00:00.123Z",
    } | changed


def read(*items: object) -> list[Inbound]:
    page = read_notifications({"notifications": list(items)}, OWN, NOW)
    return [entry.inbound for entry in page.entries if entry.inbound]


def one(**changed: Any) -> Inbound:
    (inbound,) = read(notification(**changed))
    return inbound


def test_post_as_the_record_wants_it() -> None:
    inbound = one(author={"did": "did:plc:hanako", "handle": "h.test", "displayName": " 花子 "})
    assert inbound.identity == f"bluesky:{URI}"
    assert (inbound.external_id, inbound.author) == (URI, "did:plc:hanako")
    assert inbound.display_name == "花子"
    assert inbound.sent_at == datetime(2026, 11, 24, 2, 0, 0, 123_000, tzinfo=UTC)
    assert inbound.permalink == "https://bsky.app/profile/h.test/post/3n2weykjrsc2w"
    assert json.loads(inbound.raw)["uri"] == URI


@pytest.mark.parametrize("handle", ["handle.invalid", "a b", "../../x", ""])
def test_link_holds_the_lasting_id_where_the_handle_is_none(handle: str) -> None:
    author = {"did": "did:plc:hanako", "handle": handle}
    assert "/profile/did:plc:hanako/post/" in one(author=author).permalink


def test_answer_names_its_parent_and_the_first_post() -> None:
    parent, root = URI.replace("2w", "2p"), URI.replace("2w", "2r")
    refs = {"parent": {"uri": parent, "cid": "b"}, "root": {"uri": root, "cid": "c"}}
    inbound = one(reason="reply", record={"reply": refs})
    assert (inbound.in_reply_to, inbound.references) == (parent, (root,))


@pytest.mark.parametrize("with_media", [False, True])
def test_quote_names_what_it_quotes(with_media: bool) -> None:
    quoted = {"uri": URI.replace("2w", "2q"), "cid": "b"}
    picture = {
        "alt": "割れた\n皿",
        "image": {"ref": {"$link": "bafk2"}, "mimeType": "image/jpeg", "size": 7},
    }
    embed: dict[str, Any] = {"$type": "app.bsky.embed.record", "record": quoted}
    if with_media:
        embed = {"record": embed, "media": {"images": [picture]}}
    inbound = one(reason="quote", record={"embed": embed})
    assert inbound.in_reply_to == quoted["uri"]
    assert len(inbound.attachments) == with_media
    for attachment in inbound.attachments:
        assert attachment.name == (
            "割れた 皿 (https://cdn.bsky.app/img/feed_fullsize/plain/did:plc:hanako/bafk2@jpeg)"
        )
        assert (attachment.type, attachment.bytes) == ("image/jpeg", 7)


def test_address_of_a_card_stands_in_the_text() -> None:
    card = {"$type": "app.bsky.embed.external", "external": {"uri": "https://example.jp/item/1"}}
    assert one(record={"embed": card}).text == "届きません\nhttps://example.jp/item/1"
    told = one(record={"text": "https://example.jp/item/1 です", "embed": card})
    assert told.text == "https://example.jp/item/1 です"


def test_post_of_ours_and_other_reasons_are_none_for_us() -> None:
    assert read(notification(author={"did": OWN, "handle": "us.test"})) == []
    assert read(notification(reason="like"), notification(reason="follow")) == []


@given(st.lists(JSON | st.fixed_dictionaries({"uri": JSON, "record": JSON, "author": JSON})))
def test_notifications_of_any_shape_stop_nothing(found: list[Any]) -> None:
    document = json.loads(json.dumps({"notifications": [*found, notification()], "cursor": found}))
    page = read_notifications(document, OWN, NOW)
    assert len(page.entries) == len(found) + 1
    assert page.entries[-1].inbound is not None
    assert page.next == ""


@given(st.sampled_from(["uri", "author", "record"]), JSON)
def test_what_cannot_be_read_is_told(key: str, value: Any) -> None:
    (entry,) = read_notifications(
        {"notifications": [notification() | {key: value}]}, OWN, NOW
    ).entries
    assert entry.unread
    again = notification(isRead=True) | {key: value}
    assert read_notifications({"notifications": [again]}, OWN, NOW).entries[0].key == entry.key


@given(st.sampled_from(["facets", "embed", "reply", "langs", "createdAt"]), JSON)
def test_spoiled_extras_cost_no_message(key: str, value: Any) -> None:
    assert one(record={key: value}).text.startswith("届きません")


def test_time_that_is_none_takes_the_place_of_the_one_before() -> None:
    page = read_notifications(
        {"notifications": [notification(), notification(indexedAt="yesterday", uri=URI + "2")]},
        OWN,
        NOW,
    )
    assert page.entries[1].at == page.entries[0].at
    second = page.entries[1].inbound
    assert second is not None
    assert second.sent_at is None


def test_huge_text_is_cut_and_says_so() -> None:
    inbound = one(record={"text": "あ" * 1_000_000})
    assert inbound.truncated
    assert len(inbound.text) == 100_000


def test_message_as_the_record_wants_it() -> None:
    item = {
        "id": "m1",
        "rev": "3a",
        "text": "注文の件です",
        "sender": {"did": "did:plc:hanako"},
        "sentAt": "2026-11-24T02:00:00Z",
    }
    names = members({"members": [{"did": "did:plc:hanako", "handle": "hanako.test"}]})
    found = read_message(item, OWN, "c1", names).inbound
    assert found is not None
    assert (found.identity, found.external_id) == ("bluesky-dm:m1", "dm:m1")
    assert (found.visibility, found.display_name) == (Visibility.PRIVATE, "hanako.test")
    assert found.permalink == "https://bsky.app/messages/c1"
    deleted = {**item, "$type": "chat.bsky.convo.defs#deletedMessageView"}
    assert read_message(deleted, OWN, "c1", names).inbound is None
    assert read_message(item | {"text": None}, OWN, "c1", names).unread
    assert read_message(item | {"sender": {"did": OWN}}, OWN, "c1", names).inbound is None


@given(JSON)
def test_post_to_be_answered_of_any_shape_stops_nothing(value: Any) -> None:
    post = {"uri": URI, "cid": "b", "record": value}
    assert reply_refs(post) is not None
    assert reply_refs({"uri": value, "cid": "b"}) is None or isinstance(value, str)


def test_link_of_no_post_is_none() -> None:
    assert link_of("at://did:plc:a/app.bsky.feed.like/3k") == ""
    assert link_of("https://example.jp") == ""


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("詳しくはhttps://example.jp/a?b=1#cをご覧ください。", ["https://example.jp/a?b=1#c"]),
        ("(https://example.jp/a_(b)) https://example.jp/.", ["https://example.jp/a_(b)", "https://example.jp/"]),
        ("🍣https://example.jp、https://", ["https://example.jp"]),
        ("ftp://example.jp example.jp", []),
    ],
)  # fmt: skip
def test_addresses_are_clickable(text: str, links: list[str]) -> None:
    found = facets(text, lambda handle: None)
    assert [facet["features"][0]["uri"] for facet in found] == links
    assert [_covered(text, facet) for facet in found] == links


def test_names_lead_to_those_that_there_are() -> None:
    text = "🍣 @hanako.test 様、@nobody.test a@mail.example.jp https://x.jp/@hanako.test"
    (found,) = [
        facet
        for facet in facets(text, {"hanako.test": "did:plc:hanako"}.get)
        if facet["features"][0]["$type"].endswith("#mention")
    ]
    assert found["features"][0]["did"] == "did:plc:hanako"
    assert _covered(text, found) == "@hanako.test"


@given(st.text(max_size=60), st.text(max_size=60))
def test_annotations_lie_within_any_text(before: str, after: str) -> None:
    text = f"{before} https://example.jp/x {after} @hanako.test"
    for facet in facets(text, lambda handle: "did:plc:a"):
        assert _covered(text, facet).startswith(("http", "@"))


def test_shortened_address_is_spelt_out() -> None:
    text = "🍣 example.jp/item/1… とこちら"
    full = "https://example.jp/item/123"
    start = len("🍣 ".encode())
    short = _link(start, start + len("example.jp/item/1…".encode()), full)
    there = text.encode().index("こちら".encode())
    other = _link(there, there + 9, "https://example.jp/?a=1")
    assert in_full(text, [other, short]) == f"🍣 {full} とこちら (https://example.jp/?a=1)"


@given(st.text(), st.lists(st.tuples(st.integers(-5, 50), st.integers(-5, 50)), max_size=4))
def test_annotations_that_do_not_fit_lose_no_text(text: str, places: list[tuple[int, int]]) -> None:
    links = [_link(start, end, "https://e.jp") for start, end in places]
    found = in_full(text, links)
    assert found == text or "https://e.jp" in found


@given(st.text(max_size=64), st.timedeltas(timedelta(0), timedelta(days=27_000)))
def test_key_is_one_of_the_protocol_and_the_same_again(identity: str, later: timedelta) -> None:
    begun = NOW + later
    key = record_key(identity, begun)
    assert len(key) == 13
    assert key[0] in "234567abcdefghij"
    assert set(key) <= set("234567abcdefghijklmnopqrstuvwxyz")
    assert record_key(identity, begun) == key
    assert record_key(identity, begun + timedelta(seconds=1)) > key


def test_keys_of_one_moment_differ() -> None:
    assert len({record_key(f"d-{number}", NOW) for number in range(20_000)}) == 20_000


def _link(start: int, end: int, uri: str) -> dict[str, Any]:
    feature = {"$type": "app.bsky.richtext.facet#link", "uri": uri}
    return {"index": {"byteStart": start, "byteEnd": end}, "features": [feature]}


def _covered(text: str, facet: dict[str, Any]) -> str:
    index = facet["index"]
    return text.encode("utf-8")[index["byteStart"] : index["byteEnd"]].decode("utf-8")
