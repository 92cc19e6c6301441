"""Who may do what: roles grow, unknown groups give nothing, and some things are not everybody's."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from desk.access import GRANTS, Action, Person, Role, may, person

ROLES = list(Role)


@dataclass(frozen=True)
class _Draft:
    visibility: str = "private"
    first_approver: str = ""
    asked_lead: str = ""


@dataclass(frozen=True)
class _Saved:
    owner: str


def test_each_role_may_all_that_the_one_before_it_may_and_more() -> None:
    for lower, higher in pairwise(ROLES):
        assert GRANTS[lower] < GRANTS[higher]
    assert GRANTS[Role.ADMIN] == frozenset(Action)


@given(st.lists(st.text(), max_size=5))
def test_groups_that_are_no_role_give_nothing(groups: list[str]) -> None:
    strange = [name for name in groups if name not in set(Role)]
    assert person("x", strange).actions == frozenset()


@given(st.sets(st.sampled_from(ROLES)), st.sampled_from(list(Action)))
def test_several_roles_give_what_one_of_them_gives(roles: set[Role], action: Action) -> None:
    someone = Person("x", frozenset(roles))
    assert may(someone, action) == any(action in GRANTS[role] for role in roles)
    assert someone.role == (max(roles, key=ROLES.index) if roles else None)


def test_what_is_public_needs_its_own_right_and_two_approvals_two_people() -> None:
    agent, approver = Person("a", frozenset({Role.AGENT})), Person("b", frozenset({Role.APPROVER}))
    assert not may(agent, Action.DRAFT_APPROVE, _Draft())
    assert may(approver, Action.DRAFT_APPROVE, _Draft("public"))
    assert may(approver, Action.DRAFT_APPROVE, _Draft(first_approver="c"))
    assert not may(approver, Action.DRAFT_APPROVE, _Draft(first_approver="b"))


def test_what_a_lead_was_asked_about_a_lead_decides() -> None:
    approver, lead = Person("b", frozenset({Role.APPROVER})), Person("d", frozenset({Role.LEAD}))
    assert not may(approver, Action.DRAFT_APPROVE, _Draft(asked_lead="a"))
    assert may(lead, Action.DRAFT_APPROVE, _Draft(asked_lead="a"))
    assert not may(approver, Action.DRAFT_REJECT, _Draft(asked_lead="b"))
    assert may(approver, Action.DRAFT_REJECT, _Draft(first_approver="b"))
    assert may(lead, Action.DRAFT_REJECT, _Draft(asked_lead="a"))


def test_a_saved_search_is_its_owners_alone() -> None:
    agent = Person("a", frozenset({Role.AGENT}))
    assert may(agent, Action.SEARCH, _Saved("a"))
    assert not may(agent, Action.SEARCH, _Saved("b"))
