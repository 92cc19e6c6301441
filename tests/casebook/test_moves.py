"""State moves against a real database: legal, atomic, audited, and harmless when repeated."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from django.db import IntegrityError, transaction

from casebook import models as m
from casebook import moves, reading
from casebook.clock import now
from casebook.errors import IllegalMove
from casebook.findings import NEVER_OVERRIDDEN
from casebook.receipt import new_receipt
from casebook.spaces import Vectors
from casebook.types import (
    Attachment,
    Channel,
    Conduct,
    Estimate,
    Finding,
    Flags,
    Inbound,
    Kind,
    PastCase,
    Relation,
    RelationKind,
    Reply,
    Role,
    Triage,
    Visibility,
)

pytestmark = pytest.mark.django_db(transaction=True)

_numbers = count()
NOON = datetime(2096, 11, 20, 3, 0, tzinfo=UTC)
JUDGED = Triage(Kind.COMPLAINT, 1, Conduct.ORDINARY, "ja")
REPLY = Reply(
    Channel.EMAIL, Visibility.PRIVATE, "ja", "Re: x", "11月24日（火）12時までにご連絡します。", NOON
)
VECTOR = moves.Vector("model", 2, b"\x00\x3c\x00\x00")
SPACES = {Role.MEANING: "model"}


def inbound(**changes: object) -> Inbound:
    plain = Inbound(
        identity=f"mail:{next(_numbers)}",
        external_id="INBOX;UID=1",
        channel=Channel.EMAIL,
        visibility=Visibility.PRIVATE,
        author="c@example.net",
        display_name="客",
        sent_at=NOON,
        subject="届きません",
        text="まだ届きません",
        new_text="まだ届きません",
        raw=b"From: c@example.net\r\n\r\nx",
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def received(*inbounds: Inbound) -> list[int]:
    m.Source.objects.get_or_create(name="box")
    return moves.record("box", inbounds or (inbound(),), {"uid": 1})


def related(*keys: int, relation: Relation | None = None) -> None:
    found = relation or Relation(RelationKind.NEW)
    moves.relate([moves.Related(key, found, "ja", (VECTOR,)) for key in keys])


def answered(key: int, reply: Reply | None = REPLY, *findings: Finding) -> list[int]:
    case = m.Message.objects.get(pk=key).case_id
    assert case is not None
    estimate = Estimate(NOON, NOON + timedelta(hours=4), 240)
    return moves.answer([moves.Answered(case, {key: JUDGED}, (), estimate, reply, findings)])


def test_messages_and_cursor_are_recorded_together() -> None:
    one = inbound(attachments=(Attachment("写真.png", "image/png", 12),), flags=Flags(bulk=True))
    row = m.Message.objects.get(pk=received(one)[0])
    assert (row.state, row.flags) == ("received", ["bulk"])
    assert row.source is not None
    assert row.source.cursor == {"uid": 1}
    assert bytes(row.raw.data) == one.raw
    assert row.attachments.get().name == "写真.png"


def test_a_second_copy_is_not_recorded_whoever_finds_it() -> None:
    one = inbound()
    assert len(received(one, one)) == 1
    m.Source.objects.create(name="other")
    assert moves.record("other", [one], {}) == []
    with pytest.raises(IntegrityError), transaction.atomic():
        m.Message.objects.create(identity=one.identity, channel="email", author="x")


def test_nothing_is_recorded_and_the_cursor_stays_when_the_transaction_fails() -> None:
    received()
    with pytest.raises(AttributeError):
        moves.record("box", [inbound(), inbound(author=None)], {"uid": 2})
    assert m.Message.objects.count() == 1
    assert m.Source.objects.get(name="box").cursor == {"uid": 1}


def test_what_a_database_refuses_is_cleaned_not_lost() -> None:
    hostile = inbound(
        author="a" * 500, subject="a\0b\ud800", text="\0", message_id="m" * 5000, defects=("\0",)
    )
    row = m.Message.objects.get(pk=received(hostile)[0])
    assert (len(row.author), row.subject, row.text, len(row.message_id)) == (320, "ab?", "", 500)


def test_a_new_message_opens_a_case_and_a_follow_up_joins_it() -> None:
    first, second = received(inbound(), inbound())
    follow_up = Relation(RelationKind.FOLLOW_UP, of_message=first)
    moves.relate(
        [
            moves.Related(first, Relation(RelationKind.NEW), "ja", (VECTOR,)),
            moves.Related(second, follow_up, "ja", (VECTOR,)),
        ]
    )
    case = m.Case.objects.get()
    assert set(case.messages.values_list("pk", flat=True)) == {first, second}
    assert m.Relation.objects.get(message=second).of_message_id == first
    assert [line.what for line in case.audit.all()] == ["case.opened", *["message.moved"] * 2]


def test_a_follow_up_reopens_a_settled_case_and_the_index_hears_of_it() -> None:
    past = PastCase("old:1", inbound(), "ja", "回答", NOON, NOON, "交換した")
    assert moves.record_past([past, past]) == 1
    assert moves.record_past([past]) == 0
    case = m.Case.objects.get()
    with transaction.atomic():
        moves.keep_vectors([(case.messages.get(direction="in").pk, VECTOR)])
    (before,) = Vectors(SPACES).since(0)
    assert before.labels.settled
    (key,) = received()
    related(key, relation=Relation(RelationKind.FOLLOW_UP, of_case=case.pk))
    case.refresh_from_db()
    assert case.state == "reopened"
    told = list(Vectors(SPACES).since(before.revision))
    assert {point.message for point in told} == {before.message, key}
    assert not any(point.labels.settled for point in told)


def test_a_step_that_runs_twice_does_nothing_the_second_time() -> None:
    (key,) = received()
    related(key)
    related(key)
    assert m.Case.objects.count() == m.Relation.objects.count() == 1
    assert len(answered(key)) == 1
    assert answered(key) == []
    assert m.Draft.objects.count() == 1


def test_a_case_never_has_two_pending_drafts() -> None:
    first, second = received(inbound(), inbound())
    related(first)
    (old,) = answered(first)
    related(second, relation=Relation(RelationKind.FOLLOW_UP, of_message=first))
    (new,) = answered(second)
    states = dict(m.Draft.objects.values_list("pk", "state"))
    assert states == {old: "superseded", new: "pending"}
    with pytest.raises(IntegrityError), transaction.atomic():
        m.Draft.objects.filter(pk=old).update(state="pending")


def test_a_follow_up_takes_an_approved_draft_back_with_its_promise() -> None:
    first, second = received(inbound(), inbound())
    related(first)
    moves.approve(answered(first)[0], "aki")
    related(second, relation=Relation(RelationKind.FOLLOW_UP, of_message=first))
    answered(second)
    assert m.Promise.objects.get().state == "renewed"


def test_an_answer_without_a_reply_keeps_the_pending_draft() -> None:
    first, second = received(inbound(), inbound())
    related(first)
    answered(first)
    related(second, relation=Relation(RelationKind.DUPLICATE, of_message=first))
    assert answered(second, None) == []
    assert m.Draft.objects.get().state == "pending"
    assert m.Message.objects.get(pk=second).state == "answered"


def test_spam_is_ignored_and_its_case_closed() -> None:
    (key,) = received()
    related(key)
    case = m.Case.objects.get()
    moves.discard({case.pk: (key, replace(JUDGED, kind=Kind.SPAM))}, "spam")
    case.refresh_from_db()
    assert (case.state, case.messages.get().state) == ("closed", "ignored")


def test_the_third_failure_puts_a_message_into_quarantine() -> None:
    (key,) = received()
    tries = [moves.step_failed([key], "relate", "ValueError", 3) for _ in range(3)]
    assert tries == [[], [], [key]]
    row = m.Message.objects.get(pk=key)
    assert (row.state, row.error) == ("quarantined", "relate: ValueError")


def test_approval_opens_a_promise_and_happens_once() -> None:
    (key,) = received()
    related(key)
    (draft,) = answered(key)
    moves.approve(draft, "aki")
    assert m.Promise.objects.get().due == NOON
    with pytest.raises(IllegalMove):
        moves.approve(draft, "aki")
    with pytest.raises(IllegalMove):
        moves.reject(draft, "aki", "late")
    with pytest.raises(IllegalMove):
        moves.edit(draft, "aki", "x", ())


def test_a_reason_overrides_the_guard_and_is_audited() -> None:
    (key,) = received()
    related(key)
    (draft,) = answered(key, REPLY, Finding("unauthorised_promise", 0, 1))
    with pytest.raises(IllegalMove):
        moves.approve(draft, "aki", override="  ")
    moves.approve(draft, "aki", override="返金は店長が承認済み")
    told = m.AuditLine.objects.get(thing="draft", after="approved").note
    assert told == "unauthorised_promise: 返金は店長が承認済み"


@pytest.mark.parametrize("code", sorted(NEVER_OVERRIDDEN))
def test_what_harms_others_is_never_overridden(code: str) -> None:
    (key,) = received()
    related(key)
    (draft,) = answered(key, REPLY, Finding(code, 0, 1), Finding("dismissive", 0, 1))
    with pytest.raises(IllegalMove, match=code):
        moves.approve(draft, "aki", override="急ぎのため")


def test_a_blocking_finding_stops_approval_until_the_text_is_mended() -> None:
    (key,) = received()
    related(key)
    (draft,) = answered(key, REPLY, Finding("no_due_time", 0, 1, "no time"))
    with pytest.raises(IllegalMove, match="no_due_time"):
        moves.approve(draft, "aki")
    moves.edit(draft, "aki", "18時までにご連絡します。", ())
    moves.approve(draft, "aki")
    row = m.Draft.objects.get(pk=draft)
    assert reading.wording(row).body == "18時までにご連絡します。"
    assert list(row.versions.values_list("author", flat=True)) == ["intake", "aki"]


def test_a_failing_source_is_told_once_and_recovers() -> None:
    m.Source.objects.create(name="box")
    assert moves.poll_failed("box", "wrong_password", "no")
    assert not moves.poll_failed("box", "wrong_password", "no")
    assert moves.poll_failed("box", "timeout", "slow")
    row = m.Source.objects.get(name="box")
    assert row.error_since is not None
    assert (row.failures, row.error_code, row.error) == (3, "timeout", "slow")
    assert moves.poll_succeeded("box") == "timeout"
    assert moves.poll_succeeded("box") == ""
    well = m.Source.objects.get(name="box")
    assert (well.failures, well.error, well.error_since) == (0, "", None)


def test_a_duplicate_of_what_is_over_reopens_the_case() -> None:
    first, second = received(inbound(), inbound())
    related(first)
    moves.reject(answered(first)[0], "aki", "called")
    case = m.Case.objects.get()
    assert not reading.standing([case])[case.pk].waiting
    related(second, relation=Relation(RelationKind.DUPLICATE, of_message=first))
    assert len(answered(second)) == 1


def test_what_is_graver_and_unanswered_stays_with_its_case() -> None:
    first, second = received(inbound(), inbound())
    related(first)
    case = m.Case.objects.get()
    grave = replace(JUDGED, severity=3, crisis=("injury",))
    moves.answer([moves.Answered(case.pk, {first: grave}, (), None, REPLY)])
    related(second, relation=Relation(RelationKind.FOLLOW_UP, of_message=first))
    stands = reading.standing([case])[case.pk]
    assert (stands.earlier, stands.waiting, stands.dues) == (True, True, (NOON,))
    assert stands.gravest == grave


def test_a_time_that_has_passed_is_not_promised() -> None:
    (key,) = received()
    related(key)
    (draft,) = answered(key, replace(REPLY, due=now() - timedelta(minutes=1)))
    with pytest.raises(IllegalMove, match="passed"):
        moves.approve(draft, "aki")
    later = now() + timedelta(hours=3)
    moves.edit(draft, "aki", "明日12時までにご連絡します。", (), later)
    moves.approve(draft, "aki")
    assert m.Promise.objects.get().due == later


def test_a_past_case_lies_in_the_past_and_counts_without_a_reply_time() -> None:
    long_ago = NOON - timedelta(days=900)
    past = PastCase("old:9", inbound(sent_at=long_ago), "ja", "回答")
    moves.record_past([past])
    row = m.Message.objects.get(direction="in")
    assert (row.state, row.received_at) == ("answered", long_ago)
    with transaction.atomic():
        moves.keep_vectors([(row.pk, VECTOR)])
    assert [point.labels.settled for point in Vectors(SPACES).since(0)] == [True]
    assert moves.forget_vectors(["model"]) == 1


def test_a_person_brings_back_what_was_ignored_or_failed() -> None:
    bulk, spam, bad, fine = received(inbound(), inbound(), inbound(), inbound())
    moves.ignore({bulk: "bulk"})
    related(spam)
    moves.discard({m.Case.objects.get().pk: (spam, JUDGED)}, "spam")
    moves.step_failed([bad], "relate", "ValueError", 1)
    assert set(moves.retry([bulk, spam, bad, fine], "aki")) == {bulk, spam, bad}
    rows = m.Message.objects.in_bulk()
    assert [rows[key].state for key in (bulk, spam, bad)] == ["received", "related", "received"]
    assert all(rows[key].asked_for for key in (bulk, spam, bad))
    assert m.Case.objects.get().state == "reopened"
    assert len(answered(spam)) == 1


def test_a_receipt_number_changes_nothing_of_what_is_judged_and_embedded() -> None:
    seen = set()
    for receipt in (new_receipt(), new_receipt()):
        subject, text = f"Re: お皿の件 [{receipt}]", f"{receipt} はどうなりましたか。"
        row = m.Message(channel="email", subject=subject, new_text=text)
        seen.add((reading.asked(row), reading.embedded(row.subject, row.new_text)))
    assert len(seen) == 1
