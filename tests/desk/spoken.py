"""A record in which everybody writes one language, and everything has happened once: whatever stands
on a page in another language is the desk's own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from casebook import models as m
from casebook import moves
from casebook.clock import now
from casebook.events import Event
from casebook.findings import ANOTHER_DAY, BEYOND_MAXIMUM, MOVED_ON, Code
from casebook.outgoing import Way
from casebook.timing import About, Purpose
from casebook.types import (
    AlertReason,
    Conduct,
    Evidence,
    Finding,
    Kind,
    Relation,
    RelationKind,
    Reply,
    Sign,
    Span,
    Triage,
)
from casebook.types import Channel as C
from casebook.types import Visibility as V
from desk.access import Role, Scope
from tests.casebook.test_moves import inbound, received


@dataclass(frozen=True, slots=True)
class Tongue:
    """What people say in a language."""

    language: str
    name: str
    subject: str
    text: str
    reply: str
    word: str


JAPANESE = Tongue(
    "ja", "高橋 由美", "お皿が割れていました", "届いた箱を開けると割れていました。ばか野郎。",
    "このたびは申し訳ございません。担当よりご連絡いたします。", "確認済みです",
)  # fmt: skip
ENGLISH = Tongue(
    "en", "Ann Doe", "A broken plate", "I opened the box and it was broken. You idiots.",
    "We are sorry. A colleague will be in touch with you.", "I have checked it",
)  # fmt: skip
TONGUES = {"ja": JAPANESE, "en": ENGLISH}

FINDINGS = (
    Finding(Code.DUE_DIFFERS.value, 0, 0, ANOTHER_DAY),
    Finding(BEYOND_MAXIMUM, 0, 0, "3000/1440", blocking=False),
    Finding(MOVED_ON, 0, 0, blocking=False),
)


def spoken(tongue: Tongue) -> list[m.Draft]:
    """Cases of every kind in this language; their drafts, of which the first waits."""
    crisis = _waits(tongue, severity=3, findings=FINDINGS)
    abusive = _waits(tongue, severity=2, conduct=Conduct.HARASSMENT)
    public = _waits(tongue, channel=C.X, visibility=V.PUBLIC)
    _worked_on(crisis, tongue)
    _ended(_waits(tongue), tongue)
    _merged(_waits(tongue), _waits(tongue), tongue)
    _event([crisis, _waits(tongue)])
    _alerted(abusive)
    _not_sent(_waits(tongue))
    _promised(_waits(tongue), tongue)
    _solved_before(crisis.case, tongue)
    moves.add_token("crm", Role.AGENT, list(Scope), "aki")
    hook = moves.add_webhook("https://crm.example/hook", list(Event), "aki")
    moves.try_webhook(hook.pk, "aki")
    m.Source.objects.update(error_code="wrong_password", error_since=now(), polled_at=now())
    return [crisis, abusive, public]


def _waits(
    tongue: Tongue, *, severity: int = 1, conduct: Conduct = Conduct.ORDINARY,
    channel: C = C.EMAIL, visibility: V = V.PRIVATE, findings: tuple[Finding, ...] = (),
) -> m.Draft:  # fmt: skip
    (key,) = received(
        inbound(
            subject=tongue.subject, text=tongue.text, new_text=tongue.text, channel=channel,
            visibility=visibility, display_name=tongue.name, sent_at=now(),
        )
    )  # fmt: skip
    moves.relate([moves.Related(key, Relation(RelationKind.NEW), tongue.language, ())])
    case = m.Case.objects.get(messages=key)
    due = now() + timedelta(hours=8)
    reply = Reply(channel, visibility, tongue.language, tongue.subject, tongue.reply, due, severity)
    spans = (Span("harassment:insult", 0, 3, tongue.text[:3]), Span("demand:refund", 3, 5, ""))
    triage = Triage(
        Kind.COMPLAINT, severity, conduct, tongue.language, cause="defect", demands=("refund",),
        crisis=("injury",) if severity == 3 else (), evidence=spans,
    )  # fmt: skip
    made = moves.Answered(case.pk, {key: triage}, reply=reply, findings=findings)
    return m.Draft.objects.select_related("case").get(pk=moves.answer([made])[0])


def _worked_on(draft: m.Draft, tongue: Tongue) -> None:
    case, word = draft.case, tongue.word
    moves.note(case.pk, "aki", f"@lead {word}", ["lead"])
    moves.assign(case.pk, "aki", "lead")
    moves.confirm_fault(case.pk, "lead", word)
    moves.unmasked(case.pk, "lead")
    moves.snooze(draft.pk, "aki", now() + timedelta(hours=2))
    moves.snooze(draft.pk, "aki", None)
    moves.ask_lead(draft.pk, "aki", word)
    moves.give_back(draft.pk, "lead", word)
    moves.approve(draft.pk, "lead", override=word)
    moves.take_back(draft.pk, "lead")
    moves.correct(draft.answers_id, {"conduct": "threat", "anger": 2}, "aki")


def _ended(draft: m.Draft, tongue: Tongue) -> None:
    moves.resolve(draft.case_id, "aki", tongue.word)
    survey = moves.open_survey(draft.case_id)
    moves.survey_answered(survey.pk, 1, tongue.word)
    moves.close(draft.case_id, "aki", tongue.word)
    moves.reopen(draft.case_id, "aki", tongue.word)


def _merged(left: m.Draft, kept: m.Draft, tongue: Tongue) -> None:
    moves.merge(left.case_id, kept.case_id, "aki", tongue.word)
    moves.split(left.answers_id, "aki", tongue.word)


def _event(drafts: list[m.Draft]) -> None:
    event = m.Incident.objects.create(first=drafts[0].answers, state="open")
    m.Case.objects.filter(drafts__in=drafts).update(incident=event)
    (key,) = received(inbound(subject="", text="", new_text="", display_name=""))
    told = Relation(
        RelationKind.INCIDENT, drafts[0].answers_id, score=0.9,
        evidence=(Evidence(Sign.SAME_EVENT),),
    )  # fmt: skip
    moves.relate([moves.Related(key, told, drafts[0].language, ())], alert_at=2)


def _alerted(draft: m.Draft) -> None:
    m.Alert.objects.get_or_create(
        case=draft.case, message=draft.answers, reason=AlertReason.HARASSMENT.value
    )
    for number, alert in enumerate(m.Alert.objects.order_by("pk")):
        moves.address(alert.pk, ["chat"] if number else [])
    for row in m.AlertDelivery.objects.all():
        moves.claim_delivery(row.pk)
        moves.delivery_failed(row.pk, "the server refused it for now")


def _not_sent(draft: m.Draft) -> None:
    moves.approve(draft.pk, "aki")
    moves.claim(draft.pk, Way("desk"))
    moves.failed(draft.pk, "wrong_password", "The password was not accepted by the server")


def _promised(draft: m.Draft, tongue: Tongue) -> None:
    moves.approve(draft.pk, "aki")
    promise = m.Promise.objects.get(draft=draft, about=About.ANSWER)
    m.Promise.objects.filter(pk=promise.pk).update(due=now() - timedelta(hours=1))
    moves.overdue(promise.pk)
    reply = Reply(C.EMAIL, V.PRIVATE, tongue.language, tongue.subject, tongue.reply, None)
    moves.write(draft.case_id, Purpose.REPLY, "aki", reply, ())


def _solved_before(case: m.Case, tongue: Tongue) -> None:
    other = _waits(tongue).case
    moves.resolve(other.pk, "aki", tongue.word)
    m.SimilarLink.objects.create(case=case, similar=other, score=0.9, rank=1)
