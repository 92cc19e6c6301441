"""The promises flow's steps: every five minutes, what is promised is looked at.

Free of Prefect, so that a terminal can run them where no server is. Each promise is moved in one
transaction with all that belongs to it: killed anywhere, the next run goes on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

from casebook import models as m
from casebook import moves, watched, written
from casebook.accounts import account
from casebook.clock import now
from casebook.config import settings
from casebook.errors import MadoguchiError
from casebook.known import known
from casebook.locks import exclusive
from casebook.networks import network
from casebook.policy import Policy, load_policy
from casebook.rows import triage_value
from casebook.timing import Handled, Purpose
from casebook.types import AlertReason, Channel, Conduct, Estimate, Kind, Triage, Visibility
from flows import alerting
from flows.guarding import judged
from flows.pacing import pace
from flows.surviving import each
from responders.calendar import calendar
from responders.draft import CaseFacts, draft
from responders.due import round_up
from responders.estimate import Pace, estimate
from responders.quoting import topic
from responders.watching import risk, used
from responders.wordings import Turn, turn

_log = logging.getLogger("madoguchi.intake")


@dataclass(frozen=True, slots=True)
class Summary:
    """What one look at the promises found: how many are open, were warned of and were broken, the
    notices of delay that it drafted, and the alerts that arrived."""

    open: int
    warned: int
    notices: int
    broken: int
    alerts: int

    def line(self) -> str:
        """The one line that a run leaves in the log."""
        return (
            f"promises: {self.open} open, {self.warned} at risk, {self.notices} notices of delay "
            f"drafted, {self.broken} broken, {self.alerts} alerts sent"
        )


class AlreadyRunning(MadoguchiError):
    """Another process watches the promises at this moment."""


def watch() -> Summary:
    """Break what is overdue, warn of what is at risk, draft the notices of delay, tell people.
    Raises AlreadyRunning."""
    with exclusive("promises") as alone:
        if not alone:
            raise AlreadyRunning("another process is watching the promises")
        broken = break_overdue()
        warned, notices = warn_of_risks()
        alerts = alerting.tell(alerting.due())
    return Summary(watched.open_count(), warned, notices, broken, alerts)


def break_overdue() -> int:
    """OPEN → BROKEN, with an alert, for every promise whose time has passed; returns how many."""
    return sum(each("promise", watched.overdue(now()), moves.overdue, _log))


def warn_of_risks() -> tuple[int, int]:
    """An alert for every promise that passed a threshold of the policy, once for each, and from the
    last one on a notice of delay where it needs one; returns how many of both were made."""
    policy = load_policy(settings().policy)
    rows = {row.pk: row for row in watched.open_promises()}
    # It takes a while, one look needs it once, and most looks never do.
    known = cache(pace)
    made = list(each("promise", rows, lambda key: _warn(policy, rows[key], known), _log))
    return sum(warned for warned, _ in made), sum(noticed for _, noticed in made)


def _warn(
    policy: Policy, promise: m.Promise, known: Callable[[], Pace | None]
) -> tuple[bool, bool]:
    """Whether people were warned of a promise, and a notice of delay was drafted."""
    department = watched.department(promise.draft.answers, policy)
    hours = calendar(policy, department=department, channel=promise.case.channel)
    share = used(hours, promise.made_at, promise.due, now())
    reason = risk(policy.promises, share, promise.due - now())
    if reason is None:
        return False, False
    opened = {alert.reason for alert in promise.alerts.all()}
    warned = reason not in opened and moves.warn(promise.pk, reason)
    if reason is not AlertReason.DUE_NOW or promise.due <= now() or moves.covered(promise):
        return warned, False
    made = _estimate(policy, promise, department, known())
    return warned, moves.give_notice(promise.pk, _notice(policy, promise, made))


def _notice(policy: Policy, promise: m.Promise, made: Estimate) -> moves.Notice:
    """A notice of delay as it is drafted now, with the new time."""
    answers, case, at = promise.draft.answers, promise.case, now()
    row = getattr(answers, "triage", None)
    # The reply speaks the language of the draft that made the promise.
    triage = triage_value(row) if row else Triage(Kind.COMPLAINT, 1, Conduct.ORDINARY, "")
    facts = known(policy, answers)
    triage = replace(
        triage,
        language=promise.draft.language,
        severity=promise.draft.severity,
        conduct=facts.conduct,
    )
    reply = draft(
        policy,
        CaseFacts(
            receipt=case.receipt,
            channel=Channel(promise.draft.channel),
            visibility=Visibility(promise.draft.visibility),
            display_name=answers.display_name,
            subject=topic(answers.subject, case.subject),
            triage=triage,
            due=made.due,
            told=at,
            purpose=Purpose.DELAY,
            fault_confirmed=case.fault_confirmed,
            opted_out=facts.opted_out,
            network=network(answers, case),
            turn=_turn(case),
        ),
    )
    findings = judged(policy, reply, facts)
    return moves.Notice(reply, made, findings, approved=policy.promises.notice == "send")


def _turn(case: m.Case) -> Turn:
    customer = account(case.channel, case.author)
    return turn(customer, case.receipt, written.to_customers([case])[customer])


def _estimate(policy: Policy, promise: m.Promise, department: str, known: Pace | None) -> Estimate:
    """A new time from now on, no sooner than the policy's target and later than what is
    promised."""
    severity, channel = promise.draft.severity, promise.case.channel
    hours = calendar(policy, department=department, channel=channel)
    for start in (now(), promise.due):
        target = policy.first_response.minutes(severity)
        soonest = round_up(hours, start, hours.add_business(start, target))
        case = Handled(start, None, severity, department, channel, promise.case.cause)
        found = estimate(policy, case, start, known)
        if found.due < soonest:
            found = replace(found, due=soonest, minutes=target)
        if found.due > promise.due:
            break
    return found
