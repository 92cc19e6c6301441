"""The editor: one reply in the making, from the machine's wording to the approved one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from casebook import models as m
from casebook import moves, reading
from casebook.clock import now
from casebook.config import settings
from casebook.moves.base import MACHINE
from casebook.policy import Policy, load_policy
from casebook.rows import triage_value
from casebook.states import DraftState
from desk import telling
from desk.access import Action, may
from desk.differences import differences
from desk.later import choices
from desk.masking import quoting, repeats, seen, solutions, titles
from desk.replying import edit, needs_two, undo_seconds
from desk.web import lists
from desk.web.access import needs, someone
from desk.web.going import filters, following, queue_of
from desk.web.wordings import Checked, Given, checked, given, standing
from desk.words import language
from responders.notes import notes

_VERSIONS = 30
"""Versions that can be compared, the newest ones."""

_SIMILAR = 3
_LINES = 10

_LASTS = timedelta(seconds=90)
"""How long a mark that somebody has a case open holds; pages renew it every 30 seconds."""


def found(pk: int) -> m.Draft:
    """A draft with what every page of it needs. Raises Http404."""
    rows = m.Draft.objects.select_related("case", "answers__triage", "answers__case")
    return get_object_or_404(rows, pk=pk)


def policy() -> Policy:
    """The company's policy."""
    return load_policy(settings().policy)


@require_safe
@needs(Action.VIEW_CASE)
def draft(request: HttpRequest, pk: int) -> HttpResponse:
    """One draft with all that its approver needs."""
    row = found(pk)
    version = reading.wording(row)
    if repeats(version, row.answers):
        # What is edited stands there as it will leave.
        moves.unmasked(row.case_id, someone(request).login)
    return page(request, row, version, standing(row, version))


@require_POST
@needs(Action.DRAFT_EDIT)
def check(request: HttpRequest, pk: int) -> HttpResponse:
    """What the guard says of the text as it stands in the form, its length and its looks."""
    row = found(pk)
    version = reading.wording(row)
    one = given(request.POST, row, version)
    values = _judgement(request, row, version, one)
    return render(request, "desk/editor/check.html", {**values, "live": True})


@require_POST
@needs(Action.DRAFT_EDIT)
def save(request: HttpRequest, pk: int) -> HttpResponse:
    """The text as a new version; where somebody was faster, the page with both."""
    row = found(pk)
    version = reading.wording(row)
    one = given(request.POST, row, version)
    if one.version != row.version:
        return page(request, row, version, one, stale=True)
    if one.changes(version, row):
        row = write(row, someone(request).login, one)
        version = reading.wording(row)
    return page(request, found(row.pk), version, standing(row, version), saved=True)


def write(row: m.Draft, who: str, one: Given) -> m.Draft:
    """What was given as the draft's newest version. Raises IllegalMove."""
    due = one.new_due(row)
    return edit(policy(), row, who, one.body, due, private_body=one.private_body, reason=one.reason)


@require_safe
@needs(Action.VIEW_CASE)
def versions(request: HttpRequest, pk: int) -> HttpResponse:
    """What changed between two versions, by htmx."""
    row = found(pk)
    values = {"draft": row, **_versions(row, request.GET)}
    return render(request, "desk/editor/versions.html", values)


@require_POST
@needs(Action.VIEW_CASE)
def presence(request: HttpRequest, receipt: str) -> HttpResponse:
    """Mark that one has a case open, or with `left` that one has no more; who else has."""
    case = get_object_or_404(m.Case, receipt=receipt)
    login = someone(request).login
    if "left" in request.POST:
        moves.closes(case.pk, login)
        return HttpResponse(status=204)
    others = moves.has_open(case.pk, login, _LASTS)
    return render(request, "desk/editor/presence.html", {"readers": others})


def page(
    request: HttpRequest, row: m.Draft, version: m.DraftVersion, one: Given, **more: Any
) -> HttpResponse:
    """The editor with a wording in it; a conflict where it is `stale` or `refused`."""
    login, pending = someone(request).login, row.state == DraftState.PENDING
    subject, text = seen(row.answers)
    triage = getattr(row.answers, "triage", None)
    values = {
        **_judgement(request, row, version, one),
        **_versions(row, {}),
        "case": row.case,
        "said": {"subject": subject, "text": text},
        "title": subject or text,
        "pending": pending,
        "editable": pending and may(someone(request), Action.DRAFT_EDIT),
        "undo_left": undo_seconds(policy(), row),
        "notes": notes(policy(), triage_value(triage), language()) if triage else None,
        "similar": _similar(row, request.GET.get("use", "")),
        "history": _told(row),
        "readers": lists.readers([row.case_id], login).get(row.case_id, []),
        "later": [
            (key, label, moment, row.due is not None and moment > row.due)
            for key, label, moment in choices(timezone.localtime(now()))
        ],
        **following(request, row),
        "back": queue_of(request),
        **more,
    }
    status = 409 if more.get("stale") or more.get("refused") else 200
    return render(request, "desk/editor/page.html", values, status=status)


def _judgement(
    request: HttpRequest, row: m.Draft, version: m.DraftVersion, one: Given
) -> dict[str, Any]:
    told: Checked = checked(policy(), row, version, one)
    person = someone(request)
    changed = one.changes(version, row)
    two = needs_two(policy(), row)
    return {
        "draft": row,
        "version": version,
        "given": one,
        "check": told,
        "changed": changed,
        "subject": quoting(version.subject, row.answers),
        "signed": policy().company.name.in_(row.language),
        "email": policy().company.email,
        "may_approve": may(person, Action.DRAFT_APPROVE, row),
        "may_reject": may(person, Action.DRAFT_REJECT, row),
        "may_override": may(person, Action.DRAFT_OVERRIDE),
        "two": two,
        "undo_for": policy().sending.undo_seconds,
        "first": two and (not row.first_approver or changed),
        "query": filters(request).urlencode(),
    }


def _versions(row: m.Draft, asked: Any) -> dict[str, Any]:
    every = list(row.versions.order_by("-number")[:_VERSIONS])
    by_number = {str(one.number): one for one in every}
    new = by_number.get(asked.get("new", ""), every[0])
    old = by_number.get(asked.get("old", ""), by_number.get("1", every[-1]))
    return {
        "versions": every,
        "old": old,
        "new": new,
        "pieces": list(differences(old.body, new.body)),
        "private_pieces": list(differences(old.private_body, new.private_body)),
    }


def _similar(row: m.Draft, chosen: str) -> list[dict[str, Any]]:
    """Cases like this one and how they were solved; the one that was chosen first."""
    links = row.case.similar_links.select_related("similar")[:_SIMILAR]
    cases = [link.similar for link in links]
    if chosen and chosen not in [case.receipt for case in cases]:
        cases = [*m.Case.objects.filter(receipt=chosen), *cases][:_SIMILAR]
    cases.sort(key=lambda case: case.receipt != chosen)
    called, solved = titles(cases), solutions(cases)
    return [{"case": case, "title": called[case.pk], "solution": solved[case.pk]} for case in cases]


def _told(row: m.Draft) -> list[telling.Told]:
    """What people and language models said of a draft, the newest first."""
    lines = m.AuditLine.objects.filter(thing="draft", thing_id=row.pk).exclude(who=MACHINE)
    told = ~Q(note="") | Q(what__startswith="draft.rewrit")
    return [telling.told(line) for line in lines.filter(told).order_by("-pk")[:_LINES]]


def address(row: m.Draft, query: str = "") -> str:
    """Where a draft's editor stands."""
    return reverse("draft", args=[row.pk]) + (f"?{query}" if query else "")


routes = [
    path("drafts/<int:pk>", draft, name="draft"),
    path("drafts/<int:pk>/check", check, name="draft-check"),
    path("drafts/<int:pk>/save", save, name="draft-save"),
    path("drafts/<int:pk>/versions", versions, name="draft-versions"),
    path("cases/<str:receipt>/reading", presence, name="reading"),
]
