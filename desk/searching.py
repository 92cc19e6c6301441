"""Search joined with the record, as the desk and the command line use it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from rich.console import Console
from rich.progress import Progress

from casebook import models as m
from casebook import moves, reading
from casebook.config import settings
from desk.words import say
from enrich.clean import clean
from enrich.embed import Encoder
from enrich.index import Index, opened, sync
from enrich.similar import similar_cases

ROLE = "desk"
"""Whose embedded shard the desk and the command line use; the worker has its own."""

_CHUNK = 256


@contextmanager
def synced() -> Iterator[Index]:
    """The desk's index, brought up to date with the record."""
    found = settings()
    model = found.embedding.model
    with opened(found.index, found.var / "index", ROLE, model) as index:
        sync(index, reading.Vectors(model))
        yield index


def find(text: str, limit: int) -> list[tuple[m.Case, float]]:
    """The settled cases nearest in meaning to `text`, best first, with their cosine."""
    table = settings().embedding
    vector = Encoder(table.model, table.batch_size).query(clean(text))
    with synced() as index:
        found = similar_cases(index, vector, limit)
    cases = m.Case.objects.in_bulk([case.case for case in found])
    return [(cases[case.case], case.score) for case in found if case.case in cases]


def fill_vectors() -> int:
    """Embed all customers' messages that have no vector under the configured model.

    Committed chunk by chunk, so that it goes on where it was stopped. Returns how many were made.
    """
    table = settings().embedding
    total = reading.without_vector(table.model).count()
    if not total:
        return 0
    coder, done = Encoder(table.model, table.batch_size), 0
    with Progress(console=Console(stderr=True)) as bar:
        task = bar.add_task(say("ベクトル化", "Embedding"), total=total)
        while rows := list(reading.without_vector(table.model)[:_CHUNK]):
            vectors = coder.documents([clean(f"{row.subject}\n{row.new_text}") for row in rows])
            with transaction.atomic():
                moves.keep_vectors(
                    [
                        (row.pk, moves.Vector(coder.name, coder.dimensions, vector))
                        for row, vector in zip(rows, vectors, strict=True)
                    ]
                )
            done += len(rows)
            bar.update(task, completed=done)
    return done
