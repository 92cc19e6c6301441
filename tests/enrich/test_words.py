"""The same things said are the same words, whoever says them and however they are written."""

from __future__ import annotations

import math
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrich.clean import MAX_CHARACTERS
from enrich.words import K1, B, common_words, query_words, terms, unpack, words

ANY_TEXT = st.text(st.characters(), max_size=300)
JAPANESE = st.text(st.characters(min_codepoint=0x3005, max_codepoint=0x9FFF), max_size=300)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("荷物が届きません。", "まだ荷物が届いていないのですが"),
        ("商品の画面が割れていました", "商品の画面が割れた！"),
        ("問い合わせ", "問合せ"),
        ("引越しの見積もり", "引っ越しの見積り"),
        ("ＭＤ－２０２６－１１", "md-2026-11"),
        ("ﾌﾟﾘﾝﾀｰが壊れた", "プリンタが壊れました"),
        ("The parcels were delivered broken", "a broken parcel, its delivering"),
        ("My e-mail", "my email"),
        ("1,280円", "1280円"),
    ],
)
def test_other_ways_to_write_make_the_same_words(one: str, other: str) -> None:
    assert sorted(terms(one)) == sorted(terms(other))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("注文番号MD-2026-1103が届かない", {"注文", "番号", "届く", "md20261103"}),
        ("Order #A1B2-C3 never arrived", {"order", "a1b2c3", "never", "arriv"}),
        ("a two-week delay", {"two", "week", "delay"}),
        ("We don't want customers' money, it's broken", {"want", "custom", "money", "broken"}),
        ("Посылка не пришла", {"посылка", "не", "пришла"}),
        ("これはどうしてそうなのですか", set()),
        ("Where is it?", set()),
        ("!?… 😀 \ud800 \u202e", set()),
        ("", set()),
    ],
)
def test_only_what_says_something_is_a_word(text: str, expected: set[str]) -> None:
    assert set(terms(text)) == expected


def test_common_words_are_for_people_to_read() -> None:
    query = "荷物が届いていない。荷物 MD-2026-1 delivery Parcels"
    text = "届かない荷物、注文md2026-1。 The PARCEL; deliveries are late"
    assert common_words(query, text) == ["荷物", "届く", "MD-2026-1", "delivery", "Parcels"]
    assert common_words("返品", "late") == []


def test_another_order_number_is_another_word() -> None:
    one, other = (set(unpack(words(f"order {code}"))[0]) for code in ("MD-20261", "MD-20262"))
    assert len(one & other) == 1
    assert one != other


def test_repetition_counts_less_each_time_and_length_is_discounted() -> None:
    def weight(text: str) -> float:
        return max(unpack(words(text))[1])

    assert weight("broken") < weight("broken broken") < weight("broken " * 50) < K1 + 1
    longer = "broken " + " ".join(f"code{place}" for place in range(100))
    assert weight(longer) < weight("broken")
    assert 0 < B < 1


def test_a_query_weighs_each_word_once() -> None:
    indices, weights = unpack(query_words("broken screen, broken screen"))
    assert weights == [1.0, 1.0]
    assert indices == unpack(words("screen broken"))[0]


def test_an_index_stays_the_same_for_ever() -> None:
    assert unpack(query_words("refund")) == ([1_529_615_448], [1.0])


@given(ANY_TEXT | JAPANESE)
def test_any_text_makes_a_vector_that_unpacks(text: str) -> None:
    indices, weights = unpack(words(text))
    assert indices == sorted(set(indices))
    assert len(indices) == len(weights) <= len(set(terms(text)))
    assert all(0 < weight <= K1 + 1 for weight in weights)
    assert unpack(query_words(text)) == (indices, [1.0] * len(indices))


@given(ANY_TEXT)
def test_terms_are_bounded_and_never_empty(text: str) -> None:
    assert all(1 <= len(term) <= 64 for term in terms(text))


@given(st.binary(max_size=60))
def test_unpack_takes_whole_vectors_only(data: bytes) -> None:
    if len(data) % 6:
        with pytest.raises(ValueError, match="no sparse vector"):
            unpack(data)
    else:
        indices, weights = unpack(data)
        assert len(indices) == len(weights) == len(data) // 6


@pytest.mark.parametrize(
    "piece", ["あ", "ア", "漢", "a", "a-", "1,", "𠮷", "ﷺ", "届かない。", "ア1"]
)
def test_a_huge_text_is_cut(piece: str) -> None:
    found = unpack(words(piece * 1_000_000))[1]
    assert len(found) <= MAX_CHARACTERS
    assert all(math.isfinite(weight) and weight > 0 for weight in found)


def test_threads_make_the_same_words() -> None:
    texts = ["荷物が届きません。返金してください。", "The parcels never arrived"] * 50
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(terms, texts)) == [terms(text) for text in texts]


def test_nothing_heavy_is_loaded_before_the_first_text() -> None:
    code = "import sys, enrich.words; print(sum('sudachi' in name for name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "0"
