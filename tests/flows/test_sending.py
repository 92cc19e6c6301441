"""Approved replies leave through real servers: at most once, as approved, and nothing is lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from django.db import connections

from casebook import models as m
from casebook import moves, outgoing
from casebook.clock import frozen
from casebook.config import PAGES, settings
from casebook.errors import IllegalMove
from casebook.policy import load_policy
from casebook.types import Channel, Flags, Visibility
from connectors.registry import answering, open_sender
from flows import alerting, outbox
from tests.casebook.test_moves import inbound
from tests.conftest import Configure
from tests.flows.conftest import target
from tests.flows.outbox import (
    MADE,
    MINUTE,
    approved,
    came,
    clock,
    drafted,
    folder_texts,
    post,
    received,
    related,
    send,
    state,
)
from tests.receivers import hook
from tests.sending_tables import smtp_sender, smtp_tables, x_table
from tests.smtp_server import Fault, SmtpServer, Stage
from tests.x_server import XServer

pytestmark = pytest.mark.django_db(transaction=True)
LATER = MADE + MINUTE


def text_of(letter: EmailMessage) -> str:
    body = letter.get_body()
    assert body is not None
    return str(body.get_content())


def test_a_reply_leaves_once_as_approved_after_the_time_to_undo(mail: SmtpServer) -> None:
    draft = approved(body="お調べいたします。")
    assert len(draft.identity) == 32
    assert send(MADE + timedelta(seconds=29)).sent == 0
    assert send(MADE + timedelta(seconds=30)).sent == 1
    assert send(LATER).sent == 0
    (found,) = mail.mails
    letter = message_from_bytes(found.content, policy=policy.default)
    assert letter["Message-ID"] == f"<{draft.identity}@example.jp>"
    assert letter["Reply-To"] == f"support+{draft.case.receipt}@example.jp"
    assert "お調べいたします。" in text_of(letter)
    draft.refresh_from_db()
    assert (draft.state, draft.sender) == ("sent", "desk")
    row = m.Message.objects.get(identity=f"draft:{draft.pk}")
    assert row.message_id == f"{draft.identity}@example.jp"
    assert draft.case.messages.count() == 2
    assert m.Case.objects.get().state == "waiting"


@pytest.mark.parametrize("page", PAGES)
def test_what_came_by_a_page_of_ours_is_answered_by_mail(mail: SmtpServer, page: str) -> None:
    found = inbound(channel=Channel.FORM, author="hanako@example.jp", external_id="key")
    draft = approved(page, found=found)
    assert send(LATER).sent == 1
    (taken,) = mail.mails
    assert taken.recipients == ("hanako@example.jp",)
    assert state(draft) == "sent"


def test_another_sender_may_answer_a_page_of_ours(mail: SmtpServer, configure: Configure) -> None:
    with SmtpServer() as other:
        more = smtp_sender(other).replace('"desk"', '"web"').replace('"box"', '"desk:form"')
        configure(smtp_tables(mail, more))
        assert {name: one.name for name, one in answering(settings()).items()} == {
            "box": "desk", "desk:api": "desk", "desk:form": "web",
        }  # fmt: skip


def test_an_approval_can_be_taken_back_until_it_leaves(mail: SmtpServer) -> None:
    draft = approved(due=MADE + timedelta(hours=3))
    moves.take_back(draft.pk, "aki")
    assert send(LATER).sent == 0
    assert not m.Promise.objects.exists()
    moves.approve(draft.pk, "aki")
    assert send(MADE + MINUTE).sent == 1
    with pytest.raises(IllegalMove):
        moves.take_back(draft.pk, "aki")


def test_the_kill_switch_stops_everything_at_once(mail: SmtpServer) -> None:
    draft = approved()
    moves.pause_all("aki")
    assert send(LATER).sent == 0
    with frozen(LATER):
        assert moves.claim(draft.pk, outgoing.Way("desk")) is None
    moves.resume_all("aki")
    moves.pause_sender("desk", "aki")
    assert send(LATER).sent == 0
    moves.resume_sender("desk", "aki")
    assert send(LATER).sent == 1
    told = m.AuditLine.objects.filter(thing="outgoing").values_list("what", flat=True)
    assert list(told) == ["outgoing.paused", "outgoing.resumed"]


def test_a_crisis_leaves_first_then_what_is_due_first(mail: SmtpServer) -> None:
    calm = approved(body="calm")
    late = approved(body="late", due=MADE + timedelta(hours=8))
    soon = approved(body="soon", due=MADE + timedelta(hours=2))
    crisis = approved(body="crisis", severity=3)
    send(LATER)
    order = [outgoing_text(mail, n) for n in range(4)]
    assert order == ["crisis", "soon", "late", "calm"]
    assert {state(one) for one in (calm, late, soon, crisis)} == {"sent"}


def outgoing_text(mail: SmtpServer, number: int) -> str:
    letter = message_from_bytes(mail.mails[number].content, policy=policy.default)
    return text_of(letter).split()[0]


@pytest.mark.parametrize(
    ("stage", "fault"),
    [("mail", "451 4.7.1 Later"), ("connect", Fault.DROP), ("dot", "452 4 full")],
)
def test_what_did_not_arrive_is_tried_again_with_backoff(
    mail: SmtpServer, stage: Stage, fault: str | Fault
) -> None:
    draft = approved()
    mail.faults[stage] = fault
    assert send(LATER).later == 1
    draft.refresh_from_db()
    assert draft.state == "approved"
    assert draft.error
    assert draft.not_before is not None
    assert timedelta(seconds=30) <= draft.not_before - LATER <= timedelta(minutes=5)
    mail.faults.clear()
    assert send(LATER + timedelta(seconds=20)).sent == 0
    assert send(LATER + 6 * MINUTE).sent == 1
    assert draft.tries.count() == 2
    assert len(mail.mails) == 1
    assert m.Sender.objects.get().error == ""


def test_what_cannot_leave_in_time_is_told_to_the_owner(
    mail: SmtpServer, configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    with hook() as lead:
        monkeypatch.setenv("LEAD_URL", lead.url)
        configure(smtp_tables(mail, target("lead", "lead")))
        draft = approved(due=MADE + timedelta(minutes=5))
        mail.faults["mail"] = "451 4.7.1 Later"
        at = LATER
        while state(draft) == "approved":
            send(at)
            at += timedelta(seconds=45)
        assert state(draft) == "failed"
        assert at < MADE + timedelta(minutes=5)
        (told,) = lead.received
        assert draft.case.receipt in told["title"]
        assert "451 4.7.1" in told["message"]
    mail.faults.clear()
    with frozen(at):
        moves.released(draft.pk, "", "again", who="aki")
    assert send(at).sent == 1


def test_what_is_sent_again_keeps_its_name_and_is_looked_for_from_the_first_try_on(
    mail: SmtpServer,
) -> None:
    draft = approved(due=MADE + timedelta(hours=8))
    mail.faults["rcpt"] = "550 5.1.1 No such user"
    assert send(LATER).failed == 1
    again = LATER + timedelta(hours=2)
    with frozen(again):
        moves.released(draft.pk, "", "again", who="aki")
        with pytest.raises(IllegalMove):
            moves.take_back(draft.pk, "aki")
        claimed = moves.claim(draft.pk, outgoing.Way("desk"))
        assert claimed is not None
        assert claimed.identity == draft.identity
        assert outgoing.outbound(claimed, claimed.answers).begun_at == LATER
        assert outgoing.try_until(claimed, 24) == MADE + timedelta(hours=8)


def test_without_a_promise_it_is_tried_for_a_day(mail: SmtpServer) -> None:
    draft = approved()
    mail.faults["mail"] = "451 4.7.1 Later"
    at = LATER
    while state(draft) == "approved" and at < MADE + timedelta(days=3):
        send(at)
        at += timedelta(minutes=30)
    assert state(draft) == "failed"
    assert timedelta(hours=22) < at - MADE < timedelta(hours=26)


def test_what_the_server_refuses_for_good_is_told(mail: SmtpServer) -> None:
    draft = approved()
    mail.faults["rcpt"] = "550 5.1.1 No such user"
    assert send(LATER).failed == 1
    assert state(draft) == "failed"
    assert m.Alert.objects.get().reason == "not_sent"
    assert send(LATER + timedelta(days=1)).sent == 0


def test_a_refused_login_pauses_the_account_and_loses_nothing(
    mail: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMTP_PASSWORD", "wrong")
    one, two = approved(), approved()
    assert "desk" in send(LATER).troubles
    assert {state(one), state(two)} == {"approved"}
    row = m.Sender.objects.get()
    assert row.paused
    assert row.error
    assert mail.commands.count("AUTH PLAIN") + mail.commands.count("AUTH LOGIN") == 1
    send(LATER + MINUTE)
    assert len([one for one in mail.commands if one.startswith("AUTH")]) == 1
    monkeypatch.setenv("SMTP_PASSWORD", mail.password)
    moves.resume_sender("desk", "aki")
    assert send(LATER + MINUTE).sent == 2


def test_a_lost_answer_waits_for_a_person_where_nobody_can_be_asked(mail: SmtpServer) -> None:
    there, gone = approved(), approved()
    mail.faults["taken"] = Fault.DROP
    assert send(LATER).unsure == 2
    mail.faults.clear()
    send(LATER + 5 * MINUTE)
    assert {state(there), state(gone)} == {"needs_check"}
    assert set(m.Alert.objects.values_list("reason", flat=True)) == {"needs_check"}
    with frozen(LATER + 6 * MINUTE):
        moves.sent(there.pk, "aki", LATER)
        moves.released(gone.pk, "", "looked", who="aki")
    assert send(LATER + 7 * MINUTE).sent == 1
    assert {state(there), state(gone)} == {"sent"}
    assert len(mail.mails) == 3


@pytest.mark.parametrize("fault", ["drop", 503])
def test_a_lost_answer_of_x_is_looked_up(x: XServer, fault: int | str) -> None:
    draft = post(x)
    x.faults.append(fault)
    with clock(LATER, x):
        assert send().unsure == 1
    with clock(LATER + 2 * MINUTE, x):
        send()
    with clock(LATER + 4 * MINUTE, x):
        send()
    assert state(draft) == "sent"
    assert draft.permalink.startswith("https://x.com/acme_jp/status/")
    assert len(x.posted) == 1


def test_a_process_killed_between_claim_and_record_is_never_followed_blindly(x: XServer) -> None:
    there, gone = post(x), post(x)
    with clock(LATER, x):
        for draft in (there, gone):
            claimed = moves.claim(draft.pk, outgoing.Way("x"))
            assert claimed is not None
        found = outgoing.outbound(m.Draft.objects.get(pk=there.pk), there.answers)
        open_sender(answering(settings())["x"]).send(found)
        assert send().sent == 0
    with clock(LATER + 10 * MINUTE, x):
        assert send().sent == 0
        assert {state(there), state(gone)} == {"sending"}
    with clock(LATER + 16 * MINUTE, x):
        assert send().sent == 1
    with clock(LATER + 18 * MINUTE, x):
        assert send().sent == 1
    assert {state(there), state(gone)} == {"sent"}
    assert len(x.posted) == 2


def test_a_draft_that_the_customer_overtook_goes_back_to_the_queue(mail: SmtpServer) -> None:
    draft = approved()
    with frozen(MADE + timedelta(seconds=10)):
        (key,) = received("box", came(new_text="やはり結構です"))
        related(key, draft.case_id)
    assert send(LATER).queued == 1
    assert state(draft) == "superseded"
    again = m.Draft.objects.get(state="pending")
    assert again.findings[0]["code"] == "moved_on"
    assert again.versions.get().body == draft.versions.get().body
    assert mail.mails == []


def test_a_time_that_has_passed_is_not_sent(mail: SmtpServer) -> None:
    draft = approved(due=MADE + timedelta(hours=1))
    assert send(MADE + timedelta(hours=2)).queued == 1
    assert state(draft) == "superseded"
    assert m.Draft.objects.get(state="pending").findings[0]["code"] == "time_passed"


def test_who_opted_out_gets_no_private_message(x: XServer) -> None:
    found = came("x", author="2000", external_id="dm:1", flags=Flags(opt_out=True))
    received("x", found)
    draft = post(x, visibility=Visibility.PRIVATE)
    with clock(LATER, x):
        assert send().failed == 1
    draft.refresh_from_db()
    assert (draft.state, draft.error_code) == ("failed", "opted_out")
    assert x.posted == []


def test_a_private_message_needs_that_the_customer_wrote_first(x: XServer) -> None:
    draft = post(x, visibility=Visibility.PRIVATE)
    with clock(LATER, x):
        assert send().failed == 1
    draft.refresh_from_db()
    assert draft.error_code == "no_contact"


def test_what_is_too_long_is_told_before_anything_is_sent(x: XServer) -> None:
    number = str(x.put("@acme_jp 届きません"))
    draft = approved("x", found=came("x", external_id=number, author="2000"), body="あ" * 141)
    with clock(LATER, x):
        assert send().failed == 1
    draft.refresh_from_db()
    assert draft.error_code == "too_long"
    assert "282" in draft.error
    assert "280" in draft.error


def test_the_pace_of_an_account_is_kept_over_runs(x: XServer) -> None:
    x.put_dm("DM です")
    for _ in range(17):
        dm = came("x", external_id="dm:1", author="2000")
        approved("x", found=dm, visibility=Visibility.PRIVATE)
    with clock(LATER, x):
        assert send().sent == 0  # nobody wrote privately yet, as the record has it
    m.Draft.objects.update(state="approved", error_code="", error="")
    m.Message.objects.update(visibility="private")
    with clock(LATER, x):
        assert send().sent == 15
    with clock(LATER + 14 * MINUTE, x):
        assert send().sent == 0
    with clock(LATER + 16 * MINUTE, x):
        assert send().sent == 2
    assert [one.status for one in x.requests if one.method == "POST"] == [201] * 17


def test_a_limit_of_the_service_is_obeyed(x: XServer) -> None:
    draft, other = post(x), post(x)
    x.faults.append(429)
    with clock(LATER, x):
        assert send().later == 1
    with clock(LATER + 2 * MINUTE, x):
        assert send().sent == 0
    with clock(LATER + 16 * MINUTE, x):
        assert send().sent == 2
    assert {state(draft), state(other)} == {"sent"}


def test_nothing_is_posted_at_night_but_a_crisis(
    x: XServer, configure: Configure, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "night.toml").write_text(
        'extends = "default"\n[sending]\nquiet = ["22:00-07:00"]\n', encoding="utf-8"
    )
    monkeypatch.setenv("MADOGUCHI_POLICY", "night.toml")
    configure(x_table(x))
    night = MADE + timedelta(hours=13)
    with clock(night, x):
        calm, crisis = post(x), post(x, severity=3)
    with clock(night + MINUTE, x):
        assert send().sent == 1
    assert (state(calm), state(crisis)) == ("approved", "sent")
    with clock(MADE + timedelta(hours=21, minutes=1), x):
        assert send().sent == 1


def test_a_dry_run_writes_a_folder_and_leaves_all_as_it_is(
    mail: SmtpServer, tmp_path: Path
) -> None:
    draft = approved(body="お調べいたします。")
    assert outbox.dry_run(str(tmp_path / "out")) == 1
    (text,) = folder_texts(tmp_path / "out")
    assert "account: desk\n" in text
    assert text.endswith("\n\nお調べいたします。")
    assert mail.mails == []
    assert state(draft) == "approved"
    assert not m.Sender.objects.exists()


def test_an_alert_of_a_reply_is_told_in_words(mail: SmtpServer) -> None:
    mail.faults["rcpt"] = "550 5.1.1 No such user"
    draft = approved()
    send(LATER)
    title, body = alerting.text(m.Alert.objects.get(), load_policy("default"))
    assert title == f"[Reply not sent] {draft.case.receipt}"
    assert "Why: " in body
    assert "届きません" not in body


def test_drafts_without_an_account_wait(mail: SmtpServer) -> None:
    draft = drafted("elsewhere", came())
    moves.approve(draft.pk, "aki")
    assert send(LATER).waiting == 1
    assert state(draft) == "approved"


def test_of_many_that_claim_a_reply_one_gets_it(mail: SmtpServer) -> None:
    draft = approved()

    def claims() -> bool:
        try:
            with frozen(LATER):
                return moves.claim(draft.pk, outgoing.Way("desk")) is not None
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        got = [one.result() for one in [pool.submit(claims) for _ in range(16)]]
    assert got.count(True) == 1
    assert draft.tries.count() == 1


def test_side_by_side_runs_send_once(mail: SmtpServer) -> None:
    drafts = [approved() for _ in range(12)]

    def runs() -> int:
        try:
            return send(LATER).sent
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        counts = [one.result() for one in [pool.submit(runs) for _ in range(4)]]
    assert sum(counts) == len(mail.mails) == 12
    assert {state(draft) for draft in drafts} == {"sent"}
