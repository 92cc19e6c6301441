"""The public form by which customers write to us: it asks for what is usually missing, works
without a script and without cookies, and asks no third party whether somebody is a person."""

from __future__ import annotations

from datetime import date
from http import HTTPStatus
from secrets import token_urlsafe
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from casebook import models as m
from casebook.clock import now
from casebook.config import settings
from casebook.links import Forged, read_stamp, stamp
from desk.form_words import FORM_WORDS, FormWords
from desk.intake import FORM, Differs, Handed, take_in
from desk.origin import origin
from desk.pace import wait
from desk.survey import for_customers, language_of, policy_in_force, reach

SOONEST, LATEST = 3, 12 * 3600
"""Seconds after which a person may have filled the form in, and after which its page is too old."""

_HOUR = 3600
_LIMITS = {"name": 100, "email": 254, "phone": 30, "product": 100, "order": 60, "text": 4000}
_OURS = ("name", "email", "text")
_ORDER = ("name", "email", "phone", "product", "order", "day", "text", "wish")
_STAMP, _RECEIPT = "form", "receipt"


class Complaint(forms.Form):
    """What a customer filled in, judged in their language."""

    name = forms.CharField()
    email = forms.EmailField()
    phone = forms.CharField()
    product = forms.CharField()
    order = forms.CharField()
    day = forms.DateField(input_formats=["%Y-%m-%d", "%Y/%m/%d"])
    text = forms.CharField()
    wish = forms.ChoiceField()

    def __init__(self, words: FormWords, **given: Any) -> None:
        super().__init__(**given)
        self.words, table = words, settings().form
        asked = {*_OURS, *table.fields}
        needed = {*_OURS, *table.required}
        for name in [name for name in _ORDER if name not in asked]:
            del self.fields[name]
        self.order_fields([name for name in _ORDER if name in asked])
        for name, field in self.fields.items():
            field.required, field.label = name in needed, words.labels[name]
            self._explain(name, field)

    def _explain(self, name: str, field: forms.Field) -> None:
        words, limit = self.words, _LIMITS.get(name, 0)
        told = {"label": words.labels[name], "limit": f"{limit:,}"}
        field.help_text = words.hints.get(name, "").format(**told)
        wrong = words.errors.get(name, "")
        required = words.errors["required"].format(**told)
        field.error_messages.update(required=required, invalid=wrong, invalid_choice=wrong)
        if isinstance(field, forms.ChoiceField):
            field.choices = list(words.wishes.items())
        elif isinstance(field, forms.CharField):
            field.validators = [one for one in field.validators if name == "email"]
            field.max_length = limit
            too_long = words.errors["too_long"].format(**told)
            field.validators.append(_Longest(limit, too_long))

    def clean_day(self) -> date | None:
        """The day, where it is not to come."""
        day: date | None = self.cleaned_data["day"]
        if day is not None and day > timezone.localdate(now()):
            raise forms.ValidationError(self.words.errors["future"])
        return day


class _Longest:
    """That a text has so many characters at most."""

    def __init__(self, limit: int, told: str) -> None:
        self.limit, self.told = limit, told

    def __call__(self, value: str) -> None:
        # Browsers count a line break as one character.
        if len(value.replace("\r\n", "\n")) > self.limit:
            raise forms.ValidationError(self.told)


@login_not_required
@csrf_exempt
@never_cache
@for_customers
@require_http_methods(["GET", "HEAD", "POST"])
def form(request: HttpRequest) -> HttpResponse:
    """The form; what is filled in becomes a message, under a receipt number that is told at once.

    No cookie is needed: what is sent changes nothing of whoever sends it.
    """
    if not settings().form.enabled:
        raise Http404
    words = FORM_WORDS[_language(request)]
    if request.method != "POST":
        return _ask(request, Complaint(words))
    filled = Complaint(words, data=_plain(request))
    valid = filled.is_valid()
    if request.POST.get("website"):
        # Only a machine fills in what nobody sees.
        return _say(request, words.often, HTTPStatus.TOO_MANY_REQUESTS)
    nonce, why = _opened(request.POST.get("stamp", ""))
    if valid and why:
        filled.add_error(None, words.errors[why])
    if not filled.is_valid():
        return _ask(request, filled)
    if seconds := wait(f"form:{_sender(request)}", settings().form.an_hour, _HOUR):
        answer = _say(request, words.often, HTTPStatus.TOO_MANY_REQUESTS)
        answer.headers["Retry-After"] = str(seconds)
        return answer
    row = _taken(filled, nonce)
    # Reloading the page that follows sends nothing again.
    language = _language(request)
    return HttpResponseRedirect(f"/form/{stamp(_RECEIPT, row.receipt or '')}?lang={language}")


@login_not_required
@never_cache
@for_customers
@require_safe
def received(request: HttpRequest, token: str) -> HttpResponse:
    """That a message was taken in, with its receipt number, for as long as the form would stand."""
    try:
        number, seconds = read_stamp(_RECEIPT, token)
    except Forged:
        raise Http404 from None
    if not settings().form.enabled or seconds > LATEST:
        raise Http404
    return _say(request, FORM_WORDS[_language(request)].taken, receipt=number)


def _taken(filled: Complaint, nonce: str) -> m.Message:
    given, words = filled.cleaned_data, filled.words
    labels = words.labels
    wish = given.get("wish", "")
    facts = (
        (labels["product"], given.get("product", "")),
        (labels["order"], given.get("order", "")),
        (labels["day"], given["day"].isoformat() if given.get("day") else ""),
        (labels["wish"], words.wishes.get(wish, "") if wish else ""),
        (labels["phone"], given.get("phone", "")),
    )
    written = (*(value for _, value in facts), given["name"], given["email"], given["text"])
    # Sent twice from one page it is one message; written anew there, another.
    key = "\n".join((nonce, *written))
    handed = Handed(
        key=salted_hmac("madoguchi.form", key, algorithm="sha256").hexdigest(),
        email=given["email"],
        text=given["text"].replace("\r\n", "\n"),
        name=given["name"],
        subject=given.get("product", ""),
        facts=facts,
        sent_at=None,
    )
    try:
        return take_in(FORM, handed)[0]
    except Differs:  # pragma: no cover - the key holds all that could differ
        raise AssertionError("one key for two messages") from None


def _ask(request: HttpRequest, filled: Complaint) -> HttpResponse:
    words, language = filled.words, _language(request)
    company, table = policy_in_force().company, settings().form
    values = {
        **reach(language),
        "form": filled,
        "text": words,
        "intro": words.intro.format(desk=company.desk.in_(language)),
        "stamp": stamp(_STAMP, token_urlsafe(12)),
        "limits": _LIMITS,
        "privacy": table.privacy,
        "other": "ja" if language == "en" else "en",
        "today": timezone.localdate(now()).isoformat(),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if filled.errors else HTTPStatus.OK
    return render(request, "desk/form.html", values, status=status)


def _say(
    request: HttpRequest, said: Any, status: HTTPStatus = HTTPStatus.OK, receipt: str = ""
) -> HttpResponse:
    language = _language(request)
    values = {**reach(language), "said": said, "number": receipt, "text": FORM_WORDS[language]}
    return render(request, "desk/form_said.html", values, status=status)


def _plain(request: HttpRequest) -> dict[str, str]:
    return {name: str(value).replace("\0", "") for name, value in request.POST.items()}


def _opened(token: str) -> tuple[str, str]:
    """What a page's stamp holds, and why it is not taken yet: it was filled in faster than people
    write, or is too old; an empty reason where it is good."""
    try:
        nonce, seconds = read_stamp(_STAMP, token)
    except Forged:
        return "", "again"
    if seconds > LATEST:
        return nonce, "again"
    return nonce, "soon" if seconds < SOONEST else ""


def _sender(request: HttpRequest) -> str:
    """Where a request comes from, as a hash that leads back to nobody."""
    return salted_hmac("madoguchi.form.sender", origin(request), algorithm="sha256").hexdigest()


def _language(request: HttpRequest) -> str:
    chosen = request.GET.get("lang", "")
    return chosen if chosen in FORM_WORDS else language_of(request)
