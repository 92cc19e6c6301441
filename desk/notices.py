"""One notice for all customers of an incident: a draft for each, in the wording for incidents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, TypedDict

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery

from casebook import models as m
from casebook import moves, threads, written
from casebook.accounts import account
from casebook.clock import now
from casebook.config import settings
from casebook.errors import IllegalMove
from casebook.moves.base import MACHINE
from casebook.moves.promising import begun
from casebook.networks import network
from casebook.policy import Policy, load_policy
from casebook.rows import triage_value
from casebook.states import DraftState, MessageState, PromiseState
from casebook.timing import About, Handled, Purpose
from casebook.types import Channel, Conduct, Direction, Kind, Reply, Triage, Visibility
from desk.measures import GOING
from desk.replying import judged
from responders.draft import CaseFacts, draft
from responders.estimate import estimate
from responders.quoting import topic
from responders.wordings import turn

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

    class _Newest(TypedDict):
        newest: int | None

    Heard = WithAnnotations[m.Case, _Newest]

AT_ONCE = 50
"""Drafts that are made at a time."""

_CRISIS = 3
_DECIDED = (
    DraftState.APPROVED, DraftState.SENDING, DraftState.FAILED, DraftState.NEEDS_CHECK,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Addressed:
    """A customer of the incident who gets the notice: on which message, as which draft, and the
    time that is named; `promised` says that this time was promised before."""

    case: m.Case
    message: m.Message
    triage: Triage
    purpose: Purpose
    due: datetime | None
    promised: bool


def count(incident: m.Incident) -> int:
    """How many get the notice."""
    return _cases(incident).count()


def addressed(incident: m.Incident, most: int = AT_ONCE) -> list[Addressed]:
    """Whose case is open and who gets the notice, oldest case first, so many at the `most`. Left
    out are those who need an answer of their own (a crisis, abuse, no complaint), and those for
    whom a reply is on its way, or was rewritten by a colleague or begun to be decided on, or a
    report waits already."""
    cases = list(_cases(incident).order_by("pk")[:most])
    newest = (
        m.Message.objects.filter(pk__in=[case.newest for case in cases])
        .select_related("triage", "case")
        .defer("references", "recipients")
    )
    heard = {row.case_id: row for row in newest}
    waiting = m.Draft.objects.filter(case__in=cases, state=DraftState.PENDING)
    dues = dict(waiting.values_list("case", "due"))
    promised = _promised(cases)
    return [_addressed(case, heard[case.pk], dues, promised.get(case.pk)) for case in cases]


def wording(one: Addressed) -> Reply:
    """The notice as this customer would read it."""
    policy = load_policy(settings().policy)
    customer = account(one.case.channel, one.case.author)
    count = written.to_customers([one.case])[customer]
    reply = draft(
        policy,
        CaseFacts(
            receipt=one.case.receipt,
            channel=Channel(one.message.channel),
            visibility=Visibility(one.message.visibility),
            display_name=one.message.display_name,
            subject=topic(one.message.subject, one.case.subject),
            triage=one.triage,
            due=one.due or _estimated(policy, one),
            told=now(),
            incident=True,
            fault_confirmed=one.case.fault_confirmed,
            invited=threads.is_invited(one.case),
            network=network(one.message, one.case),
            turn=turn(customer, one.case.receipt, count),
        ),
    )
    return replace(reply, due=None) if one.promised else reply


def prepare(found: list[Addressed], who: str) -> int:
    """Queue the notice for these customers, each to be approved; returns for how many. One that has
    moved on meanwhile is left out."""
    policy = load_policy(settings().policy)
    made = 0
    for one in found:
        reply = wording(one)
        findings = judged(policy, reply, one.message)
        try:
            moves.write(one.case.pk, one.purpose, who, reply, findings, sparing=True)
        except IllegalMove:
            continue
        made += 1
    return made


def _addressed(
    case: m.Case,
    message: m.Message,
    dues: Mapping[int, datetime | None],
    promised: datetime | None,
) -> Addressed:
    triage = triage_value(message.triage)
    if case.pk not in dues:
        return Addressed(case, message, triage, Purpose.PROGRESS, promised, promised is not None)
    due = dues[case.pk]
    ahead = due if due and due > now() else None
    return Addressed(case, message, triage, Purpose.FIRST_REPLY, ahead, promised=False)


def _cases(incident: m.Incident) -> QuerySet[Heard]:
    """The cases of those who get the notice, each with the key of the message that it goes on
    (`newest`)."""
    own = m.Message.objects.filter(case=OuterRef("pk"), direction=Direction.IN)
    heard = own.filter(state=MessageState.ANSWERED, triage__isnull=False).order_by("-pk")
    common = m.Triage.objects.filter(
        Q(labels__crisis=[]) | Q(labels__crisis__isnull=True),
        message=OuterRef("newest"), kind=Kind.COMPLAINT, conduct=Conduct.ORDINARY,
        severity__lt=_CRISIS,
    )  # fmt: skip
    drafts = m.Draft.objects.filter(case=OuterRef("pk"))
    pending = drafts.filter(state=DraftState.PENDING)
    theirs = m.DraftVersion.objects.filter(
        draft__case=OuterRef("pk"), draft__state=DraftState.PENDING, number=F("draft__version")
    ).exclude(author=MACHINE)
    return (
        m.Case.objects.filter(incident=incident, state__in=GOING)
        .annotate(newest=Subquery(heard.values("pk")[:1]))
        .filter(Exists(common), ~Exists(drafts.filter(state__in=_DECIDED)), ~Exists(theirs))
        .exclude(Exists(pending.filter(begun() | ~Q(purpose=Purpose.FIRST_REPLY))))
    )


def _promised(cases: Sequence[m.Case]) -> dict[int, datetime]:
    """The earliest time to come for which each case's answer is promised."""
    rows = m.Promise.objects.filter(
        case__in=cases, about=About.ANSWER, state=PromiseState.OPEN, due__gt=now()
    )
    return dict(rows.order_by("-due").values_list("case_id", "due"))


def _estimated(policy: Policy, one: Addressed) -> datetime:
    arrival = Handled(
        arrived=now(),
        answered=None,
        severity=one.triage.severity,
        department=policy.department(one.triage),
        channel=one.message.channel,
    )
    return estimate(policy, arrival, now()).due
