"""Cases near their end, made by the same moves as real ones."""

from __future__ import annotations

from dataclasses import replace

from casebook import models as m
from casebook import moves
from casebook.links import survey_link
from casebook.types import Conduct, Kind, Relation, RelationKind, Triage
from tests.casebook.test_moves import REPLY, inbound, received

URL = "https://desk.example.jp"
DESK = f'[desk]\nurl = "{URL}"\n'
COMPLAINT = Triage(Kind.COMPLAINT, 1, Conduct.ORDINARY, "ja")


def dealt_with(triage: Triage = COMPLAINT, text: str = "届いた皿が割れていました。") -> m.Case:
    """A case whose message was answered by a draft that went out."""
    (key,) = received(inbound(subject="お皿の割れ", text=text, new_text=text))
    message = m.Message.objects.get(pk=key)
    related(key, triage.language)
    message.refresh_from_db()
    assert message.case_id is not None
    (draft,) = moves.answer(
        [moves.Answered(message.case_id, {key: triage}, reply=replace(REPLY, due=None))]
    )
    m.Draft.objects.filter(pk=draft).update(state="sent")
    return m.Case.objects.get(pk=message.case_id)


def related(key: int, language: str) -> None:
    """Let a message open a case of its own."""
    moves.relate([moves.Related(key, Relation(RelationKind.NEW), language, ())])


def resolved(triage: Triage = COMPLAINT) -> m.Case:
    """A case that was dealt with and is resolved."""
    return moves.resolve(dealt_with(triage).pk, "yamada", "交換品をお送りした")


def asked(triage: Triage = COMPLAINT) -> tuple[m.Survey, str]:
    """A resolved case's survey, and the path of its link."""
    survey = moves.open_survey(resolved(triage).pk)
    return survey, survey_link(survey.pk).removeprefix(URL)
