"""What waits for oneself: the cases that one looks after, and the notes that call one."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe

from casebook import models as m
from casebook.states import CaseState
from desk import conversation
from desk.access import Action
from desk.conversation import PAGE
from desk.web.access import needs, someone

_MOST = 500
"""Newest notes with one's name in them that are looked through."""


@require_safe
@needs(Action.NOTE)
def mine(request: HttpRequest) -> HttpResponse:
    """My cases, the oldest first, and the notes that mention me, the newest first."""
    login = someone(request).login
    values = {"cases": _cases(login), "notes": _notes(login), "most": PAGE}
    return render(request, "desk/case/mine.html", values)


def _cases(login: str) -> list[tuple[m.Case, str]]:
    ended = [CaseState.RESOLVED, CaseState.CLOSED]
    rows = conversation.cases().filter(owner=login).exclude(state__in=ended)
    found = list(rows.order_by("opened_at", "pk")[:PAGE])
    keys = [row.first for row in found if row.first]
    firsts = m.Message.objects.filter(pk__in=keys).select_related("triage").defer("text")
    messages = firsts.in_bulk()
    return [(row, conversation.title(row, messages.get(row.first))) for row in found]


def _notes(login: str) -> list[m.Note]:
    # Neither database searches a list in JSON as the other does; the name stands in the text, too.
    rows = m.Note.objects.filter(body__icontains=login).select_related("case").order_by("-pk")
    return [row for row in rows[:_MOST] if login in row.mentions][:PAGE]


routes = [path("mine", mine, name="mine")]
