"""What the language model may cost in a day, counted before it is asked."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction

from casebook import models as m
from casebook.moves.base import in_turn
from casebook.spending import names


@transaction.atomic
def reserve(day: date, requests: int, tokens: int, *, most_requests: int, most_tokens: int) -> bool:
    """Count so many requests and tokens as spent on `day`; False, and nothing counted, where either
    would exceed the most. Two processes never spend the same."""
    counters = [in_turn(name) for name in names(day)]
    wanted, most = (requests, tokens), (most_requests, most_tokens)
    values = [counter.value + more for counter, more in zip(counters, wanted, strict=True)]
    if any(value > limit for value, limit in zip(values, most, strict=True)):
        return False
    _keep(counters, values)
    # Around midnight two days are in use.
    for oldest in names(day - timedelta(days=1)):
        kind, _, _ = oldest.rpartition(".")
        m.Sequence.objects.filter(name__startswith=f"{kind}.", name__lt=oldest).delete()
    return True


@transaction.atomic
def settle(day: date, requests: int, tokens: int) -> None:
    """Add what was spent on `day` beyond what was reserved (negative: give the rest back)."""
    counters = [in_turn(name) for name in names(day)]
    more = (requests, tokens)
    _keep(counters, [max(0, one.value + add) for one, add in zip(counters, more, strict=True)])


def _keep(counters: list[m.Sequence], values: list[int]) -> None:
    for counter, value in zip(counters, values, strict=True):
        counter.value = value
        counter.save(update_fields=["value"])
