"""Search: one box for what was written, receipt numbers, customers and orders; saved searches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from casebook import models as m
from casebook.reading import by_receipt
from casebook.receipt import find_receipts
from desk.access import Action, Person
from desk.keeping import NotReady
from desk.looking import MOST, PAGE, Filters, Results, look
from desk.web.access import allowed, needs, someone
from desk.web.given import number
from enrich.index import IndexUnavailable

SAVED = 50
"""Searches that one person keeps at most, and shared ones that are listed."""

_LONGEST = 1_000
"""Characters of a query."""


class Name(forms.Form):
    """What a saved search is called, and whether all see it."""

    name = forms.CharField(label=gettext_lazy("名前"), max_length=100)
    shared = forms.BooleanField(label=gettext_lazy("全員に見せる"), required=False)


@dataclass(frozen=True, slots=True)
class Saved:
    """A saved search as it is listed: where it leads, and whether it is this person's own."""

    row: m.SavedSearch
    address: str
    own: bool


@require_safe
@needs(Action.SEARCH)
def search(request: HttpRequest) -> HttpResponse:
    """The page with its results; by htmx the results alone."""
    query = request.GET.get("q", "").strip()[:_LONGEST]
    part = "HX-Request" in request.headers
    if (found := _named(query)) is not None:
        address = resolve_url("case", found.receipt)
        return HttpResponse(headers={"HX-Redirect": address}) if part else redirect(address)
    filters = Filters(request.GET)
    like = _like(request.GET.get("like", ""))
    page = _page_number(request.GET.get("page", ""))
    asked = _asked(request.GET)
    values = {
        "q": query,
        "like": like,
        "filters": filters,
        "asked": asked,
        "saved": _saved(someone(request)),
        "may_share": Action.SEARCH_SHARE in someone(request).actions,
        "again": urlencode(asked),
        "more": urlencode([*asked, ("page", page + 1)]),
        **_results(query, like, filters, page),
    }
    return render(request, "desk/search/results.html" if part else "desk/search/page.html", values)


def _results(query: str, like: m.Case | None, filters: Filters, page: int) -> dict[str, Any]:
    """What was found, or why nothing could be: `trouble` is `soon` or `later`."""
    if not (query or like or filters.any):
        return {"results": None}
    try:
        results: Results = look(query, like, filters, page * PAGE)
    except NotReady:
        return {"results": None, "trouble": "soon"}
    except IndexUnavailable:
        return {"results": None, "trouble": "later"}
    return {"results": results}


def _named(query: str) -> m.Case | None:
    """The case whose receipt number is all that was typed."""
    numbers = find_receipts(query)
    alone = len(numbers) == 1 and len(query) <= len(numbers[0]) + 2
    key = by_receipt(numbers).get(numbers[0]) if alone else None
    return m.Case.objects.get(pk=key) if key is not None else None


def _like(receipt: str) -> m.Case | None:
    return m.Case.objects.filter(receipt=receipt[:16]).first() if receipt else None


def _page_number(text: str) -> int:
    return min(max(1, number(text)), MOST // PAGE)


def _asked(given: QueryDict) -> list[tuple[str, str]]:
    """What of the address is a search, without its empty fields."""
    wanted = ("q", "like", *Filters.base_fields)
    return [(name, str(given[name])[:_LONGEST]) for name in wanted if given.get(name)]


def _saved(person: Person) -> list[Saved]:
    seen = Q(owner=person.login) | Q(shared=True)
    rows = m.SavedSearch.objects.filter(seen).order_by("name", "pk")[: 2 * SAVED]
    return [
        Saved(row, urlencode({"q": row.query, **row.filters}), row.owner == person.login)
        for row in rows
    ]


@require_POST
@needs(Action.SEARCH)
def save(request: HttpRequest) -> HttpResponse:
    """Keep a search under a name; one of the same name is replaced."""
    form, person = Name(request.POST), someone(request)
    asked = dict(_asked(request.POST))
    back = redirect(f"{resolve_url('search')}?{urlencode(asked)}")
    own = m.SavedSearch.objects.filter(owner=person.login)
    if not form.is_valid() or not asked:
        messages.error(request, _("名前と検索の条件を入れてください。"))
    elif own.exclude(name=form.cleaned_data["name"]).count() >= SAVED:
        messages.error(request, _("保存できる検索は50件までです。不要なものを削除してください。"))
    else:
        if form.cleaned_data["shared"]:
            allowed(request, Action.SEARCH_SHARE)
        query = asked.pop("q", "")
        own.update_or_create(
            owner=person.login,
            name=form.cleaned_data["name"],
            defaults={"query": query, "filters": asked, "shared": form.cleaned_data["shared"]},
        )
        messages.success(request, _("検索を保存しました。"))
    return back


@require_POST
@needs(Action.SEARCH)
def saved(request: HttpRequest, key: str) -> HttpResponse:
    """Rename, share or delete a search of one's own."""
    row = get_object_or_404(m.SavedSearch, pk=number(key))
    allowed(request, Action.SEARCH, row)
    if "delete" in request.POST:
        row.delete()
        messages.success(request, _("保存した検索を削除しました。"))
        return redirect("search")
    form = Name(request.POST)
    if form.is_valid():
        if form.cleaned_data["shared"] and not row.shared:
            allowed(request, Action.SEARCH_SHARE)
        _renamed(request, row, form)
    return redirect("search")


def _renamed(request: HttpRequest, row: m.SavedSearch, form: Name) -> None:
    row.name, row.shared = form.cleaned_data["name"], form.cleaned_data["shared"]
    try:
        with transaction.atomic():
            row.save(update_fields=["name", "shared"])
    except IntegrityError:
        messages.error(request, _("同じ名前の検索があります。"))
    else:
        messages.success(request, _("保存した検索を変更しました。"))


routes = [
    path("search", search, name="search"),
    path("search/saved", save, name="search-save"),
    path("search/saved/<str:key>", saved, name="search-saved"),
]
