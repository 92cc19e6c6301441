"""How the answering of cases went: from the record, as plain values."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Q
from django.db.models.functions import Length

from casebook import models as m
from casebook.policy import Policy
from casebook.rows import triage_value
from casebook.states import CaseState, DraftState
from casebook.timing import Handled
from casebook.types import Direction

_RECENT, _RECENTLY = timedelta(days=14), 5_000
"""How far back the queue and the pace of late are seen, and how many cases at the most."""
_ENDED = (CaseState.RESOLVED, CaseState.CLOSED)


def handled(policy: Policy, since: datetime, *, limit: int = 0) -> list[Handled]:
    """The cases that arrived or were answered after `since` or are still open, by their arrival;
    of more than `limit` (0: none) the newest. Cases that got no answer and need none are left
    out."""
    recent = Q(opened_at__gte=since) | Q(replied_at__gte=since)
    # Who was told a time, and waits for the answer, has none yet.
    waiting = Q(replied_at=None) & ~Q(state__in=[state.value for state in _ENDED])
    rows = m.Case.objects.filter(waiting | (recent & Q(replied_at__isnull=False)))
    newest = list(rows.order_by("-opened_at", "-pk")[:limit] if limit else rows)
    firsts, people = _firsts(case.pk for case in newest), _people(case.pk for case in newest)
    return sorted(
        (_handled(policy, case, firsts.get(case.pk), people.get(case.pk, "")) for case in newest),
        key=lambda case: case.arrived,
    )


def recent(policy: Policy, at: datetime) -> list[Handled]:
    """The cases in which the queue and the pace of late are seen at the time `at`."""
    return handled(policy, at - _RECENT, limit=_RECENTLY)


def estimator() -> m.EstimateModel | None:
    """The fitted estimator in force, its data fetched when they are asked for; None where there is
    none."""
    return m.EstimateModel.objects.defer("data").order_by("-pk").first()


def _handled(policy: Policy, case: m.Case, first: m.Message | None, who: str) -> Handled:
    row = getattr(first, "triage", None)
    triage = triage_value(row) if row else None
    return Handled(
        arrived=case.opened_at,
        answered=max(case.replied_at, case.opened_at) if case.replied_at else None,
        severity=triage.severity if triage else 1,
        department=policy.department(triage) if triage else "",
        channel=case.channel,
        category=case.cause or (triage.kind.value if triage else ""),
        length=getattr(first, "length", 0),
        who=who,
    )


def _firsts(cases: Iterable[int]) -> dict[int, m.Message]:
    """The first message of each case, without its text."""
    rows = (
        m.Message.objects.filter(case__in=list(cases), direction=Direction.IN)
        .select_related("triage")
        .annotate(length=Length("new_text"))
        .defer("text", "new_text")
        .order_by("-pk")
    )
    return {row.case_id: row for row in rows if row.case_id is not None}


def _people(cases: Iterable[int]) -> dict[int, str]:
    """Who approved the first reply of each case."""
    lines = m.AuditLine.objects.filter(
        thing="draft", after=DraftState.APPROVED.value, case__in=list(cases)
    )
    return dict(lines.order_by("-pk").values_list("case_id", "who"))
