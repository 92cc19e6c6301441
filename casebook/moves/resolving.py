"""Cases at their end: resolved, asked how it went, closed, and reopened by an unhappy answer."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from casebook import models as m
from casebook.clock import now
from casebook.errors import IllegalMove
from casebook.moves.base import (
    MACHINE,
    audit,
    case_locked,
    line,
    moved,
    standing_locked,
    unmerged,
)
from casebook.moves.protecting import open_alerts
from casebook.moves.queueing import queue_draft
from casebook.moves.settling import fulfil
from casebook.moves.vectors import tell_again
from casebook.reading import unsettled
from casebook.rows import clean
from casebook.states import CaseState, DraftState, MessageState, PromiseState
from casebook.timing import Purpose
from casebook.types import AlertReason, Direction, Finding, Reply, Visibility

CUSTOMER = "customer"
"""Who is written into the audit for what the customer did on a page."""

PROGRESS_DRAFTED = "progress_drafted"
"""What the audit says of a promise for which a report was drafted."""

COMMENT_LIMIT = 2000
"""Characters of a survey's comment."""

_NO_COMMENT = {
    "ja": "（満足度アンケート：5段階中{score}のご回答）",
    "en": "(Not satisfied with how it was handled: {score} out of 5)",
}


@transaction.atomic
def resolve(case: int, who: str, resolution: str, *, settle: bool = True) -> m.Case:
    """OPEN, WAITING or REOPENED → RESOLVED by `who`, with how it was resolved. Drafts that wait
    for approval are superseded, and what was promised is kept, or broken where its time has passed;
    an approved reply still goes out. Raises IllegalMove from any other state, and for whoever may
    not `settle` these where there are any."""
    row = case_locked(pk=case)
    _settled(row, settle)
    lines = [_told(row, CaseState.RESOLVED, who, "resolved")]
    row.resolution, row.resolved_at = clean(resolution), now()
    row.save(update_fields=["state", "resolution", "resolved_at"])
    audit([*lines, *_withdrawn(row, who), *fulfil(row, who)])
    tell_again(cases=[row.pk])
    return row


@transaction.atomic
def close(case: int, who: str = MACHINE, note: str = "", *, settle: bool = True) -> m.Case:
    """Any state but CLOSED → CLOSED: nothing more is to be done. Drafts, promises and `settle` as
    in `resolve`. Raises IllegalMove where it is closed already."""
    row = case_locked(pk=case)
    _settled(row, settle)
    lines = [_told(row, CaseState.CLOSED, who, note)]
    row.save(update_fields=["state"])
    audit([*lines, *_withdrawn(row, who), *fulfil(row, who)])
    tell_again(cases=[row.pk])
    return row


@transaction.atomic
def reopen(case: int, who: str, note: str) -> m.Case:
    """RESOLVED or CLOSED → REOPENED by `who`, for the reason `note`. Raises IllegalMove from any
    other state, and for a case that was merged into another."""
    row = unmerged(case_locked(pk=case))
    audit([_told(row, CaseState.REOPENED, who, note.strip())])
    row.save(update_fields=["state"])
    tell_again(cases=[row.pk])
    return row


@transaction.atomic
def let_rest(case: int) -> bool:
    """RESOLVED → CLOSED, because nothing more was heard. False where it has moved on."""
    row = case_locked(pk=case)
    if row.state != CaseState.RESOLVED:
        return False
    close(case, note="no further word")
    return True


def _settled(row: m.Case, settle: bool) -> None:
    if not settle and unsettled(row.pk):
        raise IllegalMove(f"{row.receipt}: a draft waits for it, or a promise is open")


def _told(row: m.Case, after: CaseState, who: str, note: str) -> m.AuditLine:
    try:
        return moved(row, after, who=who, note=note)
    except IllegalMove as error:
        raise IllegalMove(f"{row.receipt}: {row.state} may not become {after}") from error


def _withdrawn(case: m.Case, who: str) -> list[m.AuditLine]:
    pending = case.drafts.select_for_update().filter(state=DraftState.PENDING)
    lines = []
    for draft in pending:
        lines.append(moved(draft, DraftState.SUPERSEDED, who=who, note=f"case {case.state}"))
        draft.save(update_fields=["state"])
    return lines


@transaction.atomic
def open_survey(case: int) -> m.Survey:
    """The one survey of a case; opened where there is none."""
    row, made = m.Survey.objects.get_or_create(case_id=case)
    if made:
        audit([line(row, "opened", "", "")])
    return row


@transaction.atomic
def follow_up(
    case: int, answers: int, reply: Reply, findings: Sequence[Finding], survey: int | None = None
) -> m.Draft | None:
    """Queue the one question of a RESOLVED case whether all is well; it holds the link to
    `survey`, which counts as asked from now on. None, and nothing is done, where the case has
    moved on or was asked before."""
    row = case_locked(pk=case)
    asked = row.drafts.filter(purpose=Purpose.FOLLOW_UP).exists()
    if row.state != CaseState.RESOLVED or asked:
        return None
    draft = queue_draft(row.pk, answers, Purpose.FOLLOW_UP, reply, findings)
    if survey is not None:
        m.Survey.objects.filter(pk=survey).update(draft=draft, asked_at=now())
    return draft


@transaction.atomic
def report_progress(
    promise: int, answers: int, reply: Reply, findings: Sequence[Finding]
) -> m.Draft | None:
    """Queue the report that an open promise calls for. None, and nothing is done, where it is
    settled, was drafted for before, or another report waits for approval."""
    case = case_locked(promises=promise)
    row = m.Promise.objects.select_for_update().get(pk=promise)
    waits = case.drafts.filter(purpose=Purpose.PROGRESS, state=DraftState.PENDING)
    if row.state != PromiseState.OPEN or drafted_for([row.pk]) or waits.exists():
        return None
    audit([line(row, PROGRESS_DRAFTED, "", "")])
    return queue_draft(case.pk, answers, Purpose.PROGRESS, reply, findings)


def drafted_for(promises: Sequence[int]) -> set[int]:
    """Those of the promises (keys) for which a report was drafted, whatever became of it."""
    lines = m.AuditLine.objects.filter(thing="promise", thing_id__in=promises)
    found = lines.filter(what=f"promise.{PROGRESS_DRAFTED}")
    return set(found.values_list("thing_id", flat=True))


@transaction.atomic
def survey_answered(
    survey: int,
    score: int,
    comment: str = "",
    recommend: int | None = None,
    *,
    unhappy: int = 2,
    language: str = "ja",
) -> bool:
    """The customer's answer, recorded once: `score` 1 to 5, `recommend` 0 to 10 or None. False,
    and nothing changes, where it was answered before.

    A comment, and a score up to `unhappy`, become a message of the case that the next intake deals
    with, in `language` where no word was written. An unhappy one reopens the case and alerts. The
    case is the one that stands, where the one that was asked about was merged.
    """
    case = standing_locked(survey=survey)
    row = m.Survey.objects.select_for_update().get(pk=survey)
    if row.answered_at is not None:
        return False
    row.answered_at, row.score, row.recommend = now(), score, recommend
    row.comment = clean(comment, COMMENT_LIMIT).strip()
    row.save(update_fields=["answered_at", "score", "recommend", "comment"])
    audit([line(row, "answered", "", "", who=CUSTOMER, note=f"{score}/5")])
    disappointed = score <= unhappy
    if row.comment or disappointed:
        message = _said(row, case, "en" if language == "en" else "ja")
        if disappointed:
            _reopen(case)
            open_alerts([(message, case.pk, AlertReason.UNHAPPY)])
    return True


def _said(survey: m.Survey, case: m.Case, language: str) -> m.Message:
    """The answer as a message to the case, by whoever wrote to it last. The receipt number, all of
    its subject, is what joins it to its case; words of ours there would be read as theirs."""
    last = case.messages.filter(direction=Direction.IN).order_by("pk").last()
    text = survey.comment or _NO_COMMENT[language].format(score=survey.score)
    message = m.Message.objects.create(
        identity=survey_identity(survey.pk),
        channel=last.channel if last else case.channel,
        visibility=last.visibility if last else Visibility.PRIVATE,
        author=last.author if last else case.author,
        display_name=last.display_name if last else case.display_name,
        sent_at=now(),
        received_at=now(),
        subject=f"[{case.receipt}]",
        text=text,
        new_text=text,
    )
    audit([line(message, "received", "", MessageState.RECEIVED, who=CUSTOMER)])
    return message


def survey_identity(survey: int) -> str:
    """The identity of the message that the answer to a survey becomes."""
    return f"survey:{survey}"


def _reopen(case: m.Case) -> None:
    again = {
        CaseState.WAITING: CaseState.OPEN,
        CaseState.RESOLVED: CaseState.REOPENED,
        CaseState.CLOSED: CaseState.REOPENED,
    }.get(CaseState(case.state))
    if again is not None:
        audit([moved(case, again, who=CUSTOMER, note="unhappy answer")])
        case.save(update_fields=["state"])
        tell_again(cases=[case.pk])
