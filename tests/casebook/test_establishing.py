"""What people establish about a case: on grounds, audited, and taken back."""

from __future__ import annotations

import pytest

from casebook import models as m
from casebook import moves
from casebook.errors import IllegalMove
from casebook.known import known
from casebook.policy import load_policy
from casebook.rows import triage_row
from casebook.types import Conduct, Kind, Triage
from tests.casebook.test_promises import opened

POLICY = load_policy("default")

pytestmark = pytest.mark.django_db


def test_a_fault_is_confirmed_and_taken_back_on_grounds() -> None:
    case = opened()
    message = case.messages.get()
    assert not known(POLICY, message).fault_confirmed
    moves.confirm_fault(case.pk, "aki", " 検品記録の漏れを確認 ")
    message = m.Message.objects.get(pk=message.pk)
    assert known(POLICY, message).fault_confirmed
    moves.confirm_fault(case.pk, "mori", "別の倉庫の記録だった", confirmed=False)
    case.refresh_from_db()
    assert not case.fault_confirmed
    lines = case.audit.filter(what="case.fault").values_list("who", "before", "after", "note")
    assert list(lines) == [
        ("aki", "open", "confirmed", "検品記録の漏れを確認"),
        ("mori", "confirmed", "open", "別の倉庫の記録だった"),
    ]


@pytest.mark.parametrize(("confirmed", "note"), [(False, "x"), (True, " ")])
def test_nothing_is_established_twice_or_without_grounds(confirmed: bool, note: str) -> None:
    case = opened()
    with pytest.raises(IllegalMove):
        moves.confirm_fault(case.pk, "aki", note, confirmed=confirmed)
    assert not case.audit.filter(what="case.fault").exists()


def test_the_worst_that_nobody_answered_is_known_of_a_case() -> None:
    case = opened()
    threat = Triage(Kind.COMPLAINT, 2, Conduct.THREAT, "ja")
    triage_row(case.messages.get().pk, threat).save()
    last = m.Message.objects.create(
        identity="again", case=case, channel="email", author="c@example.net", state="answered"
    )
    triage_row(last.pk, Triage(Kind.INQUIRY, 1, Conduct.ORDINARY, "ja")).save()
    found = known(POLICY, m.Message.objects.get(pk=last.pk))
    assert (found.kind, found.conduct) == (Kind.INQUIRY, Conduct.THREAT)
