"""What changed between two wordings, word by word."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from desk.differences import differences

TEXTS = st.text("お客様の返品をcan not 12。\n\u202e👨‍👩", max_size=80)


@given(TEXTS, TEXTS)
def test_the_pieces_make_up_both_texts(old: str, new: str) -> None:
    pieces = list(differences(old, new))
    assert "".join(one.text for one in pieces if one.kind != "new") == old
    assert "".join(one.text for one in pieces if one.kind != "old") == new


def test_a_japanese_word_changes_as_a_whole() -> None:
    pieces = differences("返品をお受けします。", "交換をお受けします。")
    assert [(one.kind, one.text) for one in pieces] == [
        ("old", "返品を"), ("new", "交換を"), ("same", "お受けします。"),
    ]  # fmt: skip


def test_the_same_text_is_one_piece() -> None:
    assert [one.kind for one in differences("同じ text", "同じ text")] == ["same"]
    assert list(differences("", "")) == []
