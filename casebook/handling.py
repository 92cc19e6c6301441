"""What follows from a triage: who deals with it and how, and what protects both sides.

Tables of a policy pack; every decision is a pure function of them and of plain values.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from casebook.config import Table
from casebook.types import Cause, Conduct, Demand, Kind, Triage
from casebook.wording import Bilingual
from casebook.words import Pattern

Severity = Annotated[int, Field(ge=0, le=3)]
Weight = Annotated[float, Field(gt=0)]
OTHER, THREAT = "other", "threat"
"""Specialists that are no kind of crisis: for a crisis whose kind is not known, and for threats."""


class Department(Table):
    """Who deals with a matter inside the company, and how colleagues reach them."""

    name: Bilingual
    email: str
    phone: str = ""
    calendar: str = ""
    """Whose hours it keeps: a name of `[calendars]`; empty: the channel's or the company's."""


class Route(Table):
    """A way to a department: everything that it names must be so; what it leaves out may be
    anything."""

    department: str
    kind: tuple[Kind, ...] = ()
    cause: tuple[str, ...] = ()
    conduct: tuple[Conduct, ...] = ()
    severity: tuple[Severity, ...] = ()

    def fits(self, triage: Triage, causes: Iterable[str]) -> bool:
        """True when `triage` goes this way; `causes` are the names of its cause, the trade's own
        and the general one."""
        return (
            (not self.kind or triage.kind in self.kind)
            and (not self.cause or not set(self.cause).isdisjoint(causes))
            and (not self.conduct or triage.conduct in self.conduct)
            and (not self.severity or triage.severity in self.severity)
        )


class Specialist(Table):
    """Who takes over a kind of crisis, and the steps that must not be forgotten."""

    name: Bilingual
    """The kind as people call it: the heading of the checklist."""
    department: str
    checklist: Annotated[tuple[Bilingual, ...], Field(min_length=1)]
    opening: Bilingual | None = None
    """How the first reply opens; None: as its template says."""


class TradeCause(Table):
    """A cause of complaints in this trade: a part of a general one, told by its words."""

    name: Bilingual
    of: Cause
    words: Annotated[tuple[Pattern, ...], Field(min_length=1)]


class ForbiddenApologies(Table):
    """What admits fault or promises to pay before the facts are established."""

    severity: Severity = 0
    """Severity from which it may not be said."""
    ja: tuple[Pattern, ...] = ()
    en: tuple[Pattern, ...] = ()

    def at(self, severity: int) -> tuple[str, ...]:
        """The expressions that a reply of this severity must not contain, in any language: a reply
        may quote the other one."""
        return (*self.ja, *self.en) if severity >= self.severity else ()


class Solution(Table):
    """What usually solves a matter: everything that it names must be so; what it leaves out may be
    anything."""

    demand: tuple[Demand, ...] = ()
    cause: tuple[str, ...] = ()
    product: bool = False
    """Whether a product must be named."""
    solution: Bilingual
    """What is suggested to whoever approves the reply."""
    department: str
    """Who may decide it."""
    offer: Bilingual | None = None
    """A sentence of the reply that names an alternative; it promises no more than to look at it."""

    def fits(self, triage: Triage, causes: Iterable[str]) -> bool:
        """True when a matter with these names of its cause is solved so."""
        return (
            (not self.demand or not set(self.demand).isdisjoint(triage.demands))
            and (not self.cause or not set(self.cause).isdisjoint(causes))
            and (not self.product or bool(triage.products))
        )


class HelpLine(Table):
    """Somebody whom a person in distress can turn to."""

    name: Bilingual
    contact: str


class Authority(Table):
    """What a reply may grant without asking anybody. What is not named here is granted by people
    who may, outside of a reply."""

    refund_max_yen: Annotated[int, Field(ge=0)] = 0
    """The largest refund in yen; 0: none."""
    may_replace: bool = False
    """Whether a replacement may be promised."""
    may_compensate: bool = False
    """Whether anything may be given beyond what was paid: damages, vouchers, points, a discount."""


Personal = Literal[
    "person", "phone", "email", "postal_code", "address", "card", "my_number", "bank_account",
    "order_number", "birth_date", "passport", "license_plate", "handle", "password",
]  # fmt: skip
"""The types of personal data (`enrich.personal_data`)."""


class Masking(Table):
    """Which passages people see only when they ask for them: by the labels of triage, and by the
    types of personal data."""

    labels: tuple[str, ...] = ("harassment", "threat")
    personal: tuple[Personal, ...] = (
        "card", "my_number", "bank_account", "passport", "license_plate", "password", "birth_date",
        "phone", "email", "postal_code", "address",
    )  # fmt: skip

    def hides(self, label: str) -> bool:
        """True for a type or a label that is named, or whose first part (`harassment` of
        `harassment:sexual`) is."""
        return (
            label in self.personal or label in self.labels or label.partition(":")[0] in self.labels
        )


class Step(Table):
    """When a step for the staff's protection is proposed, and what the reply would say."""

    entries: Annotated[int, Field(ge=1)]
    """Entries in the ledger from which it is proposed."""
    days: Annotated[int, Field(ge=1)]
    """Days back in which they are counted."""
    wording: Bilingual


StepName = Literal["warn", "restrict", "stop"]
STEPS: tuple[StepName, ...] = ("warn", "restrict", "stop")


class Protection(Table):
    """Steps against harassment, from the mildest: proposed to people, never taken by themselves."""

    warn: Step | None = None
    restrict: Step | None = None
    stop: Step | None = None

    @model_validator(mode="after")
    def _mildest_first(self) -> Self:
        needed = [step.entries for name in STEPS if (step := getattr(self, name))]
        if needed != sorted(set(needed)):
            raise ValueError("warn, restrict and stop need more entries each than the one before")
        return self

    def proposed(self, entries: Iterable[datetime], at: datetime) -> StepName | None:
        """The gravest step that the ledger's entries (their times) call for at the time `at`; None
        for none."""
        ages = [at - entry for entry in entries]
        for name in reversed(STEPS):
            step: Step | None = getattr(self, name)
            if step is None:
                continue
            if sum(age <= timedelta(days=step.days) for age in ages) >= step.entries:
                return name
        return None


class Cost(Table):
    """What the two ways to be wrong about a label cost, in any common unit."""

    missed: Weight
    false_alarm: Weight

    @property
    def threshold(self) -> float:
        """The probability above which the label is given: where p × missed exceeds
        (1 − p) × false_alarm, as in Elkan, The Foundations of Cost-Sensitive Learning, IJCAI 2001,
        https://cseweb.ucsd.edu/~elkan/rescale.pdf."""
        return self.false_alarm / (self.false_alarm + self.missed)


class Costs(Table):
    """What triage's thresholds are derived from: a missed crisis hurts people, a false harassment
    an honest customer, and a complaint taken for spam is never answered."""

    crisis: Cost = Cost(missed=2.5, false_alarm=1)
    urgent: Cost = Cost(missed=2, false_alarm=1)
    threat: Cost = Cost(missed=5, false_alarm=1)
    harassment: Cost = Cost(missed=1, false_alarm=2)
    unreasonable: Cost = Cost(missed=1, false_alarm=2)
    spam: Cost = Cost(missed=1, false_alarm=9)


class Acknowledgement(Table):
    """Whether the receipt of a message may be confirmed without a person's approval."""

    automatic: bool = False
    up_to_severity: Severity = 1
    """The gravest severity that is acknowledged; a crisis (3) never is."""
    conducts: tuple[Conduct, ...] = (Conduct.ORDINARY,)
    """The conducts that are acknowledged; a threat never is."""

    @field_validator("up_to_severity")
    @classmethod
    def _no_crisis(cls, value: int) -> int:
        if value >= 3:
            raise ValueError("a crisis (severity 3) is never acknowledged automatically")
        return value

    @field_validator("conducts")
    @classmethod
    def _no_threat(cls, value: tuple[Conduct, ...]) -> tuple[Conduct, ...]:
        if Conduct.THREAT in value:
            raise ValueError("a threat is never acknowledged automatically")
        return value

    def allows(self, triage: Triage) -> bool:
        """True when the message may be acknowledged by itself. What no person wrote never is."""
        return (
            self.automatic
            and triage.kind not in (Kind.SPAM, Kind.AUTO)
            and triage.severity <= self.up_to_severity
            and triage.conduct in self.conducts
        )


class Rewriting(Table):
    """Which drafts a language model may rewrite, where the configuration names one. A crisis, a
    threat and any conduct that is not ordinary keep their template in every pack."""

    allowed: bool = True
    up_to_severity: Annotated[int, Field(ge=0, le=2)] = 2
    """The gravest severity that is rewritten; a crisis (3) never is."""

    def allows(self, found: Iterable[Triage]) -> bool:
        """True when a case whose unanswered messages were found to be these may be shown to it."""
        return self.allowed and all(
            one.severity <= self.up_to_severity
            and not one.crisis
            and one.conduct is Conduct.ORDINARY
            for one in found
        )


class Alerts(Table):
    """What the people on call are told at once."""

    from_severity: Annotated[int, Field(ge=1, le=3)] = 3
    """The mildest severity that alerts; a crisis (3) always does."""
    conducts: tuple[Conduct, ...] = (Conduct.THREAT,)
    """The conducts that alert, whatever the severity; a threat always does."""
    group: str = "crisis"
    """Who is alerted: the name of a group in the configuration."""

    @field_validator("conducts")
    @classmethod
    def _threats(cls, value: tuple[Conduct, ...]) -> tuple[Conduct, ...]:
        if Conduct.THREAT not in value:
            raise ValueError("a threat always alerts: name it too")
        return value

    def wants(self, triage: Triage) -> bool:
        """True when people are to be told of the case at once."""
        return triage.severity >= self.from_severity or triage.conduct in self.conducts
