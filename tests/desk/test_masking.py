"""What nobody sees without asking for it, wherever it stands; and that asking is kept."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from casebook import models as m
from casebook import moves
from casebook.config import settings
from casebook.handling import Masking
from casebook.policy import load_policy
from casebook.types import Channel, Direction, Finding, Span, Visibility
from desk import masking
from desk.access import Role, Scope
from desk.masking import personal, quoting, seen
from enrich.personal_data.rules import Type
from tests.desk.conftest import signed_in
from tests.desk.test_search_page import embed
from tests.desk.waiting import ABUSE, SORTS, Sort, waiting

pytestmark = pytest.mark.django_db(transaction=True)

PHONE, CARD, ADDRESS = "090-1234-5678", "4111 1111 1111 1111", "東京都千代田区丸の内9-8-7"
TOLD = f"山本と申します。注文番号 AB-12345 の件です。電話は{PHONE}、住所は{ADDRESS}、カードは{CARD}です。"
SECRETS = (PHONE, CARD, ADDRESS)


@pytest.fixture(autouse=True)
def _nothing_kept() -> Iterator[None]:
    cache.clear()
    shutil.rmtree(settings().var / "index", ignore_errors=True)
    yield
    masking._personal.cache_clear()


@pytest.fixture
def draft() -> m.Draft:
    (found,) = waiting((Sort("山本", f"電話 {PHONE}", TOLD),))
    return found


def _program(role: Role, *scopes: Scope) -> Client:
    key = moves.add_token("crm", role, scopes, "test")[1]
    return Client(headers={"Authorization": f"Bearer {key}"})


def _asked() -> list[tuple[str, int | None]]:
    lines = m.AuditLine.objects.filter(what="case.unmasked").order_by("pk")
    return list(lines.values_list("who", "case"))


def test_no_page_shows_personal_data_unasked(draft: m.Draft) -> None:
    case, client = draft.case.receipt, signed_in(Role.ADMIN)
    for path in (
        "/", f"/cases/{case}", f"/cases/{case}/messages/{draft.answers_id}", f"/drafts/{draft.pk}",
        "/search?channel=email", f"/search?q={case[:4]}", "/mine", "/boards",
    ):  # fmt: skip
        text = client.get(path).content.decode()
        for secret in SECRETS:
            # A reply in the making repeats the subject, and stands there as it will leave.
            assert secret not in text or (path.startswith("/drafts") and secret == PHONE), path
    text = client.get(f"/cases/{case}").content.decode()
    for told in (
        "〔電話番号〕",
        "〔カード番号〕",
        "〔住所〕",
        "山本",
        "AB-12345",
        draft.case.author,
    ):
        assert told in text


def test_whoever_reads_the_case_may_ask_and_the_audit_keeps_it(draft: m.Draft) -> None:
    client, path = signed_in(Role.AGENT), f"/cases/{draft.case.receipt}"
    for asked in (f"{path}/unmasked", f"{path}/messages/{draft.answers_id}/unmasked"):
        text = client.post(asked).content.decode()
        assert all(secret in text for secret in SECRETS)
        assert "〔電話番号〕" not in text.partition('class="columns"')[2].partition("<aside")[0]
    assert _asked() == [("agent", draft.case_id)] * 2


def test_the_editor_is_audited_where_it_shows_what_is_hidden(draft: m.Draft) -> None:
    (other,) = waiting(SORTS[4:5])
    signed_in(Role.AGENT).get(f"/drafts/{other.pk}")
    assert _asked() == []
    m.DraftVersion.objects.filter(draft=draft).update(body=f"{PHONE}にお電話いたします。")
    assert PHONE in signed_in(Role.AGENT).get(f"/drafts/{draft.pk}").content.decode()
    assert _asked() == [("agent", draft.case_id)]


def test_a_program_asks_as_people_do(draft: m.Draft) -> None:
    client, path = _program(Role.AGENT, Scope.CASES_READ), f"/api/v1/cases/{draft.case.receipt}"
    masked = client.get(path).content.decode()
    assert not any(secret in masked for secret in SECRETS)
    assert _asked() == []
    (message,) = client.get(path, {"unmask": "true"}).json()["messages"]
    assert message["text"] == TOLD
    assert _asked() == [("api:crm", draft.case_id)]


def test_what_a_program_may_decide_on_it_sees_as_it_will_leave(draft: m.Draft) -> None:
    (draft,) = waiting(tuple(sort for sort in SORTS if sort.name == "匿名"))
    body = f"「{ABUSE}」の件、承りました。全額を返金いたします。"
    moves.edit(draft.pk, "aki", body, [Finding("refund_promised", 14, 18, "beyond authority")])
    path = f"/api/v1/drafts/{draft.pk}"
    for role, scopes in (
        (Role.APPROVER, (Scope.DRAFTS_READ,)),
        (Role.AGENT, (Scope.DRAFTS_READ, Scope.DRAFTS_DECIDE)),
    ):
        answer = _program(role, *scopes).get(path)
        found = answer.json()
        assert found["masked"]
        assert ABUSE not in answer.content.decode()
        assert "〔伏せ字〕" in found["body"]
        assert (found["findings"][0]["start"], found["findings"][0]["end"]) == (None, None)
    assert _asked() == []
    found = _program(Role.APPROVER, Scope.DRAFTS_READ, Scope.DRAFTS_DECIDE).get(path).json()
    (finding,) = found["findings"]
    assert (found["masked"], found["body"]) == (False, body)
    assert found["body"][finding["start"] : finding["end"]] == body[14:18]
    assert _asked() == [("api:crm", draft.case_id)]


def _answered(case: m.Case, text: str) -> None:
    m.Message.objects.create(
        identity=f"ours:{case.pk}", external_id="", case=case, direction=Direction.OUT,
        channel=Channel.EMAIL, visibility=Visibility.PRIVATE, text=text, new_text=text,
        state="answered",
    )  # fmt: skip


def test_how_it_was_solved_repeats_no_abuse_anywhere() -> None:
    (past,) = waiting((Sort("匿名", ABUSE, f"皿が割れていた。{ABUSE}。"),))
    (draft,) = waiting(SORTS[4:5])
    span = {"label": "harassment:insult", "start": 0, "end": len(ABUSE), "text": ABUSE}
    m.Triage.objects.filter(message=past.answers).update(evidence=[span])
    _answered(past.case, f"「{ABUSE}」の件、新しい皿をお送りしました。")
    draft.case.similar_links.create(similar=past.case, score=0.9, rank=1)
    embed()
    client = signed_in(Role.AGENT)
    query = {"text": "皿が割れた", "everything": True}
    found: Any = _program(Role.AGENT, Scope.SEARCH).post(
        "/api/v1/search", query, "application/json"
    )
    for text in (
        client.get("/search", {"q": "皿が割れた"}).content.decode(),
        client.get(f"/drafts/{draft.pk}").content.decode(),
        client.get(f"/cases/{draft.case.receipt}").content.decode(),
        json.dumps(found.json(), ensure_ascii=False),
    ):
        assert "新しい皿をお送りしました" in text
        assert ABUSE not in text


def test_words_in_common_are_of_what_is_shown() -> None:
    waiting((Sort("匿名", "", f"{ABUSE}、皿が割れた。"), Sort("匿名", "", f"皿の件。{ABUSE}。")))
    for row in m.Message.objects.select_related("triage"):
        at = 1 + row.new_text.index(ABUSE)
        span = {"label": "harassment:insult", "start": at, "end": at + len(ABUSE), "text": ABUSE}
        m.Triage.objects.filter(message=row).update(evidence=[span])
    embed()
    case = m.Case.objects.order_by("pk")[0]
    text = signed_in(Role.AGENT).get("/search", {"like": case.receipt}).content.decode()
    words = text.partition("In common:")[2].partition("</span>")[0]
    assert "皿" in words
    assert "野郎" not in text


def test_many_hits_are_solved_in_few_questions(django_assert_max_num_queries: Any) -> None:
    for number in range(8):
        (draft,) = waiting((Sort(f"客{number}", "", f"{number}枚目の皿が割れた。"),))
        _answered(draft.case, "新しい皿をお送りしました。")
    embed()
    client = _program(Role.AGENT, Scope.SEARCH)
    asked = {"text": "皿が割れた", "everything": True}
    with django_assert_max_num_queries(20):
        found = client.post("/api/v1/search", asked, "application/json").json()
    assert len(found["items"]) == 8


def test_what_the_company_makes_known_is_no_secret(draft: m.Draft) -> None:
    company = load_policy(settings().policy).company
    assert personal(f"{company.email}に送りました。") == ()
    assert [span.text for span in personal(f"電話は{PHONE}です。")] == [PHONE]


def test_a_masked_text_is_masked_in_what_quotes_it(draft: m.Draft) -> None:
    message = m.Message.objects.select_related("triage").get(pk=draft.answers_id)
    assert seen(message)[0] == "電話 〔電話番号〕"
    assert quoting(f"Re: 電話 {PHONE}", message) == "Re: 電話 〔電話番号〕"
    assert quoting("Re: 電話\n 090-1234-\n> 5678", message) == "Re: 電話\n 〔電話番号〕"
    assert seen(message, unmask=True) == (message.subject, message.new_text)


def test_the_policy_names_types_that_are_found() -> None:
    (personal_type,) = {type(one) for one in Type}
    named = Masking.model_fields["personal"].default
    assert set(named) < {one.value for one in personal_type}
    assert not Masking(personal=()).hides("phone")
    assert Masking().hides("phone")
    assert not Masking().hides("person")


def test_spans_of_a_judgement_have_words(draft: m.Draft) -> None:
    message = m.Message.objects.select_related("triage").get(pk=draft.answers_id)
    assert Span("phone", 3, 16, PHONE) in masking._passages(message)[0]
