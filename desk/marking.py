"""Customers' texts as pages show them: escaped, masked, the evidence of triage marked."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from casebook import models as m
from casebook.rows import triage_value
from casebook.types import Span
from desk.labelling import evidence, tone
from desk.masking import hides as policy_hides
from desk.masking import personal
from desk.words import say
from enrich.masking import Hides, again, hidden, masks

LONGEST = 6_000
"""Characters of a text that a conversation shows; the rest stands on the message's own page."""

_MOST_SPANS = 200
_MOST_WORDS = 50
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""What turns the direction of writing for whatever follows: shown, never obeyed."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A message's subject, new text and whole text as HTML; `original` is empty where it says no
    more than the new text, or may not be shown. `masked`: something is hidden; `cut`: texts are
    longer than what is shown."""

    subject: SafeString
    text: SafeString
    original: SafeString
    masked: bool
    cut: bool


def abuse(rows: Iterable[m.Message]) -> tuple[Span, ...]:
    """The passages of these messages that are hidden: wherever else their words stand, in a quote
    or in a reply, they are hidden, too."""
    hides = policy_hides()
    triages = (getattr(row, "triage", None) for row in rows)
    spans = (span for one in triages if one for span in triage_value(one).evidence)
    found = {span.text: span for span in spans if hides(span.label)}
    return tuple(found.values())[:_MOST_WORDS]


def shown(
    row: m.Message, known: Sequence[Span] = (), *, unmask: bool = False, longest: int = LONGEST
) -> Shown:
    """A message whose texts are marked by its triage, up to `longest` characters each; the words of
    the `known` abuse around it are hidden as its own."""
    triage = getattr(row, "triage", None)
    spans = triage_value(triage).evidence[:_MOST_SPANS] if triage else ()
    hides: Hides = _nothing if unmask else policy_hides()
    mask = masks(row.new_text, row.language if row.language in ("ja", "en") else "")
    split = len(row.subject) + 1
    whole = f"{row.subject}\n{row.new_text[:longest]}"
    # A word that is hidden further on, or elsewhere, is hidden here, too.
    words = [
        span for span in {one.text: one for one in (*known, *spans)}.values() if hides(span.label)
    ]
    veils = hidden(whole, [*spans, *again(whole, words), *personal(whole)], hides)
    original, told = _original(row, words, hides, mask, longest)
    return Shown(
        subject=_marked(row.subject, spans, veils, mask, 0),
        text=_marked(whole[split:], spans, veils, mask, split),
        original=original,
        masked=bool(veils) or told,
        cut=max(len(row.text), len(row.new_text)) > longest,
    )


def visible(text: str) -> bool:
    """Whether anything of a text is to be seen."""
    return any(unicodedata.category(one)[0] not in "CZ" for one in text)


def plain(text: str) -> SafeString:
    """A text of our own or of a stranger's, escaped, with what turns the writing shown."""
    return _harmless(text)


def _original(
    row: m.Message,
    words: Sequence[Span],
    hides: Hides,
    mask: Callable[[str], str],
    longest: int,
) -> tuple[SafeString, bool]:
    """The whole text with its masks, and whether it has any. It does without marks: the places of
    the evidence are known in the new text alone. It is not shown where abuse of the new text cannot
    be found in it, and so not be hidden."""
    if row.text.strip() == row.new_text.strip():
        return mark_safe(""), False
    text = row.text[:longest]
    found = list(again(text, words))
    mine = {span.text for span in words if span.text in row.new_text}
    if mine - {span.text for span in found}:
        return mark_safe(""), True
    veils = hidden(text, [*found, *personal(text)], hides)
    return _marked(text, (), veils, mask, 0), bool(veils)


def _marked(
    text: str,
    spans: Sequence[Span],
    veils: Sequence[tuple[int, int, str]],
    mask: Callable[[str], str],
    offset: int,
) -> SafeString:
    """`text`, which begins at `offset` of what the spans and veils count in. Where spans overlap,
    each piece is marked once and names all of them; a veil is one piece."""
    end = offset + len(text)

    def inside(start: int, stop: int) -> tuple[int, int]:
        return min(max(start, offset), end) - offset, max(min(stop, end), offset) - offset

    covers = [(*inside(start, stop), label) for start, stop, label in veils]
    labels = [(*inside(span.start, span.end), span.label) for span in spans]
    cuts = {0, len(text)}
    for start, stop, _ in [*covers, *labels]:
        cuts |= {start, stop} if start < stop else set()
    pieces: list[SafeString] = []
    for left, right in pairwise(sorted(cuts)):
        cover = next((one for one in covers if one[0] <= left < one[1]), None)
        if cover is not None and left != cover[0]:
            continue
        reach = cover[1] if cover else right
        named = [label for start, stop, label in labels if start < reach and stop > left]
        pieces.append(_piece(mask(cover[2]) if cover else text[left:right], named))
    return mark_safe("".join(pieces))  # noqa: S308 - each piece is escaped


def _piece(text: str, labels: Sequence[str]) -> SafeString:
    if not labels:
        return _harmless(text)
    tones = {tone(label) for label in labels}
    colour = next(one for one in ("crisis", "urgent", "info") if one in tones)
    title = say("、", ", ").join(dict.fromkeys(map(evidence, labels)))
    return format_html('<mark class="{}" title="{}">{}</mark>', colour, title, _harmless(text))


def _harmless(text: str) -> SafeString:
    return mark_safe(_TURNING.sub(_told, escape(text)))  # noqa: S308 - escaped


def _told(match: re.Match[str]) -> str:
    return f'<span class="control">U+{ord(match[0]):04X}</span>'


def _nothing(_label: str) -> bool:
    return False
