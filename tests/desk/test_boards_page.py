"""The boards: what presses, what happened to many, whether all works, who has how much."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from casebook import models as m
from casebook import moves
from casebook.clock import frozen, now
from casebook.config import SourceTable, settings
from casebook.moves.base import MACHINE
from casebook.timing import About, Purpose
from desk import health, measures, notices
from desk.access import Role
from desk.charts import Chart, Series
from tests.desk.conftest import signed_in
from tests.desk.waiting import HOSTILE, SORTS, waiting

pytestmark = pytest.mark.django_db(transaction=True)

NOON = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
MOST_QUERIES = 15
BOARDS = ("promises", "incidents", "sources", "load", "quality")


def text(page: Any) -> str:
    assert page.status_code == 200
    return str(page.content.decode())


def promise(draft: m.Draft, hours: float, made: float = 1, **more: Any) -> m.Promise:
    return m.Promise.objects.create(
        case=draft.case, draft=draft, about=About.ANSWER, due=now() + timedelta(hours=hours),
        made_at=now() - timedelta(hours=made), **more,
    )  # fmt: skip


@pytest.mark.parametrize("board", BOARDS)
def test_an_empty_board_is_a_page(board: str) -> None:
    assert "Boards" in text(signed_in(Role.LEAD).get(f"/boards?board={board}"))


def test_who_sees_which_board() -> None:
    assert signed_in(Role.AGENT).get("/boards").status_code == 403
    approver = signed_in(Role.APPROVER)
    assert "board=load" not in text(approver.get("/boards"))
    assert approver.get("/boards?board=load").status_code == 403
    assert "board=load" in text(signed_in(Role.LEAD).get("/boards?board=none"))


def test_promises_stand_in_the_order_in_which_they_press() -> None:
    with frozen(NOON):
        late, soon, calm, gone = waiting(SORTS[:4])
        promise(calm, 40)
        promise(soon, 0.1, made=4)
        promise(late, -1, made=5)
        promise(gone, -3, made=9, state="broken", reason="not_approved", settled_at=now())
        moves.assign(late.case.pk, "aki", "lead")
        page = text(signed_in(Role.LEAD).get("/boards"))
    rows = re.findall(r'row-link" href="/cases/([^"]*)"', page)
    assert rows == [one.case.receipt for one in (late, soon, calm, gone)]
    tiles = re.findall(r"<dt>([^<]*)</dt><dd>([^<]*)</dd>", page)
    assert dict(tiles)["Late"] == "1"
    assert dict(tiles)["Due now"] == "1"
    assert dict(tiles)["Broken in 7 days"] == "1"
    assert "a reply waits for approval" in page
    assert '<th scope="row">aki</th>' in page
    assert '<svg viewBox="0 0 360 132" role="img" aria-labelledby="kept-title kept-desc">' in page


def test_every_board_takes_few_queries_and_shows_no_markup_of_strangers() -> None:
    for _ in range(3):
        for draft in waiting():
            promise(draft, 5)
    event = incident(waiting())
    for path in (*(f"/boards?board={board}" for board in BOARDS), f"/boards/incidents/{event.pk}"):
        client = signed_in(Role.LEAD)
        with CaptureQueriesContext(connection) as seen:
            page = text(client.get(path))
        assert len(seen) <= MOST_QUERIES, path
        assert HOSTILE not in page
        assert "<script>document" not in page


def incident(drafts: list[m.Draft]) -> m.Incident:
    event = m.Incident.objects.create(first=drafts[0].answers, state="alerted")
    m.Case.objects.filter(drafts__in=drafts).update(incident=event)
    m.Message.objects.filter(drafts__in=drafts).update(state="answered")
    return event


def test_one_notice_becomes_a_draft_for_each_customer_of_an_incident() -> None:
    with frozen(NOON):
        plain, other, crisis, edited, answered = waiting(
            (SORTS[4], SORTS[3], SORTS[0], SORTS[11], SORTS[2])
        )
        event = incident([plain, other, crisis, edited, answered])
        moves.edit(edited.pk, "aki", "自分で書いた返信です。", ())
        m.Draft.objects.filter(pk=answered.pk).update(state="sent")
        lead = signed_in(Role.LEAD)
        page = text(lead.get(f"/boards/incidents/{event.pk}"))
        assert "each of 3 open cases" in page
        lead.post(f"/boards/incidents/{event.pk}/notice")
        made = {row.case_id: row for row in m.Draft.objects.filter(versions__author="lead")}
        assert set(made) == {plain.case_id, other.case_id, answered.case_id}
        assert made[plain.case_id].purpose == Purpose.FIRST_REPLY
        assert made[plain.case_id].due == plain.due
        assert made[other.case_id].visibility == "public"
        assert made[answered.case_id].purpose == Purpose.PROGRESS
        body = made[plain.case_id].versions.get().body
        assert any(word in body for word in ("ほかの方々", "同じ内容のお知らせ"))
        plain.refresh_from_db()
        assert plain.state == "superseded"
        assert {row.author for row in crisis.versions.all()} == {MACHINE}
        again = text(lead.get(f"/boards/incidents/{event.pk}"))
        assert "Nobody needs a notice" in again
        lead.post(f"/boards/incidents/{event.pk}/notice")
        assert m.Draft.objects.filter(versions__author="lead").count() == 3


def test_a_notice_takes_no_decision_out_of_a_colleagues_hands() -> None:
    with frozen(NOON):
        first, asked, asleep, plain = waiting(SORTS[4:6] + SORTS[4:5] + SORTS[11:12])
        m.Triage.objects.update(kind="complaint")
        event = incident([first, asked, asleep, plain])
        moves.approve(first.pk, "aki", two=True)
        moves.ask_lead(asked.pk, "aki", "?")
        moves.snooze(asleep.pk, "aki", now() + timedelta(hours=1))
        lead = signed_in(Role.LEAD)
        assert "1 open case" in text(lead.get(f"/boards/incidents/{event.pk}"))
        found = notices.addressed(event)
        assert [one.case.pk for one in found] == [plain.case_id]
        moves.ask_lead(plain.pk, "aki", "?")
        # What a colleague begins after the page was made counts too.
        assert notices.prepare(found, "lead") == 0
        assert not m.Draft.objects.exclude(state="pending").exists()
    with frozen(NOON + timedelta(hours=2)):
        assert [one.case.pk for one in notices.addressed(event)] == [asleep.case_id]


def test_what_is_ready_in_private_stays_so_beside_a_notice() -> None:
    with frozen(NOON):
        (draft,) = waiting(SORTS[3:4])
        ready = {"subject": "Re: x", "due": (NOON + timedelta(hours=3)).isoformat()}
        m.Draft.objects.filter(pk=draft.pk).update(prepared=ready)
        draft.versions.update(private_body="個別にご案内いたします。")
        event = incident([draft])
        signed_in(Role.LEAD).post(f"/boards/incidents/{event.pk}/notice")
        made = m.Draft.objects.get(versions__author="lead")
        assert made.visibility == "public"
        assert made.prepared == ready
        assert made.versions.get().private_body == "個別にご案内いたします。"


def test_a_large_incident_is_counted_and_not_loaded() -> None:
    with frozen(NOON):
        drafts = waiting(SORTS[4:5] * 60)
        event = incident(drafts)
        m.Message.objects.update(text="長" * 9_000)
        lead = signed_in(Role.LEAD)
        lead.get("/")
        with CaptureQueriesContext(connection) as seen:
            page = text(lead.get(f"/boards/incidents/{event.pk}"))
        assert len(seen) <= MOST_QUERIES
        assert "50 open cases" in page
        assert "The other 10 can" in page
        assert len(notices.addressed(event, 1)) == 1
        lead.post(f"/boards/incidents/{event.pk}/notice")
        assert m.Draft.objects.filter(versions__author="lead").count() == 50
        assert notices.count(event) == 10


def test_each_incident_names_its_newest_cases_however_many_others_have() -> None:
    older = incident(waiting(SORTS[4:6]))
    large = incident(waiting(SORTS[4:5]))
    m.Case.objects.bulk_create(
        m.Case(receipt=f"M-{number}", channel="email", author="c", incident=large)
        for number in range(1_300)
    )
    page = text(signed_in(Role.LEAD).get("/boards?board=incidents"))
    assert page.count('<a class="receipt"') == 10
    for case in older.cases.all():
        assert case.receipt in page


def test_a_promised_time_is_repeated_and_not_promised_anew() -> None:
    with frozen(NOON):
        (draft,) = waiting((SORTS[4],))
        event = incident([draft])
        m.Draft.objects.filter(pk=draft.pk).update(state="sent")
        promise(draft, 20)
        signed_in(Role.LEAD).post(f"/boards/incidents/{event.pk}/notice")
        made = m.Draft.objects.get(purpose=Purpose.PROGRESS)
        assert made.due is None
        assert not [one for one in made.findings if one["blocking"]]


def test_a_source_tells_in_plain_words_what_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    tables = tuple(
        SourceTable(name=name, type="files", path="/nowhere", interval=60)
        for name in ("fine", "slow", "shut", "fresh")
    )
    monkeypatch.setattr(
        "desk.health.settings", lambda: settings().model_copy(update={"sources": tables})
    )
    with frozen(NOON):
        for name in ("fine", "slow", "shut"):
            m.Source.objects.create(name=name)
            moves.poll_succeeded(name)
        moves.poll_failed("shut", "wrong_password", "mail.example.jp: <b>refused</b>")
        m.Source.objects.filter(name="slow").update(succeeded_at=NOON - timedelta(hours=2))
        assert [(one.name, one.state) for one in health.sources()] == [
            ("shut", "failing"), ("slow", "late"), ("fresh", "never"), ("fine", "good"),
        ]  # fmt: skip
        page = text(signed_in(Role.APPROVER).get("/boards?board=sources"))
    assert "The password is not accepted." in page
    assert "&lt;b&gt;refused&lt;/b&gt;" in page
    assert "Tell an administrator" in health.why("of-tomorrow")


def test_a_way_out_tells_that_it_is_paused_and_who_stopped_all() -> None:
    with frozen(NOON):
        (draft,) = waiting(SORTS[:1])
        moves.sender_failed("x", "access_refused", "403", pause=draft.pk)
        moves.sender_succeeded("desk")
        assert [(one.name, one.state) for one in health.senders()] == [
            ("x", "paused"), ("desk", "good"),
        ]  # fmt: skip
        assert "lacks a permission" in health.senders()[0].why
        moves.pause_all("aki")
        assert {one.state for one in health.senders()} == {"paused"}


def test_load_counts_what_each_person_has() -> None:
    with frozen(NOON):
        one, two, three = waiting(SORTS[3:6])
        signed_in(Role.AGENT)
        lead = signed_in(Role.LEAD)
        for draft in (one, two):
            moves.assign(draft.case.pk, "agent", "lead")
        promise(one, 4)
        moves.approve(three.pk, "lead")
        m.Case.objects.filter(pk=one.case.pk).update(
            replied_at=one.case.opened_at + timedelta(hours=3)
        )
        found = {row.login: row for row in measures.loads()}
        page = text(lead.get("/boards?board=load"))
    assert (found["agent"].cases, found["agent"].promises) == (2, 1)
    assert found["agent"].first_reply == timedelta(hours=3)
    assert (found["lead"].cases, found["lead"].approved) == (0, 1)
    assert found[""].cases == 1
    assert "3 h 0 min" in page


def test_quality_counts_edits_and_corrections_by_week() -> None:
    with frozen(NOON):
        drafts = waiting(SORTS[3:6])
        for draft, distance in zip(drafts, (0, 12, 30), strict=True):
            m.Draft.objects.filter(pk=draft.pk).update(
                state="sent", decided_at=NOON - timedelta(days=1), edit_distance=distance
            )
        m.Correction.objects.create(
            text="x", language="ja", channel="email", expect={"cause": "defect"}, author="lead",
            at=NOON - timedelta(weeks=2),
        )  # fmt: skip
        last = measures.quality()[-1]
        page = text(signed_in(Role.LEAD).get("/boards?board=quality"))
        assert measures.corrections() == [("cause", [0, 0, 0, 0, 0, 1, 0, 0])]
    assert (last.approved, last.unchanged, last.distance) == (3, 1, 12)
    assert "33%" in page


def test_a_chart_fits_its_box_and_says_its_values() -> None:
    chart = Chart("c", "t", ["1", "2"], [Series("a", "good", [3, 0]), Series("b", "info", [4, 11])])
    assert max(bar.y + bar.height for bar in chart.bars) <= 112.1
    assert min(bar.y for bar in chart.bars) >= 8
    assert chart.rows == [("1", ["3", "4"]), ("2", ["0", "11"])]
    assert [line.text for line in chart.lines] == ["0", "10", "20"]
    assert not Chart("c", "t", ["1"], [Series("a", "good", [0])]).any
