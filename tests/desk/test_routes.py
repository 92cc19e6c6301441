"""Every address of the desk, asked by everybody for everything: who gets what, and what changes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import transaction
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from casebook import models as m
from desk.access import Role
from tests.desk.api.operations import OPERATIONS
from tests.desk.asks import ASKS, Ask
from tests.desk.conftest import signed_in
from tests.desk.record import changed, record
from tests.desk.things import a_case, merged
from tests.desk.waiting import SORTS, waiting

pytestmark = pytest.mark.django_db

EVERYBODY = frozenset(Role)
ADMINS = frozenset({Role.ADMIN})
LEADS = frozenset({Role.LEAD, Role.ADMIN})
APPROVERS = LEADS | {Role.APPROVER}


@dataclass(frozen=True)
class Entry:
    """What a route answers: `yes` to the `roles`, 403 to others, and to nobody the login, unless it
    is `open`. `{receipt}` in `given` is that of a case, `{draft}` the key of its draft, `{message}`
    that of what it answers."""

    yes: int
    roles: frozenset[Role] = EVERYBODY
    method: str = "get"
    given: tuple[str, ...] = ()
    open: int | None = None


RECEIPT = "{receipt}"
DRAFT = "{draft}"
MESSAGE = "{message}"

ROUTES = {
    "queue": Entry(200),
    "case": Entry(200, given=(RECEIPT,)),
    "case-unmasked": Entry(200, EVERYBODY, "post", (RECEIPT,)),
    "queue-news": Entry(200),
    "queue-several": Entry(302, method="post"),
    "draft": Entry(200, given=(DRAFT,)),
    "draft-check": Entry(200, EVERYBODY, "post", (DRAFT,)),
    "draft-save": Entry(200, EVERYBODY, "post", (DRAFT,)),
    "draft-versions": Entry(200, given=(DRAFT,)),
    "draft-approve": Entry(409, APPROVERS, "post", (DRAFT,)),
    "draft-undo": Entry(302, APPROVERS, "post", (DRAFT,)),
    "draft-reject": Entry(302, APPROVERS, "post", (DRAFT,)),
    "draft-ask": Entry(302, EVERYBODY, "post", (DRAFT,)),
    "draft-give-back": Entry(302, EVERYBODY, "post", (DRAFT,)),
    "draft-snooze": Entry(302, EVERYBODY, "post", (DRAFT,)),
    "reading": Entry(200, EVERYBODY, "post", (RECEIPT,)),
    "case-history": Entry(200, given=(RECEIPT,)),
    "case-note": Entry(302, method="post", given=(RECEIPT,)),
    "case-assign": Entry(302, method="post", given=(RECEIPT,)),
    "case-resolve": Entry(302, method="post", given=(RECEIPT,)),
    "case-close": Entry(302, method="post", given=(RECEIPT,)),
    "case-reopen": Entry(302, method="post", given=(RECEIPT,)),
    "case-fault": Entry(302, LEADS, "post", (RECEIPT,)),
    "case-merge": Entry(302, APPROVERS, "post", (RECEIPT,)),
    "case-unmerge": Entry(302, APPROVERS, "post", (RECEIPT,)),
    "case-confirm": Entry(404, APPROVERS, "post", (RECEIPT,)),
    "case-split": Entry(404, APPROVERS, "post", (RECEIPT,)),
    "case-apart": Entry(404, APPROVERS, "post", (RECEIPT,)),
    "case-leave": Entry(409, APPROVERS, "post", (RECEIPT,)),
    "message": Entry(200, given=(RECEIPT, MESSAGE)),
    "message-unmasked": Entry(200, EVERYBODY, "post", (RECEIPT, MESSAGE)),
    "file": Entry(404, given=(RECEIPT, "0")),
    "mine": Entry(200),
    "search": Entry(200),
    "search-save": Entry(302, method="post"),
    "search-saved": Entry(404, method="post", given=("0",)),
    "boards": Entry(200, APPROVERS),
    "incident": Entry(404, APPROVERS, given=("0",)),
    "incident-notice": Entry(404, APPROVERS, "post", ("0",)),
    "login": Entry(302, open=200),
    "logout": Entry(302, method="post"),
    "verify": Entry(200),
    "account": Entry(200),
    "taste": Entry(302, method="post"),
    "password": Entry(200),
    "second-factor": Entry(200),
    "second-factor-off": Entry(302, method="post"),
    "recovery-codes": Entry(404, method="post"),
    "people": Entry(200, ADMINS),
    "person-add": Entry(422, ADMINS, "post"),
    "person-role": Entry(404, ADMINS, "post", ("nobody",)),
    "person-disable": Entry(404, ADMINS, "post", ("nobody",)),
    "person-renew": Entry(404, ADMINS, "post", ("nobody",)),
    "tokens": Entry(200, ADMINS),
    "token-add": Entry(422, ADMINS, "post"),
    "token-revoke": Entry(404, ADMINS, "post", ("999999",)),
    "webhooks": Entry(200, ADMINS),
    "webhook-add": Entry(422, ADMINS, "post"),
    "webhook-switch": Entry(404, ADMINS, "post", ("999999",)),
    "webhook-test": Entry(404, ADMINS, "post", ("999999",)),
    "webhook-again": Entry(404, ADMINS, "post", ("999999",)),
    "api-docs": Entry(200),
    "api-openapi": Entry(200),
    "form": Entry(404, open=404),
    "form-received": Entry(404, given=("no-stamp",), open=404),
    "survey": Entry(404, given=("no-link",), open=404),
    "healthy": Entry(200, open=200),
    "oidc_authentication_init": Entry(302, open=302),
    "oidc_authentication_callback": Entry(302, open=302),
}
"""Every route by name; one that is missing here fails the suite."""


def _names(patterns: list[URLPattern | URLResolver]) -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _names(pattern.url_patterns)
        else:
            yield pattern.name or f"no name: {pattern.pattern}"


def test_no_route_is_without_an_entry() -> None:
    found = sorted(_names(get_resolver("desk.urls").url_patterns))
    assert found == sorted([*ROUTES, *OPERATIONS])


@pytest.fixture
def receipt() -> str:
    (draft,) = waiting(SORTS[:1])
    return draft.case.receipt


def _path(name: str, receipt: str) -> str:
    draft = m.Draft.objects.get(case__receipt=receipt)
    keys = {"receipt": receipt, "draft": draft.pk, "message": draft.answers_id}
    return reverse(name, args=[one.format(**keys) for one in ROUTES[name].given])


@contextmanager
def _as_if_never() -> Iterator[None]:
    """The record is afterwards as it was before."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def _asked(role: Role | None, method: str, path: str, given: Any = None) -> tuple[Any, set[str]]:
    """What somebody is answered, and what has changed in the record."""
    client = signed_in(role)
    before = record()
    answer = getattr(client, method)(path, given)
    return answer, changed(before, record())


def _is_sent_to_the_login(answer: Any) -> bool:
    return (answer.status_code, answer.headers["Location"].split("?")[0]) == (302, "/login")


@pytest.mark.parametrize("name", ROUTES)
def test_a_route_answers_whom_it_should(name: str, receipt: str) -> None:
    entry = ROUTES[name]
    path = _path(name, receipt)
    for role in (None, *Role):
        with _as_if_never():
            answer, changes = _asked(role, entry.method, path)
        if role is None and entry.open is None:
            assert _is_sent_to_the_login(answer)
        elif role is None:
            assert answer.status_code == entry.open
        else:
            assert answer.status_code == (entry.yes if role in entry.roles else 403), role
        assert "no-store" in answer.headers["Cache-Control"] or name == "healthy"
        if role is None or role not in entry.roles:
            assert not changes


@pytest.mark.parametrize("ask", ASKS, ids=lambda ask: f"{ask.route}-{ask.thing}")
def test_what_is_asked_for_is_done_or_refused(ask: Ask) -> None:
    for role in (None, *Role):
        with _as_if_never():
            names, given = ask.of(role or "nobody")
            answer, changes = _asked(role, ask.method, reverse(ask.route, args=names), given)
        if role is None:
            assert _is_sent_to_the_login(answer)
        else:
            assert answer.status_code == (ask.status if role in ask.roles else 403), role
        if role in ask.roles and ask.changes:
            assert ask.changes <= changes, role
        else:
            assert not changes, role


def test_no_thing_and_no_deed_is_without_an_ask() -> None:
    """What takes a thing is asked for one's own and for another; a deed is done and refused."""
    public = {"login", "form", "form-received", "survey", "healthy"}
    for name, entry in ROUTES.items():
        asks = [ask for ask in ASKS if ask.route == name]
        if entry.given and name not in public:
            assert len({ask.status for ask in asks}) > 1 or len({ask.roles for ask in asks}) > 1, (
                name
            )
        if entry.method == "post" and name not in {"draft-check", "logout"}:
            assert any(ask.changes for ask in asks), name


@pytest.mark.parametrize("name", [name for name, entry in ROUTES.items() if RECEIPT in entry.given])
def test_what_is_not_there_is_not_found(name: str, receipt: str) -> None:
    path = reverse(name, args=["M-000000" if one == RECEIPT else "0" for one in ROUTES[name].given])
    answer = getattr(signed_in(Role.ADMIN), ROUTES[name].method)(path)
    assert answer.status_code == 404


def test_a_person_without_a_role_sees_no_case(receipt: str) -> None:
    client = signed_in(Role.AGENT)
    from django.contrib.auth.models import User

    User.objects.get(username="agent").groups.clear()
    assert client.get("/").status_code == 403
    assert m.AuditLine.objects.filter(what="case.unmasked").count() == 0


@pytest.mark.parametrize(
    ("deed", "given"),
    [("note", {"text": "x"}), ("assign", {"owner": "agent"}), ("fault", {"text": "x"})],
)
def test_nothing_stands_on_a_case_that_was_merged_away(deed: str, given: dict[str, str]) -> None:
    client = signed_in(Role.AGENT if deed != "fault" else Role.LEAD)
    (left,), _given = a_case(merged)("agent")
    signed_in(Role.AGENT)
    client.post(reverse(f"case-{deed}", args=[left]), given)
    case = m.Case.objects.get(receipt=left)
    assert (case.owner, case.fault_confirmed, case.notes.count()) == ("", False, 0)
