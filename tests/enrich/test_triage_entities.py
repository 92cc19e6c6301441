"""What is named is found as it is written; only what matters is asked for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casebook.types import Cause, Demand, Kind
from enrich.triage.entities import entities, missing, products

JAPANESE = (
    "注文番号MD-20261108-0417の加湿器が届きました。11月8日に新宿支店で12,800円払いましたが、"
    "加湿器が動きません。"
)
ENGLISH = (
    "I bought a kettle on 3 November at the Leeds branch for £49.90. The kettle stopped working."
)


def test_entities_in_japanese() -> None:
    found = entities(JAPANESE)
    assert found["order_number"] == ("MD-20261108-0417",)
    assert "number" not in found
    assert found["amount"] == ("12,800円",)
    assert any("11月8日" in value for value in found["date"])
    assert found["place"] == ("新宿支店",)
    assert "加湿器" in found["product"]


def test_entities_in_english() -> None:
    found = entities(ENGLISH)
    assert found["amount"] == ("£49.90",)
    assert found["date"] == ("3 November",)
    assert found["place"] == ("Leeds branch",)
    assert found["product"] == ("kettle",)


def test_an_order_keeps_its_hyphens() -> None:
    assert entities("注文番号は A-12 です。")["order_number"] == ("A-12",)


def test_products_are_told_once_and_in_order() -> None:
    found = products("PB-20を買いました。充電器が壊れました。PB-20はまだ使えます。")
    assert found.count("PB-20") == 1
    assert found[0] == "PB-20"


@pytest.mark.parametrize("text", ["", "ありがとうございました。", "Thank you."])
def test_nothing_is_named(text: str) -> None:
    assert entities(text) == {}


def test_all_is_given() -> None:
    assert (
        missing(Kind.COMPLAINT, Cause.DEFECT, (Demand.REFUND,), entities(JAPANESE), JAPANESE) == ()
    )


def test_what_a_refund_needs() -> None:
    text = "先方から届いた品物が最初から壊れていました。お金を返してください。"
    found = missing(Kind.COMPLAINT, Cause.DEFECT, (Demand.REFUND,), entities(text), text)
    assert set(found) == {"purchase_date", "product", "order_number"}


def test_a_complaint_of_staff_needs_no_order() -> None:
    text = "窓口の職員の態度が冷たく、質問にも答えてもらえませんでした。謝ってほしいです。"
    assert missing(Kind.COMPLAINT, Cause.SERVICE, (Demand.APOLOGY,), entities(text), text) == ()


def test_who_says_nothing_is_asked_what_happened() -> None:
    found = missing(Kind.COMPLAINT, Cause.EMOTIONAL, (), {}, "もう最悪です。")
    assert set(found) == {"what_happened", "wished_solution"}


def test_who_only_tells_wishes_nothing() -> None:
    text = "通路の電球が切れていました。ご報告までです。返信は不要です。"
    assert missing(Kind.COMPLAINT, Cause.OTHER, (), {}, text) == ()


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.COMPLAINT])
def test_only_complaints_lack_anything(kind: Kind) -> None:
    assert missing(kind, "", (), {}, "はい") == ()


@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    found = entities(text)
    assert all(values and len(values) <= 10 for values in found.values())
    assert set(found) <= {"order_number", "number", "product", "date", "amount", "place"}
    missing(Kind.COMPLAINT, Cause.DEFECT, (), found, text)
