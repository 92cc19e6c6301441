"""Signing in at the company's identity provider, against one that really signs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from tests.desk.browser import PASSWORD, Desk
from tests.oidc_server import SECRET, Provider, provider

PEOPLE = f"""
from desk.access import Role
from desk.people import add, disable
add("aki", Role.LEAD, {PASSWORD!r}, who="test")
add("gone", Role.LEAD, {PASSWORD!r}, who="test")
disable("gone", who="test")
add("second", Role.LEAD, {PASSWORD!r}, who="test")
add("first", Role.LEAD, {PASSWORD!r}, who="test")
from django.contrib.auth.models import User
from django_otp.plugins.otp_totp.models import TOTPDevice
TOTPDevice.objects.create(user=User.objects.get(username="second"), confirmed=True)
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, Provider]]:
    """A served desk that knows a provider."""
    with provider() as at:
        desk = Desk(tmp_path_factory.mktemp("desk"))
        desk.secrets["OIDC_SECRET"] = SECRET
        desk.configure(desk.table + at.table())
        desk.run(PEOPLE, "desk.settings")
        with desk.serving():
            yield desk, at


@pytest.fixture(autouse=True)
def _as_ever(served: tuple[Desk, Provider]) -> None:
    at = served[1]
    at.claims = {"sub": "1", "preferred_username": "aki"}
    at.nonce, at.forged, at.refuses = "", False, False


def _signed_in(desk: Desk, path: str = "/") -> requests.Response:
    """What somebody gets who goes to a page, and from the login to the provider and back."""
    with requests.Session() as browser:
        page = browser.get(f"{desk.url}{path}")
        assert "Sign in with Example ID" in page.text
        return browser.get(f"{desk.url}/oidc/authenticate", params={"next": path})


def test_a_person_whom_the_desk_knows_comes_in_where_they_wanted(
    served: tuple[Desk, Provider],
) -> None:
    desk, _at = served
    page = _signed_in(desk, "/account")
    assert (page.status_code, page.url) == (200, f"{desk.url}/account")
    assert ">aki<" in page.text


@pytest.mark.parametrize("login", ["stranger", "gone", "", None, ["aki"], "AKI"])
def test_who_is_not_known_here_or_shut_out_stays_outside(
    served: tuple[Desk, Provider], login: object
) -> None:
    desk, at = served
    at.claims = {"sub": "2", "preferred_username": login, "email": "aki@example.jp"}
    page = _signed_in(desk)
    assert page.url == f"{desk.url}/login?refused"
    assert "This account is not known here" in page.text
    # They may try another way from there.
    assert 'name="password"' in page.text
    assert "Sign in with Example ID" in page.text


def test_a_login_that_was_given_to_somebody_else_opens_nothing(
    served: tuple[Desk, Provider],
) -> None:
    desk, at = served
    assert ">aki<" in _signed_in(desk, "/account").text
    at.claims = {"sub": "9", "preferred_username": "aki"}
    assert _signed_in(desk).url == f"{desk.url}/login?refused"
    # Who is called otherwise there is still the same person here, and no other.
    at.claims = {"sub": "1", "preferred_username": "first"}
    assert ">aki<" in _signed_in(desk, "/account").text
    for claims in ({"preferred_username": "first"}, {"sub": "", "preferred_username": "first"}):
        at.claims = claims
        assert _signed_in(desk).url == f"{desk.url}/login?refused"


def test_a_second_factor_is_asked_for_after_the_provider(served: tuple[Desk, Provider]) -> None:
    desk, at = served
    at.claims = {"sub": "3", "preferred_username": "second"}
    assert _signed_in(desk).url.startswith(f"{desk.url}/verify")


@pytest.mark.parametrize("way", ["nonce", "forged", "refuses"])
def test_what_the_provider_did_not_say_lets_nobody_in(
    served: tuple[Desk, Provider], way: str
) -> None:
    desk, at = served
    setattr(at, way, "another" if way == "nonce" else True)
    page = _signed_in(desk)
    assert "/login" in page.url or page.status_code >= 400
    assert ">aki<" not in page.text


def test_a_code_that_was_sent_by_somebody_else_lets_nobody_in(
    served: tuple[Desk, Provider],
) -> None:
    desk, at = served
    at.codes["stolen"] = {"nonce": "x", "code_challenge": "y", "redirect_uri": "z"}
    with requests.Session() as browser:
        page = browser.get(f"{desk.url}/oidc/callback", params={"code": "stolen", "state": "s"})
        assert browser.get(f"{desk.url}/").url.startswith(f"{desk.url}/login")
    assert page.status_code < 500
    assert "stolen" in at.codes


def test_it_leads_nowhere_else(served: tuple[Desk, Provider]) -> None:
    desk, _at = served
    with requests.Session() as browser:
        page = browser.get(
            f"{desk.url}/oidc/authenticate", params={"next": "https://evil.example/"}
        )
    assert page.url == f"{desk.url}/"
