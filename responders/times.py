"""The times that a text promises in its own words, and the latest moment that each allows.

Libraries read dates well enough to search by, not to hold anybody to: dateparser reads the year
2115 into 11月25日(水), and neither it nor parsedatetime knows 営業日 or "within 2 business days".
What a promise may say is a small language; `times_ja` and `times_en` write its words down, with
every repetition bounded, so that no text can make them slow; `times_parts` puts them together;
`times_whose_ja` and `times_whose_en` tell whose time it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from types import ModuleType
from typing import NamedTuple

from responders import times_en, times_ja, times_whose_en, times_whose_ja
from responders.calendar import Calendar
from responders.times_moment import Clock
from responders.times_parts import Parts, extended, joined, moment, names_day

_AROUND = 300
"""Characters of a sentence that are looked at before and after a time."""

_MOST = 500
"""Times of a text that are looked at; no reply names more."""


@dataclass(frozen=True, slots=True)
class Told:
    """A time in a text: offsets in characters, and the latest moment (UTC) that it allows. `ours`:
    its sentence promises an answer or a solution by then; `work`: it promises a step on the way to
    it; `open`: it is a deadline, but its sentence does not say for whom
    or what; `progress`: it is for a report on how far the matter has come."""

    start: int
    end: int
    at: datetime
    ours: bool
    work: bool
    open: bool
    progress: bool


def times(text: str, now: datetime, calendar: Calendar, language: str) -> tuple[Told, ...]:
    """The times that `text` (in `language`, `en` or Japanese) names, as they are meant when it is
    said at `now` (aware), in order.

    A day alone lasts to its midnight, a business day to its closing time, a week to the midnight of
    its last open day. Of a day without a year the nearest one is meant; a time of day alone, and a
    weekday alone, are the next to come; after a day in the same sentence, a time of day is that
    day's. A time that has passed is never `ours` nor `open`, nor is one of a request, of the
    customer's story or of opening hours.
    """
    grammar = _GRAMMARS["en" if language == "en" else "ja"]
    return tuple(_found(text, Clock(now, calendar), grammar))


def promised(text: str, now: datetime, calendar: Calendar, language: str) -> tuple[Told, ...]:
    """Those of the `times` in which the text promises something of ours, each moment once."""
    found = {
        (told.at, told.progress): told
        for told in times(text, now, calendar, language)
        if told.ours or told.work
    }
    return tuple(sorted(found.values(), key=lambda told: told.start))


class _Grammar(NamedTuple):
    """A language: how it names times, and whose they are."""

    names: ModuleType
    whose: ModuleType


_GRAMMARS = {
    "en": _Grammar(times_en, times_whose_en),
    "ja": _Grammar(times_ja, times_whose_ja),
}


class _Named(NamedTuple):
    """A time that a text names, with the characters it stands in."""

    start: int
    end: int
    parts: Parts


def _found(text: str, said: Clock, grammar: _Grammar) -> Iterator[Told]:
    for sentence in _sentences(text, said, grammar):
        clock, whose = said, grammar.whose
        first = text[: sentence[0].start][-_AROUND:]
        leads = whose.LEADS or not whose.PREDICATE.search(whose.STOP.split(first)[-1])
        for place, named in enumerate(sentence):
            at = _moment(named.parts, clock)
            if at is None:
                continue
            if names_day(named.parts):
                clock = clock.speaking_of(at)
            before, after = _around(text, named, whose.STOP)
            following = len(text) if place + 1 == len(sentence) else sentence[place + 1].start
            owner = ""
            if at > clock.now:
                words = text[named.start : named.end]
                owner = whose.whose(before, words, after, following - named.end)
            own = _own(text, sentence, place, leads, whose.STOP)
            yield Told(
                named.start, named.end, at,
                ours=owner == "ours", work=owner == "work", open=owner == "open",
                progress=bool(whose.PROGRESS.search(own)),
            )  # fmt: skip


def _moment(parts: Parts, clock: Clock) -> datetime | None:
    try:
        return moment(parts, clock)
    except (ValueError, OverflowError):
        # No such day, such as 2月30日, or one beyond the calendar.
        return None


def _sentences(text: str, clock: Clock, grammar: _Grammar) -> Iterator[list[_Named]]:
    """The times of a text, sentence by sentence."""
    sentence: list[_Named] = []
    for named in _times(text, clock, grammar.names):
        if sentence:
            between = text[sentence[-1].end : named.start]
            if len(between) > _AROUND or grammar.whose.STOP.search(between):
                yield sentence
                sentence = []
        sentence.append(named)
    if sentence:
        yield sentence


def _times(text: str, clock: Clock, names: ModuleType) -> Iterator[_Named]:
    """The times of a text, each with all that is told of it."""
    last: _Named | None = None
    for match in islice(names.PART.finditer(text), _MOST):
        try:
            parts = names.parts(match)
        except ValueError:
            parts = None
        if parts is None:
            continue
        together = last and _together(last, match, parts, text, clock, names)
        if together:
            last = together
            continue
        if last:
            yield last
        last = _Named(match.start(), _end(text, match.end(), names), parts) if parts else None
    if last:
        yield last


def _together(
    last: _Named, match: re.Match[str], parts: Parts, text: str, clock: Clock, names: ModuleType
) -> _Named | None:
    between = text[last.end : match.start()]
    whole: Parts | None = None
    try:
        if names.GLUE.fullmatch(between):
            whole = joined(last.parts, parts, clock)
        elif names.RANGE.fullmatch(between):
            whole = extended(last.parts, parts)
    except (ValueError, OverflowError):
        return None
    return _Named(last.start, _end(text, match.end(), names), whole) if whole else None


def _end(text: str, end: int, names: ModuleType) -> int:
    tail = names.TAIL.match(text, end)
    return tail.end() if tail else end


def _own(text: str, sentence: list[_Named], place: int, leads: bool, stop: re.Pattern[str]) -> str:
    """The part of a sentence that is about one of its times: what follows it where times lead
    (「本日中に途中経過を、明日結果を」), what stands before it where they do not; with what is left
    over at the sentence's beginning or end."""
    before, after = _around(text, sentence[place], stop)
    if place:
        before = text[sentence[place - 1].end : sentence[place].start]
    last = place + 1 == len(sentence)
    if not last:
        after = text[sentence[place].end : sentence[place + 1].start]
    if leads:
        return before * (not place) + after
    return before + after * last


def _around(text: str, named: _Named, stop: re.Pattern[str]) -> tuple[str, str]:
    """What stands in the same sentence before and after a time."""
    before = text[max(0, named.start - _AROUND) : named.start]
    after = text[named.end : named.end + _AROUND]
    return stop.split(before)[-1], stop.split(after, maxsplit=1)[0]
