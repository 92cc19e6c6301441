"""Abusive passages and personal data hidden from those who read: 〔伏せ字〕 or 〔電話番号〕 stands
in their place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from casebook.types import Span

Hides = Callable[[str], bool]
"""True for a label whose passages are hidden, as `casebook.handling.Masking.hides`."""

_JAPANESE = re.compile(r"[\u3041-\u30ff\u3400-\u9fff]")
_SHORTEST = 2
"""Characters of a passage from which it is hidden wherever else it stands."""

_Veils = list[tuple[int, int, str]]
"""Where something is hidden, and under which label."""


def masked(text: str, spans: Sequence[Span], hides: Hides, language: str = "") -> str:
    """`text` with a mask for each passage of a hidden label, and wherever the same words stand
    again: triage stops counting repetitions. Offsets in characters of `text`; passages that touch
    or overlap have one mask.

    `language`: that of the mask, `ja` or `en`; by default the text's own.
    """
    return _without(text, hidden(text, spans, hides), masks(text, language))


def masked_message(
    subject: str, text: str, spans: Sequence[Span], hides: Hides, language: str = ""
) -> tuple[str, str]:
    """Subject and text of a message, each masked; the spans count in the subject, a line break,
    the text, as triage's do."""
    whole, split = f"{subject}\n{text}", len(subject) + 1
    veils, mask = hidden(whole, spans, hides), masks(whole, language)
    above = [
        (start, min(stop, split - 1), name) for start, stop, name in veils if start < split - 1
    ]
    below = [
        (max(start, split) - split, stop - split, name)
        for start, stop, name in veils
        if stop > split
    ]
    return _without(subject, above, mask), _without(text, below, mask)


def masks(text: str, language: str) -> Callable[[str], str]:
    """What stands in the place of a passage, by its label: in `language`, or by default in the
    text's own."""
    japanese = language == "ja" or (not language and bool(_JAPANESE.search(text)))

    def mask(label: str) -> str:
        from enrich.personal_data import called

        if japanese:
            return f"〔{called(label, 'ja') or '伏せ字'}〕"
        return f"[{called(label, 'en') or 'masked'}]"

    return mask


def hidden(text: str, spans: Iterable[Span], hides: Hides) -> _Veils:
    """Where `text` is hidden, in order and apart: the passages of hidden labels, and wherever
    their words stand again."""
    found = [
        (max(0, span.start), min(span.end, len(text)), span.label)
        for span in spans
        if hides(span.label)
    ]
    words = {text[start:stop]: name for start, stop, name in found if stop - start >= _SHORTEST}
    if words:
        again = "|".join(map(re.escape, sorted(words, key=len, reverse=True)))
        found += [(*match.span(), words[match[0]]) for match in re.finditer(again, text)]
    return _joined(found)


def again(text: str, words: Iterable[Span]) -> Iterator[Span]:
    """Where the words of these passages stand in another text, however its lines are broken; each
    with the words as they were."""
    for span in words:
        letters = [re.escape(letter) for letter in span.text if not letter.isspace()]
        if len(letters) < _SHORTEST:
            continue
        for match in re.finditer(r"[\s>]{0,9}".join(letters), text):
            yield replace(span, start=match.start(), end=match.end())


def _joined(found: _Veils) -> _Veils:
    """The veils in order, none empty, none touching another."""
    joined: _Veils = []
    for start, stop, name in sorted(found):
        if joined and start <= joined[-1][1]:
            begun, reach, first = joined[-1]
            joined[-1] = (begun, max(stop, reach), first)
        elif start < stop:
            joined.append((start, stop, name))
    return joined


def _without(text: str, veils: _Veils, mask: Callable[[str], str]) -> str:
    pieces: list[str] = []
    end = 0
    for start, stop, name in veils:
        pieces += text[end:start], mask(name)
        end = stop
    return "".join((*pieces, text[end:]))
