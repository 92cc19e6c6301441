"""Abusive passages hidden from those who read: 〔伏せ字〕 stands in their place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from casebook.types import Span

Hides = Callable[[str], bool]
"""True for a label whose passages are hidden, as `casebook.handling.Masking.hides`."""

_JAPANESE = re.compile(r"[\u3041-\u30ff\u3400-\u9fff]")
_SHORTEST = 2
"""Characters of a passage from which it is hidden wherever else it stands."""

_Ranges = list[tuple[int, int]]


def masked(text: str, spans: Sequence[Span], hides: Hides, language: str = "") -> str:
    """`text` with a mask for each passage of a hidden label, and wherever the same words stand
    again: triage stops counting repetitions. Offsets in characters of `text`; passages that touch
    or overlap have one mask.

    `language`: that of the mask, `ja` or `en`; by default the text's own.
    """
    return _without(text, _hidden(text, spans, hides), _mask(text, language))


def masked_message(
    subject: str, text: str, spans: Sequence[Span], hides: Hides, language: str = ""
) -> tuple[str, str]:
    """Subject and text of a message, each masked; the spans count in the subject, a line break,
    the text, as triage's do."""
    whole, split = f"{subject}\n{text}", len(subject) + 1
    ranges, mask = _hidden(whole, spans, hides), _mask(whole, language)
    above = [(start, min(stop, split - 1)) for start, stop in ranges if start < split - 1]
    below = [(max(start, split) - split, stop - split) for start, stop in ranges if stop > split]
    return _without(subject, above, mask), _without(text, below, mask)


def _mask(text: str, language: str) -> str:
    japanese = language == "ja" or (not language and bool(_JAPANESE.search(text)))
    return "〔伏せ字〕" if japanese else "[masked]"


def _hidden(text: str, spans: Iterable[Span], hides: Hides) -> _Ranges:
    found = [(max(0, span.start), min(span.end, len(text))) for span in spans if hides(span.label)]
    words = {text[start:stop] for start, stop in found if stop - start >= _SHORTEST}
    if words:
        again = "|".join(map(re.escape, sorted(words, key=len, reverse=True)))
        found += [match.span() for match in re.finditer(again, text)]
    return _joined(found)


def _joined(found: _Ranges) -> _Ranges:
    """The ranges in order, none empty, none touching another."""
    joined: _Ranges = []
    for start, stop in sorted(found):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(stop, joined[-1][1]))
        elif start < stop:
            joined.append((start, stop))
    return joined


def _without(text: str, ranges: _Ranges, mask: str) -> str:
    pieces: list[str] = []
    end = 0
    for start, stop in ranges:
        pieces += text[end:start], mask
        end = stop
    return "".join((*pieces, text[end:]))
