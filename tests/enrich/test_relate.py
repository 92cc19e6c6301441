"""Relations rest on evidence: words, numbers, threads and receipts, never on nearness alone."""

from __future__ import annotations

import random
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casebook.types import KnownMessage, Relation, RelationKind
from enrich.numbers import identifiers, matter_numbers, order_numbers
from enrich.relate import WINDOW, relate

START = datetime(2026, 11, 16, tzinfo=UTC)
LATE = (
    "お世話になっております。11月8日に注文したコーヒーメーカー(注文番号 MD-20261108-0417、29,800円)が"
    "まだ届きません。お届け予定は12日でした。いつ届くのか教えてください。電話 090-0000-1184"
)
CHARGE = (
    "I was charged 4,900 yen on 8 November for order A1-63315, which I never placed. Refund it."
)


def _message(
    key: int, text: str, author: str = "a@example.jp", hours: float = 0, **more: object
) -> KnownMessage:
    values: dict[str, object] = {"case": key * 10, **more}
    at = START + timedelta(hours=hours)
    return KnownMessage(key=key, author=author, at=at, subject="", body=text, **values)  # type: ignore[arg-type]


def _second(
    first: KnownMessage, text: str, author: str = "a@example.jp", hours: float = 2, **more: object
) -> Relation:
    return relate([_message(2, text, author, hours, **more)], [first])[0]


@pytest.mark.parametrize("text", [LATE, CHARGE])
@pytest.mark.parametrize(
    "change",
    [
        lambda text: text,
        lambda text: f"念のため再送します。11月20日\n\n{text}",
        lambda text: text.replace(" ", "\u3000").replace("11", "１１"),
        lambda text: text.replace("。", "。\n").replace("、", "、\n"),
        lambda text: text.replace("11月8日", "11/8").replace("8 November", "Nov 8"),
        lambda text: text.replace("29,800", "29800").upper(),
    ],
    ids=["same", "announced", "full width", "wrapped", "date form", "amount form"],
)
def test_the_same_words_again_are_a_duplicate(text: str, change: object) -> None:
    assert callable(change)
    found = _second(_message(1, text), change(text))
    assert (found.kind, found.of_message) == (RelationKind.DUPLICATE, 1)
    assert 0.5 <= found.score <= 1
    assert found.evidence


@pytest.mark.parametrize(
    ("text", "old", "new"),
    [
        (LATE, "MD-20261108-0417", "MD-20261108-0418"),
        (CHARGE, "A1-63315", "A1-63316"),
        (CHARGE.replace("order A1-63315", "an order"), "8 November", "9 November"),
        (CHARGE.replace("order A1-63315", "an order"), "4,900 yen", "5,900 yen"),
        (LATE.replace("(注文番号 MD-20261108-0417、29,800円)", ""), "11月8日", "11月9日"),
        (
            "椅子 MC-20 を3脚頼みましたが、まだ1脚も届きません。どうなっていますか。",
            "MC-20",
            "MC-30",
        ),
        ("先月の請求で5万円が二重に引き落とされています。すぐに返してください。", "5万円", "3万円"),
    ],
)
def test_other_numbers_are_another_matter(text: str, old: str, new: str) -> None:
    assert old in text
    assert _second(_message(1, text), text.replace(old, new)) == Relation(RelationKind.NEW)


def test_one_product_in_two_orders_is_two_matters() -> None:
    one = "注文番号 MD-20261108-0417 の炊飯器 RC-5500S が壊れています。"
    other = "別の注文番号 MD-20261110-0001 で買った RC-5500S は、ふたの色が違いました。"
    assert _second(_message(1, one), other).kind is RelationKind.NEW


@pytest.mark.parametrize(
    "text",
    ["MD-20261108-0417 の件、昨夜はふたも割れました。", "md-20261108-0417: any news yet?"],
)
def test_the_same_order_number_is_a_follow_up(text: str) -> None:
    found = _second(_message(1, LATE), text)
    assert (found.kind, found.of_message) == (RelationKind.FOLLOW_UP, 1)
    assert "MD-20261108-0417" in found.evidence[1]


def test_a_telephone_number_makes_no_follow_up() -> None:
    found = _second(
        _message(1, LATE), "店員さんの態度に驚きました。電話 090-0000-1184 会員番号 12345678"
    )
    assert found.kind is RelationKind.NEW


def test_a_thread_is_a_follow_up_to_the_nearest_message() -> None:
    known = [_message(1, "一", message_id="a@x"), _message(2, "二", message_id="b@x")]
    answer = _message(3, "追記です", "other@example.jp", 999, thread=("a@x", "b@x", "c@x"))
    found = relate([answer], known)[0]
    assert (found.kind, found.of_message) == (RelationKind.FOLLOW_UP, 2)
    assert "b@x" in found.evidence[0]


def test_a_message_that_names_itself_is_new() -> None:
    message = _message(1, "初めてです", message_id="a@x", thread=("a@x",))
    assert relate([message], [message]) == [Relation(RelationKind.NEW)]


def test_a_receipt_names_the_case() -> None:
    found = _second(_message(1, LATE), "M-7F3K2Q の件です", "b@x.jp", receipts={"M-7F3K2Q": 77})
    assert (found.kind, found.of_case, found.of_message) == (RelationKind.FOLLOW_UP, 77, None)
    assert found.evidence == ("quotes M-7F3K2Q",)


@pytest.mark.parametrize("text", [LATE, CHARGE, "MD-20261108-0417"])
def test_other_authors_are_never_merged_by_words(text: str) -> None:
    assert _second(_message(1, text), text, "b@example.jp").kind is RelationKind.NEW


def test_nobody_is_not_one_author() -> None:
    assert _second(_message(1, LATE, author=""), LATE, author="").kind is RelationKind.NEW


@pytest.mark.parametrize(("text", "same"), [("", False), (" \u200b\n", False), ("至急", True)])
def test_hardly_any_words(text: str, same: bool) -> None:
    kind = RelationKind.DUPLICATE if same else RelationKind.NEW
    assert _second(_message(1, text), text).kind is kind


@pytest.mark.parametrize(("over", "kind"), [(-1, RelationKind.DUPLICATE), (1, RelationKind.NEW)])
def test_the_window(over: int, kind: RelationKind) -> None:
    hours = WINDOW / timedelta(hours=1) + over
    assert _second(_message(1, LATE), LATE, hours=hours).kind is kind


def test_messages_of_one_batch_know_each_other() -> None:
    batch = [_message(key, LATE, hours=key) for key in range(1, 4)]
    assert [found.of_message for found in relate(batch, [])] == [None, 1, 2]


texts = st.one_of(st.text(max_size=40), st.sampled_from([LATE, CHARGE, "", "A1-63315", "11/8"]))
ids = st.sampled_from(["", "a@x", "b@x", "c@x"])
messages = st.builds(
    KnownMessage,
    key=st.integers(1, 9),
    case=st.none() | st.integers(1, 9),
    author=st.sampled_from(["", "a@x.jp", "b@x.jp"]),
    at=st.integers(0, 30).map(lambda days: START + timedelta(days=days)),
    subject=st.sampled_from(["", "Re: x"]),
    body=texts,
    message_id=ids,
    thread=st.lists(ids, max_size=2).map(tuple),
    receipts=st.dictionaries(st.just("M-7F3K2Q"), st.integers(1, 9)),
)


@settings(max_examples=200)
@given(st.lists(messages, max_size=6), st.lists(messages, max_size=6))
def test_it_never_fails_and_names_what_came_before(
    incoming: list[KnownMessage], known: list[KnownMessage]
) -> None:
    found = relate(incoming, known)
    assert len(found) == len(incoming)
    earlier = {message.key for message in known}
    for message, relation in zip(incoming, found, strict=True):
        assert relation.of_message is None or relation.of_message in earlier - {message.key}
        assert (relation.kind is RelationKind.NEW) == (
            relation.of_message is None and relation.of_case is None
        )
        earlier.add(message.key)


def test_a_thousand_messages_take_well_under_a_second() -> None:
    chance = random.Random(7)
    words = [f"単語{number}" for number in range(400)]
    batch = [
        _message(key, " ".join(chance.choices(words, k=60)), f"{key % 100}@x.jp", key / 10)
        for key in range(1, 1001)
    ]
    start = time.perf_counter()
    relate(batch, [])
    took = time.perf_counter() - start
    print(f"relate: 1,000 messages of 100 authors in {took:.2f} s")
    assert took < 3


def test_a_flood_of_one_author_is_bounded() -> None:
    batch = [_message(key, f"{key} {LATE}", hours=key / 100) for key in range(1, 1501)]
    start = time.perf_counter()
    relate(batch, [])
    assert time.perf_counter() - start < 30


@pytest.mark.parametrize(
    ("text", "orders", "others"),
    [
        ("注文番号 MD-20261108-0417", {"MD-20261108-0417"}, set()),
        ("ご注文 7751890、ロット F2K0416", {"7751890"}, {"F2K0416"}),
        ("order A1-63315 (PO 20418)", {"A1-63315"}, {"20418"}),
        ("予約番号TR-604418です", set(), {"TR-604418"}),
        ("伝票番号 千葉-26-30951", set(), {"26-30951"}),
        ("TEL 03-0000-8817 / 〒260-0013 / +81-90-0000-1184 / 09000001184", set(), set()),
        ("お客様番号 H-3301-7745、会員番号 2201-5530-7", set(), set()),
        ("2026-11-08 20261108 68,000円 21780円 ¥21780 12345個 3.14159", set(), set()),
        ("12345678901234567890123456789012345 A" + "B" * 50 + "12345", set(), set()),
        ("1234 AB-123", set(), set()),
    ],
)
def test_numbers_of_a_matter(text: str, orders: set[str], others: set[str]) -> None:
    assert order_numbers(text) == orders
    assert matter_numbers(text) == orders | others


def test_identifiers_in_one_form() -> None:
    assert identifiers("11月8日 29,800円 MC-20") == {"11/8", "29800", "MC-20"}
    assert identifiers("2026/11/8, 29800 yen, mc-20") == {"11/8", "29800", "MC-20"}
    assert identifiers("on November 8th and 8 Nov") == {"11/8"}


@pytest.mark.parametrize(
    "text", ["-", "a", "1,", "A-", "--A1", "注文", "11/", "1", " ", "0-", "9年"]
)
def test_hostile_texts_are_quick(text: str) -> None:
    start = time.perf_counter()
    relate([_message(key, text * (100_000 // len(text)) + str(key)) for key in range(1, 4)], [])
    assert time.perf_counter() - start < 5


def test_short_answers_in_one_thread_are_no_repetition() -> None:
    subject = "Re: 注文した炊飯器の内釜に傷がありました [M-7F3K2Q]"
    first = replace(_message(1, "はい、そうです。"), subject=subject, message_id="a@x")
    second = replace(_message(2, "写真を送ります。", hours=1), subject=subject, thread=("a@x",))
    assert relate([second], [first])[0].kind is RelationKind.FOLLOW_UP
    again = replace(_message(3, "はい、そうです。", hours=1), subject=subject, thread=("a@x",))
    assert relate([again], [first])[0].kind is RelationKind.DUPLICATE


def test_two_cases_that_are_named_by_their_receipts_stay_two() -> None:
    words = (
        "まだ返事がありません。いつまで待てばよいのでしょうか。至急お返事をください。受付番号 {}"
    )
    first = replace(_message(1, words.format("M-ABCDEF")), case=None, receipts={"M-ABCDEF": 7})
    second = replace(_message(2, words.format("M-BCDEFG")), case=None, receipts={"M-BCDEFG": 8})
    assert relate([second], [first])[0].of_case == 8
    same = replace(_message(3, words.format("M-ABCDEF")), case=None, receipts={"M-ABCDEF": 7})
    assert relate([same], [first])[0].kind is RelationKind.DUPLICATE
