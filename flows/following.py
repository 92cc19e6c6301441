"""What follows a first reply, whoever carries it out: reports on the way, the question at the end,
and the closing of what has come to rest.

Each step asks the record what is due and changes it by moves that do nothing twice: killed
anywhere, the next run goes on.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from casebook import models as m
from casebook import moves, resolved, watched, written
from casebook.accounts import account
from casebook.clock import now
from casebook.config import settings
from casebook.errors import MadoguchiError
from casebook.findings import Facts
from casebook.known import known
from casebook.links import survey_link
from casebook.locks import exclusive
from casebook.networks import network
from casebook.policy import Policy, load_policy
from casebook.types import Channel, Triage, Visibility
from flows.guarding import judged
from responders.calendar import Calendar, calendar
from responders.later import follow_up, progress
from responders.letters import Letter
from responders.wordings import turn

_LONGEST_REST = 31
"""Days without an opening after which a calendar is not asked further."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What one run did: questions and reports that wait for approval, and cases closed."""

    asked: int
    reports: int
    closed: int

    def line(self) -> str:
        """The one line that a run leaves in the log."""
        return (
            f"followup: {self.asked} questions and {self.reports} reports drafted, "
            f"{self.closed} cases closed"
        )


class AlreadyRunning(MadoguchiError):
    """Another process does it at this moment."""


def run() -> Summary:
    """Draft what is due and close what has come to rest. Raises AlreadyRunning."""
    with exclusive("followup") as alone:
        if not alone:
            raise AlreadyRunning("another followup is running; it drafts what is due")
        policy = load_policy(settings().policy)
        reports = sum(_report(policy, promise) for promise in _reports_due(policy))
        asked = sum(_ask(policy, case) for case in resolved.to_ask(policy.follow_up, now()))
        closed = sum(map(moves.let_rest, resolved.to_close(policy.follow_up, now())))
        return Summary(asked, reports, closed)


def _ask(policy: Policy, case: m.Case) -> bool:
    heard = resolved.last_heard(case)
    if heard is None:
        return False
    message, triage = heard
    facts = known(policy, message)
    wanted = policy.follow_up.survey and settings().desk.url
    survey = moves.open_survey(case.pk) if wanted else None
    letter = _letter(case, message, replace(triage, severity=0), facts)
    reply = follow_up(policy, letter, survey_link(survey.pk) if survey else "")
    made = moves.follow_up(
        case.pk,
        message.pk,
        reply,
        judged(policy, reply, facts),
        survey.pk if survey else None,
    )
    return made is not None


def _report(policy: Policy, promise: m.Promise) -> bool:
    heard = resolved.last_heard(promise.case)
    if heard is None:
        return False
    message, triage = heard
    facts = known(policy, message)
    letter = _letter(promise.case, message, triage, facts)
    reply = progress(policy, letter, resolved.answer_promised(promise.case, promise.due))
    findings = judged(policy, reply, facts)
    made = moves.report_progress(promise.pk, message.pk, reply, findings)
    return made is not None


def _letter(case: m.Case, message: m.Message, triage: Triage, facts: Facts) -> Letter:
    customer = account(case.channel, case.author)
    return Letter(
        receipt=case.receipt,
        channel=Channel(message.channel),
        visibility=Visibility(message.visibility),
        display_name=message.display_name,
        subject=case.subject,
        triage=triage,
        opted_out=facts.opted_out,
        network=network(message, case),
        turn=turn(customer, case.receipt, written.to_customers([case])[customer]),
    )


def _reports_due(policy: Policy) -> list[m.Promise]:
    """The promised reports that a person must write today: due today, or on days before the next
    opening of whoever deals with the case."""
    at = now()
    return [
        promise
        for promise in resolved.reports_due(at + timedelta(days=_LONGEST_REST))
        if _last_opening(_hours(policy, promise), promise.due) <= at
    ]


def _hours(policy: Policy, promise: m.Promise) -> Calendar:
    department = watched.department(promise.draft.answers, policy)
    return calendar(policy, department=department, channel=promise.case.channel)


def _last_opening(hours: Calendar, due: datetime) -> datetime:
    """The beginning of the last business day before a time; midnight ends the day before it."""
    local = (due - timedelta.resolution).astimezone(hours.zone)
    for back in range(_LONGEST_REST):
        day = datetime.combine(local.date() - timedelta(days=back), time(), hours.zone)
        if hours.closing(day) is not None:
            return day
    return due
