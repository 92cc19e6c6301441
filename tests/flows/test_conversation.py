"""From the first word to the kept promise, in public, in private and by mail: one case."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from casebook import models as m
from casebook import moves, outgoing, reading
from casebook.clock import frozen, now
from casebook.errors import IllegalMove
from casebook.states import MessageState
from casebook.timing import Purpose
from casebook.types import Channel, Flags, Reply, Visibility
from flows import rechecking, steps
from tests.conftest import Configure
from tests.flows.outbox import (
    JUDGED,
    MADE,
    MINUTE,
    PUBLIC,
    approved,
    came,
    clock,
    received,
    related,
    secrets,
    send,
    state,
)
from tests.sending_tables import smtp_tables, x_table
from tests.smtp_server import SmtpServer
from tests.x_server import XServer

pytestmark = pytest.mark.django_db(transaction=True)
DUE = MADE + timedelta(hours=4)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
PREPARED = "ご連絡ありがとうございます。11月24日（火）14時までに、お調べした結果をお知らせします。"


@pytest.fixture
def mail(configure: Configure, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmtpServer]:
    secrets(monkeypatch)
    with SmtpServer() as server, frozen(MADE):
        configure(smtp_tables(server))
        yield server


@pytest.fixture
def x(configure: Configure, monkeypatch: pytest.MonkeyPatch) -> Iterator[XServer]:
    secrets(monkeypatch)
    with XServer() as server, clock(MADE, server):
        configure(x_table(server))
        yield server


def took_in(*, answer: bool = True) -> None:
    """What came on X is read, and answered unless somebody else writes the answer."""
    steps.poll("x")
    steps.relate_batch(reading.in_state(MessageState.RECEIVED, 10))
    if answer:
        steps.answer_batch(reading.in_state(MessageState.RELATED, 10))


def mention(x: XServer, text: str = "@acme_jp 届いたお皿が割れていました") -> m.Draft:
    """A post on X, and our public reply to it with the private message behind it, approved."""
    x.put(text)
    took_in(answer=False)
    row = m.Message.objects.get()
    assert row.case_id is not None
    public = Reply(Channel.X, Visibility.PUBLIC, "ja", "", PUBLIC, None)
    private = Reply(Channel.DM, Visibility.PRIVATE, "ja", "", PREPARED, DUE)
    answered = moves.Answered(row.case_id, {row.pk: JUDGED}, reply=public, prepared=private)
    (key,) = moves.answer([answered])
    return moves.approve(key, "aki")


def test_from_a_mention_to_the_kept_promise_on_x(x: XServer) -> None:
    public = mention(x)
    with clock(MADE + MINUTE, x):
        assert send().sent == 1
    with clock(MADE + 30 * MINUTE, x):
        x.put_dm("DMで失礼します。注文番号は 4711 です。")
        took_in()
        case = m.Case.objects.get()
        draft = case.drafts.get(state="pending")
        assert (draft.visibility, draft.due) == ("private", DUE)
        assert draft.versions.get().body == PREPARED
        moves.approve(draft.pk, "aki")
    with clock(MADE + 31 * MINUTE, x):
        assert send().sent == 1
        made = m.Promise.objects.get()
        assert (made.state, made.due) == ("open", DUE)
    with clock(MADE + 60 * MINUTE, x):
        answer = Reply(Channel.DM, Visibility.PRIVATE, "ja", "", "交換品をお送りしました。", None)
        last = moves.write(case.pk, Purpose.REPLY, "aki", answer, ())
        moves.approve(last.pk, "aki")
    with clock(MADE + 61 * MINUTE, x):
        assert send().sent == 1
    made.refresh_from_db()
    assert made.state == "kept"
    assert [one["text"] for one in x.posted] == [PUBLIC, PREPARED, "交換品をお送りしました。"]
    assert [one["to"] for one in x.posted][1:] == ["2000", "2000"]
    assert state(public) == "sent"


def test_who_comes_over_gets_the_private_message_as_people_left_it(x: XServer) -> None:
    x.put("@acme_jp 届いたお皿が割れていました")
    took_in(answer=False)
    row = m.Message.objects.get()
    assert row.case_id is not None
    public = Reply(Channel.X, Visibility.PUBLIC, "ja", "", PUBLIC, None)
    private = Reply(Channel.DM, Visibility.PRIVATE, "ja", "", PREPARED, DUE)
    answered = moves.Answered(row.case_id, {row.pk: JUDGED}, reply=public, prepared=private)
    (key,) = moves.answer([answered])
    better = PREPARED.replace("。", "。何卒よろしくお願いいたします。", 1)
    moves.edit(key, "aki", PUBLIC, (), private_body=better)
    moves.approve(key, "aki")
    with clock(MADE + MINUTE, x):
        assert send().sent == 1
    with clock(MADE + 30 * MINUTE, x):
        x.put_dm("DMで失礼します。注文番号は 4711 です。")
        took_in()
    draft = m.Draft.objects.get(state="pending")
    assert (draft.versions.get().body, draft.due) == (better, DUE)


@pytest.mark.parametrize("thanks", ["ありがとうございます！", "👍", "了解です。DMを送りました"])
def test_thanks_under_our_reply_get_none(x: XServer, thanks: str) -> None:
    mention(x)
    with clock(MADE + MINUTE, x):
        send()
        ours = next(post for post in x.posts.values() if post.author == "1000")
        x.put(f"@acme_jp {thanks}", kind="replied_to", refers=ours.id)
        took_in()
    assert m.Case.objects.count() == 1
    assert not m.Draft.objects.filter(state="pending").exists()
    assert set(m.Message.objects.values_list("state", flat=True)) == {"answered"}


def test_an_answer_under_our_reply_belongs_to_its_case(x: XServer) -> None:
    mention(x)
    with clock(MADE + MINUTE, x):
        send()
        ours = next(post for post in x.posts.values() if post.author == "1000")
        x.put("@acme_jp まだ連絡がありません", kind="replied_to", refers=ours.id)
        took_in(answer=False)
    assert m.Case.objects.count() == 1


def test_a_deleted_post_is_erased_with_what_was_made_of_it(x: XServer) -> None:
    draft = mention(x)
    case = draft.case
    with clock(MADE + DAY, x):
        assert rechecking.run().asked == 1
    x.posts.clear()
    with clock(MADE + DAY + 19 * HOUR, x):
        assert rechecking.run().asked == 0
    with clock(MADE + 2 * DAY, x):
        assert rechecking.run().erased == 1
    row = m.Message.objects.get()
    assert (row.text, row.new_text, row.subject, row.display_name) == ("", "", "", "")
    assert not m.Raw.objects.exists()
    assert not m.Embedding.objects.exists()
    assert state(draft) == "superseded"
    assert draft.versions.get().body == ""
    assert "割れて" not in "".join(case.audit.values_list("note", flat=True))
    assert case.audit.filter(what="message.erased").exists()
    with clock(MADE + 3 * DAY, x):
        assert send().sent == 0
        assert rechecking.run().asked == 0


def test_a_mail_to_the_receipts_address_belongs_to_its_case(mail: SmtpServer) -> None:
    draft = approved(due=DUE)
    assert send(MADE + MINUTE).sent == 1
    for number, address in enumerate(
        (f"support+{draft.case.receipt}@example.jp", f"support.{draft.case.receipt.lower()}@e.jp")
    ):
        with frozen(MADE + (number + 2) * MINUTE):
            (key,) = received(
                "box",
                came(
                    author="other@example.net",
                    subject="お願い",
                    new_text=f"写真をお送りします {number}",
                    recipients=(address,),
                ),
            )
            steps.relate_batch([key])
        assert m.Message.objects.get(pk=key).case_id == draft.case_id


def test_a_mail_that_names_our_reply_alone_belongs_to_its_case(mail: SmtpServer) -> None:
    draft = approved()
    send(MADE + MINUTE)
    draft.refresh_from_db()
    with frozen(MADE + 2 * MINUTE):
        answer = came(author="c@example.net", subject="", in_reply_to=draft.external_id)
        (key,) = received("box", replace(answer, new_text="写真も付けました"))
        steps.relate_batch([key])
    assert m.Message.objects.get(pk=key).case_id == draft.case_id


def test_a_bounce_makes_the_reply_a_failed_delivery(mail: SmtpServer) -> None:
    first = approved(due=DUE)
    send(MADE + MINUTE)
    with frozen(MADE + 2 * MINUTE):
        answer = Reply(Channel.EMAIL, Visibility.PRIVATE, "ja", "Re: x", "交換しました。", None)
        last = moves.approve(moves.write(first.case_id, Purpose.REPLY, "aki", answer, ()).pk, "aki")
    send(MADE + 3 * MINUTE)
    promise = m.Promise.objects.get()
    assert promise.state == "kept"
    last.refresh_from_db()
    with frozen(MADE + 4 * MINUTE):
        bounce = came(
            author="mailer-daemon@example.net",
            flags=Flags(bounce=True, auto_reply=True),
            in_reply_to=last.external_id,
        )
        (key,) = received("box", bounce)
        steps.relate_batch([key])
        steps.relate_batch([key])
    promise.refresh_from_db()
    case = m.Case.objects.get(pk=first.case_id)
    assert (promise.state, case.state, case.replied_at) == ("open", "open", None)
    assert state(last) == "returned"
    row = m.Message.objects.get(pk=key)
    assert (row.state, row.case_id) == ("ignored", case.pk)
    assert [alert.reason for alert in last.alerts.all()] == ["returned"]
    assert now() < DUE


@pytest.mark.parametrize("told", [False, True])
def test_a_bounce_that_is_faster_than_our_record_is_kept(mail: SmtpServer, told: bool) -> None:
    draft = approved(due=DUE)
    with frozen(MADE + MINUTE):
        assert moves.claim(draft.pk, outgoing.Way("desk")) is not None
        if told:
            moves.unsure(draft.pk, "answer_lost", "lost")
        bounce = came(
            author="mailer-daemon@example.net",
            flags=Flags(bounce=True, auto_reply=True),
            in_reply_to=f"{draft.identity}@example.jp",
        )
        (key,) = received("box", bounce)
        steps.relate_batch([key])
    assert state(draft) == "returned"
    with pytest.raises(IllegalMove):
        moves.sent(draft.pk, "desk", now())
    case = m.Case.objects.get(pk=draft.case_id)
    assert (case.state, case.replied_at) == ("open", None)
    assert m.Message.objects.get(pk=key).state == "ignored"
    assert "returned" in draft.alerts.values_list("reason", flat=True)
    assert send(MADE + 20 * MINUTE).sent == 0
    assert mail.mails == []


@pytest.mark.parametrize("late", [False, True])
def test_a_notice_of_delay_that_comes_back_renewed_nothing(mail: SmtpServer, late: bool) -> None:
    first = approved(due=DUE)
    send(MADE + MINUTE)
    with frozen(MADE + 2 * MINUTE):
        until = DUE + timedelta(hours=4)
        told = Reply(Channel.EMAIL, Visibility.PRIVATE, "ja", "Re: x", "遅れております。", until)
        written = moves.write(first.case_id, Purpose.DELAY, "aki", told, ())
        notice = moves.approve(written.pk, "aki")
    send(MADE + 3 * MINUTE)
    promise = m.Promise.objects.get(draft=first)
    assert promise.state == "renewed"
    with frozen(DUE + MINUTE if late else MADE + 4 * MINUTE):
        (key,) = received("box", came())
        assert moves.returned(notice.pk, key)
    promise.refresh_from_db()
    assert (promise.state, promise.reason) == (("broken", "returned") if late else ("open", ""))
    assert (promise.settled_at is None) is not late
    assert m.Promise.objects.get(draft=notice).renews is None


def test_a_reply_goes_back_to_the_queue_for_whom_it_was_meant(x: XServer) -> None:
    public = mention(x)
    x.put_dm("二枚とも割れていました")
    with clock(MADE + timedelta(seconds=10), x):
        took_in(answer=False)
    assert m.Message.objects.filter(visibility="private").get().case_id == public.case_id
    with clock(MADE + MINUTE, x):
        assert send().queued == 1
    again = m.Draft.objects.get(state="pending")
    assert (again.visibility, again.answers_id) == ("public", public.answers_id)


def test_another_person_in_a_case_gets_no_wording_meant_for_the_first(mail: SmtpServer) -> None:
    draft = approved()
    with frozen(MADE + timedelta(seconds=10)):
        (key,) = received("box", came(author="other@example.net", new_text="私も同じです"))
        related(key, draft.case_id)
    assert send(MADE + MINUTE).queued == 1
    assert m.Draft.objects.get(state="pending").answers_id == draft.answers_id


def test_a_recheck_that_a_limit_ends_is_gone_on_with(
    x: XServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rechecking, "_AT_ONCE", 2)
    for number in range(6):
        x.put(f"@acme_jp 割れていました {number}")
    steps.poll("x")
    x.limits["lookup"] = 1
    with clock(MADE + 19 * HOUR, x):
        assert rechecking.run().asked == 0
    asked: list[int] = []
    for run in range(4):
        with clock(MADE + (20 + run) * HOUR, x):
            asked.append(rechecking.run().asked)
    assert asked == [2, 2, 2, 0]
    x.posts.clear()
    with clock(MADE + 40 * HOUR, x):
        assert rechecking.run().erased == 2
    first = m.Message.objects.order_by("pk")[:2]
    assert all(row.erased_at for row in first)
