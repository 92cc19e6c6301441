"""What is promised, as the record has it. Nothing here changes it."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from casebook import models as m
from casebook.policy import Policy
from casebook.rows import triage_value
from casebook.states import PromiseState


def department(message: m.Message, policy: Policy) -> str:
    """The key of the department that deals with a message; empty for the desk itself."""
    row = getattr(message, "triage", None)
    return policy.department(triage_value(row)) if row else ""


def open_promises() -> list[m.Promise]:
    """What is promised and still open, the earliest time first, with what it rests on and its
    alerts, but without the customers' texts."""
    return list(_shown(state=PromiseState.OPEN).prefetch_related("alerts").order_by("due", "pk"))


def open_count() -> int:
    """How many promises are open."""
    return m.Promise.objects.filter(state=PromiseState.OPEN).count()


def overdue(at: datetime) -> list[int]:
    """The keys of the open promises whose time has passed at `at`, the earliest first."""
    rows = m.Promise.objects.filter(state=PromiseState.OPEN, due__lt=at)
    return list(rows.order_by("due", "pk").values_list("pk", flat=True))


def broken_promises(since: datetime) -> list[m.Promise]:
    """The promises whose time passed since then without being kept, the newest first; likewise
    without texts."""
    return list(_shown(state=PromiseState.BROKEN, due__gte=since).order_by("-due", "-pk"))


def _shown(**wanted: object) -> QuerySet[m.Promise]:
    rows = m.Promise.objects.filter(**wanted).select_related("case", "draft__answers__triage")
    return rows.defer("draft__answers__text", "draft__answers__new_text")
