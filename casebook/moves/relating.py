"""Messages joined to their cases, with their vectors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction

from casebook import models as m
from casebook.errors import IllegalMove
from casebook.moves.base import audit, free_receipt, in_turn, line, locked, moved, save
from casebook.states import CaseState, MessageState
from casebook.types import Relation


@dataclass(frozen=True, slots=True)
class Vector:
    """A text's vector: `data` holds `dimensions` float16 values, little-endian."""

    model: str
    dimensions: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Related:
    """What the relate step found of one message (primary key `message`)."""

    message: int
    relation: Relation
    language: str
    vector: Vector


@transaction.atomic
def relate(found: Sequence[Related]) -> None:
    """RECEIVED → RELATED: join each message to its case or open one, and keep its vector.

    `found` is in the order of arrival: a message may belong to one earlier in the same list.
    """
    rows = locked((item.message for item in found), MessageState.RECEIVED)
    found = [item for item in found if item.message in rows]
    lines: list[m.AuditLine] = []
    for item, case in _cases_for(found, rows):
        row = rows[item.message]
        row.case, row.language = case, item.language
        lines.append(moved(row, MessageState.RELATED, note=item.relation.kind))
        again = {CaseState.WAITING: CaseState.OPEN}.get(CaseState(case.state), CaseState.REOPENED)
        if case.state not in (CaseState.OPEN, again):
            lines.append(moved(case, again, note="the customer wrote again"))
            case.save(update_fields=["state"])
            _tell_again(case)
    save(rows.values(), "state", "case", "language", "attempts", "error")
    m.Relation.objects.bulk_create(
        m.Relation(
            message_id=item.message,
            kind=item.relation.kind,
            of_message_id=item.relation.of_message,
            evidence=list(item.relation.evidence),
            score=item.relation.score,
        )
        for item in found
    )
    keep_vectors([(item.message, item.vector) for item in found])
    audit(lines)


def keep_vectors(vectors: Sequence[tuple[int, Vector]]) -> None:
    """Store vectors (message key, vector), replacing those of the same model.

    Must run inside a transaction: the revisions are in the order of the commits.
    """
    m.Embedding.objects.bulk_create(
        [
            m.Embedding(
                message_id=key,
                model=vector.model,
                dimensions=vector.dimensions,
                vector=vector.data,
                revision=revision,
            )
            for (key, vector), revision in zip(vectors, _revisions(len(vectors)), strict=True)
        ],
        update_conflicts=True,
        unique_fields=["message", "model"],
        update_fields=["dimensions", "vector", "revision"],
    )


def _tell_again(case: m.Case) -> None:
    """New revisions for the case's vectors: every index must hear that it is no longer over."""
    rows = list(m.Embedding.objects.filter(message__case=case))
    for row, revision in zip(rows, _revisions(len(rows)), strict=True):
        row.revision = revision
        row.save(update_fields=["revision"])


@transaction.atomic
def forget_vectors(model: str) -> int:
    """Drop all vectors of a model, so that they are made anew; returns how many."""
    return m.Embedding.objects.filter(model=model).delete()[0]


def _cases_for(
    found: Sequence[Related], rows: Mapping[int, m.Message]
) -> list[tuple[Related, m.Case]]:
    """Pair each message with its case, opening the new ones; one that belongs to an earlier message
    takes that message's case."""
    taken: set[str] = set()
    fresh: dict[int, m.Case] = {}
    for item in found:
        if item.relation.of_message is None and item.relation.of_case is None:
            fresh[item.message] = _new_case(rows[item.message], item.language, taken)
    m.Case.objects.bulk_create(fresh.values())
    audit(line(case, "opened", "", case.state, case=case) for case in fresh.values())
    older = {item.relation.of_message for item in found if item.relation.of_message}
    case_of = dict(
        m.Message.objects.filter(pk__in=older, case__isnull=False).values_list("pk", "case_id")
    )
    named = {item.relation.of_case for item in found if item.relation.of_case}
    cases = m.Case.objects.select_for_update().in_bulk({*case_of.values(), *named})
    known = fresh | {message: cases[case] for message, case in case_of.items()}
    for item in found:
        relation = item.relation
        if item.message not in known:
            case = cases.get(relation.of_case or 0) or known.get(relation.of_message or 0)
            if case is None:
                raise IllegalMove(f"message {item.message} belongs to one that has no case")
            known[item.message] = case
    return [(item, known[item.message]) for item in found]


def _new_case(message: m.Message, language: str, taken: set[str]) -> m.Case:
    return m.Case(
        receipt=free_receipt(taken),
        channel=message.channel,
        author=message.author,
        display_name=message.display_name,
        language=language,
        subject=message.subject,
    )


def _revisions(count: int) -> range:
    sequence = in_turn("embedding")
    first = sequence.value + 1
    sequence.value += count
    sequence.save(update_fields=["value"])
    return range(first, first + count)
