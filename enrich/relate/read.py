"""A message as relations read it: each view of its text is made when it is first asked for."""

from __future__ import annotations

import re
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from casebook.types import KnownMessage
from enrich.clean import clean
from enrich.numbers import transactions, upper
from enrich.relate.facts import Facts
from enrich.relate.things import different_things, replaced, things
from enrich.relate.topics import topics

if TYPE_CHECKING:
    import numpy as np

    Hashes = np.ndarray[Any, np.dtype[np.uint64]]

_SHINGLE = 5
"""Characters of a shingle."""

NEAR = 0.5
"""Jaccard similarity of shingles from which two texts are the same words again."""

HELD = 0.75
"""The share of a text's shingles in another from which the other repeats it: a forward, a nudge."""

_SKETCH = 12
"""Smallest hashes that stand for a text: two that share half of their shingles share two of these
in all but 1 of 300 cases (bottom-k sketch, Broder 1997)."""

_REMEMBERED = 4096
"""Texts of which what was read is remembered: each batch is compared with all before it."""

_PAIRS = 64
"""Pairs of texts whose common shingles are remembered: several rules ask for those of one pair."""

_KANA = re.compile(r"[\u3041-\u30ff]")
_FACTOR, _MIX = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9
"""Odd multipliers of SplitMix64 (Steele, Lea and Flood 2014): they spread neighbouring numbers."""


class Read:
    """A message and what is compared of it."""

    def __init__(self, message: KnownMessage) -> None:
        self.message = message
        # Every answer in a thread has the subject of the first mail, so the words are the body's.
        self.body = clean(message.body or message.subject)

    @cached_property
    def text(self) -> str:
        """Subject and body."""
        return clean(f"{self.message.subject}\n{self.message.body}")

    @cached_property
    def plain(self) -> str:
        """Subject and body as patterns read them."""
        return upper(self.text)

    @cached_property
    def plain_body(self) -> str:
        """The body as patterns read it."""
        return upper(self.body)

    @cached_property
    def facts(self) -> Facts:
        """Numbers, days, times, amounts and counts."""
        return _facts(self._matter, self.message.at)

    @cached_property
    def orders(self) -> frozenset[str]:
        """The numbers of orders alone: they are needed of all, the other facts of few."""
        return _orders(self._matter)

    @cached_property
    def _matter(self) -> str:
        """The text without receipt numbers, which are ours and not the matter's."""
        text = self.plain
        for receipt in self.message.receipts:
            text = text.replace(upper(receipt), " ")
        return text

    @cached_property
    def japanese(self) -> bool:
        """Whether it is written in Japanese."""
        return bool(_KANA.search(self.text))

    @cached_property
    def things(self) -> frozenset[str]:
        """What it is about."""
        return things(self.plain)

    @cached_property
    def faults(self) -> frozenset[str]:
        """What went wrong."""
        return _topics("faults", self.plain)

    @cached_property
    def public(self) -> frozenset[str]:
        """What went wrong for many."""
        return _topics("public", self.plain)

    @cached_property
    def wishes(self) -> frozenset[str]:
        """What is asked for."""
        return _topics("wishes", self.plain)

    @cached_property
    def topics(self) -> frozenset[str]:
        """Faults, public faults and wishes."""
        return self.faults | self.public | self.wishes

    @cached_property
    def terms(self) -> frozenset[str]:
        """The words that say what it is about, in their normal forms, without numbers."""
        return _terms(self.body)

    @cached_property
    def shingles(self) -> Hashes:
        """Hashes of all runs of 5 characters without spaces, rising, each once."""
        return _shingles(self.body)

    @property
    def sketch(self) -> list[int]:
        """A few hashes by which texts of nearly the same words find each other."""
        found: list[int] = self.shingles[:_SKETCH].tolist()
        return found

    @cached_property
    def meaning(self) -> Any:
        """The vector of its meaning; None where it has none."""
        if not self.message.vector:
            return None
        import numpy as np

        return np.frombuffer(self.message.vector, "<f2").astype(np.float32)


_facts = lru_cache(_REMEMBERED)(Facts.read)
_orders = lru_cache(_REMEMBERED)(transactions)
_topics = lru_cache(3 * _REMEMBERED)(topics)


@lru_cache(_REMEMBERED)
def _terms(text: str) -> frozenset[str]:
    from enrich.words import terms

    return frozenset(term for term in terms(text) if not any(map(str.isdigit, term)))


@lru_cache(_REMEMBERED)
def _shingles(text: str) -> Hashes:
    import numpy as np

    text = text.casefold().replace(" ", "")
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4").astype(np.uint64)
    if 0 < len(codes) < _SHINGLE:
        codes = np.pad(codes, (0, _SHINGLE - len(codes)))
    count = max(0, len(codes) - _SHINGLE + 1)
    hashes = np.zeros(count, np.uint64)
    for place in range(_SHINGLE):
        hashes = hashes * np.uint64(_FACTOR) + codes[place : place + count]
    hashes = (hashes ^ (hashes >> np.uint64(29))) * np.uint64(_MIX)
    return np.unique(hashes)


@lru_cache(_PAIRS)
def common(one: Read, other: Read) -> tuple[float, float, float]:
    """How far two texts share their shingles: of both (Jaccard), of the first, of the second."""
    import numpy as np

    mine, theirs = one.shingles, other.shingles
    if not len(mine) or not len(theirs):
        return 0.0, 0.0, 0.0
    both = len(np.intersect1d(mine, theirs, assume_unique=True))
    return both / (len(mine) + len(theirs) - both), both / len(mine), both / len(theirs)


def overlap(one: Read, other: Read) -> float:
    """The share of the words that both have (Dice)."""
    total = len(one.terms) + len(other.terms)
    return 2 * len(one.terms & other.terms) / total if total else 0.0


def cosine(one: Read, other: Read) -> float | None:
    """How near two texts are in meaning; None where a vector is missing."""
    mine, theirs = one.meaning, other.meaning
    if mine is None or theirs is None or len(mine) != len(theirs):
        return None
    return float(mine @ theirs)


def other_things(one: Read, other: Read) -> bool:
    """True when two texts of one language are about different things."""
    return one.japanese == other.japanese and different_things(
        one.things, one.plain, other.things, other.plain
    )


def told_apart(one: Read, other: Read) -> bool:
    """True when two texts of nearly the same words are about two things: a number, a day, an amount
    or a name differs in the same place."""
    return one.facts.differ(other.facts) or replaced(one.plain_body, other.plain_body)


def alike_but_apart(new: Read, old: Read) -> bool:
    """True when two texts have nearly the same words and a fact tells them apart."""
    both, mine, theirs = common(new, old)
    return (both >= NEAR or min(mine, theirs) >= HELD) and told_apart(new, old)
