"""From draft to draft: which one comes next in the list that one works through, and what was
decided a moment ago and can be taken back."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, QueryDict
from django.urls import reverse

from casebook import models as m
from casebook.config import settings
from casebook.policy import load_policy
from desk.access import Action
from desk.replying import undo_seconds
from desk.web.access import someone
from desk.web.given import number
from desk.web.lists import pressing, readers, wanted

_AHEAD = 200
"""Drafts of a list among which the neighbours are looked for."""

_OURS = ("done", "use", "old", "new", "page")
"""What an address holds beside the filters."""


def filters(request: HttpRequest) -> QueryDict:
    """The filters of the list that one comes from, as the address has them."""
    asked = request.GET.copy()
    for name in _OURS:
        asked.pop(name, None)
    return asked


def queue_of(request: HttpRequest) -> str:
    """The address of that list."""
    query = filters(request).urlencode()
    return reverse("queue") + (f"?{query}" if query else "")


def following(request: HttpRequest, row: m.Draft) -> dict[str, Any]:
    """The neighbours of a draft in its list: `before`, `after`, its `place` and how many there are
    (`of`). A draft that is in the list no more is followed by the first one."""
    asked = wanted(request.GET, someone(request).login)
    keys = list(pressing(asked.condition).values_list("pk", flat=True)[:_AHEAD])
    if row.pk not in keys:
        return {"before": None, "after": keys[0] if keys else None, "place": 0, "of": len(keys)}
    at = keys.index(row.pk)
    return {
        "before": keys[at - 1] if at else None,
        "after": keys[at + 1] if at + 1 < len(keys) else None,
        "place": at + 1,
        "of": len(keys),
    }


def onward(request: HttpRequest, row: m.Draft) -> str:
    """Where to go once a draft is decided: to the next one that nobody else has open, else back to
    the list. What was decided stands in the address, so that the page can offer to undo it."""
    login = someone(request).login
    query = filters(request)
    asked = wanted(query, login)
    next_ones = pressing(asked.condition).exclude(pk=row.pk).values_list("pk", "case_id")[:_AHEAD]
    busy = readers([case for _, case in next_ones], login)
    free = next((key for key, case in next_ones if case not in busy), None)
    query["done"] = str(row.pk)
    path = reverse("draft", args=[free]) if free else reverse("queue")
    return f"{path}?{query.urlencode()}"


def undoable(request: HttpRequest) -> dict[str, Any] | None:
    """The draft that was approved a moment ago, with the seconds in which that can be undone."""
    key = number(request.GET.get("done", ""))
    if Action.DRAFT_APPROVE not in someone(request).actions or not key:
        return None
    row = m.Draft.objects.select_related("case").filter(pk=key).first()
    seconds = undo_seconds(load_policy(settings().policy), row) if row else 0
    return {"draft": row, "seconds": seconds} if seconds else None
