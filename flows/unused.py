"""Why a language model's wording is not used, told to whoever approves the template's: in Japanese
and in English."""

from __future__ import annotations

from connectors.llm import Trouble
from responders.rewrite import Refusal

_TROUBLES = {
    Trouble.LATE: "時間内に応答がありませんでした",
    Trouble.AWAY: "接続先が応答しません",
    Trouble.KEY: "API キーが受け付けられませんでした",
    Trouble.STATUS: "接続先がエラーを返しました：",
    Trouble.FORM: "応答の形式が正しくありません",
    Trouble.EMPTY: "応答が空でした",
    Trouble.CUT_OFF: "応答が途中で切れました",
    Trouble.ENDLESS: "応答が終わりませんでした",
    Trouble.DECLINED: "モデルが回答を控えました",
}
BUDGET = ("本日の利用上限に達しました", "the budget of the day is spent")
GUARDED = ("ガードの確認を通りませんでした", "the guard stopped it")
WHY = {
    Refusal.UNREADABLE: ("応答の形式が正しくありません", "the answer has another form"),
    Refusal.LENGTH: ("文章の長さが合いません", "it is too long or too short"),
    Refusal.LEAK: ("指示文が混ざっています", "it tells what the model was told"),
    Refusal.COPIED: (
        "ほかの案件の文章が含まれています",
        "it repeats what was written in another case",
    ),
    Refusal.PLACEHOLDERS: ("伏せた項目が元と一致しません", "its placeholders differ"),
    Refusal.MARKUP: ("記号や書式が混ざっています", "it holds markup"),
    Refusal.NEW_FACT: (
        "返信案にない数字・連絡先・氏名があります",
        "it names a number, an address or a person that the draft does not have",
    ),
    Refusal.CHANGED: (
        "期限・数字・署名などが変わっています",
        "it changed or left out the time, a number or the signature",
    ),
    Refusal.LANGUAGE: ("言語が違います", "it is in another language"),
}


def problem(said: str) -> tuple[str, str]:
    """What went wrong with the endpoint, in both languages."""
    for trouble, ja in _TROUBLES.items():
        if said.startswith(trouble):
            return f"{ja}{said.removeprefix(trouble)}", said
    return f"問い合わせできませんでした（{said}）", said
