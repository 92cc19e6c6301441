"""What the words of a message say: each pattern of the policy that was seen, and how it is meant.

Rules are for what must never be missed and for what a person can point at; they and the heads are
joined elsewhere. A pattern matches on a copy of the text in NFKC and lower case
(`enrich.triage.context.read`); spans count in the message as it was written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice

from casebook.types import HarassmentType, Span
from casebook.words import Patterns, Words
from enrich.clean import MAX_CHARACTERS
from enrich.triage.context import Holds, Reading, holds, read

_MOST = 20
"""Matches of one label that are kept: repeating a word proves no more."""
_JAPANESE = re.compile("[\u3040-\u30ff\u3400-\u9fff]")
_ENGLISH = re.compile(r"\b[A-Za-z']{2,20}[ ,]{1,3}[A-Za-z']{2,20}\b")

TYPES = {
    "threat:life": HarassmentType.PHYSICAL_ATTACK,
    "threat:property": HarassmentType.MENTAL_ATTACK,
    "threat:extortion": HarassmentType.MENTAL_ATTACK,
    "unreasonable:dogeza": HarassmentType.DOGEZA,
    "unreasonable:dismissal": HarassmentType.EXCESSIVE_DEMAND,
    "unreasonable:money": HarassmentType.EXCESSIVE_DEMAND,
    "unreasonable:special_treatment": HarassmentType.EXCESSIVE_DEMAND,
}
"""The ministry's type of a rule's label; the kinds of `harassment` bear the types' own names."""


@dataclass(frozen=True, slots=True)
class Signal:
    """Words that were seen. `label` is the policy's table and the kind in it (`crisis:injury`,
    `threat:life`, `demand:refund`, `kind:spam`); `span` bears the same label; only what `holds` as
    asserted decides, the rest is evidence that was looked at."""

    label: str
    span: Span
    holds: Holds


def seen(words: Words, subject: str, text: str, language: str) -> tuple[Signal, ...]:
    """The signals of one message, in the order of the policy's labels and of the text.

    Reads `subject`, a line break and `text`, of which the first MAX_CHARACTERS; spans count in
    them. `language` is the message's; patterns in English are tried on a Japanese message only
    where it has English phrases.
    """
    whole = f"{subject}\n{text}"[:MAX_CHARACTERS]
    japanese = bool(_JAPANESE.search(whole))
    english = language != "ja" or bool(_ENGLISH.search(whole))
    # The subject ends like a sentence, so that nothing reaches from it into the text.
    reading = read(f"{subject}。{text}"[:MAX_CHARACTERS], _idioms(words.idioms))
    found: list[Signal] = []
    for label, patterns in words.labelled():
        if japanese and (pattern := _joined(patterns, True)):
            found += _signals(reading, whole, label, pattern)
        if english and (pattern := _joined(patterns, False)):
            found += _signals(reading, whole, label, pattern)
    return tuple(found)


def harassment_type(label: str) -> HarassmentType | None:
    """The ministry's type of customer harassment that a signal's label is; None for none."""
    name = label.partition(":")[2]
    if label.startswith("harassment:") and name in set(HarassmentType):
        return HarassmentType(name)
    return TYPES.get(label)


def _signals(
    reading: Reading, whole: str, label: str, pattern: re.Pattern[str]
) -> Iterator[Signal]:
    for match in islice(pattern.finditer(reading.text), _MOST):
        start, end = match.span()
        if start < end:
            left, right = reading.folded.original(start, end)
            span = Span(label, left, right, whole[left:right])
            yield Signal(label, span, holds(reading, label, start, end))


@cache
def _joined(patterns: Patterns, japanese: bool) -> re.Pattern[str] | None:
    """The patterns of one script as one, which is tried once. A dot takes line breaks too, for
    mailers break lines anywhere."""
    chosen = [text for text in patterns if bool(_JAPANESE.search(text)) == japanese]
    return re.compile("|".join(chosen), re.DOTALL) if chosen else None


@cache
def _idioms(patterns: Patterns) -> re.Pattern[str] | None:
    return re.compile("|".join(patterns), re.DOTALL) if patterns else None
