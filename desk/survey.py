"""The one page that customers see: how satisfied they are, once, by a link that only they have."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, TypeVar, cast

from csp.decorators import csp
from django import forms
from django.conf import settings as settings_of_pages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import get_language_from_request
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from casebook import models as m
from casebook import moves
from casebook.config import settings
from casebook.links import Forged, followed
from casebook.moves.resolving import COMMENT_LIMIT
from casebook.policy import Policy, load_policy
from desk.asking import WORDS, Said, Words

_BEST_RECOMMENDATION = 10


class _Comment(forms.CharField):
    """A comment as a database takes it; browsers count a line break as one character."""

    def to_python(self, value: Any) -> str:
        plain = "" if value is None else str(value)
        return str(super().to_python(plain.replace("\r\n", "\n").replace("\0", "")))


class Answer(forms.Form):
    """An answer to the survey, judged in the customer's language."""

    score = forms.TypedChoiceField(coerce=int)
    recommend = forms.TypedChoiceField(coerce=int, required=False, empty_value=None)
    comment = _Comment(required=False)

    def __init__(self, words: Words, *, nps: bool, **given: Any) -> None:
        super().__init__(**given)
        self.words = words
        score = self.fields["score"]
        assert isinstance(score, forms.TypedChoiceField)
        score.choices = list(words.scores)
        score.error_messages = {"required": words.choose, "invalid_choice": words.choose}
        recommend = self.fields["recommend"]
        assert isinstance(recommend, forms.TypedChoiceField)
        recommend.choices = [(n, str(n)) for n in range(_BEST_RECOMMENDATION + 1)]
        recommend.error_messages = {"invalid_choice": words.choose}
        if not nps:
            del self.fields["recommend"]

    def clean_comment(self) -> str:
        """The comment, where it is not too long."""
        comment = str(self.cleaned_data["comment"])
        if len(comment) > COMMENT_LIMIT:
            told = self.words.too_long.format(
                limit=f"{COMMENT_LIMIT:,}", length=f"{len(comment):,}"
            )
            raise forms.ValidationError(told)
        return comment


_View = TypeVar("_View", bound=Callable[..., HttpResponse])


def for_customers(view: _View) -> _View:
    """Pages for customers run no script at all."""
    strict: Any = csp(settings_of_pages.CONTENT_SECURITY_POLICY_FOR_CUSTOMERS)
    return cast(_View, strict(view))


@login_not_required
@never_cache
@for_customers
@require_http_methods(["GET", "HEAD", "POST"])
def survey(request: HttpRequest, token: str) -> HttpResponse:
    """The survey that a link names: its form, and once it was answered, our thanks."""
    policy = policy_in_force()
    try:
        link = followed(token, policy.follow_up.days)
    except Forged:
        return not_found(request)
    row = m.Survey.objects.select_related("case").filter(pk=link.key).first()
    if row is None:
        return not_found(request)
    language = row.case.language if row.case.language in WORDS else policy.language
    words = WORDS[language]
    if row.answered_at is not None:
        return _say(request, words.thanks, language)
    if link.expired:
        return _say(request, words.expired, language, HTTPStatus.GONE)
    nps = policy.follow_up.nps
    form = Answer(words, nps=nps, data=request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return _ask(request, form, row.case.receipt, language)
    moves.survey_answered(
        row.pk,
        form.cleaned_data["score"],
        form.cleaned_data["comment"],
        form.cleaned_data.get("recommend"),
        unhappy=policy.follow_up.unhappy,
        language=language,
    )
    # The same address says thank you from now on; reloading it sends nothing again.
    return HttpResponseRedirect(request.path)


def _ask(request: HttpRequest, form: Answer, receipt: str, language: str) -> HttpResponse:
    words, company = form.words, policy_in_force().company
    return render(
        request,
        "desk/survey.html",
        {
            **reach(language),
            "form": form,
            "number": receipt,
            "limit": COMMENT_LIMIT,
            "intro": words.intro.format(desk=company.desk.in_(language)),
            "recommend": words.recommend.format(company=company.name.in_(language)),
            "hint": words.hint.format(limit=f"{COMMENT_LIMIT:,}"),
        },
        status=HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK,
    )


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """No such page, or a link that is not ours."""
    return _say(request, _words(request).unknown, language_of(request), HTTPStatus.NOT_FOUND)


def not_ours(
    request: HttpRequest, reason: str = "", exception: Exception | None = None
) -> HttpResponse:
    """A form that did not come from our page."""
    return _say(request, _words(request).rejected, language_of(request), HTTPStatus.FORBIDDEN)


def not_understood(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """A request that no browser sends by itself: far too long, for another host."""
    return _say(request, _words(request).rejected, language_of(request), HTTPStatus.BAD_REQUEST)


def broken(request: HttpRequest) -> HttpResponse:
    """Something failed here."""
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    return _say(request, _words(request).failed, language_of(request), status)


@login_not_required
@require_http_methods(["GET", "HEAD"])
def healthy(request: HttpRequest) -> HttpResponse:
    """That the desk answers; for whoever watches it."""
    return HttpResponse("ok", content_type="text/plain")


@never_cache
@for_customers
def _say(
    request: HttpRequest, said: Said, language: str, status: HTTPStatus = HTTPStatus.OK
) -> HttpResponse:
    return render(request, "desk/said.html", {**reach(language), "said": said}, status=status)


def reach(language: str) -> dict[str, object]:
    """What every page holds: its language and words, and how to reach the desk."""
    company = policy_in_force().company
    return {
        "language": language,
        "words": WORDS[language],
        "company": company.name.in_(language),
        "desk": company.desk.in_(language),
        "email": company.email,
        "phone": company.phone,
    }


def _words(request: HttpRequest) -> Words:
    return WORDS[language_of(request)]


def language_of(request: HttpRequest) -> str:
    """The language of a page that belongs to no case: the browser's, else the policy's."""
    if "HTTP_ACCEPT_LANGUAGE" not in request.META:
        return policy_in_force().language
    found = get_language_from_request(request)
    return found if found in WORDS else policy_in_force().language


def policy_in_force() -> Policy:
    return load_policy(settings().policy)
