"""What a text shows once it is veiled."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casebook.policy import load_policy
from casebook.types import Channel, Visibility
from enrich.personal_data import company_values
from flows.veil import Veil
from responders.due import wordings
from responders.rewrite import Wish, put_back, read
from responders.wordings import Turn
from training.texts import DUE, SORTS, Sort, drawn, facts

RECEIPT = "M-7F3K2Q"


def veil(language: str = "ja") -> Veil:
    return Veil(language, RECEIPT, frozenset())


def test_the_same_value_has_the_same_name_in_all_texts() -> None:
    found = veil()
    first, values = found.hide("電話は 090-1234-5678 です。")
    second, _ = found.hide("０９０１２３４５６７８ に、03-9876-5432 からどうぞ。")
    assert first == "電話は 〔電話番号1〕 です。"
    assert second == "〔電話番号1〕 に、〔電話番号2〕 からどうぞ。"
    assert values == {"〔電話番号1〕": "090-1234-5678"}


@pytest.mark.parametrize("written", [RECEIPT, "Ｍ－７Ｆ３Ｋ２Ｑ", "m-7f3k2q", "M‐7F3K2Q"])
def test_a_receipt_number_is_hidden_however_it_is_written(written: str) -> None:
    assert veil().hide(f"受付番号は{written}です")[0] == "受付番号は〔受付番号〕です"
    assert veil().hide("受付番号はM-0ABCDEです")[0] == "受付番号は〔別の受付番号〕です"


def test_ordinary_words_stay() -> None:
    text = "I'm afraid I'm really sorry. The M-size shirt is too small."
    assert veil("en").hide(text, ["An", "Ann Lee"]) == (text, {})


@pytest.mark.parametrize(
    ("known", "text"),
    [
        ("白鳥 麗", "白鳥です。麗さんではなく白鳥　麗です。"),
        ("KRAUS, Emma", "This is emma Kraus. Ｋｒａｕｓ."),
        ("kiri.tsubo@example.net", "kiri.tsubo と申します。KIRI.TSUBO@EXAMPLE.NET"),
    ],
)
def test_what_the_account_shows_is_hidden_wherever_it_stands(known: str, text: str) -> None:
    told, _ = veil().hide(text, [known])
    shown = told.casefold()
    for word in ("白鳥", "emma", "kraus", "ｋｒａｕｓ", "kiri", "tsubo"):
        assert word not in shown


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("sort", SORTS, ids=lambda sort: sort.name)
def test_a_draft_that_comes_back_as_it_went_is_taken(sort: Sort, language: str) -> None:
    policy = load_policy("default")
    plain = facts(language, Channel.EMAIL, Visibility.PRIVATE, Turn(7, 5), told=DUE)
    for case in (plain, drawn(7)(plain), drawn(8)(plain)):
        reply = sort.write(policy, case)
        found = Veil(language, case.receipt, company_values(policy))
        told, values = found.hide(reply.body, [case.display_name])
        assert case.receipt not in told
        said = wordings(policy, reply.due, language, case.told or DUE) if reply.due else ()
        kept = (*said, policy.company.name.in_(language), policy.company.email)
        wish = Wish(told, "", (), language, frozenset(values), kept, "0f" * 16)
        assert put_back(read(json.dumps({"body": told}), wish), values) == reply.body


@settings(max_examples=40)
@given(st.text(max_size=80), st.text(max_size=20))
def test_what_is_hidden_can_be_put_back(text: str, name: str) -> None:
    told, values = veil().hide(f"{RECEIPT}。{text}。電話：090-1234-5678", [name])
    assert RECEIPT not in told
    assert "1234-5678" not in told
    if "〔" not in text and len(set(values.values())) == len(values):
        assert put_back(told, values).count(RECEIPT) >= 1
        assert put_back(told, values).endswith("090-1234-5678")
