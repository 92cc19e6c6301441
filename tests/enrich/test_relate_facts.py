"""Facts in one form, however they are written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrich.numbers import matter_numbers, order_numbers, transactions
from enrich.relate.facts import Facts, apart

FRIDAY = datetime(2026, 11, 20, 9, tzinfo=timezone(timedelta(hours=9)))


def _facts(text: str, at: datetime = FRIDAY) -> Facts:
    return Facts.read(text, at)


@pytest.mark.parametrize(
    "text",
    ["10,000円", "1万円", "１万円", "一万円", "¥10,000", "10000 yen", "JPY 10,000", "10k yen"],
)
def test_one_amount_in_every_form(text: str) -> None:
    assert _facts(f"代金は {text} でした").amounts == {"¥10000"}


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("18万4千円", "¥184000"),
        ("2万9,800円", "¥29800"),
        ("二万九千八百円", "¥29800"),
        ("3千円", "¥3000"),
        ("$49.99", "$49.99"),
        ("1,200ドル", "$1200"),
    ],
)
def test_amounts(text: str, amount: str) -> None:
    assert _facts(text).amounts == {amount}


@pytest.mark.parametrize(
    "text",
    [
        "2026年11月14日", "11月14日", "11/14(土)", "令和8年11月14日", "R8.11.14", "十一月十四日",
        "2026-11-14", "14 November", "November 14th, 2026", "Nov. 14", "先週の土曜日", "土曜に",
        "last Saturday", "on Saturday", "今月14日", "6日前", "6 days ago", "１１月１４日", "14日に届き",
    ],
)  # fmt: skip
def test_one_day_in_every_form(text: str) -> None:
    assert _facts(text).share_a_day(_facts("2026年11月14日"))
    assert not _facts(text).share_a_day(_facts("2026年11月12日"))


@pytest.mark.parametrize(
    "text", ["三日待ちました", "3日間", "1日も早く", "20日以内", "2回", "10分"]
)
def test_what_is_no_day(text: str) -> None:
    facts = _facts(text)
    assert not facts.days
    assert not facts.codes


def test_yesterday_is_counted_from_the_message() -> None:
    assert _facts("昨日").share_a_day(_facts("11月19日"))
    assert _facts("昨日").share_a_day(_facts("昨日", FRIDAY + timedelta(days=3)))
    assert _facts("昨日", FRIDAY.astimezone(UTC)).share_a_day(_facts("11/19"))


@pytest.mark.parametrize("text", ["19時40分", "19:40", "午後7時40分", "7:40 pm", "19：40"])
def test_one_time_in_every_form(text: str) -> None:
    assert _facts(text).times == {7 * 60 + 40}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("椅子が3脚", "椅子が2脚"),
        ("iPhone 15", "iPhone 14"),
        ("15:30の予約", "17:00の予約"),
        ("10月分の請求", "11月分の請求"),
        ("two plates broken", "three plates broken"),
    ],
)
def test_what_differs(one: str, other: str) -> None:
    assert _facts(one).differ(_facts(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("3日待ちました", "5日待ちました"),
        ("2回メールしました", "3回メールしました"),
        ("注文 A-1234", "注文 A-1234 11月8日"),
        ("1万円です", "10,000円です"),
        ("電話 03-0000-8817", "電話 090-0000-1184"),
    ],
)
def test_what_does_not_differ(one: str, other: str) -> None:
    assert not _facts(one).differ(_facts(other))


@pytest.mark.parametrize(
    ("one", "other", "are"),
    [
        ("注文番号 MD-1108-0417", "order no. 881", True),
        ("MD-1108-0417 の件", "MD-1108-0418 の件", True),
        ("注文番号 MD-1108-0417", "MD-1108-0418 の件", True),
        ("注文番号 MD-1108-0417 と MD-1108-0418", "注文番号 MD-1108-0418", False),
        ("注文番号 MD-1108-0417", "md11080417 の者です", False),
        ("注文番号 MD-1108-0417", "伝票番号 千葉-26-30951", False),
        ("注文番号 MD-1108-0417", "会員番号 12345678", False),
    ],
)
def test_two_orders_are_apart(one: str, other: str, are: bool) -> None:
    assert apart(_facts(one), _facts(other)) is apart(_facts(other), _facts(one)) is are


@given(st.text(max_size=200), st.text(max_size=200))
def test_no_text_differs_from_itself(one: str, other: str) -> None:
    mine, theirs = _facts(one), _facts(other)
    assert not mine.differ(mine)
    assert not mine.contradict(mine)
    assert mine.differ(theirs) == theirs.differ(mine)


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


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("注文番号 881", {"881"}),
        ("予約番号はTR-12です", {"TR12"}),
        ("order #77, booking no. AB-9", {"77", "AB9"}),
        ("My order number is 4521", {"4521"}),
        ("注文 3個", set()),
        ("注文番号は11月に届いたメール", set()),
        ("I ordered 2 plates", set()),
    ],
)
def test_numbers_that_a_text_calls_an_orders(text: str, numbers: set[str]) -> None:
    assert transactions(text) == numbers
