"""What the language model was asked today: two counters a day in the record."""

from __future__ import annotations

from datetime import date

from casebook import models as m
from casebook.clock import now
from casebook.policy import Policy


def today(policy: Policy) -> date:
    """The day that spending is counted on, in the policy's time zone."""
    return now().astimezone(policy.zone).date()


def names(day: date) -> tuple[str, str]:
    """The counters of a day: requests, tokens."""
    return f"llm.requests.{day}", f"llm.tokens.{day}"


def spent(day: date) -> tuple[int, int]:
    """Requests and tokens that were spent on `day`, reserved ones included."""
    found = dict(m.Sequence.objects.filter(name__in=names(day)).values_list("name", "value"))
    requests, tokens = (found.get(name, 0) for name in names(day))
    return requests, tokens
