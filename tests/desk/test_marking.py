"""Marks and masks on any text: what is read is the text, and nothing of it is markup."""

from __future__ import annotations

import html
import re

from hypothesis import given
from hypothesis import strategies as st

from casebook import models as m
from casebook.rows import triage_row
from casebook.types import Conduct, Kind, Span, Triage
from desk.marking import plain, shown, visible

TEXTS = st.text(st.sampled_from("あばか野郎<>&\"' \n>x\u202e{}"), max_size=60)
PLACES = st.lists(
    st.tuples(
        st.sampled_from(["crisis:injury", "demand:refund", "kind:complaint", "harassment:insult"]),
        st.integers(-3, 70),
        st.integers(-3, 70),
    ),
    max_size=6,
)
TAGS = re.compile(r"<[^>]*>")
OURS = re.compile(r'</?mark>|<mark class="[a-z]+" title="[^"<>]*">|<span class="control">|</span>')


def message(subject: str, text: str, spans: tuple[Span, ...], whole: str = "") -> m.Message:
    """A judged message that is on no record."""
    row = m.Message(pk=1, subject=subject, new_text=text, text=whole or text, channel="email")
    triage = Triage(Kind.COMPLAINT, 1, Conduct.ORDINARY, "ja", evidence=spans)
    row.triage = triage_row(1, triage)
    return row


def read(marked: str) -> str:
    """What somebody reads of a piece of HTML."""
    return html.unescape(TAGS.sub("", marked)).replace("U+202E", "\u202e")


@given(TEXTS, TEXTS, PLACES)
def test_the_marks_change_no_character_and_only_ours_are_tags(
    subject: str, text: str, places: list[tuple[str, int, int]]
) -> None:
    spans = tuple(Span(label, start, end, "") for label, start, end in places)
    found = shown(message(subject, text, spans), unmask=True)
    assert (read(found.subject), read(found.text)) == (subject, text)
    for piece in (found.subject, found.text, plain(text)):
        assert not re.search(r"[<>]", OURS.sub("", piece))
        assert "\u202e" not in piece
    assert not found.masked


@given(TEXTS, TEXTS, st.integers(0, 60), st.integers(2, 20), PLACES)
def test_what_is_masked_is_nowhere(
    before: str, after: str, at: int, length: int, places: list[tuple[str, int, int]]
) -> None:
    text = f"{before}ばか野郎{after}"
    spans = [Span(label, start, end, "") for label, start, end in places if label[0] != "h"]
    place = 1 + len(before)
    abuse = Span("harassment:insult", place, place + 4, "ばか野郎")
    row = message("", text, (*spans, abuse), f"{text}\n> ばか\n> 野郎\n{after}")
    found = shown(row)
    for piece in (found.text, found.original):
        assert "ばか野郎" not in re.sub(r"[\s>]", "", read(piece))
    assert found.masked


def test_labels_of_a_veil_are_named_once() -> None:
    text = "前ばか野郎後"
    spans = (Span("harassment:insult", 2, 6, "ばか野郎"), Span("kind:complaint", 1, 4, "前ばか"))
    told = shown(message("", text, spans)).text
    assert read(told) == "前〔伏せ字〕後"
    assert told.count("<mark") == 2


def test_nothing_to_see_is_nothing() -> None:
    assert [visible(text) for text in ("", " \u200b\ufeff\n", "\u202e", "x", "。")] == [
        False, False, False, True, True,
    ]  # fmt: skip
