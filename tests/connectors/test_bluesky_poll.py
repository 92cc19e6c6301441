"""What comes in from Bluesky: once, in order, whatever happens between, on its own servers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from casebook.errors import AuthError, TransientError
from casebook.types import Batch, Channel, Visibility
from tests.connectors.bluesky_account import BlueskyPlace
from tests.connectors.x_account import Book, fails

POSTS: dict[str, Any] = {"dms": False}


def numbered(place: BlueskyPlace, first: int, last: int) -> list[str]:
    """Posts that mention us, in this order; their texts."""
    texts = [f"{number} 番目の投稿" for number in range(first, last)]
    for text in texts:
        place.network.mention(place.hanako, place.us, text)
    place.network.settle()
    return texts


def killed(poll: Iterator[Batch], book: Book) -> None:
    """A poll of which one batch is recorded."""
    batch = next(poll, None)
    book.record([batch] if batch else [])
    poll.close()  # type: ignore[attr-defined]


def test_mention_answer_and_quote_come_with_what_they_refer_to(
    bluesky: BlueskyPlace, book: Book
) -> None:
    network, hanako = bluesky.network, bluesky.hanako
    first = network.post(bluesky.us, "新商品のお知らせ")
    network.settle()
    reply = {"root": first, "parent": first}
    answer = network.post(hanako, "届きません", reply=reply)
    quote = {"$type": "app.bsky.embed.record", "record": first}
    network.post(hanako, "これです", embed=quote)
    network.post(hanako, "独り言")
    network.post(bluesky.us, "追伸", reply={"root": first, "parent": answer})
    network.settle()
    assert book.record(bluesky.account(**POSTS).poll({})) == ["届きません", "これです"]
    for inbound in book.found.values():
        assert (inbound.channel, inbound.visibility) == (Channel.BLUESKY, Visibility.PUBLIC)
        assert (inbound.author, inbound.display_name) == (hanako.did, "山田花子")
        assert inbound.in_reply_to == first["uri"]
        assert f"/profile/{hanako.handle}/post/" in inbound.permalink
    replied = next(iter(book.found.values()))
    assert (replied.external_id, replied.references) == (answer["uri"], (first["uri"],))
    assert replied.sent_at is not None
    assert abs(datetime.now(UTC) - replied.sent_at) < timedelta(minutes=5)


@pytest.mark.parametrize("page_size", [1, 3, 100])
def test_backlog_of_any_length_comes_once_in_order_whatever_kills_a_poll(
    bluesky: BlueskyPlace, book: Book, page_size: int
) -> None:
    place: dict[str, Any] = {"page_size": page_size, "batch_messages": 2} | POSTS
    texts = numbered(bluesky, 0, 9)
    for _ in range(2):
        killed(bluesky.account(**place).poll(book.cursor), book)
    texts += numbered(bluesky, 9, 12)
    killed(bluesky.account(**place).poll(book.cursor), book)
    book.record(bluesky.account(**place).poll(book.cursor))
    assert book.texts == texts
    assert book.seen == len(texts)
    assert list(bluesky.account(**place).poll(book.cursor)) == []


def test_page_that_fails_in_the_middle_loses_nothing(bluesky: BlueskyPlace, book: Book) -> None:
    texts = numbered(bluesky, 0, 7)
    asked: list[str] = []

    def change(method: str, document: Any) -> Any:
        asked.append(method)
        if method.endswith("listNotifications") and len(asked) == 5:
            return {**document, "notifications": None, "cursor": 7}
        return document

    bluesky.front.change = change
    place: dict[str, Any] = {"page_size": 2, "batch_messages": 2} | POSTS
    assert fails(bluesky.account(**place).poll({}), book).code == "answer_unreadable"
    book.record(bluesky.account(**place).poll(book.cursor))
    assert book.texts == texts


@pytest.mark.parametrize("call", [2, 5, 6])
def test_what_comes_and_goes_while_a_poll_runs_costs_nothing(
    bluesky: BlueskyPlace, book: Book, call: int
) -> None:
    network, uris, stamps = bluesky.network, list[str](), list[str]()
    for number in range(9):
        made = network.mention(bluesky.hanako, bluesky.us, f"{number}")
        uris.append(made["uri"])
        stamps.append(network.posts(bluesky.hanako)[0]["value"]["createdAt"])
    network.settle()
    asked: list[str] = []

    def change(method: str, document: Any) -> Any:
        asked.append(method) if "notifications" in document else None
        if "notifications" in document and len(asked) == call:
            network.delete(bluesky.hanako, uris[1])
            network.mention(bluesky.hanako, bluesky.us, "割り込み", createdAt=stamps[4])
            for number in range(9, 14):
                network.mention(bluesky.hanako, bluesky.us, f"{number}")
            network.settle()
        return document

    bluesky.front.change = change
    place: dict[str, Any] = {"page_size": 2, "batch_messages": 2} | POSTS
    for _ in range(2):
        book.record(bluesky.account(**place).poll(book.cursor))
    assert len(asked) > call
    assert {"割り込み", *map(str, range(14))} - {"1"} <= set(book.texts)
    assert [text for text in book.texts if text.isdigit()] == sorted(
        filter(str.isdigit, book.texts), key=int
    )


def test_post_that_claims_an_earlier_time_comes_all_the_same(
    bluesky: BlueskyPlace, book: Book
) -> None:
    numbered(bluesky, 0, 4)
    book.record(bluesky.account(**POSTS).poll({}))
    earlier = (datetime.now(UTC) - timedelta(hours=20)).isoformat().replace("+00:00", "Z")
    bluesky.mention("遅れて届いた投稿", createdAt=earlier)
    assert book.record(bluesky.account(**POSTS).poll(book.cursor)) == ["遅れて届いた投稿"]


def test_what_is_older_than_the_day_is_left_alone(bluesky: BlueskyPlace, book: Book) -> None:
    bluesky.mention("古い投稿", createdAt="2025-01-01T00:00:00Z")
    numbered(bluesky, 0, 2)
    old = bluesky.write("古いメッセージ")
    old["sentAt"] = "2025-01-01T00:00:00Z"
    bluesky.write("新しいメッセージ")
    place: dict[str, Any] = {"since": date(2026, 1, 1), "page_size": 1}
    book.record(bluesky.account(**place).poll({}))
    assert book.texts == ["0 番目の投稿", "1 番目の投稿", "新しいメッセージ"]


def test_entries_that_cannot_be_read_are_told_once_and_stop_nothing(
    bluesky: BlueskyPlace, book: Book
) -> None:
    texts = numbered(bluesky, 0, 2)
    spoiled = [None, 7, {"reason": "reply", "uri": "nowhere"}]

    def change(method: str, document: Any) -> Any:
        if method.endswith("listNotifications"):
            document["notifications"] = [*spoiled, *document["notifications"]]
        return document

    bluesky.front.change = change
    for _ in range(2):
        book.record(bluesky.account(**POSTS).poll(book.cursor))
    assert book.texts == texts
    assert book.warnings == ["1 notifications that cannot be read were left out"]


def test_list_without_end_is_told(bluesky: BlueskyPlace, book: Book) -> None:
    numbered(bluesky, 0, 1)

    def change(method: str, document: Any) -> Any:
        # A place from which the server shows nothing more.
        end = {"notifications": [], "cursor": "2020-01-01T00:00:00.000Z"}
        return end if "notifications" in document else document

    bluesky.front.change = change
    error = fails(bluesky.account(**POSTS).poll({}), book)
    assert error.code == "answer_unreadable"


def test_nobody_is_told_that_their_post_was_read(bluesky: BlueskyPlace, book: Book) -> None:
    numbered(bluesky, 0, 1)
    bluesky.write("届きません")
    book.record(bluesky.account().poll({}))
    assert not [method for method in bluesky.front.asked if "update" in method.lower()]


def test_messages_written_before_and_after_come_once(bluesky: BlueskyPlace, book: Book) -> None:
    others = [bluesky.network.person("taro").did for _ in range(2)]
    texts = [bluesky.write(f"前の {number}")["text"] for number in range(3)]
    for other in others:
        texts.append(bluesky.chat.write(other, bluesky.us.did, f"別の人 {other}")["text"])
    bluesky.chat.write(bluesky.us.did, bluesky.hanako.did, "こちらからの返事")
    small: dict[str, Any] = {"page_size": 2, "batch_messages": 1}
    for _ in range(3):
        killed(bluesky.account(**small).poll(book.cursor), book)
    texts += [bluesky.write(f"後の {number}")["text"] for number in range(8)]
    book.record(bluesky.account(**small).poll(book.cursor))
    assert sorted(book.texts) == sorted(texts)
    assert [text for text in book.texts if "別の人" not in text] == [
        text for text in texts if "別の人" not in text
    ]
    assert list(bluesky.account(**small).poll(book.cursor)) == []
    message = next(iter(book.found.values()))
    assert (message.channel, message.visibility) == (Channel.DM, Visibility.PRIVATE)
    assert message.external_id.startswith("dm:")


def test_message_to_an_account_that_had_none_comes(bluesky: BlueskyPlace, book: Book) -> None:
    assert book.record(bluesky.account().poll({})) == []
    bluesky.write("はじめまして")
    assert book.record(bluesky.account().poll(book.cursor)) == ["はじめまして"]
    (inbound,) = book.found.values()
    assert (inbound.author, inbound.display_name) == (bluesky.hanako.did, "山田花子")


def test_groups_deleted_and_spoiled_messages_are_left_out(
    bluesky: BlueskyPlace, book: Book
) -> None:
    bluesky.write("最初")
    book.record(bluesky.account().poll({}))
    chat, us, hanako = bluesky.chat, bluesky.us.did, bluesky.hanako.did
    group = chat.begin(hanako, us, "did:plc:other", group=True)
    chat.say(group, hanako, "みなさん")
    chat.say(chat.between(hanako, us), hanako, None)
    deleted = "chat.bsky.convo.defs#deletedMessageView"
    chat.say(chat.between(hanako, us), hanako, "", **{"$type": deleted})
    bluesky.write("最後")
    assert book.record(bluesky.account().poll(book.cursor)) == ["最後"]
    assert book.warnings == [
        "1 direct messages of a group were left out",
        "1 direct messages that cannot be read were left out",
    ]


def test_conversation_that_was_left_stops_nothing(bluesky: BlueskyPlace, book: Book) -> None:
    first, left = bluesky.write("最初"), bluesky.network.person("taro").did
    bluesky.chat.write(left, bluesky.us.did, "退出前")
    killed(bluesky.account(batch_messages=1).poll({}), book)
    bluesky.chat.write(left, bluesky.us.did, "退出後")
    gone = bluesky.chat.between(left, bluesky.us.did)
    bluesky.chat.convos.pop(gone.id)
    book.record(bluesky.account(batch_messages=1).poll(book.cursor))
    assert book.texts == [first["text"], "退出後"]
    assert book.warnings == ["1 conversations that cannot be opened were left out"]


def test_chat_out_of_service_keeps_no_post_from_coming(bluesky: BlueskyPlace, book: Book) -> None:
    texts = numbered(bluesky, 0, 2)
    bluesky.write("届きません")
    bluesky.chat.fault = "down"
    error = fails(bluesky.account().poll({}), book)
    assert isinstance(error, TransientError)
    assert book.texts == texts
    bluesky.chat.fault = ""
    assert book.record(bluesky.account().poll(book.cursor)) == ["届きません"]


def test_posts_that_must_wait_keep_no_message_from_coming(
    bluesky: BlueskyPlace, book: Book
) -> None:
    numbered(bluesky, 0, 1)
    bluesky.write("届きません")
    bluesky.front.fault, bluesky.front.only = "busy", "app.bsky"
    error = fails(bluesky.account().poll({}), book)
    assert isinstance(error, TransientError)
    assert error.retry_at is not None
    assert book.texts == ["届きません"]


def test_password_without_direct_messages_says_how_to_mend_it(
    bluesky: BlueskyPlace, book: Book
) -> None:
    texts = numbered(bluesky, 0, 2)
    password = bluesky.network.app_password(bluesky.us, dms=False)
    error = fails(bluesky.account(password=password).poll({}), book)
    assert isinstance(error, AuthError)
    assert error.code == "dm_access_missing"
    assert "dms = false" in str(error)
    assert book.texts == texts
    assert bluesky.account(password=password, dms=False).check()


def test_posts_that_are_gone_are_told(bluesky: BlueskyPlace) -> None:
    uris = [bluesky.network.mention(bluesky.hanako, bluesky.us, f"{n}")["uri"] for n in range(30)]
    for uri in uris[::10]:
        bluesky.network.delete(bluesky.hanako, uri)
    bluesky.network.settle()
    account = bluesky.account()
    assert list(account.gone([*uris, "dm:m1"])) == uris[::10]
    assert bluesky.front.asked.count("app.bsky.feed.getPosts") == 2


def test_author_who_blocks_us_has_deleted_nothing(bluesky: BlueskyPlace) -> None:
    uri = bluesky.mention("届きません")["uri"]
    block = {
        "$type": "app.bsky.graph.block",
        "subject": bluesky.us.did,
        "createdAt": "2026-11-24T00:00:00Z",
    }
    bluesky.network.record(bluesky.hanako, "app.bsky.graph.block", block)
    bluesky.network.settle()
    assert list(bluesky.account().gone([uri])) == []
    bluesky.network.delete(bluesky.hanako, uri)
    bluesky.network.settle()
    assert list(bluesky.account().gone([uri])) == [uri]


def test_posts_of_an_author_who_left_are_gone(bluesky: BlueskyPlace) -> None:
    uri = bluesky.mention("届きません")["uri"]
    bluesky.network.call("com.atproto.server.deactivateAccount", {}, bluesky.hanako)
    bluesky.network.settle()
    assert list(bluesky.account().gone([uri])) == [uri]
