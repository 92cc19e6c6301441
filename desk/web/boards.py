"""The boards: promises, incidents, sources, the team's load and how good the drafts are."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q, Window
from django.db.models.functions import RowNumber
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from casebook import models as m
from casebook.states import PromiseState
from desk import health, measures, notices, promises
from desk.access import Action
from desk.charts import Chart, Series
from desk.masking import quoting, titles
from desk.web.access import allowed, needs, someone
from desk.web.given import number

PAGE = 30
"""Lines of a list on a page."""

_VOICES = 8
"""Cases of an incident that are named in the list."""


@require_safe
@needs(Action.BOARD_VIEW)
def boards(request: HttpRequest) -> HttpResponse:
    """One of the boards; the address says which."""
    name = request.GET.get("board", "")
    name = name if name in BOARDS else "promises"
    label, action, values = BOARDS[name]
    allowed(request, action)
    actions = someone(request).actions
    tabs = [(key, told) for key, (told, needed, _values) in BOARDS.items() if needed in actions]
    page = {"board": name, "label": label, "tabs": tabs, "query": f"board={name}"}
    return render(request, f"desk/boards/{name}.html", {**page, **values(request)})


def _promises(request: HttpRequest) -> dict[str, Any]:
    found, broken = promises.watched_now(), promises.broken_lately()
    page = Paginator([*found, *broken], PAGE).get_page(request.GET.get("page"))
    shown: list[Any] = list(page.object_list)
    rows = [one.promise if isinstance(one, promises.Watched) else one for one in shown]
    called = titles([row.case for row in rows])
    stands = Counter(one.stand for one in found)
    calm = promises.open_now() - stands["late"] - stands["now"] - stands["soon"]
    return {
        "page": page,
        "rows": [(one, row, called[row.case_id]) for one, row in zip(shown, rows, strict=True)],
        "tiles": [
            (_("期限超過"), stands["late"], "crisis"),
            (_("まもなく期限"), stands["now"], "urgent"),
            (_("期限が近い"), stands["soon"], "urgent"),
            (_("余裕あり"), calm, "good"),
            (_("7日間に守れず"), len(broken), "calm"),
        ],
        "groups": [
            (_("部署"), promises.grouped(found, broken, people=False)),
            (_("担当者"), promises.grouped(found, broken, people=True)),
        ],
        "chart": _kept(),
        "most": promises.MOST if len(found) >= promises.MOST else 0,
    }


def _kept() -> Chart:
    settled = m.Promise.objects.filter(
        settled_at__gte=measures.since(), state__in=[PromiseState.KEPT, PromiseState.BROKEN]
    ).values_list("state", "settled_at")
    moments: dict[str, list[Any]] = defaultdict(list)
    for state, at in settled.order_by("-settled_at")[:20_000]:
        moments[state].append(at)
    series = [
        Series(_("守れた"), "good", measures.by_week(moments[PromiseState.KEPT])),
        Series(_("守れなかった"), "crisis", measures.by_week(moments[PromiseState.BROKEN])),
    ]
    return Chart("kept", _("お約束の結果（週ごと）"), _weeks(), series)


def _incidents(request: HttpRequest) -> dict[str, Any]:
    rows = (
        m.Incident.objects.annotate(
            voices=Count("cases"), going=Count("cases", filter=Q(cases__state__in=measures.GOING))
        )
        .select_related("first__triage")
        .order_by("-opened_at", "-pk")
    )
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    shown: list[Any] = list(page.object_list)
    cases: dict[int | None, list[m.Case]] = defaultdict(list)
    place = Window(RowNumber(), partition_by="incident", order_by="-pk")
    newest = m.Case.objects.filter(incident__in=shown).annotate(place=place)
    for case in newest.filter(place__lte=_VOICES).order_by("-pk"):
        cases[case.incident_id].append(case)
    firsts = {row.pk: row.first.case_id for row in shown}
    called = titles(list(m.Case.objects.filter(pk__in=[key for key in firsts.values() if key])))
    return {
        "page": page,
        "rows": [
            {
                "incident": row,
                "title": called.get(firsts[row.pk] or 0, ""),
                "cases": cases[row.pk],
                "further": max(0, row.voices - _VOICES),
                "going": row.going,
            }
            for row in shown
        ],
    }


def _sources(request: HttpRequest) -> dict[str, Any]:
    return {"sources": health.sources(), "senders": health.senders()}


def _load(request: HttpRequest) -> dict[str, Any]:
    found = measures.loads()
    busy = [one for one in found if one.login and one.cases][:12]
    series = [Series(_("対応中の案件"), "info", [one.cases for one in busy])]
    return {
        "loads": found,
        "chart": Chart(
            "load", _("対応中の案件（担当者ごと）"), [o.login[:8] for o in busy], series
        ),
    }


def _quality(request: HttpRequest) -> dict[str, Any]:
    found, corrected = measures.quality(), measures.corrections()
    changed = [one.approved - one.unchanged for one in found]
    approved = sum(one.approved for one in found)
    unchanged = sum(one.unchanged for one in found)
    return {
        "tiles": [
            (_("承認した返信案"), approved, "calm"),
            (_("そのまま承認"), f"{unchanged / approved:.0%}" if approved else "–", "good"),
            (_("判定の訂正"), sum(sum(counts) for _label, counts in corrected), "calm"),
        ],
        "charts": [
            Chart("approved", _("承認した返信案（週ごと）"), _weeks(), [
                Series(_("そのまま"), "good", [one.unchanged for one in found]),
                Series(_("書き直して"), "info", changed),
            ]),
            Chart("distance", _("書き直した文字数（週ごとの中央値）"), _weeks(), [
                Series(_("文字"), "info", [one.distance or 0 for one in found]),
            ]),
        ],
        "weeks": _weeks(),
        "corrected": corrected,
    }  # fmt: skip


def _weeks() -> list[str]:
    return [f"{day.month}/{day.day}" for day in measures.weeks()]


@require_safe
@needs(Action.BOARD_VIEW)
def incident(request: HttpRequest, key: str) -> HttpResponse:
    """One incident: its customers, and the notice as the first of them would read it."""
    row = _incident(key)
    found, count = notices.addressed(row, 1), notices.count(row)
    sample = notices.wording(found[0]) if found else None
    page = Paginator(row.cases.order_by("-pk"), PAGE).get_page(request.GET.get("page"))
    cases = list(page.object_list)
    called = titles([*cases, *([row.first.case] if row.first.case else [])])
    values = {
        "incident": row,
        "title": called.get(row.first.case_id or 0, ""),
        "page": page,
        "cases": [(case, called[case.pk]) for case in cases],
        "count": min(count, notices.AT_ONCE),
        "left": max(0, count - notices.AT_ONCE),
        "sample": sample,
        "body": quoting(sample.body, found[0].message) if sample else "",
    }
    return render(request, "desk/boards/incident.html", values)


@require_POST
@needs(Action.DRAFT_APPROVE)
def notice(request: HttpRequest, key: str) -> HttpResponse:
    """Queue the notice for the customers of an incident, each as a draft to be approved."""
    row = _incident(key)
    made = notices.prepare(notices.addressed(row), someone(request).login)
    if made:
        told = ngettext(
            "%(n)d件の返信案を用意しました。受付で承認してください。",
            "%(n)d件の返信案を用意しました。受付で承認してください。",
            made,
        )
        messages.success(request, told % {"n": made})
    else:
        messages.info(request, _("お知らせが必要な方はいません。"))
    return redirect("incident", row.pk)


def _incident(key: str) -> m.Incident:
    rows = m.Incident.objects.select_related("first__triage", "first__case")
    return get_object_or_404(rows, pk=number(key))


_Values = Callable[[HttpRequest], dict[str, Any]]

BOARDS: dict[str, tuple[Any, Action, _Values]] = {
    "promises": (gettext_lazy("約束"), Action.BOARD_VIEW, _promises),
    "incidents": (gettext_lazy("同じ出来事"), Action.BOARD_VIEW, _incidents),
    "sources": (gettext_lazy("接続"), Action.BOARD_VIEW, _sources),
    "load": (gettext_lazy("チーム"), Action.LOAD_VIEW, _load),
    "quality": (gettext_lazy("品質"), Action.BOARD_VIEW, _quality),
}
"""The boards by name: label, who sees it, and what it shows."""

routes = [
    path("boards", boards, name="boards"),
    path("boards/incidents/<str:key>", incident, name="incident"),
    path("boards/incidents/<str:key>/notice", notice, name="incident-notice"),
]
