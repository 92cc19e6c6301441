"""Who may do what at the desk: one table of roles and actions, and what depends on the thing.

Pure: nothing here asks the database. A person's roles are Django groups with these names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from casebook.types import Visibility


class Role(StrEnum):
    """What somebody is at the desk; each one may do all that the one before it may."""

    AGENT = "agent"
    APPROVER = "approver"
    LEAD = "lead"
    ADMIN = "admin"


class Action(StrEnum):
    """What a role lets a person do."""

    VIEW_CASE = "view_case"
    MESSAGE_ADD = "message_add"
    SEARCH = "search"
    NOTE = "note"
    FILE_TAKE = "file_take"
    CASE_ASSIGN = "case_assign"
    CASE_CORRECT = "case_correct"
    CASE_RESOLVE = "case_resolve"
    CASE_SETTLE = "case_settle"
    CASE_FAULT = "case_fault"
    DRAFT_EDIT = "draft_edit"
    DRAFT_SNOOZE = "draft_snooze"
    VIEW_UNMASKED = "view_unmasked"
    DRAFT_APPROVE = "draft_approve"
    DRAFT_REJECT = "draft_reject"
    CASE_MERGE = "case_merge"
    BOARD_VIEW = "board_view"
    DRAFT_APPROVE_PUBLIC = "draft_approve_public"
    DRAFT_OVERRIDE = "draft_override"
    LOAD_VIEW = "load_view"
    SEARCH_SHARE = "search_share"
    USER_MANAGE = "user_manage"
    API_MANAGE = "api_manage"


_ADDS: Mapping[Role, frozenset[Action]] = {
    Role.AGENT: frozenset(
        {
            Action.VIEW_CASE,
            Action.MESSAGE_ADD,
            Action.SEARCH,
            Action.NOTE,
            Action.FILE_TAKE,
            Action.CASE_ASSIGN,
            Action.CASE_CORRECT,
            Action.CASE_RESOLVE,
            Action.DRAFT_EDIT,
            Action.DRAFT_SNOOZE,
            Action.VIEW_UNMASKED,
        }
    ),
    Role.APPROVER: frozenset(
        {
            Action.DRAFT_APPROVE,
            Action.DRAFT_APPROVE_PUBLIC,
            Action.DRAFT_REJECT,
            Action.CASE_MERGE,
            Action.CASE_SETTLE,
            Action.BOARD_VIEW,
        }
    ),
    Role.LEAD: frozenset(
        {Action.DRAFT_OVERRIDE, Action.CASE_FAULT, Action.LOAD_VIEW, Action.SEARCH_SHARE}
    ),
    Role.ADMIN: frozenset({Action.USER_MANAGE, Action.API_MANAGE}),
}


class Scope(StrEnum):
    """What a key of the API is for; its role bounds it further."""

    CASES_READ = "cases:read"
    DRAFTS_READ = "drafts:read"
    DRAFTS_DECIDE = "drafts:decide"
    SEARCH = "search"
    MESSAGES_WRITE = "messages:write"


TOKEN_ROLES = (Role.AGENT, Role.APPROVER, Role.LEAD)
"""What a key may be: none manages people or other keys."""


def _grants() -> dict[Role, frozenset[Action]]:
    found: dict[Role, frozenset[Action]] = {}
    held: frozenset[Action] = frozenset()
    for role in Role:
        held |= _ADDS[role]
        found[role] = held
    return found


GRANTS: Mapping[Role, frozenset[Action]] = _grants()
"""What each role may do."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody at the desk: the login by which the record knows them, and their roles."""

    login: str
    roles: frozenset[Role] = frozenset()

    @property
    def actions(self) -> frozenset[Action]:
        """All that their roles let them do."""
        return frozenset().union(*(GRANTS[role] for role in self.roles))

    @property
    def leads(self) -> bool:
        """Whether they decide what others leave to a lead."""
        return Action.DRAFT_OVERRIDE in self.actions

    @property
    def role(self) -> Role | None:
        """The highest of their roles."""
        return max(self.roles, key=list(Role).index, default=None)


def person(login: str, groups: Iterable[str]) -> Person:
    """Somebody with these groups; groups that are no role of ours give nothing."""
    return Person(login, frozenset(Role(name) for name in groups if name in set(Role)))


def may(someone: Person, action: Action, thing: Any = None) -> bool:
    """Whether a person may do this, and to this thing where one is given.

    A public reply is approved by whoever may approve public ones, what a lead was asked about is
    approved or rejected by a lead, and nobody is the second approver of what they approved first; a
    saved search is its owner's alone; nobody takes away their own role or shuts themselves out.
    """
    if action not in someone.actions:
        return False
    if action is Action.SEARCH and thing is not None:
        return bool(thing.owner == someone.login)
    if action is Action.USER_MANAGE and thing is not None:
        return bool(thing.login != someone.login)
    decides = action in (Action.DRAFT_APPROVE, Action.DRAFT_REJECT) and thing is not None
    if decides and thing.asked_lead and not someone.leads:
        return False
    if decides and action is Action.DRAFT_APPROVE:
        public = thing.visibility == Visibility.PUBLIC
        allowed = not public or Action.DRAFT_APPROVE_PUBLIC in someone.actions
        return allowed and thing.first_approver != someone.login
    return True
