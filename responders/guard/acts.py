"""Where a reply does what.

A model reads each sentence (`casebook.acts.Reader`); here stands from when on it is believed.
"""

from __future__ import annotations

from math import prod
from typing import TypeAlias

from casebook.acts import Act
from responders.guard.reading import Reading

Place: TypeAlias = tuple[int, int]
"""Start and end in the folded text."""

SURE, WARY = 0.5, 0.35
"""The probability from which a sentence does something, and where to miss it would cost most."""

_RIVALS = {
    Act.ADMITS: (Act.BLAMES,),
    Act.BLAMES: (Act.ADMITS,),
    Act.OBEYS: (Act.AGREES, Act.LEAKS),
    Act.LEAKS: (Act.OBEYS,),
}
"""Acts that are said in nearly the same words: of them the likeliest is meant."""


def done(reading: Reading, *acts: Act, sure: float = SURE, quoted: bool = False) -> list[Place]:
    """The sentences of a reply that do one of `acts` with at least the probability `sure`, in
    order; with `quoted` also those that stand in quotation marks."""
    return [
        place
        for place, does in reading.doing
        if 1 - prod(1 - does[act] for act in acts) >= sure
        and all(does[act] >= does[rival] for act in acts for rival in _RIVALS.get(act, ()))
        and (quoted or not reading.quoted(*place))
    ]
