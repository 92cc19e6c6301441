"""The API as a program meets it: keys, lists, decisions, messages, errors."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client

from casebook import models as m
from casebook import moves, reading
from casebook.clock import now
from casebook.config import settings
from casebook.types import Relation, RelationKind
from desk.access import Role, Scope
from desk.limits import REQUEST
from desk.searching import encoders
from enrich.encoders import dimensions
from tests.desk.waiting import ABUSE, SORTS, waiting

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _fresh_counts() -> None:
    cache.clear()


class Caller:
    """A program with a key."""

    def __init__(
        self, role: Role = Role.APPROVER, scopes: tuple[Scope, ...] = tuple(Scope)
    ) -> None:
        self.row, key = moves.add_token("crm", role, scopes, "test")
        self.headers = {"Authorization": f"Bearer {key}"}
        self.client = Client()

    def get(self, path: str, **query: str | int) -> Any:
        return self.client.get(f"/api/v1{path}", query, headers=self.headers)

    def post(self, path: str, body: object = None, **headers: str) -> Any:
        return self.client.post(
            f"/api/v1{path}", body, "application/json", headers={**self.headers, **headers}
        )


def told(answer: Any, status: int) -> dict[str, Any]:
    """The problem that an answer is, checked for its shape."""
    assert answer.status_code == status, answer.content
    assert answer.headers["Content-Type"] == "application/problem+json"
    found: dict[str, Any] = answer.json()
    assert (found["status"], found["type"]) == (status, "about:blank")
    assert found["title"]
    assert found["detail"]
    return found


def test_nobody_gets_in_without_a_good_key() -> None:
    caller = Caller()
    assert caller.get("/cases").status_code == 200
    for headers in ({}, {"Authorization": "Bearer mdg_wrong"}, {"Authorization": "Basic x"}):
        answer = Client().get("/api/v1/cases", headers=headers)
        assert told(answer, 401)["detail"] == "A valid API key is needed."
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    moves.revoke_token(caller.row.pk, "test")
    told(caller.get("/cases"), 401)


def test_a_key_is_kept_as_a_hash_with_its_last_use() -> None:
    row, key = moves.add_token("crm", Role.AGENT, [Scope.CASES_READ], "aki")
    assert key.startswith("mdg_")
    assert len(key) == 47
    assert key not in str(m.ApiToken.objects.values().get())
    assert key not in str(list(m.AuditLine.objects.values()))
    assert row.used_at is None
    Client().get("/api/v1/cases", headers={"Authorization": f"Bearer {key}"})
    assert m.ApiToken.objects.get().used_at is not None


def test_scope_and_role_both_bound_a_key() -> None:
    (draft,) = waiting(SORTS[4:5])
    decide, body = f"/drafts/{draft.pk}/approve", {"version": 1}
    reader = Caller(Role.LEAD, (Scope.CASES_READ,))
    assert "drafts:decide" in told(reader.post(decide, body), 403)["detail"]
    agent = Caller(Role.AGENT)
    told(agent.post(decide, body), 403)
    told(agent.post(f"/drafts/{draft.pk}/reject", {"version": 1, "reason": "no"}), 403)
    assert m.Draft.objects.get().state == "pending"


def test_too_many_requests_are_told_when_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    table = settings().api.model_copy(update={"requests_a_minute": 3})
    changed = settings().model_copy(update={"api": table})
    monkeypatch.setattr("desk.api.keys.settings", lambda: changed)
    caller = Caller()
    assert [caller.get("/cases").status_code for _ in range(3)] == [200, 200, 200]
    answer = caller.get("/cases")
    told(answer, 429)
    assert 1 <= int(answer.headers["Retry-After"]) <= 60


def test_cases_come_by_pages_and_filters() -> None:
    waiting()
    caller = Caller()
    first = caller.get("/cases", limit=10).json()
    second = caller.get("/cases", limit=10, cursor=first["next"]).json()
    assert (len(first["items"]), len(second["items"]), second["next"]) == (10, 5, None)
    receipts = [one["receipt"] for one in first["items"] + second["items"]]
    assert receipts == list(m.Case.objects.order_by("-pk").values_list("receipt", flat=True))
    (public,) = caller.get("/cases", channel="x").json()["items"]
    assert public["title"] == "電話が3日つながらない。どうなっているの。"
    later = (now() + timedelta(days=1)).isoformat()
    assert caller.get("/cases", opened_from=later).json()["items"] == []
    told(caller.get("/cases", cursor="nonsense"), 400)
    assert told(caller.get("/cases", limit=0), 422)["errors"][0]["where"] == "query.limit"


def test_a_page_of_cases_asks_the_database_seldom(django_assert_max_num_queries: Any) -> None:
    waiting()
    caller = Caller()
    with django_assert_max_num_queries(6):
        assert len(caller.get("/cases").json()["items"]) == 15


def test_a_case_is_whole_and_its_abuse_masked() -> None:
    waiting()
    abusive = m.Case.objects.get(display_name="匿名")
    answer = Caller().get(f"/cases/{abusive.receipt}")
    found = answer.json()
    assert ABUSE not in answer.content.decode()
    (message,) = found["messages"]
    assert message["triage"] == {"kind": "complaint", "severity": 2, "conduct": "harassment"}
    assert found["drafts"][0]["state"] == "pending"
    told(Caller().get("/cases/M-000000"), 404)
    told(Caller().get("/cases/nonsense"), 422)


def test_a_draft_is_approved_by_the_moves_of_the_pages() -> None:
    (draft,) = waiting(SORTS[4:5])
    caller = Caller()
    (listed,) = caller.get("/drafts").json()["items"]
    assert (listed["id"], listed["case"], listed["version"]) == (draft.pk, draft.case.receipt, 1)
    told(caller.post(f"/drafts/{draft.pk}/approve", {"version": 7}), 409)
    answer = caller.post(f"/drafts/{draft.pk}/approve", {"version": 1})
    if answer.status_code == 409:
        assert "guard" in answer.json()["detail"]
        return
    assert answer.json()["state"] == "approved"
    line = m.AuditLine.objects.filter(what="draft.moved").last()
    assert line is not None
    assert (line.who, line.after) == ("api:crm", "approved")
    told(caller.post(f"/drafts/{draft.pk}/approve", {"version": 1}), 409)


def test_the_guard_stands_and_only_a_lead_overrules_it() -> None:
    (draft,) = waiting(SORTS[-1:])
    path = f"/drafts/{draft.pk}/approve"
    assert "guard" in told(Caller().post(path, {"version": 1}), 409)["detail"]
    version = m.Draft.objects.get().version
    told(Caller().post(path, {"version": version, "override": "agreed by phone"}), 403)


def test_a_draft_is_rejected_with_its_reason() -> None:
    (draft,) = waiting(SORTS[4:5])
    caller = Caller()
    path = f"/drafts/{draft.pk}/reject"
    told(caller.post(path, {"version": 1, "reason": "  "}), 422)
    assert caller.post(path, {"version": 1, "reason": "別件"}).json()["state"] == "rejected"
    assert caller.get("/drafts").json()["items"] == []
    told(caller.get("/drafts/999999"), 404)


MESSAGE = {
    "text": "届いた皿が割れていました。",
    "email": "Hana@Example.net",
    "name": "花",
    "order_number": "AB-12345",
    "external_id": "web-1",
}


def test_a_message_comes_in_once_under_a_number_that_can_be_told() -> None:
    caller = Caller()
    answer = caller.post("/messages", MESSAGE)
    taken = answer.json()
    assert (answer.status_code, taken["state"], taken["case"]) == (201, "received", None)
    assert answer.headers["Location"] == f"/api/v1/messages/{taken['id']}"
    again = caller.post("/messages", MESSAGE)
    assert (again.status_code, again.json()) == (200, taken)
    told(caller.post("/messages", {**MESSAGE, "text": "別の話です。"}), 422)
    row = m.Message.objects.get()
    assert (row.author, row.channel, row.visibility) == ("hana@example.net", "form", "private")
    assert row.new_text == "届いた皿が割れていました。\n\nOrder number: AB-12345"
    assert row.source is not None
    assert row.source.name == "desk:api"
    moves.relate([moves.Related(row.pk, Relation(RelationKind.NEW), "ja", ())])
    assert m.Case.objects.get().receipt == taken["receipt"]
    assert caller.get(f"/messages/{taken['id']}").json()["case"] == taken["receipt"]


def test_a_message_needs_a_key_of_its_own() -> None:
    caller = Caller()
    bare = {name: value for name, value in MESSAGE.items() if name != "external_id"}
    told(caller.post("/messages", bare), 400)
    assert caller.post("/messages", bare, **{"Idempotency-Key": "k1"}).status_code == 201
    assert caller.post("/messages", bare, **{"Idempotency-Key": "k1"}).status_code == 200
    for wrong in ({"email": "nobody"}, {"text": " "}, {"text": "a\0b"}, {"sent_at": "2026-01-01"}):
        told(caller.post("/messages", {**MESSAGE, **wrong}), 422)


def test_what_is_no_json_too_large_or_nowhere_is_told_in_the_same_shape() -> None:
    caller = Caller()
    headers = caller.headers
    path = "/api/v1/messages"
    told(Client().post(path, "{", "application/json", headers=headers), 400)
    large = {**MESSAGE, "text": "x" * REQUEST}
    assert Client().post(path, large, "application/json", headers=headers).status_code in (400, 413)
    answer = Client().delete("/api/v1/cases", headers=headers)
    told(answer, 405)
    assert answer.headers["Allow"] == "GET"
    told(Client().get("/api/v1/nothing"), 404)


def test_the_description_is_for_those_who_are_signed_in() -> None:
    from tests.desk.conftest import signed_in

    assert Client().get("/api/openapi.json").status_code == 302
    document = signed_in(Role.AGENT).get("/api/openapi.json").json()
    assert document["openapi"].startswith("3.")
    scopes = {
        operation["x-scope"] for path in document["paths"].values() for operation in path.values()
    }
    assert scopes == set(Scope)


def test_a_search_finds_the_case_and_how_it_was_solved() -> None:
    (draft,) = waiting(SORTS[4:5])
    coders = encoders()
    text = reading.embedded(draft.answers.subject, draft.answers.new_text)
    (made,) = coders.documents([text])
    with transaction.atomic():
        moves.keep_vectors(
            [
                (draft.answers_id, moves.Vector(coders.spaces[role], dimensions(role, data), data))
                for role, data in made.items()
            ]
        )
    found = Caller().post("/search", {"text": "皿が割れて届いた", "everything": True}).json()
    (hit,) = found["items"]
    assert hit["case"]["receipt"] == draft.case.receipt
    assert hit["meaning"] > 0.3
    assert Caller().post("/search", {"text": "皿"}).json() == {"items": []}
    told(Caller().post("/search", {"text": " "}), 422)


def test_a_long_case_comes_in_pages() -> None:
    caller, draft = Caller(), waiting(SORTS[4:5])[0]
    case = draft.case
    for number in range(120):
        m.Message.objects.create(
            identity=f"x{number}", case=case, channel="email", author="c", new_text=f"第{number}信",
        )  # fmt: skip
    whole = caller.get(f"/cases/{case.receipt}").json()
    assert [one["text"] for one in whole["messages"]] == [f"第{n}信" for n in range(70, 120)]
    path, cursor, texts = f"/cases/{case.receipt}/messages", whole["earlier"], []
    while cursor:
        page = caller.get(path, cursor=cursor, limit=40).json()
        texts += [one["text"] for one in page["items"]]
        cursor = page["next"]
    assert texts == [*(f"第{n}信" for n in range(69, -1, -1)), draft.answers.new_text]
    assert caller.get(path).json()["items"][0]["text"] == "第119信"
    short = caller.get(f"/cases/{waiting(SORTS[5:6])[0].case.receipt}").json()
    assert (len(short["messages"]), short["earlier"]) == (1, None)
