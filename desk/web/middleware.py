"""What surrounds every page: the reader's language, the policy's time, headers, signing in."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode, urlsplit, urlunsplit

from django.conf import settings as pages
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, resolve_url
from django.utils import timezone, translation

from casebook.config import settings
from casebook.errors import IllegalMove
from casebook.policy import load_policy
from desk.web import errors
from desk.words import speaking

_Answer = Callable[[HttpRequest], HttpResponseBase]


class Surroundings:
    """Answers in the language that the reader chose (else the configuration's) and in the policy's
    time zone; tells browsers to keep no copy of a page."""

    def __init__(self, answer: _Answer) -> None:
        self._answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The page, with its headers."""
        chosen = chosen_language(request)
        zone = load_policy(settings().policy).zone
        with speaking(chosen), translation.override(chosen), timezone.override(zone):
            answer = self._answer(request)
        answer.headers.setdefault("Content-Language", chosen)
        answer.headers.setdefault("Cache-Control", "no-store, private")
        answer.headers.setdefault("Permissions-Policy", pages.PERMISSIONS_POLICY)
        return answer


def chosen_language(request: HttpRequest) -> str:
    """The language that the reader chose, else the configuration's."""
    chosen = request.COOKIES.get(pages.LANGUAGE_COOKIE_NAME, "")
    return chosen if chosen in dict(pages.LANGUAGES) else settings().language


SECOND_FACTOR = "second_factor_asked"
"""Set in a session whose password was right while the second factor is still to come."""


class SignedIn(LoginRequiredMiddleware):
    """Nobody reaches a page without signing in with all that their account asks for."""

    def process_view(
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase],
        view_args: tuple[object, ...], view_kwargs: dict[str, object],
    ) -> HttpResponseBase | None:  # fmt: skip
        """A redirect where something is missing."""
        if not getattr(view_func, "login_required", True):
            return None
        half = request.session.get(SECOND_FACTOR) and not getattr(view_func, "second_factor", False)
        if request.user.is_authenticated and half:
            return _to(request, "verify")
        found: HttpResponseBase | None = super().process_view(
            request, view_func, view_args, view_kwargs
        )
        return found if found is None else _to(request, "login")

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """A page where a move came too late; other errors go their way."""
        return errors.too_late(request) if isinstance(error, IllegalMove) else None


def _to(request: HttpRequest, name: str) -> HttpResponseBase:
    """The way to the login or to the second factor, and back. What a page asks by itself leads
    nowhere: somebody may be typing in it."""
    if "HX-Request" in request.headers:
        return errors.signed_out(request)
    return redirect(f"{resolve_url(name)}?{urlencode({'next': _page(request)})}")


def _page(request: HttpRequest) -> str:
    """The page that was asked for; where a form was sent, the page that it stands on."""
    if request.method in ("GET", "HEAD"):
        return request.get_full_path()
    sent = urlsplit(request.headers.get("Referer", ""))
    ours = sent.netloc == request.get_host()
    return urlunsplit(("", "", sent.path, sent.query, "")) if ours and sent.path else "/"
