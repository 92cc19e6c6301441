"""What is grave is found, what is ordinary stays ordinary, and no text makes it slow."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casebook.policy import Words, load_policy
from casebook.types import Conduct, Kind, Triage
from connectors.mime import parse_mail
from enrich.clean import MAX_CHARACTERS
from enrich.triage import triage

INBOX = sorted((Path(__file__).parents[2] / "samples" / "inbox").glob("*.eml"))
WORDS = load_policy("default").words
C, Q, R, P, S = Kind.COMPLAINT, Kind.INQUIRY, Kind.REQUEST, Kind.PRAISE, Kind.SPAM
EXPECTED: dict[int, tuple[Kind, int, Conduct]] = {
    **dict.fromkeys((1, 3, 4, 7, 8, 9, 13, 14, 16, 18, 26, 40), (C, 1, Conduct.ORDINARY)),
    **dict.fromkeys((10, 15, 19), (C, 3, Conduct.ORDINARY)),
    **dict.fromkeys((22, 32, 38), (C, 2, Conduct.ORDINARY)),
    **dict.fromkeys((6, 20), (Q, 0, Conduct.ORDINARY)),
    **dict.fromkeys((2, 34), (R, 1, Conduct.ORDINARY)),
    **dict.fromkeys((24, 36), (P, 0, Conduct.ORDINARY)),
    11: (S, 0, Conduct.ORDINARY),
    25: (C, 1, Conduct.UNREASONABLE),
    30: (C, 2, Conduct.THREAT),
    37: (C, 2, Conduct.THREAT),
}


def _sample(number: int) -> Triage:
    mail = parse_mail(INBOX[number - 1].read_bytes())
    return triage(WORDS, mail.subject, mail.new_text, "ja")


def _judge(text: str, subject: str = "") -> Triage:
    return triage(WORDS, subject, text, "ja")


@pytest.mark.parametrize("number", EXPECTED)
def test_samples(number: int) -> None:
    found = _sample(number)
    assert (found.kind, found.severity, found.conduct) == EXPECTED[number]


@pytest.mark.parametrize(
    ("number", "crisis"),
    [
        (10, "injury"),
        (15, "safety_defect"),
        (19, "personal_data"),
        (22, "food_safety"),
        (32, "legal"),
    ],
)
def test_samples_of_a_crisis(number: int, crisis: str) -> None:
    assert _sample(number).crisis == (crisis,)


def test_sample_entities_and_demands() -> None:
    assert _sample(10).entities["order_number"] == ("MD-20261111-0082",)
    assert _sample(1).entities == {"order_number": ("MD-20261108-0417",)}
    assert set(_sample(9).demands) == {"refund", "cancellation"}
    assert _sample(19).missing == ("order_number",)


@pytest.mark.parametrize(
    ("text", "crisis"),
    [
        ("鍋の取っ手が外れてやけどをしました。", "injury"),
        ("子どもが食べた後に吐いてしまい、病院に連れて行きました。", "injury"),
        ("The lid came off and I burned my hand.", "injury"),
        ("充電器から煙が出ました。", "safety_defect"),
        ("There is a burning smell from the heater.", "safety_defect"),
        ("ほかのお客様の住所と電話番号が画面に出ています。", "personal_data"),
        ("I was sent somebody else's invoice.", "personal_data"),
        ("もう疲れました。死にたいです。", "self_harm"),
    ],
)
def test_a_crisis_outweighs_everything(text: str, crisis: str) -> None:
    found = _judge(f"いつもありがとうございます。{text}とても満足していたのに。")
    assert (found.kind, found.severity) == (C, 3)
    assert crisis in found.crisis


@pytest.mark.parametrize(
    "text",
    [
        "家内が入院しておりまして、受け取りに行けません。",
        "そう言うたんやけど、聞いてくれません。",
        "I am on call for a hospital tonight.",
        "Sue from the shop was helpful. See you at the tennis court.",
        "BOX入りの説明書が付いていませんでした。",
        "パンクズ用のトレイと木クズ用の袋を探しています。",
        "客を馬鹿にしているのですか。本当に腹が立ちます。",
        "バカンスに使えるかばかり気にしています。",
        "手首にして眠れるものを探しています。",
        "100万円の腕時計の保証について知りたいです。",
        "対応の悪さに怒っています。返金してください。",
        "This is unacceptable! Refund me now!",
    ],
)
def test_ordinary_words_stay_ordinary(text: str) -> None:
    found = _judge(text)
    assert (found.conduct, found.crisis) == (Conduct.ORDINARY, ())
    assert found.severity < 2


@pytest.mark.parametrize(
    ("text", "conduct"),
    [
        ("50万振り込まないなら、\n全部ネットに晒すぞ。", Conduct.THREAT),
        ("店員を殺すぞ。", Conduct.THREAT),
        ("Pay me 500 dollars or I will post bad reviews everywhere.", Conduct.THREAT),
        ("この役立たず、消えろ。", Conduct.HARASSMENT),
        ("You useless idiots.", Conduct.HARASSMENT),
        ("社長がうちの玄関に来て土下座しろ。", Conduct.UNREASONABLE),
        ("I want you to fire him today.", Conduct.UNREASONABLE),
    ],
)
def test_conduct(text: str, conduct: Conduct) -> None:
    found = _judge(text)
    assert (found.kind, found.conduct) == (C, conduct)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("当選しましたというメールが御社の名前で届き、個人情報が漏れたのではと心配です。", C),
        ("検索順位の改善をご提案します。配信停止はこちらからどうぞ。", S),
        ("SEO対策を頼んだのに、約束と違います。返金してください。", C),
        ("親切な対応に感動しました。", P),
        ("親切な対応でしたが、届いた皿が割れていて残念です。", C),
        ("Wonderful. And now I want my money back.", C),
        ("営業時間は何時までですか。", Q),
        ("届け先を変更していただけますか。", R),
        ("", Q),
    ],
)
def test_kind(text: str, kind: Kind) -> None:
    assert _judge(text).kind is kind


@settings(max_examples=200)
@given(st.text(max_size=80), st.text(max_size=300))
def test_spans_are_where_they_say(subject: str, text: str) -> None:
    whole = f"{subject}\n{text}返金してください。病院に行きました。"
    found = triage(WORDS, subject, whole[len(subject) + 1 :], "ja")
    assert found.evidence
    assert all(whole[span.start : span.end] == span.text != "" for span in found.evidence)
    assert 0 <= found.severity <= 3
    assert all(0 <= value <= 1 for value in found.confidence.values())


def test_only_the_beginning_is_read_and_few_matches_kept() -> None:
    assert _judge("あ" * MAX_CHARACTERS + "死ね").conduct is Conduct.ORDINARY
    assert len(_judge("返金" * 10_000).evidence) < 100


def test_no_words_at_all() -> None:
    assert triage(Words(), "件名", "本文", "ja").kind is Kind.INQUIRY


HOSTILE = (
    "a",
    "払わない",
    " ",
    "\n",
    "?",
    "万",
    "other ",
    "pay me ",
    "お前",
    "電話",
    "食べ",
    "A1-",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_are_quick(text: str) -> None:
    start = time.perf_counter()
    _judge(text * (100_000 // len(text)), text)
    assert time.perf_counter() - start < 10


def test_patterns_are_bounded() -> None:
    """No repetition without an end but of a class or of blanks, which cannot nest."""
    tables = [WORDS.crisis, WORDS.urgent, WORDS.demands]
    patterns = [p for table in tables for group in table.values() for p in group]
    for kind in ("spam", "complaint", "request", "inquiry", "praise"):
        patterns += getattr(WORDS, kind)
    for conduct in ("threat", "harassment", "unreasonable"):
        patterns += getattr(WORDS, conduct)
    assert len(patterns) > 40
    assert not [p for p in patterns if "*" in p.replace("[u*]", "") or "+" in p or ",}" in p]


@pytest.mark.parametrize(
    "text",
    [
        "配信停止はこちらを押しても、毎日メールが来ます。",
        "副業で稼げるという御社の広告を見て登録しました。どうなっていますか。",
    ],
)
def test_one_word_makes_nobody_a_spammer(text: str) -> None:
    assert _judge(text).kind is not Kind.SPAM
