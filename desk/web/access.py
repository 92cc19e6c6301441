"""Who is asking, and whether a view answers them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase

from desk.access import Action, Person, may, person

View = Callable[..., HttpResponseBase]


def someone(request: HttpRequest) -> Person:
    """The person who asks; their groups are looked up once a request."""
    known: Person | None = getattr(request, "person", None)
    if known is None:
        user = request.user
        groups = user.groups.values_list("name", flat=True) if user.is_authenticated else ()
        known = person(user.get_username(), groups)
        request.person = known  # type: ignore[attr-defined]
    return known


def needs(action: Action) -> Callable[[View], View]:
    """Let a view answer only people whose roles grant `action`; others get 403.

    Nobody reaches a view without being signed in, unless it says so itself (`login_not_required`).
    """

    def guarded(view: View) -> View:
        @wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            allowed(request, action)
            return view(request, *args, **kwargs)

        checked.needs = action  # type: ignore[attr-defined]
        return checked

    return guarded


def allowed(request: HttpRequest, action: Action, thing: Any = None) -> None:
    """Raise PermissionDenied where whoever asks may not do this (to this thing)."""
    if not may(someone(request), action, thing):
        raise PermissionDenied
