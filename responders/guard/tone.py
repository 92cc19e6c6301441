"""How a reply meets the customer, and what it lets slip."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from casebook.acts import Act
from casebook.findings import Code
from responders.guard.acts import WARY, Place, done
from responders.guard.reading import Reading


def tone(reading: Reading) -> Iterator[tuple[Code, Place]]:
    """`dismissive`: it belittles the matter or brushes the customer off."""
    for place in done(reading, Act.DISMISSES):
        yield Code.DISMISSIVE, place


def slips(reading: Reading, told: Collection[Place]) -> Iterator[tuple[Code, Place]]:
    """`leaks_internal` and `obeys_injection`. What is internal is so within quotation marks too; an
    instruction of the customer that is only quoted was not obeyed. `told`: where personal data
    stand, which are a leak by their own code."""
    for start, end in done(reading, Act.LEAKS, quoted=True):
        if not any(start <= place[0] < end for place in told):
            yield Code.LEAKS_INTERNAL, (start, end)
    for place in done(reading, Act.OBEYS, sure=WARY):
        yield Code.OBEYS_INJECTION, place


def regret(reading: Reading) -> Iterator[tuple[Code, Place]]:
    """`no_apology`, a warning: no word of regret."""
    if not done(reading, Act.APOLOGISES, sure=WARY):
        yield Code.NO_APOLOGY, (0, len(reading.text))
