"""The longest texts that pages let people type, and what is longer."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.db import connection

from casebook import models as m
from casebook.moves.noting import NOTE_LIMIT
from desk.access import Role
from desk.limits import REPLY, REQUEST
from tests.desk.conftest import signed_in
from tests.desk.ready import ready

pytestmark = pytest.mark.django_db(transaction=True)

TEMPLATES = Path(__file__).parents[2] / "desk" / "templates"
FORM = "application/x-www-form-urlencoded"


def test_the_longest_note_is_kept() -> None:
    (draft,) = ready()
    body = ("漢" * 99 + "\r\n") * (NOTE_LIMIT // 100)
    path = f"/cases/{draft.case.receipt}/note"
    answer = signed_in(Role.AGENT).post(path, urlencode({"text": body}), FORM)
    assert answer.status_code == 302
    assert m.Note.objects.get().body == body.replace("\r\n", "\n").strip()


@pytest.mark.parametrize("multipart", [True, False])
def test_the_longest_reply_is_kept_with_what_is_private_beside_it(multipart: bool) -> None:
    (draft,) = ready(public=True)
    fields = {"body": "公" * REPLY, "private_body": "私" * REPLY, "version": "1"}
    client, path = signed_in(Role.AGENT), f"/drafts/{draft.pk}/save"
    answer = client.post(path, fields) if multipart else client.post(path, urlencode(fields), FORM)
    assert answer.status_code == 200
    version = draft.versions.get(number=2)
    assert (len(version.body), len(version.private_body)) == (REPLY, REPLY)


def test_what_is_longer_is_told_at_the_desk() -> None:
    (draft,) = ready()
    path = f"/cases/{draft.case.receipt}/note"
    answer = signed_in(Role.AGENT).post(path, f"text={'x' * REQUEST}", FORM)
    text = answer.content.decode()
    assert answer.status_code == 413
    assert "Too long to be taken" in text
    assert "/static/desk/desk.css" in text


def test_no_field_takes_more_than_a_request_may_hold() -> None:
    lengths = [
        int(found)
        for page in TEMPLATES.rglob("*.html")
        for found in re.findall(r'maxlength="(\d+)"', page.read_text(encoding="utf-8"))
    ]
    assert max(lengths) == REPLY


@pytest.mark.parametrize("digits", ["9" * 5_000, "9" * 25, "9" * 18, "٣", "-1", "x"])
def test_no_number_in_an_address_breaks_a_page(digits: str) -> None:
    (draft,) = ready()
    client, case = signed_in(Role.LEAD), f"/cases/{draft.case.receipt}"
    for path, status in (
        (case, 200), (f"{case}/history", 200), ("/search", 200), ("/", 200), ("/queue/news", 200),
    ):  # fmt: skip
        query = {"page": digits, "seen": digits, "at": digits, "top": digits}
        assert client.get(path, query).status_code in (status, 404), path
    assert client.get(f"/boards/incidents/{digits[:30]}").status_code == 404
    assert client.post(f"/search/saved/{digits[:30]}").status_code == 404
    assert client.post("/queue/several", {"draft": digits, "deed": "assign"}).status_code == 302


def test_a_request_leaves_no_connection_behind() -> None:
    assert connection.settings_dict["CONN_MAX_AGE"] == 0
