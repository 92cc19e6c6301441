"""One word alone says that its author wants no more private messages, however it is spelt."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casebook.types import Visibility
from connectors.opt_out import WORDS, marked
from tests.casebook.test_moves import inbound


@pytest.mark.parametrize("text", ["停止", "「停止」。", "stop", " ＳＴＯＰ！", "配信停止\n"])
def test_the_word_alone(text: str) -> None:
    assert marked(inbound(new_text=text), WORDS).flags.opt_out
    public = inbound(new_text=text, visibility=Visibility.PUBLIC)
    assert marked(public, WORDS) == public


@given(st.text())
def test_nothing_but_the_words(text: str) -> None:
    said = marked(inbound(new_text=f"x{text}x"), WORDS)
    assert not said.flags.opt_out
    assert not marked(inbound(new_text=text), ("。",)).flags.opt_out
