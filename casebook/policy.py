"""The policy: what a company decided about hours, targets, words and contacts. Data, validated.

A pack is a TOML file, one a trade; `policies/` holds those that come along.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, ValidationError, field_validator, model_validator

from casebook.config import Table, explain
from casebook.errors import ConfigError
from casebook.handling import (
    OTHER,
    THREAT,
    Acknowledgement,
    Alerts,
    Authority,
    Costs,
    Department,
    ForbiddenApologies,
    HelpLine,
    Masking,
    Protection,
    Rewriting,
    Route,
    Solution,
    Specialist,
    TradeCause,
)
from casebook.hours import Hours
from casebook.timing import Approval, Estimates, FirstResponse, FollowUp, Promises, Sending
from casebook.types import Cause, Channel, Conduct, Crisis, Kind, Triage
from casebook.wording import Bilingual, Wording
from casebook.words import Words as Words


class Company(Table):
    """Who answers, and how to reach them."""

    name: Bilingual
    desk: Bilingual
    email: str
    phone: str = ""
    phones: tuple[str, ...] = ()
    """Further numbers that are public; toll-free ones need not be named."""
    domains: tuple[str, ...] = ()
    """Its domains: a reply may link to them, their subdomains, and nowhere else."""


class ChannelTable(Table):
    """What differs on one channel."""

    calendar: str = ""
    """Whose hours are kept there: a name of `[calendars]`; empty: those of `[hours]`."""
    direct: str = ""
    """The address at which its customers write to us in private: a public reply invites them there;
    empty: to the desk's mail and telephone."""


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
    calendars: dict[str, Hours] = Field(default_factory=dict)
    """Opening hours of a department or a channel, where they differ from `[hours]`."""
    channels: dict[Channel, ChannelTable] = Field(default_factory=dict)
    first_response: FirstResponse = FirstResponse()
    estimate: Estimates = Estimates()
    promises: Promises = Promises()
    approval: Approval = Approval()
    sending: Sending = Sending()
    follow_up: FollowUp = FollowUp()
    incidents: Incidents = Incidents()
    wording: Wording = Wording()
    departments: dict[str, Department] = Field(default_factory=dict)
    routes: tuple[Route, ...] = ()
    """The first one that fits counts."""
    specialists: dict[str, Specialist] = Field(default_factory=dict)
    """By kind of crisis, `threat` and `other`; of several the first one leads."""
    solutions: tuple[Solution, ...] = ()
    """What usually solves a complaint; the first one that fits is suggested."""
    help_lines: tuple[HelpLine, ...] = ()
    """Whom the reply to a person in distress names."""
    templates: str = ""
    """A folder with templates of the company's own, which take the place of those that come along;
    empty: none."""
    causes: dict[str, TradeCause] = Field(default_factory=dict)
    forbidden_apologies: ForbiddenApologies = ForbiddenApologies()
    authority: Authority = Authority()
    masking: Masking = Masking()
    protection: Protection = Protection()
    costs: Costs = Costs()
    acknowledgement: Acknowledgement = Acknowledgement()
    alerts: Alerts = Alerts()
    llm: Rewriting = Rewriting()
    words: Words = Words()

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"{value!r} is no time zone of the IANA database") from error
        return value

    @model_validator(mode="after")
    def _known_departments(self) -> Self:
        ways = {f"routes.{n}": route.department for n, route in enumerate(self.routes)}
        ways |= {f"solutions.{n}": one.department for n, one in enumerate(self.solutions)}
        ways |= {f"specialists.{name}": one.department for name, one in self.specialists.items()}
        for key, department in ways.items():
            if department not in self.departments:
                raise ValueError(f"{key}.department: there is no department {department!r}")
        return self

    @model_validator(mode="after")
    def _known_calendars(self) -> Self:
        named = {f"departments.{key}": one.calendar for key, one in self.departments.items()}
        named |= {f"channels.{key}": one.calendar for key, one in self.channels.items()}
        for key, calendar in named.items():
            if calendar and calendar not in self.calendars:
                raise ValueError(f"{key}.calendar: there is no calendar {calendar!r}")
        return self

    @model_validator(mode="after")
    def _known_causes(self) -> Self:
        known = {*Cause, *self.causes}
        named = {f"routes.{n}": one.cause for n, one in enumerate(self.routes)}
        named |= {f"solutions.{n}": one.cause for n, one in enumerate(self.solutions)}
        for key, causes in named.items():
            for cause in causes:
                if cause not in known:
                    raise ValueError(f"{key}.cause: there is no cause {cause!r}")
        return self

    @model_validator(mode="after")
    def _every_crisis_has_a_specialist(self) -> Self:
        wanted = (THREAT, OTHER, *Crisis, *self.words.crisis)
        lacking = next((kind for kind in wanted if kind not in self.specialists), None)
        # A pack without any sends every crisis to the desk itself.
        if self.specialists and lacking:
            raise ValueError(f"specialists.{lacking} is missing: nobody would take over")
        return self

    @property
    def zone(self) -> ZoneInfo:
        """The time zone that people see."""
        return ZoneInfo(self.time_zone)

    def opening_hours(self, *, department: str = "", channel: str = "") -> Hours:
        """The hours of a department (its key), else of a channel, else of the company."""
        name = self.departments[department].calendar if department in self.departments else ""
        if not name and channel in self.channels:
            name = self.channels[Channel(channel)].calendar
        return self.calendars[name] if name else self.hours

    def department(self, triage: Triage) -> str:
        """The key of the department that deals with it: that of the specialist for its threat or
        crisis, else of the first route that fits; empty for the desk itself."""
        specialists = self.checklists(triage)
        if specialists:
            return specialists[0].department
        causes = self._causes(triage)
        fitting = (route.department for route in self.routes if route.fits(triage, causes))
        return next(fitting, "")

    def solution(self, triage: Triage) -> Solution | None:
        """What usually solves a complaint like this; None where the pack names nothing, and where
        specialists decide."""
        if triage.kind is not Kind.COMPLAINT or self.checklists(triage):
            return None
        causes = self._causes(triage)
        return next((one for one in self.solutions if one.fits(triage, causes)), None)

    def _causes(self, triage: Triage) -> tuple[str, ...]:
        """The names of its cause, the trade's own and the general one."""
        own = self.causes.get(triage.cause)
        return (triage.cause, own.of) if own else (triage.cause,)

    def route(self, triage: Triage) -> Department:
        """Who deals with it: its department, or the desk itself."""
        desk = Department(
            name=self.company.desk, email=self.company.email, phone=self.company.phone
        )
        return self.departments.get(self.department(triage), desk)

    def checklists(self, triage: Triage) -> tuple[Specialist, ...]:
        """The specialists who are needed, each with a checklist, the leading one first: for a
        threat, then for each kind of crisis in the pack's order; `other` for a crisis of no kind
        that it knows. Empty where nothing is grave, or the pack names no specialists."""
        kinds = [kind for kind in self.specialists if kind in triage.crisis]
        if triage.severity == 3 and not kinds and triage.conduct is not Conduct.THREAT:
            kinds = [OTHER]
        if triage.conduct is Conduct.THREAT:
            kinds = [THREAT, *kinds]
        return tuple(self.specialists[kind] for kind in kinds if kind in self.specialists)

    def opening(self, triage: Triage, language: str) -> str:
        """How the first reply to a crisis opens, as its leading specialist says; empty: as its
        template says."""
        leading = next(iter(self.checklists(triage)), None)
        return leading.opening.in_(language) if leading and leading.opening else ""

    def cause(self, general: str, text: str) -> str:
        """The trade's own cause that `text` speaks of within the `general` one; else that."""
        folded = unicodedata.normalize("NFKC", text).lower()
        for name, own in self.causes.items():
            if own.of == general and any(
                re.search(words, folded, re.DOTALL) for words in own.words
            ):
                return name
        return general


@cache
def load_policy(name: str) -> Policy:
    """The policy pack `name` (one that comes along, or the path of a TOML file).

    A pack states what differs from the one that it `extends`; `policies/words.toml` lies under
    all. Raises ConfigError with one clear line that names the file and the key.
    """
    policy, _ = _loaded(name, ())
    return policy


def _loaded(name: str, above: tuple[str, ...]) -> tuple[Policy, dict[str, Any]]:
    """The pack and its values, those that it extends underneath; `above` are the packs that
    extend it."""
    if name in above:
        raise ConfigError(f"policy {above[-1]!r}: extends: {name!r} extends it already")
    own = _read(name, above)
    under = {_WORDS: _read(_WORDS)}
    if (base := own.pop("extends", None)) is not None:
        if not isinstance(base, str):
            raise ConfigError(f"policy {name!r}: extends: name one pack or file")
        # Judged by itself first, so that its mistakes are told as its own.
        _, under = _loaded(_beside(name, base), (*above, name))
    values = _laid_over(under, own)
    try:
        return Policy.model_validate(values), values
    except ValidationError as error:
        raise ConfigError(f"policy {name!r}: {explain(error, Policy)}") from error


_WORDS = "words"
"""The expressions under every pack, and the table whose lists a pack adds to; other lists it
replaces."""


def _laid_over(under: dict[str, Any], over: dict[str, Any], adds: bool = False) -> dict[str, Any]:
    """Both, with the upper one's values, and its keys and items first: they take precedence."""
    both = dict(over)
    for key, below in under.items():
        value = over.get(key, below)
        if key in over and isinstance(below, dict) and isinstance(value, dict):
            both[key] = _laid_over(below, value, adds or key == _WORDS)
        elif key in over and isinstance(below, list) and isinstance(value, list):
            both[key] = [*value, *below] if adds or key == _WORDS else value
        else:
            both[key] = value
    return both


def _beside(name: str, base: str) -> str:
    return str(Path(name).parent / base) if base.endswith(".toml") else base


def _read(name: str, above: tuple[str, ...] = ()) -> dict[str, Any]:
    bundled = files("policies").joinpath(f"{name}.toml")
    try:
        text = (
            Path(name).read_text(encoding="utf-8")
            if name.endswith(".toml")
            else bundled.read_text(encoding="utf-8")
        )
        return tomllib.loads(text)
    except FileNotFoundError as error:
        named = f" (extends in {above[-1]!r} names it)" if above else ""
        raise ConfigError(f"policy {name!r}: no such pack or file{named}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise ConfigError(f"policy {name!r}: not readable as TOML: {error}") from error
