"""Receipt numbers survive what people, mailers and keyboards do to them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casebook.receipt import ALPHABET, find_receipts, new_receipt, without_receipts

receipts = st.builds(new_receipt)


def _valid(digits: str) -> str:
    return next(f"M-{digits}{check}" for check in ALPHABET if find_receipts(f"M-{digits}{check}"))


@given(st.text(ALPHABET, min_size=5, max_size=5))
def test_each_number_has_one_check_character(digits: str) -> None:
    read = [c for c in ALPHABET if find_receipts(f"M-{digits}{c}")]
    assert len(read) == 1


@given(receipts)
def test_a_new_number_is_found_as_it_was_made(receipt: str) -> None:
    assert find_receipts(receipt) == (receipt,)


@given(receipts, st.integers(2, 7), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_refused(receipt: str, place: int, letter: str) -> None:
    wrong = receipt[:place] + letter + receipt[place + 1 :]
    assert find_receipts(wrong) == ((receipt,) if wrong == receipt else ())


@given(receipts)
def test_lookalikes_and_lower_case_are_read(receipt: str) -> None:
    number = receipt[2:]
    for instead in (
        str.maketrans("10", "IO"),
        str.maketrans("10", "LO"),
        str.maketrans("10", "lo"),
    ):
        assert find_receipts(f"m-{number.translate(instead)}") == (receipt,)
        assert find_receipts(f"M-{number.lower().translate(instead)}") == (receipt,)


@given(st.text(ALPHABET, min_size=5, max_size=5), st.text("あ亜。「」 、\n（）", max_size=5))
def test_found_inside_japanese_text(digits: str, around: str) -> None:
    receipt = _valid(digits)
    assert find_receipts(f"{around}受付番号は{receipt}です{around}") == (receipt,)


@pytest.mark.parametrize("dash", "-‐‑–—−－ー")
def test_full_width_letters_and_other_dashes(dash: str) -> None:
    receipt = new_receipt()
    full_width = "".join(chr(ord(letter) + 0xFEE0) for letter in receipt[2:])
    assert find_receipts(f"受付番号Ｍ{dash}{full_width}の件") == (receipt,)


@pytest.mark.parametrize("form", ["support+{}@example.jp", "support.{}@example.jp", "<{}@x.jp>"])
def test_found_in_addresses(form: str) -> None:
    receipt = new_receipt()
    assert find_receipts(form.format(receipt)) == (receipt,)
    assert find_receipts(form.format(receipt.lower())) == (receipt,)


@pytest.mark.parametrize("form", ["X{}", "{}9", "{}A", "1{}", "RM{}", "M{}"])
def test_not_inside_longer_words(form: str) -> None:
    assert find_receipts(form.format(new_receipt())) == ()


def test_each_once_and_in_order() -> None:
    first, second = _valid("00001"), _valid("ZZZZZ")
    assert find_receipts(f"{second} {first} {second.lower()}") == (second, first)


@given(st.text())
def test_no_text_is_too_strange(text: str) -> None:
    assert all(find_receipts(found) == (found,) for found in find_receipts(text))


@pytest.mark.parametrize("letter", ["\u212a", "\u0130", "\u017f", "\u0131"])
def test_letters_that_fold_to_ascii_are_no_trouble(letter: str) -> None:
    assert isinstance(find_receipts(f"M-{letter}00000 m-0{letter}0000"), tuple)


def test_time_is_linear() -> None:
    assert find_receipts("M-" * 100_000) == ()


@given(receipts, st.text(max_size=20), st.text(max_size=20))
def test_numbers_are_blanked_and_nothing_else_moves(receipt: str, before: str, after: str) -> None:
    whole = f"{before} [{receipt}] {after}"
    left = without_receipts(whole)
    assert find_receipts(left) == ()
    assert len(left) == len(whole)
    assert [old for old, new in zip(whole, left, strict=True) if new not in (old, " ")] == []


@pytest.mark.parametrize("model", ["M-123456", "M-ABCDEF-2", "XM-7F3K2Q"])
def test_a_model_that_looks_alike_stays(model: str) -> None:
    assert without_receipts(f"型番 {model} です") == f"型番 {model} です"
