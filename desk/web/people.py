"""The desk's people: who they are, what they are, who is shut out."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from casebook.errors import ConfigError
from desk import names, people
from desk.access import Action, Role
from desk.web.access import allowed, needs, someone
from desk.words import random_password

PAGE = 50
"""People on a page."""


class Newcomer(forms.Form):
    """Somebody who is to work here."""

    login = forms.CharField(label=gettext_lazy("ユーザー名"), max_length=150)
    email = forms.EmailField(label=gettext_lazy("メールアドレス（任意）"), required=False)
    role = forms.ChoiceField(label=gettext_lazy("役割"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["role"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = roles()


def roles() -> list[tuple[str, str]]:
    """The roles with what they are called."""
    return [(role.value, names.role(role)) for role in Role]


@require_safe
@needs(Action.USER_MANAGE)
def everybody(request: HttpRequest) -> HttpResponse:
    """Everybody who may sign in, or might once."""
    return _page(request, Newcomer())


def _page(
    request: HttpRequest, form: Newcomer, *, password: str = "", login: str = "", status: int = 200
) -> HttpResponse:
    wanted = request.GET.get("q", "").replace("\0", "").strip()
    rows = people.rows().filter(Q(username__icontains=wanted) | Q(email__icontains=wanted))
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    values = {
        "tab": "people",
        "here": "people",
        "form": form,
        "page": page,
        "query": request.GET.urlencode() if wanted and not request.GET.get("page") else "",
        "wanted": wanted,
        "members": [people.member(row) for row in page.object_list],
        "roles": roles(),
        "password": password,
        "login": login,
    }
    return render(request, "desk/people/page.html", values, status=status)


@require_POST
@needs(Action.USER_MANAGE)
def add(request: HttpRequest) -> HttpResponse:
    """Make a person; their password is shown once."""
    form = Newcomer(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    given, password = form.cleaned_data, random_password()
    try:
        people.add(
            given["login"], Role(given["role"]), password, given["email"],
            who=someone(request).login,
        )  # fmt: skip
    except ConfigError as error:
        form.add_error("login", str(error))
        return _page(request, form, status=422)
    return _page(request, Newcomer(), password=password, login=given["login"])


@require_POST
@needs(Action.USER_MANAGE)
def give_role(request: HttpRequest, login: str) -> HttpResponse:
    """Give another person another role."""
    _another(request, login)
    wanted = request.POST.get("role", "")
    if wanted not in set(Role):
        raise Http404
    people.give_role(login, Role(wanted), who=someone(request).login)
    messages.success(request, _("%(login)s の役割を変えました。") % {"login": login})
    return redirect("people")


@require_POST
@needs(Action.USER_MANAGE)
def disable(request: HttpRequest, login: str) -> HttpResponse:
    """Let another person in no more."""
    _another(request, login)
    revoked = people.disable(login, who=someone(request).login)
    messages.success(request, _("%(login)s を停止しました。") % {"login": login})
    if revoked:
        told = _("発行していたAPIキーも失効しました：%(names)s")
        messages.info(request, told % {"names": ", ".join(revoked)})
    return redirect("people")


@require_POST
@needs(Action.USER_MANAGE)
def renew(request: HttpRequest, login: str) -> HttpResponse:
    """Give another person a new password, and take their second factor away; who was shut out may
    come in again. The password is shown once."""
    _another(request, login)
    password = random_password()
    people.renew(login, password, who=someone(request).login)
    return _page(request, Newcomer(), password=password, login=login)


def _another(request: HttpRequest, login: str) -> None:
    """Raise Http404 where nobody has the login, PermissionDenied where it is one's own."""
    row = people.rows().filter(username=login).first()
    if row is None:
        raise Http404
    allowed(request, Action.USER_MANAGE, people.member(row))


routes = [
    path("people", everybody, name="people"),
    path("people/add", add, name="person-add"),
    path("people/<str:login>/role", give_role, name="person-role"),
    path("people/<str:login>/disable", disable, name="person-disable"),
    path("people/<str:login>/renew", renew, name="person-renew"),
]
