"""The queue: the drafts that wait for a decision, what presses most first, and what comes in
meanwhile."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from casebook import models as m
from casebook import moves
from casebook.clock import now
from casebook.errors import IllegalMove
from casebook.types import RelationKind, Visibility
from desk.access import Action, Person, may
from desk.later import choices, until
from desk.people import logins, works_here
from desk.web.access import allowed, needs, someone
from desk.web.given import number, pack, unpack
from desk.web.lists import pressing, readers, rows, tabs, wanted

PAGE = 50
"""Drafts on a page."""

_Deed = Callable[[m.Draft, str], bool]
"""Does something to one draft in the name of a login; false where the draft is none for it."""

_REMEMBERED = 500
"""Drafts of a list that its page remembers, so as to tell what has come in since."""


@require_safe
@needs(Action.VIEW_CASE)
def queue(request: HttpRequest) -> HttpResponse:
    """The list with its tabs and filters; by htmx the list alone."""
    login = someone(request).login
    asked = wanted(request.GET, login)
    # Before the list is read: what comes in between is shown, and what comes later is news.
    known = _known(asked.condition)
    found = pressing(asked.condition)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    drafts = list(page.object_list)
    query = request.GET.copy()
    query.pop("page", None)
    values = {
        "tab": asked.tab,
        "tabs": tabs(),
        "filters": asked.filters,
        "page": page,
        "rows": rows(drafts, login),
        "query": query.urlencode(),
        "since": f"known={pack(known)}&seen={','.join(str(draft.pk) for draft in drafts)}",
        "people": logins(),
        "later": choices(timezone.localtime(now())),
    }
    part = "HX-Request" in request.headers
    return render(request, "desk/queue/list.html" if part else "desk/queue/page.html", values)


def _known(condition: Q) -> list[int]:
    """The newest drafts of a list; whatever else is as new has come in since."""
    rows = m.Draft.objects.filter(condition).order_by("-pk")
    return list(rows.values_list("pk", flat=True)[:_REMEMBERED])


@require_safe
@needs(Action.VIEW_CASE)
def news(request: HttpRequest) -> HttpResponse:
    """What has changed since a list was shown: how much is new in it, what left it, who reads what.
    204 where nothing has since the version that the page knows."""
    login = someone(request).login
    asked = wanted(request.GET, login)
    seen = _numbers(request.GET.get("seen", ""))[:PAGE]
    known = unpack(request.GET.get("known", ""))[:_REMEMBERED]
    fresh = m.Draft.objects.filter(asked.condition).exclude(pk__in={*known, *seen})
    if len(known) == _REMEMBERED:
        fresh = fresh.filter(pk__gt=min(known))
    new = fresh.count()
    cases = dict(m.Draft.objects.filter(pk__in=seen).values_list("pk", "case_id"))
    here = m.Draft.objects.filter(asked.condition, pk__in=seen).values_list("pk", flat=True)
    gone = sorted(set(cases) - set(here))
    open_now = readers(list(cases.values()), login)
    marks = [(key, tuple(open_now.get(case, ()))) for key, case in cases.items()]
    version = hashlib.sha256(repr((new, gone, marks)).encode()).hexdigest()[:16]
    if request.GET.get("v") == version:
        return HttpResponse(status=204)
    values = {"new": new, "gone": gone, "marks": marks, "version": version, "tabs": tabs()}
    query = request.GET.copy()
    for name in ("known", "seen", "v", "page"):
        query.pop(name, None)
    values |= {"query": query.urlencode(), "tab": asked.tab}
    return render(request, "desk/queue/news.html", values)


def _numbers(text: str) -> list[int]:
    return [key for key in map(number, text.split(",")) if key]


@require_POST
@needs(Action.VIEW_CASE)
def bulk(request: HttpRequest) -> HttpResponse:
    """Several drafts at once: given to somebody, put off, or rejected where they repeat what was
    said. Nothing is ever approved so, and what the public will see is looked at one by one."""
    back = redirect(f"{reverse('queue')}?{request.GET.urlencode()}")
    keys = _numbers(",".join(request.POST.getlist("draft")))[:PAGE]
    wanted_deed = _DEEDS.get(request.POST.get("deed", ""))
    if not keys or wanted_deed is None:
        messages.info(request, _("行を選んでから操作してください。"))
        return back
    action, prepare = wanted_deed
    allowed(request, action)
    if (deed := prepare(request.POST)) is None:
        messages.error(request, _("入力をご確認ください。"))
        return back
    private = m.Draft.objects.filter(pk__in=keys).exclude(visibility=Visibility.PUBLIC)
    drafts = private.select_related("answers__relation")
    done = sum(_done(action, deed, draft, someone(request)) for draft in drafts)
    told = ngettext("%(n)d件を変更しました。", "%(n)d件を変更しました。", done) % {"n": done}
    if left := len(keys) - done:
        told += ngettext("%(n)d件は対象外です。", "%(n)d件は対象外です。", left) % {"n": left}
    messages.success(request, told)
    return back


def _done(action: Action, deed: _Deed, draft: m.Draft, person: Person) -> bool:
    try:
        return may(person, action, draft) and deed(draft, person.login)
    except IllegalMove:
        return False


def _assign(given: QueryDict) -> _Deed | None:
    owner = given.get("owner", "")
    if owner and not works_here(owner):
        return None
    return lambda draft, who: bool(moves.assign(draft.case_id, owner, who))


def _snooze(given: QueryDict) -> _Deed | None:
    moment = until(given.get("until", ""), timezone.localtime(now()))
    if moment is None:
        return None
    return lambda draft, who: bool(moves.snooze(draft.pk, who, moment))


def _reject(_given: QueryDict) -> _Deed:
    return _reject_duplicate


def _reject_duplicate(draft: m.Draft, who: str) -> bool:
    relation = getattr(draft.answers, "relation", None)
    if relation is None or relation.kind != RelationKind.DUPLICATE:
        return False
    # What was left to a lead is decided where its question stands.
    moves.reject(draft.pk, who, "duplicate", version=draft.version, lead=False)
    return True


_DEEDS: dict[str, tuple[Action, Callable[[QueryDict], _Deed | None]]] = {
    "assign": (Action.CASE_ASSIGN, _assign),
    "snooze": (Action.DRAFT_SNOOZE, _snooze),
    "reject": (Action.DRAFT_REJECT, _reject),
}
"""By what the form calls it: what one must be allowed, and how the form says it; None where it
says nothing that can be done."""

routes = [
    path("", queue, name="queue"),
    path("queue/news", news, name="queue-news"),
    path("queue/several", bulk, name="queue-several"),
]
