"""No pattern is passed over on a text that it matches."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casebook.literals import literals
from casebook.policy import load_policy
from enrich.triage.grams import Vocabulary, grams
from enrich.triage.spotting import Spotter

WORDS = load_policy("default").words
PATTERNS = [*WORDS.idioms, *(text for _, texts in WORDS.labelled() for text in texts)]


@pytest.mark.parametrize(
    ("pattern", "strings"),
    [
        ("返金", {"返金"}),
        ("返金|払い戻", {"返金", "払い戻"}),
        ("返(?:金|却)を?", {"返金", "返却", "返金を", "返却を"}),
        ("返金[^。]{0,9}しろ", {"返金"}),
        (r"\b[a-c]1\b", {"a1", "b1", "c1"}),
        ("お?詫びに来い", {"詫びに来い", "お詫びに来い"}),
        ("(?:ab){2,3}x?", {"ab"}),
        ("殺す(?!虫)", {"殺す"}),
        ("(?<!お)金.{1,5}払え", {"払え"}),
        ("[^a]{1,3}", set()),
        ("a?b?", set()),
        (r"\w\d", set()),
    ],
)
def test_what_a_match_must_hold(pattern: str, strings: set[str]) -> None:
    assert literals(pattern) == strings


def test_hardly_a_pattern_of_ours_must_always_be_tried() -> None:
    assert not [pattern for pattern in PATTERNS if not literals(pattern)]


@given(st.data())
def test_a_match_holds_one_of_them(data: st.DataObject) -> None:
    pattern = data.draw(st.sampled_from(PATTERNS))
    text = data.draw(st.from_regex(re.compile(pattern, re.DOTALL)))
    assert any(string in text for string in literals(pattern))


@given(st.lists(st.text("abc", min_size=1, max_size=3), max_size=6, unique=True), st.text("abc"))
def test_every_string_is_spotted_wherever_it_stands(strings: list[str], text: str) -> None:
    starts = range(len(text))
    wanted = [s for s in strings for start in starts if text.startswith(s, start)]
    assert sorted(strings[place] for place in Spotter(strings)(text)) == sorted(wanted)


@given(st.text("ab 返金。.'１\n", max_size=30), st.text("ab 返金。.'0\n", max_size=30))
def test_a_vocabulary_counts_what_the_features_are(learnt: str, text: str) -> None:
    vocabulary = Vocabulary(sorted(grams(learnt)))
    found = {vocabulary.features[place]: n for place, n in vocabulary(text).items()}
    assert found == {f: n for f, n in grams(text).items() if f in grams(learnt)}


def test_half_a_character_hides_nothing() -> None:
    assert Spotter(["返金"])("\ud800返金\udfff") == [0]
