"""What people decide about a draft: approved, taken back, rejected, put off, left to a lead."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from casebook import models as m
from casebook import moves, reading
from casebook.clock import now
from casebook.errors import IllegalMove
from casebook.states import DraftState
from casebook.timing import About
from desk.access import Action
from desk.later import until
from desk.replying import approve as approved
from desk.web import editor
from desk.web.access import allowed, needs, someone
from desk.web.going import filters, onward
from desk.web.wordings import given, standing

_LONGEST = 1_000
"""Characters of a reason."""


def _told(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Where a move comes too late, the draft's page says so."""

    @wraps(view)
    def checked(request: HttpRequest, pk: int) -> HttpResponse:
        try:
            return view(request, pk)
        except IllegalMove:
            messages.error(request, _("状況が変わったため、実行できませんでした。"))
            return _back(request, pk)

    return checked


def _back(request: HttpRequest, pk: int) -> HttpResponse:
    return redirect(editor.address(m.Draft(pk=pk), filters(request).urlencode()))


@require_POST
@needs(Action.DRAFT_APPROVE)
@_told
def approve(request: HttpRequest, pk: int) -> HttpResponse:
    """Approve the text as it stands in the form: what was changed becomes a version first."""
    row = editor.found(pk)
    allowed(request, Action.DRAFT_APPROVE, row)
    version = reading.wording(row)
    one, who = given(request.POST, row, version), someone(request).login
    if one.version != row.version:
        return editor.page(request, row, version, one, stale=True)
    override = _reason(request, "override")
    if override:
        allowed(request, Action.DRAFT_OVERRIDE)
    if one.changes(version, row):
        allowed(request, Action.DRAFT_EDIT)
        row = editor.write(row, who, one)
    try:
        lead, also = someone(request).leads, _promises(request)
        done = approved(editor.policy(), row, who, also, override, lead=lead)
    except IllegalMove:
        row = editor.found(pk)
        if row.state != DraftState.PENDING:
            raise
        version = reading.wording(row)
        kept = standing(row, version)
        return editor.page(request, row, version, kept, refused=True)
    if done.state == DraftState.PENDING:
        messages.success(request, _("1人目として承認しました。もう1人の承認を待ちます。"))
    return redirect(onward(request, row))


def _promises(request: HttpRequest) -> list[tuple[About, datetime]]:
    """The further times of the text that the approver confirmed, as `about/moment`."""
    found = []
    for one in request.POST.getlist("also")[:20]:
        about, _sep, moment = one.partition("/")
        if about in set(About):
            try:
                found.append((About(about), datetime.fromisoformat(moment)))
            except ValueError:
                continue
    return [(about, moment) for about, moment in found if moment.tzinfo is not None]


@require_POST
@needs(Action.DRAFT_APPROVE)
@_told
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an approval back before the reply leaves."""
    moves.take_back(editor.found(pk).pk, someone(request).login)
    messages.success(request, _("承認を取り消しました。"))
    return _back(request, pk)


@require_POST
@needs(Action.DRAFT_REJECT)
@_told
def reject(request: HttpRequest, pk: int) -> HttpResponse:
    """Reject a draft with a reason."""
    row, reason = editor.found(pk), _reason(request, "why")
    allowed(request, Action.DRAFT_REJECT, row)
    if not reason:
        messages.error(request, _("却下の理由を書いてください。"))
        return _back(request, pk)
    person = someone(request)
    moves.reject(row.pk, person.login, reason, version=_read(request), lead=person.leads)
    messages.success(request, _("却下しました。"))
    return redirect(onward(request, row))


@require_POST
@needs(Action.DRAFT_EDIT)
@_told
def ask(request: HttpRequest, pk: int) -> HttpResponse:
    """Leave the decision to a lead, with a question."""
    row, question = editor.found(pk), _reason(request, "question")
    if not question:
        messages.error(request, _("相談の内容を書いてください。"))
        return _back(request, pk)
    moves.ask_lead(row.pk, someone(request).login, question, version=_read(request))
    messages.success(request, _("責任者に相談しました。"))
    return redirect(onward(request, row))


@require_POST
@needs(Action.DRAFT_EDIT)
@_told
def give_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer the question of whoever asked a lead, or take one's own back."""
    row, person = editor.found(pk), someone(request)
    if row.asked_lead not in ("", person.login):
        allowed(request, Action.DRAFT_OVERRIDE)
    moves.give_back(row.pk, person.login, _reason(request, "answer"), lead=person.leads)
    messages.success(request, _("担当者に戻しました。"))
    return _back(request, pk)


@require_POST
@needs(Action.DRAFT_SNOOZE)
@_told
def snooze(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a draft off, or fetch it back."""
    row, who = editor.found(pk), someone(request).login
    if "wake" in request.POST:
        moves.snooze(row.pk, who, None)
        return _back(request, pk)
    moment = until(request.POST.get("until", ""), timezone.localtime(now()))
    if moment is None:
        moment = _typed(request.POST.get("moment", ""))
    if moment is None or moment <= now():
        messages.error(request, _("これから先の時刻を選んでください。"))
        return _back(request, pk)
    moves.snooze(row.pk, who, moment, version=_read(request))
    messages.success(request, _("後回しにしました。"))
    return redirect(onward(request, row))


def _typed(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=timezone.get_current_timezone())


def _read(request: HttpRequest) -> int | None:
    """The version that the page showed; None where it does not say."""
    given = request.POST.get("version", "")
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 10 else None


def _reason(request: HttpRequest, name: str) -> str:
    return str(request.POST.get(name, "")).strip()[:_LONGEST]


routes: list[Any] = [
    path("drafts/<int:pk>/approve", approve, name="draft-approve"),
    path("drafts/<int:pk>/undo", undo, name="draft-undo"),
    path("drafts/<int:pk>/reject", reject, name="draft-reject"),
    path("drafts/<int:pk>/ask", ask, name="draft-ask"),
    path("drafts/<int:pk>/give-back", give_back, name="draft-give-back"),
    path("drafts/<int:pk>/snooze", snooze, name="draft-snooze"),
]
