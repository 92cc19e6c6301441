"""The evidence for a relation in words, in the language of the configuration."""

from __future__ import annotations

from collections.abc import Iterable

from casebook.types import Evidence, Sign
from desk.words import plain, say

_LONGEST = 60
"""Characters of a phrase of the message that are shown."""

_TOLD = {
    Sign.SAME_CUSTOMER: ("同じお客様", "same customer"),
    Sign.OTHER_CUSTOMER: ("別のお客様", "another customer"),
    Sign.SAME_WORDS: ("同じ文面（{}％一致）", "same words ({} % in common)"),
    Sign.REPEATS: ("前の文面を含む（{}％）", "holds the earlier text ({} % of it)"),
    Sign.REWORDS: (
        "言い換えで、内容は同じ（共通の語 {}％）",
        "the same in other words ({} % of the words in common)",
    ),
    Sign.SENT_AGAIN: ("再送とある：「{}」", "says that it is sent again: “{}”"),
    Sign.QUOTES_RECEIPT: ("受付番号 {} がある", "quotes the receipt number {}"),
    Sign.ANSWERS: ("メッセージ {} への返信", "answers the message {}"),
    Sign.SAME_NUMBER: ("同じ番号 {}", "same number {}"),
    Sign.REFERS_BACK: ("以前の連絡に触れている：「{}」", "points to an earlier message: “{}”"),
    Sign.SAME_MATTER: (
        "間を置かず、近い用件で書かれている（共通の語 {}％）",
        "written soon after about something near ({} % of the words in common)",
    ),
    Sign.SAME_EVENT: ("同じ出来事（{}）", "same event ({})"),
    Sign.SHARED: ("共通点：「{}」", "both name “{}”"),
    Sign.APART: ("間隔は約{}時間", "about {} hours apart"),
}
_TOPICS = {
    "outage": "障害・不通",
    "app down": "アプリやサイトの不調",
    "transport": "運休・遅延",
    "event off": "催しの中止・延期",
    "recall": "回収・リコール",
    "price error": "価格の誤り",
    "leak": "情報の漏えい",
    "place closed": "施設や店の休止",
    "mass message": "誤配信",
    "not arrived": "未着",
    "late": "遅れ",
    "broken": "破損",
    "faulty": "故障",
    "wrong item": "品違い",
    "missing part": "不足",
    "charged wrongly": "請求の誤り",
    "not refunded": "未返金",
    "rude staff": "接客",
    "dirty": "汚れ",
    "noise": "騒音",
    "contaminated": "異物・傷み",
    "hurt": "けが",
    "no booking": "予約の漏れ",
    "misleading": "表示との違い",
    "points": "ポイント・クーポン",
    "cannot cancel": "解約できない",
    "lost property": "忘れ物",
    "leaking": "漏れ",
    "unreachable": "電話がつながらない",
    "data shown": "他人の情報",
}
"""The faults and events of `enrich/relate/topics.toml`; their keys are English words already."""


def told(evidence: Iterable[Evidence]) -> list[str]:
    """Each piece of evidence as a phrase that a person understands, on one line."""
    return [_phrase(item) for item in evidence]


def _phrase(item: Evidence) -> str:
    value = plain(item.value, _LONGEST)
    if item.sign is Sign.SAME_EVENT:
        value = say(_TOPICS.get(value, value), value)
    return say(*_TOLD[item.sign]).format(value)
