"""How a team answers: each case with what was known of the queue when it arrived.

Pure functions on columns; a row knows nothing that happened after its own arrival.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

import numpy as np
from numpy.typing import NDArray

from casebook.timing import Handled
from responders.calendar import Calendar

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

_DAY = 1440.0
_SHORT, _LONG, _OWN = 20, 200, 50
"""Answers over which the pace is taken: of late, for a while, and within one's own group."""
_VALUES = 100
"""Values of a column that are told apart; the rarer ones count as one."""
_MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class Columns:
    """Cases in the order of their arrival, a column each.

    `arrived` and `answered` are minutes since the epoch, `answered` infinite while there is no
    answer; `taken` is the time to the answer in minutes of the calendar, or the time waited so far.
    `hour` (of the day) and `weekday` are those of the place. `by` holds what cases are grouped by,
    a value a case under its name. `calendars`: whose opening time counts for each; None: all time.
    `places`: where each stood among the cases given. `until`: when they were looked at.
    """

    arrived: Floats
    answered: Floats
    taken: Floats
    hour: Floats
    weekday: Floats
    severity: Floats
    length: Floats
    who: tuple[str, ...]
    by: Mapping[str, tuple[str, ...]]
    calendars: tuple[Calendar | None, ...]
    places: tuple[int, ...]
    until: float

    def __len__(self) -> int:
        return len(self.arrived)


def columns(
    cases: Sequence[Handled],
    by: Mapping[str, Sequence[str]],
    *,
    calendar: Callable[[Handled], Calendar | None],
    zone: tzinfo,
    until: datetime,
) -> Columns:
    """Cases as columns, by arrival. `calendar` tells whose opening time counts for a case; None:
    all time does. `until` (aware) is when those without an answer were looked at."""
    order = sorted(range(len(cases)), key=lambda at: cases[at].arrived)
    cases = [cases[at] for at in order]
    ends = [max(case.answered or until, case.arrived) for case in cases]
    calendars = tuple(calendar(case) for case in cases)
    local = [case.arrived.astimezone(zone) for case in cases]
    return Columns(
        arrived=_floats(case.arrived.timestamp() / _MINUTE for case in cases),
        answered=_floats(
            end.timestamp() / _MINUTE if case.answered else np.inf
            for case, end in zip(cases, ends, strict=True)
        ),
        taken=_floats(
            hours.business_between(case.arrived, end)
            if hours
            else (end - case.arrived).total_seconds() / _MINUTE
            for case, end, hours in zip(cases, ends, calendars, strict=True)
        ),
        hour=_floats(moment.hour + moment.minute / 60 for moment in local),
        weekday=_floats(moment.weekday() for moment in local),
        severity=_floats(case.severity for case in cases),
        length=_floats(case.length for case in cases),
        who=tuple(case.who for case in cases),
        by={name: tuple(values[at] for at in order) for name, values in by.items()},
        calendars=calendars,
        places=tuple(order),
        until=until.timestamp() / _MINUTE,
    )


def known_by(found: Columns, rows: Codes, minutes: float) -> Floats:
    """The time that each of these cases had taken or waited by then (minutes since the epoch)."""
    taken = found.taken[rows].copy()
    for place in np.flatnonzero((found.answered[rows] > minutes) & (minutes < found.until)):
        row = rows[place]
        hours, arrived = found.calendars[row], found.arrived[row]
        if hours is None:
            taken[place] = max(minutes - arrived, 0.0)
        else:
            taken[place] = hours.business_between(moment(arrived), moment(minutes))
    return taken


def moment(minutes: float) -> datetime:
    """The instant (UTC) of so many minutes since the epoch."""
    return datetime.fromtimestamp(minutes * _MINUTE, UTC)


def runs_out(arrived: float, minutes: float, calendar: Calendar | None) -> float:
    """When so many minutes of the calendar have passed since a case arrived, both in minutes since
    the epoch; infinite where no calendar reaches so far."""
    if calendar is None:
        return arrived + minutes
    try:
        return calendar.add_business(moment(arrived), minutes).timestamp() / _MINUTE
    except (ValueError, OverflowError):
        return np.inf


def vocabulary(values: Sequence[str]) -> tuple[str, ...]:
    """The commonest values of a column, which are told apart; the rest are one."""
    common = Counter(values).most_common(_VALUES)
    return tuple(sorted(value for value, _ in common))


def codes(values: Sequence[str], known: Sequence[str]) -> Codes:
    """The place of each value in `known`; len(known) for one that is not there."""
    places = {value: place for place, value in enumerate(known)}
    return np.array([places.get(value, len(known)) for value in values], dtype=np.int64)


def features(found: Columns, words: Mapping[str, Sequence[str]]) -> Floats:
    """What is known of each case when it arrives, a row each: first the codes of its groups (by
    `words`, the vocabulary of each), then when it came, what it is, the queue and the pace."""
    coded = {name: codes(found.by[name], known) for name, known in words.items()}
    arrived = found.arrived
    before = np.arange(len(found), dtype=np.float64)
    ends = np.sort(found.answered)
    done = np.searchsorted(ends, arrived, side="right")
    return np.column_stack(
        [
            *(code.astype(np.float64) for code in coded.values()),
            found.hour,
            found.weekday,
            found.severity,
            np.log1p(found.length),
            before - done,
            _ahead(found),
            _pace(found, np.ones(len(found), bool), _SHORT),
            _pace(found, np.ones(len(found), bool), _LONG),
            *(_own_pace(found, code) for code in coded.values()),
            before - np.searchsorted(arrived, arrived - _DAY),
            done - np.searchsorted(ends, arrived - _DAY, side="right"),
            _on_duty(found),
        ]
    )


def _ahead(found: Columns) -> Floats:
    """Open cases at least as grave."""
    ahead = np.zeros(len(found))
    for severity in np.unique(found.severity):
        own, grave = found.severity == severity, found.severity >= severity
        came = np.searchsorted(found.arrived[grave], found.arrived[own])
        gone = np.searchsorted(np.sort(found.answered[grave]), found.arrived[own], side="right")
        ahead[own] = came - gone
    return ahead


def _pace(found: Columns, among: NDArray[np.bool_], count: int) -> Floats:
    """The mean logarithm of the time that the last `count` answers took, at each arrival."""
    rows = np.flatnonzero(among & np.isfinite(found.answered))
    rows = rows[np.argsort(found.answered[rows], kind="stable")]
    total = np.concatenate([[0.0], np.cumsum(np.log1p(found.taken[rows]))])
    last = np.searchsorted(found.answered[rows], found.arrived, side="right")
    first = np.maximum(last - count, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((total[last] - total[first]) / (last - first))


def _own_pace(found: Columns, code: Codes) -> Floats:
    pace = np.full(len(found), np.nan)
    for group in np.unique(code):
        own = code == group
        pace[own] = _pace(found, own, _OWN)[own]
    return pace


def _on_duty(found: Columns) -> Floats:
    """How many people gave an answer in the day before each arrival."""
    order = [row for row in np.argsort(found.answered, kind="stable") if found.who[row]]
    recent: deque[tuple[float, str]] = deque()
    people: Counter[str] = Counter()
    duty, place = np.zeros(len(found)), 0
    for row, now in enumerate(found.arrived):
        while place < len(order) and found.answered[order[place]] <= now:
            recent.append((found.answered[order[place]], found.who[order[place]]))
            people[recent[-1][1]] += 1
            place += 1
        while recent and recent[0][0] < now - _DAY:
            gone = recent.popleft()[1]
            people[gone] -= 1
            if not people[gone]:
                del people[gone]
        duty[row] = len(people)
    return duty


def _floats(values: Iterable[float]) -> Floats:
    return np.fromiter(values, dtype=np.float64)
