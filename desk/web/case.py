"""A case: what was said over all channels, the reply that waits, and what is known beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.views.decorators.http import require_POST, require_safe

from casebook import models as m
from casebook import moves
from casebook.config import settings
from casebook.policy import load_policy
from casebook.reading import by_receipt
from casebook.rows import triage_value
from casebook.states import CaseState
from desk import conversation, telling
from desk.access import Action
from desk.guarding import why
from desk.people import logins
from desk.web.access import needs, someone
from desk.web.given import number
from desk.words import language
from responders.notes import notes

if TYPE_CHECKING:
    from desk.conversation import Ended

_PAGES = 100_000
"""The furthest page that is asked for."""

_WITH = ("merged_into", "incident__first__case")
ENDED = (CaseState.RESOLVED, CaseState.CLOSED)


@require_safe
@needs(Action.VIEW_CASE)
def case(request: HttpRequest, receipt: str) -> HttpResponse:
    """The whole case, abusive passages masked; by htmx an earlier part of the conversation."""
    found = conversation.cases().select_related(*_WITH).filter(receipt=receipt).first()
    if found is None or found.merged_into is not None:
        meant = get_object_or_404(m.Case, pk=by_receipt([receipt]).get(receipt))
        return redirect("case", meant.receipt)
    page = _number(request.GET.get("page", ""))
    if "HX-Request" in request.headers:
        said, more = conversation.said(found, page, unmask=False)
        values = {"case": found, "said": said, "earlier": page + 1 if more else 0}
        return render(request, "desk/case/messages.html", values)
    return _page(request, found, page, unmask=False)


@require_POST
@needs(Action.VIEW_UNMASKED)
def unmasked(request: HttpRequest, receipt: str) -> HttpResponse:
    """The case in the customer's own words, once; the audit says who saw it."""
    found = get_object_or_404(conversation.cases().select_related(*_WITH), receipt=receipt)
    moves.unmasked(found.pk, someone(request).login)
    return _page(request, found, _number(request.POST.get("page", "")), unmask=True)


def _number(given: str) -> int:
    return min(number(given), _PAGES) or 1


def _page(request: HttpRequest, found: Ended, page: int, *, unmask: bool) -> HttpResponse:
    said, more = conversation.said(found, page, unmask=unmask)
    newest = next((one for one in reversed(said) if not one.ours), None)
    drafts = conversation.waiting(found, unmask=unmask)
    editable = next((one.row.pk for one in drafts if one.row.state == "pending"), None)
    promises = conversation.promised(found)
    title, similar = conversation.past(found, unmask=unmask)
    others, parts = conversation.others(found)
    people = logins()
    lines = m.AuditLine.objects.filter(case__in=[found.pk, *(one.pk for one in parts)])
    values = {
        "case": found,
        "title": title,
        "said": said,
        "page": page,
        "earlier": page + 1 if more else 0,
        "unmasked": unmask,
        "masked": any(one.shown.masked for one in said),
        "drafts": [(one, [(each, why(each)) for each in one.row.findings]) for one in drafts],
        "editable": editable,
        "newest": newest,
        "triage": getattr(newest.message, "triage", None) if newest else None,
        "advice": _notes(newest.message if newest else None),
        "promises": promises,
        "similar": similar,
        "others": others[:10],
        "parts": parts,
        "alike": conversation.alike(found),
        "notes": list(found.notes.order_by("-pk")[: conversation.PAGE])[::-1],
        "ended": found.state in ENDED,
        "may_end": Action.CASE_SETTLE in someone(request).actions or not (editable or promises),
        "people": people if found.owner in ("", *people) else [found.owner, *people],
        "splits": sum(not one.ours for one in said) > 1 or page > 1 or more,
        "history": [telling.told(line) for line in lines.order_by("-pk")[: conversation.PAGE]],
    }
    return render(request, "desk/case/page.html", values)


def _notes(message: m.Message | None) -> Any:
    triage = getattr(message, "triage", None)
    if triage is None:
        return None
    return notes(load_policy(settings().policy), triage_value(triage), language())


@require_safe
@needs(Action.VIEW_CASE)
def history(request: HttpRequest, receipt: str) -> HttpResponse:
    """All that the audit says of a case, newest first, page by page."""
    found = get_object_or_404(m.Case, receipt=receipt)
    page = _number(request.GET.get("page", ""))
    first = _LINES * (page - 1)
    lines = m.AuditLine.objects.filter(
        case__in=[found.pk, *found.merged.values_list("pk", flat=True)]
    )
    rows = list(lines.order_by("-pk")[first : first + _LINES + 1])
    values = {
        "case": found,
        "page": page,
        "history": [telling.told(line) for line in rows[:_LINES]],
        "next": page + 1 if len(rows) > _LINES else 0,
        "previous": page - 1,
    }
    return render(request, "desk/case/timeline.html", values)


_LINES = 200
"""Lines of the audit on a page of their own."""

routes = [
    path("cases/<str:receipt>", case, name="case"),
    path("cases/<str:receipt>/unmasked", unmasked, name="case-unmasked"),
    path("cases/<str:receipt>/history", history, name="case-history"),
]
