"""Signing in with the company's own identity provider, where the configuration names one."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from django.conf import settings as pages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import SuspiciousOperation
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django_otp import user_has_device

from casebook import models as m
from casebook import moves
from casebook.config import settings
from casebook.desk_models import SUBJECT
from casebook.errors import ConfigError
from desk.web.middleware import SECOND_FACTOR

if TYPE_CHECKING:
    from django.contrib.auth.models import User

CALLBACK = "/oidc/callback"

_log = logging.getLogger("django.request")
_OIDC = settings().desk.oidc


def unthrottled(request: HttpRequest, credentials: object = None) -> bool:
    """Whether somebody comes back from the provider: there is no password to guess, and a house
    behind one address must not be shut out for a stranger's sake."""
    return request.path == CALLBACK


if _OIDC is None:
    routes: list[URLPattern] = []
else:
    from jwt import PyJWTError
    from mozilla_django_oidc.auth import OIDCAuthenticationBackend
    from mozilla_django_oidc.views import (
        OIDCAuthenticationCallbackView,
        OIDCAuthenticationRequestView,
    )
    from requests import RequestException

    _LOGIN_CLAIM = _OIDC.login_claim

    class Backend(OIDCAuthenticationBackend):  # type: ignore[misc]
        """Lets in whom the desk knows by the login that the provider claims; makes nobody."""

        def authenticate(self, request: HttpRequest, **given: Any) -> User | None:
            """Whoever comes back from the provider; nobody where it says nothing that holds."""
            try:
                # What is looked up late is no text yet, and requests would send its first letter.
                self.OIDC_RP_CLIENT_SECRET = str(pages.OIDC_RP_CLIENT_SECRET)
                return super().authenticate(request, **given)  # type: ignore[no-any-return]
            except (
                RequestException,
                PyJWTError,
                SuspiciousOperation,
                ValueError,
                ConfigError,
            ) as error:
                # People go back to the login; whoever runs the desk reads what is wrong.
                _log.error("signing in failed", exc_info=error)
                return None

        def get_userinfo(
            self, access_token: str, id_token: str, payload: dict[str, Any]
        ) -> dict[str, Any]:
            """What the provider says of them. Raises SuspiciousOperation where it speaks of
            somebody else than who signed in."""
            found: dict[str, Any] = super().get_userinfo(access_token, id_token, payload)
            if found.get("sub") != payload.get("sub"):
                raise SuspiciousOperation("the claims are of another subject")
            return found

        def filter_users_by_claims(self, claims: dict[str, Any]) -> QuerySet[User]:
            """Who came in with this `sub` before; at their first time the user with the claimed
            login, unless somebody else came in by it. A login can be given to another person at the
            provider, the `sub` cannot."""
            before = m.Profile.objects.filter(subject=claims["sub"]).first()
            login = before.login if before else claims[_LOGIN_CLAIM]
            taken = m.Profile.objects.filter(login=login).exclude(subject__in=["", claims["sub"]])
            users: QuerySet[User] = self.UserModel.objects.filter(username=login)
            return users.none() if taken.exists() else users

        def update_user(self, user: User, claims: dict[str, Any]) -> User:
            """Keep the `sub` of whoever comes in for the first time."""
            login, subject = user.get_username(), claims["sub"]
            if user.is_active and not m.Profile.objects.filter(subject=subject).exists():
                m.Profile.objects.update_or_create(login=login, defaults={"subject": subject})
                moves.account_changed(user.pk, login, "identity")
            return user

        def verify_claims(self, claims: dict[str, Any]) -> bool:
            """Whether login and `sub` are among the claims."""
            login, subject = claims.get(_LOGIN_CLAIM), claims.get("sub")
            texts = isinstance(login, str) and isinstance(subject, str)
            return texts and bool(login) and 0 < len(str(subject)) <= SUBJECT

    class Callback(OIDCAuthenticationCallbackView):  # type: ignore[misc]
        """The way back from the provider."""

        def login_success(self) -> HttpResponse:
            """Sign in; a second factor that is set up here is asked for before any page."""
            answer: HttpResponse = super().login_success()
            if user_has_device(self.user):
                self.request.session[SECOND_FACTOR] = True
            return answer

    routes = [
        path(
            "oidc/authenticate",
            login_not_required(OIDCAuthenticationRequestView.as_view()),
            name="oidc_authentication_init",
        ),
        path(
            CALLBACK.removeprefix("/"),
            login_not_required(Callback.as_view()),
            name="oidc_authentication_callback",
        ),
    ]
