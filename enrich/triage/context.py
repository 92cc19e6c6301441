"""Whether words are meant as they stand: denied, supposed, quoted, figurative or said of others.

A rule finds words; the clause around them decides what they are worth. 「殺すぞ」と怒鳴られた is a
customer who was threatened, 爆発的に人気 no explosion,
and nobody was hurt by 怪我をするところでした.
What this reads is at most WINDOW characters on either side of a match, by bounded patterns.
The cues follow the scheme of NegEx and ConText (Chapman et al., 2001; Harkema et al., 2009):
trigger words before or after a term, within a scope that a sentence's end closes.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from enrich.personal_data.folding import Folded, fold
from enrich.triage import clauses

WINDOW = 60
"""Characters before and after a match that can change what it means."""


class Holds(StrEnum):
    """How words are meant; only the asserted ones decide."""

    ASSERTED = "asserted"
    NEGATED = "negated"
    HYPOTHETICAL = "hypothetical"
    QUOTED = "quoted"
    """Somebody else's words, told by the customer."""
    IDIOM = "idiom"
    """Figurative or sarcastic."""
    ELSEWHERE = "elsewhere"
    """Of another time or another company."""


Spans = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """A text as the rules read it: `text` is its copy in NFKC and lower case; `quotes` are the
    inner sides of its quotations and `idioms` its figures of speech, as offsets in the copy, in
    order."""

    text: str
    folded: Folded
    quotes: Spans
    idioms: Spans


_QUOTE = re.compile(
    r"「([^「」]{1,300})」|『([^『』]{1,300})』|[“\"]([^”“\"]{2,300})[”\"]|^>(.{1,300})$"
    r"|(?<![\w'])'((?:[^'\n]|'(?=\w)){3,200})'(?!\w)",
    re.MULTILINE,
)
_APOSTROPHES = str.maketrans("’‘ʼ`", "''''")


def read(text: str) -> Reading:
    """`text` for the rules; its figures of speech are for them to find."""
    folded = fold(text)
    plain = _lower(folded.text.translate(_APOSTROPHES))
    quotes = tuple(match.span(match.lastindex or 0) for match in _QUOTE.finditer(plain))
    return Reading(plain, folded, quotes, ())


def holds(reading: Reading, label: str, start: int, end: int) -> Holds:
    """How the words from `start` to `end` of the reading's copy are meant, for a rule's label."""
    if _within(reading.idioms, start, end, overlap=True):
        return Holds.IDIOM
    clause = _Clause.around(reading, start, end)
    checks = _CHECKS.get(label) or _CHECKS.get(label.partition(":")[0], ())
    return next((found for check in checks if (found := check(clause))), Holds.ASSERTED)


def _lower(text: str) -> str:
    lower = text.lower()
    # A few letters (İ) become two; offsets must stay.
    return lower if len(lower) == len(text) else "".join(c.lower()[0] for c in text)


def _within(spans: Spans, start: int, end: int, overlap: bool = False) -> tuple[int, int] | None:
    place = bisect_right(spans, (end if overlap else start, len(spans) and spans[-1][1] + end))
    for left, right in spans[max(0, place - 2) : place]:
        if (left < end and start < right) if overlap else (left <= start and end <= right):
            return left, right
    return None


_SENTENCE_END = re.compile(r"[。！？!?\n]|\.(?=\s|$)|w{3,20}(?![\w.])")


@dataclass(frozen=True, slots=True)
class _Clause:
    """The sentence around a match, cut at WINDOW: what stands before and after it; the same of
    the quotation that the match stands in (`outer`), None where it stands in none."""

    before: str
    after: str
    match: str
    outer: tuple[str, str] | None

    @classmethod
    def around(cls, reading: Reading, start: int, end: int) -> _Clause:
        text = reading.text
        quote = _within(reading.quotes, start, end)
        outer = None
        if quote:
            left, right = quote[0] - 1, quote[1] + 1
            outer = (
                _last_sentence(text[max(0, left - WINDOW) : max(0, left)]),
                text[right : right + WINDOW],
            )
        return cls(
            _last_sentence(text[max(0, start - WINDOW) : start]),
            _first_sentence(text[end : end + WINDOW]),
            text[start:end],
            outer,
        )


def _last_sentence(text: str) -> str:
    ends = list(_SENTENCE_END.finditer(text))
    return text[ends[-1].end() :] if ends else text


def _first_sentence(text: str) -> str:
    end = _SENTENCE_END.search(text)
    return text[: end.start()] if end else text


_Check = Callable[[_Clause], Holds | None]


def _negated(clause: _Clause) -> Holds | None:
    denied = (
        clauses.DENIED_AFTER.match(clause.after)
        or clauses.NOT_MEANT.match(clause.after)
        or clauses.DENIED_BEFORE_EN.search(clause.before)
        or clauses.NOT_SENT_EN.search(clause.before)
    )
    return Holds.NEGATED if denied else None


def _not_meant(clause: _Clause) -> Holds | None:
    denied = (
        clauses.NOT_MEANT.match(clause.after)
        or clauses.DENIED_BEFORE_EN.search(clause.before)
        or clauses.NOT_SENT_EN.search(clause.before)
    )
    return Holds.NEGATED if denied else None


def _not_wanted(clause: _Clause) -> Holds | None:
    denied = clauses.NOT_WANTED.match(clause.after) or clauses.NOT_MEANT.match(clause.after)
    denied = denied or clauses.NOT_SENT_EN.search(clause.before)
    return Holds.NEGATED if denied else None


def _supposed(clause: _Clause) -> Holds | None:
    supposed = clauses.SUPPOSED_AFTER.match(clause.after) or clauses.SUPPOSED_BEFORE.search(
        clause.before
    )
    return Holds.HYPOTHETICAL if supposed else None


def _elsewhere(clause: _Clause) -> Holds | None:
    return Holds.ELSEWHERE if clauses.ELSEWHERE.search(clause.before) else None


def _quoted(clause: _Clause) -> Holds | None:
    before, after = clause.outer or (clause.before, clause.after)
    if clauses.OWN_WORDS.match(after) or clauses.OWN_WORDS_EN.search(before):
        return None
    if clause.outer or clauses.TOLD_AFTER.match(after) or clauses.TOLD_BEFORE_EN.search(before):
        return Holds.QUOTED
    return Holds.QUOTED if clauses.TOLD_AFTER_EN.match(after) else None


def _between_marks(clause: _Clause) -> Holds | None:
    return _quoted(clause) if clause.outer else None


def _of_oneself(clause: _Clause) -> Holds | None:
    of_oneself = clauses.OF_ONESELF.search(clause.before) or clauses.MADE_TO_FEEL.match(
        clause.after
    )
    return Holds.NEGATED if of_oneself else None


def _sarcastic(clause: _Clause) -> Holds | None:
    sarcastic = clauses.SARCASM.search(clause.after) or clauses.SARCASM.search(clause.before)
    return Holds.IDIOM if sarcastic else None


_CHECKS: Mapping[str, tuple[_Check, ...]] = {
    "crisis": (_negated, _supposed, _elsewhere),
    "crisis:self_harm": (_not_meant, _elsewhere),
    "urgent": (_not_meant, _between_marks),
    "urgent:unanswered": (_elsewhere,),
    "urgent:vulnerable": (_elsewhere,),
    "threat": (_quoted, _not_meant),
    # 黙っていて says nothing of what the hush is for: a denial is a part of the offer.
    "threat:extortion": (_quoted,),
    "harassment": (_quoted, _of_oneself, _not_meant),
    "unreasonable": (_quoted, _not_meant),
    "demand": (_not_wanted,),
    "kind:praise": (_sarcastic,),
}
"""What can take the words of a label back, by the label or its first part."""
