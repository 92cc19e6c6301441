"""Text that looks the same compares equal, and nothing invisible is left."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrich.clean import MAX_CHARACTERS, clean, encodable


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ＭＤ－２０２６　１１", "MD-2026 11"),
        ("ﾌﾟﾗｽﾁｯｸ", "プラスチック"),
        ("①②㈱", "12(株)"),
        ("a\r\n\t b\u3000c\u00a0d", "a b c d"),
        ("in\u200bvis\u00adi\u2060ble\ufeff", "invisible"),
        ("\u202eright\u202c to \u2066left\u2069", "right to left"),
        ("null\x00 and \x1b bell\x07\x7f", "null and bell"),
        ("か\u3099", "が"),
        ("  \n ", ""),
        ("", ""),
    ],
)
def test_cases(text: str, expected: str) -> None:
    assert clean(text) == expected


@given(st.text())
def test_nothing_is_left_to_clean(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    assert unicodedata.is_normalized("NFKC", once)
    assert "  " not in once
    assert not set("\x00\u200b\u202e\n\t") & set(once)


def test_long_texts_are_cut() -> None:
    assert len(clean("a" * 1_000_000)) == MAX_CHARACTERS


@given(st.text(st.characters(codec=None), max_size=20))
def test_any_text_can_be_encoded(text: str) -> None:
    found = encodable(text)
    assert len(found) == len(text)
    assert found.encode("utf-8").decode() == found
    assert encodable("a\ud800b") == "a?b"
