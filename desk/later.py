"""The moments until which something is put off, as people say them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from desk.words import say

_MORNING = 9
"""The hour at which a day's work begins for what was put off."""


def _in(hours: int) -> Callable[[datetime], datetime]:
    return lambda local: local + timedelta(hours=hours)


def _morning(local: datetime, days: int) -> datetime:
    day = local + timedelta(days=days)
    return day.replace(hour=_MORNING, minute=0, second=0, microsecond=0)


_MOMENTS: Mapping[str, tuple[tuple[str, str], Callable[[datetime], datetime]]] = {
    "1h": (("1時間後", "in an hour"), _in(1)),
    "3h": (("3時間後", "in three hours"), _in(3)),
    "tomorrow": (("明日の朝", "tomorrow morning"), lambda local: _morning(local, 1)),
    "monday": (
        ("来週の月曜の朝", "on Monday morning"),
        lambda local: _morning(local, 7 - local.weekday()),
    ),
}


def choices(local: datetime) -> list[tuple[str, str, datetime]]:
    """The moments to choose from, seen from a local time: key, label, moment."""
    return [(key, say(*label), moment(local)) for key, (label, moment) in _MOMENTS.items()]


def until(key: str, local: datetime) -> datetime | None:
    """The moment with this key, seen from a local time; None where there is none."""
    found = _MOMENTS.get(key)
    return None if found is None else found[1](local)
