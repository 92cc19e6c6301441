"""Policy packs that the tests of the responders share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from casebook.hours import WEEKDAYS
from casebook.policy import Policy, load_policy

TOKYO = load_policy("default")


def made(hours: Mapping[str, Any], zone: str = "Asia/Tokyo") -> Policy:
    """The default pack with other opening hours and another time zone."""
    return Policy.model_validate(
        {**TOKYO.model_dump(), "hours": {"holidays": "", **hours}, "time_zone": zone}
    )


def every_day(spans: Sequence[str], zone: str = "Asia/Tokyo", **more: Any) -> Policy:
    """Open at the same hours on all days of the week."""
    return made({**dict.fromkeys(WEEKDAYS, spans), **more}, zone)


BERLIN = made(
    {
        **{day: ["08:30-17:15"] for day in WEEKDAYS[:5]},
        "sun": ["00:00-06:00", "22:00-24:00"],
        "holidays": "DE",
    },
    "Europe/Berlin",
)
NIGHT = every_day(["00:00-24:00"], "America/New_York")
GAP = every_day(["02:15-02:45", "03:15-03:45"], "Europe/Berlin")
NEW_YEAR = made(
    {
        "mon": ["09:00-12:00", "13:00-18:00"],
        "sat": ["10:00-11:00"],
        "holidays": "JP",
        "closures": [{"first": "12-20", "last": "01-10"}, {"first": "02-28", "last": "02-29"}],
    }
)
ALL = [TOKYO, BERLIN, NIGHT, GAP, NEW_YEAR]
