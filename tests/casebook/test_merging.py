"""Cases merged and messages split off: nothing is lost, nothing stands twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError
from hypothesis import given, settings
from hypothesis import strategies as st

from casebook import models as m
from casebook import moves, reading
from casebook.errors import IllegalMove
from casebook.rows import triage_value
from casebook.states import PromiseState
from casebook.timing import Purpose
from casebook.types import Direction, Evidence, Relation, RelationKind, Sign, Suggestion, Triage
from tests.casebook.test_moves import (
    NOON,
    REPLY,
    answered,
    inbound,
    received,
    related,
)

pytestmark = pytest.mark.django_db(transaction=True)


def opened(**changes: object) -> m.Case:
    """A case with one message whose reply waits for approval."""
    (key,) = received(inbound(**changes))
    related(key)
    answered(key)
    return m.Case.objects.get(messages=key)


def followed(case: m.Case) -> int:
    """A further message of a case, answered by a new draft."""
    (key,) = received(inbound())
    first = case.messages.order_by("pk").first()
    assert first is not None
    relation = Relation(
        RelationKind.FOLLOW_UP, first.pk, case.pk, (Evidence(Sign.SAME_CUSTOMER),), 0.5
    )
    moves.relate([moves.Related(key, relation, "ja", ())])
    answered(key)
    return key


def test_all_goes_to_the_case_that_stands() -> None:
    left, kept = opened(), opened()
    moves.approve(left.drafts.get().pk, "aki")
    moves.note(left.pk, "aki", "電話済み", ["lead"])
    moves.assign(left.pk, "aki", "lead")
    moves.merge(left.pk, kept.pk, "lead", "同じお客様")
    left.refresh_from_db()
    kept.refresh_from_db()
    assert (left.state, left.merged_into, left.messages.count()) == ("closed", kept, 0)
    assert kept.messages.count() == 2
    assert kept.owner == "aki"
    assert [note.body for note in kept.notes.all()] == ["電話済み"]
    assert kept.promises.get().state == PromiseState.OPEN
    assert left.promises.count() == left.drafts.count() == 0
    assert sorted(kept.drafts.values_list("state", flat=True)) == ["approved", "superseded"]
    line = kept.audit.get(what="case.merged")
    assert (line.who, line.note) == ("lead", f"{left.receipt}: 同じお客様")
    assert kept.audit.filter(what="message.carried").count() == 1


def test_what_was_superseded_is_drafted_anew_for_all_messages_together() -> None:
    left, kept = opened(), opened()
    moves.merge(left.pk, kept.pk, "lead")
    waiting = m.Message.objects.filter(state="related")
    assert (waiting.count(), set(waiting.values_list("case", flat=True))) == (2, {kept.pk})
    keys = list(waiting.values_list("pk", flat=True))
    ((case, rows),) = reading.to_answer(keys, {}).items()
    moves.answer([moves.Answered(case.pk, {row.pk: _judged(row) for row, _ in rows}, reply=REPLY)])
    assert kept.drafts.filter(state="pending").count() == 1
    assert m.Triage.objects.count() == 2


def _judged(row: m.Message) -> Triage:
    return triage_value(m.Triage.objects.get(message=row))


def test_a_quoted_receipt_of_a_merged_case_leads_to_the_one_that_stands() -> None:
    first, second, third = opened(), opened(), opened()
    moves.merge(first.pk, second.pk, "lead")
    moves.merge(second.pk, third.pk, "lead")
    (key,) = received(inbound(new_text=f"{first.receipt} はどうなりましたか"))
    ((_, known),) = reading.incoming([key])
    assert known.receipts == {first.receipt: third.pk}
    # Found before the cases were merged, it still joins the one that stands.
    moves.relate([moves.Related(key, Relation(RelationKind.FOLLOW_UP, None, first.pk), "ja", ())])
    assert m.Message.objects.get(pk=key).case_id == third.pk


def test_the_index_is_told() -> None:
    left, kept = opened(), opened()
    revisions = set(m.Embedding.objects.values_list("revision", flat=True))
    moves.merge(left.pk, kept.pk, "lead")
    assert not revisions & set(m.Embedding.objects.values_list("revision", flat=True))


def test_an_ended_case_is_reopened_by_one_that_is_not() -> None:
    left, kept = opened(), opened()
    moves.resolve(kept.pk, "aki", "交換")
    assert moves.merge(left.pk, kept.pk, "lead").state == "reopened"
    other = opened()
    moves.close(other.pk, "aki")
    moves.resolve(kept.pk, "aki", "交換")
    assert moves.merge(other.pk, kept.pk, "lead").state == "resolved"


def test_what_may_not_be_merged() -> None:
    left, kept = opened(), opened()
    with pytest.raises(IllegalMove):
        moves.merge(left.pk, left.pk, "lead")
    moves.merge(left.pk, kept.pk, "lead")
    for pair in ((left.pk, kept.pk), (kept.pk, left.pk)):
        with pytest.raises(IllegalMove):
            moves.merge(*pair, "lead")
    with pytest.raises(IllegalMove):
        moves.reopen(left.pk, "lead", "続きがある")
    sending = opened()
    m.Draft.objects.filter(case=sending).update(state="sending")
    with pytest.raises(IllegalMove):
        moves.merge(sending.pk, kept.pk, "lead")


def test_nothing_is_done_to_a_case_that_was_merged() -> None:
    left, kept = opened(), opened()
    moves.merge(left.pk, kept.pk, "lead")
    for deed in (
        lambda: moves.note(left.pk, "aki", "電話済み"),
        lambda: moves.assign(left.pk, "aki", "lead"),
        lambda: moves.confirm_fault(left.pk, "aki", "検品漏れ"),
        lambda: moves.resolve(left.pk, "aki", "交換"),
        lambda: moves.close(left.pk, "aki"),
        lambda: moves.write(left.pk, Purpose.REPLY, "aki", REPLY, ()),
    ):
        with pytest.raises(IllegalMove):
            deed()
    assert left.notes.count() == left.drafts.count() == 0
    with pytest.raises(IntegrityError):
        m.Case.objects.filter(pk=left.pk).update(state="reopened")


def test_an_answer_to_the_survey_of_a_merged_case_reaches_the_one_that_stands() -> None:
    left, kept = opened(), opened()
    surveys = [moves.open_survey(case.pk) for case in (left, kept)]
    moves.merge(left.pk, kept.pk, "lead")
    moves.resolve(kept.pk, "aki", "交換")
    assert moves.survey_answered(surveys[0].pk, 1, "まだです")
    left.refresh_from_db()
    kept.refresh_from_db()
    assert (left.state, kept.state) == ("closed", "reopened")
    assert kept.alerts.filter(reason="unhappy").exists()
    assert not left.alerts.exists()
    assert m.Message.objects.get(new_text="まだです").subject == f"[{kept.receipt}]"


def test_alerts_of_replies_go_along() -> None:
    left, kept = opened(), opened()
    for case in (left, kept):
        given = {"message": case.messages.get(), "reason": "not_sent"}
        m.Alert.objects.create(case=case, draft=case.drafts.get(), **given)
    moves.merge(left.pk, kept.pk, "lead")
    assert (left.alerts.count(), kept.alerts.count()) == (0, 2)


@pytest.mark.parametrize("state", ["approved", "failed"])
def test_an_approved_reply_to_what_is_split_off_does_not_leave(state: str) -> None:
    case = opened()
    moves.approve(case.drafts.get().pk, "aki")
    before = case.drafts.get()
    m.Draft.objects.filter(pk=before.pk).update(state="sent")
    key = followed(case)
    reply = case.drafts.get(answers=key)
    moves.approve(reply.pk, "aki")
    m.Draft.objects.filter(pk=reply.pk).update(state=state)
    fresh = moves.split(key, "lead")
    reply.refresh_from_db()
    assert reply.state == "superseded"
    assert not reply.promises.filter(state="open").exists()
    assert before.promises.get().state == "open"
    assert m.Message.objects.get(pk=key).state == "related"
    assert fresh.drafts.count() == 0


@pytest.mark.parametrize("state", ["sending", "needs_check"])
def test_what_is_answered_at_this_moment_is_not_split_off(state: str) -> None:
    case = opened()
    key = followed(case)
    m.Draft.objects.filter(answers=key).update(state=state)
    with pytest.raises(IllegalMove):
        moves.split(key, "lead")
    assert m.Message.objects.get(pk=key).case == case


def test_a_notice_that_is_owed_stays() -> None:
    left, kept = opened(), opened()
    for case in (left, kept):
        moves.write(case.pk, Purpose.DELAY, "aki", REPLY, ())
    moves.write(left.pk, Purpose.PROGRESS, "aki", REPLY, ())
    moves.merge(left.pk, kept.pk, "lead")
    pending = kept.drafts.filter(state="pending").values_list("purpose", flat=True)
    assert sorted(pending) == ["delay", "progress"]


def test_a_message_gets_a_case_of_its_own() -> None:
    case = opened()
    key = followed(case)
    fresh = moves.split(key, "lead", "別の注文")
    message = m.Message.objects.get(pk=key)
    assert (message.case, message.state, message.relation.kind) == (fresh, "related", "new")
    assert message.relation.evidence == []
    assert fresh.receipt != case.receipt
    assert case.drafts.filter(state="pending").count() == 0
    assert case.messages.get().state == "related"
    assert case.audit.get(what="case.split").note == f"{fresh.receipt}: 別の注文"
    assert fresh.audit.filter(what="case.opened").exists()


def test_what_may_not_be_split_off() -> None:
    case = opened()
    with pytest.raises(IllegalMove):
        moves.split(case.messages.get().pk, "lead")
    moves.approve(case.drafts.get().pk, "aki")
    ours = moves.sent(case.drafts.get().pk, "aki", NOON - timedelta(days=1))
    followed(case)
    with pytest.raises(IllegalMove):
        moves.split(ours.pk, "lead")


def test_a_suggestion_is_dropped_by_a_person() -> None:
    other = opened()
    (key,) = received(inbound(author="d@example.net"))
    first = other.messages.get().pk
    looks = Suggestion(first, (Evidence(Sign.SAME_WORDS, "80"),), 0.8)
    related(key, relation=Relation(RelationKind.NEW, suggestions=(looks,)))
    assert moves.tell_apart(key, first, "aki")
    assert not moves.tell_apart(key, first, "aki")
    assert m.AuditLine.objects.get(what="message.told_apart").note == other.receipt


def suspected() -> tuple[m.Case, m.Case, int, int]:
    """Two cases of which a message looks like one of the other; its key and the other's."""
    other = opened()
    (key,) = received(inbound(author="d@example.net"))
    first = other.messages.get().pk
    looks = Suggestion(first, (Evidence(Sign.SAME_WORDS, "80"),), 0.8)
    related(key, relation=Relation(RelationKind.NEW, suggestions=(looks,)))
    return m.Case.objects.get(messages=key), other, key, first


@pytest.mark.parametrize("into_first", [True, False])
def test_a_suspicion_is_confirmed_with_its_evidence(into_first: bool) -> None:
    case, other, key, first = suspected()
    into, gone = (other, case) if into_first else (case, other)
    assert moves.confirm(key, first, into.pk, "aki", "同じ方").pk == into.pk
    gone.refresh_from_db()
    assert (gone.merged_into, into.messages.count()) == (into, 2)
    relation = m.Relation.objects.get(message=key)
    assert (relation.kind, relation.of_message_id, relation.score) == ("duplicate", first, 0.8)
    assert relation.evidence == [["same-words", "80"]]
    line = into.audit.get(what="message.confirmed")
    assert (line.who, line.thing_id) == ("aki", key)
    assert not m.Suggestion.objects.exists()
    with pytest.raises(IllegalMove):
        moves.confirm(key, first, into.pk, "aki")
    moves.unmerge(gone.pk, "aki")
    assert m.Relation.objects.get(message=key).kind == "new"


def test_nothing_is_confirmed_by_halves() -> None:
    case, other, key, first = suspected()
    for into in (opened().pk, 0):
        with pytest.raises(IllegalMove):
            moves.confirm(key, first, into, "aki")
    with pytest.raises(IllegalMove):
        moves.confirm(first, key, case.pk, "aki")
    m.Draft.objects.filter(case=other).update(state="sending")
    with pytest.raises(IllegalMove):
        moves.confirm(key, first, case.pk, "aki")
    assert m.Suggestion.objects.exists()
    assert not m.AuditLine.objects.filter(what__in=["case.merged", "message.confirmed"]).exists()


def _wrote(kind: RelationKind, of: int | None, case: m.Case, *evidence: Evidence) -> int:
    (key,) = received(inbound())
    relation = Relation(kind, of, case.pk, evidence, 0.9)
    moves.relate([moves.Related(key, relation, "ja", ())])
    return key


def test_a_merge_is_undone_as_a_whole() -> None:
    left, kept = opened(), opened()
    own, theirs = left.messages.get().pk, kept.messages.get().pk
    moves.approve(left.drafts.get().pk, "aki")
    moves.note(left.pk, "aki", "電話済み")
    moves.assign(left.pk, "aki", "lead")
    survey = moves.open_survey(left.pk)
    m.Case.objects.filter(pk=left.pk).update(opened_at=NOON - timedelta(days=9), cause="")
    began = kept.opened_at
    moves.merge(left.pk, kept.pk, "lead")
    moves.note(kept.pk, "aki", "折り返し")
    to_left = _wrote(RelationKind.FOLLOW_UP, own, kept)
    quoting = _wrote(
        RelationKind.FOLLOW_UP, None, kept, Evidence(Sign.QUOTES_RECEIPT, left.receipt)
    )
    to_kept = _wrote(RelationKind.FOLLOW_UP, theirs, kept)
    moves.unmerge(left.pk, "lead", "別のお客様")
    left.refresh_from_db()
    kept.refresh_from_db()
    assert (left.merged_into, left.state, left.brought) == (None, "reopened", {})
    assert set(left.messages.values_list("pk", flat=True)) == {own, to_left, quoting}
    assert set(kept.messages.values_list("pk", flat=True)) == {theirs, to_kept}
    assert (left.owner, kept.owner, kept.opened_at) == ("aki", "", began)
    assert [note.body for note in left.notes.all()] == ["電話済み"]
    assert [note.body for note in kept.notes.all()] == ["折り返し"]
    assert left.drafts.get().state == "approved"
    assert left.promises.get().state == "open"
    assert not kept.promises.exists()
    survey.refresh_from_db()
    assert survey.case == left
    for case, other in ((left, kept), (kept, left)):
        line = case.audit.get(what="case.unmerged")
        assert (line.who, line.note) == ("lead", f"{other.receipt}: 別のお客様")
    with pytest.raises(IllegalMove):
        moves.unmerge(left.pk, "lead")
    assert moves.merge(left.pk, kept.pk, "lead").pk == kept.pk


def test_what_was_drafted_for_both_is_drafted_anew_for_each() -> None:
    left, kept = opened(), opened()
    moves.merge(left.pk, kept.pk, "lead")
    keys = list(m.Message.objects.values_list("pk", flat=True))
    judged = {key: triage_value(m.Triage.objects.get(message=key)) for key in keys}
    (both,) = moves.answer([moves.Answered(kept.pk, judged, reply=REPLY)])
    moves.approve(both, "aki")
    moves.unmerge(left.pk, "lead")
    draft = m.Draft.objects.get(pk=both)
    assert draft.state == "superseded"
    assert not draft.promises.filter(state="open").exists()
    assert set(m.Message.objects.values_list("state", flat=True)) == {"related"}


@pytest.mark.parametrize("state", ["sending", "needs_check"])
def test_no_merge_is_undone_while_both_are_answered(state: str) -> None:
    left, kept = opened(), opened()
    moves.merge(left.pk, kept.pk, "lead")
    followed(kept)
    m.Draft.objects.filter(state="pending").update(state=state)
    with pytest.raises(IllegalMove):
        moves.unmerge(left.pk, "lead")
    left.refresh_from_db()
    assert left.merged_into == kept


@pytest.mark.parametrize(
    ("left_state", "kept_state", "after"),
    [
        ("open", "open", ("reopened", "open")),
        ("open", "resolved", ("reopened", "resolved")),
        ("open", "waiting", ("reopened", "waiting")),
        ("waiting", "open", ("waiting", "open")),
        ("closed", "open", ("closed", "open")),
        ("resolved", "closed", ("resolved", "closed")),
    ],
)
def test_both_cases_stand_as_they_did(
    left_state: str, kept_state: str, after: tuple[str, str]
) -> None:
    left, kept = opened(), opened()
    for case, state in ((left, left_state), (kept, kept_state)):
        m.Case.objects.filter(pk=case.pk).update(state=state)
    moves.merge(left.pk, kept.pk, "lead")
    moves.unmerge(left.pk, "lead")
    found = [m.Case.objects.get(pk=case.pk).state for case in (left, kept)]
    assert tuple(found) == after


def test_merges_of_merges_are_undone_in_any_order() -> None:
    for order in ((0, 1), (1, 0)):
        first, second, third = (opened() for _ in range(3))
        moves.merge(first.pk, second.pk, "lead")
        moves.merge(second.pk, third.pk, "lead")
        for at in order:
            moves.unmerge((first, second)[at].pk, "lead")
        for case in (first, second, third):
            case.refresh_from_db()
            assert (case.merged_into, case.messages.count()) == (None, 1)


def test_a_case_leaves_an_incident_but_for_its_first_voice() -> None:
    first = opened()
    (key,) = received(inbound(author="d@example.net"))
    voice = first.messages.get().pk
    related(key, relation=Relation(RelationKind.INCIDENT, voice, None, (), 3.0))
    case = m.Case.objects.get(messages=key)
    assert case.incident is not None
    with pytest.raises(IllegalMove):
        moves.leave_incident(first.pk, "lead")
    assert moves.leave_incident(case.pk, "lead", "別の停電").incident is None
    assert m.Relation.objects.get(message=key).kind == "new"
    assert case.audit.get(what="case.left_incident").note == f"{first.receipt}: 別の停電"
    with pytest.raises(IllegalMove):
        moves.leave_incident(case.pk, "lead")


DEED = st.sampled_from(("merge", "unmerge", "split"))
DEEDS = st.lists(st.tuples(DEED, st.integers(0, 99), st.integers(0, 99)), max_size=8)
"""What is done to the cases and messages at these places."""


@given(DEEDS)
@settings(max_examples=25, deadline=None)
def test_no_message_is_lost_and_none_stands_twice(deeds: list[tuple[str, int, int]]) -> None:
    cases = [opened() for _ in range(3)]
    followed(cases[0])
    messages = [key for case in cases for key in case.messages.values_list("pk", flat=True)]
    found = [case.pk for case in cases]
    for deed, one, other in deeds:
        try:
            if deed == "merge":
                moves.merge(found[one % len(found)], found[other % len(found)], "lead")
            elif deed == "unmerge":
                moves.unmerge(found[one % len(found)], "lead")
            else:
                found.append(moves.split(messages[one % len(messages)], "lead").pk)
        except IllegalMove:
            continue
        _sound(set(messages), found)


def _sound(messages: set[int], cases: list[int]) -> None:
    standing = m.Case.objects.filter(pk__in=cases, merged_into=None)
    held = m.Message.objects.filter(pk__in=messages, case__in=standing)
    assert set(held.values_list("pk", flat=True)) == messages
    for case in m.Case.objects.filter(pk__in=cases, merged_into__isnull=False):
        assert case.merged_into is not None
        assert (case.merged_into.merged_into, case.state) == (None, "closed")
        left = (case.messages, case.drafts, case.promises)
        assert [things.count() for things in left] == [0, 0, 0]
    for case in standing:
        customers = case.messages.filter(direction=Direction.IN)
        # Somebody is answered: a draft waits, or the next intake makes one.
        drafts = case.drafts.filter(state="pending").exists()
        assert not customers.exists() or drafts or customers.filter(state="related").exists()
