"""What people teach is kept once, changes what was judged, and is on the record."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from hypothesis import given, settings
from hypothesis import strategies as st

from casebook import models as m
from casebook import moves, reading
from casebook.clock import now
from casebook.errors import ConfigError, IllegalMove
from casebook.outgoing import Way
from casebook.rows import triage_value
from casebook.spaces import Vectors
from casebook.types import Asked, Channel, Conduct, Kind, Triage
from tests.casebook.test_labels import expects, fits
from tests.casebook.test_moves import REPLY, SPACES, received, related

pytestmark = pytest.mark.django_db(transaction=True)

MACHINE = Triage(
    Kind.COMPLAINT, 1, Conduct.ORDINARY, "ja", cause="defect", products=("ケトル",),
    demands=("refund",), confidence={"kind": 0.6},
)  # fmt: skip
TEXT = Asked("件名", "届いた皿が割れていました", "ja")


def judged(triage: Triage = MACHINE) -> m.Message:
    (key,) = received()
    related(key)
    row = m.Message.objects.get(pk=key)
    assert row.case_id is not None
    moves.answer([moves.Answered(row.case_id, {key: triage}, reply=REPLY)])
    row.refresh_from_db()
    return row


def triage_of(message: m.Message) -> Triage:
    return triage_value(m.Triage.objects.get(message=message))


def findings() -> list[dict[str, Any]]:
    return list(m.Draft.objects.get().findings)


def test_a_case_is_called_by_what_its_first_message_tells() -> None:
    message = judged()
    case = m.Case.objects.get()
    assert (case.cause, case.product) == ("defect", "ケトル")
    (point,) = Vectors(SPACES).since(0)
    assert (point.labels.cause, point.labels.product) == ("defect", "ケトル")
    later = moves.Answered(case.pk, {message.pk: Triage(Kind.PRAISE, 0, Conduct.ORDINARY, "ja")})
    moves.answer([later])
    case.refresh_from_db()
    assert case.cause == "defect"


def test_a_correction_changes_the_triage_the_case_and_the_draft() -> None:
    message = judged()
    seen = max(point.revision for point in Vectors(SPACES).since(0))
    row = moves.correct(message.pk, {"cause": "service", "products": ["ポット"]}, "aki")
    assert (row.text, row.expect["cause"], row.author) == (message.new_text, "service", "aki")
    after = triage_of(message)
    assert (after.cause, after.products, after.demands) == ("service", ("ポット",), ("refund",))
    case = m.Case.objects.get()
    assert (case.cause, case.product) == ("service", "ポット")
    assert [point.labels.cause for point in Vectors(SPACES).since(seen)] == ["service"]
    (finding,) = findings()
    assert (finding["code"], finding["blocking"]) == (moves.CORRECTED, False)
    moves.approve(m.Draft.objects.get().pk, "aki")
    kept, changed = m.AuditLine.objects.filter(who="aki").exclude(thing__in=["draft", "promise"])
    assert (kept.what, changed.what, changed.case_id) == (
        "correction.kept", "triage.corrected", case.pk,
    )  # fmt: skip
    assert changed.note == "cause: defect → service; products: ケトル → ポット"


def test_a_draft_that_was_written_for_less_must_be_rewritten() -> None:
    message = judged()
    moves.correct(message.pk, {"crisis": ["injury"]}, "aki")
    draft = m.Draft.objects.get()
    assert draft.severity == 3
    with pytest.raises(IllegalMove, match=moves.CORRECTED):
        moves.approve(draft.pk, "aki")
    moves.correct(message.pk, {"anger": 2}, "aki")
    assert [found["blocking"] for found in findings()] == [True]
    moves.edit(draft.pk, "aki", "新しい返信", ())
    assert moves.approve(draft.pk, "aki").state == "approved"


def test_an_approved_reply_that_was_written_for_less_waits_for_approval_again() -> None:
    message = judged()
    draft = moves.approve(m.Draft.objects.get().pk, "aki")
    moves.correct(message.pk, {"cause": "service"}, "mori")
    assert m.Draft.objects.get().state == "approved"
    moves.correct(message.pk, {"crisis": ["injury"]}, "mori")
    draft.refresh_from_db()
    assert draft.state == "superseded"
    assert set(draft.promises.values_list("state", flat=True)) <= {"renewed"}
    again = m.Draft.objects.get(state="pending")
    assert (again.severity, reading.wording(again).body) == (3, reading.wording(draft).body)
    with pytest.raises(IllegalMove, match=moves.CORRECTED):
        moves.approve(again.pk, "aki")
    (finding,) = again.findings
    assert (finding["code"], finding["blocking"]) == (moves.CORRECTED, True)


def test_a_reply_that_was_corrected_while_it_was_being_sent_does_not_leave_again() -> None:
    message = judged()
    draft = moves.approve(m.Draft.objects.get().pk, "aki")
    assert moves.claim(draft.pk, Way("box")) is not None
    moves.correct(message.pk, {"crisis": ["injury"]}, "mori")
    moves.released(draft.pk, "busy", "try again")
    assert moves.claim(draft.pk, Way("box")) is None
    assert moves.back_to_queue(draft.pk) is not None


def test_what_a_lead_let_pass_in_spite_of_a_correction_leaves() -> None:
    message = judged()
    moves.correct(message.pk, {"crisis": ["injury"]}, "mori")
    draft = moves.approve(m.Draft.objects.get().pk, "lead", override="電話で確認済み")
    assert moves.claim(draft.pk, Way("box")) is not None


def test_a_first_approval_is_of_what_the_draft_was_taken_for() -> None:
    message = judged()
    draft = moves.approve(m.Draft.objects.get().pk, "aki", two=True)
    assert draft.first_approver == "aki"
    moves.correct(message.pk, {"severity": 0}, "mori")
    draft.refresh_from_db()
    assert (draft.state, draft.first_approver) == ("pending", "")


def test_how_grave_something_was_taken_to_be_is_kept_until_it_is_answered() -> None:
    message = judged(replace(MACHINE, severity=3))
    draft = m.Draft.objects.get()
    assert reading.once_gravest(draft.case_id) == 0
    moves.correct(message.pk, {"severity": 1}, "aki")
    moves.correct(message.pk, {"severity": 0}, "aki")
    assert reading.once_gravest(draft.case_id) == 3
    # Drafted anew, it is judged as it was corrected.
    m.Message.objects.filter(pk=message.pk).update(state="related")
    lighter = replace(MACHINE, severity=0)
    moves.answer([moves.Answered(draft.case_id, {message.pk: lighter}, reply=REPLY)])
    assert reading.once_gravest(draft.case_id) == 3
    again = moves.approve(m.Draft.objects.get(state="pending").pk, "mori")
    moves.sent(again.pk, "mori", now() + timedelta(minutes=1))
    m.Case.objects.update(replied_at=now() + timedelta(minutes=1))
    assert reading.once_gravest(draft.case_id) == 0


def test_a_correction_that_changes_nothing_marks_nothing() -> None:
    message = judged()
    moves.correct(message.pk, {"kind": "complaint", "severity": 1}, "aki")
    assert findings() == []
    assert triage_of(message).confidence["kind"] == 1.0


def test_conduct_that_a_person_sees_enters_the_ledger_and_leaves_it() -> None:
    message = judged()
    expect = {"conduct": "harassment", "conduct_types": ["mental_attack"]}
    moves.correct(message.pk, expect, "aki")
    assert m.HarassmentEntry.objects.get().types == ["mental_attack"]
    moves.correct(message.pk, {"conduct": "threat", "severity": 2}, "aki")
    assert m.Alert.objects.get().reason == "threat"
    with pytest.raises(ConfigError):
        moves.correct(message.pk, {"conduct": "ordinary"}, "aki")
    moves.correct(message.pk, {"conduct": "ordinary", "conduct_types": []}, "aki")
    assert m.HarassmentEntry.objects.get().state == "withdrawn"


def test_a_message_that_is_not_judged_yet_is_remembered() -> None:
    (key,) = received()
    moves.correct(key, {"kind": "praise"}, "aki")
    assert m.Correction.objects.get().message_id == key
    assert not m.Triage.objects.exists()


def test_a_text_of_no_message_is_kept_once() -> None:
    first = moves.correct(TEXT, {"kind": "complaint"}, "aki")
    again = moves.correct(TEXT, {"cause": "defect"}, "ben")
    other = moves.correct(Asked("", TEXT.text, "ja"), {"kind": "praise"}, "aki")
    assert (again.pk, again.expect) == (first.pk, {"kind": "complaint", "cause": "defect"})
    assert other.pk != first.pk
    assert [(asked.text, asked.channel) for _, asked, _ in reading.corrections()] == [
        (TEXT.text, Channel.EMAIL)
    ] * 2


def test_what_is_wrong_changes_nothing() -> None:
    message = judged()
    m.Message.objects.filter(pk=message.pk).update(direction="out")
    for what in (message.pk, message.pk + 999):
        with pytest.raises(ConfigError, match=f"message {what}: "):
            moves.correct(what, {"kind": "praise"}, "aki")
    with pytest.raises(ConfigError, match="expect"):
        moves.correct(TEXT, {"kind": "praise", "cause": "defect"}, "aki")
    assert not m.Correction.objects.exists()
    assert not m.AuditLine.objects.filter(who="aki").exists()


def test_a_deleted_message_takes_its_correction_along() -> None:
    (key,) = received()
    moves.correct(key, {"kind": "praise"}, "aki")
    m.Message.objects.get(pk=key).delete()
    assert not m.Correction.objects.exists()


def test_two_who_correct_the_same_text_at_once_make_one_row() -> None:
    def correct(severity: int) -> None:
        try:
            moves.correct(TEXT, {"severity": severity}, "aki")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(correct, [0, 1, 2, 3]))
    assert m.Correction.objects.get().expect.keys() == {"severity"}


@settings(max_examples=20)
@given(st.lists(expects, min_size=1, max_size=4))
def test_whatever_people_say_the_record_agrees_with_itself(said: list[dict[str, Any]]) -> None:
    message = judged()
    for expect in said:
        before = triage_of(message)
        try:
            row = moves.correct(message.pk, expect, "aki")
        except ConfigError:
            assert triage_of(message) == before
            continue
        after = triage_of(message)
        assert fits(after)
        assert {name: list(v) if isinstance(v := getattr(after, name), tuple) else v
                for name in row.expect} == row.expect  # fmt: skip
        entry = m.HarassmentEntry.objects.filter(message=message).first()
        standing = entry is not None and entry.state == "standing"
        assert standing == (after.conduct is not Conduct.ORDINARY)
        assert message.case is not None
        case = m.Case.objects.get(pk=message.case.pk)
        assert case.cause == after.cause
        assert m.Draft.objects.get(case=case).severity == after.severity
    assert m.Correction.objects.filter(message=message).count() <= 1


def test_a_fitted_triage_takes_the_place_of_the_one_before() -> None:
    assert reading.triage_model("space") is None
    for data, score in ((b"one", 0.8), (b"two", 0.85)):
        moves.activate_triage("space", data, score=score, exemplars=9, corrections=1, who="refit")
    moves.activate_triage("other", b"x", score=0.1, exemplars=9, corrections=1, who="refit")
    assert reading.triage_model("space") == b"two"
    assert m.TriageModel.objects.count() == 2
    line = m.AuditLine.objects.filter(what="triagemodel.activated")[1]
    assert (line.before, line.after) == ("0.800", "0.850")
