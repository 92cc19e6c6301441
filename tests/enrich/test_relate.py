"""Relations rest on evidence: words, numbers, threads and receipts, never on nearness alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casebook.types import Evidence, KnownMessage, Relation, RelationKind, Sign
from enrich.relate import WINDOW, relate

START = datetime(2026, 11, 16, tzinfo=UTC)
LATE = (
    "お世話になっております。11月8日に注文したコーヒーメーカー(注文番号 MD-20261108-0417、29,800円)が"
    "まだ届きません。お届け予定は12日でした。いつ届くのか教えてください。電話 090-0000-1184"
)
CHARGE = (
    "I was charged 4,900 yen on 8 November for order A1-63315, which I never placed. Refund it."
)
OUTAGE = (
    "桜見市南町です。19時40分ごろからインターネットがつながりません。復旧の見込みを教えてください。"
)


def _message(
    key: int, text: str, author: str = "a@example.jp", hours: float = 0, **more: object
) -> KnownMessage:
    values: dict[str, object] = {"case": key * 10, "subject": "", **more}
    at = START + timedelta(hours=hours)
    return KnownMessage(key=key, author=author, at=at, body=text, **values)  # type: ignore[arg-type]


def _second(
    first: KnownMessage, text: str, author: str = "a@example.jp", hours: float = 2, **more: object
) -> Relation:
    return relate([_message(2, text, author, hours, **more)], [first])[0]


def _signs(relation: Relation) -> set[Sign]:
    return {evidence.sign for evidence in relation.evidence}


SAME: dict[str, Callable[[str], str]] = {
    "same": lambda text: text,
    "announced": lambda text: f"念のため再送します。11月20日\n\n{text}",
    "full width": lambda text: text.replace(" ", "\u3000").replace("11", "１１"),
    "wrapped": lambda text: text.replace("。", "。\n").replace("、", "、\n"),
    "date form": lambda text: text.replace("11月8日", "令和8年11月8日").replace(
        "8 November", "Nov 8"
    ),
    "amount form": lambda text: text.replace("29,800円", "2万9800円").upper(),
    "nudge": lambda text: f"三日待ちましたが、お返事がありません。前回のメールです。\n\n{text}",
}


@pytest.mark.parametrize("text", [LATE, CHARGE])
@pytest.mark.parametrize("change", SAME.values(), ids=SAME)
def test_the_same_words_again_are_a_duplicate(text: str, change: Callable[[str], str]) -> None:
    found = _second(_message(1, text), change(text))
    assert (found.kind, found.of_message) == (RelationKind.DUPLICATE, 1)
    assert 0.5 <= found.score <= 1
    assert Sign.SAME_CUSTOMER in _signs(found)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (
            "11月8日に注文したコーヒーメーカー（29,800円）がまだ届きません。発送の連絡もなく困っています。"
            "いつ届くのか教えてください。",
            "コーヒーメーカーを11/8に頼みましたが、いまだに届いていません。発送連絡もないので困ります。"
            "到着はいつになるのか教えてください。代金は2万9,800円でした。",
        ),
        (
            "The kettle I ordered on 8 November arrived broken. The box was crushed. Please refund me.",
            "My kettle, ordered Nov 8, was broken when it arrived in a crushed box. I want a refund.",
        ),
    ],
)
def test_the_same_in_other_words_is_a_duplicate(first: str, second: str) -> None:
    found = _second(_message(1, first), second, hours=50)
    assert (found.kind, _signs(found)) == (
        RelationKind.DUPLICATE,
        {Sign.SAME_CUSTOMER, Sign.REWORDS},
    )


PLAIN = LATE.replace("(注文番号 MD-20261108-0417、29,800円)", "")


@pytest.mark.parametrize(
    ("text", "old", "new"),
    [
        (LATE, "MD-20261108-0417", "MD-20261108-0418"),
        (LATE, "MD-20261108-0417", "77120"),
        (LATE, "注文番号 MD-20261108-0417", "注文番号 881"),
        (CHARGE, "A1-63315", "A1-63316"),
        (CHARGE.replace("order A1-63315", "an order"), "8 November", "9 November"),
        (CHARGE.replace("order A1-63315", "an order"), "4,900 yen", "5,900 yen"),
        (PLAIN, "11月8日", "11月9日"),
        (PLAIN, "コーヒーメーカー", "電気ケトル"),
        (CHARGE.replace("order A1-63315", "a new kettle"), "kettle", "toaster"),
        ("椅子 MC-20 を3脚頼みましたが、まだ届きません。どうなっていますか。", "MC-20", "MC-30"),
        ("先月の請求で5万円が二重に引き落とされています。すぐに返してください。", "5万円", "3万円"),
        ("10月分の請求が二重になっています。すぐに確認してください。", "10月", "11月"),
        ("「さくら」のタオルから色が移りました。対応を教えてください。", "さくら", "あさぎ"),
    ],
)
def test_another_fact_in_the_same_words_is_another_matter(text: str, old: str, new: str) -> None:
    assert old in text
    assert _second(_message(1, text), text.replace(old, new)).kind is RelationKind.NEW


def test_one_product_in_two_orders_is_two_matters() -> None:
    one = "注文番号 MD-20261108-0417 の炊飯器 RC-5500S が壊れています。"
    other = "別の注文番号 MD-20261110-0001 で買った RC-5500S は、ふたの色が違いました。"
    assert _second(_message(1, one), other).kind is RelationKind.NEW


@pytest.mark.parametrize("way", [{"thread": ("a@x",)}, {"receipts": {"M-7F3K2Q": 10}}])
def test_neither_a_thread_nor_a_receipt_merges_two_orders(way: dict[str, Any]) -> None:
    first = _message(1, LATE, message_id="a@x")
    other = "注文番号 MD-20261110-0001 の皿が割れていました。"
    assert _second(first, other, **way).kind is RelationKind.NEW
    corrected = "番号を間違えました。正しくは注文番号 MD-20261110-0001 です。"
    assert _second(first, corrected, **way).kind is RelationKind.FOLLOW_UP


@pytest.mark.parametrize(
    "text",
    ["MD-20261108-0417 の件、昨夜はふたも割れました。", "md-20261108-0417: any news yet?"],
)
def test_the_same_order_number_is_a_follow_up_whatever_its_age(text: str) -> None:
    found = _second(_message(1, LATE), text, hours=24 * 60)
    assert (found.kind, found.of_message) == (RelationKind.FOLLOW_UP, 1)
    assert found.evidence[1] == Evidence(Sign.SAME_NUMBER, "MD202611080417")


@pytest.mark.parametrize(
    "text",
    [
        "先日メールした者です。まだお返事がありません。",
        "I wrote to you last week and have not heard anything.",
        "コーヒーメーカーの件、その後どうなりましたか。",
    ],
)
def test_a_nudge_without_the_old_words_is_a_follow_up(text: str) -> None:
    assert _second(_message(1, LATE), text, hours=72).kind is RelationKind.FOLLOW_UP


def test_what_a_customer_calls_another_matter_is_new() -> None:
    text = "別件ですが、会員登録の住所を変更する方法を教えてください。"
    assert _second(_message(1, LATE), text).kind is RelationKind.NEW


def test_a_telephone_number_makes_no_follow_up() -> None:
    text = "店員さんの態度に驚きました。電話 090-0000-1184 会員番号 12345678"
    assert _second(_message(1, LATE), text, hours=24 * 20).kind is RelationKind.NEW


def test_a_thread_is_a_follow_up_to_the_nearest_message() -> None:
    known = [_message(1, "一", message_id="a@x"), _message(2, "二", message_id="b@x")]
    answer = _message(3, "追記です", "other@example.jp", 999, thread=("a@x", "b@x", "c@x"))
    found = relate([answer], known)[0]
    assert (found.kind, found.of_message) == (RelationKind.FOLLOW_UP, 2)
    assert found.evidence == (Evidence(Sign.ANSWERS, "b@x"),)


def test_a_message_that_names_itself_is_new() -> None:
    message = _message(1, "初めてです", message_id="a@x", thread=("a@x",))
    assert relate([message], [message]) == [Relation(RelationKind.NEW)]


def test_a_receipt_names_the_case() -> None:
    found = _second(_message(1, LATE), "M-7F3K2Q の件です", "b@x.jp", receipts={"M-7F3K2Q": 77})
    assert (found.kind, found.of_case, found.of_message) == (RelationKind.FOLLOW_UP, 77, None)
    assert found.evidence == (Evidence(Sign.QUOTES_RECEIPT, "M-7F3K2Q"),)


def test_a_receipt_makes_two_accounts_one_customer() -> None:
    first = _message(1, LATE)
    second = _message(2, "M-7F3K2Q の者です。", "x:@a", 1, receipts={"M-7F3K2Q": 10})
    third = _message(3, LATE, "x:@a", 2)
    found = relate([second, third], [first])
    assert [relation.kind for relation in found] == [
        RelationKind.FOLLOW_UP,
        RelationKind.DUPLICATE,
    ]


@pytest.mark.parametrize("text", [LATE, CHARGE, "注文番号 MD-20261108-0417 の者です。"])
def test_other_accounts_are_never_merged_but_suggested(text: str) -> None:
    found = _second(_message(1, LATE if "MD" in text else CHARGE), text, "b@example.jp")
    assert found.kind is RelationKind.NEW
    assert [look_alike.of_message for look_alike in found.suggestions] == [1]
    assert found.suggestions[0].evidence[0] == Evidence(Sign.OTHER_CUSTOMER)


def test_nobody_is_not_one_author() -> None:
    assert _second(_message(1, LATE, ""), LATE, "").kind is RelationKind.NEW


@pytest.mark.parametrize(
    "text",
    [
        "桜見でネットがつながらないんですけど。7時半すぎからずっと。",
        "Our internet in Sakurami has been down since about 7:40 this evening, and so is my neighbours'.",
        "桜見市の居酒屋です。本日19:40頃から光回線が不通です。いつ直りますか。",
    ],
)
def test_other_customers_of_one_event_are_an_incident(text: str) -> None:
    first = replace(_message(1, OUTAGE), vector=b"\x00\x3c\x00\x00")
    found = _second(first, text, "b@example.jp", vector=b"\x00\x3c\x00\x00")
    assert (found.kind, found.of_message) == (RelationKind.INCIDENT, 1)
    assert {Sign.OTHER_CUSTOMER, Sign.SAME_EVENT} <= _signs(found)


@pytest.mark.parametrize(
    ("first", "second", "hours"),
    [
        (OUTAGE, OUTAGE.replace("桜見市南町", "青葉市北町"), 2),
        (OUTAGE, "桜見でネットがつながらないんですけど。7時半すぎからずっと。", 24 * 8),
        (
            "注文番号 551230 の皿が割れて届きました。交換してください。",
            "届いた皿が割れていました。注文番号 551871 です。交換をお願いします。",
            3,
        ),
        ("荷物がまだ届きません。いつ届きますか。", "荷物が届かないのですが、いつ着きますか。", 3),
        ("中央線が運休で遅刻しました。", "東西線が運休で遅刻しました。", 1),
    ],
)
def test_what_is_each_customers_own_is_no_incident(first: str, second: str, hours: int) -> None:
    assert _second(_message(1, first), second, "b@x.jp", hours).kind is RelationKind.NEW


def test_all_voices_name_the_first_and_ones_own_second_message_goes_before() -> None:
    texts = (OUTAGE, "桜見でネットがつながりません。", "桜見市です。回線が不通です。", OUTAGE)
    authors = ("a@x.jp", "b@x.jp", "c@x.jp", "a@x.jp")
    batch = [
        _message(key, text, author, key, case=None)
        for key, (text, author) in enumerate(zip(texts, authors, strict=True), start=1)
    ]
    found = relate(batch, [])
    assert [relation.kind.value for relation in found] == [
        "new",
        "incident",
        "incident",
        "duplicate",
    ]
    assert [relation.of_message for relation in found] == [None, 1, 1, 1]


def test_a_known_incident_keeps_its_first_voice() -> None:
    known = _message(5, OUTAGE, voice_of=3)
    found = relate([_message(6, "桜見でネットがつながりません。", "b@x.jp", 1)], [known])[0]
    assert found.of_message == 3


@pytest.mark.parametrize(("text", "same"), [("", False), (" \u200b\n", False), ("至急", True)])
def test_hardly_any_words(text: str, same: bool) -> None:
    found = _second(_message(1, text), text, hours=24 * 20)
    assert found.kind is (RelationKind.DUPLICATE if same else RelationKind.NEW)


@pytest.mark.parametrize(("over", "kind"), [(-1, RelationKind.DUPLICATE), (1, RelationKind.NEW)])
def test_the_window(over: int, kind: RelationKind) -> None:
    hours = WINDOW / timedelta(hours=1) + over
    assert _second(_message(1, PLAIN), PLAIN, hours=hours).kind is kind


def test_each_repetition_names_the_first() -> None:
    batch = [_message(key, LATE, hours=key) for key in range(1, 4)]
    assert [found.of_message for found in relate(batch, [])] == [None, 1, 1]


texts = st.one_of(
    st.text(max_size=40), st.sampled_from([LATE, CHARGE, OUTAGE, "", "A1-63315", "11/8"])
)
ids = st.sampled_from(["", "a@x", "b@x", "c@x"])
messages = st.builds(
    KnownMessage,
    key=st.integers(1, 99),
    case=st.none() | st.integers(1, 9),
    author=st.sampled_from(["", "a@x.jp", "b@x.jp"]),
    at=st.integers(0, 30).map(lambda days: START + timedelta(days=days)),
    subject=st.sampled_from(["", "Re: x"]),
    body=texts,
    message_id=ids,
    thread=st.lists(ids, max_size=2).map(tuple),
    receipts=st.dictionaries(st.just("M-7F3K2Q"), st.integers(1, 9)),
    vector=st.sampled_from([b"", b"\x00\x3c\x00\x00", b"\x00\x00\x00\x3c"]),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(messages, max_size=12, unique_by=lambda message: message.key), st.integers(0, 12))
def test_it_never_fails_and_names_what_came_before(some: list[KnownMessage], cut: int) -> None:
    known, incoming = some[:cut], some[cut:]
    found = relate(incoming, known)
    assert len(found) == len(incoming)
    earlier = {message.key for message in known}
    for message, relation in zip(incoming, found, strict=True):
        assert relation.of_message is None or relation.of_message in earlier - {message.key}
        assert (relation.kind is RelationKind.NEW) == (
            relation.of_message is None and relation.of_case is None
        )
        assert all(other.of_message in earlier for other in relation.suggestions)
        earlier.add(message.key)


@pytest.mark.parametrize(
    "text",
    ["-", "a", "1,", "A-", "--A1", "注文", "11/", "1", " ", "0-", "9年", "の件", "「", "AB "],
)
def test_hostile_texts_end(text: str) -> None:
    relate([_message(key, text * (100_000 // len(text)) + str(key)) for key in range(1, 4)], [])


def test_short_answers_in_one_thread_are_no_repetition() -> None:
    subject = "Re: 注文した炊飯器の内釜に傷がありました [M-7F3K2Q]"
    first = _message(1, "はい、そうです。", subject=subject, message_id="a@x")
    second = _message(2, "写真を送ります。", hours=1, subject=subject, thread=("a@x",))
    assert relate([second], [first])[0].kind is RelationKind.FOLLOW_UP
    again = _message(3, "はい、そうです。", hours=1, subject=subject, thread=("a@x",))
    assert relate([again], [first])[0].kind is RelationKind.DUPLICATE


def test_two_cases_that_are_named_by_their_receipts_stay_two() -> None:
    words = (
        "まだ返事がありません。いつまで待てばよいのでしょうか。至急お返事をください。受付番号 {}"
    )
    first = _message(1, words.format("M-ABCDEF"), case=None, receipts={"M-ABCDEF": 7})
    second = _message(2, words.format("M-BCDEFG"), case=None, receipts={"M-BCDEFG": 8})
    assert relate([second], [first])[0].of_case == 8
    same = _message(3, words.format("M-ABCDEF"), case=None, receipts={"M-ABCDEF": 7})
    assert relate([same], [first])[0].kind is RelationKind.DUPLICATE
