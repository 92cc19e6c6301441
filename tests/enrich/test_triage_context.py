"""Words are worth what the clause around them says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casebook.policy import load_policy
from enrich.triage.context import Holds, holds, read
from enrich.triage.rules import Rules

RULES = Rules(load_policy("default").words)


def _how(label: str, text: str) -> set[Holds]:
    return {one.holds for one in RULES("", text) if one.label.startswith(label)}


@pytest.mark.parametrize(
    ("label", "text"),
    [
        ("crisis:injury", "幸い怪我はありませんでした。"),
        ("crisis:injury", "お腹は空きましたが、嘔吐などはしておりません。"),
        ("crisis:injury", "Luckily nobody was hurt."),
        ("crisis:injury", "There were no injuries."),
        ("crisis:safety_defect", "煙が出たわけではありません。"),
        ("threat", "殺すつもりはありません。"),
        ("urgent:legal", "弁護士に頼むつもりはありません。"),
        ("urgent:legal", "消費生活センターに相談するほどのことではないです。"),
        ("urgent:legal", "I have no intention of going to court."),
        ("urgent:media", "ネットに書くつもりはありません。"),
        ("unreasonable", "土下座しろとは言いません。"),
        ("unreasonable", "店員さんをクビにしてほしいわけではありません。"),
        ("unreasonable", "I don't want her fired."),
        ("demand:refund", "返金は結構です。"),
        ("demand:refund", "I am not asking for a refund."),
        ("harassment", "そんな話を信じた私が馬鹿でした。"),
        ("harassment", "I felt like a complete idiot."),
    ],
)
def test_denied(label: str, text: str) -> None:
    assert Holds.ASSERTED not in _how(label, text)


@pytest.mark.parametrize(
    ("label", "text"),
    [
        ("crisis:injury", "もし怪我をしていたらどうするつもりだったのですか。"),
        ("crisis:injury", "火傷をした場合の補償はありますか。"),
        ("crisis:injury", "Somebody could be badly injured."),
        ("crisis:injury", "What if my son had been injured?"),
        ("crisis:safety_defect", "万が一発火したときの連絡先を教えてください。"),
    ],
)
def test_supposed(label: str, text: str) -> None:
    assert _how(label, text) == {Holds.HYPOTHETICAL}


@pytest.mark.parametrize(
    ("label", "text"),
    [
        ("threat", "隣の席の客に「ぶっ殺すぞ」と怒鳴られました。"),
        ("threat", "集金の人から殺すぞと言われました。"),
        ("threat", 'Your driver shouted "I will kill you" at my father.'),
        ("threat", "The guard said he'd break my legs, and I'm going to kill you, he said."),
        ("harassment", "店員に「この役立たず」と言われ、傷つきました。"),
        ("harassment", "Your agent called me a stupid cow."),
        ("unreasonable", "客が店員に「土下座しろ」と怒鳴っていて怖かったです。"),
    ],
)
def test_told_of_others(label: str, text: str) -> None:
    found = _how(label, text)
    assert Holds.QUOTED in found
    assert Holds.ASSERTED not in found


@pytest.mark.parametrize(
    ("label", "text"),
    [
        ("threat", "あの店長に「殺すぞ」と伝えておけ。"),
        ("threat", 'Tell your boss "I will kill you".'),
        ("crisis:self_harm", "娘が「死にたい」と書いています。"),
        ("crisis:injury", "やけどの痛みが取れません。怪我をしました。"),
        ("urgent:legal", "弁護士に相談しないといけません。"),
        ("threat", "返金しないなら店員を殺す。"),
        ("crisis:injury", "怪我が治らないままです。腕を骨折しました。"),
        ("crisis:injury", "怪我をした原因と対策を教えてください。"),
        ("crisis:injury", "You should know that I burned my hand."),
        ("crisis:injury", "He won't stop bleeding."),
        ("crisis:safety_defect", "Without warning it exploded."),
    ],
)
def test_meant_all_the_same(label: str, text: str) -> None:
    assert Holds.ASSERTED in _how(label, text)


@pytest.mark.parametrize(
    "text",
    [
        "爆発的に人気と聞きました。死ぬほど美味しかったです。",
        "セールで爆買いしてしまい、注文が殺到したそうですね。",
        "This killer deal was to die for, an explosion of flavour.",
        "The bath bomb is lovely. I am dying to try the next one.",
        "首を長くして待っています。",
        "客を馬鹿にしないでください。",
    ],
)
def test_figures_of_speech(text: str) -> None:
    for label in ("crisis", "threat", "harassment"):
        assert Holds.ASSERTED not in _how(label, text)


def test_sarcastic_praise_is_no_praise() -> None:
    assert _how("kind:praise", "素晴らしい対応ですね（笑）") == {Holds.IDIOM}
    assert _how("kind:praise", "素晴らしい対応でした。") == {Holds.ASSERTED}


def test_harm_elsewhere_is_not_ours() -> None:
    assert _how("crisis:injury", "子供の頃に火傷をしたので、安全な鍋を探しています。") == {
        Holds.ELSEWHERE
    }


@given(st.text(max_size=200), st.integers(0, 200), st.integers(1, 20))
def test_any_place_of_any_text_is_judged(text: str, start: int, length: int) -> None:
    reading = read(text)
    end = min(start + length, len(reading.text))
    if start < end:
        for label in ("crisis:injury", "threat:life", "kind:praise", "demand:refund", "kind:spam"):
            assert holds(reading, label, start, end) in Holds


def test_lower_case_keeps_the_places() -> None:
    reading = read("İİİ KILL")
    assert reading.text.endswith("kill")
    assert reading.folded.original(4, 8) == (4, 8)
