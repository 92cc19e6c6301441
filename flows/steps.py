"""The steps of the intake: each takes keys, carries them through the rooms, and returns counts.

Free of Prefect, so that a terminal can run them where no server is. Each step takes only what is in
the state before it, in one transaction a batch: killed anywhere, the next run goes on.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain

from django.db import connections

from casebook import models as m
from casebook import moves, reading, spaces, threads
from casebook.config import SourceTable, settings
from casebook.policy import load_policy
from casebook.states import MessageState
from casebook.types import (
    Conduct,
    Kind,
    KnownMessage,
    RelationKind,
    Role,
    Space,
    Triage,
    Visibility,
)
from connectors.bounces import bounce_of
from connectors.registry import open_source
from enrich.courtesy import is_courtesy
from enrich.encoders import Encoders, dimensions, loaded, usable
from enrich.encoders import wanted as wanted_spaces
from enrich.language import detect
from enrich.numbers import transactions
from enrich.relate import EVENT_WINDOW, WINDOW, read, relate
from flows.ahead import AHEAD
from flows.drafting import Messages, Wanted, drafted
from flows.shelf import SHELF
from flows.surviving import ENVIRONMENT, place

_log = logging.getLogger("madoguchi.intake")

_REASON = 1000
"""Characters of a bounce's reasons that are kept."""

_NAMED = 5
"""Cases that an alert names."""

_LOOKED_AHEAD = 1000
"""Messages of later batches that are read while this one's vectors are made."""

Step = Callable[[list[int]], int]
Incoming = tuple[m.Message, KnownMessage]


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
    for row, _ in found:
        _bounced(row)
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


def _bounced(row: m.Message) -> None:
    """A mail of ours that came back was not delivered, whatever we thought of it."""
    draft = threads.brought_back(row)
    if draft is None:
        return
    if moves.returned(draft.pk, row.pk, _why_returned(row)):
        _log.warning("draft %d came back undelivered: message %d", draft.pk, row.pk)


def _why_returned(row: m.Message) -> str:
    """What a bounce says of whom the mail did not reach, and why, in one line of hostile text."""
    raw = m.Raw.objects.filter(message=row.pk).first()
    bounce = bounce_of(bytes(raw.data)) if raw else None
    told = [
        " ".join(filter(None, (one.recipient, one.status, one.reason)))
        for one in (bounce.failures if bounce else ())
    ]
    return "; ".join(told)[:_REASON] or f"message {row.pk} brought it back"


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
    wanted: list[Wanted] = []
    triage = judge(encoders(), [pair for messages in cases.values() for pair in messages])
    index = SHELF.take(force)
    for case, messages in cases.items():
        judged = {row.pk: triage[row.pk] for row, _ in messages}
        stands = standing[case.pk]
        if not stands.earlier and _is_spam(messages, judged):
            spam[case.pk] = next(iter(judged.items()))
        elif _closes(messages, judged) or (
            stands.waiting and _only_duplicates(messages) and not _graver(judged, stands)
        ):
            found.append(moves.Answered(case.pk, judged))
        else:
            wanted.append(Wanted(case, messages, judged, stands))
    found += drafted(wanted, index)
    if spam:
        moves.discard(spam, "spam")
    return len(moves.answer(found))


def _is_spam(messages: Messages, judged: dict[int, Triage]) -> bool:
    (row, _), *more = messages
    found = judged[row.pk]
    sure = found.confidence.get("kind", 0.0) > load_policy(settings().policy).costs.spam.threshold
    return not more and not row.asked_for and found.kind is Kind.SPAM and sure


def _only_duplicates(messages: Messages) -> bool:
    return all(row.relation.kind == RelationKind.DUPLICATE for row, _ in messages)


def _closes(messages: Messages, judged: Mapping[int, Triage]) -> bool:
    """Whether all that was written answers a public reply of ours and holds no new matter: thanks,
    assent, an emoji. In public, nobody wants another answer to that."""
    return all(
        row.visibility == Visibility.PUBLIC
        and not row.asked_for
        and (is_courtesy(row.new_text) or judged[row.pk].kind is Kind.PRAISE)
        and threads.answers_ours(row)
        for row, _ in messages
    )


def _graver(judged: Mapping[int, Triage], stands: reading.Standing) -> bool:
    """Whether a repetition brings what the waiting reply does not answer: an injury, a threat."""
    order, before = list(Conduct).index, stands.gravest
    return before is None or any(
        found.severity > before.severity or order(found.conduct) > order(before.conduct)
        for found in judged.values()
    )


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
