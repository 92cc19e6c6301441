"""What is grave is found, what is ordinary stays ordinary, whatever stands around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casebook.handling import Cost, Costs
from casebook.policy import load_policy
from casebook.types import Asked, Conduct, Kind, Triage
from casebook.words import Words
from connectors.mime import parse_mail
from enrich.clean import MAX_CHARACTERS
from enrich.embed import Encoder
from enrich.triage import Judge
from enrich.triage.heads import bundled_heads

INBOX = sorted((Path(__file__).parents[2] / "samples" / "inbox").glob("*.eml"))
WORDS = load_policy("default").words
C, Q, R, P = Kind.COMPLAINT, Kind.INQUIRY, Kind.REQUEST, Kind.PRAISE


@cache
def _judge() -> Judge:
    return Judge(WORDS, bundled_heads())


def _judged(text: str, subject: str = "", language: str = "ja") -> Triage:
    return _judge()([Asked(subject, text, language)])[0]


def _sample(number: int) -> Triage:
    mail = parse_mail(INBOX[number - 1].read_bytes())
    (vector,) = _encoder().documents([f"{mail.subject}\n{mail.new_text}"])
    asked = Asked(mail.subject, mail.new_text, "ja", vector=vector)
    return _judge()([asked])[0]


@cache
def _encoder() -> Encoder:
    return Encoder()


@pytest.mark.parametrize(
    ("number", "severity", "crisis"),
    [(10, 3, "injury"), (15, 3, "safety_defect"), (19, 3, "personal_data"), (32, 2, "legal")],
)
def test_samples_of_a_crisis(number: int, severity: int, crisis: str) -> None:
    found = _sample(number)
    # Who asks whether a smoking cooker may be used asks, and is in danger.
    assert found.kind in (C, Q)
    assert found.conduct is Conduct.ORDINARY
    assert found.severity >= severity
    assert crisis in found.crisis


@pytest.mark.parametrize("number", [30, 37])
def test_samples_of_a_threat(number: int) -> None:
    found = _sample(number)
    assert (found.kind, found.conduct) == (C, Conduct.THREAT)
    assert found.severity >= 2


def test_sample_entities_and_demands() -> None:
    assert _sample(10).entities["order_number"] == ("MD-20261111-0082",)
    assert set(_sample(9).demands) >= {"refund", "cancellation"}


@pytest.mark.parametrize(
    ("text", "crisis"),
    [
        ("鍋の取っ手が外れてやけどをしました。", "injury"),
        ("子どもが食べた後に吐いてしまい、病院に連れて行きました。", "injury"),
        ("The lid came off and I burned my hand.", "injury"),
        ("充電器から煙が出ました。", "safety_defect"),
        ("ほかのお客様の住所と電話番号が画面に出ています。", "personal_data"),
        ("I was sent somebody else's invoice.", "personal_data"),
        ("もう疲れました。死にたいです。", "self_harm"),
    ],
)
def test_a_crisis_outweighs_everything(text: str, crisis: str) -> None:
    found = _judged(f"いつもありがとうございます。{text}とても満足していたのに。")
    assert found.severity == 3
    assert crisis in found.crisis
    assert any(span.label == f"crisis:{crisis}" for span in found.evidence)


@pytest.mark.parametrize(
    "text",
    [
        "そう言うたんやけど、聞いてくれません。",
        "BOX入りの説明書が付いていませんでした。",
        "バカンスに使えるかばかり気にしています。",
        "100万円の腕時計の保証について知りたいです。",
        "対応の悪さに怒っています。返金してください。",
        "This is unacceptable! Refund me now!",
    ],
)
def test_ordinary_words_stay_ordinary(text: str) -> None:
    found = _judged(text)
    assert (found.conduct, found.crisis) == (Conduct.ORDINARY, ())
    assert found.severity < 3


@pytest.mark.parametrize(
    ("text", "conduct"),
    [
        ("50万振り込まないなら、\n全部ネットに晒すぞ。", Conduct.THREAT),
        ("店員を殺すぞ。", Conduct.THREAT),
        ("Pay me 500 dollars or I will post bad reviews everywhere.", Conduct.THREAT),
        ("この役立たず、消えろ。", Conduct.HARASSMENT),
        ("You useless idiots.", Conduct.HARASSMENT),
        ("社長がうちの玄関に来て土下座しろ。", Conduct.UNREASONABLE),
    ],
)
def test_conduct(text: str, conduct: Conduct) -> None:
    found = _judged(text)
    assert (found.kind, found.conduct) == (C, conduct)
    assert found.severity >= 1


def test_the_demand_in_the_middle_of_a_ramble_counts() -> None:
    ramble = "先月の連休に家族で伺いました。天気もよく、子どもたちも喜んでおりました。" * 8
    found = _judged(f"{ramble}ところで部屋の代金は返金してください。{ramble}")
    assert "refund" in found.demands


def test_a_mail_is_judged_alike_in_any_batch() -> None:
    asked = [Asked("", text, "ja") for text in ("返金してください。", "", "ありがとう。" * 200)]
    assert _judge()(asked) == [_judge()([one])[0] for one in asked]
    assert _judge()([]) == []


def test_costs_move_the_thresholds() -> None:
    text = [Asked("", "写真は私の胸にしまっておきます。ご用意いただければ、ですが。", "ja")]
    never = Costs(threat=Cost(missed=1, false_alarm=1_000_000))
    always = Costs(threat=Cost(missed=1_000_000, false_alarm=1))
    assert Judge(WORDS, bundled_heads(), never)(text)[0].conduct is not Conduct.THREAT
    assert Judge(WORDS, bundled_heads(), always)(text)[0].conduct is Conduct.THREAT


def _vectors() -> Sequence[bytes]:
    return (b"", b"\x00\x00" * 384, b"\x2a\x2a" * 384)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=80), st.text(max_size=400), st.sampled_from(_vectors()))
def test_spans_are_where_they_say(subject: str, text: str, vector: bytes) -> None:
    asked = Asked(subject, f"{text}返金してください。病院に行きました。", "ja", vector=vector)
    found = _judge()([asked])[0]
    whole = f"{subject}\n{asked.text}"
    assert found.evidence
    assert all(whole[span.start : span.end] == span.text != "" for span in found.evidence)
    assert 0 <= found.severity <= 3
    assert all(0 <= value <= 1 for value in found.confidence.values())
    assert not found.cause or found.kind is Kind.COMPLAINT


def test_only_the_beginning_is_read_and_few_matches_kept() -> None:
    assert _judged("あ" * MAX_CHARACTERS + "死ね").conduct is Conduct.ORDINARY
    assert len(_judged("返金" * 5_000).evidence) < 100


def test_words_and_heads_each_judge_alone() -> None:
    asked = Asked("", "返金してください。", "ja")
    assert Judge(Words(), None)([asked])[0].conduct is Conduct.ORDINARY
    assert "refund" in Judge(WORDS, None)([asked])[0].demands
    assert "refund" in Judge(Words(), bundled_heads())([asked])[0].demands


def test_a_vector_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match=r"384|shape|dim"):
        _judge()([replace(Asked("", "本文", "ja"), vector=b"\x00\x00" * 3)])
