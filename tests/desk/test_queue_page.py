"""The queue as people see it: order, filters, masks, and nothing of a stranger's that runs."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from casebook import models as m
from casebook import moves
from casebook.clock import frozen, now
from desk.access import Role
from tests.desk.conftest import signed_in
from tests.desk.waiting import ABUSE, SORTS, waiting

pytestmark = pytest.mark.django_db(transaction=True)

NOON = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
MOST_QUERIES = 15


def _customers(page: Any) -> list[str]:
    return re.findall(r'class="row-customer">([^<]*)<', page.content.decode())


def test_what_presses_most_stands_first() -> None:
    with frozen(NOON):
        waiting()
        page = signed_in(Role.AGENT).get("/")
    first = _customers(page)[:6]
    assert first == ["小林 真", "Ann Doe", "不明", "期限切れ", "佐々木", "mori_77"]
    text = page.content.decode()
    assert "2 h 0 min late" in text
    assert "in 2 h 0 min" in text


def test_a_reply_presses_by_what_was_promised_before_it() -> None:
    with frozen(NOON):
        first, other, *_ = waiting(SORTS[4:8])
        m.Draft.objects.filter(pk=other.pk).update(purpose="reply", due=None)
        given = {"case": other.case, "draft": other, "about": "answer"}
        m.Promise.objects.create(due=now() + timedelta(minutes=10), **given)
        m.Promise.objects.create(due=now() - timedelta(hours=5), state="kept", **given)
        page = signed_in(Role.AGENT).get("/")
        text = page.content.decode()
    assert _customers(page)[0] == other.case.display_name
    assert "in 10 min" in text
    assert text.index("in 10 min") < text.index(f'id="d{first.pk}"')


def test_filters_stand_in_the_address_and_unknown_ones_are_left_out() -> None:
    waiting()
    client = signed_in(Role.AGENT)
    assert _customers(client.get("/?severity=3")) == ["小林 真", "Ann Doe", "不明"]
    assert _customers(client.get("/?channel=x&severity=2")) == ["mori_77"]
    assert _customers(client.get("/?kind=praise")) == ["Bob Ray"]
    assert len(_customers(client.get("/?severity=9&channel=fax&page=99&tab=none"))) == 15
    m.Case.objects.filter(drafts__severity=3).update(owner="agent")
    assert len(_customers(client.get("/?owner=me"))) == 3
    part = client.get("/?severity=0", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part


def test_what_sleeps_is_not_shown() -> None:
    draft = waiting()[0]
    m.Draft.objects.filter(pk=draft.pk).update(snoozed_until=now() + timedelta(hours=1))
    assert "小林 真" not in _customers(signed_in(Role.AGENT).get("/"))
    with frozen(now() + timedelta(hours=2)):
        assert "小林 真" in _customers(signed_in(Role.AGENT).get("/"))


def test_abuse_is_masked_and_markup_is_text() -> None:
    waiting()
    text = signed_in(Role.AGENT).get("/").content.decode()
    assert ABUSE not in text
    assert "&lt;script&gt;document" in text
    assert "<script>document" not in text
    assert "<img" not in text
    assert "<b>太郎" not in text


def test_a_full_page_takes_few_queries() -> None:
    for _ in range(4):
        waiting()
    client = signed_in(Role.LEAD)
    with CaptureQueriesContext(connection) as seen:
        page = client.get("/")
    assert len(_customers(page)) == 50
    assert len(seen) <= MOST_QUERIES


def test_a_colleague_who_reads_is_named() -> None:
    draft = waiting()[0]
    m.Reading.objects.create(case=draft.case, who="aki", until=now() + timedelta(minutes=2))
    m.Reading.objects.create(case=draft.case, who="agent", until=now() + timedelta(minutes=2))
    text = signed_in(Role.AGENT).get("/?severity=3").content.decode()
    assert text.count("aki</span>") == 1
    assert "agent</span></p>" not in text


def test_what_sleeps_and_what_a_lead_was_asked_stand_in_lists_of_their_own() -> None:
    sleeps, asked, *_ = waiting()
    moves.snooze(sleeps.pk, "aki", now() + timedelta(hours=1))
    moves.ask_lead(asked.pk, "aki", "?")
    client = signed_in(Role.LEAD)
    assert len(_customers(client.get("/"))) == 13
    assert _customers(client.get("/?tab=snoozed")) == ["小林 真"]
    assert _customers(client.get("/?tab=asked")) == ["Ann Doe"]


def _news(page: Any) -> str:
    found = re.search(r'hx-get="(/queue/news[^"]+)"', page.content.decode())
    assert found is not None
    return html.unescape(found[1])


def test_news_say_how_much_came_in_what_left_and_who_reads_and_else_nothing() -> None:
    first, second, *_ = waiting()
    client = signed_in(Role.AGENT)
    path = _news(client.get("/?kind=complaint"))
    nothing = client.get(path).content.decode()
    assert "data-new" not in nothing
    assert "data-gone" not in nothing
    waiting(tuple(sort for sort in SORTS if sort.name in ("高橋 由美", "中村")))
    moves.reject(first.pk, "aki", "済")
    moves.has_open(second.case_id, "mori", timedelta(seconds=90))
    with CaptureQueriesContext(connection) as seen:
        answer = client.get(path)
    text = answer.content.decode()
    assert len(seen) <= MOST_QUERIES
    assert 'data-new="1"' in text
    assert f'data-gone="d{first.pk}"' in text
    assert text.count("data-gone") == 1
    assert 'href="/?kind=complaint"' in text
    assert "mori</span>" in text
    version = re.search(r'name="v" value="(\w+)"', text)
    assert version is not None
    assert client.get(f"{path}&v={version[1]}").status_code == 204
    assert client.get("/queue/news?top=x&at=-1&seen=1,a,,²&v=%00").status_code == 200


def test_news_tell_of_what_comes_back_and_of_what_was_committed_late() -> None:
    back, late, asked, sleeps, _stays = waiting(SORTS[4:9])
    moves.approve(back.pk, "aki")
    moves.ask_lead(asked.pk, "aki", "?")
    moves.snooze(sleeps.pk, "aki", now() + timedelta(hours=1))
    m.Draft.objects.filter(pk=late.pk).update(state="rejected")
    client = signed_in(Role.AGENT)
    path = _news(client.get("/"))
    assert "data-new" not in client.get(path).content.decode()
    moves.take_back(back.pk, "aki")
    moves.give_back(asked.pk, "lead", "ok")
    m.Draft.objects.filter(pk=late.pk).update(state="pending")
    with frozen(now() + timedelta(hours=2)):
        assert 'data-new="4"' in client.get(path).content.decode()


def test_the_page_of_a_long_list_remembers_its_newest_drafts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("desk.web.queue._REMEMBERED", 3)
    monkeypatch.setattr("desk.web.queue.PAGE", 2)
    waiting()
    client = signed_in(Role.AGENT)
    path = _news(client.get("/"))
    assert "data-new" not in client.get(path).content.decode()
    waiting(SORTS[:1])
    assert 'data-new="1"' in client.get(path).content.decode()


@pytest.mark.parametrize("much", ["9" * 30, "9" * 5_000, "٣", "-1", "1.5", "zz.zz", "z" * 12])
def test_no_number_in_an_address_is_too_much(much: str) -> None:
    draft = waiting(SORTS[4:5])[0]
    client = signed_in(Role.LEAD)
    for path in (
        f"/queue/news?known={much}&seen={much},1", f"/?page={much}&done={much}",
        f"/cases/{draft.case.receipt}?page={much}", f"/cases/{draft.case.receipt}/history?page={much}",
    ):  # fmt: skip
        assert client.get(path).status_code == 200, path
    assert client.get(f"/boards/incidents/{much}").status_code == 404
    given = {"draft": [much, draft.pk], "deed": "assign", "owner": "lead"}
    assert client.post("/queue/several", given).status_code == 302
    draft.case.refresh_from_db()
    assert draft.case.owner == "lead"


def test_what_the_public_will_see_is_never_dealt_with_together() -> None:
    public, private = waiting(SORTS[3:5])
    m.Relation.objects.update(kind="duplicate")
    keys = [public.pk, private.pk]
    client = signed_in(Role.APPROVER)
    page = client.get("/").content.decode()
    assert page.count(" disabled title=") == 1
    for deed in ("snooze", "reject"):
        client.post("/queue/several", {"draft": keys, "deed": deed, "until": "3h"})
    public.refresh_from_db()
    private.refresh_from_db()
    assert (public.state, public.snoozed_until) == ("pending", None)
    assert private.state == "rejected"
    assert private.snoozed_until is not None


def test_who_the_cases_are_given_to_is_looked_up_once() -> None:
    keys = [draft.pk for draft in waiting(SORTS[4:9])]
    client = signed_in(Role.LEAD)
    with CaptureQueriesContext(connection) as seen:
        client.post("/queue/several", {"draft": keys, "deed": "assign", "owner": "lead"})
    asked = [one["sql"] for one in seen if "auth_user" in one["sql"] and "'lead'" in one["sql"]]
    assert len(asked) == 1
    assert m.Case.objects.filter(owner="lead").count() == 5


def test_several_are_given_put_off_or_rejected_where_they_repeat_and_none_is_approved() -> None:
    drafts = waiting()[:4]
    keys = [draft.pk for draft in drafts]
    twice = drafts[0].answers
    m.Relation.objects.filter(message=twice).delete()
    m.Relation.objects.create(message=twice, kind="duplicate")
    client = signed_in(Role.APPROVER)
    given = {"draft": keys, "deed": "reject"}
    page = client.post("/queue/several?severity=3", given, follow=True)
    assert page.redirect_chain == [("/?severity=3", 302)]
    states = m.Draft.objects.filter(pk__in=keys).order_by("pk").values_list("state", flat=True)
    assert list(states) == ["rejected", "pending", "pending", "pending"]
    client.post("/queue/several", {"draft": keys, "deed": "assign", "owner": "approver"})
    assert m.Case.objects.filter(owner="approver").count() == 3
    client.post("/queue/several", {"draft": keys, "deed": "assign", "owner": "stranger"})
    assert m.Case.objects.filter(owner="approver").count() == 3
    client.post("/queue/several", {"draft": keys, "deed": "snooze", "until": "3h"})
    assert m.Draft.objects.filter(snoozed_until__gt=now()).count() == 2
    for deed in ("approve", "", "x"):
        client.post("/queue/several", {"draft": keys, "deed": deed})
    assert not m.Draft.objects.filter(state="approved").exists()
    agent = signed_in(Role.AGENT)
    assert agent.post("/queue/several", {"draft": keys, "deed": "reject"}).status_code == 403
