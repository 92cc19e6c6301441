"""What the boards count: how much everybody has, and how good drafts and triage are."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from statistics import median
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Count, QuerySet
from django.utils import timezone

from casebook import models as m
from casebook.clock import now
from casebook.states import CaseState, DraftState, PromiseState

WEEKS = 8
"""Weeks that charts look back, the present one included."""

GOING = (CaseState.OPEN, CaseState.WAITING, CaseState.REOPENED)
"""States of a case on which there is something to do."""

_APPROVED = (DraftState.APPROVED, DraftState.SENDING, DraftState.SENT)
_MONTH = timedelta(days=30)
_PEOPLE = 200
_ROWS = 20_000
"""Rows that a median is taken of at the most, the newest."""


@dataclass(frozen=True, slots=True)
class Load:
    """What one person has; `login` is empty for what nobody looks after. `first_reply` is the
    median time from arrival to reply of their cases of the last month."""

    login: str
    cases: int
    promises: int
    approved: int
    first_reply: timedelta | None


@dataclass(frozen=True, slots=True)
class Week:
    """How drafts were approved in the week that begins at `start`: how many, how many unchanged,
    and the median of the characters that people changed."""

    start: date
    approved: int
    unchanged: int
    distance: float | None


def loads() -> list[Load]:
    """Everybody with something to do, and who works here; whoever has most open cases first."""
    cases = _counted(m.Case.objects.filter(state__in=GOING), "owner")
    promises = _counted(m.Promise.objects.filter(state=PromiseState.OPEN), "case__owner")
    approved, replies = _approved_today(), _first_replies()
    people = User.objects.filter(is_active=True, groups__isnull=False).distinct()
    logins = {*people.values_list("username", flat=True)[:_PEOPLE], *cases, *promises, *approved}
    found = [
        Load(login, cases.get(login, 0), promises.get(login, 0), approved.get(login, 0),
             timedelta(seconds=median(replies[login])) if login in replies else None)
        for login in logins
    ]  # fmt: skip
    return sorted(found, key=lambda one: (not one.login, -one.cases, one.login))


def weeks() -> list[date]:
    """The first days (Mondays, in the policy's time zone) of the weeks that charts show."""
    today = timezone.localdate(now())
    monday = today - timedelta(days=today.weekday())
    return [monday - timedelta(weeks=back) for back in range(WEEKS - 1, -1, -1)]


def since() -> datetime:
    """The beginning of the first of these weeks."""
    return timezone.make_aware(datetime.combine(weeks()[0], time()))


def by_week(moments: Iterable[datetime]) -> list[int]:
    """How many of these moments lie in each of the weeks."""
    counts = Counter(map(_monday, moments))
    return [counts[week] for week in weeks()]


def quality() -> list[Week]:
    """The weeks' approvals of drafts that the machine wrote first."""
    rows = m.Draft.objects.filter(
        decided_at__gte=since(), state__in=_APPROVED, edit_distance__isnull=False
    ).order_by("-decided_at")
    distances: dict[date, list[int]] = defaultdict(list)
    for decided, distance in rows.values_list("decided_at", "edit_distance")[:_ROWS]:
        assert decided is not None
        assert distance is not None
        distances[_monday(decided)].append(distance)
    return [_week(start, distances.get(start, [])) for start in weeks()]


def corrections() -> list[tuple[str, list[int]]]:
    """How often people corrected each label of the triage in each week; the most often first."""
    rows = m.Correction.objects.filter(at__gte=since()).order_by("-at")
    found: dict[str, list[datetime]] = defaultdict(list)
    for at, expect in rows.values_list("at", "expect")[:_ROWS]:
        for label in expect:
            found[label].append(at)
    table = [(label, by_week(moments)) for label, moments in found.items()]
    return sorted(table, key=lambda row: (-sum(row[1]), row[0]))


def _week(start: date, distances: list[int]) -> Week:
    unchanged = sum(not one for one in distances)
    return Week(start, len(distances), unchanged, median(distances) if distances else None)


def _monday(moment: datetime) -> date:
    day = timezone.localdate(moment)
    return day - timedelta(days=day.weekday())


def _counted(rows: QuerySet[Any], column: str) -> Mapping[str, int]:
    return dict(rows.order_by().values_list(column).annotate(Count("pk")))


def _approved_today() -> Mapping[str, int]:
    midnight = timezone.make_aware(datetime.combine(timezone.localdate(now()), time()))
    # By the drafts' keys: the audit is long, and its times have no index.
    today = m.Draft.objects.filter(decided_at__gte=midnight).values("pk")
    lines = m.AuditLine.objects.filter(
        thing="draft", thing_id__in=today, after=DraftState.APPROVED, at__gte=midnight
    )
    return _counted(lines, "who")


def _first_replies() -> dict[str, list[float]]:
    rows = m.Case.objects.filter(opened_at__gte=now() - _MONTH, replied_at__isnull=False)
    found: dict[str, list[float]] = defaultdict(list)
    newest = rows.order_by("-opened_at").values_list("owner", "opened_at", "replied_at")[:_ROWS]
    for owner, opened, replied in newest:
        assert replied is not None
        found[owner].append((replied - opened).total_seconds())
    return found
