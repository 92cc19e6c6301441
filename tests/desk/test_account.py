"""Signing in, and all that keeps others out."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django_otp.oath import totp
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from casebook import models as m
from casebook.errors import ConfigError, IllegalMove
from desk.access import Role
from desk.people import add, disable, give_role, members, renew
from desk.web.middleware import SignedIn
from tests.desk.conftest import signed_in
from tests.desk.place import Place

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "correct horse battery"
FIELDS = {"username": "aki", "password": PASSWORD}


def _aki(role: Role = Role.APPROVER) -> User:
    return add("aki", role, PASSWORD, who="test")


def test_a_person_signs_in_and_out() -> None:
    _aki()
    client = Client()
    answer = client.post("/login", {**FIELDS, "next": "/account"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/account")
    assert User.objects.get().password.startswith("argon2$")
    assert client.get("/").status_code == 200
    client.post("/logout")
    assert client.get("/").status_code == 302


def test_no_login_leads_elsewhere() -> None:
    _aki()
    answer = Client().post("/login", {**FIELDS, "next": "https://evil.example/"})
    assert answer.headers["Location"] == "/"


def test_wrong_passwords_close_the_door_for_a_while() -> None:
    _aki()
    client = Client()
    for _ in range(4):
        wrong = client.post("/login", {**FIELDS, "password": "wrong"})
        assert "The username or the password is wrong." in wrong.content.decode()
    client.post("/login", {**FIELDS, "password": "wrong"})
    answer = client.post("/login", FIELDS)
    assert answer.status_code == 429
    assert "15 minutes" in answer.content.decode()


def _wrong(login: str, address: str) -> HttpResponse:
    fields = {"username": login, "password": "wrong"}
    return Client(REMOTE_ADDR=address).post("/login", fields)  # type: ignore[return-value]


def test_a_house_is_one_address_however_many_it_has() -> None:
    _aki()
    answers = [_wrong("aki", f"2001:db8:1:2::{last}").status_code for last in range(1, 7)]
    assert answers == [200, 200, 200, 200, 429, 429]
    assert Client(REMOTE_ADDR="2001:db8:1:3::1").post("/login", FIELDS).status_code == 302


def test_a_login_is_not_guessed_from_many_addresses() -> None:
    _aki()
    answers = [_wrong("aki", f"198.51.{last // 200}.{last % 200 + 1}") for last in range(50)]
    assert {answer.status_code for answer in answers[:49]} == {200}
    assert Client(REMOTE_ADDR="203.0.113.1").post("/login", FIELDS).status_code == 429


def test_an_address_does_not_guess_at_many_logins() -> None:
    _aki()
    answers = [_wrong(f"person{number}", "198.51.100.7") for number in range(50)]
    assert {answer.status_code for answer in answers[:49]} == {200}
    assert Client(REMOTE_ADDR="198.51.100.7").post("/login", FIELDS).status_code == 429
    assert Client(REMOTE_ADDR="203.0.113.1").post("/login", FIELDS).status_code == 302


def test_the_second_factor_is_asked_for_before_any_page() -> None:
    user = _aki()
    client = Client()
    client.post("/login", FIELDS)
    assert "<svg" in client.get("/account/second-factor").content.decode()
    device = TOTPDevice.objects.get(user=user)
    proof = {"proof": PASSWORD}
    wrong = client.post("/account/second-factor", {"code": "000000", **proof})
    assert "That code is wrong" in wrong.content.decode()
    TOTPDevice.objects.update(throttling_failure_count=0, throttling_failure_timestamp=None)
    code = totp(device.bin_key)
    unproven = client.post("/account/second-factor", {"code": f"{code:06}", "proof": "wrong"})
    assert "The password or the code is wrong" in unproven.content.decode()
    assert not TOTPDevice.objects.filter(confirmed=True).exists()
    shown = client.post("/account/second-factor", {"code": f"{code:06}", **proof}).content.decode()
    codes = re.findall(r"<code>([a-z2-7]{4}-[a-z2-7]{4})</code>", shown)
    assert len(set(codes)) == 10
    assert "Codes left: 10" in client.get("/account").content.decode()
    other = Client()
    other.post("/login", FIELDS)
    for path in ("/", "/account", "/account/second-factor"):
        assert other.get(path).headers["Location"] == f"/verify?next={quote(path, safe='')}"
    assert "That code is wrong" in other.post("/verify", {"code": "12345"}).content.decode()
    TOTPDevice.objects.update(
        throttling_failure_count=0, throttling_failure_timestamp=None, last_t=-1
    )
    code = totp(device.bin_key, t0=0)
    found = other.post("/verify", {"code": f"{code:06}", "next": "/account"})
    assert found.headers["Location"] == "/account"
    assert other.get("/").status_code == 200
    StaticDevice.objects.update(throttling_failure_count=0, throttling_failure_timestamp=None)
    third = Client()
    third.post("/login", FIELDS)
    assert third.post("/verify", {"code": codes[0].upper()}).headers["Location"] == "/"
    fourth = Client()
    fourth.post("/login", FIELDS)
    assert "wrong" in fourth.post("/verify", {"code": codes[0]}).content.decode()
    StaticDevice.objects.update(throttling_failure_count=0, throttling_failure_timestamp=None)
    fresh = re.findall(
        r"<code>([a-z2-7]{4}-[a-z2-7]{4})</code>",
        third.post("/account/second-factor/codes", proof).content.decode(),
    )
    assert len(set(fresh) - set(codes)) == 10
    for given in ({}, {"proof": ""}, {"proof": "not the password"}, {"proof": "00000000"}):
        for path in ("off", "codes"):
            answer = other.post(f"/account/second-factor/{path}", given)
            assert answer.headers["Location"] == "/account"
    assert "The password or the code is wrong" in other.get("/account").content.decode()
    assert StaticDevice.objects.get().token_set.count() == 10
    StaticDevice.objects.update(throttling_failure_count=0, throttling_failure_timestamp=None)
    TOTPDevice.objects.update(throttling_failure_count=0, throttling_failure_timestamp=None)
    # A recovery code proves it as well as the password.
    other.post("/account/second-factor/off", {"proof": fresh[0]})
    assert not TOTPDevice.objects.exists()
    assert not StaticDevice.objects.exists()
    assert other.post("/account/second-factor/codes", proof).status_code == 404
    notes = m.AuditLine.objects.filter(what="user.changed").values_list("note", flat=True)
    assert list(notes) == [
        "role approver", "second factor on", "recovery codes", "second factor off",
    ]  # fmt: skip


def test_language_and_colours_are_kept_for_the_next_sign_in() -> None:
    _aki()
    client = Client()
    client.post("/login", FIELDS)
    client.post("/account/taste", {"language": "ja", "scheme": "dark"})
    page = client.get("/account").content.decode()
    assert '<html lang="ja" data-scheme="dark">' in page
    assert "設定を保存しました。" in page
    other = Client()
    other.post("/login", FIELDS)
    assert "すべて片づいています" in other.get("/").content.decode()


def test_a_page_that_asks_by_itself_stays_where_it_is() -> None:
    answer = Client().get("/", headers={"HX-Request": "true"})
    assert (answer.status_code, "HX-Redirect" in answer.headers) == (401, False)
    assert answer.content.decode().startswith("You are signed out.")


@pytest.mark.parametrize(
    ("referer", "next_"),
    [
        ("http://testserver/cases/M-1?page=2", "/cases/M-1?page=2"),
        ("https://evil.example/cases/M-1", "/"),
        ("", "/"),
    ],
)
def test_a_form_that_came_too_late_leads_back_to_its_page(referer: str, next_: str) -> None:
    answer = Client().post("/cases/M-1/note", headers={"Referer": referer})
    assert answer.headers["Location"] == f"/login?next={quote(next_, safe='')}"


def test_pages_are_private_and_run_nothing_of_others() -> None:
    headers = signed_in(Role.AGENT).get("/").headers
    policy = {part.strip() for part in headers["Content-Security-Policy"].split(";")}
    assert {"default-src 'none'", "script-src 'self'", "style-src 'self'"} <= policy
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-store, private"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]


def test_people_are_made_given_roles_and_shut_out() -> None:
    _aki()
    give_role("aki", Role.LEAD, who="test")
    client = Client()
    client.post("/login", FIELDS)
    disable("aki", who="test")
    assert client.get("/").status_code == 302
    (member,) = members()
    assert (member.role, member.active) == (Role.LEAD, False)
    renew("aki", PASSWORD, who="test")
    assert client.post("/login", FIELDS).headers["Location"] == "/"
    for login, password in (("aki", PASSWORD), ("a b", PASSWORD), ("new", "short")):
        with pytest.raises(ConfigError):
            add(login, Role.AGENT, password, who="test")


def test_the_command_makes_a_password_once(place: Place) -> None:
    done = place.type("user", "add", "mika", "--role", "lead")
    assert done.returncode == 0, done.stderr
    password = done.stdout.rpartition("Password: ")[2].strip()
    assert len(password) == 16
    assert '"role":"lead"' in place.type("user", "list", "--json").stdout.replace(" ", "")
    assert place.type("user", "role", "mika", "agent").returncode == 0
    assert place.type("user", "disable", "nobody").returncode == 2


def test_a_move_that_comes_too_late_is_told_and_does_no_harm() -> None:
    asked = RequestFactory().post("/", headers={"HX-Request": "true"})
    answer = SignedIn(lambda _: HttpResponse()).process_exception(asked, IllegalMove("gone"))
    assert answer is not None
    assert (answer.status_code, answer.headers["Content-Type"]) == (
        409,
        "text/plain; charset=utf-8",
    )
