"""Questions to the record. Nothing here changes it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db.models import F, Q, QuerySet

from casebook import models as m
from casebook.config import SourceTable
from casebook.receipt import find_receipts
from casebook.rows import triage_value
from casebook.states import CaseState, DraftState, MessageState
from casebook.types import Conduct, Direction, KnownMessage, Point, Triage

_RELATIVES = 5_000
"""Messages that a batch is compared with at the most; more come from machines."""

_EXCERPT = 200
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
    cases = dict(m.Case.objects.filter(receipt__in=numbers).values_list("receipt", "pk"))
    return [(row, _known(row, {n: cases[n] for n in quoted[row.pk] if n in cases})) for row in rows]


def relatives(messages: Sequence[KnownMessage], window: timedelta) -> list[KnownMessage]:
    """The messages that any of `messages` may belong to, oldest first: those of their threads, and
    those of the same authors up to `window` before."""
    if not messages:
        return []
    authors = {message.author for message in messages if message.author}
    threads = {name for message in messages for name in message.thread}
    oldest = min(message.at for message in messages) - window
    rows = m.Message.objects.filter(
        Q(message_id__in=threads) | Q(author__in=authors, received_at__gte=oldest),
        case__isnull=False,
        direction=Direction.IN,
    )
    newest = rows.order_by("-pk").defer("text", "defects", "recipients")[:_RELATIVES]
    return [_known(row, {}) for row in reversed(newest)]


def _quoted(row: m.Message) -> tuple[str, ...]:
    return find_receipts("\n".join((row.subject, row.new_text, *row.recipients)))


def _known(row: m.Message, receipts: dict[str, int]) -> KnownMessage:
    names = [*row.references, row.in_reply_to]
    return KnownMessage(
        key=row.pk,
        case=row.case_id,
        author=row.author,
        # A mailbox that is read for the first time holds mails of many days; a date may lie.
        at=min(row.sent_at or row.received_at, row.received_at),
        subject=row.subject,
        body=row.new_text,
        message_id=row.message_id,
        thread=tuple(dict.fromkeys(name for name in names if name)),
        receipts=receipts,
    )


def to_answer(keys: Sequence[int], model: str) -> dict[m.Case, list[tuple[m.Message, bytes]]]:
    """The RELATED messages among `keys` by their cases, oldest first, with their vectors under
    `model` (empty bytes where there is none)."""
    rows = (
        m.Message.objects.filter(pk__in=keys, state=MessageState.RELATED)
        .select_related("case", "relation")
        .order_by("pk")
    )
    vectors = dict(
        m.Embedding.objects.filter(message__in=[row.pk for row in rows], model=model).values_list(
            "message__pk", "vector"
        )
    )
    found: dict[m.Case, list[tuple[m.Message, bytes]]] = {}
    for row in rows:
        assert row.case is not None
        found.setdefault(row.case, []).append((row, bytes(vectors.get(row.pk, b""))))
    return found


@dataclass(frozen=True, slots=True)
class Standing:
    """How a case stands before it is answered again.

    `earlier`: messages of it were dealt with before. `waiting`: a reply to it waits for approval or
    for its sending, and `due` is the earliest time that such a reply names. `gravest` is the
    gravest triage among messages that no sent reply has answered yet, with their worst conduct.
    """

    earlier: bool = False
    waiting: bool = False
    due: datetime | None = None
    gravest: Triage | None = None


def standing(cases: Iterable[m.Case]) -> dict[int, Standing]:
    """How these cases stand, by key."""
    keys = [case.pk for case in cases]
    drafts = m.Draft.objects.filter(
        case__in=keys, state__in=[DraftState.PENDING, DraftState.APPROVED, DraftState.SENDING]
    )
    dues: dict[int, list[datetime]] = {}
    for case, due in drafts.values_list("case__pk", "due"):
        dues.setdefault(case, []).extend([due] if due else [])
    rows = m.Message.objects.filter(case__in=keys, state=MessageState.ANSWERED)
    earlier = set(rows.values_list("case__pk", flat=True))
    unanswered = rows.filter(triage__isnull=False).exclude(
        case__replied_at__isnull=False, received_at__lte=F("case__replied_at")
    )
    gravest: dict[int, Triage] = {}
    for row in unanswered.select_related("triage").order_by("triage__severity", "pk"):
        assert row.case_id is not None
        found = triage_value(row.triage)
        before = gravest.get(row.case_id, found).conduct
        conduct = max(before, found.conduct, key=list(Conduct).index)
        gravest[row.case_id] = replace(found, conduct=conduct)
    return {
        key: Standing(
            earlier=key in earlier,
            waiting=key in dues,
            due=min(dues.get(key, []), default=None),
            gravest=gravest.get(key),
        )
        for key in keys
    }


class Vectors:
    """The record's vectors under one model, as an index takes them (`enrich.index.Record`)."""

    def __init__(self, model: str) -> None:
        """`model` is the embedding model's name."""
        self._rows = m.Embedding.objects.filter(model=model, message__case__isnull=False)

    def since(self, revision: int) -> Iterator[Point]:
        """The points above a revision, in rising order."""
        return self._points(self._rows.filter(revision__gt=revision))

    def count(self) -> int:
        """How many messages have a point."""
        return self._rows.count()

    def keys(self) -> set[int]:
        """All messages that have a point."""
        return set(self._rows.values_list("message__pk", flat=True))

    def only(self, messages: set[int]) -> Iterator[Point]:
        """The points of these messages."""
        wanted = sorted(messages)
        for start in range(0, len(wanted), 500):
            yield from self._points(self._rows.filter(message__in=wanted[start : start + 500]))

    def _points(self, rows: QuerySet[m.Embedding]) -> Iterator[Point]:
        over = (CaseState.RESOLVED, CaseState.CLOSED)
        values = rows.order_by("revision").values_list(
            "message__pk", "message__case", "message__case__state", "message__case__replied_at",
            "message__case__origin", "revision", "vector",
        )  # fmt: skip
        found = values.iterator(chunk_size=1000)
        for message, case, state, replied, origin, revision, vector in found:
            settled = state in over and (replied is not None or origin is not None)
            yield Point(message, case, settled, revision, bytes(vector))


def without_vector(model: str) -> QuerySet[m.Message]:
    """Customers' messages of a case that have no vector under `model`, oldest first."""
    rows = m.Message.objects.filter(direction=Direction.IN, case__isnull=False)
    return rows.exclude(embeddings__model=model).order_by("pk")


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
    return first.new_text[:_EXCERPT] if first else ""


def solution(case: m.Case) -> str:
    """How a case was solved: its resolution, else the beginning of what was answered last."""
    if case.resolution.strip():
        return case.resolution
    last = case.messages.filter(direction=Direction.OUT).order_by("-pk").first()
    return last.new_text[:_EXCERPT] if last else ""


def wording(draft: m.Draft) -> m.DraftVersion:
    """The version of a draft that is in force."""
    return draft.versions.get(number=draft.version)
