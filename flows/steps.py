"""The steps of the intake: each takes keys, carries them through the rooms, and returns counts.

Free of Prefect, so that a terminal can run them where no server is. Each step takes only what is in
the state before it, in one transaction a batch: killed anywhere, the next run goes on.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from django.db import OperationalError, connections

from casebook import models as m
from casebook import moves, reading
from casebook.clock import now
from casebook.config import SourceTable, settings
from casebook.errors import MadoguchiError
from casebook.policy import load_policy
from casebook.types import Channel, Kind, RelationKind, Triage, Visibility
from connectors.registry import open_source
from enrich.clean import clean
from enrich.index import Index, opened, sync
from enrich.language import detect
from enrich.relate import WINDOW, relate
from enrich.similar import similar_cases
from enrich.triage import triage
from responders.draft import CaseFacts, draft, needs_time
from responders.estimate import estimate
from responders.guard import guard

if TYPE_CHECKING:
    from enrich.embed import Encoder

_log = logging.getLogger("madoguchi.intake")

ROLE = "worker"
"""Whose embedded shard the flows use; the desk has its own."""

Step = Callable[[list[int]], int]


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
            new += len(moves.record(name, batch.inbounds, batch.cursor))
            seen += len(batch.inbounds)
            for warning in batch.warnings:
                _log.warning("%s: %s", name, warning)
        if moves.poll_succeeded(name):
            _log.warning("%s: well again", name)
        return Polled(name, seen, new)
    finally:
        _leave_thread()


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
    silent = {row.pk: ", ".join(row.flags) for row, _ in found if row.flags}
    if silent:
        moves.ignore(silent)
    wanted = [(row, known) for row, known in found if row.pk not in silent]
    if not wanted:
        return len(silent)
    coder, policy = encoder(), load_policy(settings().policy)
    vectors = coder.documents([clean(known.text) for _, known in wanted])
    messages = [known for _, known in wanted]
    relations = relate(messages, reading.relatives(messages, WINDOW))
    moves.relate(
        [
            moves.Related(
                message=row.pk,
                relation=relation,
                language=detect(f"{row.subject}\n{row.new_text}", policy.language),
                vector=moves.Vector(coder.name, coder.dimensions, vector),
            )
            for (row, _), relation, vector in zip(wanted, relations, vectors, strict=True)
        ]
    )
    return len(found)


def _answer(keys: list[int]) -> int:
    model = settings().embedding.model
    cases = reading.to_answer(keys, model)
    earlier = reading.answered_before(cases)
    spam: dict[int, tuple[int, Triage]] = {}
    found: list[moves.Answered] = []
    with _index() as index:
        for case, messages in cases.items():
            judged = {row.pk: _judge(row) for row, _ in messages}
            last = messages[-1][0]
            if judged[last.pk].kind is Kind.SPAM and len(messages) == 1 and case.pk not in earlier:
                spam[case.pk] = (last.pk, judged[last.pk])
            elif case.pk in earlier and _only_duplicates(messages):
                found.append(moves.Answered(case.pk, judged))
            else:
                found.append(_drafted(case, messages, judged, index, case.pk in earlier))
    if spam:
        moves.discard(spam, "spam")
    return len(moves.answer(found))


def _judge(row: m.Message) -> Triage:
    words = load_policy(settings().policy).words
    return triage(words, row.subject, row.new_text, row.language)


def _only_duplicates(messages: Sequence[tuple[m.Message, bytes]]) -> bool:
    return all(row.relation.kind == RelationKind.DUPLICATE for row, _ in messages)


def _drafted(
    case: m.Case,
    messages: Sequence[tuple[m.Message, bytes]],
    judged: dict[int, Triage],
    index: Index,
    earlier: bool,
) -> moves.Answered:
    policy = load_policy(settings().policy)
    # What the customer wrote last is answered, as gravely as the gravest of what came with it.
    last, vector = messages[-1]
    gravest = max(judged.values(), key=lambda found: found.severity)
    told = judged[last.pk] if judged[last.pk].severity == gravest.severity else gravest
    promised = estimate(policy, told.severity, now())
    facts = CaseFacts(
        receipt=case.receipt,
        channel=Channel(last.channel),
        visibility=Visibility(last.visibility),
        display_name=last.display_name,
        subject=last.subject,
        triage=told,
        due=promised.due if needs_time(told) else None,
        follow_up=earlier,
    )
    reply = draft(policy, facts)
    return moves.Answered(
        case=case.pk,
        messages=judged,
        similar=similar_cases(index, vector, exclude=case.pk) if vector else (),
        estimate=promised,
        reply=reply,
        findings=guard(reply.body, needs_time=needs_time(told)),
    )


@cache
def encoder() -> Encoder:
    """The configured encoder, loaded once a process and only when a message waits."""
    from enrich.embed import Encoder

    table = settings().embedding
    return Encoder(table.model, table.batch_size)


@contextmanager
def _index() -> Iterator[Index]:
    found, model = settings(), settings().embedding.model
    with opened(found.index, found.var / "index", ROLE, model) as index:
        sync(index, reading.Vectors(model))
        yield index


def _table(name: str) -> SourceTable:
    return next(table for table in settings().sources if table.name == name)


def _leave_thread() -> None:
    # Django keeps a connection for each thread; a thread of a pool would leave its own open.
    if threading.current_thread() is not threading.main_thread():
        connections.close_all()


def _surviving(step: str, work: Step, keys: list[int]) -> int:
    """Do a batch; where it fails for a reason of its content, do its messages one by one, so that
    one bad message stops nobody else's. The third failure puts a message into quarantine."""
    try:
        return work(keys)
    except (MadoguchiError, OperationalError):
        raise
    except Exception as error:
        _log.warning("%s: a batch failed (%s); trying its messages alone", step, _name(error))
    finally:
        _leave_thread()
    done = 0
    for key in keys:
        try:
            done += work([key])
        except OperationalError:
            raise
        except Exception as error:
            attempts = settings().intake.attempts
            if moves.step_failed([key], step, _name(error), attempts):
                _log.warning("%s: message %d is in quarantine (%s)", step, key, _name(error))
    return done


def _name(error: Exception) -> str:
    # The text of an error may hold a customer's words; its kind and place do not.
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f" at {trace.tb_frame.f_code.co_name}:{trace.tb_lineno}" if trace else ""
    return f"{type(error).__name__}{place}"
