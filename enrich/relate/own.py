"""One customer's messages: the same words again, the same matter in new words, another matter."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from casebook.types import Evidence, Sign
from enrich.clean import clean
from enrich.relate.events import Voice
from enrich.relate.facts import Facts, apart
from enrich.relate.read import (
    HELD,
    NEAR,
    alike_but_apart,
    common,
    cosine,
    other_things,
    overlap,
    told_apart,
)
from enrich.relate.topics import mark

_ANSWER = re.compile(r"^(?:\s?(?:RE|AW|SV|返信)\s?(?:\[\d{1,3}\])?\s?:){1,5}\s?", re.IGNORECASE)
"""The marks of an answer before a subject."""

WINDOW = timedelta(days=30)
"""How far apart two messages of one customer may be and still be one matter by their words."""

WHOLE = 0.9
"""The share of an earlier text that must be there where a further fact stands beside it: less is an
edited text, which says something new."""

SAME = 0.9
"""The similarity from which two short texts are the same words."""

SHORT = 40
"""Characters below which a text says too little to be put into other words."""

FEWEST = 14
"""Letters below which a text says too little to be repeated: 「写真を送ります」 answers. Japanese
letters count twice."""

REWORDED = 0.95
"""The strength (see `_strength`) from which a text says the same in other words."""

_COMMENT, _LINE = 1.5, 60
"""How much longer than what it repeats a message's own part may be and still be a repetition; and
the characters that it may always have."""

_FEW_WORDS, _SOME_WORDS, _MOST_WORDS = 0.25, 0.45, 0.6
"""Common words (Dice) without which a text is no rewording of another: where both name the same
facts, in general, and of a short text."""

_FACTS = 2
"""Kinds of facts (numbers, amounts, days) in common that bind two texts together."""

_NUDGE = 0.35
"""The share of the old text's words below which a text reminds of it and does not repeat it."""

_NOVEL = 0.3
"""What each topic that the earlier text lacks takes from the strength: it says something new."""

_FOREIGN = 0.6
"""Cosine from which texts in two languages say the same, where they share a fact."""

_SOON = timedelta(days=10)
"""How soon a customer who does not say so writes again about the same matter."""

_AKIN, _AKIN_MEANING = 0.06, 0.35
"""Common words (Dice) and cosine from which two texts of one customer can be about one thing."""

_FEW = 60
"""Characters below which a text may be a mere addition."""


@dataclass(frozen=True, slots=True)
class Repetition:
    """How a message repeats an earlier one; `score` is the share of the words, 0..1."""

    old: Voice
    evidence: tuple[Evidence, ...]
    score: float


def repetition(new: Voice, earlier: Sequence[Voice]) -> Repetition | None:
    """The first of the customer's earlier messages that `new` says again; None where it says
    something new. Taking the same words goes before taking the same sense."""
    for old in earlier:
        if found := _same_words(new, old):
            return found
    for old in earlier:
        if found := _same_sense(new, old):
            return found
    return None


def _same_words(new: Voice, old: Voice) -> Repetition | None:
    both, of_new, of_old = common(new, old)
    sign, score = Sign.SAME_WORDS, both
    if min(_weight(new), _weight(old)) < 2 * FEWEST:
        if both < SAME:
            return None
    elif both < NEAR:
        comment = len(new.body) - len(old.body)
        if of_old >= HELD and comment <= max(_LINE, _COMMENT * len(old.body)):
            sign, score = Sign.REPEATS, of_old
        elif of_new >= HELD:
            score = of_new
        else:
            return None
    if told_apart(new, old) or apart(new.facts, old.facts):
        return None
    if of_old < WHOLE and new.facts.adds(old.facts):
        return None
    evidence = [Evidence(Sign.SAME_CUSTOMER), Evidence(sign, str(round(100 * score)))]
    if again := mark("again", new.plain):
        evidence.append(Evidence(Sign.SENT_AGAIN, again))
    return Repetition(old, tuple(evidence), round(score, 4))


def _weight(voice: Voice) -> int:
    return len(voice.body) * (2 if voice.japanese else 1)


def _same_sense(new: Voice, old: Voice) -> Repetition | None:
    if new.facts.contradict(old.facts) or other_things(new, old) or mark("other", new.plain):
        return None
    if min(_weight(new), _weight(old)) < 2 * FEWEST:
        return None
    if mark("answer", new.plain_body) or mark("corrects", new.plain_body):
        return None
    same = _foreign(new, old) if new.japanese != old.japanese else _reworded(new, old)
    if not same:
        return None
    share = overlap(new, old)
    evidence = (Evidence(Sign.SAME_CUSTOMER), Evidence(Sign.REWORDS, str(round(100 * share))))
    return Repetition(old, evidence, round(share, 4))


def _reworded(new: Voice, old: Voice) -> bool:
    if len(new.terms) < _NUDGE * len(old.terms) or alike_but_apart(new, old):
        return False
    short = min(len(new.body), len(old.body)) < SHORT
    least = _MOST_WORDS if short else _SOME_WORDS
    if shared_facts(new.facts, old.facts) >= _FACTS and not short:
        least = _FEW_WORDS
    return overlap(new, old) >= least and _strength(new, old) >= REWORDED


def _foreign(new: Voice, old: Voice) -> bool:
    near = (cosine(new, old) or 0.0) >= _FOREIGN
    return near and bool(shared_facts(new.facts, old.facts) and new.topics & old.topics)


def _strength(new: Voice, old: Voice) -> float:
    """How strongly two texts say the same: common words, meaning, topics, facts. Words count most,
    so that another embedding model changes little."""
    topics = len(new.topics & old.topics) / (len(new.topics | old.topics) or 1)
    meaning = cosine(new, old)
    return (
        1.2 * overlap(new, old)
        + 0.5 * (0.5 if meaning is None else max(0.0, meaning))
        + 0.3 * topics
        + 0.15 * bool(shared_facts(new.facts, old.facts))
        + 0.1 * bool(mark("again", new.plain))
        - _NOVEL * len(new.topics - old.topics - {"when", "where", "late"})
    )


def shared_facts(one: Facts, other: Facts) -> int:
    """How many kinds of facts (numbers, amounts, days) two texts have in common."""
    return (
        bool(one.numbers & other.numbers)
        + bool(one.amounts & other.amounts)
        + one.share_a_day(other)
    )


def refers_back(new: Voice) -> str:
    """The words with which a message points to an earlier one or answers us; empty without any."""
    return mark("back", new.plain) or mark("answer", new.plain) or mark("again", new.plain)


def same_matter(new: Voice, old: Voice) -> tuple[Evidence, ...]:
    """Why two messages of one customer are one matter although they say different things and
    quote nothing; empty where they are not. Who writes again within days mostly means the same."""
    if other_things(new, old) or alike_but_apart(new, old):
        return ()
    apart = abs(new.message.at - old.message.at)
    if subject := _answered_subject(new, old):
        return (Evidence(Sign.SAME_CUSTOMER), Evidence(Sign.REFERS_BACK, subject))
    back = refers_back(new)
    if back and (not (new.faults | new.public) - old.topics or _related(new, old)):
        return (Evidence(Sign.SAME_CUSTOMER), Evidence(Sign.REFERS_BACK, back))
    if apart <= _SOON and _related(new, old) and not new.facts.contradict(old.facts):
        hours = str(round(apart.total_seconds() / 3600))
        share = str(round(100 * overlap(new, old)))
        return (
            Evidence(Sign.SAME_CUSTOMER), Evidence(Sign.SAME_MATTER, share),
            Evidence(Sign.APART, hours),
        )  # fmt: skip
    return ()


def _answered_subject(new: Voice, old: Voice) -> str:
    """The subject of `new` where it answers the subject of `old`: mailers of some customers lose
    the thread and keep the `Re:`."""
    bare, count = _ANSWER.subn("", clean(new.message.subject), count=1)
    earlier = _ANSWER.sub("", clean(old.message.subject), count=1)
    return new.message.subject.strip() if count and bare and bare == earlier else ""


def _related(new: Voice, old: Voice) -> bool:
    """Whether two texts of one customer can be about one thing."""
    if new.things & old.things or shared_facts(new.facts, old.facts) or new.topics & old.topics:
        return True
    if overlap(new, old) >= _AKIN or (cosine(new, old) or 0.0) >= _AKIN_MEANING:
        return True
    # A few words without a matter of their own belong to what was said before.
    return len(new.body) < _FEW and not (new.faults | new.public or new.facts.numbers or new.things)
