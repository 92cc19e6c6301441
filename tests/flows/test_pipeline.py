"""The way of a mail from a real mailbox to the queue."""

from __future__ import annotations

import logging
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

import pytest
from django.db import connections

from casebook import models as m
from casebook import moves, reading
from casebook.clock import now
from casebook.config import settings
from casebook.locks import exclusive
from casebook.types import Channel, Visibility
from flows import pipeline, steps
from flows.terminal import each_directly
from tests.casebook.test_moves import inbound, received
from tests.conftest import Configure
from tests.flows.conftest import imap_table
from tests.mails import made_mails
from tests.services import Dovecot

pytestmark = pytest.mark.django_db(transaction=True)

SAMPLES = Path(__file__).parents[2] / "samples" / "inbox"
Mailbox = tuple[Dovecot, str]


def intake(*, due_only: bool = False) -> pipeline.Summary:
    return pipeline.run(each_directly, due_only=due_only)


def states() -> Counter[str]:
    return Counter(m.Message.objects.values_list("state", flat=True))


def test_the_samples_become_a_queue_of_drafts(mailbox: Mailbox) -> None:
    server, user = mailbox
    for path in sorted(SAMPLES.glob("*.eml")):
        server.deliver(user, path.read_bytes())
    summary = intake()
    assert (summary.new, summary.failed, summary.quarantined) == (40, {}, 0)
    # An auto-reply, a newsletter and a bounce by their headers, one spam by its words.
    assert states() == {"answered": 36, "ignored": 4}
    drafts = reading.queue()
    assert len(drafts) == summary.drafts == m.Case.objects.exclude(state="closed").count()
    assert not any(finding["blocking"] for draft in drafts for finding in draft.findings)
    assert [draft.answers.triage.severity for draft in drafts] == sorted(
        (draft.answers.triage.severity for draft in drafts), reverse=True
    )
    threat = m.Draft.objects.get(answers__author="q8823k@example.org")
    assert "申し訳" not in reading.wording(threat).body
    resend = m.Message.objects.filter(relation__kind="duplicate")
    assert {row.case_id for row in resend} <= set(
        m.Message.objects.filter(relation__kind="new").values_list("case", flat=True)
    )
    for draft in drafts:
        version = reading.wording(draft)
        assert draft.case.receipt in version.body
        assert draft.due is None or draft.due > now()


def test_behind_a_public_reply_a_private_message_is_ready(mailbox: Mailbox) -> None:
    text = "届いたお皿が割れていました。どうなっているのですか。"
    post = inbound(subject="", text=text, new_text=text, sent_at=now())
    received(replace(post, channel=Channel.X, visibility=Visibility.PUBLIC))
    assert intake().drafts == 1
    draft = m.Draft.objects.get()
    version = reading.wording(draft)
    assert draft.visibility == "public"
    assert draft.case.receipt in version.private_body
    assert len(version.private_body) > len(version.body)


def test_a_second_intake_and_a_rebuilt_mailbox_add_nothing(mailbox: Mailbox) -> None:
    server, user = mailbox
    for mail in made_mails(30):
        server.deliver(user, mail)
    assert intake().new == 30
    before = server.uid_validity(user)
    assert (intake().seen, m.Message.objects.count()) == (0, 30)
    server.rebuild(user)
    assert server.uid_validity(user) != before
    again = intake()
    assert (again.seen, again.new, again.drafts) == (30, 0, 0)
    assert m.Draft.objects.count() == 30


def test_one_mail_in_two_mailboxes_is_one_message(mailbox: Mailbox, configure: Configure) -> None:
    server, user = mailbox
    other = f"{user}-other"
    configure(imap_table(server, "box", user) + imap_table(server, "second", other))
    for mail in made_mails(20):
        server.deliver(user, mail)
        server.deliver(other, mail)
    summary = intake()
    assert (summary.polled, summary.seen, summary.new) == (2, 40, 20)
    assert m.Draft.objects.filter(state="pending").count() == 20


def test_one_bad_message_stops_nobody_and_ends_in_quarantine(mailbox: Mailbox) -> None:
    server, user = mailbox
    for mail in made_mails(6):
        server.deliver(user, mail)
    steps.poll("box")
    bad = m.Message.objects.order_by("pk")[2]
    # A relation that should not be there yet: the database refuses the second one.
    m.Relation.objects.create(message=bad, kind="new")
    assert intake().drafts == 5
    assert states() == {"answered": 5, "received": 1}
    intake()
    assert intake().quarantined == 1
    bad.refresh_from_db()
    assert bad.state == "quarantined"
    assert bad.error.startswith("relate: IntegrityError")
    assert states() == {"answered": 5, "quarantined": 1}


def test_a_source_in_trouble_hinders_no_other_and_is_told_once(
    mailbox: Mailbox, configure: Configure, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    server, user = mailbox
    wrong = imap_table(server, "wrong", "someone").replace("BOX_PASSWORD", "WRONG_PASSWORD")
    configure(imap_table(server, "box", user) + wrong)
    monkeypatch.setenv("WRONG_PASSWORD", "secret-guess")
    server.deliver(user, made_mails(1)[0])
    caplog.set_level(logging.WARNING, "madoguchi.intake")
    for _ in range(3):
        summary = intake()
    assert list(summary.failed) == ["wrong"]
    told = [record for record in caplog.records if record.message.startswith("wrong:")]
    assert len(told) == 1
    assert "secret-guess" not in caplog.text
    row = m.Source.objects.get(name="wrong")
    assert (row.error_code, row.failures) == ("wrong_password", 3)
    assert row.error_since is not None
    assert row.not_before is not None
    assert row.not_before > now()
    assert "wrong" not in reading.due(settings().sources, now())
    assert m.Draft.objects.count() == 1


def test_a_follow_up_supersedes_the_pending_draft(mailbox: Mailbox) -> None:
    server, user = mailbox
    first, second = sorted(SAMPLES.glob("03-*.eml")) + sorted(SAMPLES.glob("15-*.eml"))
    server.deliver(user, first.read_bytes())
    intake()
    server.deliver(user, second.read_bytes())
    intake()
    case = m.Case.objects.get()
    assert Counter(case.drafts.values_list("state", flat=True)) == {"superseded": 1, "pending": 1}
    assert m.Relation.objects.get(message__case=case, kind="follow-up").evidence


def test_two_intakes_never_run_at_once(mailbox: Mailbox) -> None:
    def elsewhere() -> object:
        try:
            return pipeline.run(each_directly, due_only=False)
        except pipeline.AlreadyRunning as error:
            return error
        finally:
            connections.close_all()

    with exclusive("intake") as held, ThreadPoolExecutor() as pool:
        assert held
        assert isinstance(pool.submit(elsewhere).result(), pipeline.AlreadyRunning)
    assert intake().polled == 1


def test_a_run_looks_only_at_what_is_due(mailbox: Mailbox) -> None:
    assert intake(due_only=True).polled == 1
    assert intake(due_only=True).polled == 0


def test_a_follow_up_does_not_make_a_crisis_small(mailbox: Mailbox) -> None:
    server, user = mailbox
    first = mail("<one@x>", "ケトルでやけどをしました", "ふたが外れて、手にやけどをしました。")
    server.deliver(user, first)
    intake()
    due = m.Draft.objects.get(state="pending").due
    server.deliver(user, mail("<two@x>", "電話について", "夜だけ出られますか。", "<one@x>"))
    intake()
    draft = m.Draft.objects.get(state="pending")
    assert (draft.severity, draft.answers.triage.severity) == (3, 0)
    assert draft.due is not None
    assert due is not None
    assert draft.due <= due
    assert "責任者" in reading.wording(draft).body
    assert reading.queue()[0] == draft


def test_a_complaint_said_again_after_its_draft_was_rejected_is_drafted_again(
    mailbox: Mailbox,
) -> None:
    server, user = mailbox
    words = "注文番号 MD-1000037 の炊飯器が届きません。いつ届くのか、至急お知らせください。"
    for number in ("<a@x>", "<b@x>"):
        server.deliver(user, mail(number, "届きません", words))
        intake()
        if number == "<a@x>":
            moves.reject(m.Draft.objects.get().pk, "aki", "called")
    assert m.Relation.objects.filter(kind="duplicate").count() == 1
    assert m.Draft.objects.filter(state="pending").count() == 1


@pytest.mark.parametrize(("more", "superseded"), [("", 0), ("煙が出て、手にやけどをしました。", 1)])
def test_a_repetition_supersedes_the_pending_draft_where_it_is_graver(
    mailbox: Mailbox, more: str, superseded: int
) -> None:
    server, user = mailbox
    words = "注文番号 MD-1000037 の炊飯器が壊れていて使えません。交換してください。"
    server.deliver(user, mail("<a@x>", "動きません", words))
    intake()
    server.deliver(user, mail("<b@x>", "動きません", f"再送します。{words}{more}"))
    intake()
    assert m.Relation.objects.filter(kind="duplicate").count() == 1
    assert m.Draft.objects.filter(state="superseded").count() == superseded
    assert m.Draft.objects.get(state="pending").severity == (3 if more else 1)


def test_voices_of_one_event_have_a_draft_each_and_people_are_told_once(
    mailbox: Mailbox, caplog: pytest.LogCaptureFixture
) -> None:
    server, user = mailbox
    for path in sorted(SAMPLES.glob("2[6-9]-internet-outage*.eml")):
        server.deliver(user, path.read_bytes())
    caplog.set_level(logging.WARNING, "madoguchi.intake")
    assert intake().drafts == 4
    incident = m.Incident.objects.get()
    assert incident.state == "alerted"
    assert incident.cases.count() >= 3
    told = [r for r in caplog.records if r.message.startswith(f"incident {incident.pk}: ")]
    assert len(told) == 1
    assert "桜見" not in caplog.text


def test_without_the_index_a_reply_is_drafted_all_the_same(
    mailbox: Mailbox, configure: Configure, caplog: pytest.LogCaptureFixture
) -> None:
    server, user = mailbox
    table = imap_table(server, "box", user)
    configure(f'[index]\nbackend = "server"\nurl = "http://127.0.0.1:9"\n{table}')
    server.deliver(user, made_mails(1)[0])
    assert intake().drafts == 1
    assert "drafting without similar cases" in caplog.text


def test_a_wrongly_configured_source_hinders_no_other(
    mailbox: Mailbox, configure: Configure
) -> None:
    server, user = mailbox
    wrong = imap_table(server, "wrong", "someone", 'patern = "x"')
    configure(wrong + imap_table(server, "box", user))
    server.deliver(user, made_mails(1)[0])
    summary = intake()
    assert summary.drafts == 1
    assert "patern" in summary.failed["wrong"]


def test_what_a_person_asks_for_is_answered(mailbox: Mailbox) -> None:
    server, user = mailbox
    newsletter = mail("<n@x>", "届きません", "商品が届きません。").replace(
        b"Subject:", b"List-Id: <news.example.net>\r\nSubject:", 1
    )
    server.deliver(user, newsletter)
    assert intake().drafts == 0
    moves.retry([m.Message.objects.get().pk], "aki")
    assert intake().drafts == 1


def test_after_a_threat_nobody_apologises_to_a_polite_question(mailbox: Mailbox) -> None:
    server, user = mailbox
    threat = "5万円払わなければ、お前の店の悪い口コミをばらまいてやる。"
    server.deliver(user, mail("<one@x>", "口コミ", threat))
    intake()
    assert m.Draft.objects.get().answers.triage.conduct == "threat"
    server.deliver(user, mail("<two@x>", "口コミ", "商品も壊れていましたが。", "<one@x>"))
    intake()
    draft = m.Draft.objects.get(state="pending")
    assert draft.answers.triage.conduct == "ordinary"
    assert "申し訳" not in reading.wording(draft).body


def mail(message_id: str, subject: str, text: str, answers: str = "") -> bytes:
    made = EmailMessage()
    made["From"] = "客 <kyaku@example.net>"
    made["To"] = "support@example.jp"
    made["Date"] = format_datetime(now())
    made["Message-ID"] = message_id
    made["Subject"] = subject
    if answers:
        made["In-Reply-To"] = answers
    made.set_content(text)
    return made.as_bytes().replace(b"\n", b"\r\n")


def test_what_nobody_can_answer_gets_no_draft(mailbox: Mailbox) -> None:
    server, user = mailbox
    server.deliver(user, b"\x00\xffrubbish")
    assert intake().drafts == 0
    assert states() == {"ignored": 1}
    assert m.AuditLine.objects.get(after="ignored").note == "no sender"
