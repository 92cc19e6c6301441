"""Replies and their cases as JSON tells them, judged by the guard; what it finds, told in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from casebook.clock import now
from casebook.config import settings
from casebook.findings import ANOTHER_DAY, BEYOND_MAXIMUM, CORRECTED, WHY
from casebook.handling import Authority
from casebook.policy import Policy
from casebook.types import Conduct, Finding, Kind, Visibility
from desk import labelling
from desk.words import say
from enrich import acts
from enrich.personal_data import not_ours
from responders.guard import Facts, Outgoing, guard


class _Table(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class _Authority(_Table):
    refund_max_yen: Annotated[int, Field(ge=0)] | None = None
    may_replace: bool | None = None
    may_compensate: bool | None = None


class _Case(_Table):
    conduct: Conduct = Conduct.ORDINARY
    fault_confirmed: bool = False
    severity: Annotated[int, Field(ge=0, le=3)] = 1
    kind: Kind = Kind.COMPLAINT
    customer_language: str | None = None
    customer_name: str | None = None
    due: AwareDatetime | None = None
    authority: _Authority = _Authority()


class _Row(_Table):
    id: Any
    now: AwareDatetime | None = None
    language: str = ""
    channel: str = "email"
    visibility: Visibility = Visibility.PRIVATE
    case: _Case = _Case()
    reply: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A reply to judge: `identity` as the caller names it, and the moment it is judged at."""

    identity: Any
    reply: Outgoing
    facts: Facts
    moment: datetime


def asked(row: Mapping[str, Any], policy: Policy) -> Asked:
    """The reply and the case of one JSON object. What it leaves out is ordinary; an authority it
    leaves out is the policy's. Raises ValueError with one clear line, which quotes nothing."""
    given = {key: value for key, value in row.items() if value is not None}
    if isinstance(case := given.get("case"), dict):
        given["case"] = {key: value for key, value in case.items() if value is not None}
    try:
        found = _Row.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise ValueError(f"{place}: {first['msg']}") from None
    body = found.reply
    reply = Outgoing(
        body=body,
        acts=acts.read,
        language=found.language,
        channel=found.channel,
        visibility=found.visibility,
        personal=not_ours(body, policy),
        hosts=settings().desk.hosts,
    )
    return Asked(found.id, reply, _facts(found.case, policy), found.now or now())


def judge(one: Asked, policy: Policy) -> tuple[Finding, ...]:
    """What the guard finds."""
    return guard(one.reply, one.facts, policy, one.moment)


def why(finding: Mapping[str, Any] | Finding) -> str:
    """Why a finding (as a value, or as a draft keeps it) stands there, in the configured language,
    with what helps beyond that."""
    if isinstance(finding, Finding):
        code, message = finding.code, finding.message
    else:
        code, message = finding["code"], finding.get("message", "")
    meaning = WHY.get(code)
    told = say(meaning.ja, meaning.en) if meaning else ""
    return f"{told} {_note(code, message)}".strip()


def _note(code: str, message: str) -> str:
    """What a finding of ours says beyond its code, in words; another's as it is."""
    if code == CORRECTED:
        return labelling.changes(message)
    if message == ANOTHER_DAY:
        return say(
            "お約束の時刻が、書いた日とは別の時刻を指しています。",
            "A time that it promises means another moment than on the day it was written.",
        )
    minutes, _, most = message.partition("/")
    if code == BEYOND_MAXIMUM and minutes.isdecimal() and most.isdecimal():
        return say(
            f"（営業時間で{int(minutes):,}分後、上限{int(most):,}分）",
            f"({int(minutes):,} minutes of business time from now; {int(most):,} at the most)",
        )
    return message


def as_rows(findings: tuple[Finding, ...]) -> list[dict[str, Any]]:
    """Findings as programs read them."""
    return [
        {"code": one.code, "start": one.start, "end": one.end, "why": why(one)} for one in findings
    ]


def _facts(case: _Case, policy: Policy) -> Facts:
    own = {key: value for key, value in case.authority if value is not None}
    return Facts(
        conduct=case.conduct,
        fault_confirmed=case.fault_confirmed,
        severity=case.severity,
        kind=case.kind,
        customer_language=case.customer_language or "",
        customer_name=case.customer_name or "",
        due=case.due,
        authority=Authority(**{**policy.authority.model_dump(), **own}),
    )
