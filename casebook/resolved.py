"""Questions to the record about cases near their end. Nothing here changes it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from casebook import models as m
from casebook.rows import triage_value
from casebook.states import CaseState, DraftState, MessageState, PromiseState
from casebook.timing import About, FollowUp, Purpose
from casebook.types import AlertReason, Conduct, Direction, Kind, Triage

_MOST = 500
"""Cases that one run takes."""

_ON_ITS_WAY = (
    DraftState.PENDING,
    DraftState.APPROVED,
    DraftState.SENDING,
    DraftState.FAILED,
    DraftState.NEEDS_CHECK,
)


def to_ask(table: FollowUp, at: datetime) -> list[m.Case]:
    """The cases whose customer is to be asked at `at` whether all is well, oldest first.

    They are RESOLVED for `after_days`, were never asked, hold a complaint, an inquiry or a request
    and nothing but ordinary conduct; the customer has not written since, and nothing of ours is
    still on its way to him. What was resolved more than `days` before that is let rest.
    """
    if table.after_days == 0:
        return []
    until = at - timedelta(days=table.after_days)
    of_case = {"case": OuterRef("pk")}
    heard = m.Message.objects.filter(**of_case, direction=Direction.IN)
    judged = heard.filter(triage__isnull=False)
    drafts = m.Draft.objects.filter(**of_case)
    rows = m.Case.objects.filter(
        Exists(judged.filter(triage__kind__in=[Kind.COMPLAINT, Kind.INQUIRY, Kind.REQUEST])),
        ~Exists(judged.exclude(triage__conduct=Conduct.ORDINARY)),
        ~Exists(heard.filter(received_at__gt=OuterRef("resolved_at"))),
        ~Exists(drafts.filter(Q(purpose=Purpose.FOLLOW_UP) | Q(state__in=_ON_ITS_WAY))),
        state=CaseState.RESOLVED,
        resolved_at__gt=until - timedelta(days=table.days),
        resolved_at__lte=until,
    )
    return list(rows.order_by("resolved_at", "pk")[:_MOST])


def to_close(table: FollowUp, at: datetime) -> list[int]:
    """The keys of the RESOLVED cases of which nothing was heard for `days` after they were asked,
    or after they would have been."""
    until = at - timedelta(days=table.days)
    asked = m.Draft.objects.filter(case=OuterRef("pk"), purpose=Purpose.FOLLOW_UP)
    rows = m.Case.objects.filter(
        ~Exists(asked.filter(created_at__gt=until)),
        state=CaseState.RESOLVED,
        resolved_at__lte=until - timedelta(days=table.after_days),
    )
    return list(rows.order_by("pk").values_list("pk", flat=True)[:_MOST])


def reports_due(until: datetime) -> list[m.Promise]:
    """Open promises to report on the progress of cases that are not at their end, due by `until`,
    the next one first."""
    rows = m.Promise.objects.filter(about=About.PROGRESS, state=PromiseState.OPEN, due__lte=until)
    rows = rows.exclude(case__state__in=[CaseState.RESOLVED, CaseState.CLOSED])
    rows = rows.select_related("case", "draft__answers__triage")
    return list(rows.order_by("due", "pk")[:_MOST])


def answer_promised(case: m.Case, after: datetime) -> datetime | None:
    """The earliest time after `after` for which this case's answer is promised."""
    open_ones = case.promises.filter(about=About.ANSWER, state=PromiseState.OPEN, due__gt=after)
    return open_ones.order_by("due").values_list("due", flat=True).first()


def last_heard(case: m.Case) -> tuple[m.Message, Triage] | None:
    """The customer's last message that was dealt with, and what it was; None where none was."""
    heard = case.messages.filter(
        direction=Direction.IN, state=MessageState.ANSWERED, triage__isnull=False
    )
    row = heard.select_related("triage").order_by("pk").last()
    return (row, triage_value(row.triage)) if row else None


def unhappy(cases: Iterable[int]) -> set[int]:
    """Those of the cases (keys) whose customer said that it did not end well, and got no reply
    since."""
    alerts = m.Alert.objects.filter(case__in=list(cases), reason=AlertReason.UNHAPPY)
    since = m.Draft.objects.filter(
        case=OuterRef("case"), state=DraftState.SENT, created_at__gt=OuterRef("opened_at")
    )
    return set(alerts.filter(~Exists(since)).values_list("case_id", flat=True))


def surveys() -> QuerySet[m.Survey]:
    """The surveys that reached their customers, by the time of asking: those whose question was
    approved, and those that were answered."""
    gone = [DraftState.APPROVED, DraftState.SENDING, DraftState.SENT, DraftState.NEEDS_CHECK]
    rows = m.Survey.objects.filter(Q(draft__state__in=gone) | Q(answered_at__isnull=False))
    return rows.order_by("asked_at", "pk")
