"""Every operation of the API, called with every role and each scope, for things of every kind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.urls import reverse

from casebook import models as m
from casebook import moves
from casebook.errors import ConfigError
from casebook.types import Channel
from desk import keys
from desk.access import TOKEN_ROLES, Role, Scope
from tests.desk.api.operations import CALLS, OPERATIONS, Call, Operation
from tests.desk.record import changed, record
from tests.desk.waiting import SORTS, waiting

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh_counts() -> None:
    cache.clear()


@pytest.fixture
def draft() -> m.Draft:
    (found,) = waiting(SORTS[4:5])
    return found


def _key(role: Role, *scopes: Scope) -> dict[str, str]:
    _row, key = moves.add_token(f"test {role}", role, scopes, "test")
    return {"Authorization": f"Bearer {key}"}


def _sent(operation: Operation, path: str, key: dict[str, str], body: Any = None) -> Any:
    if operation.method == "get":
        return Client().get(f"/api/v1{path}", body, headers=key)
    given = operation.body if body is None else body
    return Client().post(f"/api/v1{path}", given, "application/json", headers=key)


def _call(operation: Operation, path: str, role: Role, *scopes: Scope) -> Any:
    return _sent(operation, path, _key(role, *scopes))


@contextmanager
def _as_if_never() -> Iterator[None]:
    """The record is afterwards as it was before."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_answers_whom_it_should(name: str, draft: m.Draft) -> None:
    operation = OPERATIONS[name]
    path = operation.path.format(receipt=draft.case.receipt, draft=draft.pk)
    before = record()
    nobody = _sent(operation, path, {})
    assert nobody.status_code == (401 if operation.scope else operation.yes)
    assert not changed(before, record())
    if operation.scope is None:
        return
    for role, scope in product(TOKEN_ROLES, Scope):
        may = scope is operation.scope and role in operation.roles
        with _as_if_never():
            key, before = _key(role, scope), record()
            answer = _sent(operation, path, key)
            assert answer.status_code == (operation.yes if may else 403), (role, scope)
            assert may or not changed(before, record()), (role, scope)


@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call.operation}-{call.thing}")
def test_what_is_asked_for_is_done_or_refused(call: Call) -> None:
    operation = OPERATIONS[call.operation]
    assert operation.scope is not None
    for role in TOKEN_ROLES:
        with _as_if_never():
            names, body = call.of(f"api:test {role}")
            path = reverse(call.operation, args=names).removeprefix("/api/v1")
            key = _key(role, operation.scope)
            before = record()
            answer = _sent(operation, path, key, dict(body))
            changes = changed(before, record())
        assert answer.status_code == (call.status if role in call.roles else 403), role
        if role in call.roles and call.changes:
            assert call.changes <= changes, role
        else:
            assert not changes, role


def test_every_operation_on_a_thing_is_asked_for_it() -> None:
    asked = {call.operation for call in CALLS}
    assert {name for name, one in OPERATIONS.items() if "{" in one.path} <= asked


def test_a_key_reads_back_only_what_was_handed_over_by_the_api(draft: m.Draft) -> None:
    operation = OPERATIONS["api-message"]
    path = f"/messages/{draft.answers_id}"
    assert _call(operation, path, Role.LEAD, *Scope).status_code == 404


def test_a_key_reads_back_nothing_that_another_one_handed_over() -> None:
    with_key: dict[str, dict[str, str]] = {}
    for name in ("crm", "crm2", "form"):
        key = moves.add_token(name, Role.AGENT, [Scope.MESSAGES_WRITE], "test")[1]
        with_key[name] = {"Authorization": f"Bearer {key}"}
    made = Client().post(
        "/api/v1/messages", OPERATIONS["api-messages"].body, "application/json",
        headers=with_key["crm2"],
    )  # fmt: skip
    path = made.headers["Location"]
    found = {name: Client().get(path, headers=one).status_code for name, one in with_key.items()}
    assert found == {"crm": 404, "crm2": 200, "form": 404}
    again = moves.add_token("crm2", Role.AGENT, [Scope.MESSAGES_WRITE], "test")[1]
    anew = Client().get(path, headers={"Authorization": f"Bearer {again}"})
    assert anew.status_code == 200
    with pytest.raises(ConfigError):
        keys.add_token("crm2/x", Role.AGENT, [Scope.MESSAGES_WRITE], who="test")


def test_who_approved_first_is_no_second_approver(draft: m.Draft) -> None:
    m.Draft.objects.update(first_approver="api:test approver")
    operation, path = OPERATIONS["api-approve"], f"/drafts/{draft.pk}/approve"
    assert _call(operation, path, Role.APPROVER, *Scope).status_code == 403
    assert _call(operation, path, Role.LEAD, *Scope).status_code == 409


def test_a_public_reply_is_approved_by_whoever_may(draft: m.Draft) -> None:
    m.Draft.objects.update(visibility="public", channel=Channel.X)
    operation, path = OPERATIONS["api-approve"], f"/drafts/{draft.pk}/approve"
    assert _call(operation, path, Role.AGENT, *Scope).status_code == 403
    assert _call(operation, path, Role.APPROVER, *Scope).status_code == 409
