"""What people decide about a draft: edited, approved by one or two, taken back, put off, asked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from rapidfuzz.distance import Levenshtein

from casebook import models as m
from casebook import moves, reading
from casebook.clock import frozen, now
from casebook.errors import IllegalMove
from casebook.states import DraftState
from casebook.timing import Purpose
from casebook.types import Finding
from tests.casebook.test_promises import opened, written

NOON = datetime(2026, 11, 24, 3, tzinfo=UTC)
DUE = NOON + timedelta(hours=5)

pytestmark = pytest.mark.django_db


def drafted() -> m.Draft:
    return m.Draft.objects.get(pk=written(opened(), Purpose.FIRST_REPLY, DUE))


@frozen(NOON)
def test_a_version_keeps_who_wrote_what_and_why() -> None:
    draft = drafted()
    moves.edit(draft.pk, "aki", "書き直し", (), private_body="非公開の文", reason="言い回し")
    moves.edit(draft.pk, "mori", "さらに", ())
    draft.refresh_from_db()
    version = reading.wording(draft)
    assert (version.number, version.author, version.private_body) == (3, "mori", "非公開の文")
    assert draft.versions.get(number=2).reason == "言い回し"
    line = draft.case.audit.filter(what="draft.edited").first()
    assert line is not None
    assert line.note == "言い回し"


@frozen(NOON)
def test_who_read_another_version_neither_edits_nor_approves() -> None:
    draft = drafted()
    moves.edit(draft.pk, "aki", "書き直し", (), version=1)
    with pytest.raises(IllegalMove, match="version 2 is in force"):
        moves.edit(draft.pk, "mori", "こちらも", (), version=1)
    with pytest.raises(IllegalMove, match="version 2 is in force"):
        moves.approve(draft.pk, "mori", version=1)
    assert moves.approve(draft.pk, "mori", version=2).state == "approved"


@frozen(NOON)
def test_two_people_approve_and_the_first_one_is_not_the_second() -> None:
    draft = drafted()
    assert moves.approve(draft.pk, "aki", two=True).state == "pending"
    with pytest.raises(IllegalMove, match="somebody else"):
        moves.approve(draft.pk, "aki", two=True)
    assert draft.case.promises.count() == 0
    assert moves.approve(draft.pk, "mori", two=True).state == "approved"
    assert draft.case.promises.count() == 1
    told = list(draft.case.audit.filter(what="draft.first_approved").values_list("who", flat=True))
    assert told == ["aki"]


@frozen(NOON)
def test_other_words_need_two_approvals_anew_unless_the_machine_told_the_same_time() -> None:
    draft = drafted()
    moves.approve(draft.pk, "aki", two=True)
    moves.edit(draft.pk, "intake", "本日17時までに", ())
    assert moves.approve(draft.pk, "mori", two=True).state == "approved"
    again = drafted()
    moves.approve(again.pk, "aki", two=True)
    moves.edit(again.pk, "mori", "別の言葉", ())
    assert moves.approve(again.pk, "mori", two=True).state == "pending"


@frozen(NOON)
def test_an_approval_taken_back_leaves_no_promise_and_can_be_given_again() -> None:
    draft = drafted()
    moves.approve(draft.pk, "aki")
    back = moves.take_back(draft.pk, "aki")
    assert (back.state, back.decided_at, back.edit_distance) == ("pending", None, None)
    assert draft.case.promises.count() == 0
    with pytest.raises(IllegalMove, match="too late"):
        moves.take_back(draft.pk, "aki")
    assert moves.approve(draft.pk, "mori").state == "approved"
    m.Draft.objects.filter(pk=draft.pk).update(state=DraftState.SENT)
    with pytest.raises(IllegalMove, match="too late"):
        moves.take_back(draft.pk, "mori")


@frozen(NOON)
def test_put_off_and_left_to_a_lead() -> None:
    draft = drafted()
    moves.snooze(draft.pk, "aki", now() + timedelta(hours=1))
    with pytest.raises(IllegalMove, match="time to come"):
        moves.snooze(draft.pk, "aki", now())
    asked = moves.ask_lead(draft.pk, "aki", "返金してよいですか")
    assert (asked.asked_lead, asked.snoozed_until) == ("aki", None)
    assert moves.give_back(draft.pk, "lead", "はい").asked_lead == ""
    with pytest.raises(IllegalMove, match="no lead"):
        moves.give_back(draft.pk, "lead", "はい")
    moves.reject(draft.pk, "aki", "電話で済んだ")
    with pytest.raises(IllegalMove, match="rejected"):
        moves.snooze(draft.pk, "aki", None)
    with pytest.raises(IllegalMove, match="rejected"):
        moves.ask_lead(draft.pk, "aki", "?")


@frozen(NOON)
def test_a_question_to_a_lead_is_answered_by_one_or_taken_back_by_who_asked() -> None:
    draft = drafted()
    moves.ask_lead(draft.pk, "aki", "返金してよいですか")
    with pytest.raises(IllegalMove, match="aki asked"):
        moves.ask_lead(draft.pk, "mori", "私が聞きます")
    deeds: tuple[Callable[[], m.Draft], ...] = (
        lambda: moves.give_back(draft.pk, "mori", "", lead=False),
        lambda: moves.approve(draft.pk, "mori", lead=False),
        lambda: moves.reject(draft.pk, "mori", "不要", lead=False),
    )
    for deed in deeds:
        with pytest.raises(IllegalMove, match="a lead decides"):
            deed()
    draft.refresh_from_db()
    assert (draft.state, draft.asked_lead) == ("pending", "aki")
    assert moves.give_back(draft.pk, "aki", "わかりました", lead=False).asked_lead == ""
    assert moves.approve(draft.pk, "mori", lead=False).state == "approved"


@frozen(NOON)
def test_who_read_another_version_decides_nothing() -> None:
    draft = drafted()
    moves.edit(draft.pk, "mori", "書き直し", ())
    deeds: tuple[Callable[[], m.Draft], ...] = (
        lambda: moves.reject(draft.pk, "aki", "不要", version=1),
        lambda: moves.ask_lead(draft.pk, "aki", "?", version=1),
        lambda: moves.snooze(draft.pk, "aki", NOON + timedelta(hours=1), version=1),
    )
    for deed in deeds:
        with pytest.raises(IllegalMove, match="version 2 is in force"):
            deed()
    draft.refresh_from_db()
    assert (draft.state, draft.asked_lead, draft.snoozed_until) == ("pending", "", None)
    assert moves.reject(draft.pk, "aki", "不要", version=2).state == "rejected"


def test_who_has_a_case_open_is_named_until_the_mark_lapses() -> None:
    lasts, case = timedelta(seconds=90), opened().pk
    with frozen(NOON):
        assert moves.has_open(case, "aki", lasts) == []
        assert moves.has_open(case, "mori", lasts) == ["aki"]
    with frozen(NOON + timedelta(minutes=1)):
        assert moves.has_open(case, "mori", lasts) == ["aki"]
    with frozen(NOON + timedelta(minutes=2)):
        assert moves.has_open(case, "mori", lasts) == []
        moves.closes(case, "mori")
        assert not m.Reading.objects.exists()


class EditDistance(TestCase):
    """What was changed is measured from the machine's words to those that were approved."""

    @settings(max_examples=25, deadline=None)
    @given(st.lists(st.text("あいう abc", max_size=30), min_size=1, max_size=4))
    def test_from_the_first_words_to_the_last(self, bodies: list[str]) -> None:
        with frozen(NOON):
            draft = drafted()
            first = reading.wording(draft).body
            for body in bodies:
                moves.edit(draft.pk, "aki", body, ())
            done = moves.approve(draft.pk, "aki")
        assert done.edit_distance == Levenshtein.distance(first, reading.wording(done).body)


@frozen(NOON)
def test_unchanged_words_are_no_edit_and_a_blocked_draft_is_not_approved_first() -> None:
    draft = drafted()
    finding = Finding("refund_promised", 0, 1)
    moves.edit(draft.pk, "aki", reading.wording(draft).body, [finding])
    with pytest.raises(IllegalMove, match="the guard blocks"):
        moves.approve(draft.pk, "aki", two=True)
    assert moves.approve(draft.pk, "aki", override="確認済み").edit_distance == 0
