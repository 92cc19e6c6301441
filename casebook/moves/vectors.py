"""Vectors kept in the record, and which spaces are in force."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F, Max, Min, Q

from casebook import models as m
from casebook.moves.base import in_turn
from casebook.spaces import active
from casebook.types import Role, Space

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Vector:
    """A text's vector in a space: `data` holds `dimensions` float16 values, little-endian; of the
    sparse words (`dimensions` 0) indices and weights as `enrich.words` packs them."""

    space: str
    dimensions: int
    data: bytes


def keep_vectors(vectors: Sequence[tuple[int, Vector]]) -> None:
    """Store vectors (message key, vector), replacing those of the same space.

    Must run inside a transaction: the revisions are in the order of the commits.
    """
    m.Embedding.objects.bulk_create(
        [
            m.Embedding(
                message_id=key,
                space=vector.space,
                dimensions=vector.dimensions,
                vector=vector.data,
                revision=revision,
            )
            for (key, vector), revision in zip(vectors, _revisions(len(vectors)), strict=True)
        ],
        update_conflicts=True,
        unique_fields=["message", "space"],
        update_fields=["dimensions", "vector", "revision"],
    )


def tell_again(*, cases: Collection[int] = (), messages: Collection[int] = ()) -> None:
    """New revisions for all vectors of these cases, or messages: every index must hear what has
    changed beside them. Must run inside a transaction."""
    in_turn("embedding")
    wanted = Q(message__case__in=cases) | Q(message__in=messages)
    rows = m.Embedding.objects.filter(wanted)
    told = rows.aggregate(first=Min("revision"), last=Max("revision"))
    if told["first"] is not None:
        # Moved as a whole they stay apart and in order, and one statement does it.
        moved = _revisions(told["last"] - told["first"] + 1)[0] - told["first"]
        m.Embedding.objects.filter(pk__in=rows.values("pk")).update(revision=F("revision") + moved)


@transaction.atomic
def forget_vectors(spaces: Collection[str]) -> int:
    """Drop all vectors of these spaces, so that they are made anew; returns how many."""
    in_turn("embedding")
    return m.Embedding.objects.filter(space__in=spaces).delete()[0]


@transaction.atomic
def keep_only_vectors(spaces: Collection[str]) -> int:
    """Drop all vectors but those of these spaces; returns how many."""
    in_turn("embedding")
    return m.Embedding.objects.exclude(space__in=spaces).delete()[0]


@transaction.atomic
def activate(spaces: Mapping[Role, Space], data: bytes = b"") -> None:
    """Put spaces in force for their roles, all at once; whoever searches next uses them. `data` is
    the model itself where it was fitted to this record. Vectors of other spaces stay."""
    in_turn("spaces")
    for role, space in spaces.items():
        m.Space.objects.update_or_create(
            role=role, defaults={"space": space.name, "model": space.model, "data": data}
        )


@transaction.atomic
def deactivate(role: Role) -> None:
    """Leave a role without a space."""
    in_turn("spaces")
    m.Space.objects.filter(role=role).delete()


def in_force(
    wanted: Mapping[Role, Space], usable: Callable[[Role, Space], bool]
) -> dict[Role, Space]:
    """The spaces in force. Where a role has none yet, or one that this installation can no longer
    make vectors for, the wanted one is put in force; else a change waits for `reindex`."""
    held = active()
    missing = {
        role: space
        for role, space in wanted.items()
        if role not in held or not usable(role, held[role])
    }
    if missing:
        for role in missing.keys() & held.keys():
            _log.warning("vectors of %s are out of use: run madoguchi reindex", held[role].name)
        activate(missing)
    return held | missing


def _revisions(count: int) -> range:
    sequence = in_turn("embedding")
    first = sequence.value + 1
    sequence.value += count
    sequence.save(update_fields=["value"])
    return range(first, first + count)
