"""What people do to a case on its page, and what they then see."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from casebook import models as m
from casebook import moves
from casebook.clock import now
from casebook.errors import IllegalMove
from casebook.timing import Purpose
from casebook.types import (
    Attachment,
    Conduct,
    Evidence,
    Kind,
    Relation,
    RelationKind,
    Sign,
    SimilarCase,
    Span,
    Suggestion,
    Triage,
)
from desk.access import Role
from tests.casebook.test_merging import followed, opened
from tests.casebook.test_moves import REPLY, inbound, received, related
from tests.desk.conftest import signed_in
from tests.desk.waiting import ABUSE, SORTS, waiting

pytestmark = pytest.mark.django_db(transaction=True)

MOST_QUERIES = 15
MAIL = (
    b"From: c@example.net\r\nSubject: x\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n'
    b'--b\r\nContent-Type: image/svg+xml; name="a.svg"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    b"PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+\r\n--b--\r\n"
)


def page(case: m.Case, role: Role = Role.LEAD, more: str = "") -> str:
    """The case's page as somebody sees it."""
    return signed_in(role).get(f"/cases/{case.receipt}{more}").content.decode()


def told(case: m.Case, name: str, role: Role = Role.LEAD, **given: object) -> str:
    """What the page tells after a deed."""
    path = f"/cases/{case.receipt}/{name}"
    return signed_in(role).post(path, given, follow=True).content.decode()


def test_a_full_page_needs_few_questions() -> None:
    past, other, case = opened(), opened(author="d@example.net"), opened()
    moves.resolve(past.pk, "aki", "交換品をお送りした")
    for key in [followed(case) for _ in range(4)]:
        m.Attachment.objects.create(message_id=key, position=0, name="a.png", type="x/y", bytes=3)
    m.SimilarLink.objects.create(case=case, similar=past, rank=1, score=0.9)
    m.SimilarLink.objects.create(case=case, similar=other, rank=2, score=0.8)
    m.Suggestion.objects.create(
        message_id=case.messages.order_by("pk")[0].pk, of_message_id=other.messages.get().pk,
        evidence=[["same-words", "80"]], score=0.8,
    )  # fmt: skip
    moves.write(case.pk, Purpose.PROGRESS, "aki", REPLY, ())
    moves.approve(case.drafts.get(purpose="progress").pk, "aki")
    moves.note(case.pk, "aki", "@lead 確認を", ["lead"])
    moves.merge(opened().pk, case.pk, "lead")
    client = signed_in(Role.LEAD)
    client.get("/")
    with CaptureQueriesContext(connection) as seen:
        text = client.get(f"/cases/{case.receipt}").content.decode()
    assert len(seen) <= MOST_QUERIES, [one["sql"][:120] for one in seen]
    key = case.messages.order_by("pk")[0].pk
    for path in (
        f"/cases/{case.receipt}/messages/{key}",
        f"/cases/{case.receipt}/history",
        "/mine",
    ):
        with CaptureQueriesContext(connection) as seen:
            assert client.get(path).status_code == 200
        assert len(seen) <= MOST_QUERIES, path
    for words in ("交換品をお送りした", "80 % in common", "確認を", "a.png", past.receipt):
        assert words in text


def test_evidence_is_marked_and_named_where_it_overlaps() -> None:
    (key,) = received(inbound(subject="", text="手にやけどした", new_text="手にやけどした"))
    related(key)
    case = m.Case.objects.get(messages=key)
    spans = (Span("crisis:injury", 1, 7, ""), Span("demand:refund", 5, 8, ""))
    triage = Triage(Kind.COMPLAINT, 3, Conduct.ORDINARY, "ja", evidence=spans)
    moves.answer([moves.Answered(case.pk, {key: triage}, reply=REPLY)])
    text = page(case)
    assert '<mark class="crisis" title="crisis: injury">手にやけ</mark>' in text
    assert '<mark class="crisis" title="crisis: injury, asked for: refund">どし</mark>' in text
    assert '<mark class="info" title="asked for: refund">た</mark>' in text


def test_the_original_stands_beside_and_is_masked_too() -> None:
    (draft,) = waiting(tuple(sort for sort in SORTS if sort.name == "匿名"))
    m.Message.objects.filter(case=draft.case).update(text=f"ばか\n> 野郎、死ね。\n-- \n{ABUSE}です")
    text = page(draft.case)
    assert "Original" in text
    assert "です" in text
    assert ABUSE not in text.replace("\n", "").replace("&gt; ", "")
    assert (
        ABUSE in signed_in(Role.LEAD).post(f"/cases/{draft.case.receipt}/unmasked").content.decode()
    )


def test_abuse_is_hidden_in_quotes_and_an_original_that_cannot_be_masked_is_not_shown() -> None:
    (draft,) = waiting(tuple(sort for sort in SORTS if sort.name == "匿名"))
    quoting = {"case": draft.case, "channel": "email", "author": "c", "new_text": "その後は？"}
    m.Message.objects.create(identity="q", text=f"その後は？\n> {ABUSE}、死ね。", **quoting)
    assert ABUSE not in page(draft.case)
    key = m.Message.objects.get(identity="q").pk
    assert ABUSE not in page(draft.case, more=f"/messages/{key}")
    m.Message.objects.exclude(pk=key).update(text="ば.か.野.郎と書いてある別の文")
    assert "と書いてある別の文" not in page(draft.case)


def test_what_turns_the_writing_is_shown_and_not_obeyed() -> None:
    name = "請求書\u202efdp.exe"
    case = opened(subject=name, text=name, new_text=name, display_name=name)
    text = page(case)
    assert "\u202e" not in text
    assert '<span class="control">U+202E</span>' in text


def test_a_long_conversation_comes_in_parts() -> None:
    case = opened()
    for number in range(60):
        m.Message.objects.create(
            identity=f"x{number}", case=case, channel="email", author="c", new_text=f"第{number}信",
            text=f"第{number}信",
        )  # fmt: skip
    text = page(case)
    assert "第59信" in text
    assert "第9信" not in text
    assert "?page=2" in text
    part = signed_in(Role.AGENT).get(f"/cases/{case.receipt}?page=2", headers={"HX-Request": "1"})
    assert "第9信" in part.content.decode()
    assert "<html" not in part.content.decode()


def test_a_long_text_is_cut_and_stands_in_full_elsewhere() -> None:
    long = "長い話。" * 3_000 + "おわり"
    case = opened(text=long, new_text=long)
    text = page(case)
    assert "おわり" not in text
    key = case.messages.get().pk
    assert f"/messages/{key}" in text
    assert "おわり" in page(case, more=f"/messages/{key}")


def test_a_note_calls_people_and_is_text() -> None:
    case = opened()
    signed_in(Role.APPROVER)
    told(case, "note", Role.AGENT, text="@Approver、<b>至急</b>。@nobody")
    note = case.notes.get()
    assert (note.author, note.mentions) == ("agent", ["approver"])
    assert "&lt;b&gt;至急" in page(case)
    mine = signed_in(Role.APPROVER).get("/mine").content.decode()
    assert case.receipt in mine
    assert "&lt;b&gt;至急" in mine
    assert case.receipt not in signed_in(Role.LEAD).get("/mine").content.decode()
    assert "Please check" in told(case, "note", text=" ")


def test_a_case_is_taken_given_and_let_go() -> None:
    case = opened()
    signed_in(Role.AGENT)
    told(case, "assign", owner="agent")
    case.refresh_from_db()
    assert case.owner == "agent"
    assert case.receipt in signed_in(Role.AGENT).get("/mine").content.decode()
    told(case, "assign", owner="nobody-there")
    told(case, "assign", owner="")
    case.refresh_from_db()
    assert case.owner == ""


def test_a_case_is_resolved_reopened_and_closed_for_reasons() -> None:
    case = opened()
    for name, state in (("resolve", "resolved"), ("reopen", "reopened"), ("close", "closed")):
        told(case, name, text=" ")
        case.refresh_from_db()
        assert case.state != state
        text = told(case, name, text=f"理由：{name}")
        case.refresh_from_db()
        assert case.state == state
        assert f"理由：{name}" in text
    again = signed_in(Role.LEAD).post(f"/cases/{case.receipt}/close", {"text": "x"})
    assert again.status_code == 409


def test_a_page_that_is_older_than_a_merge_loses_no_note_and_does_nothing_else() -> None:
    left, kept = opened(), opened()
    moves.merge(left.pk, kept.pk, "lead")
    assert "電話済み" in told(left, "note", Role.AGENT, text="電話済み")
    assert kept.notes.get().body == "電話済み"
    client = signed_in(Role.LEAD)
    for name in ("assign", "resolve", "close", "reopen", "fault"):
        answer = client.post(f"/cases/{left.receipt}/{name}", {"text": "x", "owner": "lead"})
        assert answer.status_code == 409, name


def test_a_fault_is_confirmed_and_withdrawn() -> None:
    case = opened()
    assert "At fault" in told(case, "fault", text="検品漏れ")
    assert "At fault" not in told(case, "fault", text="別件", withdrawn="1")


def test_a_fault_is_a_leads_to_confirm() -> None:
    case = opened()
    for role in (Role.AGENT, Role.APPROVER):
        answer = signed_in(role).post(f"/cases/{case.receipt}/fault", {"text": "検品漏れ"})
        assert answer.status_code == 403
        assert "At fault" not in page(case, role)
        assert "/fault" not in page(case, role)
    case.refresh_from_db()
    assert not case.fault_confirmed


@pytest.mark.parametrize("name", ["resolve", "close"])
def test_a_case_that_owes_something_is_no_agents_to_end(name: str) -> None:
    waits, promised, free = opened(), opened(), opened()
    moves.approve(promised.drafts.get().pk, "aki")
    promise = m.Promise.objects.create(
        case=promised, draft=promised.drafts.get(), due=now() + timedelta(hours=1)
    )
    moves.reject(free.drafts.get().pk, "aki", "不要")
    agent = signed_in(Role.AGENT)
    for case in (waits, promised):
        path = f"/cases/{case.receipt}/{name}"
        assert agent.post(path, {"text": "済"}).status_code == 403
        assert path not in page(case, Role.AGENT)
        assert path in page(case, Role.APPROVER)
        before = case.state
        case.refresh_from_db()
        assert case.state == before
        with pytest.raises(IllegalMove, match="a promise is open"):
            getattr(moves, name)(case.pk, "agent", "済", settle=False)
    promise.refresh_from_db()
    assert (promise.state, waits.drafts.get().state) == ("open", "pending")
    agent.post(f"/cases/{free.receipt}/{name}", {"text": "済"})
    signed_in(Role.APPROVER).post(f"/cases/{waits.receipt}/{name}", {"text": "済"})
    for case in (free, waits):
        case.refresh_from_db()
        assert case.state in ("resolved", "closed")
    assert waits.drafts.get().state == "superseded"


def test_labels_are_corrected_and_the_page_says_what_the_machine_said() -> None:
    case = opened()
    path = f"/cases/{case.receipt}/messages/{case.messages.get().pk}"
    client = signed_in(Role.AGENT)
    given = {"kind": "request", "severity": "1", "conduct": "ordinary", "anger": "0"}
    assert (
        "Nothing was changed" in client.post(path, {**given, "kind": "complaint"}).content.decode()
    )
    assert client.post(path, given).status_code == 302
    correction = m.Correction.objects.get()
    assert (correction.expect, correction.author) == ({"kind": "request"}, "agent")
    assert (
        "Judged automatically: complaint (corrected by a person)"
        in client.get(path).content.decode()
    )
    wrong = {**given, "crisis": ["injury"], "severity": "0"}
    assert "contradict" in client.post(path, wrong).content.decode()
    assert "Kind complaint → request" in page(case)


def test_a_suggestion_is_told_apart_or_merged() -> None:
    other = opened(author="d@example.net")
    (key,) = received(inbound())
    first = other.messages.get().pk
    looks = Suggestion(first, (Evidence(Sign.SAME_WORDS, "80"),), 0.8)
    related(key, relation=Relation(RelationKind.NEW, suggestions=(looks,)))
    case = m.Case.objects.get(messages=key)
    assert "same words (80 % in common)" in page(other)
    told(case, "apart", message=key, of_message=first)
    assert "80 %" not in page(other)
    text = told(case, "merge", receipt=other.receipt, text="同じ方")
    assert f"{other.receipt} is part of this case now" in text
    assert (
        signed_in(Role.AGENT)
        .get(f"/cases/{other.receipt}")
        .headers["Location"]
        .endswith(case.receipt)
    )
    assert "Please check" in told(case, "merge", receipt="M-000000")
    fresh = m.Message.objects.get(pk=first)
    told(case, "split", message=first)
    fresh.refresh_from_db()
    assert fresh.case_id not in (case.pk, other.pk)


def test_a_suspicion_is_confirmed_and_the_merge_undone_on_the_page() -> None:
    other = opened(author="d@example.net")
    (key,) = received(inbound())
    first = other.messages.get().pk
    looks = Suggestion(first, (Evidence(Sign.SAME_WORDS, "80"),), 0.8)
    related(key, relation=Relation(RelationKind.NEW, suggestions=(looks,)))
    case = m.Case.objects.get(messages=key)
    deeds = (f"/cases/{case.receipt}/confirm", f"/cases/{case.receipt}/unmerge")
    assert deeds[0] in page(case)
    assert deeds[0] not in page(case, Role.AGENT)
    given = {"message": key, "of_message": first}
    stranger = opened(author="e@example.net")
    answer = signed_in(Role.LEAD).post(f"/cases/{stranger.receipt}/confirm", given)
    assert answer.status_code == 404
    text = told(case, "confirm", text="同じ方", message=key, of_message=first)
    assert "same words (80 % in common)" in text
    assert "同じ方" in text
    assert deeds[1] in text
    assert deeds[1] not in page(case, Role.AGENT)
    for wrong in (stranger.receipt, case.receipt, "x", ""):
        assert "Please check" in told(case, "unmerge", receipt=wrong)
    text = told(case, "unmerge", receipt=other.receipt, text="別の方でした")
    assert deeds[1] not in text
    assert "別の方でした" in text
    assert "別の方でした" in page(other)
    assert signed_in(Role.LEAD).post(deeds[0], given).status_code == 409


def test_a_reply_that_came_back_waits_for_somebody() -> None:
    case = opened()
    reply = case.drafts.get()
    m.Draft.objects.filter(pk=reply.pk).update(
        state="returned", error_code="returned", error="550 <b>unknown</b>\u202e user"
    )
    text = page(case)
    assert f'id="draft{reply.pk}"' in text
    assert "550 &lt;b&gt;unknown&lt;/b&gt;" in text
    assert signed_in(Role.LEAD).get(f"/drafts/{reply.pk}").status_code == 200
    assert "\u202e" not in text
    again = moves.write(case.pk, Purpose.REPLY, "aki", REPLY, ())
    assert f'id="draft{reply.pk}"' in page(case)
    m.Draft.objects.filter(pk=again.pk).update(state="sent")
    assert f'id="draft{reply.pk}"' not in page(case)
    m.Draft.objects.filter(pk=again.pk).update(state="rejected")
    assert f'id="draft{reply.pk}"' in page(case)
    moves.resolve(case.pk, "aki", "電話で解決")
    assert f'id="draft{reply.pk}"' not in page(case)


def test_similar_cases_are_masked_and_in_their_order() -> None:
    (abusive,) = waiting(tuple(sort for sort in SORTS if sort.name == "匿名"))
    m.Message.objects.filter(case=abusive.case).update(subject="")
    m.Case.objects.filter(pk=abusive.case.pk).update(subject="", resolution="電話で解決")
    case, second = opened(), opened(subject="二番目")
    moves.answer([])
    for rank, past in enumerate((second, abusive.case), start=1):
        link = SimilarCase(past.pk, 0, 0.5)
        m.SimilarLink.objects.create(case=case, similar_id=link.case, rank=rank, score=link.score)
    text = page(case)
    assert text.index("二番目") < text.index("電話で解決")
    assert ABUSE not in text


def test_a_file_is_saved_and_never_shown() -> None:
    case = opened(raw=MAIL, attachments=(Attachment("a.svg", "image/svg+xml", 21),))
    file = m.Attachment.objects.get()
    client = signed_in(Role.AGENT)
    answer = client.get(f"/cases/{case.receipt}/files/{file.pk}")
    assert answer.content == b"<svg onload=alert(1)>"
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="a.svg"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert m.AuditLine.objects.get(what="message.file_taken").who == "agent"
    m.Message.objects.update(truncated=True)
    assert client.get(f"/cases/{case.receipt}/files/{file.pk}").status_code == 404
    assert client.get(f"/cases/{opened().receipt}/files/{file.pk}").status_code == 404


def test_the_history_is_told_in_words() -> None:
    case = opened()
    moves.approve(case.drafts.get().pk, "aki")
    text = page(case, more="/history")
    assert "pending → approved" in text
    assert "moved the draft on" in text
