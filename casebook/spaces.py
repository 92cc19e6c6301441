"""The vectors of the record: which spaces are in force, and what an index takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import groupby, islice

from django.db.models import Exists, OuterRef, QuerySet

from casebook import models as m
from casebook.states import CaseState
from casebook.types import Direction, Labels, Point, Role, Space

_CHUNK = 1_000


def active() -> dict[Role, Space]:
    """The spaces in force by role; none for a role that has none."""
    rows = m.Space.objects.values_list("role", "space", "model")
    return {Role(role): Space(name, model) for role, name, model in rows}


def fitted(role: Role) -> tuple[str, bytes] | None:
    """The space of a role whose model was fitted to this record, and the model's bytes."""
    row = m.Space.objects.filter(role=role).values_list("space", "data").first()
    return (row[0], bytes(row[1])) if row and row[1] else None


def without_vector(space: str) -> QuerySet[m.Message]:
    """Customers' messages of a case that have no vector in this space, oldest first."""
    rows = m.Message.objects.filter(direction=Direction.IN, case__isnull=False)
    held = m.Embedding.objects.filter(space=space, message=OuterRef("pk"))
    return rows.filter(~Exists(held)).order_by("pk")


class Vectors:
    """The record's vectors in some spaces, as an index takes them (`enrich.index.Record`).

    A message is there once it has its meaning; its revision is that of its meaning's vector.
    """

    def __init__(self, spaces: Mapping[Role, str]) -> None:
        """`spaces` names one for each role that is wanted; the meaning's is needed."""
        self._others = {space: role for role, space in spaces.items() if role != Role.MEANING}
        self._rows = m.Embedding.objects.filter(
            space=spaces[Role.MEANING], message__case__isnull=False
        )

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
        found = rows.order_by("revision").values_list(
            "message__pk", "revision", "vector", "message__case", "message__language",
            "message__channel", "message__received_at", "message__case__state",
            "message__case__replied_at", "message__case__origin", "message__case__product",
            "message__case__cause",
        ).iterator(chunk_size=_CHUNK)  # fmt: skip
        while chunk := list(islice(found, _CHUNK)):
            others = self._beside([row[0] for row in chunk])
            for row in chunk:
                message, revision, vector, case = row[:4]
                vectors = {Role.MEANING: bytes(vector), **others.get(message, {})}
                yield Point(message, case, revision, _labels(*row[4:]), vectors)

    def _beside(self, messages: list[int]) -> dict[int, dict[Role, bytes]]:
        if not self._others:
            return {}
        rows = (
            m.Embedding.objects.filter(message__in=messages, space__in=list(self._others))
            .order_by("message")
            .values_list("message__pk", "space", "vector")
        )
        return {
            message: {self._others[space]: bytes(vector) for _, space, vector in group}
            for message, group in groupby(rows, key=lambda row: row[0])
        }


def _labels(
    language: str,
    channel: str,
    at: datetime,
    state: str,
    replied: datetime | None,
    origin: str | None,
    product: str,
    cause: str,
) -> Labels:
    over = state in (CaseState.RESOLVED, CaseState.CLOSED)
    settled = over and (replied is not None or origin is not None)
    return Labels(state, settled, language, channel, at, product, cause)
