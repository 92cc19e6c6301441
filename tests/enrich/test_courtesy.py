"""What closes a conversation is told from what begins another matter."""

from __future__ import annotations

import pytest

from enrich.courtesy import is_courtesy


@pytest.mark.parametrize(
    "text",
    [
        "ありがとうございます！",
        "@acme_jp ご対応ありがとうございました🙏",
        "了解です。DMを送りました。",
        "わかりました",
        "👍",
        "🙇‍♀️🙇‍♀️",
        "OK",
        "Thank you so much!",
        "Thanks, sent you a DM.",
        "",
    ],
)
def test_thanks_and_assent_need_no_answer(text: str) -> None:
    assert is_courtesy(text)


@pytest.mark.parametrize(
    "text",
    [
        "ありがとうございます。でもまだ届きません",
        "了解ですが、返金はいつですか？",
        "DMを送りましたが返事がありません",
        "遅い",
        "ふざけるな",
        "Thanks for nothing",
        "ok but where is my refund",
        "2",
        "ありがとう" * 100,
    ],
)
def test_what_says_more_is_answered(text: str) -> None:
    assert not is_courtesy(text)
