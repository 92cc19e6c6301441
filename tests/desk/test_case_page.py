"""A case as people see it: the conversation, the reply, the masks and who took them off."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from casebook import models as m
from casebook import moves
from desk.access import Role
from tests.desk.conftest import signed_in
from tests.desk.waiting import ABUSE, SORTS, waiting

pytestmark = pytest.mark.django_db(transaction=True)

MOST_QUERIES = 15


def _address(name: str) -> tuple[str, m.Draft]:
    (draft,) = waiting(tuple(sort for sort in SORTS if sort.name == name))
    return f"/cases/{draft.case.receipt}", draft


def test_the_conversation_and_the_draft_are_there_in_few_queries() -> None:
    path, draft = _address("高橋 由美")
    client = signed_in(Role.AGENT)
    with CaptureQueriesContext(connection) as seen:
        text = client.get(path).content.decode()
    assert len(seen) <= MOST_QUERIES
    for told in (
        "お皿が割れていました",
        "届いた箱を開けると",
        "申し訳ございません",
        draft.case.receipt,
    ):
        assert told in text


def test_a_number_that_was_told_of_a_message_leads_to_its_case() -> None:
    path, draft = _address("高橋 由美")
    m.Message.objects.filter(pk=draft.answers_id).update(receipt="M-7F3K2Q")
    answer = signed_in(Role.AGENT).get("/cases/M-7F3K2Q")
    assert (answer.status_code, answer.headers["Location"]) == (302, path)
    found = signed_in(Role.AGENT).get("/search?q=M-7F3K2Q")
    assert (found.status_code, found.headers["Location"]) == (302, path)


def test_masks_come_off_by_a_deed_that_the_audit_keeps() -> None:
    path, draft = _address("匿名")
    for role in Role:
        text = signed_in(role).get(path).content.decode()
        assert ABUSE not in text
        assert "Show what is masked" in text
    page = signed_in(Role.APPROVER).post(f"{path}/unmasked")
    assert ABUSE in page.content.decode()
    line = m.AuditLine.objects.get(what="case.unmasked")
    assert (line.who, line.case) == ("approver", draft.case)


def test_what_a_stranger_writes_is_text() -> None:
    path, _ = _address("<b>太郎</b>")
    text = signed_in(Role.AGENT).get(path).content.decode()
    assert "<script>document" not in text
    assert "<img" not in text
    assert "{{ secret }}" in text


def test_the_guard_tells_why() -> None:
    path, draft = _address("要修正")
    assert "beyond authority" in signed_in(Role.AGENT).get(path).content.decode()
    moves.reject(draft.pk, "lead", "done by telephone")
    assert "beyond authority" not in signed_in(Role.AGENT).get(path).content.decode()
