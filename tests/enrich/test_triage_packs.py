"""A trade's own kinds of crisis, which no head was fitted to, are given by their words alone."""

from __future__ import annotations

import pytest

from casebook.policy import load_policy
from casebook.types import Asked, Triage
from enrich.triage import Judge


def _judge(pack: str, text: str) -> Triage:
    policy = load_policy(pack)
    return Judge(policy.words, None, policy.costs)([Asked("", text, "ja")])[0]


@pytest.mark.parametrize(
    ("pack", "kind", "department", "text"),
    [
        ("hospital", "medical_error", "safety", "点滴の薬を取り違えられ、父の意識がありません。"),
        ("school", "bullying", "wellbeing", "息子が同級生から毎日殴られています。いじめです。"),
        ("finance", "unauthorised_transfer", "fraud", "身に覚えのない送金が30万円ありました。"),
        ("travel", "stranded", "emergency", "欠航のまま空港に取り残され、泊まる場所がありません。"),
        ("municipality", "benefits_stopped", "welfare", "生活保護費を急に止められました。"),
        ("retail", "food_hazard", "food_safety", "お惣菜にガラスの破片が混入していました。"),
    ],
)
def test_a_trades_own_crisis_reaches_its_specialist(
    pack: str, kind: str, department: str, text: str
) -> None:
    policy, found = load_policy(pack), _judge(pack, text)
    assert kind in found.crisis
    assert found.severity == 3
    assert policy.route(found) == policy.departments[department]
    assert kind not in _judge("default", text).crisis


@pytest.mark.parametrize(
    ("pack", "text"),
    [
        ("school", "いじめ対策委員会の次回の予定を教えてください。"),
        ("finance", "振込手数料はいくらですか。"),
        ("travel", "便が1時間遅れましたが、無事に帰れました。"),
    ],
)
def test_an_ordinary_matter_of_the_trade_is_none(pack: str, text: str) -> None:
    assert _judge(pack, text).crisis == ()
