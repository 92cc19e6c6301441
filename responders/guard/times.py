"""The times that a reply names: whether there is one, and whether it can be kept."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from responders.calendar import Calendar
from responders.guard.acts import Place
from responders.guard.reading import Reading, languages
from responders.times import Told, times

_MINUTE = timedelta(minutes=1)


def named(reading: Reading, hours: Calendar, now: datetime) -> tuple[Told, ...]:
    """The times of a reply that is sent at `now` which could be that of the next contact
    (`responders.times`), sentence by sentence; their offsets are in the folded text."""
    return tuple(told for told in _told(reading, hours, now) if told.ours or told.work or told.open)


def _told(reading: Reading, hours: Calendar, now: datetime) -> Iterator[Told]:
    offset = 0
    for sentence in reading.text.split("\n"):
        for language in languages(sentence):
            for told in times(sentence, now, hours, language):
                yield replace(told, start=offset + told.start, end=offset + told.end)
        offset += len(sentence) + 1


def differs(reading: Reading, due_said: tuple[str, ...]) -> bool:
    """`due_differs`: it words the time that is watched in none of the ways `due_said`."""
    text = _plain(reading.raw)
    return not any(_plain(said) in text for said in due_said)


def too_early(
    reading: Reading, found: tuple[Told, ...], due: datetime, watched: bool
) -> Iterator[Place]:
    """`promise_before_due`: promises of the next contact, or of a solution, that end before `due`.
    Where promises are `watched`, an earlier report on progress is one that the approver confirms,
    and not stopped."""
    for told in found:
        early = told.ours and told.at < due - _MINUTE and not (watched and told.progress)
        if early and not reading.quoted(told.start, told.end):
            yield told.start, told.end


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())
