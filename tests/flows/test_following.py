"""After the first reply, by the flow and the clock: reported on, asked once, reopened or closed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connections

from casebook import models as m
from casebook import moves
from casebook.clock import frozen
from casebook.config import settings
from casebook.hours import WEEKDAYS
from casebook.locks import exclusive
from casebook.policy import load_policy
from casebook.receipt import find_receipts
from casebook.types import Conduct, Kind, Relation, RelationKind, Triage
from flows import alerting, following, pipeline, terminal
from flows.terminal import each_directly
from tests.casebook.test_moves import REPLY, inbound, received
from tests.conftest import Configure
from tests.desk.cases import COMPLAINT, DESK, URL, dealt_with
from tests.receivers import Hook, hook

pytestmark = pytest.mark.django_db(transaction=True)

START = datetime(2096, 11, 19, 1, 0, tzinfo=UTC)
"""A Monday, 10 a.m. in Tokyo."""
GROUP = load_policy("default").promises.group


@pytest.fixture(autouse=True)
def desk(configure: Configure) -> Configure:
    configure(DESK)
    return configure


def run(after: timedelta) -> following.Summary:
    with frozen(START + after):
        return following.run()


def resolved(triage: Triage = COMPLAINT) -> m.Case:
    with frozen(START - timedelta(hours=2)):
        case = dealt_with(triage)
    with frozen(START):
        return moves.resolve(case.pk, "yamada", "交換品をお送りした")


def body(draft: m.Draft) -> str:
    return draft.versions.get(number=draft.version).body


def link(draft: m.Draft) -> str:
    return next(line for line in body(draft).splitlines() if line.startswith(URL))


def test_a_customer_is_asked_once_when_the_days_are_over() -> None:
    case = resolved()
    assert run(timedelta(days=2, hours=23)) == following.Summary(0, 0, 0)
    assert run(timedelta(days=3)) == following.Summary(1, 0, 0)
    assert run(timedelta(days=3, hours=1)) == following.Summary(0, 0, 0)
    draft = case.drafts.get(purpose="follow_up")
    assert (draft.state, draft.due, draft.findings, draft.language) == ("pending", None, [], "ja")
    told = body(draft)
    assert "先日ご連絡をいただいた「お皿の割れ」の件" in told
    assert link(draft).startswith(f"{URL}/s/")
    assert find_receipts(told) == (case.receipt,)
    assert m.Survey.objects.get(case=case).draft == draft


def test_an_english_customer_is_asked_in_english() -> None:
    case = resolved(replace(COMPLAINT, language="en"))
    run(timedelta(days=3))
    told = body(case.drafts.get(purpose="follow_up"))
    assert 'wrote to us about "お皿の割れ"' in told
    assert URL in told


@pytest.mark.parametrize(
    "triage",
    [
        replace(COMPLAINT, conduct=Conduct.THREAT),
        replace(COMPLAINT, conduct=Conduct.HARASSMENT),
        replace(COMPLAINT, conduct=Conduct.UNREASONABLE),
        replace(COMPLAINT, kind=Kind.PRAISE),
        replace(COMPLAINT, kind=Kind.SPAM),
    ],
)
def test_who_threatened_or_only_thanked_is_not_asked(triage: Triage) -> None:
    case = resolved(triage)
    assert run(timedelta(days=3)) == following.Summary(0, 0, 0)
    assert run(timedelta(days=34)) == following.Summary(0, 0, 1)
    case.refresh_from_db()
    assert case.state == "closed"


def test_who_wrote_again_is_not_asked() -> None:
    case = resolved()
    with frozen(START + timedelta(days=1)):
        m.Message.objects.create(
            identity="again", case=case, channel="email", author="c@example.net"
        )
    assert run(timedelta(days=3)).asked == 0


def test_nobody_is_asked_while_a_reply_is_on_its_way_or_after_a_long_time() -> None:
    case = resolved()
    draft = case.drafts.get()
    m.Draft.objects.filter(pk=draft.pk).update(state="needs_check")
    assert run(timedelta(days=3)).asked == 0
    m.Draft.objects.filter(pk=draft.pk).update(state="sent")
    assert run(timedelta(days=33)).asked == 0


def test_no_survey_where_the_desk_has_no_address(desk: Configure) -> None:
    desk("")
    case = resolved()
    assert run(timedelta(days=3)).asked == 1
    told = body(case.drafts.get(purpose="follow_up"))
    assert ("http" in told, "ご感想" in told) == (False, False)
    assert not m.Survey.objects.exists()


def test_a_question_without_an_answer_ends_in_a_closed_case() -> None:
    case = resolved()
    run(timedelta(days=3))
    assert run(timedelta(days=32)) == following.Summary(0, 0, 0)
    assert run(timedelta(days=33, minutes=1)) == following.Summary(0, 0, 1)
    case.refresh_from_db()
    assert (case.state, case.drafts.get(purpose="follow_up").state) == ("closed", "superseded")


def test_two_runs_at_once_ask_once() -> None:
    case = resolved()
    with exclusive("followup"), ThreadPoolExecutor(1) as pool:
        assert isinstance(pool.submit(_run_elsewhere).exception(), following.AlreadyRunning)
    assert _run_elsewhere().asked == 1
    assert case.drafts.filter(purpose="follow_up").count() == 1


def _run_elsewhere() -> following.Summary:
    try:
        return run(timedelta(days=3))
    finally:
        connections.close_all()


def test_a_run_that_was_killed_after_the_survey_was_opened_is_followed_by_the_next() -> None:
    case = resolved()
    survey = moves.open_survey(case.pk)
    assert run(timedelta(days=3)).asked == 1
    survey.refresh_from_db()
    assert survey.draft == case.drafts.get(purpose="follow_up")
    assert survey.asked_at == START + timedelta(days=3)


@pytest.fixture
def web(configure: Configure, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hook]:
    with hook() as found:
        monkeypatch.setenv("CALL_URL", found.url)
        configure(DESK + "".join(map(_target, ("crisis", GROUP, "yamada", "suzuki"))))
        yield found


def _target(group: str) -> str:
    url = "{ env = 'CALL_URL' }"
    return f'[[alerts.targets]]\nname = "to-{group}"\ngroup = "{group}"\nurl = {url}\n'


@pytest.mark.parametrize("comment", ["", "届いた皿が割れていました。", "ありがとうございました。"])
def test_an_unhappy_answer_reopens_alerts_and_is_drafted_as_urgent(web: Hook, comment: str) -> None:
    case, other = resolved(), resolved()
    m.Case.objects.filter(pk=case.pk).update(owner="yamada")
    run(timedelta(days=3))
    with frozen(START + timedelta(days=4)):
        for one in (case, other):
            draft = one.drafts.get(purpose="follow_up")
            moves.approve(draft.pk, "yamada")
            m.Draft.objects.filter(pk=draft.pk).update(state="sent")
        assert moves.survey_answered(case.survey.pk, 1, comment)
        case.refresh_from_db()
        assert case.state == "reopened"
        alerting.tell(alerting.due())
        targets = m.AlertDelivery.objects.filter(alert__case=case).values_list("target", "state")
        assert sorted(targets) == [(f"to-{GROUP}", "sent"), ("to-yamada", "sent")]
        assert case.receipt in web.received[0]["title"]
        assert "1 out of 5" in web.received[0]["message"]
        assert comment == "" or comment not in web.received[0]["message"]
        summary = pipeline.run(each_directly, due_only=False)
    assert (summary.understood, summary.drafts, summary.quarantined) == (1, 1, 0)
    message = m.Message.objects.get(identity=f"survey:{case.survey.pk}")
    assert (message.case, message.state) == (case, "answered")
    reply = case.drafts.get(state="pending")
    assert (reply.severity >= 2, reply.purpose, reply.answers) == (True, "first_reply", message)
    told = body(reply)
    assert "「お皿の割れ」の件、" in told
    assert "温かいお言葉" not in told
    # Neither words of ours nor the receipt number make a crisis of it.
    assert not m.Alert.objects.filter(case=case, reason="crisis").exists()
    assert message.triage.severity < 3
    assert m.Alert.objects.filter(case=case, reason="unhappy").count() == 1
    other.refresh_from_db()
    assert other.state == "resolved"
    # The same words about another case are that case's own.
    with frozen(START + timedelta(days=4, hours=1)):
        moves.survey_answered(other.survey.pk, 1, comment)
        pipeline.run(each_directly, due_only=False)
    again = m.Message.objects.get(identity=f"survey:{other.survey.pk}")
    assert (again.case, again.state) == (other, "answered")
    assert other.drafts.filter(state="pending").count() == 1


def test_a_happy_answer_without_a_word_changes_nothing_but_the_figures() -> None:
    case = resolved()
    run(timedelta(days=3))
    with frozen(START + timedelta(days=4)):
        moves.survey_answered(case.survey.pk, 5)
    assert not m.Message.objects.filter(identity__startswith="survey:").exists()
    assert not m.Alert.objects.exists()
    assert run(timedelta(days=34)).closed == 1


def promised(due: datetime, about: str = "progress") -> m.Promise:
    with frozen(START - timedelta(days=5)):
        case = dealt_with()
        return m.Promise.objects.create(case=case, draft=case.drafts.get(), about=about, due=due)


def test_a_promised_report_is_drafted_on_its_day_for_a_person_to_fill() -> None:
    promise = promised(START + timedelta(days=1, hours=6))
    m.Promise.objects.create(
        case=promise.case, draft=promise.draft, due=START + timedelta(days=2, hours=6)
    )
    assert run(timedelta(hours=12)).reports == 0
    assert run(timedelta(hours=15)).reports == 1
    assert run(timedelta(hours=16)).reports == 0
    draft = promise.case.drafts.get(purpose="progress")
    assert [(one["code"], one["blocking"]) for one in draft.findings] != []
    assert {one["code"] for one in draft.findings} == {"unfilled_slot"}
    assert all(one["blocking"] for one in draft.findings)
    assert "11月21日（水）16時までに" in body(draft)
    assert draft.due is None
    with frozen(START + timedelta(hours=17)):
        moves.reject(draft.pk, "yamada", "電話で報告した")
    assert run(timedelta(hours=18)).reports == 0


def test_a_report_that_falls_due_on_a_holiday_is_drafted_on_the_business_day_before() -> None:
    # Friday, 23 November is a public holiday in Japan.
    promise = promised(START + timedelta(days=5, hours=3))
    assert run(timedelta(days=2)).reports == 0
    assert run(timedelta(days=3)).reports == 1
    told = body(promise.case.drafts.get(purpose="progress"))
    assert "＿＿＿＿（日時）＿＿＿＿までに" in told


def test_a_report_promised_within_a_day_is_drafted_on_that_day() -> None:
    # 「20日中に」: until the midnight with which Tuesday, the 20th, ends.
    promised(START + timedelta(hours=38))
    assert run(timedelta(hours=13)).reports == 0
    assert run(timedelta(hours=14)).reports == 1


def test_a_report_goes_by_the_hours_of_whoever_deals_with_the_case(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    week = "".join(f'{day} = ["00:00-24:00"]\n' for day in WEEKDAYS)
    pack = tmp_path / "ours.toml"
    pack.write_text(
        f'extends = "default"\n[channels.email]\ncalendar = "always"\n[calendars.always]\n{week}'
        'holidays = ""\n',
        encoding="utf-8",
    )
    monkeypatch.setenv("MADOGUCHI_POLICY", str(pack))
    settings.cache_clear()
    # Friday, 23 November is a public holiday, but not for those who answer mails.
    promised(START + timedelta(days=4, hours=3))
    assert run(timedelta(days=3)).reports == 0
    assert run(timedelta(days=4)).reports == 1


def test_a_report_is_owed_whatever_the_customer_writes_meanwhile() -> None:
    promise = promised(START + timedelta(hours=6))
    run(timedelta(0))
    with frozen(START + timedelta(hours=1)):
        (key,) = received(inbound(new_text="その後いかがでしょうか。"))
        relation = Relation(RelationKind.FOLLOW_UP, of_case=promise.case_id)
        moves.relate([moves.Related(key, relation, "ja", ())])
        moves.answer([moves.Answered(promise.case_id, {key: COMPLAINT}, reply=REPLY)])
    waiting = promise.case.drafts.filter(state="pending").values_list("purpose", flat=True)
    assert sorted(waiting) == ["first_reply", "progress"]


def test_a_promise_that_is_settled_needs_no_report() -> None:
    promise = promised(START + timedelta(hours=6))
    m.Promise.objects.filter(pk=promise.pk).update(state="kept")
    promised(START + timedelta(hours=6), about="answer")
    moves.resolve(promised(START + timedelta(hours=6)).case_id, "yamada", "交換")
    assert run(timedelta(0)).reports == 0


def test_the_command_runs_the_same_steps(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    resolved()
    monkeypatch.setattr("sys.argv", ["terminal", "followup", "--json"])
    with frozen(START + timedelta(days=3)):
        assert terminal.main() == 0
    assert json.loads(capsys.readouterr().out) == {"asked": 1, "reports": 0, "closed": 0}
    assert settings().desk.url == URL
