"""The editor as people use it: the guard while typing, decisions, versions, two people."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from casebook import models as m
from casebook import moves, reading
from casebook.clock import frozen, now
from casebook.policy import load_policy
from casebook.types import Finding
from desk.access import Role, Scope
from tests.desk.conftest import signed_in
from tests.desk.ready import against, ready
from tests.desk.waiting import ABUSE, HOSTILE, SORTS, waiting

pytestmark = pytest.mark.django_db(transaction=True)

NOON = datetime(2026, 11, 24, 3, tzinfo=UTC)
MOST_QUERIES = 15
FAULT = "当社の過失です。"


@pytest.fixture(autouse=True)
def at_noon() -> Iterator[None]:
    with frozen(NOON):
        yield


@pytest.fixture
def two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A pack in which two people approve what is public or grave."""
    pack = tmp_path / "pack.toml"
    table = '[approval]\ntwo_for = ["public", "crisis", "over_authority"]\n'
    pack.write_text(f'extends = "default"\n{table}', encoding="utf-8")
    monkeypatch.setenv("MADOGUCHI_POLICY", str(pack))
    from casebook.config import settings

    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()


def _wording(draft: m.Draft) -> str:
    draft.refresh_from_db()
    return reading.wording(draft).body


def _text(answer: object) -> str:
    return answer.content.decode()  # type: ignore[attr-defined,no-any-return]


def test_a_page_takes_few_queries_and_escapes_what_strangers_wrote() -> None:
    (draft,) = waiting(tuple(one for one in SORTS if one.name == "<b>太郎</b>"))
    client = signed_in(Role.LEAD)
    with CaptureQueriesContext(connection) as seen:
        text = _text(client.get(f"/drafts/{draft.pk}"))
    assert len(seen) <= MOST_QUERIES, [one["sql"][:150] for one in seen]
    assert HOSTILE not in text
    assert "<b>太郎" not in text
    (abusive,) = waiting(tuple(one for one in SORTS if one.name == "匿名"))
    assert ABUSE not in _text(client.get(f"/drafts/{abusive.pk}"))


def test_the_guard_reads_along_and_tells_places_as_browsers_count_them() -> None:
    (draft,) = ready()
    body = f"🙇です。{FAULT}{_wording(draft)}"
    client = signed_in(Role.AGENT)
    with CaptureQueriesContext(connection) as seen:
        answer = client.post(
            f"/drafts/{draft.pk}/check", {"body": body.replace("です。", "で\r\n。")}
        )
    assert len(seen) <= MOST_QUERIES
    text = _text(answer)
    assert "admits fault" in text
    assert re.search(r'data-field="body" data-start="5" data-end="13"', text)
    assert 'id="confirm"' in text
    assert _wording(draft) in _text(client.post(f"/drafts/{draft.pk}/check", {}))
    assert "data-green" in _text(client.post(f"/drafts/{draft.pk}/check", {}))
    assert m.DraftVersion.objects.count() == 1


def test_a_public_reply_has_its_private_message_beside_it_and_a_weighted_length() -> None:
    (draft,) = ready(public=True)
    client = signed_in(Role.AGENT)
    text = _text(client.get(f"/drafts/{draft.pk}"))
    assert 'name="private_body"' in text
    assert re.search(r'class="length">\d+ / 280<', text)
    long = _text(client.post(f"/drafts/{draft.pk}/check", {"body": "長" * 200}))
    assert re.search(r'class="length over">400 / 280<', long)
    given = {"body": _wording(draft), "private_body": FAULT, "version": "1"}
    assert client.post(f"/drafts/{draft.pk}/save", given).status_code == 200
    draft.refresh_from_db()
    assert reading.wording(draft).private_body == FAULT
    assert (draft.version, draft.findings) == (2, [])


def test_approved_as_it_stands_the_next_one_opens_and_it_can_be_undone() -> None:
    first, second = ready(2)
    client = signed_in(Role.APPROVER)
    answer = client.post(f"/drafts/{first.pk}/approve?severity=1", {"version": "1"})
    assert answer.headers["Location"] == f"/drafts/{second.pk}?severity=1&done={first.pk}"
    page = _text(client.get(answer.headers["Location"]))
    assert 'data-countdown="30"' in page
    assert f'action="/drafts/{first.pk}/undo"' in page
    first.refresh_from_db()
    assert (first.state, first.edit_distance) == ("approved", 0)
    client.post(f"/drafts/{first.pk}/undo")
    first.refresh_from_db()
    assert first.state == "pending"
    assert first.case.promises.count() == 0
    with frozen(NOON + timedelta(seconds=31)):
        assert "data-countdown" not in _text(client.get(answer.headers["Location"]))


def test_who_may_not_approve_is_offered_no_undo() -> None:
    first, second = ready(2)
    moves.approve(first.pk, "aki")
    path = f"/drafts/{second.pk}?done={first.pk}"
    assert "data-countdown" in _text(signed_in(Role.APPROVER).get(path))
    assert "data-countdown" not in _text(signed_in(Role.AGENT).get(path))
    assert "data-countdown" not in _text(Client().get(f"/login?done={first.pk}"))


def test_approved_with_edits_and_how_far_they_go() -> None:
    (draft,) = ready()
    body = _wording(draft).replace("担当", "担当者")
    given = {"version": "1", "body": body, "reason": "呼び方"}
    signed_in(Role.APPROVER).post(f"/drafts/{draft.pk}/approve", given)
    draft.refresh_from_db()
    assert (draft.state, draft.version, draft.edit_distance) == ("approved", 2, 1)
    assert reading.wording(draft).author == "approver"


def test_what_the_guard_stops_is_kept_and_a_lead_gives_a_reason() -> None:
    (draft,) = ready()
    given = {"version": "1", "body": FAULT + _wording(draft)}
    answer = signed_in(Role.APPROVER).post(f"/drafts/{draft.pk}/approve", given)
    assert answer.status_code == 409
    assert FAULT in _text(answer)
    assert _wording(draft).startswith(FAULT)
    over = {"version": "2", "override": "店長が確認済み"}
    assert signed_in(Role.APPROVER).post(f"/drafts/{draft.pk}/approve", over).status_code == 403
    signed_in(Role.LEAD).post(f"/drafts/{draft.pk}/approve", over)
    draft.refresh_from_db()
    assert draft.state == "approved"
    assert draft.case.audit.get(after="approved").note == "admits_fault: 店長が確認済み"


@pytest.mark.parametrize("code", ["personal_data", "obeys_injection", "leaks_internal"])
def test_no_reason_excuses_what_harms_others(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (draft,) = ready()
    harm = Finding(code, 0, 3)
    monkeypatch.setattr("desk.replying.judged", lambda *_: (harm,))
    monkeypatch.setattr("desk.web.wordings.judged", lambda *_: (harm,))
    client = signed_in(Role.LEAD)
    page = _text(client.get(f"/drafts/{draft.pk}"))
    assert 'name="override"' not in page
    assert "data-approves" not in page
    answer = client.post(f"/drafts/{draft.pk}/approve", {"version": "1", "override": "急ぎ"})
    assert answer.status_code == 409
    draft.refresh_from_db()
    assert draft.state == "pending"


def test_what_a_person_said_of_a_draft_stands_until_its_words_change() -> None:
    (draft,) = ready()
    against(draft)
    client = signed_in(Role.APPROVER)
    assert "Severity normal → crisis" in _text(client.get(f"/drafts/{draft.pk}"))
    assert client.post(f"/drafts/{draft.pk}/approve", {"version": "2"}).status_code == 409


def test_whoever_was_slower_loses_no_text_and_overwrites_none() -> None:
    (draft,) = ready()
    body = _wording(draft)
    signed_in(Role.AGENT).post(f"/drafts/{draft.pk}/save", {"version": "1", "body": f"{body}一"})
    for deed in ("save", "approve"):
        slow = {"version": "1", "body": f"{body}二"}
        answer = signed_in(Role.APPROVER).post(f"/drafts/{draft.pk}/{deed}", slow)
        assert answer.status_code == 409
        assert f"{body}二" in _text(answer)
        assert 'name="version" value="2"' in _text(answer)
    draft.refresh_from_db()
    assert (_wording(draft), draft.state) == (f"{body}一", "pending")


def test_two_people_approve_where_policy_asks_for_it(two: None) -> None:
    (draft,) = ready(public=True)
    assert load_policy.cache_info() is not None
    client = signed_in(Role.APPROVER)
    client.post(f"/drafts/{draft.pk}/approve", {"version": "1"})
    draft.refresh_from_db()
    assert (draft.state, draft.first_approver) == ("pending", "approver")
    assert client.post(f"/drafts/{draft.pk}/approve", {"version": "1"}).status_code == 403
    signed_in(Role.LEAD).post(f"/drafts/{draft.pk}/approve", {"version": "1"})
    draft.refresh_from_db()
    assert draft.state == "approved"


def test_a_key_is_none_of_two_people(two: None) -> None:
    (draft,) = ready(public=True)
    path = f"/api/v1/drafts/{draft.pk}/approve"
    _row, key = moves.add_token("crm", Role.LEAD, [Scope.DRAFTS_DECIDE], "approver")
    headers = {"Authorization": f"Bearer {key}"}
    for first in ("", "approver"):
        if first:
            signed_in(Role.APPROVER).post(f"/drafts/{draft.pk}/approve", {"version": "1"})
        answer = Client().post(path, {"version": 1}, "application/json", headers=headers)
        assert answer.status_code == 409
        assert "two people" in answer.json()["detail"]
        draft.refresh_from_db()
        assert (draft.state, draft.first_approver) == ("pending", first)


def test_rejected_put_off_and_left_to_a_lead_each_with_its_words() -> None:
    first, second, third = ready(3)
    client = signed_in(Role.APPROVER)
    client.post(f"/drafts/{first.pk}/reject", {"why": " "})
    first.refresh_from_db()
    assert first.state == "pending"
    client.post(f"/drafts/{first.pk}/reject", {"why": "電話で済んだ"})
    assert first.case.audit.get(after="rejected").note == "電話で済んだ"
    client.post(f"/drafts/{second.pk}/snooze", {"until": "tomorrow"})
    second.refresh_from_db()
    assert second.snoozed_until == datetime(2026, 11, 25, 0, tzinfo=UTC)
    client.post(f"/drafts/{second.pk}/snooze", {"moment": "2026-11-24T11:00"})
    second.refresh_from_db()
    assert second.snoozed_until == datetime(2026, 11, 25, 0, tzinfo=UTC)
    client.post(f"/drafts/{second.pk}/snooze", {"wake": "1"})
    second.refresh_from_db()
    assert second.snoozed_until is None
    client.post(f"/drafts/{third.pk}/ask", {"question": "返金してよいですか"})
    assert client.post(f"/drafts/{third.pk}/approve", {"version": "1"}).status_code == 403
    lead = signed_in(Role.LEAD)
    assert "返金してよいですか" in _text(lead.get(f"/drafts/{third.pk}"))
    assert f"/drafts/{third.pk}?tab=asked" in _text(lead.get("/?tab=asked"))
    lead.post(f"/drafts/{third.pk}/give-back", {"answer": "はい"})
    assert client.post(f"/drafts/{third.pk}/approve", {"version": "1"}).status_code == 302


def test_nobody_takes_over_a_question_to_decide_on_it() -> None:
    (draft,) = ready()
    signed_in(Role.AGENT).post(f"/drafts/{draft.pk}/ask", {"question": "返金してよいですか"})
    client = signed_in(Role.APPROVER)
    client.post(f"/drafts/{draft.pk}/ask", {"question": "私が聞きます"})
    assert client.post(f"/drafts/{draft.pk}/give-back", {}).status_code == 403
    assert client.post(f"/drafts/{draft.pk}/approve", {"version": "1"}).status_code == 403
    assert client.post(f"/drafts/{draft.pk}/reject", {"why": "不要"}).status_code == 403
    page = _text(client.get(f"/drafts/{draft.pk}"))
    assert 'id="reject-box"' not in page
    assert 'id="approve-box"' not in page
    draft.refresh_from_db()
    assert (draft.state, draft.asked_lead) == ("pending", "agent")
    assert 'id="reject-box"' in _text(signed_in(Role.LEAD).get(f"/drafts/{draft.pk}"))


@pytest.mark.parametrize(
    ("deed", "given"),
    [
        ("reject", {"why": "不要"}),
        ("ask", {"question": "よいですか"}),
        ("snooze", {"until": "tomorrow"}),
    ],
)
def test_what_a_colleague_rewrote_is_decided_by_whoever_read_it(
    deed: str, given: dict[str, str]
) -> None:
    (draft,) = ready()
    client = signed_in(Role.APPROVER)
    page = _text(client.get(f"/drafts/{draft.pk}"))
    box = page[page.index(f'id="{deed}-box"') :]
    assert '<input type="hidden" name="version" value="1">' in box[: box.index("</form>")]
    body = _wording(draft) + "追伸"
    signed_in(Role.AGENT).post(f"/drafts/{draft.pk}/save", {"version": "1", "body": body})
    told = client.post(f"/drafts/{draft.pk}/{deed}", {**given, "version": "1"}, follow=True)
    assert "could not be done" in _text(told)
    draft.refresh_from_db()
    assert (draft.state, draft.asked_lead, draft.snoozed_until) == ("pending", "", None)
    client.post(f"/drafts/{draft.pk}/{deed}", {**given, "version": "2"})
    draft.refresh_from_db()
    assert (draft.state, draft.asked_lead, draft.snoozed_until) != ("pending", "", None)


def test_further_promises_of_the_text_are_watched_where_they_are_confirmed() -> None:
    (draft,) = ready()
    body = _wording(draft) + "また、11月27日（金）17時までに途中経過をお知らせいたします。"
    client = signed_in(Role.APPROVER)
    page = _text(client.post(f"/drafts/{draft.pk}/check", {"body": body}))
    found = re.search(r'name="also" value="([^"]+)"', page)
    assert found is not None
    given = {"version": "1", "body": body, "also": [found[1], "answer/gestern", "x/2026-01-01"]}
    assert client.post(f"/drafts/{draft.pk}/approve", given).status_code == 302
    assert draft.case.promises.count() == 2


def test_another_time_is_promised_in_the_field_and_in_the_text() -> None:
    (draft,) = ready()
    body = "このたびはご不便をおかけし、申し訳ございません。明日（水）17時までにご連絡いたします。"
    client = signed_in(Role.APPROVER)
    wrong = _text(client.post(f"/drafts/{draft.pk}/check", {"body": body}))
    assert "data-green" not in wrong
    given = {"body": body, "due": "2026-11-25T17:00", "version": "1"}
    assert "data-green" in _text(client.post(f"/drafts/{draft.pk}/check", given))
    client.post(f"/drafts/{draft.pk}/approve", given)
    draft.refresh_from_db()
    assert (draft.state, draft.due) == ("approved", datetime(2026, 11, 25, 8, tzinfo=UTC))


def test_versions_are_compared_word_by_word() -> None:
    (draft,) = ready()
    moves.edit(draft.pk, "aki", _wording(draft).replace("ご不便", "ご迷惑"), ())
    page = _text(signed_in(Role.AGENT).get(f"/drafts/{draft.pk}/versions?old=1&new=2"))
    assert "<del>不便をおかけし</del><ins>迷惑をおかけし</ins>" in page.replace("ご", "")
    assert "<html" not in page


def test_a_colleagues_mark_stands_until_they_leave_and_the_next_draft_is_a_free_one() -> None:
    first, second, third = ready(3)
    aki, mori = signed_in(Role.AGENT), signed_in(Role.APPROVER)
    path = f"/cases/{second.case.receipt}/reading"
    assert "agent" not in _text(aki.post(path))
    assert "agent" in _text(mori.post(path))
    assert "agent" in _text(mori.get(f"/drafts/{second.pk}"))
    answer = mori.post(f"/drafts/{first.pk}/approve", {"version": "1"})
    assert answer.headers["Location"].startswith(f"/drafts/{third.pk}?")
    assert aki.post(path, {"left": "1"}).status_code == 204
    assert "agent" not in _text(mori.post(path))


def test_cases_like_this_one_lend_their_wording() -> None:
    (draft, past) = ready(2)
    m.Case.objects.filter(pk=past.case_id).update(resolution="新しいお皿をお送りしました。")
    client = signed_in(Role.AGENT)
    assert "新しいお皿" not in _text(client.get(f"/drafts/{draft.pk}"))
    text = _text(client.get(f"/drafts/{draft.pk}?use={past.case.receipt}"))
    assert 'data-insert="新しいお皿をお送りしました。"' in text


def test_a_decided_draft_is_read_only_and_late_deeds_say_so() -> None:
    (draft,) = ready()
    client = signed_in(Role.LEAD)
    moves.reject(draft.pk, "aki", "済")
    text = _text(client.get(f"/drafts/{draft.pk}"))
    assert "readonly" in text
    assert "data-save" not in text
    for deed, given in (
        ("approve", {}), ("reject", {"why": "x"}), ("undo", {}), ("ask", {"question": "?"}),
        ("snooze", {"until": "1h"}),
    ):  # fmt: skip
        answer = client.post(f"/drafts/{draft.pk}/{deed}", given, follow=True)
        assert "could not" in _text(answer) or "実行できません" in _text(answer), deed
    assert now() == NOON
