"""Questions to the record. Nothing here changes it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from django.db.models import Case, Exists, F, Max, OuterRef, Q, QuerySet, When
from django.db.models.functions import Coalesce

from casebook import models as m
from casebook.clock import now
from casebook.config import SourceTable
from casebook.receipt import find_receipts, without_receipts
from casebook.resolved import unhappy
from casebook.rows import triage_value
from casebook.states import DraftState, MessageState, PromiseState
from casebook.threads import names_of, threads_of
from casebook.timing import About, Purpose
from casebook.types import (
    NETWORKS,
    Asked,
    Channel,
    Conduct,
    Direction,
    Kind,
    KnownMessage,
    RelationKind,
    Role,
    Triage,
)

_RELATIVES = 5_000
"""Messages that a batch is compared with at the most, of each way to them; more come from
machines."""

_NEAR_MESSAGES = 10_000
"""Newest messages whose meaning a batch is compared with."""

_NEAREST = 8
"""Messages near in meaning that each message is compared with in full."""

_NEAR = 0.3
"""Cosine below which a message is not near in meaning."""

_QUOTED = 20
"""Receipt numbers of one message that count."""

EXCERPT = 200
"""Characters of a message that stand for it."""

_JITTER_SECONDS = 30
"""A run may come a little early against the last one; a source is due all the same."""


def due(tables: Iterable[SourceTable], at: datetime) -> list[str]:
    """The names of the enabled sources whose interval has passed and that may be asked again."""
    rows = {row.name: row for row in m.Source.objects.all()}
    return [table.name for table in tables if table.enabled and _due(table, rows, at)]


def _due(table: SourceTable, rows: dict[str, m.Source], at: datetime) -> bool:
    row = rows.get(table.name)
    if row is None or row.polled_at is None:
        return True
    if row.not_before is not None:
        return row.not_before <= at
    slack = min(table.interval / 2, _JITTER_SECONDS)
    return row.polled_at + timedelta(seconds=table.interval - slack) <= at


def in_state(state: MessageState, limit: int, after: int = 0) -> list[int]:
    """The keys of the messages in `state` above the key `after`, oldest first."""
    rows = m.Message.objects.filter(state=state, pk__gt=after).order_by("pk")
    return list(rows.values_list("pk", flat=True)[:limit])


def state_count(state: MessageState) -> int:
    """How many messages are in `state`."""
    return m.Message.objects.filter(state=state).count()


def incoming(keys: Sequence[int]) -> list[tuple[m.Message, KnownMessage]]:
    """The RECEIVED messages among `keys` in the order of arrival, and as relations need them."""
    rows = m.Message.objects.filter(pk__in=keys, state=MessageState.RECEIVED).order_by("pk")
    quoted = {row.pk: _quoted(row) for row in rows}
    numbers = {number for found in quoted.values() for number in found}
    cases = by_receipt(numbers)
    threads = threads_of(list(rows))
    return [
        (
            row,
            replace(
                _known(row, {n: cases[n] for n in quoted[row.pk] if n in cases}),
                thread=threads[row.pk],
            ),
        )
        for row in rows
    ]


def by_receipt(numbers: Iterable[str]) -> dict[str, int]:
    """The cases (keys) that receipt numbers stand for: a case's own, that of one that was merged
    into it, and one that an author was told of a message which turned out to belong to a case that
    is known."""
    wanted = set(numbers)
    told = m.Message.objects.filter(receipt__in=wanted, case__isnull=False)
    found = {number: case for number, case in told.values_list("receipt", "case_id") if number}
    standing = Coalesce("merged_into", "pk")
    return found | dict(m.Case.objects.filter(receipt__in=wanted).values_list("receipt", standing))


def relatives(
    messages: Sequence[KnownMessage],
    *,
    window: timedelta,
    event_window: timedelta,
    orders: Collection[str],
    space: str,
) -> list[KnownMessage]:
    """The messages that any of `messages` may belong to, oldest first, with their vectors in
    `space`.

    They are those of their threads and of the cases that they quote, those of the same authors up
    to `window` before, those that name one of the `orders`, the nearest in meaning up to
    `event_window` before, and what else their cases hold. How much is on record changes little.
    """
    if not messages:
        return []
    oldest = min(message.at for message in messages)
    ours = m.Message.objects.filter(direction=Direction.IN, case__isnull=False)
    # SQLite takes 32,766 values in one question.
    numbers = sorted(orders)
    ways = (
        Q(message_id__in={name for message in messages for name in message.thread}),
        Q(case__in={case for message in messages for case in message.receipts.values()}),
        Q(
            author__in={message.author.partition(":")[2] for message in messages},
            received_at__gte=oldest - window,
        ),
        *(
            Q(order_numbers__number__in=numbers[at : at + 5_000])
            for at in range(0, len(numbers), 5_000)
        ),
        Q(pk__in=_near(messages, space, oldest - event_window)),
    )
    found = {
        pk: case
        for way in ways
        for pk, case in ours.filter(way).order_by("-pk").values_list("pk", "case_id")[:_RELATIVES]
    }
    beside = ours.filter(case__in=set(found.values())).order_by("-pk").values_list("pk", flat=True)
    rows = ours.filter(pk__in=found.keys() | set(beside[:_RELATIVES]))
    return _with_vectors(rows.order_by("pk").defer("text", "defects", "recipients"), space)


def _with_vectors(rows: Iterable[m.Message], space: str) -> list[KnownMessage]:
    known = [_known(row, {}) for row in rows]
    keys = [message.key for message in known]
    held = m.Embedding.objects.filter(message__in=keys, space=space)
    vectors = dict(held.values_list("message__pk", "vector"))
    incidents = m.Relation.objects.filter(message__in=keys, kind=RelationKind.INCIDENT)
    voices = dict(incidents.values_list("message__pk", "of_message__pk"))
    return [
        replace(
            message,
            vector=bytes(vectors.get(message.key, b"")),
            voice_of=voices.get(message.key),
        )
        for message in known
    ]


def _near(messages: Sequence[KnownMessage], space: str, since: datetime) -> set[int]:
    """The messages that came since then and are nearest in meaning to each of `messages`: by SQL
    and a product of matrices, so that no index can be in the way."""
    wanted = [message.vector for message in messages if message.vector]
    newest = m.Message.objects.filter(
        direction=Direction.IN, case__isnull=False, received_at__gte=since
    ).order_by("-received_at")[:_NEAR_MESSAGES]
    # By the messages' keys: a database that begins with the space reads the whole record.
    held = m.Embedding.objects.filter(message__in=newest.values("pk"), space=space)
    size = len(wanted[0]) if wanted else 0
    found = held.values_list("message__pk", "vector") if wanted else ()
    rows = [(key, bytes(vector)) for key, vector in found if len(vector) == size]
    if not rows:
        return set()
    import numpy as np

    matrix = np.frombuffer(b"".join(vector for _, vector in rows), "<f2").astype(np.float32)
    these = np.frombuffer(b"".join(wanted), "<f2").astype(np.float32)
    scores = these.reshape(len(wanted), -1) @ matrix.reshape(len(rows), -1).T
    count = min(_NEAREST, len(rows))
    places = np.argpartition(-scores, count - 1, axis=1)[:, :count]
    near = np.take_along_axis(scores, places, axis=1) >= _NEAR
    return {rows[place][0] for place in places[near].tolist()}


def _quoted(row: m.Message) -> tuple[str, ...]:
    return find_receipts("\n".join((row.subject, row.new_text, *row.recipients)))[:_QUOTED]


def _account(row: m.Message) -> str:
    """What is the same for the same account alone. One name on two channels may be two people; on
    one network, the public and the private posts of an account are one person's."""
    if not row.author:
        return ""
    network = row.channel in NETWORKS and row.source_id is not None
    return f"{row.source_id if network else row.channel}:{row.author}"


def _known(row: m.Message, receipts: dict[str, int]) -> KnownMessage:
    return KnownMessage(
        key=row.pk,
        case=row.case_id,
        author=_account(row),
        # A mailbox that is read for the first time holds mails of many days; a date may lie.
        at=min(row.sent_at or row.received_at, row.received_at),
        subject=row.subject,
        body=row.new_text,
        message_id=row.message_id,
        thread=names_of(row),
        receipts=receipts,
    )


def to_answer(
    keys: Sequence[int], spaces: Mapping[Role, str]
) -> dict[m.Case, list[tuple[m.Message, dict[Role, bytes]]]]:
    """The RELATED messages among `keys` by their cases, oldest first, with their vectors in these
    spaces."""
    rows = (
        m.Message.objects.filter(pk__in=keys, state=MessageState.RELATED)
        .select_related("case__incident", "relation", "correction")
        .order_by("pk")
    )
    roles = {space: role for role, space in spaces.items()}
    vectors: dict[int, dict[Role, bytes]] = defaultdict(dict)
    held = m.Embedding.objects.filter(message__in=[row.pk for row in rows], space__in=list(roles))
    for message, space, vector in held.values_list("message__pk", "space", "vector"):
        vectors[message][roles[space]] = bytes(vector)
    found: dict[m.Case, list[tuple[m.Message, dict[Role, bytes]]]] = {}
    for row in rows:
        assert row.case is not None
        found.setdefault(row.case, []).append((row, vectors[row.pk]))
    return found


@dataclass(frozen=True, slots=True)
class Standing:
    """How a case stands before it is answered again.

    `earlier`: messages of it were dealt with before. `waiting`: a reply to it waits for approval or
    for its sending. `dues` are the times to come, the earliest first, that such a reply names or
    for which the answer is promised already. `gravest` is the gravest triage among messages that no
    sent reply has answered yet, of equal ones what is more than praise, with their worst conduct.
    `unhappy`: the customer said that it did not end well, and got no reply since.
    """

    earlier: bool = False
    waiting: bool = False
    dues: tuple[datetime, ...] = ()
    gravest: Triage | None = None
    unhappy: bool = False


def gravest_of(cases: Collection[int]) -> dict[int, Triage]:
    """By case: what the gravest message is that no reply has answered yet, with the worst conduct
    of all of them; cases without one are left out."""
    gravest: dict[int, Triage] = {}
    more = Case(When(triage__kind=Kind.PRAISE, then=0), default=1)
    rising = _unanswered(cases).select_related("triage").order_by("triage__severity", more, "pk")
    for row in rising:
        assert row.case_id is not None
        found = triage_value(row.triage)
        before = gravest.get(row.case_id, found).conduct
        conduct = max(before, found.conduct, key=list(Conduct).index)
        gravest[row.case_id] = replace(found, conduct=conduct)
    return gravest


def unsettled(case: int) -> bool:
    """Whether a draft of a case (its key) waits for approval, or a promise to its customer is
    open."""
    waits = m.Draft.objects.filter(case=case, state=DraftState.PENDING)
    promised = m.Promise.objects.filter(case=case, state=PromiseState.OPEN)
    return waits.exists() or promised.exists()


def once_gravest(case: int) -> int:
    """The highest severity from which people corrected a message of a case (its key) that no reply
    has answered yet; 0 where there is none."""
    found: int | None = _unanswered([case]).aggregate(most=Max("triage__gravest"))["most"]
    return found or 0


def _unanswered(cases: Collection[int]) -> QuerySet[m.Message]:
    rows = m.Message.objects.filter(case__in=cases, state=MessageState.ANSWERED)
    # The first answer is on the case; later ones answer what was there when they were approved.
    later = m.Draft.objects.filter(
        case=OuterRef("case"),
        state=DraftState.SENT,
        purpose__in=[Purpose.REPLY, Purpose.PROGRESS],
        decided_at__gte=OuterRef("received_at"),
    )
    return rows.filter(~Exists(later), triage__isnull=False).exclude(
        case__replied_at__isnull=False, received_at__lte=F("case__replied_at")
    )


def standing(cases: Iterable[m.Case]) -> dict[int, Standing]:
    """How these cases stand, by key."""
    keys = [case.pk for case in cases]
    drafts = m.Draft.objects.filter(
        case__in=keys, state__in=[DraftState.PENDING, DraftState.APPROVED, DraftState.SENDING]
    ).exclude(purpose__in=[Purpose.DELAY, Purpose.FOLLOW_UP, Purpose.PROGRESS])
    disappointed = unhappy(keys)
    promises = m.Promise.objects.filter(case__in=keys, about=About.ANSWER, state=PromiseState.OPEN)
    waiting = list(drafts.values_list("case__pk", "due"))
    dues: dict[int, list[datetime]] = defaultdict(list)
    for case, due in chain(waiting, promises.values_list("case__pk", "due")):
        dues[case].extend([due] if due and due > now() else [])
    replied = {case for case, _ in waiting}
    rows = m.Message.objects.filter(case__in=keys, state=MessageState.ANSWERED)
    earlier = set(rows.values_list("case__pk", flat=True))
    gravest = gravest_of(keys)
    return {
        key: Standing(
            earlier=key in earlier,
            waiting=key in replied,
            dues=tuple(sorted(dues[key])),
            gravest=gravest.get(key),
            unhappy=key in disappointed,
        )
        for key in keys
    }


def asked(row: m.Message) -> Asked:
    """A message as triage needs it, without its vector."""
    return _asked(row, row.new_text)


def embedded(subject: str, text: str) -> str:
    """What is embedded of a message: its subject, a line break, what it newly says."""
    return without_receipts(f"{subject}\n{text}")


def corrections() -> list[tuple[int, Asked, dict[str, Any]]]:
    """What people corrected, oldest first: its key, the text, and the labels that they gave."""
    return [
        (row.pk, _asked(row, row.text), row.expect) for row in m.Correction.objects.order_by("pk")
    ]


def _asked(row: m.Message | m.Correction, text: str) -> Asked:
    subject = without_receipts(row.subject)
    return Asked(subject, without_receipts(text), row.language, Channel(row.channel))


def triage_version(space: str) -> datetime | None:
    """When the triage in force for vectors of this space was made; None where none is."""
    return m.TriageModel.objects.filter(space=space).values_list("made_at", flat=True).first()


def triage_model(space: str) -> bytes | None:
    """The fitted heads in force for vectors of this space; None where none are."""
    row = m.TriageModel.objects.filter(space=space).values_list("data", flat=True).first()
    return None if row is None else bytes(row)


def queue(states: Sequence[DraftState] = (DraftState.PENDING,)) -> list[m.Draft]:
    """Drafts in these states, what presses most first: severity, then the time they name."""
    rows = m.Draft.objects.filter(state__in=states).select_related(
        "case", "answers", "answers__triage", "estimate"
    )
    return list(rows.order_by("-severity", "due", "pk"))


def title(case: m.Case) -> str:
    """What a case is called: its subject, else the beginning of its first message."""
    if case.subject.strip():
        return case.subject
    first = case.messages.filter(direction=Direction.IN).order_by("pk").first()
    return first.new_text[:EXCERPT] if first else ""


def solution(case: m.Case) -> str:
    """How a case was solved: its resolution, else the beginning of what was answered last."""
    return case.resolution if case.resolution.strip() else answer(case)


def solutions(cases: Sequence[m.Case]) -> dict[int, str]:
    """How these cases were solved, by key, as `solution` says it of one."""
    untold = answers([case for case in cases if not case.resolution.strip()])
    return {case.pk: untold.get(case.pk, case.resolution) for case in cases}


def answer(case: m.Case) -> str:
    """The beginning of what the customer was answered last; empty where nothing went out."""
    return answers([case]).get(case.pk, "")


def answers(cases: Sequence[m.Case]) -> dict[int, str]:
    """The beginnings of what the customers of these cases were answered last, by key; none where
    nothing went out."""
    ours = m.Message.objects.filter(case__in=cases, direction=Direction.OUT)
    lasts = ours.order_by().values("case").annotate(last=Max("pk")).values("last")
    rows = m.Message.objects.filter(pk__in=lasts).values_list("case_id", "new_text")
    return {case: text[:EXCERPT] for case, text in rows if case is not None}


def wording(draft: m.Draft) -> m.DraftVersion:
    """The version of a draft that is in force."""
    return draft.versions.get(number=draft.version)
