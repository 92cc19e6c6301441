"""Search as people use it: one box, filters in the address, passages, saved searches."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.db.models.signals import post_init
from django.test.utils import CaptureQueriesContext

from casebook import models as m
from casebook import moves
from casebook.clock import frozen
from casebook.config import settings
from casebook.types import Relation, RelationKind, Where
from desk.access import Role
from desk.keeping import Keeper
from desk.looking import PAGE, Filters, look
from desk.passages import passage
from desk.searching import encoders, seek_by
from enrich.encoders import dimensions
from enrich.index import IndexUnavailable
from tests.casebook.test_merging import opened
from tests.casebook.test_moves import inbound, received
from tests.desk.conftest import signed_in
from tests.desk.waiting import ABUSE, HOSTILE, waiting

pytestmark = pytest.mark.django_db(transaction=True)

NOON = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
MOST_QUERIES = 15
PLATE = "先週の注文です。届いた皿が割れていました。交換してください。"


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    """The record was emptied: an index of the test before would know more than it does."""
    cache.clear()
    shutil.rmtree(settings().var / "index", ignore_errors=True)


def said(text: str, **more: Any) -> m.Case:
    """A case that opens with this text, found by search."""
    given = {"subject": "", "text": text, "new_text": text, "display_name": "", **more}
    (key,) = received(inbound(**given))
    language = more.get("language", "ja")
    moves.relate([moves.Related(key, Relation(RelationKind.NEW), language, ())])
    embed()
    case = m.Message.objects.get(pk=key).case
    assert case is not None
    return case


def embed() -> None:
    """Give every message that has none its vectors."""
    coders = encoders()
    rows = list(m.Message.objects.filter(embeddings=None, direction="in"))
    made = coders.documents([f"{row.subject}\n{row.new_text}" for row in rows])
    with transaction.atomic():
        moves.keep_vectors(
            [
                (row.pk, moves.Vector(coders.spaces[role], dimensions(role, data), data))
                for row, vectors in zip(rows, made, strict=True)
                for role, data in vectors.items()
            ]
        )


def solved(case: m.Case, resolution: str) -> None:
    m.Case.objects.filter(pk=case.pk).update(
        state="resolved", resolution=resolution, replied_at=case.opened_at + timedelta(hours=2),
        resolved_at=case.opened_at + timedelta(days=1),
    )  # fmt: skip


def receipts(page: Any) -> list[str]:
    return re.findall(r'row-link" href="/cases/([^"]*)"', page.content.decode())


def test_what_means_the_same_is_found_with_its_passage_and_its_solution() -> None:
    plate, other = said(PLATE), said("営業時間を教えてください。")
    solved(plate, "新しい皿をお送りした")
    page = signed_in(Role.AGENT).get("/search", {"q": "皿が割れた"})
    assert receipts(page)[0] == plate.receipt
    text = page.content.decode()
    assert "<mark>届いた皿が割れていました。</mark>" in text
    assert text.index("新しい皿をお送りした") < text.index("<mark>")
    assert "Reply in 2 h 0 min" in text
    english = signed_in(Role.AGENT).get("/search", {"q": "the plate arrived broken"})
    assert receipts(english) == [plate.receipt, other.receipt]


def test_a_receipt_opens_its_case() -> None:
    case, client = said(PLATE), signed_in(Role.AGENT)
    typed = f" {case.receipt.lower()} "
    assert client.get("/search", {"q": typed}).headers["Location"] == f"/cases/{case.receipt}"
    part = client.get("/search", {"q": typed}, headers={"HX-Request": "true"})
    assert part.headers["HX-Redirect"] == f"/cases/{case.receipt}"
    longer = client.get("/search", {"q": f"{case.receipt} 皿が割れた"})
    assert longer.status_code == 200


def test_a_customer_and_an_order_are_found_by_their_names() -> None:
    mine = said("皿について。", author="aki@example.jp", display_name="山田 亜紀")
    order = said("注文の件です。", author="other@example.jp")
    m.OrderNumber.objects.create(message=order.messages.get(), number="MD202609141203")
    client = signed_in(Role.AGENT)
    assert receipts(client.get("/search", {"q": "AKI@example.jp"}))[0] == mine.receipt
    assert receipts(client.get("/search", {"q": "山田 亜紀"}))[0] == mine.receipt
    found = client.get("/search", {"q": "md-20260914-1203"})
    assert receipts(found)[0] == order.receipt
    assert "Same customer or order" in found.content.decode()


def test_filters_stand_in_the_address_and_unknown_ones_are_left_out() -> None:
    with frozen(NOON - timedelta(days=60)):
        old = said(PLATE, author="a@example.jp")
        m.Case.objects.filter(pk=old.pk).update(product="皿", cause="defect")
        with transaction.atomic():
            moves.tell_again(cases=[old.pk])
    with frozen(NOON):
        new = said("届いたお皿が割れていて困っています。", author="b@example.jp")
        solved(old, "交換した")
        m.Triage.objects.create(message=new.messages.get(), kind="complaint", severity=2,
                                language="ja", labels={"crisis": [], "demands": [], "entities": {},
                                                       "missing": []})  # fmt: skip
        client = signed_in(Role.AGENT)

        def found(**given: str) -> set[str]:
            return set(receipts(client.get("/search", given)))

        both = {old.receipt, new.receipt}
        assert found(q="皿が割れた") == both
        assert found(q="皿が割れた", severity="2") == {new.receipt}
        assert found(q="皿が割れた", since="2026-11-01") == {new.receipt}
        assert found(q="皿が割れた", until="2026-11-01") == {old.receipt}
        assert found(q="皿が割れた", status="fax", severity="9", page="x") == both
        assert found(channel="email") == both
        assert found(status="open") == {new.receipt}
        assert found(product="皿", cause="defect") == {old.receipt}
        assert found(severity="2") == {new.receipt}
        assert receipts(client.get("/search", {"channel": "email"})) == [new.receipt, old.receipt]


def test_a_case_is_a_starting_point_and_not_its_own_result() -> None:
    first, second = said(PLATE, author="a@x.jp"), said("皿が割れて届いた。", author="b@x.jp")
    page = signed_in(Role.AGENT).get("/search", {"like": first.receipt})
    assert receipts(page) == [second.receipt]
    assert f"Cases like {first.receipt}" in page.content.decode()


def test_more_is_shown_on_request() -> None:
    for number in range(PAGE + 2):
        said(f"{number}枚目の皿が割れていました。", author=f"{number}@example.jp")
    client = signed_in(Role.AGENT)
    first = client.get("/search", {"q": "皿が割れた"})
    assert len(receipts(first)) == PAGE
    further = re.search(r'<a class="button" href="(\?[^"]*)"', first.content.decode())
    assert further
    second = client.get("/search" + further[1].replace("&amp;", "&"))
    assert len(receipts(second)) == PAGE + 2
    assert receipts(second)[:PAGE] == receipts(first)


def test_nothing_to_show_says_what_to_do() -> None:
    client = signed_in(Role.AGENT)
    assert "Find past cases" in client.get("/search").content.decode()
    assert "Nothing found" in client.get("/search", {"q": "皿"}).content.decode()


@pytest.fixture
def _broken() -> Iterator[None]:
    def refuse(texts: Sequence[str], limit: int, where: Where, exclude: int | None) -> Any:
        raise IndexUnavailable("gone")

    seek_by(refuse)
    yield
    seek_by(None)


@pytest.mark.usefixtures("_broken")
def test_an_index_that_is_gone_is_told_and_receipts_still_work() -> None:
    case, client = waiting()[0].case, signed_in(Role.AGENT)
    page = client.get("/search", {"q": "皿"})
    assert page.status_code == 200
    assert "Search is not available now" in page.content.decode()
    assert client.get("/search", {"q": case.receipt}).status_code == 302


@pytest.mark.timeout(120)
def test_the_index_is_kept_open_and_learns_of_what_is_new(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("desk.keeping._EVERY", 0.1)
    first, client, keeper = said(PLATE), signed_in(Role.AGENT), Keeper()
    keeper.start()
    try:
        page = client.get("/search", {"q": "皿が割れた"}).content.decode()
        assert "getting ready" in page or first.receipt in page
        found = _until(lambda: receipts(client.get("/search", {"q": "皿が割れた"})))
        assert found == [first.receipt]
        second = said("また皿が割れていた。", author="b@example.jp")
        assert _until(
            lambda: second.receipt in receipts(client.get("/search", {"q": "皿が割れた"}))
        )
    finally:
        keeper.close()
    assert not keeper.is_alive()


def _until(asked: Any) -> Any:
    import time

    end = time.monotonic() + 60
    while not (found := asked()) and time.monotonic() < end:
        time.sleep(0.1)
    return found


def test_strangers_texts_are_text_and_abuse_is_masked() -> None:
    waiting()
    embed()
    client = signed_in(Role.AGENT)
    for query in (HOSTILE, ABUSE, "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>'):
        text = client.get("/search", {"q": query}).content.decode()
        results = text.partition('id="results"')[2]
        assert "<script" not in results
        assert "<img" not in results
        assert ABUSE not in results.replace(f'value="{ABUSE}"', "")


def test_a_page_takes_few_queries() -> None:
    for number in range(PAGE + 2):
        solved(said(f"{number}枚目の皿が割れていた。", author=f"{number}@example.jp"), "交換")
    client, keeper = signed_in(Role.LEAD), Keeper()
    keeper.start()
    try:
        assert _until(lambda: keeper.ready)
        with CaptureQueriesContext(connection) as seen:
            page = client.get("/search", {"q": "皿が割れた"})
    finally:
        keeper.close()
    assert len(receipts(page)) == PAGE
    assert len(seen) <= MOST_QUERIES


def test_saved_searches_are_ones_own_until_a_lead_shares_them() -> None:
    agent, lead = signed_in(Role.AGENT), signed_in(Role.LEAD)
    kept = agent.post("/search/saved", {"name": "割れ物", "q": "皿が割れた", "status": "over"})
    assert kept.headers["Location"].startswith("/search?q=")
    (row,) = m.SavedSearch.objects.all()
    assert (row.owner, row.query, row.filters) == ("agent", "皿が割れた", {"status": "over"})
    assert "割れ物" in agent.get("/search").content.decode()
    assert "割れ物" not in lead.get("/search").content.decode()
    assert lead.post(f"/search/saved/{row.pk}", {"name": "x"}).status_code == 403
    assert agent.post(f"/search/saved/{row.pk}", {"name": "x", "shared": "on"}).status_code == 403
    agent.post(f"/search/saved/{row.pk}", {"name": "壊れ物"})
    assert "壊れ物" in agent.get("/search").content.decode()
    lead.post("/search/saved", {"name": "みんなの", "q": "返金", "shared": "on"})
    assert "みんなの" in agent.get("/search").content.decode()
    agent.post("/search/saved", {"name": "二つ目", "q": "返金"})
    agent.post(f"/search/saved/{row.pk}", {"name": "二つ目"})
    assert "There is a search of this name" in agent.get("/search").content.decode()
    agent.post(f"/search/saved/{row.pk}", {"delete": "1"})
    assert not m.SavedSearch.objects.filter(pk=row.pk).exists()


def test_a_nameless_or_empty_search_is_not_kept() -> None:
    client = signed_in(Role.AGENT)
    client.post("/search/saved", {"name": " ", "q": "皿"})
    client.post("/search/saved", {"name": "空"})
    assert m.SavedSearch.objects.count() == 0


@pytest.mark.parametrize(
    ("query", "text", "before", "marked", "after"),
    [
        ("皿が割れた", PLATE, "先週の注文です。", "届いた皿が割れていました。", "交換してください。"),
        ("broken plate", "Hello.\nThe plate is broken! Bye.", "Hello. ", "The plate is broken!", " Bye."),
        ("返金", "皿の話だけ。", "", "", "皿の話だけ。"),
        ("皿", "", "", "", ""),
    ],
)  # fmt: skip
def test_a_passage_is_the_best_sentence(
    query: str, text: str, before: str, marked: str, after: str
) -> None:
    found = passage(query, text)
    assert (found.before, found.marked, found.after) == (before, marked, after)


def test_a_long_passage_is_cut() -> None:
    found = passage("皿", "前" * 200 + "。皿" + "長" * 400 + "。後" + "ろ" * 200)
    assert len(found.before) <= 40
    assert len(found.marked) <= 160
    assert len(found.after) <= 90


def test_of_each_case_one_message_is_read() -> None:
    cases = [opened() for _ in range(3)]
    for number in range(20):
        m.Message.objects.create(
            identity=f"x{number}", case=cases[0], channel="email", author="c", new_text="続き"
        )
    made: list[int] = []

    def count(instance: m.Message, **_more: object) -> None:
        made.append(instance.pk)

    post_init.connect(count, m.Message)
    try:
        found = look("", None, Filters({"channel": "email"}), PAGE)
    finally:
        post_init.disconnect(count, m.Message)
    assert {one.case for one in found.cards} == set(cases)
    # Once for its passage, once for what the case is called, and once for how it was solved.
    assert len(made) <= 3 * len(cases)
