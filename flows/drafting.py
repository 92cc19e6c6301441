"""Drafts of the intake: what each case is promised, how it is worded, and what the guard says.

Nothing here changes the record.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from casebook import models as m
from casebook import moves, reading, threads, written
from casebook.accounts import account
from casebook.clock import now
from casebook.config import settings
from casebook.findings import BEYOND_MAXIMUM, Facts
from casebook.known import facts as facts_of
from casebook.networks import network
from casebook.policy import Policy, load_policy
from casebook.states import IncidentState
from casebook.timing import Handled
from casebook.types import (
    Channel,
    Conduct,
    Estimate,
    Finding,
    Kind,
    Reply,
    Role,
    SimilarCase,
    Triage,
    Visibility,
)
from enrich.index import IndexUnavailable, Synced
from enrich.similar import similar_cases
from flows.guarding import judged
from flows.pacing import pace
from flows.rewriting import Rewritable, rewritten
from responders.draft import CaseFacts, draft, needs_time, replies
from responders.estimate import estimates, hours
from responders.quoting import topic
from responders.wordings import Turn, turn

_log = logging.getLogger("madoguchi.intake")

_UNHAPPY = 2
"""Severity of a case whose customer is unhappy with how it ended, at the least."""

Messages = Sequence[tuple[m.Message, Mapping[Role, bytes]]]
Reviewed = tuple[Reply, Sequence[Finding]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A case that wants a draft: its unanswered messages, what each was found to be, and how it
    stood before."""

    case: m.Case
    messages: Messages
    judged: dict[int, Triage]
    stands: reading.Standing

    @property
    def last(self) -> m.Message:
        return self.messages[-1][0]

    def rewritable(self, made: moves.Answered, facts: Facts, *, fixed: bool) -> Rewritable:
        """Its draft as it may be rewritten, with what the guard knew of the case."""
        rows = tuple(row for row, _ in self.messages)
        earlier = filter(None, [self.stands.gravest])
        triages = (self.told, *self.judged.values(), *earlier)
        return Rewritable(made, self.case, rows, triages, facts, fixed)

    @property
    def told(self) -> Triage:
        """What the reply goes by."""
        earlier = [*filter(None, [self.stands.gravest])]
        told = _told(self.judged[self.last.pk], [*earlier, *self.judged.values()])
        if not self.stands.unhappy:
            return told
        # Whatever the few words of a survey look like, the matter is not at its end.
        severity = max(told.severity, _UNHAPPY)
        return replace(told, kind=Kind.COMPLAINT, severity=severity, missing=())


def drafted(wanted: Sequence[Wanted], index: Synced | None) -> list[moves.Answered]:
    """The draft for each of these cases, in their order. Without an `index` none is told of similar
    cases."""
    promised, turns = _promised(wanted), _turns(wanted)
    return rewritten(
        [
            _drafted(one, due, next_turn, index)
            for one, due, next_turn in zip(wanted, promised, turns, strict=True)
        ]
    )


def _promised(wanted: Sequence[Wanted]) -> list[Estimate]:
    """When each of these customers hears from us."""
    if not wanted:
        return []
    policy = load_policy(settings().policy)
    arrivals = [_arrival(policy, one) for one in wanted]
    found = estimates(policy, arrivals, now(), pace())
    return [
        _no_later(policy, one.stands.dues, case, estimate)
        for one, case, estimate in zip(wanted, arrivals, found, strict=True)
    ]


def _turns(wanted: Sequence[Wanted]) -> list[Turn]:
    """What chooses the wording of each reply, those of this batch counted too."""
    to_customers = written.to_customers(one.case for one in wanted)
    in_threads = written.in_threads(one.last for one in wanted)
    found = []
    for one in wanted:
        customer = account(one.case.channel, one.case.author)
        thread = written.thread(one.last) if one.last.visibility == Visibility.PUBLIC else ""
        counts = to_customers[customer], in_threads.setdefault(thread, 0)
        found.append(turn(customer, thread or one.case.receipt, *counts))
        to_customers[customer] += 1
        in_threads[thread] += bool(thread)
    return found


def _no_later(
    policy: Policy, dues: Sequence[datetime], case: Handled, estimate: Estimate
) -> Estimate:
    """Nobody waits longer for having written again; but what is promised for a sooner time than
    any is named must not be promised anew."""
    soonest = hours(policy, case).add_business(now(), policy.estimate.minimum)
    due = next((due for due in dues if due >= soonest), estimate.due)
    return replace(estimate, due=min(due, estimate.due))


def _arrival(policy: Policy, one: Wanted) -> Handled:
    return Handled(
        arrived=min(one.last.received_at, now()),
        answered=None,
        severity=one.told.severity,
        department=policy.department(one.told),
        channel=one.last.channel,
        category=one.told.cause or one.told.kind,
        length=len(one.last.new_text),
    )


def _drafted(one: Wanted, promised: Estimate, next_turn: Turn, index: Synced | None) -> Rewritable:
    policy = load_policy(settings().policy)
    (last, vectors), told = one.messages[-1], one.told
    case = facts_of(policy, one.case, told, last)
    facts = CaseFacts(
        receipt=one.case.receipt,
        channel=Channel(last.channel),
        visibility=Visibility(last.visibility),
        display_name=last.display_name,
        subject=topic(last.subject, one.case.subject),
        triage=told,
        due=promised.due if needs_time(told) else None,
        follow_up=one.stands.earlier,
        told=now(),
        came_over=one.stands.earlier and written.came_over(one.case, last),
        incident=_is_incident(one.case),
        fault_confirmed=one.case.fault_confirmed,
        invited=case.invited,
        opted_out=case.opted_out,
        network=network(last, one.case),
        turn=next_turn,
    )
    held = _prepared(policy, one, case)
    reply, findings = held or _sound(policy, facts, case)
    made = moves.Answered(
        case=one.case.pk,
        messages=one.judged,
        similar=_similar(index, vectors, one.case.pk),
        estimate=promised,
        reply=reply,
        findings=(*_late(policy, promised, reply), *findings),
        prepared=_over(policy, one, facts),
    )
    return one.rewritable(made, case, fixed=held is not None)


def _prepared(policy: Policy, one: Wanted, case: Facts) -> Reviewed | None:
    """The private message that was prepared with the public reply which the customer follows, where
    nothing graver was said since and nothing stands against it now."""
    held = threads.prepared(one.last)
    if held is None or _is_graver(one.told, held):
        return None
    said = held.prepared.get("due")
    reply = Reply(
        channel=Channel(one.last.channel),
        visibility=Visibility.PRIVATE,
        language=held.language,
        subject=held.prepared.get("subject", ""),
        body=reading.wording(held).private_body,
        due=datetime.fromisoformat(said) if said else None,
        severity=held.severity,
    )
    findings = judged(policy, reply, case)
    passed = reply.due is not None and reply.due <= now()
    return None if passed or any(found.blocking for found in findings) else (reply, findings)


def _is_graver(told: Triage, held: m.Draft) -> bool:
    """Whether more presses, or worse is said, than when a draft was made."""
    row = getattr(held.answers, "triage", None)
    before = Conduct(row.conduct) if row else Conduct.ORDINARY
    return told.severity > held.severity or told.conduct is not before


def _over(policy: Policy, one: Wanted, facts: CaseFacts) -> Reply | None:
    """The private message behind a public reply, for a customer who has not come over before and
    wants messages. Nobody knows on which day it is read, so its time is named by the date."""
    private = facts.visibility is Visibility.PRIVATE
    if private or facts.opted_out or threads.is_over(one.case):
        return None
    return replies(policy, replace(facts, told=None)).private


def _sound(policy: Policy, facts: CaseFacts, case: Facts) -> Reviewed:
    """The draft and what the guard says of it; what is stopped for the customer's own subject in
    it does without."""
    reply = draft(policy, facts)
    findings = judged(policy, reply, case)
    if not any(one.blocking for one in findings):
        return reply, findings
    plain = replace(draft(policy, replace(facts, subject="")), subject=reply.subject)
    return plain, judged(policy, plain, case)


def _is_incident(case: m.Case) -> bool:
    """True when so many tell of the same event that people were told."""
    return case.incident is not None and case.incident.state == IncidentState.ALERTED


def _late(policy: Policy, promised: Estimate, reply: Reply) -> Sequence[Finding]:
    """For the approver: the time named is later than the policy allows unseen."""
    if reply.due is None or not promised.beyond:
        return ()
    both = f"{promised.minutes}/{policy.estimate.maximum}"
    return (Finding(BEYOND_MAXIMUM, 0, 0, both, blocking=False),)


def _similar(
    index: Synced | None, vectors: Mapping[Role, bytes], case: int
) -> Sequence[SimilarCase]:
    try:
        return similar_cases(index, vectors, exclude=case) if vectors and index else ()
    except IndexUnavailable as error:
        # A reply does not wait for the index.
        _log.warning("%s; drafting without similar cases", error)
        return ()


def _told(last: Triage, unanswered: Sequence[Triage]) -> Triage:
    """What the reply goes by: the last words, unless graver ones are still unanswered, or ones that
    need an answer where the last only thank. An injury stays one when the next mail asks for a
    telephone number, and a threat a threat."""
    gravest = max(unanswered, key=_weight)
    conduct = max((found.conduct for found in unanswered), key=list(Conduct).index)
    told = last if _weight(last) == _weight(gravest) else gravest
    return replace(told, conduct=conduct, language=last.language)


def _weight(found: Triage) -> tuple[int, bool]:
    return found.severity, needs_time(found)
