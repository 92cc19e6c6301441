"""What is promised, as the record has it. Nothing here changes it."""

from __future__ import annotations

from datetime import datetime

from casebook import models as m
from casebook.policy import Policy
from casebook.rows import triage_value
from casebook.states import PromiseState


def department(message: m.Message, policy: Policy) -> str:
    """The key of the department that deals with a message; empty for the desk itself."""
    row = getattr(message, "triage", None)
    return policy.department(triage_value(row)) if row else ""


def open_promises() -> list[m.Promise]:
    """What is promised and still open, the earliest time first."""
    rows = m.Promise.objects.filter(state=PromiseState.OPEN)
    return list(rows.select_related("case", "draft", "draft__answers").order_by("due", "pk"))


def broken_promises(since: datetime) -> list[m.Promise]:
    """The promises whose time passed since then without being kept, the newest first."""
    rows = m.Promise.objects.filter(state=PromiseState.BROKEN, due__gte=since)
    return list(rows.select_related("case", "draft", "draft__answers").order_by("-due", "-pk"))
