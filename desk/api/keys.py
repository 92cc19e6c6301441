"""Who calls the API: the key of a request, what it may do, and how often."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from ninja.errors import Throttled
from ninja.security import HttpBearer

from casebook import moves
from casebook.config import settings
from casebook.models import ApiToken
from desk.access import Action, Person, Role, Scope, may
from desk.pace import wait
from desk.words import say

_MINUTE = 60


class Key(HttpBearer):
    """`Authorization: Bearer mdg_…`, of a key with this scope whose role grants `action`."""

    def __init__(self, scope: Scope, action: Action) -> None:
        super().__init__()
        self.scope, self.action = scope, action

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken | None:
        """The row of a good key. Raises Throttled where it is used too often, PermissionDenied
        where it may not do this."""
        row = moves.token_of(token)
        if row is None:
            return None
        if seconds := wait(f"api:{row.pk}", settings().api.requests_a_minute, _MINUTE):
            raise Throttled(seconds)
        if self.scope not in row.scopes:
            told = f"このキーの範囲に {self.scope} がありません。"
            raise PermissionDenied(say(told, f"This key lacks {self.scope}."))
        if not may(_person(row), self.action):
            raise PermissionDenied
        return row


def needs(scope: Scope, action: Action) -> dict[str, Any]:
    """What an operation is declared with, to answer only keys with this scope whose role grants
    `action`; its description names the scope."""
    return {"auth": Key(scope, action), "openapi_extra": {"x-scope": scope.value}}


def caller(request: HttpRequest) -> Person:
    """The program that calls, as the audit names it."""
    row: ApiToken = request.auth  # type: ignore[attr-defined]
    return _person(row)


def _person(row: ApiToken) -> Person:
    return Person(f"api:{row.name}", frozenset({Role(row.role)}))


def holds(request: HttpRequest, scope: Scope, action: Action) -> bool:
    """Whether the key has this scope, too, and a role that grants `action`."""
    row: ApiToken = request.auth  # type: ignore[attr-defined]
    return scope in row.scopes and may(_person(row), action)


def allowed(request: HttpRequest, action: Action, thing: Any = None) -> None:
    """Raise PermissionDenied where the key's role may not do this (to this thing)."""
    if not may(caller(request), action, thing):
        raise PermissionDenied
