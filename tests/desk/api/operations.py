"""Every operation of the API: who may call it, what it answers them, and what then has changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from desk.access import Role, Scope
from tests.desk import things as t
from tests.desk.things import Made, a_case, a_draft, fields, there

EVERYBODY = frozenset({Role.AGENT, Role.APPROVER, Role.LEAD})
APPROVERS = frozenset({Role.APPROVER, Role.LEAD})
SAID = {"text": "割れていました。", "email": "c@example.net", "external_id": "1"}


@dataclass(frozen=True)
class Operation:
    """A call: to a key with the scope and one of the roles it answers `yes`, else 403; without a
    key 401. `{receipt}` and `{draft}` in the path are those of a case that is there."""

    method: str
    path: str
    yes: int
    scope: Scope | None
    roles: frozenset[Role] = EVERYBODY
    body: Mapping[str, object] | None = None


@dataclass(frozen=True)
class Call:
    """An operation asked for a `thing`, which `of` makes for the key that calls: the arguments of
    its address and its body, with `get` its query. The `roles` get `status`, and these kinds of things change, nothing
    where none is named; others get 403, and nothing changes."""

    operation: str
    thing: str
    of: Callable[[str], Made]
    status: int = 200
    roles: frozenset[Role] = EVERYBODY
    changes: frozenset[str] = frozenset()


OPERATIONS = {
    "api-cases": Operation("get", "/cases", 200, Scope.CASES_READ),
    "api-case": Operation("get", "/cases/{receipt}", 200, Scope.CASES_READ),
    "api-case-messages": Operation("get", "/cases/{receipt}/messages", 200, Scope.CASES_READ),
    "api-drafts": Operation("get", "/drafts", 200, Scope.DRAFTS_READ),
    "api-draft": Operation("get", "/drafts/{draft}", 200, Scope.DRAFTS_READ),
    "api-approve": Operation(
        "post", "/drafts/{draft}/approve", 409, Scope.DRAFTS_DECIDE, APPROVERS,
        {"version": 99},
    ),
    "api-reject": Operation(
        "post", "/drafts/{draft}/reject", 200, Scope.DRAFTS_DECIDE, APPROVERS,
        {"version": 1, "reason": "別件"},
    ),
    "api-messages": Operation("post", "/messages", 201, Scope.MESSAGES_WRITE, body=SAID),
    "api-message": Operation("get", "/messages/9999", 404, Scope.MESSAGES_WRITE),
    "api-search": Operation("post", "/search", 422, Scope.SEARCH, body={"text": " "}),
    "api-unknown": Operation("get", "/nothing", 404, None),
}  # fmt: skip
"""By the name of the route; one that is missing here fails the suite."""

LEADS, NOBODY = frozenset({Role.LEAD}), frozenset[Role]()
ABSENT = 999_999
DRAFT, AUDITED = frozenset({"draft", "auditline"}), frozenset({"auditline"})
ONE, TWO = fields(version=1), fields(version=2)
WHY = fields(reason="別件")
MAIL = fields(**SAID)
UNMASKED = fields(unmask="true")

CALLS = (
    Call("api-case", "that stands", a_case()),
    Call("api-case", "in the customer's own words", a_case(**UNMASKED), changes=AUDITED),
    Call("api-case", "merged away", a_case(t.merged)),
    Call("api-case", "that is not there", there("M-000000", **UNMASKED), 404),
    Call("api-case-messages", "that stands", a_case()),
    Call("api-case-messages", "in the customer's own words", a_case(**UNMASKED), changes=AUDITED),
    Call("api-case-messages", "merged away", a_case(t.merged)),
    Call("api-case-messages", "that is not there", there("M-000000", **UNMASKED), 404),
    Call("api-draft", "that waits", a_draft()),
    Call("api-draft", "that was decided", a_draft(t.decided)),
    Call("api-draft", "that is not there", there(ABSENT), 404),
    Call("api-approve", "that waits", a_draft(**ONE), 200, APPROVERS, DRAFT | {"promise"}),
    Call("api-approve", "in public", a_draft(public=True, **ONE), 200, APPROVERS, DRAFT),
    Call("api-approve", "asked of a lead", a_draft(t.asked, **ONE), 200, LEADS, DRAFT),
    Call("api-approve", "approved first by the key", a_draft(t.approved_first, **ONE), 403, NOBODY),
    Call("api-approve", "rewritten since", a_draft(t.rewritten, **ONE), 409, APPROVERS),
    Call("api-approve", "that the guard stops", a_draft(t.blocked, **TWO), 409, APPROVERS),
    Call("api-approve", "in spite of the guard",
         a_draft(t.blocked, **TWO, override="店長が確認済み"), 200, LEADS, DRAFT),
    Call("api-approve", "that was decided", a_draft(t.decided, **ONE), 409, APPROVERS),
    Call("api-approve", "that is not there", there(ABSENT, **ONE), 404, APPROVERS),
    Call("api-reject", "that waits", a_draft(**ONE, **WHY), 200, APPROVERS, DRAFT),
    Call("api-reject", "without a reason", a_draft(**ONE, reason=" "), 422, APPROVERS),
    Call("api-reject", "asked of a lead", a_draft(t.asked, **ONE, **WHY), 200, LEADS, DRAFT),
    Call("api-reject", "rewritten since", a_draft(t.rewritten, **ONE, **WHY), 409, APPROVERS),
    Call("api-reject", "that was decided", a_draft(t.decided, **ONE, **WHY), 409, APPROVERS),
    Call("api-reject", "that is not there", there(ABSENT, **ONE, **WHY), 404, APPROVERS),
    Call("api-messages", "a new one", there(**MAIL), 201, changes=frozenset({"message"})),
    Call("api-messages", "without words", there(**(MAIL | {"text": " "})), 422),
    Call("api-message", "that the key handed over", t.handed_over()),
    Call("api-message", "that another key handed over", t.handed_over(f"api:{t.OTHER}"), 404),
    Call("api-message", "that came by mail", lambda who: (t.a_message(t.only)(who)[0][1:], {}), 404),
    Call("api-message", "that is not there", there(ABSENT), 404),
)  # fmt: skip
"""Every way that something is asked for."""
