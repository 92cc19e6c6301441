"""Promises as people see them: what is due next, how much time is left, what was not kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from rich.text import Text

from casebook import models as m
from casebook import watched
from casebook.clock import now
from casebook.config import settings
from casebook.policy import load_policy
from casebook.states import PromiseState
from casebook.timing import About, Broken
from casebook.types import AlertReason
from desk.screen import console, wide_table
from desk.show import when
from desk.words import language, plain, say
from responders.calendar import calendar
from responders.watching import risk, used

RECENT = timedelta(days=7)
"""How long a broken promise is listed."""

_ABOUT = {About.ANSWER: ("回答", "answer"), About.PROGRESS: ("途中経過", "progress report")}
_RISK = {
    None: ("余裕あり", "on time"),
    AlertReason.DUE_SOON: ("期限が近い", "at risk"),
    AlertReason.DUE_NOW: ("まもなく期限", "due now"),
}


MOST = 400
"""Promises that a board reads."""

_STAND = {None: "calm", AlertReason.DUE_SOON: "soon", AlertReason.DUE_NOW: "now"}
_STANDS = ("late", "now", "soon", "calm")


def listed() -> list[m.Promise]:
    """Open promises, the earliest time first; then those broken in the last days, newest first."""
    return [*watched.open_promises(), *watched.broken_promises(now() - RECENT)]


@dataclass(frozen=True, slots=True)
class Watched:
    """An open promise as the board shows it: who deals with it, the share of its time that is used,
    and how it stands: `late`, `now`, `soon` or `calm`."""

    promise: m.Promise
    department: str
    share: float
    stand: str


@dataclass(slots=True)
class Group:
    """How many promises one department or person has, by how they stand, and how many were broken
    in the last days."""

    name: str
    open: int = 0
    risky: int = 0
    late: int = 0
    broken: int = 0


def open_now() -> int:
    """How many promises are open."""
    return watched.open_count()


def watched_now() -> list[Watched]:
    """The open promises, at most `MOST`: what is late, then what is at risk, then by time."""
    rows = _bare(m.Promise.objects.filter(state=PromiseState.OPEN)).order_by("due", "pk")[:MOST]
    found = [_watched(row) for row in rows]
    return sorted(found, key=lambda one: (_STANDS.index(one.stand), one.promise.due))


def broken_lately() -> list[m.Promise]:
    """The promises broken in the last days, newest first, at most `MOST`."""
    rows = m.Promise.objects.filter(state=PromiseState.BROKEN, due__gte=now() - RECENT)
    return list(_bare(rows).order_by("-due", "-pk")[:MOST])


def grouped(found: Sequence[Watched], broken: Sequence[m.Promise], *, people: bool) -> list[Group]:
    """The promises by department or, with `people`, by owner; what is late counts as open too."""
    groups: dict[str, Group] = {}
    for one in found:
        name = one.promise.case.owner if people else one.department
        group = groups.setdefault(name, Group(name))
        group.open += 1
        group.risky += one.stand in ("now", "soon")
        group.late += one.stand == "late"
    for promise in broken:
        name = promise.case.owner if people else department(promise)
        groups.setdefault(name, Group(name)).broken += 1
    return sorted(groups.values(), key=lambda one: (-one.late, -one.risky, -one.open, one.name))


def department(promise: m.Promise) -> str:
    """The department that deals with a promise, in words; empty for the desk itself."""
    policy = load_policy(settings().policy)
    key = watched.department(promise.draft.answers, policy)
    return policy.departments[key].name.in_(language()) if key else ""


def why_broken(promise: m.Promise) -> str:
    """Why a promise was not kept, in words."""
    return Broken(promise.reason).told.in_(language()) if promise.reason else ""


def about(promise: m.Promise) -> str:
    """What was promised, in words."""
    return say(*_ABOUT[About(promise.about)])


def _watched(promise: m.Promise) -> Watched:
    share = _used(promise)
    stand = "late" if promise.due < now() else _STAND[_risk(promise, share)]
    return Watched(promise, department(promise), share, stand)


def _bare(rows: QuerySet[m.Promise]) -> QuerySet[m.Promise]:
    wanted = ("about", "state", "due", "made_at", "reason", "case__receipt", "case__owner")
    named = ("case__channel", "case__author", "case__display_name", "case__subject")
    judged = [f"draft__answers__triage__{one.name}" for one in m.Triage._meta.concrete_fields]
    # A model that is read whole for each of hundreds of rows takes longer than all the rest.
    return rows.select_related("case", "draft__answers__triage").only(
        *wanted, *named, "draft__answers__id", *judged
    )


def table(found: Sequence[m.Promise]) -> None:
    """Print promises, one line each."""
    if not found:
        console().print(Text(say("見守っている約束はありません。", "There are no promises.")))
        return
    shown = wide_table(
        say("お客様との約束", "Promises to customers"),
        (
            ("受付番号", "Receipt"),
            ("内容", "About"),
            ("期限", "Due"),
            ("経過", "Used"),
            ("状態", "State"),
        ),
        (("担当者", "Owner", 1), ("理由", "Why", 2)),
    )
    for promise in found:
        share = _used(promise)
        cells = (
            promise.case.receipt,
            about(promise),
            when(promise.due),
            f"{share:.0%}",
            _state(promise, share),
            plain(promise.case.owner, 40) or "–",
            why_broken(promise),
        )
        shown.add_row(*map(Text, cells))
    console().print(shown)


def promise_json(promise: m.Promise) -> dict[str, Any]:
    """One line of the list as programs read it; times in ISO 8601, UTC. `used` is the share of its
    business time, `risk` is `due_soon`, `due_now` or null."""
    share = _used(promise)
    at_risk = _risk(promise, share)
    return {
        "receipt": promise.case.receipt,
        "about": promise.about,
        "state": promise.state,
        "made_at": promise.made_at.isoformat(),
        "due": promise.due.isoformat(),
        "used": round(share, 3),
        "risk": at_risk.value if at_risk and promise.state == PromiseState.OPEN else None,
        "owner": promise.case.owner,
        "reason": promise.reason,
    }


def _used(promise: m.Promise) -> float:
    policy = load_policy(settings().policy)
    department = watched.department(promise.draft.answers, policy)
    hours = calendar(policy, department=department, channel=promise.case.channel)
    return used(hours, promise.made_at, promise.due, now())


def _risk(promise: m.Promise, share: float) -> AlertReason | None:
    return risk(load_policy(settings().policy).promises, share, promise.due - now())


def _state(promise: m.Promise, share: float) -> str:
    if promise.state == PromiseState.BROKEN or promise.due < now():
        return say("期限超過", "broken")
    return say(*_RISK[_risk(promise, share)])
