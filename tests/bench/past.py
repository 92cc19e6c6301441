"""Puts generated past cases into an installation's record, or times its `sync` (`bench index`)."""

from __future__ import annotations

import sys
import time

from casebook.start import start


def main() -> int:
    """`past COUNT` makes cases; `past --sync` prints the seconds that 1,000 new rows take."""
    start()
    if sys.argv[1] == "--sync":
        print(_synced())
    else:
        make(int(sys.argv[1]))
    return 0


def make(count: int) -> None:
    """Put so many closed cases with their vectors into the record."""
    from tests.bench.index import Made

    made = Made(count)
    for first in range(1, count + 1, 2000):
        _insert(made, range(first, min(first + 2000, count + 1)))


def _insert(made: object, keys: range) -> None:
    from django.db import transaction

    from casebook import models as m
    from casebook import moves
    from casebook.config import settings
    from enrich.encoders import usable, wanted
    from tests.bench.index import Made

    assert isinstance(made, Made)
    spaces = moves.in_force(wanted(settings().embedding.model), usable)
    points = [made.point(key) for key in keys]
    with transaction.atomic():
        cases = m.Case.objects.bulk_create(
            m.Case(
                receipt=f"B-{point.case}",
                state="closed",
                channel="email",
                author=f"past{point.case}@example.org",
                language=point.labels.language,
                subject=f"件 {point.case}",
                opened_at=point.labels.at,
                resolved_at=point.labels.at,
                resolution="交換した",
                product=point.labels.product,
                cause=point.labels.cause,
                origin=f"bench:{point.case}",
            )
            for point in points
        )
        messages = m.Message.objects.bulk_create(
            m.Message(
                identity=f"bench:{case.receipt}",
                case=case,
                state="answered",
                channel="email",
                author=case.author,
                received_at=case.opened_at,
                subject=case.subject,
                text="過去の事例の本文です。" * 10,
                new_text="過去の事例の本文です。" * 10,
                language=case.language,
            )
            for case in cases
        )
        moves.keep_vectors(
            [
                (message.pk, moves.Vector(spaces[role].name, 0 if len(data) != 768 else 384, data))
                for message, point in zip(messages, points, strict=True)
                for role, data in point.vectors.items()
            ]
        )


def _synced() -> float:
    from casebook import models as m
    from casebook.config import settings
    from casebook.spaces import Vectors, active
    from enrich.index import opened, sync
    from tests.bench.index import Made

    names = {role: space.name for role, space in active().items()}
    record, found = Vectors(names), settings()
    with opened(found.index, found.var / "index", "bench", names) as index:
        sync(index, record)
        count = m.Message.objects.count()
        _insert(Made(count + 1_000), range(count + 1, count + 1_001))
        began = time.perf_counter()
        written = sync(index, record)
        took = time.perf_counter() - began
    assert written == 1_000, written
    return took


if __name__ == "__main__":
    sys.exit(main())
