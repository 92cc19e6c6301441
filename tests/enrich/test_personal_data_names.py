"""Names by entity recognition, in Presidio's analyzer with ja-ginza."""

from __future__ import annotations

import pytest

from enrich.personal_data import find
from enrich.personal_data.rules import Type


def found(text: str) -> list[tuple[str, str]]:
    return [(span.label, span.text) for span in find(text, names=True)]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (
            "昨日、店で佐々木が対応したのですが、小林美咲に確認すると言ったきりです。",
            ["佐々木", "小林美咲"],
        ),
        ("先週、井上から電話があった。", ["井上"]),
        ("大阪の梅田店でトヨタの車を見た。富士山の写真も買った。", []),
    ],
)
def test_a_name_is_found_without_a_word_that_tells_it(text: str, names: list[str]) -> None:
    assert found(text) == [(Type.PERSON, name) for name in names]


def test_the_analyzer_applies_the_rules_too() -> None:
    text = "井上が受けました。カード４１１１－１１１１－１１１１－１１１１、〒150-0001 東京都渋谷区神宮前1-2-3"
    by_rules = [(span.label, span.text) for span in find(text)]
    assert found(text) == [(Type.PERSON, "井上"), *by_rules]
    assert [label for label, _ in by_rules] == [Type.CARD, Type.POSTAL_CODE, Type.ADDRESS]


def test_a_text_without_japanese_needs_no_model_and_a_broken_one_no_care() -> None:
    assert found("My name is John Smith.") == [(Type.PERSON, "John Smith")]
    assert found("井上\ud800が来た。") == [(Type.PERSON, "井上")]
