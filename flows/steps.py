"""The steps of the intake: each takes keys, carries them through the rooms, and returns counts.

Free of Prefect, so that a terminal can run them where no server is. Each step takes only what is in
the state before it, in one transaction a batch: killed anywhere, the next run goes on.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain

from django.db import connections

from casebook import models as m
from casebook import moves, reading, spaces, written
from casebook.clock import now
from casebook.config import SourceTable, settings
from casebook.findings import Facts
from casebook.known import facts as facts_of
from casebook.policy import Policy, load_policy
from casebook.states import IncidentState, MessageState
from casebook.timing import Handled
from casebook.types import (
    Channel,
    Conduct,
    Estimate,
    Finding,
    Kind,
    KnownMessage,
    RelationKind,
    Reply,
    Role,
    SimilarCase,
    Space,
    Triage,
    Visibility,
)
from connectors.registry import open_source
from enrich.encoders import Encoders, dimensions, loaded, usable
from enrich.encoders import wanted as wanted_spaces
from enrich.index import IndexUnavailable, Synced
from enrich.language import detect
from enrich.numbers import transactions
from enrich.relate import EVENT_WINDOW, WINDOW, read, relate
from enrich.similar import similar_cases
from flows.ahead import AHEAD
from flows.guarding import judged
from flows.pacing import pace
from flows.rewriting import Rewritable, rewritten
from flows.shelf import SHELF
from flows.surviving import ENVIRONMENT, place
from responders.draft import CaseFacts, draft, needs_time
from responders.estimate import estimates, hours
from responders.quoting import topic
from responders.wordings import Turn, turn

_log = logging.getLogger("madoguchi.intake")

_NAMED = 5
"""Cases that an alert names."""

_UNHAPPY = 2
"""Severity of a case whose customer is unhappy with how it ended, at the least."""

_LOOKED_AHEAD = 1000
"""Messages of later batches that are read while this one's vectors are made."""

Step = Callable[[list[int]], int]
Incoming = tuple[m.Message, KnownMessage]
Messages = Sequence[tuple[m.Message, Mapping[Role, bytes]]]


@dataclass(frozen=True, slots=True)
class Polled:
    """What one poll of a source brought: messages seen, and new ones among them."""

    source: str
    seen: int
    new: int


def poll(name: str) -> Polled:
    """Poll one source and record what is new, batch by batch with its cursor.

    Raises ConnectorError; what was recorded before it stays.
    """
    table = _table(name)
    source = open_source(table)
    try:
        row = m.Source.objects.get_or_create(name=name)[0]
        seen = new = 0
        for batch in source.poll(row.cursor):
            found = len(moves.record(name, batch.inbounds, batch.cursor))
            if found and not new:
                AHEAD.load(encoders())
            new, seen = new + found, seen + len(batch.inbounds)
            for warning in batch.warnings:
                _log.warning("%s: %s", name, warning)
        if moves.poll_succeeded(name):
            _log.warning("%s: well again", name)
        return Polled(name, seen, new)
    finally:
        leave_thread()


def relate_batch(keys: list[int]) -> int:
    """RECEIVED → RELATED (or IGNORED): clean, tell the language, embed, relate. Returns how many
    messages moved."""
    return _surviving("relate", _relate, keys)


def answer_batch(keys: list[int]) -> int:
    """RELATED → ANSWERED (or IGNORED): triage, similar cases, estimate, draft, guard, queue.
    Returns how many drafts were queued."""
    return _surviving("answer", _answer, keys)


def _relate(keys: list[int]) -> int:
    found = reading.incoming(keys)
    silent = {row.pk: reason for row, _ in found if (reason := _unanswerable(row))}
    if silent:
        moves.ignore(silent)
    wanted = [(row, known) for row, known in found if row.pk not in silent]
    if not wanted:
        return len(silent)
    coders, policy = encoders(), load_policy(settings().policy)
    texts = {row.pk: _text(known) for row, known in wanted}
    meanwhile = _meanwhile(coders, chain(wanted, _following(keys)), policy.language)
    vectors = AHEAD.vectors(coders, texts, meanwhile)
    AHEAD.begin(coders, {row.pk: _text(known) for row, known in _coming(keys)})
    orders = [transactions(text) for text in texts.values()]
    messages = [
        replace(known, vector=made[Role.MEANING])
        for (_, known), made in zip(wanted, vectors, strict=True)
    ]
    known = reading.relatives(
        messages,
        window=WINDOW,
        event_window=EVENT_WINDOW,
        orders=frozenset().union(*orders),
        space=coders.spaces[Role.MEANING],
    )
    alerted = moves.relate(
        [
            moves.Related(
                message=row.pk,
                relation=relation,
                language=_language(row, policy.language),
                vectors=tuple(
                    moves.Vector(coders.spaces[role], dimensions(role, vector), vector)
                    for role, vector in made.items()
                ),
                orders=named,
            )
            for (row, _), relation, made, named in zip(
                wanted, relate(messages, known), vectors, orders, strict=True
            )
        ],
        alert_at=policy.incidents.voices,
    )
    for incident in alerted:
        _log.warning("%s", _alert(incident))
    return len(found)


def _coming(keys: list[int]) -> list[Incoming]:
    """The messages of the next batch."""
    if len(keys) == 1:
        return []
    return reading.incoming(reading.in_state(MessageState.RECEIVED, len(keys), after=keys[-1]))


def _following(keys: list[int]) -> Iterator[Incoming]:
    """The messages of the next batches, as far as they are looked at ahead of their turn."""
    for _ in range(_LOOKED_AHEAD // len(keys)):
        keys = reading.in_state(MessageState.RECEIVED, len(keys), after=keys[-1])
        if not keys:
            return
        yield from reading.incoming(keys)


def _meanwhile(coders: Encoders, rows: Iterable[Incoming], language: str) -> Iterator[None]:
    """What needs no vectors, step by step while those are being made; it is at hand later."""
    for row, known in rows:
        _language(row, language)
        yield from read([known])
    # An idle run needs none of its patterns.
    from flows.judging import ready

    ready(coders)
    yield


def _language(row: m.Message, default: str) -> str:
    return detect(f"{row.subject}\n{row.new_text}", default)


def _text(known: KnownMessage) -> str:
    return reading.embedded(known.subject, known.body)


def _alert(incident: m.Incident) -> str:
    """One line that tells people of an event; it shows no customer's words."""
    voices = incident.cases.order_by("pk").values_list("receipt", flat=True)
    first, count = incident.case, len(voices)
    named = ", ".join(voices[:_NAMED]) + (", …" if count > _NAMED else "")
    opened = first.opened_at.isoformat(timespec="minutes") if first else ""
    return f"incident {incident.pk}: {count} customers write of one event since {opened} ({named})"


def _unanswerable(row: m.Message) -> str:
    """Why a message gets no reply; empty where it gets one. Nobody can ask for the impossible."""
    if not row.author:
        return "no sender"
    return "" if row.asked_for else ", ".join(row.flags)


def _answer(keys: list[int]) -> int:
    force = _in_force()
    # An idle run needs none of its patterns.
    from flows.judging import judge

    cases = reading.to_answer(keys, {role: space.name for role, space in force.items()})
    standing = reading.standing(cases)
    spam: dict[int, tuple[int, Triage]] = {}
    found: list[moves.Answered] = []
    wanted: list[_Wanted] = []
    triage = judge(encoders(), [pair for messages in cases.values() for pair in messages])
    index = SHELF.take(force)
    for case, messages in cases.items():
        judged = {row.pk: triage[row.pk] for row, _ in messages}
        stands = standing[case.pk]
        if not stands.earlier and _is_spam(messages, judged):
            spam[case.pk] = next(iter(judged.items()))
        elif stands.waiting and _only_duplicates(messages) and not _graver(judged, stands):
            found.append(moves.Answered(case.pk, judged))
        else:
            wanted.append(_Wanted(case, messages, judged, stands))
    promised, turns = _promised(wanted), _turns(wanted)
    found += rewritten(
        [
            _drafted(one, due, next_turn, index)
            for one, due, next_turn in zip(wanted, promised, turns, strict=True)
        ]
    )
    if spam:
        moves.discard(spam, "spam")
    return len(moves.answer(found))


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A case that wants a draft: its unanswered messages, what each was found to be, and how it
    stood before."""

    case: m.Case
    messages: Messages
    judged: dict[int, Triage]
    stands: reading.Standing

    @property
    def last(self) -> m.Message:
        return self.messages[-1][0]

    def rewritable(self, made: moves.Answered, facts: Facts) -> Rewritable:
        """Its draft as it may be rewritten, with what the guard knew of the case."""
        rows = tuple(row for row, _ in self.messages)
        earlier = filter(None, [self.stands.gravest])
        triages = (self.told, *self.judged.values(), *earlier)
        return Rewritable(made, self.case, rows, triages, facts)

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


def _promised(wanted: Sequence[_Wanted]) -> list[Estimate]:
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


def _turns(wanted: Sequence[_Wanted]) -> list[Turn]:
    """What chooses the wording of each reply, those of this batch counted too."""
    to_customers = written.to_customers(one.case for one in wanted)
    in_threads = written.in_threads(one.last for one in wanted)
    found = []
    for one in wanted:
        customer = (one.case.channel, one.case.author)
        thread = written.thread(one.last) if one.last.visibility == Visibility.PUBLIC else ""
        counts = to_customers.setdefault(customer, 0), in_threads.setdefault(thread, 0)
        found.append(turn(":".join(customer), thread or one.case.receipt, *counts))
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


def _arrival(policy: Policy, one: _Wanted) -> Handled:
    return Handled(
        arrived=min(one.last.received_at, now()),
        answered=None,
        severity=one.told.severity,
        department=policy.department(one.told),
        channel=one.last.channel,
        category=one.told.cause or one.told.kind,
        length=len(one.last.new_text),
    )


def _is_spam(messages: Messages, judged: dict[int, Triage]) -> bool:
    (row, _), *more = messages
    found = judged[row.pk]
    sure = found.confidence.get("kind", 0.0) > load_policy(settings().policy).costs.spam.threshold
    return not more and not row.asked_for and found.kind is Kind.SPAM and sure


def _only_duplicates(messages: Messages) -> bool:
    return all(row.relation.kind == RelationKind.DUPLICATE for row, _ in messages)


def _graver(judged: Mapping[int, Triage], stands: reading.Standing) -> bool:
    """Whether a repetition brings what the waiting reply does not answer: an injury, a threat."""
    order, before = list(Conduct).index, stands.gravest
    return before is None or any(
        found.severity > before.severity or order(found.conduct) > order(before.conduct)
        for found in judged.values()
    )


def _drafted(one: _Wanted, promised: Estimate, next_turn: Turn, index: Synced | None) -> Rewritable:
    policy = load_policy(settings().policy)
    (last, vectors), told = one.messages[-1], one.told
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
        turn=next_turn,
    )
    known = facts_of(policy, one.case, told)
    reply, findings = _sound(policy, facts, known)
    made = moves.Answered(
        case=one.case.pk,
        messages=one.judged,
        similar=_similar(index, vectors, one.case.pk),
        estimate=promised,
        reply=reply,
        findings=(*_late(policy, promised, reply), *findings),
    )
    return one.rewritable(made, known)


def _sound(policy: Policy, facts: CaseFacts, case: Facts) -> tuple[Reply, Sequence[Finding]]:
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
    told = (
        f"The time named is {promised.minutes:,} minutes of business time away; the policy's "
        f"maximum is {policy.estimate.maximum:,}. Can somebody answer sooner?"
    )
    return (Finding("beyond_maximum", 0, 0, told, blocking=False),)


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


def encoders() -> Encoders:
    """What makes vectors in the spaces in force; models are loaded once a process, and only when a
    message waits."""
    size = settings().embedding.batch_size
    return loaded(_in_force(), size, lambda: spaces.fitted(Role.HISTORY))


def _in_force() -> dict[Role, Space]:
    return moves.in_force(wanted_spaces(settings().embedding.model), usable)


def _table(name: str) -> SourceTable:
    return next(table for table in settings().sources if table.name == name)


def leave_thread() -> None:
    """Close what a step has opened in a pool's thread: Django keeps a connection for each."""
    if threading.current_thread() is not threading.main_thread():
        connections.close_all()


def _surviving(step: str, work: Step, keys: list[int]) -> int:
    """Do a batch; where it fails for a reason of its content, do its messages one by one, so that
    one bad message stops nobody else's. The last allowed failure puts it into quarantine."""
    try:
        return work(keys)
    except ENVIRONMENT:
        raise
    except Exception as error:
        _log.warning("%s: a batch failed (%s); trying its messages alone", step, place(error))
        return sum(_alone(step, work, key) for key in keys)
    finally:
        leave_thread()


def _alone(step: str, work: Step, key: int) -> int:
    try:
        return work([key])
    except ENVIRONMENT:
        raise
    except Exception as error:
        if moves.step_failed([key], step, place(error), settings().intake.attempts):
            _log.warning("%s: message %d is in quarantine (%s)", step, key, place(error))
        return 0
