"""What leaves for Bluesky: once, where it belongs, and found again, on its own servers."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
import requests

from casebook.config import settings
from casebook.errors import (
    AmbiguousError,
    AuthError,
    ConnectorError,
    PermanentError,
    TransientError,
)
from casebook.types import Visibility
from connectors.bluesky import BlueskyOptions
from connectors.bluesky_client import server_of
from tests.connectors.bluesky_account import BlueskyPlace
from tests.connectors.x_account import Book

BODY = "ご不便をおかけし、申し訳ございません。"
PRIVATE = {"visibility": Visibility.PRIVATE}


def thread(place: BlueskyPlace, uri: str) -> dict[str, Any]:
    """A post and its answers, as the customer's app asks for them."""
    place.network.settle()
    answer = requests.get(
        f"{place.network.url}/xrpc/app.bsky.feed.getPostThread",
        params={"uri": uri},
        headers={"authorization": f"Bearer {place.hanako.token}"},
        timeout=20,
    )
    found: dict[str, Any] = answer.json()["thread"]
    return found


def test_reply_stands_below_the_post_in_its_thread(bluesky: BlueskyPlace) -> None:
    first = bluesky.network.post(bluesky.us, "新商品のお知らせ")
    bluesky.network.settle()
    asked = bluesky.mention("届きません", reply={"root": first, "parent": first})
    sent = bluesky.account().send(bluesky.outbound(asked["uri"], BODY))
    (answer,) = thread(bluesky, asked["uri"])["replies"]
    assert answer["post"]["uri"] == sent.external_id
    record = answer["post"]["record"]
    assert (record["text"], record["langs"]) == (BODY, ["ja"])
    assert record["reply"] == {"root": first, "parent": asked}
    assert sent.permalink == (
        f"https://bsky.app/profile/{bluesky.us.did}/post/{sent.external_id.rpartition('/')[2]}"
    )


def test_answer_to_our_reply_comes_in_as_such(bluesky: BlueskyPlace, book: Book) -> None:
    asked = bluesky.mention("届きません")
    book.record(bluesky.account().poll({}))
    sent = bluesky.account().send(bluesky.outbound(asked["uri"], BODY))
    bluesky.network.settle()
    (ours,) = bluesky.network.posts(bluesky.us)
    parent = {"uri": ours["uri"], "cid": ours["cid"]}
    bluesky.network.post(bluesky.hanako, "まだです", reply={"root": asked, "parent": parent})
    bluesky.network.settle()
    assert book.record(bluesky.account().poll(book.cursor)) == ["まだです"]
    inbound = list(book.found.values())[-1]
    assert (inbound.in_reply_to, inbound.references) == (sent.external_id, (asked["uri"],))


def test_names_and_addresses_are_clickable_for_the_customer(bluesky: BlueskyPlace) -> None:
    asked = bluesky.mention("届きません")
    name = f"@{bluesky.hanako.handle}"
    body = f"🍣 {name} 様、@nobody.test 詳しくはhttps://example.jp/faq#1をご覧ください。"
    bluesky.account().send(bluesky.outbound(asked["uri"], body))
    (record,) = bluesky.posted()
    found = {
        body.encode()[facet["index"]["byteStart"] : facet["index"]["byteEnd"]].decode(): {
            key: value for key, value in facet["features"][0].items() if key != "$type"
        }
        for facet in record["facets"]
    }
    assert record["text"] == body
    assert found == {
        name: {"did": bluesky.hanako.did},
        "https://example.jp/faq#1": {"uri": "https://example.jp/faq#1"},
    }


def test_second_try_makes_no_second_post_and_is_found(bluesky: BlueskyPlace) -> None:
    outbound = bluesky.outbound(bluesky.mention("届きません")["uri"], BODY)
    account = bluesky.account()
    assert account.find_sent(outbound) is None
    first = account.send(outbound)
    with pytest.raises(AmbiguousError):
        account.send(outbound)
    assert bluesky.sent() == [BODY]
    found = account.find_sent(outbound)
    assert found is not None
    assert found.external_id == first.external_id
    assert abs((found.at - first.at).total_seconds()) < 5


def test_another_text_in_the_place_of_the_reply_is_nothing_sent(bluesky: BlueskyPlace) -> None:
    asked = bluesky.mention("届きません")["uri"]
    account = bluesky.account()
    account.send(bluesky.outbound(asked, BODY))
    with pytest.raises(AmbiguousError) as caught:
        account.find_sent(bluesky.outbound(asked, "別の返信です。"))
    assert caught.value.code == "key_taken"


@pytest.mark.parametrize("visibility", list(Visibility))
@pytest.mark.parametrize("fault", ["drop", "down", "garbage", "silence"])
def test_answer_that_is_lost_is_looked_up(
    bluesky: BlueskyPlace, visibility: Visibility, fault: Any
) -> None:
    outbound = bluesky.outbound(bluesky.mention("届きません")["uri"], BODY, visibility=visibility)
    account = bluesky.account(timeout=1)
    public = visibility is Visibility.PUBLIC
    bluesky.front.fault = fault
    bluesky.front.only = "com.atproto.repo.create" if public else "chat.bsky.convo.send"
    with pytest.raises(AmbiguousError) as caught:
        account.send(outbound)
    assert caught.value.code == "answer_lost"
    bluesky.front.fault = ""
    found = account.find_sent(outbound)
    assert (found is not None) == (fault == "drop")
    assert bluesky.sent() == ([BODY] if fault == "drop" else [])


def test_deleted_post_is_not_answered(bluesky: BlueskyPlace) -> None:
    asked = bluesky.mention("届きません")["uri"]
    bluesky.network.delete(bluesky.hanako, asked)
    bluesky.network.settle()
    with pytest.raises(PermanentError) as caught:
        bluesky.account().send(bluesky.outbound(asked, BODY))
    assert caught.value.code == "post_gone"
    assert bluesky.sent() == []


def test_message_goes_to_the_author_and_accepts_the_request(bluesky: BlueskyPlace) -> None:
    bluesky.write("届きません")
    outbound = bluesky.outbound("", f"{BODY}\nhttps://example.jp/", **PRIVATE)
    account = bluesky.account()
    assert account.find_sent(outbound) is None
    sent = account.send(outbound)
    assert bluesky.sent() == [outbound.body]
    assert "acceptConvo" in bluesky.chat.asked
    (message,) = bluesky.chat.between(bluesky.us.did, bluesky.hanako.did).messages[1:]
    assert sent.external_id == f"dm:{message['id']}"
    assert message["facets"][0]["features"][0]["uri"] == "https://example.jp/"
    found = account.find_sent(outbound)
    assert found is not None
    assert found.external_id == sent.external_id


def test_same_words_of_the_customer_are_not_our_message(bluesky: BlueskyPlace) -> None:
    bluesky.write(BODY)
    old = bluesky.chat.write(bluesky.us.did, bluesky.hanako.did, BODY)
    old["sentAt"] = "2026-01-01T00:00:00Z"
    assert bluesky.account().find_sent(bluesky.outbound("", BODY, **PRIVATE)) is None


def test_message_is_found_behind_what_was_written_since(bluesky: BlueskyPlace) -> None:
    outbound = bluesky.outbound("", BODY, **PRIVATE)
    account = bluesky.account(page_size=2)
    sent = account.send(outbound)
    for number in range(5):
        bluesky.write(f"{number}")
    found = account.find_sent(outbound)
    assert found is not None
    assert found.external_id == sent.external_id
    for number in range(30):
        bluesky.write(f"{number}")
    with pytest.raises(AmbiguousError) as caught:
        account.find_sent(outbound)
    assert caught.value.code == "not_found_yet"


def test_person_who_takes_no_messages_is_answered_another_way(bluesky: BlueskyPlace) -> None:
    bluesky.chat.closed.add(bluesky.hanako.did)
    with pytest.raises(PermanentError) as caught:
        bluesky.account().send(bluesky.outbound("", BODY, **PRIVATE))
    assert caught.value.code == "dm_not_allowed"


def logins(place: BlueskyPlace) -> list[str]:
    """How sessions were asked for."""
    names = (method.rpartition(".")[2] for method in place.front.asked)
    return [name for name in names if name in ("createSession", "refreshSession")]


def test_one_login_serves_many_processes(bluesky: BlueskyPlace) -> None:
    for _ in range(3):
        bluesky.account("kept").check()
    assert logins(bluesky) == ["createSession"]


def test_session_that_ended_is_refreshed_without_a_login(bluesky: BlueskyPlace) -> None:
    bluesky.account("ended").check()
    path = settings().var / "tokens" / "ended.json"
    assert path.stat().st_mode & 0o077 == 0
    assert bluesky.password not in path.read_text()
    kept = json.loads(path.read_text())
    path.write_text(json.dumps(kept | {"expires": "2026-01-01T00:00:00+00:00"}))
    bluesky.account("ended").check()
    assert logins(bluesky) == ["createSession", "refreshSession"]
    broken = json.loads(path.read_text()) | {"access_token": "a.b.c"}
    path.write_text(json.dumps(broken))
    bluesky.account("ended").check()
    assert logins(bluesky)[2:] == ["refreshSession"]
    broken = json.loads(path.read_text()) | {"access_token": "", "renewed": "a.b.c"}
    path.write_text(json.dumps(broken))
    bluesky.account("ended").check()
    assert logins(bluesky)[3:] == ["refreshSession", "createSession"]


def test_another_password_uses_no_session_of_the_old_one(bluesky: BlueskyPlace) -> None:
    bluesky.account("changed").check()
    with pytest.raises(AuthError) as caught:
        bluesky.account("changed", password="abcd-efgh-ijkl-mnop").check()
    assert caught.value.code == "login_refused"


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("busy", "rate_limited"),
        ("silence", "timeout"),
        ("down", "server_busy"),
        ("garbage", "answer_unreadable"),
        ("redirect", "redirected"),
    ],
)
@pytest.mark.parametrize("only", ["", "com.atproto.server.getSession"])
def test_server_in_trouble_says_which(
    bluesky: BlueskyPlace, fault: Any, code: str, only: str
) -> None:
    bluesky.front.fault, bluesky.front.only = fault, only
    with pytest.raises(ConnectorError) as caught:
        bluesky.account(timeout=0.5).check()
    assert caught.value.code == code
    assert isinstance(caught.value, TransientError) == (fault != "redirect")
    assert bluesky.password not in str(caught.value)


@pytest.mark.parametrize(
    ("base_url", "audience", "server"),
    [
        ("https://bsky.social", "did:web:morel.example.net", "https://morel.example.net"),
        ("https://bsky.social", "did:web:evil.example/path", "https://bsky.social"),
        ("https://bsky.social", "did:plc:abc", "https://bsky.social"),
        ("https://bsky.social", 7, "https://bsky.social"),
        ("https://pds.example.jp", "did:web:morel.example.net", "https://pds.example.jp"),
    ],
)
def test_entryway_leads_to_the_server_that_holds_the_account(
    base_url: str, audience: object, server: str
) -> None:
    claims = base64.urlsafe_b64encode(json.dumps({"aud": audience}).encode()).decode()
    assert server_of(base_url, f"e30.{claims.rstrip('=')}.seal") == server


@pytest.mark.parametrize(
    "changed",
    [
        {"base_url": "http://bsky.social"},
        {"base_url": "https://user@bsky.social"},
        {"identifier": "@yamato.example"},
        {"chat_did": "did:web:api.bsky.chat"},
        {"page_size": 101},
    ],
)
def test_options_that_cannot_work_are_refused(changed: dict[str, Any]) -> None:
    table = {"identifier": "yamato.example", "app_password": {"env": "NOT_SET"}}
    BlueskyOptions.model_validate(table)
    with pytest.raises(ValueError):
        BlueskyOptions.model_validate(table | changed)
