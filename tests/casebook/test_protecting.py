"""Alerts and the ledger: written with the answer or not at all, each once, nothing removed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from casebook import models as m
from casebook import moves
from casebook.clock import frozen, now
from casebook.errors import IllegalMove
from casebook.handling import Acknowledgement, Alerts
from casebook.moves.protecting import reason
from casebook.states import DeliveryState
from casebook.types import AlertReason, Conduct, Kind, Relation, RelationKind, Span, Triage
from tests.casebook.test_moves import received, related

CALM = Triage(Kind.COMPLAINT, 1, Conduct.ORDINARY, "ja")
ABUSE = Triage(
    Kind.COMPLAINT, 1, Conduct.HARASSMENT, "ja", conduct_types=("mental_attack",),
    evidence=(Span("harassment", 0, 2, "死ね"), Span("demand:refund", 4, 6, "返金")),
)  # fmt: skip
CRISIS = Triage(Kind.COMPLAINT, 3, Conduct.ORDINARY, "ja", crisis=("injury",))
THREAT = Triage(Kind.COMPLAINT, 2, Conduct.THREAT, "ja", conduct_types=("mental_attack",))
URGENT = Triage(Kind.COMPLAINT, 2, Conduct.ORDINARY, "ja", crisis=("legal",))


def answered(triage: Triage, relation: Relation | None = None) -> m.Message:
    (key,) = received()
    related(key, relation=relation)
    row = m.Message.objects.get(pk=key)
    assert row.case_id is not None
    moves.answer([moves.Answered(row.case_id, {key: triage})])
    return row


@pytest.mark.parametrize(
    ("triage", "expected"),
    [
        (CALM, None),
        (ABUSE, None),
        (URGENT, None),
        (CRISIS, AlertReason.CRISIS),
        (THREAT, AlertReason.THREAT),
        (Triage(Kind.COMPLAINT, 3, Conduct.THREAT, "ja"), AlertReason.THREAT),
    ],
)
def test_a_crisis_and_a_threat_alert_and_nothing_else_by_default(
    triage: Triage, expected: AlertReason | None
) -> None:
    assert reason(Alerts(), triage) is expected


def test_a_policy_may_alert_more() -> None:
    more = Alerts(from_severity=2, conducts=(Conduct.THREAT, Conduct.HARASSMENT))
    assert reason(more, URGENT) is AlertReason.URGENT
    assert reason(more, ABUSE) is AlertReason.HARASSMENT
    assert reason(more, CALM) is None
    assert reason(Alerts(from_severity=1), CALM) is AlertReason.NORMAL


@given(
    st.sampled_from(Kind), st.sampled_from(Conduct), st.integers(0, 2),
    st.sets(st.sampled_from([c for c in Conduct if c is not Conduct.THREAT])), st.booleans(),
)  # fmt: skip
def test_no_policy_acknowledges_a_crisis_or_a_threat_by_itself(
    kind: Kind, conduct: Conduct, severity: int, conducts: set[Conduct], automatic: bool
) -> None:
    policy = Acknowledgement(
        automatic=automatic, up_to_severity=severity, conducts=tuple(sorted(conducts))
    )
    assert not policy.allows(Triage(kind, 3, conduct, "ja"))
    assert not policy.allows(Triage(kind, 2, Conduct.THREAT, "ja"))


@pytest.mark.django_db(transaction=True)
def test_alert_and_entry_come_with_the_answer_or_not_at_all() -> None:
    (key,) = received()
    related(key)
    case = m.Message.objects.get(pk=key).case_id
    assert case is not None
    both = Triage(Kind.COMPLAINT, 3, Conduct.HARASSMENT, "ja")

    @transaction.atomic
    def broken_off() -> None:
        moves.answer([moves.Answered(case, {key: both})])
        m.Triage.objects.create(message_id=key, kind="complaint", severity=9, language="ja")

    with pytest.raises(IntegrityError):
        broken_off()
    assert not m.Alert.objects.exists()
    assert not m.HarassmentEntry.objects.exists()
    moves.answer([moves.Answered(case, {key: both})])
    assert m.Alert.objects.get().reason == "crisis"
    assert m.HarassmentEntry.objects.get().case == m.Case.objects.get()
    kinds = set(m.AuditLine.objects.values_list("what", flat=True))
    assert {"alert.opened", "harassmententry.entered"} <= kinds


@pytest.mark.django_db(transaction=True)
def test_a_case_alerts_once_for_each_reason() -> None:
    first = answered(CRISIS)
    for triage in (CRISIS, THREAT, CRISIS, CALM):
        answered(triage, Relation(RelationKind.FOLLOW_UP, of_message=first.pk))
    assert m.Case.objects.count() == 1
    assert sorted(m.Alert.objects.values_list("reason", flat=True)) == ["crisis", "threat"]


@pytest.mark.django_db(transaction=True)
def test_the_ledger_keeps_who_when_and_the_passages_of_conduct() -> None:
    row = answered(ABUSE)
    answered(CALM)
    entry = m.HarassmentEntry.objects.get()
    assert (entry.message, entry.author, entry.at) == (row, row.author, row.received_at)
    assert (entry.conduct, entry.types) == ("harassment", ["mental_attack"])
    assert [span["text"] for span in entry.evidence] == ["死ね"]


@pytest.mark.django_db(transaction=True)
def test_a_correction_withdraws_an_entry_and_may_bring_it_back() -> None:
    row = answered(ABUSE)
    moves.correct(row.pk, {"conduct": "ordinary"}, "aki")
    entry = m.HarassmentEntry.objects.get()
    assert entry.state == "withdrawn"
    moves.correct(row.pk, {"conduct": "unreasonable", "conduct_types": ["dogeza"]}, "aki")
    entry.refresh_from_db()
    assert (entry.state, entry.conduct, entry.types) == ("standing", "unreasonable", ["dogeza"])
    who = m.AuditLine.objects.filter(thing="harassmententry").values_list("who", flat=True)
    assert list(who).count("aki") == 3


@pytest.mark.django_db(transaction=True)
def test_a_correction_to_a_threat_alerts_and_enters() -> None:
    row = answered(CALM)
    assert not m.Alert.objects.exists()
    moves.correct(row.pk, {"conduct": "threat", "severity": 2}, "aki")
    assert m.Alert.objects.get().reason == "threat"
    assert m.HarassmentEntry.objects.get().conduct == "threat"


@pytest.mark.django_db(transaction=True)
def test_an_incident_alerts_its_first_case_once() -> None:
    first = answered(CALM)
    for _ in range(3):
        answered(CALM, Relation(RelationKind.INCIDENT, of_message=first.pk))
    alert = m.Alert.objects.get()
    assert (alert.reason, alert.case_id) == ("incident", first.case_id)


def delivery() -> m.AlertDelivery:
    answered(CRISIS)
    alert = m.Alert.objects.latest("pk")
    assert moves.address(alert.pk, ["mail"])
    assert not moves.address(alert.pk, ["mail", "chat"])
    return alert.deliveries.get()


@pytest.mark.django_db(transaction=True)
def test_a_delivery_is_claimed_once_and_fails_into_the_future() -> None:
    row = delivery()
    assert moves.claim_delivery(row.pk)
    assert not moves.claim_delivery(row.pk)
    assert moves.delivery_failed(row.pk, "nothing answers")
    row.refresh_from_db()
    assert row.not_before is not None
    assert timedelta(0) < row.not_before - now() <= timedelta(minutes=1)
    waits = []
    for _ in range(9):
        with frozen(row.not_before):
            assert moves.claim_delivery(row.pk)
            assert not moves.delivery_failed(row.pk, "nothing answers")
            row.refresh_from_db()
            waits.append(row.not_before - now())
    assert waits == sorted(waits)
    assert waits[-1] == timedelta(hours=1)


@pytest.mark.django_db(transaction=True)
def test_what_a_dead_process_left_needs_a_person() -> None:
    row = delivery()
    moves.claim_delivery(row.pk)
    assert moves.left_sending() == 1
    assert moves.left_sending() == 0
    assert not moves.claim_delivery(row.pk)
    moves.settle_delivery(row.pk, "aki", arrived=False)
    assert moves.claim_delivery(row.pk)
    moves.delivery_sent(row.pk)
    with pytest.raises(IllegalMove):
        moves.settle_delivery(row.pk, "aki", arrived=True)


STEPS = ("claim", "sent", "failed", "uncertain", "left", "arrived", "again")


@pytest.mark.django_db(transaction=True)
@settings(max_examples=25)
@given(st.lists(st.sampled_from(STEPS), max_size=12))
def test_no_order_of_steps_sends_twice_without_a_person(steps: list[str]) -> None:
    row = delivery()
    claims = refused = settled = 0
    for step in steps:
        try:
            match step:
                case "claim":
                    claims += moves.claim_delivery(row.pk)
                case "sent":
                    moves.delivery_sent(row.pk)
                case "failed":
                    moves.delivery_failed(row.pk, "no")
                    refused += 1
                case "uncertain":
                    moves.delivery_uncertain(row.pk, "cut")
                case "left":
                    moves.left_sending()
                case _:
                    moves.settle_delivery(row.pk, "aki", arrived=step == "arrived")
                    settled += step == "again"
        except IllegalMove:
            continue
    # Each further call follows a certain failure or a person's word.
    assert claims <= 1 + refused + settled
    row.refresh_from_db()
    assert row.state in set(DeliveryState)
