"""The policy: what a company decided about hours, targets, words and contacts. Data, validated.

A pack is a TOML file, one a trade; `policies/` holds those that come along.
"""

from __future__ import annotations

import re
import tomllib
from datetime import date
from functools import cache
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, ValidationError, field_validator, model_validator

from casebook.config import Table, explain
from casebook.errors import ConfigError

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Minutes = Annotated[int, Field(ge=1)]


def _span(text: str) -> str:
    start, _, end = text.partition("-")
    if not (_minute_of_day(start) < _minute_of_day(end) <= 24 * 60):
        raise ValueError(f"{text!r} is no span of a day, such as 09:00-12:00")
    return text


def _minute_of_day(text: str) -> int:
    hours, colon, minutes = text.partition(":")
    if not (colon and hours.isdecimal() and minutes.isdecimal() and int(minutes) < 60):
        raise ValueError(f"{text!r} is no time of day, such as 09:00")
    return int(hours) * 60 + int(minutes)


def _month_day(text: str) -> str:
    try:
        # A leap year, so that 02-29 is a day.
        date.fromisoformat(f"2000-{text}")
    except ValueError as error:
        raise ValueError(f"{text!r} is no day of the year, such as 12-29") from error
    return text


def _expression(text: str) -> str:
    try:
        re.compile(text, re.IGNORECASE)
    except re.error as error:
        raise ValueError(f"{text!r} is no regular expression: {error}") from error
    return text


Span = Annotated[str, AfterValidator(_span)]
MonthDay = Annotated[str, Field(pattern=r"^\d\d-\d\d$"), AfterValidator(_month_day)]
Expression = Annotated[str, AfterValidator(_expression)]


class Bilingual(Table):
    """A text in the two languages that customers are answered in."""

    ja: str
    en: str

    def in_(self, language: str) -> str:
        """The text in `language`; Japanese for any other than English."""
        return self.en if language == "en" else self.ja


class Company(Table):
    """Who answers, and how to reach them."""

    name: Bilingual
    desk: Bilingual
    email: str
    phone: str = ""


class Closure(Table):
    """Days on which the company is closed, every year: month-day, both included."""

    first: MonthDay
    last: MonthDay


class Hours(Table):
    """When people work: opening spans by weekday; a gap between two spans is a break."""

    mon: tuple[Span, ...] = ()
    tue: tuple[Span, ...] = ()
    wed: tuple[Span, ...] = ()
    thu: tuple[Span, ...] = ()
    fri: tuple[Span, ...] = ()
    sat: tuple[Span, ...] = ()
    sun: tuple[Span, ...] = ()
    holidays: str = "JP"
    """Country (ISO 3166) whose public holidays are closed days; empty for none."""
    closures: tuple[Closure, ...] = ()

    @model_validator(mode="after")
    def _somewhere_open(self) -> Self:
        if not any(self.minutes(day) for day in WEEKDAYS):
            raise ValueError("no weekday has opening hours")
        for day in WEEKDAYS:
            if any(end > start for (_, end), (start, _) in pairwise(self.minutes(day))):
                raise ValueError(f"the spans of {day} overlap")
        return self

    def minutes(self, day: Weekday) -> tuple[tuple[int, int], ...]:
        """The opening spans of a weekday as minutes of the day (start, end), in order."""
        spans: tuple[str, ...] = getattr(self, day)
        pairs = (span.split("-") for span in spans)
        return tuple(sorted((_minute_of_day(a), _minute_of_day(b)) for a, b in pairs))


class FirstResponse(Table):
    """Targets of the first substantive reply in minutes of business time, by severity."""

    crisis: Minutes = 60
    urgent: Minutes = 120
    normal: Minutes = 240
    low: Minutes = 480

    def minutes(self, severity: int) -> int:
        """The target for a severity of 0 to 3."""
        return (self.low, self.normal, self.urgent, self.crisis)[severity]


class Words(Table):
    """Regular expressions that point to a label, by language-free name; any match counts."""

    spam: tuple[Expression, ...] = ()
    complaint: tuple[Expression, ...] = ()
    request: tuple[Expression, ...] = ()
    inquiry: tuple[Expression, ...] = ()
    praise: tuple[Expression, ...] = ()
    crisis: dict[str, tuple[Expression, ...]] = Field(default_factory=dict)
    urgent: dict[str, tuple[Expression, ...]] = Field(default_factory=dict)
    threat: tuple[Expression, ...] = ()
    harassment: tuple[Expression, ...] = ()
    unreasonable: tuple[Expression, ...] = ()
    demands: dict[str, tuple[Expression, ...]] = Field(default_factory=dict)


class Incidents(Table):
    """When people are told of an event that several customers write about."""

    voices: Annotated[int, Field(ge=2)] = 3


class Policy(Table):
    """One policy pack."""

    company: Company
    time_zone: str = "Asia/Tokyo"
    language: Literal["ja", "en"] = "ja"
    """Language of a reply to a customer who writes in neither Japanese nor English."""
    hours: Hours
    first_response: FirstResponse = FirstResponse()
    incidents: Incidents = Incidents()
    words: Words = Words()

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"{value!r} is no time zone of the IANA database") from error
        return value

    @property
    def zone(self) -> ZoneInfo:
        """The time zone that people see."""
        return ZoneInfo(self.time_zone)


@cache
def load_policy(name: str) -> Policy:
    """The policy pack `name` (one that comes along, or the path of a TOML file).

    Raises ConfigError with one clear line.
    """
    bundled = files("policies").joinpath(f"{name}.toml")
    try:
        text = (
            Path(name).read_text(encoding="utf-8")
            if name.endswith(".toml")
            else bundled.read_text(encoding="utf-8")
        )
        return Policy.model_validate(tomllib.loads(text))
    except FileNotFoundError as error:
        raise ConfigError(f"policy {name!r}: no such pack or file") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise ConfigError(f"policy {name!r}: not readable as TOML: {error}") from error
    except ValidationError as error:
        raise ConfigError(f"policy {name!r}: {explain(error, Policy)}") from error
