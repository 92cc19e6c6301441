"""Whatever happens in whatever order: nothing is sent twice, and nothing is lost."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from django.db import transaction
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from casebook import models as m
from casebook import moves
from casebook.clock import frozen
from casebook.errors import IllegalMove
from casebook.types import Inbound
from connectors import registry
from tests.conftest import Configure
from tests.flows.outbox import MADE, approved, came, received, related, send
from tests.flows.played import Killed, Service

pytestmark = pytest.mark.django_db(transaction=True)

STUCK = ("needs_check", "failed")


class Sending(RuleBasedStateMachine):
    """Drafts, a service that lies down in every way, people, and time."""

    at: datetime

    @initialize()
    def begin(self) -> None:
        self._undo = transaction.atomic()
        self._undo.__enter__()
        Service.taken.clear()
        self.at, self.approvals = MADE, set[int]()
        self.names = (f"played:{number}" for number in count())

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self._undo.__exit__(None, None, None)

    def letter(self) -> Inbound:
        """A new customer's mail, the same whenever the same is played."""
        return came(identity=next(self.names))

    @rule(due=st.none() | st.integers(30, 300))
    def approve(self, due: int | None) -> None:
        with frozen(self.at):
            when = self.at + timedelta(minutes=due) if due else None
            self.approvals.add(approved(found=self.letter(), due=when).case_id)

    @rule(
        arrive=st.booleans(),
        then=st.sampled_from(
            ["answer", "lost", "killed", "transient", "refused", "locked", "broke"]
        ),
        asked=st.sampled_from(["truth", "ambiguous", "transient", "locked", "odd"]),
    )
    def runs(self, arrive: bool, then: str, asked: str) -> None:
        # Most runs of the machine's own would find nothing to send.
        with frozen(self.at):
            self.approvals.add(approved(found=self.letter()).case_id)
        self.run(arrive, then, asked)

    def run(self, arrive: bool, then: str, asked: str) -> None:
        Service.arrive, Service.then, Service.asked = arrive, then, asked
        self.at += timedelta(minutes=1)
        try:
            for trouble in send(self.at).troubles.values():
                assert trouble in ("who", "no credit") or trouble.startswith("unforeseen")
        except Killed:
            pass
        finally:
            Service.arrive, Service.then, Service.asked = True, "answer", "truth"

    @rule()
    def runs_well(self) -> None:
        self.run(arrive=True, then="answer", asked="truth")

    @rule(minutes=st.integers(1, 40))
    def wait(self, minutes: int) -> None:
        self.at += timedelta(minutes=minutes)

    @rule(data=st.data())
    def writes_again(self, data: st.DataObject) -> None:
        if case := self._one(data, m.Case.objects.all()):
            with frozen(self.at):
                (key,) = received("box", replace(self.letter(), new_text="どうなりましたか"))
                related(key, case.pk)

    @rule(data=st.data())
    def approve_again(self, data: st.DataObject) -> None:
        if draft := self._one(data, m.Draft.objects.filter(state="pending")):
            with frozen(self.at):
                if draft.due is None or draft.due > self.at:
                    moves.approve(draft.pk, "aki")

    @rule(data=st.data())
    def take_back(self, data: st.DataObject) -> None:
        if draft := self._one(data, m.Draft.objects.filter(state="approved")):
            with suppress(IllegalMove):
                moves.take_back(draft.pk, "aki")

    @rule(data=st.data())
    def decide(self, data: st.DataObject) -> None:
        """A person looks, and tells the truth."""
        if draft := self._one(data, m.Draft.objects.filter(state__in=STUCK)):
            self._decided(draft, draft.identity in Service.taken)

    @rule(data=st.data())
    def gives_up(self, data: st.DataObject) -> None:
        if draft := self._one(data, m.Draft.objects.filter(state="failed")):
            moves.reject(draft.pk, "aki", "by telephone")
            self.approvals.discard(draft.case_id)

    @rule(data=st.data(), arrived=st.booleans())
    def decide_too_early(self, data: st.DataObject, arrived: bool) -> None:
        """A person who has an old list before them decides on what is being sent."""
        if draft := self._one(data, m.Draft.objects.filter(state="sending")):
            with pytest.raises(IllegalMove):
                self._decided(draft, arrived)

    @rule(data=st.data())
    def wakes_up(self, data: st.DataObject) -> None:
        """A process that slept over its claim tells what it knew then."""
        if draft := self._one(data, m.Draft.objects.filter(tries__gte=2).distinct()):
            first = draft.tries.order_by("pk")[0].at
            if first != draft.claimed_at:
                with frozen(self.at), pytest.raises(IllegalMove):
                    moves.released(draft.pk, "late", "late", claimed=first)

    @rule()
    def switch(self) -> None:
        if m.OutgoingPause.objects.exists():
            moves.resume_all("aki")
        else:
            moves.pause_all("aki")

    @rule()
    def mend(self) -> None:
        moves.resume_all("aki")
        moves.resume_sender("desk", "aki")

    @invariant()
    def nothing_is_sent_twice(self) -> None:
        assert len(Service.taken) == len(set(Service.taken))

    @invariant()
    def the_record_knows_or_doubts(self) -> None:
        for draft in m.Draft.objects.exclude(identity=""):
            if draft.identity in Service.taken:
                assert draft.state in ("sent", "sending", "needs_check"), draft.state
            else:
                assert draft.state != "sent"

    @invariant()
    def nothing_is_lost(self) -> None:
        """Every case has its reply, or somebody is shown that it has not."""
        alive = m.Draft.objects.exclude(state__in=["superseded", "rejected"])
        assert set(alive.values_list("case_id", flat=True)) >= getattr(self, "approvals", set())

    @invariant()
    def failures_are_told(self) -> None:
        for draft in m.Draft.objects.filter(state="failed"):
            assert draft.error
            assert draft.alerts.exists()

    @invariant()
    def a_pause_is_told(self) -> None:
        row = m.Sender.objects.filter(paused=True).first()
        if row is not None and row.error_code in ("who", "broke"):
            assert m.Alert.objects.filter(reason="paused").exists()

    @invariant()
    def only_what_stands_is_told(self) -> None:
        for draft in m.Draft.objects.filter(alerts__reason="needs_check"):
            assert draft.state in ("needs_check", "failed")
        told = m.Alert.objects.filter(draft__state="sent")
        assert not told.exclude(reason="paused").exists()

    def _decided(self, draft: m.Draft, arrived: bool) -> None:
        with frozen(self.at):
            if arrived:
                moves.sent(draft.pk, "aki", self.at)
            else:
                moves.released(draft.pk, "", "looked", who="aki")

    @staticmethod
    def _one(data: st.DataObject, rows: Any) -> Any:
        found = list(rows.order_by("pk"))
        return data.draw(st.sampled_from(found)) if found else None


@pytest.fixture
def played(configure: Configure, monkeypatch: pytest.MonkeyPatch) -> None:
    found = registry.Connector("tests.flows.played", "Options", "Played")
    monkeypatch.setitem(registry.CONNECTORS, "played", found)
    configure(
        '[[sources]]\nname = "box"\ntype = "files"\npath = "."\n'
        '[[senders]]\nname = "desk"\ntype = "played"\nanswers = ["box"]\n'
    )


@pytest.mark.usefixtures("played")
def test_nothing_is_sent_twice_and_nothing_is_lost() -> None:
    run_state_machine_as_test(
        Sending,
        settings=hypothesis_settings(
            max_examples=100, stateful_step_count=30, deadline=None, derandomize=True
        ),
    )
