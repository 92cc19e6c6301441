"""What the words of a message say: each pattern of the policy that was seen, and how it is meant.

Rules are for what must never be missed and for what a person can point at; they and the heads are
joined elsewhere. A pattern matches on a copy of the text in NFKC and lower case
(`enrich.triage.context.read`); spans count in the message as it was written.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from itertools import islice

from casebook.literals import literals
from casebook.types import HarassmentType, Span
from casebook.words import Words, compiled
from enrich.clean import MAX_CHARACTERS
from enrich.triage.context import Holds, holds, read
from enrich.triage.spotting import Spotter

_MOST = 20
"""Matches of one label that are kept: repeating a word proves no more."""
_IDIOM = "idiom"
"""What figures of speech are filed under among the labels."""

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


class Rules:
    """The patterns of a policy's words, of which only those are tried on a text that can match."""

    def __init__(self, words: Words) -> None:
        patterns = [(label, text) for label, texts in words.labelled() for text in texts]
        patterns += [(_IDIOM, text) for text in words.idioms]
        self._patterns = tuple(patterns)
        self._order = {label: place for place, (label, _) in reversed([*enumerate(patterns)])}
        owners: dict[str, list[int]] = {}
        always: list[int] = []
        for place, (_, text) in enumerate(patterns):
            strings = literals(text)
            always += [] if strings else [place]
            for string in strings:
                owners.setdefault(string, []).append(place)
        self._always = frozenset(always)
        self._owners = tuple(owners.values())
        self._spotted = Spotter(owners)

    def __call__(self, subject: str, text: str) -> tuple[Signal, ...]:
        """The signals of one message, in the order of the policy's labels and of the text.

        Reads `subject`, a line break and `text`, of which the first MAX_CHARACTERS; spans count in
        them.
        """
        whole = f"{subject}\n{text}"[:MAX_CHARACTERS]
        # The subject ends like a sentence, so that nothing reaches from it into the text.
        reading = read(f"{subject}。{text}"[:MAX_CHARACTERS])
        matches = self._matches(reading.text)
        figures = tuple(match.span() for match in matches.pop(_IDIOM, ()))
        reading = replace(reading, idioms=figures)
        return tuple(
            Signal(label, Span(label, left, right, whole[left:right]), meant)
            for label in sorted(matches, key=self._order.__getitem__)
            for match in matches[label]
            for left, right in [reading.folded.original(*match.span())]
            for meant in [holds(reading, label, *match.span())]
        )

    def _matches(self, text: str) -> dict[str, list[re.Match[str]]]:
        """What matches by label, in the order of the text; of what overlaps the first."""
        tried = self._always.union(*(self._owners[place] for place in set(self._spotted(text))))
        found: defaultdict[str, list[re.Match[str]]] = defaultdict(list)
        for place in sorted(tried):
            label, pattern = self._patterns[place]
            matches = (match for match in compiled(pattern).finditer(text) if match[0])
            found[label] += islice(matches, _MOST)
        return {label: _apart(matches) for label, matches in found.items()}


def harassment_type(label: str) -> HarassmentType | None:
    """The ministry's type of customer harassment that a signal's label is; None for none."""
    name = label.partition(":")[2]
    if label.startswith("harassment:") and name in set(HarassmentType):
        return HarassmentType(name)
    return TYPES.get(label)


def _apart(matches: list[re.Match[str]]) -> list[re.Match[str]]:
    """The first _MOST of them that overlap no earlier one, in the order of the text."""
    found: list[re.Match[str]] = []
    for match in sorted(matches, key=re.Match.start):
        if not found or match.start() >= found[-1].end():
            found.append(match)
    return found[:_MOST]
