"""What every page of the desk stands in: who reads it, where one can go from here, how it looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from casebook.config import settings
from casebook.policy import load_policy
from desk.access import Action, Person
from desk.web.access import someone
from desk.web.going import undoable
from desk.web.middleware import chosen_language

SCHEME_COOKIE = "desk_scheme"
SCHEMES = ("light", "dark")
KEYS_COOKIE = "desk_keys"


@dataclass(frozen=True, slots=True)
class Place:
    """An entry of the navigation: the route's name, its label and icon, who sees it, and the key
    that follows `g`."""

    route: str
    label: Any
    icon: str
    action: Action
    key: str


PLACES = (
    Place("queue", _("受付"), "inbox", Action.VIEW_CASE, "q"),
    Place("mine", _("自分宛て"), "note", Action.NOTE, "m"),
    Place("search", _("検索"), "search", Action.SEARCH, "s"),
    Place("boards", _("状況"), "board", Action.BOARD_VIEW, "b"),
    Place("people", _("管理"), "people", Action.USER_MANAGE, "p"),
)
"""The navigation, in order."""


def surroundings(request: HttpRequest) -> dict[str, Any]:
    """For every template: `me`, `may` (the names of what one may do), `places`, `language`,
    `scheme`, whether single letters are `keys`, the `company`, and what is `undoable`."""
    me = SimpleLazyObject(lambda: _someone(request))
    language = chosen_language(request)
    scheme = request.COOKIES.get(SCHEME_COOKIE, "")
    return {
        "me": me,
        "may": SimpleLazyObject(lambda: {action.value: True for action in me.actions}),
        "places": SimpleLazyObject(lambda: [one for one in PLACES if one.action in me.actions]),
        "undoable": SimpleLazyObject(
            lambda: undoable(request) if request.GET.get("done") else None
        ),
        "here": request.resolver_match.url_name if request.resolver_match else "",
        "language": language,
        "scheme": scheme if scheme in SCHEMES else "",
        "keys": request.COOKIES.get(KEYS_COOKIE) != "off",
        "company": load_policy(settings().policy).company.name.in_(language),
    }


def _someone(request: HttpRequest) -> Person:
    # A page that tells of an early failure is rendered before anybody was asked who they are.
    return someone(request) if hasattr(request, "user") else Person("")
