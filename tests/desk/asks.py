"""Each route asked for each thing: who gets it done, and what then has changed in the record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from desk.access import Role
from tests.desk import things as t
from tests.desk.things import Made, a_case, a_draft, fields, there

EVERYBODY = frozenset(Role)
APPROVERS = EVERYBODY - {Role.AGENT}
LEADS = APPROVERS - {Role.APPROVER}
ADMINS = frozenset({Role.ADMIN})
NOBODY = frozenset[Role]()


@dataclass(frozen=True)
class Ask:
    """A route asked for a `thing`, which `of` makes for whoever asks (their login). The `roles` get
    `status`, and these kinds of things change in the record, nothing where none is named; others
    get 403, and nothing changes."""

    route: str
    thing: str
    of: Callable[[str], Made]
    status: int = 302
    roles: frozenset[Role] = EVERYBODY
    changes: frozenset[str] = frozenset()
    method: str = "post"


def _get(
    route: str, thing: str, of: Callable[[str], Made], status: int = 200,
    roles: frozenset[Role] = EVERYBODY, changes: frozenset[str] = frozenset(),
) -> Ask:  # fmt: skip
    return Ask(route, thing, of, status, roles, changes, "get")


def _kinds(*names: str) -> frozenset[str]:
    return frozenset(names)


ABSENT, NO_CASE = there(999_999), there("M-000000")
AUDITED = _kinds("auditline")
DRAFT, CASE, TOKEN = (_kinds(name, "auditline") for name in ("draft", "case", "apitoken"))
PROMISED, WORDED = DRAFT | {"promise"}, DRAFT | {"draftversion"}
SEARCH, HOOK = _kinds("savedsearch"), _kinds("webhook", "auditline")
PERSON, SENT_AGAIN = _kinds("user", "auditline"), _kinds("webhookdelivery")
WHY, QUESTION, TEXT = fields(why="不要"), fields(question="よいですか"), fields(text="済")
READ, STALE = fields(version="2"), fields(version="1")
LABELS = fields(kind="request", severity="1", conduct="ordinary", anger="0")
OVER = fields(override="店長が確認済み")
LATER, PAST = fields(until="tomorrow"), fields(moment="2020-01-01T00:00")
KEPT = fields(name="返金", q="返金")
NEW = fields(new_password1="staple battery horse", new_password2="staple battery horse")
OLD, WRONG = fields(old_password=t.PASSWORD), fields(old_password="not the password")
KNOWN, CODE = fields(proof=t.PASSWORD), fields(proof=t.CODE)
UNKNOWN, MISREAD = fields(proof="not the password"), fields(proof="zzzz9999")
CODES = _kinds("staticdevice", "statictoken", "auditline")
FACTOR = CODES | {"totpdevice"}

DRAFTS = (
    _get("draft", "that waits", a_draft()),
    _get("draft", "that was decided", a_draft(t.decided)),
    _get("draft", "that is not there", ABSENT, 404),
    _get("draft-versions", "that was decided", a_draft(t.decided)),
    _get("draft-versions", "that is not there", ABSENT, 404),
    Ask("draft-check", "that waits", a_draft(body="別の文"), 200),
    Ask("draft-check", "that is not there", ABSENT, 404),
    Ask("draft-save", "that waits", a_draft(body="別の文"), 200, changes=WORDED),
    Ask("draft-save", "rewritten since", a_draft(t.rewritten, body="別の文", **STALE), 409),
    Ask("draft-save", "that was decided", a_draft(t.decided, body="別の文"), 409),
    Ask("draft-save", "that is not there", ABSENT, 404),
    Ask("draft-approve", "that waits", a_draft(), 302, APPROVERS, PROMISED),
    Ask("draft-approve", "in public", a_draft(public=True), 302, APPROVERS, PROMISED),
    Ask("draft-approve", "asked of a lead", a_draft(t.asked), 302, LEADS, PROMISED),
    Ask("draft-approve", "one's own question", a_draft(t.asked_by_oneself), 302, LEADS, PROMISED),
    Ask("draft-approve", "approved first by oneself", a_draft(t.approved_first), 403, NOBODY),
    Ask("draft-approve", "approved first by another", a_draft(t.approved_first_by_another), 302,
        APPROVERS, PROMISED),
    Ask("draft-approve", "rewritten since", a_draft(t.rewritten, **STALE), 409, APPROVERS),
    Ask("draft-approve", "as it was read", a_draft(t.rewritten, **READ), 302, APPROVERS, PROMISED),
    Ask("draft-approve", "that the guard stops", a_draft(t.blocked, **READ), 409, APPROVERS),
    Ask("draft-approve", "in spite of the guard", a_draft(t.blocked, **READ, **OVER), 302, LEADS,
        PROMISED),
    Ask("draft-approve", "that was decided", a_draft(t.decided), 302, APPROVERS),
    Ask("draft-approve", "that is not there", ABSENT, 404, APPROVERS),
    Ask("draft-undo", "that a colleague approved", a_draft(t.approved), 302, APPROVERS, PROMISED),
    Ask("draft-undo", "that waits", a_draft(), 302, APPROVERS),
    Ask("draft-undo", "that was rejected", a_draft(t.decided), 302, APPROVERS),
    Ask("draft-undo", "that is not there", ABSENT, 404, APPROVERS),
    Ask("draft-reject", "that waits", a_draft(**WHY), 302, APPROVERS, DRAFT),
    Ask("draft-reject", "without a reason", a_draft(), 302, APPROVERS),
    Ask("draft-reject", "asked of a lead", a_draft(t.asked, **WHY), 302, LEADS, DRAFT),
    Ask("draft-reject", "rewritten since", a_draft(t.rewritten, **WHY, **STALE), 302, APPROVERS),
    Ask("draft-reject", "as it was read", a_draft(t.rewritten, **WHY, **READ), 302, APPROVERS,
        DRAFT),
    Ask("draft-reject", "that was decided", a_draft(t.decided, **WHY), 302, APPROVERS),
    Ask("draft-reject", "that is not there", ABSENT, 404, APPROVERS),
    Ask("draft-ask", "that waits", a_draft(**QUESTION), changes=DRAFT),
    Ask("draft-ask", "without a question", a_draft()),
    Ask("draft-ask", "that a colleague asked of", a_draft(t.asked, **QUESTION)),
    Ask("draft-ask", "rewritten since", a_draft(t.rewritten, **QUESTION, **STALE)),
    Ask("draft-ask", "that was decided", a_draft(t.decided, **QUESTION)),
    Ask("draft-ask", "that is not there", ABSENT, 404),
    Ask("draft-give-back", "one's own question", a_draft(t.asked_by_oneself), changes=DRAFT),
    Ask("draft-give-back", "a colleague's question", a_draft(t.asked), 302, LEADS, DRAFT),
    Ask("draft-give-back", "that nobody asked of", a_draft()),
    Ask("draft-give-back", "that is not there", ABSENT, 404),
    Ask("draft-snooze", "that waits", a_draft(**LATER), changes=DRAFT),
    Ask("draft-snooze", "until a time that has passed", a_draft(**PAST)),
    Ask("draft-snooze", "rewritten since", a_draft(t.rewritten, **LATER, **STALE)),
    Ask("draft-snooze", "that was decided", a_draft(t.decided, **LATER)),
    Ask("draft-snooze", "that is not there", ABSENT, 404),
    Ask("queue-several", "given to oneself", t.several("assign"), changes=CASE),
    Ask("queue-several", "put off", t.several("snooze"), changes=DRAFT),
    Ask("queue-several", "that repeats another", t.several("reject", repeats=True), 302, APPROVERS,
        DRAFT),
    Ask("queue-several", "that repeats nothing", t.several("reject"), 302, APPROVERS),
    Ask("queue-several", "asked of a lead", t.several("reject", t.asked, repeats=True), 302,
        APPROVERS),
    Ask("queue-several", "that was decided", t.several("snooze", t.decided)),
)  # fmt: skip

CASES = (
    _get("case", "that stands", a_case()),
    _get("case", "merged away", a_case(t.merged), 302),
    _get("case", "that is not there", NO_CASE, 404),
    Ask("case-unmasked", "that stands", a_case(), 200, changes=AUDITED),
    Ask("case-unmasked", "that is not there", NO_CASE, 404),
    Ask("reading", "that stands", a_case(), 200, changes=_kinds("reading")),
    Ask("reading", "that is not there", NO_CASE, 404),
    _get("case-history", "that stands", a_case()),
    _get("case-history", "that is not there", NO_CASE, 404),
    _get("message", "of the case", t.a_message(t.only)),
    _get("message", "of another case", t.a_message(t.anothers), 404),
    Ask("message", "corrected", t.a_message(t.only, **LABELS), 302,
        changes=_kinds("correction", "triage", "auditline")),
    Ask("message", "of another case, corrected", t.a_message(t.anothers, **LABELS), 404),
    Ask("message-unmasked", "of the case", t.a_message(t.only), 200, changes=AUDITED),
    Ask("message-unmasked", "of another case", t.a_message(t.anothers), 404),
    _get("file", "of the case", t.a_file(own=True), changes=AUDITED),
    _get("file", "of another case", t.a_file(own=False), 404),
    Ask("case-note", "that stands", a_case(**TEXT), changes=_kinds("note", "auditline")),
    Ask("case-note", "without words", a_case()),
    Ask("case-note", "that is not there", NO_CASE, 404),
    Ask("case-assign", "let go", a_case(t.owned, owner=""), changes=CASE),
    Ask("case-assign", "to nobody known", a_case(owner="ghost")),
    Ask("case-assign", "that is not there", NO_CASE, 404),
    Ask("case-resolve", "that owes nothing", a_case(t.free, **TEXT), changes=CASE),
    Ask("case-resolve", "whose reply waits", a_case(**TEXT), 302, APPROVERS, CASE | DRAFT),
    Ask("case-resolve", "that was closed", a_case(t.closed, **TEXT), 409),
    Ask("case-resolve", "that is not there", NO_CASE, 404),
    Ask("case-close", "that owes nothing", a_case(t.free, **TEXT), changes=CASE),
    Ask("case-close", "whose reply waits", a_case(**TEXT), 302, APPROVERS, CASE | DRAFT),
    Ask("case-close", "that was closed", a_case(t.closed, **TEXT), 409),
    Ask("case-close", "that is not there", NO_CASE, 404),
    Ask("case-reopen", "that was closed", a_case(t.closed, **TEXT), changes=CASE),
    Ask("case-reopen", "that is open", a_case(**TEXT), 409),
    Ask("case-reopen", "merged away", a_case(t.merged, **TEXT), 409),
    Ask("case-reopen", "that is not there", NO_CASE, 404),
    Ask("case-fault", "that stands", a_case(**TEXT), 302, LEADS, CASE),
    Ask("case-fault", "without grounds", a_case(), 302, LEADS),
    Ask("case-fault", "that is not there", NO_CASE, 404, LEADS),
    Ask("case-merge", "another one", a_case(t.beside), 302, APPROVERS, CASE | {"message"}),
    Ask("case-merge", "one merged away", a_case(t.beside_merged), 409, APPROVERS),
    Ask("case-merge", "one that is not there", a_case(receipt="M-000000"), 302, APPROVERS),
    Ask("case-merge", "that is not there", NO_CASE, 404, APPROVERS),
    Ask("case-unmerge", "its part", a_case(t.holds), 302, APPROVERS, CASE | {"message"}),
    Ask("case-unmerge", "its part, split off since", a_case(t.held), 409, APPROVERS),
    Ask("case-unmerge", "another case's part", a_case(t.beside_merged), 302, APPROVERS),
    Ask("case-unmerge", "one that stands", a_case(t.beside), 302, APPROVERS),
    Ask("case-unmerge", "that is not there", NO_CASE, 404, APPROVERS),
    Ask("case-split", "one of two messages", a_case(t.follows), 302, APPROVERS,
        CASE | {"message"}),
    Ask("case-split", "the only message", a_case(t.only), 409, APPROVERS),
    Ask("case-split", "another case's message", a_case(t.anothers), 404, APPROVERS),
    Ask("case-apart", "what looks alike", a_case(t.alike), 302, APPROVERS,
        _kinds("suggestion", "auditline")),
    Ask("case-apart", "other cases' messages", a_case(t.alike_elsewhere), 404, APPROVERS),
    Ask("case-confirm", "what looks alike", a_case(t.alike), 302, APPROVERS,
        CASE | {"message", "relation", "suggestion"}),
    Ask("case-confirm", "what nothing suspects", a_case(t.unlike), 409, APPROVERS),
    Ask("case-confirm", "other cases' messages", a_case(t.alike_elsewhere), 404, APPROVERS),
    Ask("case-confirm", "that is not there", NO_CASE, 404, APPROVERS),
    Ask("case-leave", "of an incident", a_case(t.of_incident), 302, APPROVERS, CASE),
    Ask("case-leave", "of none", a_case(), 409, APPROVERS),
    Ask("case-leave", "that is not there", NO_CASE, 404, APPROVERS),
    _get("incident", "that is there", t.an_event, 200, APPROVERS),
    _get("incident", "that is not there", ABSENT, 404, APPROVERS),
    Ask("incident-notice", "that is there", t.an_event, 302, APPROVERS, WORDED),
    Ask("incident-notice", "that is not there", ABSENT, 404, APPROVERS),
)  # fmt: skip

OTHERS = (
    Ask("search-save", "for oneself", there(**KEPT), changes=SEARCH),
    Ask("search-save", "for all", there(**KEPT, shared="on"), 302, LEADS, SEARCH),
    Ask("search-save", "without a name", there(q="返金")),
    Ask("search-saved", "one's own", t.a_search(delete="1"), changes=SEARCH),
    Ask("search-saved", "one's own, for all", t.a_search(name="返金", shared="on"), 302, LEADS,
        SEARCH),
    Ask("search-saved", "a colleague's", t.a_search(t.OTHER, delete="1"), 403, NOBODY),
    Ask("search-saved", "a colleague's for all", t.a_search(t.OTHER, seen=True, delete="1"), 403,
        NOBODY),
    Ask("search-saved", "that is not there", ABSENT, 404),
    Ask("taste", "one's own", there(language="en", scheme="dark"), changes=_kinds("profile")),
    Ask("taste", "unknown", there(language="xx")),
    Ask("password", "by the old one", t.oneself_proving(**NEW, **OLD), changes=PERSON),
    Ask("password", "by a wrong one", t.oneself_proving(**NEW, **WRONG), 200),
    Ask("logout", "oneself", there()),
    Ask("second-factor-off", "by the password", t.oneself_proving(**KNOWN), changes=FACTOR),
    Ask("second-factor-off", "by a code", t.oneself_proving(**CODE), changes=FACTOR),
    Ask("second-factor-off", "by a wrong password", t.oneself_proving(**UNKNOWN)),
    Ask("second-factor-off", "by a wrong code", t.oneself_proving(**MISREAD)),
    Ask("second-factor-off", "without a proof", t.oneself_proving()),
    Ask("recovery-codes", "by the password", t.oneself_proving(**KNOWN), 200, changes=CODES),
    Ask("recovery-codes", "by a code", t.oneself_proving(**CODE), 200, changes=CODES),
    Ask("recovery-codes", "by a wrong password", t.oneself_proving(**UNKNOWN)),
    Ask("recovery-codes", "by a wrong code", t.oneself_proving(**MISREAD)),
    Ask("recovery-codes", "without a proof", t.oneself_proving()),
    Ask("recovery-codes", "without a second factor", there(), 404),
    Ask("person-add", "another one", there(login="mika", role="agent"), 200, ADMINS, PERSON),
    Ask("person-add", "without a role", there(login="mika"), 422, ADMINS),
    Ask("person-role", "a colleague's", t.colleague(role="agent"), 302, ADMINS,
        _kinds("user_groups", "auditline")),
    Ask("person-role", "one's own", t.oneself(role="agent"), 403, NOBODY),
    Ask("person-role", "unknown", t.colleague(role="emperor"), 404, ADMINS),
    Ask("person-role", "of nobody", there("ghost", role="agent"), 404, ADMINS),
    Ask("person-disable", "a colleague", t.colleague(), 302, ADMINS, PERSON),
    Ask("person-disable", "oneself", t.oneself(), 403, NOBODY),
    Ask("person-disable", "nobody", there("ghost"), 404, ADMINS),
    Ask("person-renew", "a colleague", t.colleague(), 200, ADMINS, PERSON),
    Ask("person-renew", "oneself", t.oneself(), 403, NOBODY),
    Ask("person-renew", "nobody", there("ghost"), 404, ADMINS),
    Ask("token-add", "a new one", there(name="crm", role="lead", scopes="search"), 200, ADMINS,
        TOKEN),
    Ask("token-add", "an administrator's", there(name="crm", role="admin", scopes="search"), 422,
        ADMINS),
    Ask("token-revoke", "a colleague's", t.a_token(), 302, ADMINS, TOKEN),
    Ask("token-revoke", "revoked before", t.a_token(revoked=True), 302, ADMINS),
    Ask("token-revoke", "that is not there", ABSENT, 404, ADMINS),
    Ask("webhook-add", "a new one", there(url="https://x.example/", events="case.opened"), 200,
        ADMINS, HOOK),
    Ask("webhook-add", "no address", there(url="ftp://x/", events="case.opened"), 422, ADMINS),
    Ask("webhook-switch", "a colleague's", t.a_hook(active="0"), 302, ADMINS, HOOK),
    Ask("webhook-switch", "that is not there", ABSENT, 404, ADMINS),
    Ask("webhook-test", "a colleague's", t.a_hook(), 302, ADMINS, SENT_AGAIN),
    Ask("webhook-test", "that is not there", ABSENT, 404, ADMINS),
    Ask("webhook-again", "what failed", t.a_delivery, 302, ADMINS, SENT_AGAIN),
    Ask("webhook-again", "that is not there", ABSENT, 404, ADMINS),
)  # fmt: skip

ASKS = (*DRAFTS, *CASES, *OTHERS)
"""Every way that something is asked for; a route that takes a thing or changes one has more than
one."""
