"""Vectors made anew and indexes built beside those in force; then, in one move, put in their place.

Free of Prefect. Searches and the intake go on meanwhile with what is in force. Committed chunk by
chunk: stopped anywhere, the next run goes on.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.db import transaction

from casebook import models as m
from casebook import moves, reading, spaces
from casebook.clock import now
from casebook.config import settings
from casebook.errors import MadoguchiError
from casebook.locks import exclusive
from casebook.spaces import Vectors
from casebook.types import Direction, Role, Space
from enrich.encoders import Encoders, dimensions, usable, wanted
from enrich.history import MINIMUM, SAMPLE, fit
from enrich.index import IndexBusy, opened, sweep, sync
from flows.pipeline import Report

ROLES = ("worker", "desk", "pages")
"""Who keeps an embedded shard each."""

_CHUNK = 256


@dataclass(frozen=True, slots=True)
class Summary:
    """What was made: vectors, and points of the index in force afterwards."""

    vectors: int
    points: int


def reindex(report: Report, *, everything: bool = False) -> Summary:
    """Make the vectors that are missing in the spaces that the configuration wants, build the index
    over them, and put both in force.

    `everything` forgets their vectors first. Raises MadoguchiError where another process is at it.
    """
    with exclusive("reindex") as alone:
        if not alone:
            raise MadoguchiError("another reindex is running")
        want = wanted(settings().embedding.model)
        if everything:
            moves.forget_vectors([space.name for space in want.values()])
        before = moves.in_force(want, usable)
        after = {**before, **want}
        coders = Encoders(
            settings().embedding.model,
            settings().embedding.batch_size,
            spaces.fitted(Role.HISTORY),
        )
        return _changed_over(after, coders, lambda: moves.activate(want), report)


def learn(report: Report) -> Summary | None:
    """Fit the history anew to the messages on record and put it in force.

    None where there are too few, which also puts an old one out of force.
    """
    with exclusive("reindex") as alone:
        if not alone:
            raise MadoguchiError("another reindex is running")
        before = moves.in_force(wanted(settings().embedding.model), usable)
        texts = _sample()
        if len(texts) < MINIMUM:
            moves.deactivate(Role.HISTORY)
            _sweep(spaces.active())
            return None
        report("fit", 0, 1)
        data = fit(texts).dump()
        report("fit", 1, 1)
        space = Space(f"history-{now():%Y%m%d%H%M%S}")
        coders = Encoders(before[Role.MEANING].model, history=(space.name, data))
        after = {**before, Role.HISTORY: space}
        return _changed_over(
            after, coders, lambda: moves.activate({Role.HISTORY: space}, data), report
        )


def _changed_over(
    after: Mapping[Role, Space], coders: Encoders, activate: Callable[[], None], report: Report
) -> Summary:
    """Fill the spaces, build the index over them, and change over."""
    made = 0
    # Messages come in while vectors are made and the index is built.
    while filled := sum(fill(role, space.name, coders, report) for role, space in after.items()):
        made += filled
        _build(after, report)
    points = _build(after, report)
    activate()
    # An intake that had begun before wrote its last vectors into the old spaces.
    made += sum(fill(role, space.name, coders, report) for role, space in after.items())
    _sweep(after)
    return Summary(made, points)


def fill(role: Role, space: str, coders: Encoders, report: Report) -> int:
    """Make the vectors that messages lack in one space; returns how many."""
    keys = list(spaces.without_vector(space).values_list("pk", flat=True))
    for start in range(0, len(keys), _CHUNK):
        report(role, start, len(keys))
        rows = m.Message.objects.in_bulk(keys[start : start + _CHUNK])
        texts = [reading.embedded(row.subject, row.new_text) for row in rows.values()]
        found = coders.column(role, texts)
        with transaction.atomic():
            moves.keep_vectors(
                [
                    (key, moves.Vector(space, dimensions(role, data), data))
                    for key, data in zip(rows, found, strict=True)
                ]
            )
            if role is not Role.MEANING:
                # An index may hold these messages already, by their meaning alone.
                moves.tell_again(messages=list(rows))
    report(role, len(keys), len(keys))
    return len(keys)


def _sample() -> list[str]:
    keys = list(
        m.Message.objects.filter(direction=Direction.IN, case__isnull=False)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    chosen = sorted(random.Random(0).sample(keys, min(SAMPLE, len(keys))))  # noqa: S311
    rows = m.Message.objects.filter(pk__in=chosen).order_by("pk")
    return [reading.embedded(*row) for row in rows.values_list("subject", "new_text")]


def _build(after: Mapping[Role, Space], report: Report) -> int:
    """An index over these spaces for each role, before anybody asks for it."""
    found = settings()
    names = {role: space.name for role, space in after.items()}
    record = Vectors(names)
    roles = ROLES if found.index.backend == "embedded" else ROLES[:1]
    for who in roles:
        try:
            with opened(found.index, found.var / "index", who, names) as one:
                sync(one, record, lambda done, total: report("index", done, total))
        except IndexBusy:
            # Its owner has this very index open and brings it up to date itself.
            continue
    return record.count()


def _sweep(force: Mapping[Role, Space]) -> None:
    """Drop the vectors and indexes of all spaces that are out of force."""
    found = settings()
    names = {role: space.name for role, space in force.items()}
    moves.keep_only_vectors(names.values())
    sweep(found.index, found.var / "index", ROLES, names)
