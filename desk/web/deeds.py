"""What people do to a case: notes, who looks after it, where it stands, what belongs to it."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from casebook import models as m
from casebook import moves
from casebook.reading import unsettled
from casebook.receipt import find_receipts
from desk.access import Action, may
from desk.people import works_here
from desk.web.access import needs, someone
from desk.web.given import number

_CALL = re.compile("(?<![0-9A-Za-z_])[@＠]")
_MOST = 50
"""People that one note calls."""
_RESOLUTION = 4_000
"""Characters of a resolution, a reason, grounds."""

Deed = Callable[[HttpRequest, m.Case], str]
"""Does something to a case and returns what is told of it; empty where words are missing."""


def _post(name: str, action: Action, deed: Deed) -> URLPattern:
    """A route below a case that does `deed` and leads back to the case."""

    @require_POST
    @needs(action)
    def view(request: HttpRequest, receipt: str) -> HttpResponse:
        found = get_object_or_404(m.Case, receipt=receipt)
        if told := deed(request, found):
            messages.success(request, told)
        else:
            messages.error(request, _("入力をご確認ください。"))
        return redirect("case", receipt)

    return path(f"cases/<str:receipt>/{name}", view, name=f"case-{name}")


def _said(request: HttpRequest, field: str = "text") -> str:
    return request.POST.get(field, "")[:_RESOLUTION].strip()


def _note(request: HttpRequest, case: m.Case) -> str:
    body = request.POST.get("text", "").replace("\r\n", "\n").strip()
    if not body:
        return ""
    # The page may be older than a merge; what was typed is not thrown away for that.
    key = case.merged_into_id or case.pk
    moves.note(key, someone(request).login, body, mentioned(body))
    return _("メモを残しました。")


def mentioned(body: str) -> list[str]:
    """The logins of the people whom a note calls by `@login`, in their order."""
    if not _CALL.search(body):
        return []
    rows = User.objects.filter(is_active=True).values_list("username", flat=True)
    known = {name.lower(): name for name in rows}
    # The longest login that stands there, which may be a mail address; what goes on is another's.
    names = "|".join(map(re.escape, sorted(known, key=len, reverse=True)))
    found = re.findall(rf"{_CALL.pattern}({names})(?![.+\-@]*[0-9a-z_])", body.lower())
    return list(dict.fromkeys(known[name] for name in found if name))[:_MOST]


def _assign(request: HttpRequest, case: m.Case) -> str:
    owner = request.POST.get("owner", "")
    if owner and not works_here(owner):
        return ""
    moves.assign(case.pk, owner, someone(request).login)
    return _("担当を%(owner)sにしました。") % {"owner": owner} if owner else _("担当を外しました。")


def _settles(request: HttpRequest, case: m.Case) -> bool:
    """Whether whoever asks may settle what a case still owes; 403 where they may not and it owes
    something."""
    settles = may(someone(request), Action.CASE_SETTLE)
    if not settles and unsettled(case.pk):
        raise PermissionDenied
    return settles


def _resolve(request: HttpRequest, case: m.Case) -> str:
    if not (text := _said(request)):
        return ""
    moves.resolve(case.pk, someone(request).login, text, settle=_settles(request, case))
    return _("解決にしました。")


def _close(request: HttpRequest, case: m.Case) -> str:
    if not (text := _said(request)):
        return ""
    moves.close(case.pk, someone(request).login, text, settle=_settles(request, case))
    return _("完了にしました。")


def _reopen(request: HttpRequest, case: m.Case) -> str:
    if not (text := _said(request)):
        return ""
    moves.reopen(case.pk, someone(request).login, text)
    return _("再開しました。")


def _fault(request: HttpRequest, case: m.Case) -> str:
    if not (text := _said(request)):
        return ""
    confirmed = request.POST.get("withdrawn") != "1"
    moves.confirm_fault(case.pk, someone(request).login, text, confirmed=confirmed)
    return _("当社の過失を確認済みにしました。") if confirmed else _("過失の確認を取り消しました。")


def _merge(request: HttpRequest, case: m.Case) -> str:
    number = next(iter(find_receipts(_said(request, "receipt"))), "")
    other = m.Case.objects.filter(receipt=number).first()
    if other is None:
        return ""
    moves.merge(other.pk, case.pk, someone(request).login, _said(request))
    return _("%(receipt)sをこの案件にまとめました。返信案は作り直します。") % {"receipt": number}


def _unmerge(request: HttpRequest, case: m.Case) -> str:
    number = next(iter(find_receipts(_said(request, "receipt"))), "")
    part = case.merged.filter(receipt=number).first()
    if part is None:
        return ""
    moves.unmerge(part.pk, someone(request).login, _said(request))
    return _("%(receipt)sを元の案件に戻しました。返信案は作り直します。") % {"receipt": number}


def _split(request: HttpRequest, case: m.Case) -> str:
    fresh = moves.split(_message(request, case).pk, someone(request).login, _said(request))
    return _("別の案件%(receipt)sに分けました。返信案は作り直します。") % {"receipt": fresh.receipt}


def _message(request: HttpRequest, case: m.Case) -> m.Message:
    return get_object_or_404(case.messages, pk=number(request.POST.get("message", "")))


def _leave(request: HttpRequest, case: m.Case) -> str:
    moves.leave_incident(case.pk, someone(request).login, _said(request))
    return _("同じ出来事から外しました。")


def _confirm(request: HttpRequest, case: m.Case) -> str:
    moves.confirm(*_suspected(request, case), case.pk, someone(request).login, _said(request))
    return _("同じ用件として、この案件にまとめました。返信案は作り直します。")


def _apart(request: HttpRequest, case: m.Case) -> str:
    moves.tell_apart(*_suspected(request, case), someone(request).login)
    return _("別の用件として扱います。")


def _suspected(request: HttpRequest, case: m.Case) -> tuple[int, int]:
    one, other = (number(request.POST.get(name, "")) for name in ("message", "of_message"))
    if not case.messages.filter(pk__in=[one, other]).exists():
        raise Http404
    return one, other


routes = [
    _post("note", Action.NOTE, _note),
    _post("assign", Action.CASE_ASSIGN, _assign),
    _post("resolve", Action.CASE_RESOLVE, _resolve),
    _post("close", Action.CASE_RESOLVE, _close),
    _post("reopen", Action.CASE_RESOLVE, _reopen),
    _post("fault", Action.CASE_FAULT, _fault),
    _post("merge", Action.CASE_MERGE, _merge),
    _post("unmerge", Action.CASE_MERGE, _unmerge),
    _post("split", Action.CASE_MERGE, _split),
    _post("leave", Action.CASE_MERGE, _leave),
    _post("confirm", Action.CASE_MERGE, _confirm),
    _post("apart", Action.CASE_MERGE, _apart),
]
