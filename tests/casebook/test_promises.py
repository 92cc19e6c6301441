"""Promises: one rule says what a reply that goes out means for each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from django.db.models import QuerySet
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from casebook import models as m
from casebook import moves, reading
from casebook.clock import frozen, now
from casebook.errors import IllegalMove
from casebook.rows import triage_row
from casebook.timing import About, Broken, Purpose
from casebook.types import (
    AlertReason,
    Channel,
    Conduct,
    Estimate,
    Finding,
    Kind,
    Reply,
    Triage,
    Visibility,
)

START = datetime(2026, 11, 24, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
_numbers = count()


def opened() -> m.Case:
    """A case with one message from the customer."""
    number = next(_numbers)
    case = m.Case.objects.create(receipt=f"M-{number}", channel="email", author="c@example.net")
    m.Message.objects.create(
        identity=f"in:{number}", case=case, channel="email", author="c@example.net",
        state="answered", message_id=f"<{number}@x>",
    )  # fmt: skip
    return case


def written(case: m.Case, purpose: Purpose, due: datetime | None = None) -> int:
    reply = Reply(Channel.EMAIL, Visibility.PRIVATE, "ja", "Re: x", "本文", due)
    return moves.write(case.pk, purpose, "aki", reply, ()).pk


def out(
    case: m.Case,
    purpose: Purpose,
    due: datetime | None = None,
    also: tuple[tuple[About, datetime], ...] = (),
) -> int:
    """A reply that was written, approved and sent now."""
    draft = written(case, purpose, due)
    moves.approve(draft, "aki", also)
    moves.sent(draft, "aki", now())
    return draft


def states(case: m.Case) -> list[tuple[str, str]]:
    return list(case.promises.order_by("pk").values_list("about", "state"))


def judged(severity: int) -> Triage:
    return Triage(Kind.COMPLAINT, severity, Conduct.ORDINARY, "ja")


def heard(case: m.Case, severity: int) -> m.Message:
    """A further message of the customer, dealt with now."""
    message = m.Message.objects.create(
        identity=f"heard:{next(_numbers)}", case=case, channel="email", author="c@example.net",
        state="answered", received_at=now(),
    )  # fmt: skip
    triage_row(message.pk, judged(severity)).save()
    return message


def asked_again(case: m.Case) -> None:
    """A further message of the customer, and its draft."""
    key = m.Message.objects.create(
        identity=f"more:{next(_numbers)}", case=case, channel="email", author="c@example.net",
        state="related",
    ).pk  # fmt: skip
    from tests.casebook.test_moves import answered

    answered(key)


def standing(case: m.Case) -> reading.Standing:
    return reading.standing([case])[case.pk]


@pytest.fixture
def case(db: None) -> Iterator[m.Case]:
    with frozen(START):
        yield opened()


def test_a_reply_that_went_out_is_on_record_once(case: m.Case) -> None:
    draft = written(case, Purpose.FIRST_REPLY, START + HOUR)
    with pytest.raises(IllegalMove):
        moves.sent(draft, "aki", now())
    moves.approve(draft, "aki")
    message = moves.sent(draft, "aki", now())
    with pytest.raises(IllegalMove):
        moves.sent(draft, "aki", now())
    assert case.messages.filter(direction="out").get() == message
    assert (message.state, message.text, message.recipients) == (
        "answered", "本文", ["c@example.net"],
    )  # fmt: skip
    assert message.in_reply_to == case.messages.get(direction="in").message_id
    case.refresh_from_db()
    assert (case.state, case.replied_at) == ("waiting", None)
    moved = case.audit.filter(what="draft.moved").values_list("before", "after")
    assert list(moved)[-2:] == [("approved", "sending"), ("sending", "sent")]


@pytest.mark.parametrize(
    ("purpose", "due", "substantive"),
    [
        (Purpose.FIRST_REPLY, True, False),
        (Purpose.FIRST_REPLY, False, True),
        (Purpose.REPLY, True, True),
        (Purpose.REPLY, False, True),
        (Purpose.PROGRESS, False, True),
        (Purpose.DELAY, True, False),
    ],
)
def test_the_first_substantive_reply_of_a_person_is_the_answer(
    case: m.Case, purpose: Purpose, due: bool, substantive: bool
) -> None:
    out(case, purpose, START + HOUR if due else None)
    case.refresh_from_db()
    assert (case.replied_at == START) is substantive


def test_what_the_machine_approved_is_no_answer_of_a_person(case: m.Case) -> None:
    draft = written(case, Purpose.FIRST_REPLY)
    moves.approve(draft, "intake")
    moves.sent(draft, "intake", now())
    case.refresh_from_db()
    assert case.replied_at is None


def test_a_reply_in_time_keeps_and_a_late_one_leaves_broken(case: m.Case) -> None:
    out(case, Purpose.FIRST_REPLY, START + HOUR)
    with frozen(START + HOUR):
        out(case, Purpose.REPLY)
    assert states(case) == [("answer", "kept")]
    late = opened()
    out(late, Purpose.FIRST_REPLY, START + HOUR)
    with frozen(START + 2 * HOUR):
        out(late, Purpose.REPLY)
    assert late.promises.get().state == "broken"
    assert late.promises.get().reason == Broken.LATE


def test_thanks_for_a_promise_are_no_answer(case: m.Case) -> None:
    out(case, Purpose.FIRST_REPLY, START + 5 * HOUR, ((About.PROGRESS, START + 2 * HOUR),))
    with frozen(START + HOUR):
        out(case, Purpose.FIRST_REPLY)
    case.refresh_from_db()
    assert (states(case), case.replied_at) == ([("answer", "open"), ("progress", "open")], None)
    with frozen(START + 2 * HOUR):
        out(case, Purpose.REPLY)
        # Nothing is awaited any more.
        out(case, Purpose.FIRST_REPLY)
    case.refresh_from_db()
    assert states(case) == [("answer", "kept"), ("progress", "kept")]
    assert case.replied_at == START + 2 * HOUR


def test_a_progress_report_keeps_its_promise_and_leaves_the_answer_watched(case: m.Case) -> None:
    also = ((About.PROGRESS, START + HOUR),)
    out(case, Purpose.FIRST_REPLY, START + 5 * HOUR, also)
    out(case, Purpose.PROGRESS)
    assert states(case) == [("answer", "open"), ("progress", "kept")]
    out(case, Purpose.REPLY)
    assert states(case)[0] == ("answer", "kept")


def test_a_new_time_told_before_the_old_one_renews_it(case: m.Case) -> None:
    out(case, Purpose.FIRST_REPLY, START + HOUR)
    draft = out(case, Purpose.DELAY, START + 3 * HOUR)
    first, second = case.promises.order_by("pk")
    assert (first.state, second.state) == ("renewed", "open")
    assert (second.draft_id, second.renews_id, second.about) == (draft, first.pk, "answer")
    with frozen(START + 4 * HOUR):
        out(case, Purpose.DELAY, START + 9 * HOUR)
    assert states(case) == [("answer", "renewed"), ("answer", "broken"), ("answer", "open")]


def test_a_delay_of_a_report_leaves_the_answers_time(case: m.Case) -> None:
    out(case, Purpose.FIRST_REPLY, START + 9 * HOUR, ((About.PROGRESS, START + HOUR),))
    out(case, Purpose.DELAY, START + 3 * HOUR)
    assert states(case) == [("answer", "open"), ("progress", "renewed"), ("progress", "open")]


def test_what_the_answer_makes_needless_is_superseded(case: m.Case) -> None:
    out(case, Purpose.FIRST_REPLY, START + HOUR)
    reply = written(case, Purpose.REPLY)
    delay = written(case, Purpose.DELAY, START + 2 * HOUR)
    moves.approve(delay, "intake")
    moves.approve(reply, "aki")
    moves.sent(reply, "aki", now())
    assert m.Draft.objects.get(pk=delay).state == "superseded"
    assert states(case) == [("answer", "kept"), ("answer", "kept")]


def test_a_notice_of_delay_leaves_a_reply_that_waits(case: m.Case) -> None:
    out(case, Purpose.FIRST_REPLY, START + HOUR)
    reply = written(case, Purpose.REPLY)
    out(case, Purpose.DELAY, START + 2 * HOUR)
    assert m.Draft.objects.get(pk=reply).state == "pending"


@pytest.mark.parametrize(
    ("purpose", "approved", "reason"),
    [
        (None, False, Broken.NO_REPLY),
        (Purpose.REPLY, False, Broken.NOT_APPROVED),
        (Purpose.REPLY, True, Broken.NOT_SENT),
        (Purpose.DELAY, False, Broken.NOTICE_NOT_SENT),
        (Purpose.DELAY, True, Broken.NOTICE_NOT_SENT),
    ],
)
def test_a_broken_promise_says_how_far_the_reply_had_come(
    case: m.Case, purpose: Purpose | None, approved: bool, reason: Broken
) -> None:
    out(case, Purpose.FIRST_REPLY, START + HOUR)
    if purpose:
        draft = written(case, purpose, START + 3 * HOUR if purpose is Purpose.DELAY else None)
        if approved:
            moves.approve(draft, "aki")
    first = case.promises.order_by("pk")[0]
    assert not moves.overdue(first.pk)
    with frozen(START + 2 * HOUR):
        assert moves.overdue(first.pk)
        assert not moves.overdue(first.pk)
    first.refresh_from_db()
    assert (first.state, first.reason) == ("broken", reason)
    assert list(first.alerts.values_list("reason", flat=True)) == [AlertReason.BROKEN]
    assert reason.told.ja
    assert reason.told.en


def notice(due: datetime) -> moves.Notice:
    reply = Reply(Channel.EMAIL, Visibility.PRIVATE, "ja", "Re: x", "お詫び", due)
    return moves.Notice(reply, Estimate(START, due, 180))


def test_a_warning_comes_once_and_so_does_a_notice(case: m.Case) -> None:
    out(case, Purpose.FIRST_REPLY, START + HOUR)
    promise = case.promises.get()
    due = START + 3 * HOUR
    assert [moves.warn(promise.pk, AlertReason.DUE_NOW) for _ in range(2)] == [True, False]
    assert [moves.give_notice(promise.pk, notice(due)) for _ in range(2)] == [True, False]
    draft = case.drafts.get(purpose=Purpose.DELAY)
    assert (draft.state, draft.due) == ("pending", due)
    assert draft.estimate.minutes == 180
    blocked = opened()
    out(blocked, Purpose.FIRST_REPLY, START + HOUR)
    finding = Finding("no_due_time", 0, 1, "no time")
    unseen = replace(notice(due), approved=True, findings=(finding,))
    assert moves.give_notice(blocked.promises.get().pk, unseen)
    assert blocked.drafts.get(purpose=Purpose.DELAY).state == "pending"


@pytest.mark.parametrize(
    ("purpose", "covers"), [(Purpose.REPLY, (True, True)), (Purpose.PROGRESS, (False, True))]
)
def test_a_reply_on_its_way_needs_no_notice(
    case: m.Case, purpose: Purpose, covers: tuple[bool, bool]
) -> None:
    out(case, Purpose.FIRST_REPLY, START + HOUR, ((About.PROGRESS, START + HOUR),))
    draft = written(case, purpose)
    found = list(case.promises.order_by("about"))
    assert not any(map(moves.covered, found))
    moves.approve(draft, "aki")
    assert tuple(map(moves.covered, found)) == covers


def test_each_promise_has_a_notice_of_its_own(case: m.Case) -> None:
    with frozen(START - HOUR):
        out(case, Purpose.DELAY, START + 2 * HOUR)
    out(case, Purpose.FIRST_REPLY, START + 9 * HOUR, ((About.PROGRESS, START + HOUR),))
    answer, progress = case.promises.filter(made_at=START).order_by("about")
    assert moves.give_notice(progress.pk, notice(START + 3 * HOUR))
    draft = case.drafts.get(purpose=Purpose.DELAY, state="pending")
    assert moves.covered(answer)
    moves.approve(draft.pk, "aki")
    moves.sent(draft.pk, "aki", now())
    assert [row.state for row in case.promises.filter(pk__in=[answer.pk, progress.pk])] == [
        "open", "renewed",
    ]  # fmt: skip
    assert moves.give_notice(answer.pk, notice(START + 12 * HOUR))
    moves.reject(case.drafts.get(state="pending").pk, "aki", "電話で伝えた")
    assert moves.covered(answer)


def test_who_writes_again_waits_no_longer_and_keeps_the_notice(case: m.Case) -> None:
    out(case, Purpose.FIRST_REPLY, START + HOUR)
    delay = written(case, Purpose.DELAY, START + 3 * HOUR)
    stands = reading.standing([case])[case.pk]
    assert (stands.dues, stands.waiting) == ((START + HOUR,), False)
    with frozen(START + 2 * HOUR):
        assert reading.standing([case])[case.pk].dues == ()
    asked_again(case)
    assert m.Draft.objects.get(pk=delay).state == "pending"


def test_only_the_answers_times_bind_the_next_answer(case: m.Case) -> None:
    out(case, Purpose.FIRST_REPLY, START + 5 * HOUR, ((About.PROGRESS, START + HOUR),))
    written(case, Purpose.REPLY, START + 3 * HOUR)
    assert standing(case).dues == (START + 3 * HOUR, START + 5 * HOUR)


def test_an_injury_that_a_later_reply_answered_is_no_longer_unanswered(case: m.Case) -> None:
    out(case, Purpose.REPLY)
    cases = [case, opened()]
    with frozen(START + HOUR):
        for one in cases:
            heard(one, 3)
            assert standing(one).gravest == judged(3)
    with frozen(START + 2 * HOUR):
        for one in cases:
            out(one, Purpose.DELAY, START + 9 * HOUR)
            assert standing(one).gravest == judged(3)
            out(one, Purpose.REPLY)
    with frozen(START + 3 * HOUR):
        for one in cases:
            assert standing(one).gravest is None
            heard(one, 1)
            assert standing(one).gravest == judged(1)


def test_an_owner_is_audited(case: m.Case) -> None:
    moves.assign(case.pk, "aki", "lead")
    case.refresh_from_db()
    assert case.owner == "aki"
    line = case.audit.get(what="case.assigned")
    assert (line.who, line.note) == ("lead", "– → aki")


@pytest.mark.parametrize("end", ["reply", "resolve", "close", "another draft"])
def test_whoever_finds_a_promise_broken_alerts(case: m.Case, end: str) -> None:
    draft = written(case, Purpose.FIRST_REPLY, START + HOUR)
    moves.approve(draft, "aki")
    if end != "another draft":
        moves.sent(draft, "aki", now())
    with frozen(START + 2 * HOUR):
        if end == "reply":
            out(case, Purpose.REPLY)
        elif end == "resolve":
            moves.resolve(case.pk, "aki", "返金")
        elif end == "close":
            moves.close(case.pk)
        else:
            asked_again(case)
    promise = case.promises.get()
    assert promise.state == "broken"
    assert promise.alerts.get().reason == AlertReason.BROKEN
    opened = case.audit.filter(what="alert.opened", note="broken")
    assert opened.count() == 1


@pytest.mark.parametrize(
    "move",
    [
        lambda case, draft: moves.edit(draft, "aki", "x", ()),
        lambda case, draft: moves.approve(draft, "aki"),
        lambda case, draft: moves.reject(draft, "aki", "x"),
        lambda case, _: moves.sent(case.drafts.earliest("pk").pk, "aki", now()),
        lambda case, _: moves.warn(case.promises.get().pk, AlertReason.DUE_SOON),
        lambda case, _: moves.give_notice(case.promises.get().pk, notice(START + 3 * HOUR)),
        lambda case, _: moves.overdue(case.promises.get().pk),
        lambda case, _: moves.report_progress(
            case.promises.get().pk, case.messages.get().pk, notice(START).reply, ()
        ),
        lambda case, _: moves.resolve(case.pk, "aki", "x"),
        lambda case, _: moves.correct(case.messages.get().pk, {"severity": 2}, "aki"),
        lambda case, _: moves.survey_answered(moves.open_survey(case.pk).pk, 1),
        lambda case, _: asked_again(case),
    ],
)
def test_every_move_locks_the_case_before_what_it_holds(
    case: m.Case, move: Callable[[m.Case, int], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    triage_row(case.messages.get().pk, judged(1)).save()
    moves.approve(written(case, Purpose.FIRST_REPLY, START + HOUR), "aki")
    draft = written(case, Purpose.REPLY)
    locked: list[type] = []
    lock = QuerySet.select_for_update

    def noted(rows: QuerySet[Any], **options: Any) -> QuerySet[Any]:
        locked.append(rows.model)
        return lock(rows, **options)

    monkeypatch.setattr(QuerySet, "select_for_update", noted)
    move(case, draft)
    # An order of locks that all share is what keeps two processes from waiting for each other.
    assert m.Case in locked
    held = (m.Draft, m.Promise, m.Survey)
    assert locked.index(m.Case) < min(
        (locked.index(one) for one in held if one in locked), default=99
    )


def test_what_is_confirmed_besides_is_promised_too(case: m.Case) -> None:
    draft = written(case, Purpose.FIRST_REPLY, START + HOUR)
    with pytest.raises(IllegalMove, match="passed"):
        moves.approve(draft, "aki", [(About.PROGRESS, START)])
    twice = [(About.ANSWER, START + HOUR), (About.PROGRESS, START + HOUR)]
    moves.approve(draft, "aki", twice)
    assert states(case) == [("answer", "open"), ("progress", "open")]


STEPS = st.tuples(
    st.sampled_from(["write", "approve", "send", "watch", "customer"]),
    st.sampled_from([Purpose.FIRST_REPLY, Purpose.REPLY, Purpose.PROGRESS, Purpose.DELAY]),
    st.none() | st.integers(1, 8),
    st.none() | st.tuples(st.sampled_from(About), st.integers(1, 8)),
    st.integers(0, 3),
)


class Histories(TestCase):
    """Whatever is written, approved and sent in whatever order and time."""

    @settings(max_examples=150, suppress_health_check=list(HealthCheck))
    @given(st.lists(STEPS, max_size=14))
    def test_every_promise_ends_in_one_honest_way(self, steps: list[Any]) -> None:
        with frozen(START):
            case = opened()
        at = START
        for step, purpose, due, also, passed in steps:
            at += passed * HOUR
            with frozen(at):
                _carry_out(case, step, purpose, due, also)
            _is_honest(case, at)


def _carry_out(
    case: m.Case,
    step: str,
    purpose: Purpose,
    due: int | None,
    also: tuple[About, int] | None,
) -> None:
    first = case.drafts.filter(
        state={"approve": "pending", "send": "approved"}.get(step, "")
    ).order_by("pk").first()  # fmt: skip
    if step == "write":
        hours = due or (1 if purpose is Purpose.DELAY else None)
        written(case, purpose, now() + hours * HOUR if hours else None)
    elif step == "watch":
        for row in case.promises.filter(state="open"):
            moves.overdue(row.pk)
    elif step == "customer":
        case.refresh_from_db()
        asked_again(case)
    elif first is not None and step == "approve":
        more = [(also[0], now() + also[1] * HOUR)] if also else []
        # A time that has passed meanwhile is refused.
        with suppress(IllegalMove):
            moves.approve(first.pk, "aki", more)
    elif first is not None:
        moves.sent(first.pk, "aki", now())


def _is_honest(case: m.Case, at: datetime) -> None:
    for row in case.promises.select_related("draft", "renews"):
        assert (row.settled_at is None) is (row.state == "open")
        assert bool(row.reason) is (row.state == "broken")
        if row.state in ("kept", "renewed"):
            assert row.settled_at is not None
            assert row.settled_at <= row.due
        if row.state == "broken":
            assert row.settled_at is not None
            assert row.settled_at > row.due
            assert row.alerts.filter(reason="broken").exists()
        if row.state == "kept":
            went_out = case.drafts.filter(state="sent", purpose__in=["first_reply", "reply"])
            reported = case.drafts.filter(state="sent", purpose="progress")
            assert went_out.exists() or (row.about == "progress" and reported.exists())
        if row.renews is not None:
            assert row.renews.state == "renewed"
            assert row.renews.about == row.about
            assert row.draft.state == "sent"
        if row.state == "open":
            assert row.draft.state in ("approved", "sent")
    ends = case.audit.filter(thing="promise", what="promise.moved").values_list("thing_id")
    assert len(set(ends)) == len(ends)
