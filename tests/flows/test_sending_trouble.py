"""Trouble of an account is told, stops that account alone, and costs no reply."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from casebook import models as m
from casebook import moves, outgoing
from casebook.clock import frozen
from casebook.errors import IllegalMove
from casebook.outbound import Outbound, Sent
from casebook.types import Visibility
from connectors.x import XAccount
from desk.outbox import stuck
from flows import outbox
from flows.outbox import Summary
from tests.conftest import Configure
from tests.flows.outbox import (
    MADE,
    MINUTE,
    approved,
    came,
    clock,
    post,
    received,
    related,
    send,
    state,
)
from tests.sending_tables import smtp_tables, x_table
from tests.smtp_server import Fault, SmtpServer
from tests.x_server import XServer

pytestmark = pytest.mark.django_db(transaction=True)
LATER = MADE + MINUTE


def reasons(draft: m.Draft) -> list[str]:
    return list(draft.alerts.order_by("pk").values_list("reason", flat=True))


def run(x: XServer, minutes: int) -> Summary:
    """One run so many minutes after the approval."""
    with clock(MADE + timedelta(minutes=minutes), x):
        return send()


def test_a_certificate_that_is_not_trusted_pauses_the_account_and_fails_nothing(
    mail: SmtpServer, configure: Configure
) -> None:
    drafts = [approved() for _ in range(3)]
    with SmtpServer() as other:
        configure(smtp_tables(mail).replace(str(mail.ca_file), str(other.ca_file)))
        done = send(LATER)
    assert (done.failed, done.later) == (0, 1)
    assert {state(draft) for draft in drafts} == {"approved"}
    row = m.Sender.objects.get()
    assert (row.paused, row.error_code) == (True, "bad_certificate")
    assert m.Alert.objects.get().reason == "paused"
    configure(smtp_tables(mail))
    moves.resume_sender("desk", "aki")
    assert send(LATER + MINUTE).sent == 3
    assert not m.Alert.objects.exists()


@pytest.mark.parametrize("answer", ["550 5.7.1 No such right", "554 5.7.0 No"])
def test_a_sender_that_is_refused_pauses_the_account(mail: SmtpServer, answer: str) -> None:
    drafts = [approved() for _ in range(2)]
    mail.faults["mail"] = answer
    assert send(LATER).failed == 0
    assert {state(draft) for draft in drafts} == {"approved"}
    assert m.Sender.objects.get().paused


def test_used_up_credit_pauses_the_account_and_each_pause_is_told(x: XServer) -> None:
    draft, other = post(x), post(x)
    for minutes in (1, 3):
        x.faults.append(402)
        assert run(x, minutes).failed == 0
        assert {state(draft), state(other)} == {"approved"}
        assert m.Sender.objects.get().paused
        told = m.Alert.objects.get()
        assert told.reason == "paused"
        assert told.opened_at == MADE + timedelta(minutes=minutes)
        moves.resume_sender("x", "aki")
    assert run(x, 5).sent == 2


def test_answers_that_get_lost_one_after_another_let_the_way_rest(mail: SmtpServer) -> None:
    drafts = [approved() for _ in range(8)]
    mail.faults["dot"] = Fault.SILENCE
    assert send(LATER).unsure == 3
    assert send(LATER + 5 * MINUTE).unsure == 0
    assert send(LATER + 16 * MINUTE).unsure == 3
    mail.faults.clear()
    assert send(LATER + 40 * MINUTE).sent == 2
    assert [state(draft) for draft in drafts] == ["needs_check"] * 6 + ["sent"] * 2


def test_what_did_not_arrive_after_a_lost_answer_waits_longer_each_time(x: XServer) -> None:
    draft = post(x)
    for minutes in range(1, 61):
        x.faults.extend([503] if state(draft) == "approved" else [])
        run(x, minutes)
        x.faults.clear()
    assert 2 <= draft.tries.count() <= 8
    assert x.posted == []


def test_a_second_doubt_about_a_reply_is_told_too(mail: SmtpServer) -> None:
    draft = approved()
    mail.faults["taken"] = Fault.DROP
    send(LATER)
    send(LATER + 2 * MINUTE)
    first = draft.alerts.get()
    with frozen(LATER + 3 * MINUTE):
        moves.released(draft.pk, "", "looked", who="aki")
    assert reasons(draft) == []
    send(LATER + 4 * MINUTE)
    send(LATER + 6 * MINUTE)
    second = draft.alerts.get()
    assert (first.reason, second.reason) == ("needs_check", "needs_check")
    assert second.opened_at > first.opened_at
    assert second.addressed_at is not None
    moves.sent(draft.pk, "aki", LATER)
    assert reasons(draft) == []


def test_a_doubt_that_nobody_can_settle_for_an_hour_is_told(x: XServer) -> None:
    draft = post(x)
    x.faults.append("drop")
    run(x, 1)
    x.fault = 503
    for minutes in (2, 10, 30, 59):
        run(x, minutes)
        assert reasons(draft) == []
    run(x, 120)
    assert (state(draft), reasons(draft)) == ("needs_check", ["needs_check"])


def test_a_lookup_that_is_locked_out_is_told_at_once(x: XServer) -> None:
    draft = post(x)
    x.faults.append("drop")
    run(x, 1)
    x.fault = 401
    run(x, 3)
    assert m.Sender.objects.get().paused
    assert reasons(draft) == ["paused"]
    run(x, 70)
    assert set(reasons(draft)) == {"paused", "needs_check"}


def test_a_mailbox_that_is_closed_does_not_stop_the_account_that_sends(
    mail: SmtpServer, configure: Configure
) -> None:
    table = smtp_tables(mail).replace('sender = "', 'sent_folder = "box/Sent"\nsender = "')
    configure(table.replace('tls = "none"', 'tls = "tls"\nca_file = "none.pem"'))
    draft, other = approved(), approved(body="other")
    mail.faults["taken"] = Fault.DROP
    send(LATER)
    mail.faults.clear()
    send(LATER + 2 * MINUTE)
    assert state(draft) == "needs_check"
    assert not m.Sender.objects.get().paused
    assert state(other) == "needs_check"
    assert reasons(draft) == reasons(other) == ["needs_check"]


@pytest.mark.parametrize(
    ("before", "after"),
    [('name = "x"', 'name = "y"'), ("[[sources]]", "[[sources]]\nenabled = false")],
)
def test_what_an_account_left_that_is_no_more_is_told(
    x: XServer, configure: Configure, before: str, after: str
) -> None:
    draft, doubtful = post(x), post(x)
    with clock(LATER, x):
        assert moves.claim(draft.pk, outgoing.Way("x"))
        assert moves.claim(doubtful.pk, outgoing.Way("x"))
        moves.unsure(doubtful.pk, "lost", "lost")
    configure(x_table(x).replace(before, after))
    with clock(LATER + 16 * MINUTE, x):
        assert stuck()
        send()
    for one in (draft, doubtful):
        assert (state(one), reasons(one)) == ("needs_check", ["needs_check"])
        assert "x" in one.error


def test_what_an_account_left_that_cannot_be_opened_is_told(
    x: XServer, configure: Configure
) -> None:
    draft = post(x)
    with clock(LATER, x):
        assert moves.claim(draft.pk, outgoing.Way("x"))
    configure(x_table(x).replace("timeout = 1", 'timeout = "long"'))
    with clock(LATER + 16 * MINUTE, x):
        assert "x" in send().troubles
    assert (state(draft), reasons(draft)) == ("needs_check", ["needs_check"])


def test_what_is_sent_for_too_long_is_shown_before_a_run_finds_it(mail: SmtpServer) -> None:
    draft = approved()
    with frozen(LATER):
        assert moves.claim(draft.pk, outgoing.Way("desk"))
        assert stuck() == []
    with frozen(LATER + 16 * MINUTE):
        assert "1" in stuck()[0]


def test_a_limit_of_one_way_outlives_the_success_of_the_other(x: XServer) -> None:
    x.put_dm("DM です")
    dm = came("x", external_id="dm:1", author="2000")
    dm = replace(dm, visibility=Visibility.PRIVATE)
    calm = approved("x", found=dm, body="DM")
    public = post(x, severity=3)
    x.faults.append(429)
    with clock(LATER, x):
        done = send()
    assert (done.sent, done.later) == (1, 1)
    assert (state(public), state(calm)) == ("approved", "sent")
    row = m.Sender.objects.get()
    assert list(row.not_before) == ["public"]
    assert row.error_code == "rate_limited"
    asked = len(x.requests)
    m.Draft.objects.filter(pk=public.pk).update(not_before=None)
    run(x, 2)
    assert len(x.requests) == asked
    assert run(x, 18).sent == 1
    row.refresh_from_db()
    assert (row.not_before, row.error_code) == ({}, "")


def test_a_fault_in_one_lookup_stops_nobody_else(
    x: XServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Odd(XAccount):
        def find_sent(self, outbound: Outbound) -> Sent | None:
            raise LookupError(outbound.body)

    monkeypatch.setattr("connectors.x.XAccount", Odd)
    doubtful, other = post(x), post(x)
    with clock(LATER, x):
        assert moves.claim(doubtful.pk, outgoing.Way("x"))
        moves.unsure(doubtful.pk, "lost", "lost")
        assert send().sent == 1
    assert state(other) == "sent"
    assert (state(doubtful), reasons(doubtful)) == ("needs_check", ["needs_check"])
    assert "LookupError" in doubtful.error
    assert "届きません" not in doubtful.error
    assert doubtful.not_before == LATER + timedelta(hours=1)


def test_many_replies_that_wait_starve_no_other_account_and_no_other_reply(
    mail: SmtpServer, configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "MOST", 2)
    with XServer() as server:
        server.now = MADE
        configure(smtp_tables(mail, x_table(server)))
        moves.pause_sender("x", "aki")
        for _ in range(3):
            post(server, severity=3)
        late = [approved(severity=3) for _ in range(3)]
        for draft in late:
            m.Draft.objects.filter(pk=draft.pk).update(not_before=MADE + timedelta(hours=1))
        plain = approved()
        assert send(LATER).sent == 1
    assert state(plain) == "sent"


def test_a_person_cannot_release_or_settle_what_is_being_sent(mail: SmtpServer) -> None:
    draft = approved()
    with frozen(LATER):
        assert moves.claim(draft.pk, outgoing.Way("desk"))
        for decide in (
            lambda: moves.released(draft.pk, "", "looked", who="aki"),
            lambda: moves.sent(draft.pk, "aki", LATER),
        ):
            with pytest.raises(IllegalMove):
                decide()
    assert state(draft) == "sending"


def test_a_process_that_was_overtaken_takes_nothing_from_the_next(mail: SmtpServer) -> None:
    draft = approved()
    with frozen(LATER):
        old = moves.claim(draft.pk, outgoing.Way("desk"))
        assert old is not None
        moves.unsure(draft.pk, "", "lost", claimed=old.claimed_at)
        moves.released(draft.pk, "", "looked", who="aki")
    with frozen(LATER + MINUTE):
        assert moves.claim(draft.pk, outgoing.Way("desk"))
        for tell in (moves.released, moves.failed, moves.unsure):
            with pytest.raises(IllegalMove):
                tell(draft.pk, "", "late", claimed=old.claimed_at)
    assert state(draft) == "sending"


def test_a_reply_to_what_came_from_no_source_leaves_where_the_customer_wrote(
    mail: SmtpServer,
) -> None:
    draft = approved()
    m.Draft.objects.filter(pk=draft.pk).update(state="superseded")
    (key,) = received("box", came(new_text="まだですか"))
    related(key, draft.case_id)
    m.Message.objects.filter(pk=key).update(source=None)
    m.Draft.objects.filter(pk=draft.pk).update(state="approved", answers=key)
    assert [one.pk for one in outgoing.ready(["box"], 10)] == [draft.pk]
    assert outgoing.ready(["other"], 10) == []
    assert outgoing.any_ready(["box"])
