"""Incidents: several customers who tell of one event.

An event is public: it has a place, a time, a name, and happens to many. What is each customer's own
(a parcel, a bill, a broken cup) is no incident, however alike the texts are.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from datetime import timedelta
from functools import cached_property
from itertools import islice, takewhile
from typing import TYPE_CHECKING, Any, NamedTuple

from casebook.types import Evidence, Sign
from enrich.numbers import bare
from enrich.relate.dates import near
from enrich.relate.read import NEAR, Read, alike_but_apart, common, cosine, other_things, overlap
from enrich.relate.topics import mark

if TYPE_CHECKING:
    import numpy as np

WINDOW = timedelta(days=7)
"""How far apart two voices of one event may be."""

ENOUGH = 4
"""Points from which two texts tell of one event; the points stand in `shared_event`."""

_WORDS, _MEANING = (0.06, 0.15), (0.35, 0.5)
"""Common words (Dice) and cosine of the meaning: each step that two texts reach is a point."""

_CLOCK_MINUTES = 40
_SAME_DAY, _SAME_DAYS = timedelta(hours=24), timedelta(hours=72)
_COMPARED, _LEAST = 8, 0.2
"""Voices that a message is compared with in full: the nearest in meaning, down to this cosine."""

_PLACE = re.compile(
    r"(?P<base>[一-龥々ヶァ-ヴー]{1,8}?)"
    r"(?:都|道|府|県|市|区|町|村|駅|空港|港|支店|店|営業所|地区|団地|ホール|ドーム|アリーナ|スタジアム|会館|公園|ホテル|センター|モール)"
    r"(?![一-龥])"
)
_PLACE_EN = re.compile(
    r"\b(?:in|at|near|around|from|of)\s(?:the\s)?((?:[A-Z][a-z]{2,15}(?:-[a-z]{2,8})?(?:\s(?=[A-Z])|)){1,3})"
)
_NO_PLACE = re.compile(
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)day|january|february|march|april|may|june|july|august"
    r"|september|october|november|december|your|my"
)
_LINE = re.compile(
    r"[一-龥々ァ-ヶー]{1,8}(?:線|航路|発|行き)|(?:[ぁ-ん]{2,8}|[ァ-ヶー]{2,8}|[一-龥]{1,6})\d{1,4}[号便]"
    r"|\b[A-Z]{2}-?\d{2,4}\b|\b[A-Z][A-Z'-]{2,14} (?:LINE|EXPRESS)\b|\bFLIGHT [A-Z0-9]{3,7}\b"
)
_LOT = re.compile(
    r"(?:ロット|LOT|BATCH|製造番号|製造記号|賞味期限|消費期限)[^A-Z0-9]{0,8}([A-Z0-9][A-Z0-9./-]{2,15})"
)


class Voice(Read):
    """A message as one of an event's voices."""

    @cached_property
    def places(self) -> frozenset[str]:
        """Places, in lower case, without 市 or 駅."""
        found = {match["base"] for match in _PLACE.finditer(self.text) if len(match["base"]) > 1}
        for match in _PLACE_EN.finditer(self.text):
            if not _NO_PLACE.fullmatch(name := match[1].strip().lower()):
                found.add(name)
        return frozenset(found)

    @cached_property
    def lines(self) -> frozenset[str]:
        """Train lines, trains and flights."""
        return frozenset(bare(match[0]) for match in _LINE.finditer(self.plain))

    @cached_property
    def lots(self) -> frozenset[str]:
        """Batches of a product."""
        return frozenset(bare(match[1]) for match in _LOT.finditer(self.plain))

    @cached_property
    def alone(self) -> bool:
        """Whether its words say that the trouble is its author's own."""
        return bool(mark("private", self.plain))

    @cached_property
    def one_of_many(self) -> str:
        """The words that say that its author is not the only one."""
        return mark("collective", self.plain)


class Sharing(NamedTuple):
    """How far two texts tell of one event: points, and what they share."""

    points: int
    evidence: tuple[Evidence, ...]


def shared_event(new: Voice, old: Voice) -> Sharing:
    """Points for what two texts share of one event; below ENOUGH they tell of two things."""
    apart = abs(new.message.at - old.message.at)
    points = _alike(new, old)
    if apart > WINDOW or not points:
        return Sharing(0, ())
    both = new.public & old.public
    evidence = [Evidence(Sign.SAME_EVENT, min(both))] if both else []
    points += 2 * bool(both) + bool(new.one_of_many or old.one_of_many)
    points += 2 if apart <= _SAME_DAY else apart <= _SAME_DAYS
    for worth, against, name in _named(new, old):
        points += worth if name else -against
        evidence += [Evidence(Sign.SHARED, name)] if name else []
    points += _in_time(new, old) - _own(new, old)
    evidence.append(Evidence(Sign.SAME_WORDS, str(round(100 * overlap(new, old)))))
    evidence.append(Evidence(Sign.APART, str(round(apart.total_seconds() / 3600))))
    return Sharing(points, tuple(evidence))


def _alike(new: Voice, old: Voice) -> int:
    """0 where two texts have nothing in common, up to 4 for common words and meaning."""
    words, meaning = overlap(new, old), cosine(new, old) or 0.0
    points = sum(words >= least for least in _WORDS) + sum(meaning >= least for least in _MEANING)
    return points or bool(new.public & old.public)


def _own(new: Voice, old: Voice) -> int:
    """Points against an event: what shows that each tells of a thing of his own."""
    against = 0
    if not new.public & old.public:
        # The same words from two accounts are a form letter or one person twice.
        against += 4 * (common(new, old)[0] >= NEAR) + (not new.public and not old.public)
        against += 4 * bool(new.faults & old.faults) + 2 * bool(
            new.facts.orders or old.facts.orders
        )
        against += bool(new.facts.numbers and old.facts.numbers)
    against += 3 * bool(new.topics and old.topics and not new.topics & old.topics)
    against += 2 * (new.alone or old.alone) + 2 * other_things(new, old)
    amounts = new.facts.amounts, old.facts.amounts
    against += bool(all(amounts) and not amounts[0] & amounts[1])
    return against + 3 * alike_but_apart(new, old)


def _named(new: Voice, old: Voice) -> Iterator[tuple[int, int, str]]:
    """What both name: (points where they do, points against where both name and differ, name)."""
    place = next((name for name in sorted(new.places) if name in old.text.lower()), "") or next(
        (name for name in sorted(old.places) if name in new.text.lower()), ""
    )
    if place or (new.places and old.places and new.japanese == old.japanese):
        yield 2, 3, place
    if new.lines and old.lines:
        yield 2, 3, _same_line(new.lines, old.lines)
    if both := new.facts.names & old.facts.names:
        yield 2, 0, min(both)
    if new.lots and old.lots:
        yield 3, 3, min(new.lots & old.lots, default="")


def _same_line(mine: frozenset[str], theirs: frozenset[str]) -> str:
    """A line that both name: the particle before a name in kana is taken for a part of it."""
    return next(
        (
            one
            for one in sorted(mine)
            for other in theirs
            if one.endswith(other) or other.endswith(one)
        ),
        "",
    )


def _in_time(new: Voice, old: Voice) -> int:
    points = 0
    if new.facts.days and old.facts.days:
        points += 1 if new.facts.share_a_day(old.facts) else -3
    if near(new.facts.times, old.facts.times, _CLOCK_MINUTES):
        points += 1
    return points


class Events:
    """The voices of the last days, and the event that each tells of."""

    def __init__(self) -> None:
        self._voices: list[Voice] = []
        self._first: dict[int, int] = {}
        self._meanings: np.ndarray[Any, np.dtype[np.float32]] | None = None

    def add(self, voice: Voice, first: int | None) -> None:
        """Take a voice in: of the event with this first voice, or alone until another joins it."""
        self._first[voice.message.key] = (
            voice.message.key if first is None else self.first_of(first)
        )
        if voice.meaning is not None:
            self._keep(voice.meaning)
        self._voices.append(voice)

    def first_of(self, key: int) -> int:
        """The first voice of the event that a message tells of."""
        return self._first.get(key, key)

    def find(self, new: Voice, own: Collection[str]) -> tuple[int, Sharing] | None:
        """The event that `new` tells of: its first voice and what they share; None where it tells
        of none. `own` are the accounts of its author, whose voices do not count."""
        best: tuple[int, Sharing] | None = None
        for old in self._nearest(new, own):
            found = shared_event(new, old)
            if found.points >= ENOUGH and (best is None or found.points > best[1].points):
                best = self.first_of(old.message.key), found
        return best

    def _nearest(self, new: Voice, own: Collection[str]) -> Iterator[Voice]:
        """The voices of others, nearest in meaning first; the latest where that is unknown."""
        order: Iterable[int] = range(len(self._voices) - 1, -1, -1)
        if new.meaning is not None and self._meanings is not None:
            scores = self._meanings[: len(self._voices)] @ new.meaning
            nearest = (-scores).argsort(kind="stable").tolist()
            order = takewhile(lambda place: scores[place] >= _LEAST, nearest)
        others = (
            voice
            for voice in map(self._voices.__getitem__, order)
            if voice.message.author not in own
            and voice.message.key != new.message.key
            and abs(new.message.at - voice.message.at) <= WINDOW
        )
        return islice(others, _COMPARED)

    def _keep(self, meaning: Any) -> None:
        """Put a vector into the row of the voice that is added next; the others' rows are zero."""
        import numpy as np

        if self._meanings is None or len(self._meanings) <= len(self._voices):
            size = max(64, 2 * len(self._voices))
            wider = np.zeros((size, len(meaning)), np.float32)
            if self._meanings is not None:
                wider[: len(self._meanings)] = self._meanings
            self._meanings = wider
        if self._meanings.shape[1] == len(meaning):
            self._meanings[len(self._voices)] = meaning
