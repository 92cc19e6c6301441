"""What is hidden is gone, and the rest of the text stands as it was."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from casebook.handling import Masking
from casebook.types import Span
from enrich.masking import masked, masked_message

HIDES = Masking().hides


def spans_of(text: str, *words: str, label: str = "harassment:personal_attack") -> list[Span]:
    return [
        Span(label, start, start + len(word), word)
        for word in words
        for start in [text.index(word)]
    ]


def test_abuse_is_masked_in_the_language_of_the_text() -> None:
    text = "無能な担当者を出せ。死ね。"
    assert (
        masked(text, spans_of(text, "死ね", "無能"), HIDES)
        == "〔伏せ字〕な担当者を出せ。〔伏せ字〕。"
    )
    text = "You useless idiots, call me."
    assert masked(text, spans_of(text, "idiots"), HIDES) == "You useless [masked], call me."
    assert masked(text, spans_of(text, "idiots"), HIDES, "ja") == "You useless 〔伏せ字〕, call me."


def test_other_passages_stay() -> None:
    text = "返金してください。土下座しろ。"
    kept = [
        *spans_of(text, "返金", label="demand:refund"),
        *spans_of(text, "土下座", label="unreasonable:dogeza"),
    ]
    assert masked(text, kept, HIDES) == text


def test_spans_of_a_message_count_over_subject_and_text() -> None:
    subject, text = "死ね", "無能ども。二度と買わない。"
    found = spans_of(f"{subject}\n{text}", "死ね", "無能ども")
    assert masked_message(subject, text, found, HIDES) == (
        "〔伏せ字〕",
        "〔伏せ字〕。二度と買わない。",
    )
    across = [Span("threat:life", 1, 6, "ね\n無能")]
    assert masked_message(subject, text, across, HIDES) == (
        "死〔伏せ字〕",
        "〔伏せ字〕も。二度と買わない。",
    )


@given(
    st.text(max_size=40),
    st.lists(
        st.tuples(
            st.sampled_from(["harassment", "threat:life", "demand:refund"]),
            st.integers(-3, 45),
            st.integers(-3, 45),
        ),
        max_size=6,
    ),
)
def test_what_is_hidden_is_gone_and_nothing_else(
    text: str, places: list[tuple[str, int, int]]
) -> None:
    found = [Span(label, start, end, "") for label, start, end in places]
    out = masked(text, found, HIDES, "en")
    gone = {
        at
        for span in found
        for at in range(max(0, span.start), span.end)
        if HIDES(span.label) and at < len(text)
    }
    if "[masked]" not in text:
        rest = out.replace("[masked]", "")
        assert len(rest) <= len(text) - len(gone)
        kept = iter(text)
        assert all(character in kept for character in rest)
    if not gone:
        assert out == text


def test_the_same_words_are_hidden_wherever_they_stand() -> None:
    subject, text = "死ね", "死ね" * 100 + "。返金してください。"
    first = spans_of(f"{subject}\n{text}", "死ね")
    assert masked_message(subject, text, first, HIDES) == (
        "〔伏せ字〕",
        "〔伏せ字〕。返金してください。",
    )
