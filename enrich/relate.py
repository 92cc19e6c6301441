"""What a message is to what is known: a duplicate, a follow-up, or new.

Evidence decides: a receipt number, a thread, then the same author's words. However near two texts
are, a differing order number, product number, date or amount tells them apart.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice

from casebook.types import KnownMessage, Relation, RelationKind
from enrich.clean import clean
from enrich.numbers import identifiers, matter_numbers, order_numbers

WINDOW = timedelta(days=14)
"""How far apart two messages of one author may be and still be one matter without a thread."""

_NEAR = 0.5
"""Jaccard similarity of character 5-grams from which two texts are the same words again."""

_SHORT = 40
"""Characters below which a text says too little to be reworded: 「写真を送ります」 answers, it does
not repeat."""

_SAME = 0.9
"""The similarity from which two short texts are the same words."""

_NEWEST = 200
"""Messages of one author that are compared; more come from a machine."""


def relate(incoming: Sequence[KnownMessage], known: Iterable[KnownMessage]) -> list[Relation]:
    """The relation of each incoming message to `known` and to those before it.

    `incoming` is in the order of arrival. Duplicates and follow-ups name the message (`of_message`)
    or the case (`of_case`) that they belong to; the score of a duplicate is its Jaccard similarity.
    """
    memory = _Memory()
    for message in known:
        memory.add(_Read.of(message))
    relations = []
    for message in incoming:
        read = _Read.of(message)
        relations.append(memory.judge(read))
        memory.add(read)
    return relations


@dataclass(frozen=True, slots=True)
class _Read:
    """A message and what is compared of it."""

    message: KnownMessage
    length: int
    shingles: frozenset[str]
    identifiers: frozenset[str]
    orders: frozenset[str]
    numbers: frozenset[str]

    @classmethod
    def of(cls, message: KnownMessage) -> _Read:
        text = clean(f"{message.subject}\n{message.body}")
        # Every answer in a thread has the subject of the first mail, so the words are the body's.
        body = clean(message.body or message.subject)
        return cls(
            message,
            len(body),
            _shingles(body),
            identifiers(text),
            order_numbers(text),
            matter_numbers(text),
        )


class _Memory:
    def __init__(self) -> None:
        self._by_id: dict[str, KnownMessage] = {}
        self._by_author: dict[str, list[_Read]] = defaultdict(list)

    def add(self, read: _Read) -> None:
        if read.message.message_id:
            self._by_id.setdefault(read.message.message_id, read.message)
        if read.message.author:
            self._by_author[read.message.author].append(read)

    def judge(self, read: _Read) -> Relation:
        message = read.message
        near = self._same_words(read)
        if near:
            return near
        for receipt, case in message.receipts.items():
            return Relation(RelationKind.FOLLOW_UP, of_case=case, evidence=(f"quotes {receipt}",))
        for name in reversed(message.thread):
            earlier = self._by_id.get(name)
            if earlier and earlier.key != message.key:
                evidence = (f"answers the message <{name}>",)
                return Relation(RelationKind.FOLLOW_UP, earlier.key, evidence=evidence)
        return self._same_number(read) or Relation(RelationKind.NEW)

    def _earlier(self, message: KnownMessage) -> Iterator[_Read]:
        for earlier in islice(reversed(self._by_author.get(message.author, ())), _NEWEST):
            near = abs(message.at - earlier.message.at) <= WINDOW
            if near and earlier.message.key != message.key:
                yield earlier

    def _same_words(self, read: _Read) -> Relation | None:
        for earlier in self._earlier(read.message):
            score = _likeness(read.shingles, earlier.shingles)
            enough = _SAME if min(read.length, earlier.length) < _SHORT else _NEAR
            if score >= enough and not _told_apart(read, earlier):
                evidence = ("same author", f"same words (likeness {score:.2f})")
                return Relation(
                    RelationKind.DUPLICATE,
                    earlier.message.key,
                    evidence=evidence,
                    score=round(score, 4),
                )
        return None

    def _same_number(self, read: _Read) -> Relation | None:
        for earlier in self._earlier(read.message):
            common = read.numbers & earlier.numbers
            # One product number in two orders is two matters.
            if common and not _apart(read.orders, earlier.orders):
                evidence = ("same author", f"same number {min(common)}")
                return Relation(RelationKind.FOLLOW_UP, earlier.message.key, evidence=evidence)
        return None


def _shingles(text: str) -> frozenset[str]:
    plain = text.casefold().replace(" ", "")
    return frozenset(plain[place : place + 5] for place in range(max(1, len(plain) - 4)) if plain)


def _likeness(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other) if one and other else 0.0


def _differ(one: frozenset[str], other: frozenset[str]) -> bool:
    """True when each has what the other lacks."""
    return bool(one - other and other - one)


def _told_apart(one: _Read, other: _Read) -> bool:
    """True when the numbers or the receipts that the two quote say that they are two matters."""
    mine, theirs = set(one.message.receipts.values()), set(other.message.receipts.values())
    if other.message.case is not None:
        theirs.add(other.message.case)
    return _differ(one.identifiers, other.identifiers) or bool(
        mine and theirs and not mine & theirs
    )


def _apart(one: frozenset[str], other: frozenset[str]) -> bool:
    """True when both name something, and nothing in common."""
    return bool(one and other and not one & other)
