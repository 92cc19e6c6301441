"""What a message is to what is known: a duplicate, a follow-up, or new.

Evidence decides: a receipt number, a thread, then the same author's words. However near two texts
are, a differing order number, product number, date or amount tells them apart.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

from casebook.types import KnownMessage, Relation, RelationKind
from enrich.clean import clean

WINDOW = timedelta(days=14)
"""How far apart two messages of one author may be and still be one matter without a thread."""

_NEAR = 0.5
"""Jaccard similarity of character 5-grams from which two texts are the same words again."""

_IDENTIFIER = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{0,6}[-#]?\d[\dA-Za-z,./:-]{2,}(?<![,./:-])")
_ORDER = re.compile(r"(?<![A-Za-z0-9])(?=[A-Z0-9-]*\d{4})[A-Z]{0,6}-?\d[\dA-Z-]{4,}(?<!-)")


def relate(incoming: Sequence[KnownMessage], known: Iterable[KnownMessage]) -> list[Relation]:
    """The relation of each incoming message to `known` and to those before it.

    `incoming` is in the order of arrival. Duplicates and follow-ups name the message (`of_message`)
    or the case (`of_case`) that they belong to; the score of a duplicate is its Jaccard similarity.
    """
    memory = _Memory()
    for message in known:
        memory.add(message)
    relations = []
    for message in incoming:
        relations.append(memory.judge(message))
        memory.add(message)
    return relations


class _Memory:
    def __init__(self) -> None:
        self._by_id: dict[str, KnownMessage] = {}
        self._by_author: dict[str, list[KnownMessage]] = defaultdict(list)
        self._shingles: dict[int, frozenset[str]] = {}

    def add(self, message: KnownMessage) -> None:
        if message.message_id:
            self._by_id.setdefault(message.message_id, message)
        if message.author:
            self._by_author[message.author].append(message)

    def judge(self, message: KnownMessage) -> Relation:
        near = self._same_words(message)
        if near:
            return near
        for receipt, case in message.receipts.items():
            return Relation(RelationKind.FOLLOW_UP, of_case=case, evidence=(f"quotes {receipt}",))
        for name in reversed(message.thread):
            if earlier := self._by_id.get(name):
                evidence = (f"answers the message <{name}>",)
                return Relation(RelationKind.FOLLOW_UP, earlier.key, evidence=evidence)
        return self._same_order(message) or Relation(RelationKind.NEW)

    def _earlier(self, message: KnownMessage) -> Iterator[KnownMessage]:
        for earlier in reversed(self._by_author.get(message.author, ())):
            if abs(message.at - earlier.at) <= WINDOW:
                yield earlier

    def _same_words(self, message: KnownMessage) -> Relation | None:
        for earlier in self._earlier(message):
            score = self._likeness(message, earlier)
            if score >= _NEAR and not differ(message.text, earlier.text):
                evidence = ("same author", f"same words (likeness {score:.2f})")
                return Relation(
                    RelationKind.DUPLICATE, earlier.key, evidence=evidence, score=round(score, 4)
                )
        return None

    def _same_order(self, message: KnownMessage) -> Relation | None:
        orders = order_numbers(message.text)
        for earlier in self._earlier(message):
            if common := orders & order_numbers(earlier.text):
                evidence = ("same author", f"same number {min(common)}")
                return Relation(RelationKind.FOLLOW_UP, earlier.key, evidence=evidence)
        return None

    def _likeness(self, one: KnownMessage, other: KnownMessage) -> float:
        a, b = self._shingled(one), self._shingled(other)
        return len(a & b) / len(a | b) if a and b else 0.0

    def _shingled(self, message: KnownMessage) -> frozenset[str]:
        if message.key not in self._shingles:
            text = clean(message.text).casefold().replace(" ", "")
            self._shingles[message.key] = frozenset(
                text[place : place + 5] for place in range(max(1, len(text) - 4)) if text
            )
        return self._shingles[message.key]


def differ(one: str, other: str) -> bool:
    """True when each text has a number (order, product, date, amount) that the other lacks."""
    a, b = _identifiers(one), _identifiers(other)
    return bool(a - b and b - a)


def order_numbers(text: str) -> frozenset[str]:
    """What looks like an order, contract or product number: at least five characters, among them
    four digits in a row."""
    return frozenset(_ORDER.findall(clean(text).upper()))


def _identifiers(text: str) -> frozenset[str]:
    return frozenset(match.upper() for match in _IDENTIFIER.findall(clean(text)))
