"""The estimate is fitted to the record, and the drafts of an intake name what it says."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from casebook import history, moves
from casebook import models as m
from casebook.clock import now
from casebook.policy import load_policy
from casebook.types import PastCase
from flows import pacing
from tests.casebook.test_moves import inbound
from tests.flows.test_pipeline import Mailbox, intake
from tests.mails import made_mails

pytestmark = pytest.mark.django_db(transaction=True)

POLICY = load_policy("default")


def _past(count: int, hours: float) -> None:
    """Cases of the last days, each answered after so many hours of all time."""
    base = inbound()
    past = []
    for number in range(count):
        at = now() - timedelta(days=40) + timedelta(hours=7 * number / count * 120)
        one = replace(base, sent_at=at, external_id=f"p{number}", identity=f"past:{number}")
        past.append(PastCase(f"old:{number}", one, "ja", "回答", at + timedelta(hours=hours)))
    assert moves.record_past(past) == count


def test_nothing_answered_is_nothing_to_fit() -> None:
    assert pacing.fit() is None
    assert pacing.pace() is None


def test_the_record_is_fitted_and_the_last_two_are_kept() -> None:
    _past(40, 30)
    for _ in range(3):
        made = pacing.fit()
        assert made is not None
        assert made.cases == 40
    assert m.EstimateModel.objects.count() == 2
    assert m.AuditLine.objects.filter(what="estimatemodel.fitted").count() == 3
    pace = pacing.pace()
    assert pace is not None
    assert set(pace.estimator.levels) == {0.5, 0.9}


def test_a_damaged_estimator_leaves_the_target(caplog: pytest.LogCaptureFixture) -> None:
    m.EstimateModel.objects.create(data=b"PK broken", cases=9)
    assert pacing.pace() is None
    assert "fit it again: madoguchi estimate --fit" in caplog.text


def test_drafts_name_what_the_team_really_needs(mailbox: Mailbox) -> None:
    server, user = mailbox
    _past(60, 60)
    pacing.fit()
    for mail in made_mails(3):
        server.deliver(user, mail)
    assert intake().drafts
    found = m.Estimate.objects.all()
    assert {row.level for row in found} == {0.9}
    target = POLICY.first_response.normal
    assert all(row.minutes > target and row.cases == 60 for row in found)
    for row in found:
        assert row.median is not None
        assert row.median <= row.minutes
        codes = [finding["code"] for finding in row.draft.findings]
        assert codes == ["beyond_maximum"] * row.beyond
        assert not any(finding["blocking"] for finding in row.draft.findings)
    assert any(row.beyond for row in found)


def test_who_was_told_a_time_still_waits_for_the_answer() -> None:
    _past(2, 3)
    m.Case.objects.filter(origin="old:0").update(replied_at=None, state="waiting")
    cases = history.handled(POLICY, now() - timedelta(days=365))
    assert sorted(case.answered is None for case in cases) == [False, True]


def test_cases_closed_without_an_answer_are_no_history() -> None:
    _past(2, 3)
    m.Case.objects.filter(origin="old:0").update(replied_at=None)
    cases = history.handled(POLICY, now() - timedelta(days=365))
    assert [case.answered is not None for case in cases] == [True]
