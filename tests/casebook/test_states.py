"""The table of moves is complete, and says what the life of each thing is."""

from __future__ import annotations

from enum import StrEnum

import pytest

from casebook.states import (
    LEGAL,
    CaseState,
    DeliveryState,
    DraftState,
    EntryState,
    IncidentState,
    MessageState,
    PromiseState,
    may_follow,
)

KINDS: tuple[type[StrEnum], ...] = (
    MessageState,
    CaseState,
    DraftState,
    PromiseState,
    IncidentState,
    DeliveryState,
    EntryState,
)
FIRST: tuple[StrEnum, ...] = (
    MessageState.RECEIVED,
    CaseState.OPEN,
    DraftState.PENDING,
    PromiseState.OPEN,
    IncidentState.OPEN,
    DeliveryState.PENDING,
    EntryState.STANDING,
)
ENDS = {
    *(DraftState.REJECTED, DraftState.SUPERSEDED),
    *(PromiseState.BROKEN, IncidentState.ALERTED),
    DeliveryState.SENT,
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_state_has_its_row_and_stays_in_its_kind(kind: type[StrEnum]) -> None:
    assert set(LEGAL[kind]) == set(kind)
    assert all(isinstance(after, kind) for row in LEGAL[kind].values() for after in row)
    assert not any(may_follow(state, state) for state in kind)


@pytest.mark.parametrize("first", FIRST)
def test_every_state_can_be_reached(first: StrEnum) -> None:
    reached, wave = {first}, {first}
    while wave:
        wave = {after for state in wave for after in LEGAL[type(first)][state]} - reached
        reached |= wave
    assert reached == set(type(first))


def test_what_is_over_is_over() -> None:
    found = {state for rows in LEGAL.values() for state, row in rows.items() if not row}
    assert found == ENDS


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (DraftState.PENDING, DraftState.SENDING),
        (DraftState.PENDING, DraftState.SENT),
        (DraftState.APPROVED, DraftState.SENT),
        (DraftState.SENDING, DraftState.PENDING),
        (DraftState.NEEDS_CHECK, DraftState.SENDING),
        (DraftState.FAILED, DraftState.SENDING),
        (DraftState.REJECTED, DraftState.APPROVED),
        (DraftState.SUPERSEDED, DraftState.SENDING),
        (DraftState.SENT, DraftState.APPROVED),
        (DraftState.RETURNED, DraftState.APPROVED),
        (MessageState.RECEIVED, MessageState.ANSWERED),
        (CaseState.CLOSED, CaseState.WAITING),
        (PromiseState.BROKEN, PromiseState.KEPT),
        (DeliveryState.PENDING, DeliveryState.SENT),
        (DeliveryState.SENDING, DeliveryState.PENDING),
        (DeliveryState.NEEDS_CHECK, DeliveryState.SENDING),
    ],
)
def test_nothing_is_sent_unapproved_or_undone(before: StrEnum, after: StrEnum) -> None:
    assert not may_follow(before, after)


def test_states_of_another_kind_never_follow() -> None:
    assert not may_follow(DraftState.SENDING, MessageState.ANSWERED)
