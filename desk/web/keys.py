"""The API's keys and the webhooks, for whoever manages them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from casebook import models as m
from casebook import moves
from casebook.errors import ConfigError
from casebook.events import Event
from desk import keys, names
from desk.access import TOKEN_ROLES, Action, Role, Scope
from desk.web.access import needs, someone

PAGE = 50
"""Keys, or deliveries, on a page."""


class NewKey(forms.Form):
    """A key that is to be made."""

    name = forms.CharField(label=gettext_lazy("使う側の名前"), max_length=100)
    role = forms.ChoiceField(label=gettext_lazy("役割"))
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("範囲"), widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choices(self, "role", [(role.value, names.role(role)) for role in TOKEN_ROLES])
        _choices(self, "scopes", [(one.value, names.scope(one)) for one in Scope])


class NewHook(forms.Form):
    """An address that is to be told of events."""

    url = forms.CharField(label=gettext_lazy("アドレス"), max_length=2000)
    events = forms.MultipleChoiceField(
        label=gettext_lazy("知らせること"), widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["url"].widget.attrs["placeholder"] = "https://"
        _choices(self, "events", [(one.value, names.event(one)) for one in Event])


def _choices(form: forms.Form, name: str, choices: list[tuple[str, str]]) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)
    field.choices = choices


@require_safe
@needs(Action.API_MANAGE)
def tokens(request: HttpRequest) -> HttpResponse:
    """All keys; never what they are."""
    return _tokens(request, NewKey())


def _tokens(
    request: HttpRequest, form: NewKey, *, key: str = "", status: int = 200
) -> HttpResponse:
    rows = m.ApiToken.objects.order_by("revoked_at", "-pk")
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    values = {
        "tab": "tokens",
        "here": "people",
        "form": form,
        "page": page,
        "key": key,
        "query": "",
    }
    return render(request, "desk/people/tokens.html", values, status=status)


@require_POST
@needs(Action.API_MANAGE)
def add_token(request: HttpRequest) -> HttpResponse:
    """Make a key; it is shown once."""
    form = NewKey(request.POST)
    if not form.is_valid():
        return _tokens(request, form, status=422)
    given = form.cleaned_data
    scopes = [Scope(one) for one in given["scopes"]]
    try:
        _row, key = keys.add_token(
            given["name"], Role(given["role"]), scopes, who=someone(request).login
        )
    except ConfigError as error:
        form.add_error("name", str(error))
        return _tokens(request, form, status=422)
    return _tokens(request, NewKey(), key=key)


@require_POST
@needs(Action.API_MANAGE)
def revoke_token(request: HttpRequest, number: int) -> HttpResponse:
    """Let nobody in with a key any more."""
    row = get_object_or_404(m.ApiToken, pk=number)
    moves.revoke_token(row.pk, someone(request).login)
    messages.success(request, _("キー %(name)s を失効しました。") % {"name": row.name})
    return redirect("tokens")


@require_safe
@needs(Action.API_MANAGE)
def webhooks(request: HttpRequest) -> HttpResponse:
    """All addresses, and what was sent to them."""
    return _webhooks(request, NewHook())


def _webhooks(
    request: HttpRequest, form: NewHook, *, secret: str = "", status: int = 200
) -> HttpResponse:
    page = Paginator(keys.log(), PAGE).get_page(request.GET.get("page"))
    values = {
        "tab": "webhooks",
        "here": "people",
        "form": form,
        "hooks": m.Webhook.objects.order_by("-active", "-pk")[:PAGE],
        "page": page,
        "query": "",
        "secret": secret,
    }
    return render(request, "desk/people/webhooks.html", values, status=status)


@require_POST
@needs(Action.API_MANAGE)
def add_webhook(request: HttpRequest) -> HttpResponse:
    """Tell another address; the secret of its signatures is shown once."""
    form = NewHook(request.POST)
    if not form.is_valid():
        return _webhooks(request, form, status=422)
    events = [Event(one) for one in form.cleaned_data["events"]]
    try:
        row = keys.add_webhook(form.cleaned_data["url"], events, who=someone(request).login)
    except ConfigError as error:
        form.add_error("url", str(error))
        return _webhooks(request, form, status=422)
    return _webhooks(request, NewHook(), secret=row.secret)


@require_POST
@needs(Action.API_MANAGE)
def switch_webhook(request: HttpRequest, number: int) -> HttpResponse:
    """Tell an address no more, or again."""
    row = get_object_or_404(m.Webhook, pk=number)
    active = request.POST.get("active") == "1"
    moves.switch_webhook(row.pk, someone(request).login, active=active)
    done = _("知らせを再開しました。") if active else _("知らせを止めました。")
    messages.success(request, done)
    return redirect("webhooks")


@require_POST
@needs(Action.API_MANAGE)
def try_webhook(request: HttpRequest, number: int) -> HttpResponse:
    """Queue a trial for an address."""
    row = get_object_or_404(m.Webhook, pk=number)
    moves.try_webhook(row.pk, someone(request).login)
    messages.success(request, _("1分以内に試しの知らせを送ります。"))
    return redirect("webhooks")


@require_POST
@needs(Action.API_MANAGE)
def redeliver(request: HttpRequest, number: int) -> HttpResponse:
    """Queue a delivery of the log once more."""
    row = get_object_or_404(m.WebhookDelivery, pk=number)
    moves.redeliver(row.pk, someone(request).login)
    messages.success(request, _("1分以内にもう一度送ります。"))
    return redirect("webhooks")


routes = [
    path("people/keys", tokens, name="tokens"),
    path("people/keys/add", add_token, name="token-add"),
    path("people/keys/<int:number>/revoke", revoke_token, name="token-revoke"),
    path("people/webhooks", webhooks, name="webhooks"),
    path("people/webhooks/add", add_webhook, name="webhook-add"),
    path("people/webhooks/<int:number>/switch", switch_webhook, name="webhook-switch"),
    path("people/webhooks/<int:number>/test", try_webhook, name="webhook-test"),
    path("people/deliveries/<int:number>/again", redeliver, name="webhook-again"),
]
