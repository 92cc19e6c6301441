"""Each grave word is seen, and no text makes the patterns slow."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from casebook.policy import load_policy
from casebook.types import HarassmentType
from casebook.words import Words
from enrich.triage.context import Holds
from enrich.triage.rules import Rules, Signal, harassment_type

WORDS = load_policy("default").words
RULES = Rules(WORDS)
PACKS = ("default", "retail", "hospital", "municipality", "school", "finance", "travel")


def _asserted(text: str) -> set[str]:
    return {one.label for one in RULES("", text) if one.holds is Holds.ASSERTED}


@pytest.mark.parametrize(
    ("label", "text"),
    [
        ("crisis:injury", "脚立の足が折れて落ち、肘を三針縫いました。"),
        ("crisis:injury", "この日焼け止めを塗った妹の首に発疹が出ています。"),
        ("crisis:injury", "My nan slipped on the wet tiles by your till and broke her wrist."),
        ("crisis:injury", "He was rushed to hospital after eating the mussels."),
        ("crisis:safety_defect", "加湿器のコードが溶けて床が黒くなっていました。"),
        ("crisis:safety_defect", "下り坂でブレーキが効かなくなりました。"),
        ("crisis:safety_defect", "The heater started smoking and there was a burning smell."),
        ("crisis:safety_defect", "I found a piece of glass in the jam."),
        ("crisis:personal_data", "開封したら、別の会員の方の請求書が入っていました。"),
        ("crisis:personal_data", "一斉送信の宛先に全員のアドレスが丸見えでした。"),
        (
            "crisis:personal_data",
            "Somebody else's invoice with their bank details was in my envelope.",
        ),
        (
            "crisis:service_error_damage",
            "貴社のシステム障害で決済ができず、300万円の損害が出ました。",
        ),
        ("crisis:service_error_damage", "Your update wiped all our files and backups."),
        ("crisis:self_harm", "もう疲れました。死にたいです。"),
        ("crisis:self_harm", "I don't want to be here anymore."),
        ("urgent:legal", "回答がなければ消費生活センターに相談します。"),
        ("urgent:legal", "保健所に通報しました。"),
        ("urgent:legal", "You will hear from my solicitor."),
        ("urgent:media", "この件は新聞社の記者に話します。"),
        ("urgent:media", "I am taking this to the local press."),
        ("urgent:unanswered", "もう四回も問い合わせていますが、返事がありません。"),
        ("urgent:unanswered", "This is my fifth email and nobody has replied."),
        ("urgent:vulnerable", "85歳の母が暖房のない部屋で待っています。"),
        ("urgent:vulnerable", "We have a newborn baby and no heating since Friday."),
        ("threat:life", "次に会ったらお前を殺してやる。"),
        ("threat:life", "今夜、本社に火をつけるぞ。"),
        ("threat:life", "担当さん、夜道には気をつけてくださいね。"),
        ("threat:life", "ＫＩＬＬの次は本気だ。店員を殺す"),
        ("threat:life", "I'm going to kill you."),
        ("threat:life", "We know where you live."),
        ("threat:life", "身の安全は保証いたしかねます。"),
        ("threat:life", "おたくの倉庫ごと、もろとも焼き討ちに行くからな。"),
        ("threat:life", "I'm going to find that clerk and kick his teeth in."),
        ("threat:property", "店のガラスを叩き割ってやるからな。"),
        ("threat:property", "I'll smash your windows tonight."),
        ("threat:extortion", "二十万円払わないなら全部ネットに晒す。"),
        ("threat:extortion", "商品券5万円分で黙っていてあげます。"),
        ("threat:extortion", "Pay me $500 or I will post the photos everywhere."),
        ("threat:extortion", "映像を広められたくないなら現金を用意しろ。"),
        ("threat:extortion", "Send £900 and the recording stays hidden."),
        ("harassment:mental_attack", "この役立たずども、死ね。"),
        ("harassment:mental_attack", "You absolute morons."),
        ("harassment:discrimination", "女では話にならん。男の上司に代われ。"),
        ("harassment:discrimination", "Go back to your own country."),
        ("harassment:sexual", "電話の子、彼氏いるの？下着は何色？"),
        ("harassment:sexual", "what are you wearing under that uniform"),
        ("harassment:personal_attack", "受付のブスは引っ込んでろ、このデブ。"),
        ("harassment:personal_attack", "that fat ugly cow at the desk"),
        ("harassment:persistent", "返事をくれるまで毎日電話し続けてやる。"),
        ("harassment:persistent", "I will keep calling you all night until she answers."),
        ("harassment:confinement", "納得するまで帰らないし、電話は切らせない。"),
        ("harassment:confinement", "I'm not leaving until you give in."),
        ("unreasonable:dogeza", "店長が土下座して詫びろ。"),
        ("unreasonable:dogeza", "I want him on his knees."),
        ("unreasonable:dismissal", "あの店員を今すぐクビにしろ。"),
        ("unreasonable:dismissal", "I demand that you fire her today."),
        ("unreasonable:money", "スプーンが曲がっていた。慰謝料として300万円よこせ。"),
        ("unreasonable:money", "I claim damages of £50,000 for the stress."),
        ("unreasonable:special_treatment", "今後一生、全部無料にしろ。"),
        ("unreasonable:special_treatment", "The CEO must come in person to my house."),
        ("demand:refund", "代金を返してください。"),
        ("demand:cancellation", "定期便を解約したいです。"),
        ("demand:contact", "Please call me back."),
        ("kind:spam", "検索順位を1ページ目に改善します。"),
        ("kind:auto", "このメールは自動返信です。"),
    ],
)
def test_is_seen(label: str, text: str) -> None:
    assert label in _asserted(text)


GRAVE = ("crisis", "threat", "harassment", "unreasonable")


@pytest.mark.parametrize(
    "text",
    [
        "対応の遅さに本当に腹が立っています。二度と買いません。",
        "返金していただけない場合は、レビューに正直な感想を書きます。",
        "返金か交換か、どちらかにしてください。だめなら消費者センターに行きます。",
        "弁当に髪の毛が入っていました。交換してください。",
        "サラダに小さな虫がいました。",
        "家内が入院しておりまして、受け取りに行けません。",
        "パンクズ用のトレイと木クズ用の袋を探しています。",
        "カスタマーセンターの方にもカステラを差し上げたいです。",
        "害虫を殺す薬剤の使い方を教えてください。",
        "包丁を研いでくださる店を探しています。",
        "古い商品はそちらで処分してください。",
        "手首に合うサイズはありますか。",
        "遺書の書き方を学べる講座はありますか。",
        "担当の方のお母様はお元気ですか。",
        "The curry set my mouth on fire and I loved it.",
        "This is a disgrace. I have never been so angry. Refund me today.",
        "If I don't get my money back I will go to small claims.",
        "The staff were slow and I am furious, but I want a replacement.",
        "Does your spray kill ants and other insects?",
        "What court shoes do you sell, and do you ship to Sue in Leeds?",
    ],
)
def test_ordinary_words_are_not_grave(text: str) -> None:
    found = _asserted(text)
    assert not {label for label in found if label.startswith(GRAVE)}


@settings(max_examples=100)
@given(st.text(max_size=60), st.text(max_size=200))
def test_spans_are_where_they_say(subject: str, text: str) -> None:
    whole = f"{subject}\n{text}店員をコロス、いや殺す。You idiots."
    found = RULES(subject, whole[len(subject) + 1 :])
    assert any(one.label == "threat:life" for one in found)
    for one in found:
        assert one.span.label == one.label
        assert whole[one.span.start : one.span.end] == one.span.text != ""


def test_disguised_words_are_seen_where_they_stand() -> None:
    text = "店員を殺\u200bす。ｲﾔｶﾞﾗｾではない。"
    (found,) = (one for one in RULES("", text) if one.label == "threat:life")
    assert text[found.span.start - 1 : found.span.end - 1] == "殺\u200bす"


def test_a_subject_is_a_sentence_of_its_own() -> None:
    found = RULES("データと写真", "すべて消えればよいのにと思うほど楽しかった")
    assert not [one for one in found if one.label.startswith("crisis")]


def test_few_matches_are_kept() -> None:
    assert len(RULES("", "返金" * 9_000)) < 40


def test_no_words_see_nothing() -> None:
    assert Rules(Words())("件名", "殺すぞ") == ()


def test_types_are_the_ministrys() -> None:
    labels = [label for label, _ in WORDS.labelled()]
    conduct = [one for one in labels if one.startswith(("threat", "harassment", "unreasonable"))]
    assert {harassment_type(label) for label in conduct} == set(HarassmentType)
    assert harassment_type("crisis:injury") is None


def _patterns() -> Iterator[str]:
    for pack in PACKS:
        words = load_policy(pack).words
        yield from words.idioms
        for _, patterns in words.labelled():
            yield from patterns


_WORD = re.compile(r"\(\?: ?(?:\\w|\\S|\[\\w'\])\{\d,\d{1,2}\} ?\)")
"""A word and the blank beside it: repeated, they can be read in one way only."""
_MOST_WAYS = 5_000


def _wide(operation: Any, value: Any) -> bool:
    """True for an item that takes nearly any character."""
    name = str(operation)
    if name == "IN":
        return any(str(kind) in ("NEGATE", "CATEGORY") for kind, _ in value)
    return name in ("ANY", "NOT_LITERAL")


def _ways(parsed: Any) -> int:
    """In how many ways the wide items of a parsed pattern can share out a text from one place: what
    one place costs at most. Plain characters match in one way."""
    ways = 1
    for operation, value in parsed:
        name = str(operation)
        if name == "BRANCH":
            ways *= max(1, sum(found for one in value[1] if (found := _ways(one)) > 1))
        elif name == "SUBPATTERN":
            ways *= _ways(value[3])
        elif name in ("ASSERT", "ASSERT_NOT"):
            ways *= _ways(value[1])
        elif name in ("MAX_REPEAT", "MIN_REPEAT"):
            least, most, item = value
            inner = _ways(item)
            if inner > 1:
                ways *= sum(inner**times for times in range(least, most + 1))
            elif any(_wide(*one) for one in item):
                ways *= most - least + 1
    return ways


def test_each_pattern_does_little_work_at_one_place() -> None:
    parser: Any = import_module("re._parser")
    for pattern in set(_patterns()):
        assert _ways(parser.parse(_WORD.sub("(?:x )", pattern))) <= _MOST_WAYS, pattern


@pytest.mark.parametrize(
    "pattern",
    ["a*", "(?:ab)+", "x{2,}", "[a-z]{0,500}", "(?i)a", r"(a)\1", "(?P<n>a)", "(", "<no>"],
)
def test_unsafe_patterns_are_refused(pattern: str) -> None:
    with pytest.raises(ValidationError):
        Words.model_validate({"threat": {"life": [pattern]}})


def test_parts_are_filled_in() -> None:
    words = Words.model_validate({"parts": {"who": "you|he"}, "spam": ["<who> won", "[*+]"]})
    assert words.spam == ("(?:you|he) won", "[*+]")
    assert [one.label for one in Rules(words)("", "Look: he won")] == ["kind:spam"]


def test_a_signal_tells_its_label() -> None:
    (found,) = Rules(Words(praise=("great",)))("", "Great!")
    assert isinstance(found, Signal)
    assert (found.label, found.span.text, found.holds) == ("kind:praise", "Great", Holds.ASSERTED)
