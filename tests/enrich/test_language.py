"""Which language a message is in; what cannot be told is the policy's."""

from __future__ import annotations

import pytest

from enrich.language import detect


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("注文した品が届きません。", "ja"),
        ("ﾈｯﾄ ﾂﾅｶﾞﾗﾅｲ", "ja"),
        ("Re: MD-20261108 の件", "ja"),
        ("至急連絡", "ja"),
        ("My order has not arrived yet, and nobody answers the phone.", "en"),
        ("Ma commande n'est toujours pas arrivée et personne ne répond.", "fr"),
        ("我买的杯子坏了,请尽快退款给我,谢谢你们。order", "zh"),
    ],
)
def test_cases(text: str, expected: str) -> None:
    assert detect(text, "en" if expected == "ja" else "ja") == expected


@pytest.mark.parametrize("text", ["", " \n", "12345", "??", "ok", "MD-2026", "👍👍👍", "\x00"])
@pytest.mark.parametrize("default", ["ja", "en"])
def test_nothing_to_tell_by(text: str, default: str) -> None:
    assert detect(text, default) == default


def test_long_texts_are_quick() -> None:
    assert detect("The parcel is still not here. " * 100_000, "ja") == "en"
