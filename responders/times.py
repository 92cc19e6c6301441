"""The times that a text promises in its own words, and the latest moment that each allows.

Libraries read dates well enough to search by, not to hold anybody to: dateparser reads the year
2115 into 11月25日(水), and neither it nor parsedatetime knows 営業日 or "within 2 business days".
What a promise may say is a small language; `times_ja` and `times_en` write it down, with every
repetition bounded, so that no text can make them slow.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from types import ModuleType

from responders import times_en, times_ja
from responders.calendar import Calendar
from responders.times_moment import Clock

_AROUND = 300
"""Characters of a sentence that are looked at before and after a time."""

_MOST = 500
"""Times of a text that are looked at; no reply names more."""


@dataclass(frozen=True, slots=True)
class Told:
    """A time in a text: offsets in characters, and the latest moment (UTC) that it allows. `ours`:
    its sentence promises something of ours by then; `progress`: that is a report on how far the
    matter has come."""

    start: int
    end: int
    at: datetime
    ours: bool
    progress: bool


def times(text: str, now: datetime, calendar: Calendar, language: str) -> tuple[Told, ...]:
    """The times that `text` (in `language`, `en` or Japanese) names, as they are meant when it is
    said at `now` (aware), in order.

    A day alone lasts to its midnight, a business day to its closing time, a week to the midnight of
    its last open day. Of a day without a year the nearest one is meant; a time of day alone, and a
    weekday alone, are the next to come. A time that has passed is never `ours`, nor is one of a
    request or of the customer's story.
    """
    return tuple(_found(text, Clock(now, calendar), times_en if language == "en" else times_ja))


def promised(text: str, now: datetime, calendar: Calendar, language: str) -> tuple[Told, ...]:
    """Those of the `times` in which the text promises something of ours, each moment once."""
    found = {
        (told.at, told.progress): told for told in times(text, now, calendar, language) if told.ours
    }
    return tuple(sorted(found.values(), key=lambda told: told.start))


def _found(text: str, clock: Clock, grammar: ModuleType) -> Iterator[Told]:
    for sentence in _sentences(text, grammar):
        first = text[: sentence[0].start()][-_AROUND:]
        leads = grammar.LEADS or not grammar.PREDICATE.search(grammar.STOP.split(first)[-1])
        for place, match in enumerate(sentence):
            try:
                moment = grammar.moment(match, clock)
            except (ValueError, OverflowError):
                # No such day, such as 2月30日, or one beyond the calendar.
                continue
            if moment is None:
                continue
            before, after = _around(text, match, grammar.STOP)
            yield Told(
                match.start(), match.end(), moment,
                ours=moment > clock.now and grammar.ours(before, match[0], after),
                progress=bool(grammar.PROGRESS.search(_own(text, sentence, place, leads, grammar))),
            )  # fmt: skip


def _sentences(text: str, grammar: ModuleType) -> Iterator[list[re.Match[str]]]:
    """The times of a text, sentence by sentence."""
    sentence: list[re.Match[str]] = []
    for match in islice(grammar.TIME.finditer(text), _MOST):
        if sentence:
            between = text[sentence[-1].end() : match.start()]
            if len(between) > _AROUND or grammar.STOP.search(between):
                yield sentence
                sentence = []
        sentence.append(match)
    if sentence:
        yield sentence


def _own(
    text: str, sentence: list[re.Match[str]], place: int, leads: bool, grammar: ModuleType
) -> str:
    """The part of a sentence that is about one of its times: what follows it where times lead
    (「本日中に途中経過を、明日結果を」), what stands before it where they do not; with what is left
    over at the sentence's beginning or end."""
    before, after = _around(text, sentence[place], grammar.STOP)
    if place:
        before = text[sentence[place - 1].end() : sentence[place].start()]
    last = place + 1 == len(sentence)
    if not last:
        after = text[sentence[place].end() : sentence[place + 1].start()]
    if leads:
        return before * (not place) + after
    return before + after * last


def _around(text: str, match: re.Match[str], stop: re.Pattern[str]) -> tuple[str, str]:
    """What stands in the same sentence before and after a match."""
    before = text[max(0, match.start() - _AROUND) : match.start()]
    after = text[match.end() : match.end() + _AROUND]
    return stop.split(before)[-1], stop.split(after, maxsplit=1)[0]
