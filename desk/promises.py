"""Promises as people see them: what is due next, how much time is left, what was not kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

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
from desk.words import plain, say
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


def listed() -> list[m.Promise]:
    """Open promises, the earliest time first; then those broken in the last days, newest first."""
    return [*watched.open_promises(), *watched.broken_promises(now() - RECENT)]


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
            say(*_ABOUT[About(promise.about)]),
            when(promise.due),
            f"{share:.0%}",
            _state(promise, share),
            plain(promise.case.owner, 40) or "–",
            _why(promise),
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


def _why(promise: m.Promise) -> str:
    return Broken(promise.reason).told.in_(settings().language) if promise.reason else ""
