"""Lengths as the channels count them; X's own conformance cases where they lie beside the clone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from casebook.lengths import fits, graphemes, mastodon_length, x_weight

_CASES = Path(__file__).parents[3] / "shared" / "data" / "x-text" / "validate.yml"


def _conformance() -> list[dict[str, Any]]:
    if not _CASES.is_file():
        return []
    tests = yaml.safe_load(_CASES.read_text(encoding="utf-8"))["tests"]
    found: list[dict[str, Any]] = tests["WeightedTweetsWithDiscountedEmojiCounterTest"]
    return found


@pytest.mark.skipif(not _conformance(), reason="X's conformance cases are not at hand")
def test_xs_own_cases() -> None:
    wrong = {
        case["description"]: (x_weight(case["text"]), case["expected"]["weightedLength"])
        for case in _conformance()
        if x_weight(case["text"]) != case["expected"]["weightedLength"]
    }
    assert wrong == {}


@pytest.mark.parametrize(
    ("text", "weight"),
    [
        ("", 0),
        ("Hello", 5),
        ("こんにちは", 10),
        ("ﾊﾟ", 4),
        ("か\u3099", 2),
        ("e\u0301", 1),
        ("👨\u200d👩\u200d👧\u200d👦", 2),
        ("👍🏽", 2),
        ("🇯🇵", 2),
        ("1\ufe0f\u20e3", 2),
        ("☎\ufe0f", 2),
        ("https://support.example.jp/a/very/long/path?with=query", 23),
        ("見る https://example.jp/a。", 4 + 1 + 23 + 2),
        ("example.com", 23),
        ("a@example.com", 13),
        ("…", 2),
    ],
)
def test_weights(text: str, weight: int) -> None:
    assert x_weight(text) == weight


def test_only_the_leading_mentions_of_a_reply_are_free() -> None:
    assert x_weight("@aoi @midori_3 ok", reply=True) == 2
    assert x_weight("@aoi ok") == 7
    assert x_weight("ok @aoi", reply=True) == 7


def test_graphemes_and_mastodon() -> None:
    assert graphemes("が👨\u200d👩\u200d👧e\u0301") == 3
    assert mastodon_length("@aoi@example.social https://example.jp/long/path") == 4 + 1 + 23


@pytest.mark.parametrize(
    ("channel", "longest"),
    [
        ("x", "あ" * 140),
        ("mastodon", "あ" * 500),
        ("bluesky", "👍" * 300),
        ("bluesky", "👨\u200d👩\u200d👧" * 166 + "a" * 12),
        ("google", "あ" * 1365 + "a"),
    ],
)
def test_limits(channel: str, longest: str) -> None:
    assert fits(longest, channel)
    assert not fits(longest + "あ", channel)


def test_a_mail_may_be_long() -> None:
    assert fits("あ" * 100_000, "email")


@pytest.mark.parametrize("text", ["a.", "http://a", "@a ", "\ud800", "e\u0301", "👨\u200d"])
def test_hostile_texts_are_counted(text: str) -> None:
    assert not fits(text * 20_000, "x")
