"""Promises from the reply that makes them to their end, through the flow, with people told."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from casebook import models as m
from casebook import moves
from casebook.clock import frozen, now
from casebook.locks import exclusive
from casebook.policy import load_policy
from casebook.timing import Broken, Purpose
from casebook.types import (
    Channel,
    Conduct,
    Kind,
    Relation,
    RelationKind,
    Reply,
    Triage,
    Visibility,
)
from desk import promises as desk_promises
from flows import alerting, pipeline, promises, surviving
from flows.terminal import each_directly
from responders.calendar import calendar
from responders.due import say_due
from responders.times import promised
from tests.casebook.test_moves import inbound, received, related
from tests.conftest import Configure
from tests.flows.conftest import target
from tests.receivers import Hook, mail_drop

pytestmark = pytest.mark.django_db(transaction=True)

POLICY = load_policy("default")
MADE = datetime(2026, 11, 24, 9, tzinfo=POLICY.zone)
DUE = MADE + timedelta(hours=3)
"""Tuesday, 9 to 12 o'clock: three hours of business time."""
SOON, NOW, LATE = (MADE + timedelta(minutes=minutes) for minutes in (130, 165, 181))
JUDGED = Triage(Kind.COMPLAINT, 1, Conduct.ORDINARY, "ja")


def told(due: datetime = DUE, words: str = "届きません", triage: Triage = JUDGED) -> m.Promise:
    """A first reply that named a time and went out at MADE."""
    with frozen(MADE):
        (key,) = received(inbound(subject=words, new_text="山田太郎です。死ね"))
        related(key)
        case = m.Message.objects.get(pk=key).case
        assert case is not None
        body = f"{say_due(POLICY, due, 'ja')}にご連絡いたします。"
        reply = Reply(Channel.EMAIL, Visibility.PRIVATE, "ja", "Re: 届きません", body, due)
        (draft,) = moves.answer([moves.Answered(case.pk, {key: triage}, reply=reply)])
        moves.approve(draft, "aki")
        moves.sent(draft, "aki", now())
    return case.promises.get()


def writes_again(case: m.Case, words: str, at: datetime) -> m.Draft:
    """The draft that the customer's next message gets at this moment."""
    with frozen(at):
        (key,) = received(inbound(subject="Re: 届きません", text=words, new_text=words))
        relation = Relation(RelationKind.FOLLOW_UP, of_case=case.pk)
        moves.relate([moves.Related(key, relation, "ja", ())])
        pipeline.run(each_directly, due_only=False)
    return case.drafts.get(answers=key, purpose=Purpose.FIRST_REPLY)


def watched(at: datetime) -> promises.Summary:
    with frozen(at):
        return promises.watch()


def send(case: m.Case, purpose: Purpose, at: datetime) -> None:
    """A person's reply, approved and sent at this moment."""
    with frozen(at):
        reply = Reply(Channel.EMAIL, Visibility.PRIVATE, "ja", "Re: x", "返金いたしました。", None)
        draft = moves.write(case.pk, purpose, "aki", reply, ())
        moves.approve(draft.pk, "aki")
        moves.sent(draft.pk, "aki", now())


def test_a_promise_at_risk_is_told_once_at_each_threshold(lead: Hook) -> None:
    promise = told()
    assert watched(MADE + timedelta(minutes=120)).warned == 0
    assert lead.received == []
    summary = watched(SOON)
    assert (summary.warned, summary.alerts, summary.notices) == (1, 1, 0)
    assert watched(SOON + timedelta(minutes=5)).warned == 0
    (got,) = lead.received
    assert promise.case.receipt in got["title"]
    assert "Due soon" in got["title"]
    assert "Answer to the customer: by 2026-11-24 12:00" in got["message"]
    assert "Time left: 0 h 50 min" in got["message"]
    assert "Owner: nobody yet" in got["message"]
    for words in ("山田", "死ね", "届きません"):
        assert words not in got["message"]
    assert watched(NOW).notices == 1
    assert "Due now" in lead.received[1]["title"]
    assert watched(NOW + timedelta(minutes=5)).warned == 0


def test_the_owner_is_told_too_by_mail(
    lead: Hook, configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mail_drop() as (port, mails):
        monkeypatch.setenv(
            "AKI_URL",
            f"mailto://127.0.0.1:{port}/?from=a@example.jp&to=aki@example.jp&mode=insecure",
        )
        configure(target("lead", "lead") + target("aki", "aki") + target("ben", "ben"))
        promise = told()
        moves.assign(promise.case_id, "aki", "lead")
        assert watched(SOON).alerts == 2
    assert len(lead.received) == 1
    (mail,) = mails
    assert "To: aki@example.jp" in mail or "aki@example.jp" in mail
    assert "owner: aki" in lead.received[0]["message"].lower()


def test_whoever_threatened_meanwhile_gets_no_apology_with_the_notice(lead: Hook) -> None:
    case = told().case
    with frozen(MADE + timedelta(minutes=5)):
        (key,) = received(inbound(subject="Re: 届きません", new_text="家に火をつける"))
        relation = Relation(RelationKind.FOLLOW_UP, of_case=case.pk)
        moves.relate([moves.Related(key, relation, "ja", ())])
        moves.answer([moves.Answered(case.pk, {key: replace(JUDGED, conduct=Conduct.THREAT)})])
    watched(NOW)
    notice = case.drafts.get(purpose=Purpose.DELAY)
    assert notice.findings == []
    assert "申し訳" not in notice.versions.get().body


def test_a_promise_is_renewed_by_a_notice_that_a_person_approves(lead: Hook) -> None:
    promise = told()
    case = promise.case
    watched(NOW)
    notice = case.drafts.get(purpose=Purpose.DELAY)
    assert (notice.state, notice.findings) == ("pending", [])
    assert notice.due is not None
    # Four hours of business time after 11:45, and the afternoon ends at 18.
    assert notice.due.astimezone(POLICY.zone) == datetime(2026, 11, 24, 17, tzinfo=POLICY.zone)
    body = notice.versions.get().body
    assert "申し訳ございません" in body
    assert "本日17時まで" in body
    assert case.receipt in body
    (found,) = promised(body, NOW, calendar(POLICY), "ja")
    assert found.at == notice.due
    with frozen(NOW + timedelta(minutes=10)):
        moves.approve(notice.pk, "aki")
        moves.sent(notice.pk, "aki", now())
    promise.refresh_from_db()
    assert promise.state == "renewed"
    after = case.promises.get(renews=promise)
    assert (after.state, after.due) == ("open", notice.due)
    assert watched(LATE).broken == 0
    send(case, Purpose.REPLY, after.due - timedelta(minutes=1))
    after.refresh_from_db()
    assert after.state == "kept"


def test_the_machine_approves_a_notice_where_the_policy_says_so(
    lead: Hook, configure: Configure, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pack = tmp_path / "ours.toml"
    pack.write_text('extends = "default"\n[promises]\nnotice = "send"\n', encoding="utf-8")
    monkeypatch.setenv("MADOGUCHI_POLICY", str(pack))
    configure(target("lead", "lead"))
    promise = told()
    watched(NOW)
    notice = promise.case.drafts.get(purpose=Purpose.DELAY)
    assert notice.state == "approved"
    assert promise.case.audit.filter(thing="draft", who="intake", after="approved").exists()
    assert promise.case.promises.filter(draft=notice, state="open").exists()


def test_a_promise_that_is_kept_is_told_to_nobody(lead: Hook) -> None:
    promise = told()
    send(promise.case, Purpose.REPLY, MADE + timedelta(minutes=60))
    assert watched(NOW) == promises.Summary(0, 0, 0, 0, 0)
    assert watched(LATE).broken == 0
    promise.refresh_from_db()
    assert promise.state == "kept"
    promise.case.refresh_from_db()
    assert promise.case.replied_at == MADE + timedelta(minutes=60)
    assert lead.received == []


@pytest.mark.parametrize(
    ("looked", "reason", "words"),
    [
        (False, Broken.NO_REPLY, "no reply was drafted"),
        (True, Broken.NOTICE_NOT_SENT, "the notice of delay was not sent"),
    ],
)
def test_a_promise_that_is_broken_says_why(
    lead: Hook, looked: bool, reason: Broken, words: str
) -> None:
    promise = told()
    if looked:
        watched(NOW)
    summary = watched(LATE)
    assert summary.broken == 1
    assert watched(LATE + timedelta(hours=1)).broken == 0
    promise.refresh_from_db()
    assert (promise.state, promise.reason) == ("broken", reason)
    message = lead.received[-1]["message"]
    assert f"Status: {words}" in message
    assert "Overdue: 0 h 1 min" in message


def test_a_short_promise_is_warned_of_between_two_looks(lead: Hook) -> None:
    promise = told(MADE + timedelta(minutes=30))
    assert watched(MADE + timedelta(minutes=20)).notices == 0
    summary = watched(MADE + timedelta(minutes=25))
    assert (summary.warned, summary.notices) == (1, 1)
    assert promise.case.drafts.filter(purpose=Purpose.DELAY, state="pending").exists()


def test_a_reply_that_was_to_go_out_and_did_not_is_made_up_for_by_a_notice(lead: Hook) -> None:
    case = told().case
    with frozen(NOW):
        reply = Reply(Channel.EMAIL, Visibility.PRIVATE, "ja", "Re: x", "返金いたしました。", None)
        draft = moves.write(case.pk, Purpose.REPLY, "aki", reply, ())
        moves.approve(draft.pk, "aki")
    summary = watched(NOW)
    assert (summary.warned, summary.notices) == (1, 0)
    m.Draft.objects.filter(pk=draft.pk).update(state="failed")
    summary = watched(NOW + timedelta(minutes=5))
    assert (summary.warned, summary.notices) == (0, 1)


def test_breaks_and_nights_use_no_time(lead: Hook) -> None:
    told(datetime(2026, 11, 25, 12, tzinfo=POLICY.zone))
    # 11 business hours in all, 8 of them over when the desk closes: 73 %.
    assert watched(datetime(2026, 11, 24, 17, tzinfo=POLICY.zone)).warned == 0
    assert watched(datetime(2026, 11, 24, 18, tzinfo=POLICY.zone)).warned == 1
    assert watched(datetime(2026, 11, 25, 8, tzinfo=POLICY.zone)).warned == 0


def test_a_new_time_is_later_than_a_far_one(lead: Hook) -> None:
    due = datetime(2026, 12, 4, 18, tzinfo=POLICY.zone)
    promise = told(due)
    watched(datetime(2026, 12, 4, 10, tzinfo=POLICY.zone))
    notice = promise.case.drafts.get(purpose=Purpose.DELAY)
    assert notice.due is not None
    assert notice.due > due


@pytest.mark.parametrize("step", ["break_overdue", "warn_of_risks"])
def test_a_run_that_was_killed_between_two_steps_is_made_up_for(
    lead: Hook, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    late = told(MADE + timedelta(hours=1))
    risky = told()
    done = getattr(promises, step)

    def killed() -> None:
        done()
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(promises, step, killed)
        with pytest.raises(KeyboardInterrupt):
            watched(NOW)
    assert lead.received == []
    assert watched(NOW + timedelta(minutes=5)).alerts == 2
    late.refresh_from_db()
    assert late.state == "broken"
    assert risky.case.drafts.filter(purpose=Purpose.DELAY).count() == 1
    assert m.Alert.objects.count() == 2


def test_one_process_watches_at_a_time(lead: Hook) -> None:
    def elsewhere() -> promises.Summary:
        try:
            return watched(NOW)
        finally:
            connections.close_all()

    told()
    with exclusive("promises") as held, ThreadPoolExecutor() as pool:
        assert held
        with pytest.raises(promises.AlreadyRunning):
            pool.submit(elsewhere).result()
    assert watched(NOW).warned == 1


def test_it_loads_no_model() -> None:
    code = (
        "from casebook.start import start; start(); import flows.promises, sys;"
        "flows.promises.watch();"
        "print([n for n in ('torch', 'sklearn', 'pandas', 'prefect', 'qdrant_client') "
        "if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_terminal_does_what_the_flow_does(lead: Hook) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "flows.terminal", "promises", "--json"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert set(json.loads(done.stdout)) == {"open", "warned", "notices", "broken", "alerts"}


def test_an_alert_of_a_promise_reads_in_japanese(
    lead: Hook, configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    promise = told()
    watched(SOON)
    monkeypatch.setenv("MADOGUCHI_LANGUAGE", "ja")
    configure(target("lead", "lead"))
    with frozen(SOON):
        title, body = alerting.text(promise.alerts.get(), POLICY)
    assert title.startswith("【期限が近づいています】")
    assert "お客様への回答：2026-11-24 12:00 まで" in body
    assert "残り：0時間50分" in body


def test_who_thanks_for_a_promise_is_still_told_its_time(lead: Hook) -> None:
    promise = told(triage=replace(JUDGED, kind=Kind.INQUIRY, severity=0))
    draft = writes_again(promise.case, "ありがとうございます。", MADE + timedelta(hours=1))
    assert draft.answers.triage.kind == Kind.PRAISE
    assert draft.answers.triage.severity == 0
    assert draft.due == DUE
    assert "本日12時まで" in draft.versions.get().body


@pytest.mark.parametrize(("left", "due"), [(30, DUE), (29, MADE + timedelta(hours=8))])
def test_what_falls_due_too_soon_is_not_promised_anew(lead: Hook, left: int, due: datetime) -> None:
    case = told().case
    draft = writes_again(case, "まだ届きません。", DUE - timedelta(minutes=left))
    assert POLICY.estimate.minimum == 30
    assert draft.due == due


def test_one_bad_promise_stops_no_other_and_its_words_stay_out_of_the_log(
    lead: Hook, caplog: pytest.LogCaptureFixture
) -> None:
    bad, good = told(), told()
    m.Draft.objects.filter(promises=bad).update(channel="死ね")
    summary = watched(NOW)
    assert good.case.drafts.filter(purpose=Purpose.DELAY).exists()
    assert summary.notices == 1
    (line,) = [line for line in caplog.messages if "failed" in line]
    assert line.startswith(f"promise {bad.pk} failed (ValueError at ")
    assert "死ね" not in caplog.text
    assert watched(LATE).broken == 2


def test_what_fails_for_the_machines_sake_stops_the_run() -> None:
    def work(key: int) -> int:
        raise OSError if key == 2 else ValueError

    with pytest.raises(OSError):
        list(surviving.each("promise", [1, 2, 3], work, logging.getLogger()))


def test_a_look_asks_no_more_of_the_record_for_more_promises(
    lead: Hook,
) -> None:
    def looks() -> int:
        with frozen(SOON), CaptureQueriesContext(connection) as asked:
            promises.watch()
            shown = desk_promises.listed()
            desk_promises.table(shown)
            list(map(desk_promises.promise_json, shown))
        assert not any('"text"' in one["sql"] for one in asked)
        return len(asked)

    told()
    watched(SOON)
    few = looks()
    for _ in range(5):
        told()
    watched(SOON)
    assert looks() == few
