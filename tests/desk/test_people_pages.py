"""People, keys and webhooks as an administrator manages them; who may do what to whom."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from casebook import models as m
from casebook import moves
from casebook.events import Event
from desk.access import Role, Scope
from desk.people import add, member
from tests.desk.conftest import signed_in
from tests.desk.waiting import HOSTILE

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "correct horse battery"


def _aki(role: Role = Role.AGENT) -> User:
    return add("aki", role, PASSWORD, "aki@example.jp", who="test")


def _secret(answer: Any) -> str:
    found = re.search(r'<code class="secret">([^<]+)</code>', answer.content.decode())
    assert found is not None, answer.content.decode()
    return found[1]


def _signs_in(login: str, password: str) -> bool:
    fields = {"username": login, "password": password}
    return bool(Client().post("/login", fields).status_code == 302)


def test_a_person_is_added_with_a_password_that_is_shown_once() -> None:
    admin = signed_in(Role.ADMIN)
    made = admin.post("/people/add", {"login": "mika", "email": "", "role": "lead"})
    assert made.headers["Cache-Control"] == "no-store, private"
    assert _signs_in("mika", _secret(made))
    assert 'class="secret"' not in admin.get("/people").content.decode()
    again = admin.post("/people/add", {"login": "mika", "role": "agent"})
    assert again.status_code == 422
    assert "mika exists already" in again.content.decode()
    assert m.AuditLine.objects.filter(who="admin", note="role lead").exists()


def test_a_role_is_given_and_somebody_shut_out_and_let_in_again() -> None:
    _aki()
    client = Client()
    client.post("/login", {"username": "aki", "password": PASSWORD})
    admin = signed_in(Role.ADMIN)
    assert admin.post("/people/aki/role", {"role": "lead"}).status_code == 302
    assert member(User.objects.get(username="aki")).role is Role.LEAD
    assert admin.post("/people/aki/role", {"role": "emperor"}).status_code == 404
    admin.post("/people/aki/disable")
    assert client.get("/").status_code == 302
    assert not _signs_in("aki", PASSWORD)
    renewed = admin.post("/people/aki/renew")
    assert _signs_in("aki", _secret(renewed))
    assert not _signs_in("aki", PASSWORD)


def test_a_new_password_ends_where_somebody_is_signed_in() -> None:
    _aki()
    client = Client()
    client.post("/login", {"username": "aki", "password": PASSWORD})
    assert client.get("/").status_code == 200
    signed_in(Role.ADMIN).post("/people/aki/renew")
    assert client.get("/").status_code == 302


@pytest.mark.parametrize("what", ["role", "disable", "renew"])
@pytest.mark.parametrize("role", Role)
def test_nobody_but_an_admin_and_no_admin_themselves(role: Role, what: str) -> None:
    _aki()
    client = signed_in(role)
    own = client.post(f"/people/{role}/{what}", {"role": "agent"})
    another = client.post(f"/people/aki/{what}", {"role": "agent"})
    assert own.status_code == 403
    assert (another.status_code < 400) is (role is Role.ADMIN)
    assert User.objects.get(username=role.value).is_active


def test_a_page_of_many_people_has_a_way_on_and_asks_seldom(
    django_assert_max_num_queries: Any,
) -> None:
    User.objects.bulk_create(User(username=f"u{number:03}") for number in range(120))
    admin = signed_in(Role.ADMIN)
    with django_assert_max_num_queries(15):
        page = admin.get("/people?page=2").content.decode()
    assert 'rel="next"' in page
    assert "u070" in page
    found = admin.get("/people?q=U119").content.decode()
    assert "u119" in found
    assert "u070" not in found
    assert "Nobody found" in admin.get("/people", {"q": "%\0"}).content.decode()


def test_a_key_is_issued_shown_once_used_and_revoked() -> None:
    admin = signed_in(Role.ADMIN)
    given = {"name": "crm", "role": "agent", "scopes": ["cases:read"]}
    key = _secret(admin.post("/people/keys/add", given))
    headers = {"Authorization": f"Bearer {key}"}
    assert Client().get("/api/v1/cases", headers=headers).status_code == 200
    listed = admin.get("/people/keys").content.decode()
    assert key not in listed
    assert key[:12] in listed
    admin.post(f"/people/keys/{m.ApiToken.objects.get().pk}/revoke")
    assert Client().get("/api/v1/cases", headers=headers).status_code == 401
    wrongs: list[dict[str, Any]] = [{"scopes": []}, {"role": "admin"}, {"name": ""}]
    for wrong in [*wrongs, {"scopes": ["all"]}]:
        assert admin.post("/people/keys/add", {**given, **wrong}).status_code == 422
    assert m.ApiToken.objects.count() == 1


def test_who_is_shut_out_takes_their_keys_along() -> None:
    _aki(Role.ADMIN)
    moves.add_token("<i>crm</i>", Role.LEAD, [Scope.SEARCH], "aki")
    old, _key = moves.add_token("old", Role.LEAD, [Scope.SEARCH], "aki")
    moves.revoke_token(old.pk, "aki")
    moves.add_token("web", Role.LEAD, [Scope.SEARCH], "admin")
    told = signed_in(Role.ADMIN).post("/people/aki/disable", follow=True).content.decode()
    assert "&lt;i&gt;crm&lt;/i&gt;" in told
    good = m.ApiToken.objects.filter(revoked_at=None)
    assert list(good.values_list("name", flat=True)) == ["web"]
    line = m.AuditLine.objects.filter(what="apitoken.revoked").last()
    assert line is not None
    assert (line.who, line.note) == ("admin", "<i>crm</i>")


def test_webhooks_are_added_tried_switched_off_and_sent_again() -> None:
    admin = signed_in(Role.ADMIN)
    given = {"url": "https://crm.example/hook", "events": ["case.opened"]}
    secret = _secret(admin.post("/people/webhooks/add", given))
    assert secret.startswith("whsec_")
    assert secret not in admin.get("/people/webhooks").content.decode()
    row = m.Webhook.objects.get()
    admin.post(f"/people/webhooks/{row.pk}/test")
    delivery = m.WebhookDelivery.objects.get()
    assert moves.claim_webhook(delivery.pk)
    moves.webhook_failed(delivery.pk, "TimeoutError")
    assert "no answer in time" in admin.get("/people/webhooks").content.decode()
    admin.post(f"/people/deliveries/{delivery.pk}/again")
    assert m.WebhookDelivery.objects.count() == 2
    admin.post(f"/people/webhooks/{row.pk}/switch", {"active": "0"})
    row.refresh_from_db()
    assert not row.active
    for url in ("ftp://x/", "javascript:alert(1)", "https://u:p@x/", ""):
        assert admin.post("/people/webhooks/add", {**given, "url": url}).status_code == 422


def test_the_log_asks_seldom_and_has_a_way_on(django_assert_max_num_queries: Any) -> None:
    row = moves.add_webhook("https://crm.example/hook", [Event.CASE_OPENED], "test")
    for _ in range(60):
        moves.try_webhook(row.pk, "test")
    admin = signed_in(Role.ADMIN)
    with django_assert_max_num_queries(15):
        assert 'rel="next"' in admin.get("/people/webhooks").content.decode()


def test_names_of_strangers_are_words() -> None:
    moves.add_token(HOSTILE[:90], Role.AGENT, [Scope.SEARCH], "<b>x</b>")
    row = moves.add_webhook("https://x.example/", [Event.CASE_OPENED], "test")
    m.Webhook.objects.filter(pk=row.pk).update(url=f"https://x.example/{HOSTILE}")
    admin = signed_in(Role.ADMIN)
    for path in ("/people/keys", "/people/webhooks"):
        page = admin.get(path).content.decode()
        assert "<script>document" not in page
        assert "<b>x</b>" not in page


def test_the_apis_description_stands_on_a_page_without_scripts_of_others() -> None:
    page = signed_in(Role.AGENT).get("/api/docs").content.decode()
    assert "/api/v1/drafts/{number}/approve" in page
    assert "messages:write" in page
    assert "needs_check" in page
    assert "https://" not in re.sub(r"<footer.*", "", page).replace("https://example", "")
