"""A reply says today and tomorrow of the day on which it is approved."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Literal

import pytest

from casebook import models as m
from casebook import moves, reading
from casebook.clock import frozen
from casebook.errors import IllegalMove
from casebook.policy import load_policy
from casebook.timing import Approval, Purpose
from casebook.types import Finding
from desk.replying import approve, needs_two, undo_seconds
from responders.due import say_due
from tests.casebook.test_promises import opened, written
from tests.desk.waiting import SORTS, waiting

POLICY = load_policy("default")
MONDAY = datetime(2026, 11, 30, 16, tzinfo=POLICY.zone)
TUESDAY = datetime(2026, 12, 1, 9, tzinfo=POLICY.zone)
DUE = datetime(2026, 12, 1, 12, tzinfo=POLICY.zone)

pytestmark = pytest.mark.django_db


def drafted(body: str) -> m.Draft:
    with frozen(MONDAY):
        draft = m.Draft.objects.get(pk=written(opened(), Purpose.FIRST_REPLY, DUE))
        return moves.edit(draft.pk, "aki", body, ())


def test_tomorrow_becomes_today_and_the_guard_has_read_it() -> None:
    with frozen(MONDAY):
        assert say_due(POLICY, DUE, "ja", MONDAY) == "明日（火）12時まで"
    draft = drafted("明日（火）12時までにご連絡いたします。")
    with frozen(TUESDAY):
        approve(POLICY, draft, "aki", ())
    draft.refresh_from_db()
    version = reading.wording(draft)
    assert version.body == "本日12時までにご連絡いたします。"
    assert (version.author, version.number, draft.state) == ("intake", 3, "approved")
    line = draft.case.audit.filter(what="draft.edited").last()
    assert line is not None
    assert line.who == "intake"
    assert draft.case.promises.get().due == DUE


@pytest.mark.parametrize("body", ["明日（火）12時までに", "12月1日（火）12時までに"])
def test_on_the_same_day_or_by_its_date_nothing_changes(body: str) -> None:
    draft = drafted(f"{body}ご連絡いたします。")
    with frozen(MONDAY if "明日" in body else TUESDAY):
        approve(POLICY, draft, "aki", ())
    draft.refresh_from_db()
    assert (draft.version, draft.state) == (2, "approved")


def test_a_span_may_begin_a_little_later_on_the_same_day() -> None:
    draft = drafted("12月1日（火）12時までに、または24時間以内にご連絡いたします。")
    with frozen(MONDAY + timedelta(minutes=20)):
        approve(POLICY, draft, "aki")
    draft.refresh_from_db()
    assert (draft.version, draft.state) == (2, "approved")


def test_what_cannot_be_brought_up_to_date_is_stopped_by_the_guard() -> None:
    draft = drafted("明日の正午までにご連絡いたします。")
    with frozen(TUESDAY), pytest.raises(IllegalMove, match="due_differs"):
        approve(POLICY, draft, "aki", ())


def test_what_a_person_said_against_a_draft_outlives_its_rewording() -> None:
    draft = drafted("申し訳ございません。明日（火）12時までにご連絡いたします。")
    graver = Finding(moves.CORRECTED, 0, 0, "severity: 1 → 3")
    slot = Finding("unfilled_slot", 0, 1, "filled meanwhile")
    m.Draft.objects.filter(pk=draft.pk).update(findings=[asdict(slot), asdict(graver)])
    draft.refresh_from_db()
    with frozen(TUESDAY), pytest.raises(IllegalMove, match=r"\(triage_corrected\)"):
        approve(POLICY, draft, "aki", ())
    draft.refresh_from_db()
    assert (draft.state, draft.findings) == ("pending", [asdict(graver)])
    assert reading.wording(draft).body == "申し訳ございません。本日12時までにご連絡いたします。"


@pytest.mark.parametrize("due", [DUE, None])
@pytest.mark.parametrize(
    ("words", "stopped"),
    [
        ("本日中に途中経過を", True),
        ("3営業日以内に結果を", True),
        ("12月4日（金）までに結果を", False),
    ],
)
def test_what_else_is_promised_means_the_same_moment_or_is_stopped(
    due: datetime | None, words: str, stopped: bool
) -> None:
    said = "明日（火）12時までにご連絡いたします。" if due else ""
    with frozen(MONDAY):
        draft = m.Draft.objects.get(pk=written(opened(), Purpose.REPLY, due))
        draft = moves.edit(draft.pk, "aki", f"{said}{words}お知らせいたします。", ())
    with frozen(TUESDAY):
        if stopped:
            with pytest.raises(IllegalMove, match="due_differs"):
                approve(POLICY, draft, "aki", ())
        else:
            approve(POLICY, draft, "aki", ())
    draft.refresh_from_db()
    assert draft.state == ("pending" if stopped else "approved")


def test_a_draft_is_approved_as_its_case_stands_then() -> None:
    draft = drafted("申し訳ございません。当社の過失です。12月1日（火）12時までにご連絡いたします。")
    with frozen(MONDAY):
        with pytest.raises(IllegalMove, match="admits_fault"):
            approve(POLICY, draft, "aki")
        moves.confirm_fault(draft.case_id, "mori", "検品漏れを確認")
        draft = m.Draft.objects.get(pk=draft.pk)
        assert approve(POLICY, draft, "aki").state == "approved"


def test_a_reason_lets_a_draft_pass() -> None:
    draft = drafted("当社の過失です。12月1日（火）12時までにご連絡いたします。")
    with frozen(MONDAY):
        approve(POLICY, draft, "aki", override="店長が確認済み")
    line = draft.case.audit.filter(after="approved").get()
    assert line.note == "admits_fault: 店長が確認済み"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"visibility": "public"}, "public"),
        ({"severity": 3}, "crisis"),
        ({"findings": [asdict(Finding("unauthorised_promise", 0, 1))]}, "over_authority"),
    ],
)
def test_policy_says_which_replies_two_people_approve(
    changes: dict[str, object], reason: Literal["public", "crisis", "over_authority"]
) -> None:
    draft = drafted("申し訳ございません。明日（火）12時までにご連絡いたします。")
    pack = POLICY.model_copy(update={"approval": Approval(two_for=(reason,))})
    assert not needs_two(pack, draft)
    for name, value in changes.items():
        setattr(draft, name, value)
    assert needs_two(pack, draft)
    assert not needs_two(POLICY, draft)


def test_a_crisis_needs_two_people_also_where_one_says_that_it_is_none() -> None:
    (draft,) = waiting(SORTS[:1])
    pack = POLICY.model_copy(update={"approval": Approval(two_for=("crisis",))})
    assert needs_two(pack, draft)
    moves.correct(draft.answers_id, {"severity": 1, "crisis": []}, "aki")
    draft.refresh_from_db()
    assert draft.severity == 1
    assert needs_two(pack, draft)
    (ordinary,) = waiting(SORTS[4:5])
    moves.correct(ordinary.answers_id, {"severity": 0}, "aki")
    assert not needs_two(pack, ordinary)


def test_the_guard_says_otherwise_and_the_first_approval_counts_no_more() -> None:
    draft = drafted(
        "12月1日（火）12時までにご連絡いたします。明日（火）12時までにご連絡いたします。"
    )
    with frozen(MONDAY):
        moves.approve(draft.pk, "aki", two=True)
        moves.edit(draft.pk, "intake", "書き直し", ())
        assert m.Draft.objects.get(pk=draft.pk).first_approver == "aki"
        moves.edit(draft.pk, "intake", "書き直し", [Finding("admits_fault", 0, 1)])
        assert m.Draft.objects.get(pk=draft.pk).first_approver == ""


def test_the_second_person_approves_on_another_day_in_words_of_that_day() -> None:
    draft = drafted("申し訳ございません。明日（火）12時までにご連絡いたします。")
    m.Draft.objects.filter(pk=draft.pk).update(severity=3)
    pack = POLICY.model_copy(update={"approval": Approval(two_for=("crisis",))})
    with frozen(MONDAY):
        assert approve(pack, m.Draft.objects.get(pk=draft.pk), "mori").state == "pending"
    with frozen(TUESDAY):
        assert approve(pack, m.Draft.objects.get(pk=draft.pk), "aki").state == "approved"


def test_whoever_read_an_older_version_approves_nothing() -> None:
    draft = drafted("申し訳ございません。明日（火）12時までにご連絡いたします。")
    with frozen(MONDAY):
        moves.edit(
            draft.pk, "mori", "申し訳ございません。明日（火）12時までにお電話いたします。", ()
        )
        with pytest.raises(IllegalMove, match="version 3 is in force"):
            approve(POLICY, draft, "aki")


def test_an_approval_is_no_longer_undone_for_sure_after_half_a_minute() -> None:
    draft = drafted("申し訳ございません。明日（火）12時までにご連絡いたします。")
    with frozen(MONDAY):
        assert undo_seconds(POLICY, draft) == 0
        done = approve(POLICY, draft, "aki")
        assert undo_seconds(POLICY, done) == 30
    with frozen(MONDAY + timedelta(seconds=29)):
        assert undo_seconds(POLICY, done) == 1
    with frozen(MONDAY + timedelta(seconds=30)):
        assert undo_seconds(POLICY, done) == 0
