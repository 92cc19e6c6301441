"""What the search page looks for, and the cards that it shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.cache import cache
from django.db.models import Count, Exists, Min, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from casebook import models as m
from casebook import reading
from casebook.states import CaseState
from casebook.types import Channel, Direction, Where
from desk import labelling, names
from desk.masking import seen, solutions, titles
from desk.passages import Passage, passage
from desk.searching import Found, find

PAGE = 10
"""Cards that are added at a time."""

MOST = 50
"""Cards at most: what is further away is found by other words or filters."""

_CHOICES = 40
"""Products and causes that can be chosen, the commonest."""

_KEPT_SECONDS = 300
"""How long those lists are kept: to count them reads all cases."""

_START = 1_000
"""Characters of a case's first message that like cases are looked for by."""

_IDENTITY = 320
"""Characters of the longest address or name."""

_NAMED, _EXACT = 200, 5
"""Cases of one customer or order that are looked at, and those that are shown."""

_OVER = "over"
"""The choice of what is over: resolved or closed, and answered."""


class Filters(forms.Form):
    """What is searched; it stands in the address. What is unknown counts as left out."""

    status = forms.ChoiceField(required=False, label=_("状態"))
    severity = forms.ChoiceField(required=False, label=_("重さ"))
    channel = forms.ChoiceField(required=False, label=_("経路"))
    language = forms.ChoiceField(required=False, label=_("言語"))
    product = forms.ChoiceField(required=False, label=_("商品"))
    cause = forms.ChoiceField(required=False, label=_("原因"))
    since = forms.DateField(required=False, label=_("受付日"))
    until = forms.DateField(required=False, label=_("〜"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        every = [("", _("すべて"))]
        for name, choices in (
            ("status", [(_OVER, _("解決・完了")), *((s, names.case_state(s)) for s in CaseState)]),
            ("severity", [(str(n), names.severity(n)) for n in (3, 2, 1, 0)]),
            ("channel", [(one.value, names.channel(one)) for one in Channel]),
            ("language", [("ja", "日本語"), ("en", "English")]),
            ("product", [(one, one) for one in _commonest("product")]),
            ("cause", [(one, labelling.value("cause", one)) for one in _commonest("cause")]),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [*every, *choices]
        for name in ("since", "until"):
            self.fields[name].widget = forms.DateInput({"type": "date"}, format="%Y-%m-%d")

    @property
    def any(self) -> bool:
        """Whether anything is left out."""
        self.is_valid()
        return any(self.cleaned_data.values())

    @property
    def grave(self) -> int | None:
        """The severity that is asked for."""
        return int(self._given("severity")) if self._given("severity") else None

    @property
    def where(self) -> Where:
        """The choices as an index takes them."""
        status = self._given("status")
        return Where(
            settled=True if status == _OVER else None,
            state="" if status == _OVER else status,
            language=self._given("language"),
            channel=self._given("channel"),
            product=self._given("product"),
            cause=self._given("cause"),
            since=_midnight(self._given("since")),
            until=_midnight(self._given("until"), timedelta(days=1)),
        )

    @property
    def condition(self) -> Q:
        """The choices as a condition on cases."""
        where = self.where
        columns = ("state", "language", "channel", "product", "cause")
        found = Q(**{name: value for name in columns if (value := getattr(where, name))})
        if where.settled:
            found &= Q(state__in=[CaseState.RESOLVED, CaseState.CLOSED])
        if where.since:
            found &= Q(opened_at__gte=where.since)
        if where.until:
            found &= Q(opened_at__lt=where.until)
        if self.grave is not None:
            grave = m.Triage.objects.filter(severity=self.grave, message__case=OuterRef("pk"))
            found &= Q(Exists(grave))
        return found

    def _given(self, name: str) -> Any:
        self.is_valid()
        return self.cleaned_data.get(name, "")


@dataclass(frozen=True, slots=True)
class Card:
    """A case as it is shown: how it was solved, and the passage that was meant."""

    case: m.Case
    title: str
    solution: str
    solved: bool
    passage: Passage
    words: tuple[str, ...]
    until_reply: timedelta | None
    until_resolved: timedelta | None
    severity: int | None


@dataclass(frozen=True, slots=True)
class Results:
    """What a search found: `exact` by customer or order number, `cards` by meaning and words; there
    are `more` to be had, or `bounded`: that is all that is shown."""

    exact: list[Card]
    cards: list[Card]
    more: bool = False
    bounded: bool = False


def look(query: str, like: m.Case | None, filters: Filters, limit: int) -> Results:
    """The first `limit` cases for a query, for a case that others are `like`, or, where neither is
    given, the newest that pass the filters. Raises IndexUnavailable."""
    limit = min(limit, MOST)
    text = "\n".join(filter(None, (query, _beginning(like) if like else "")))
    exact = _exact(query, filters) if query else []
    if text:
        found = find(
            text, limit + 1, filters.where,
            exclude=like.pk if like else None, severity=filters.grave, depth=MOST + 1,
        )  # fmt: skip
    else:
        found = _newest(filters, limit + 1)
    sure = {one.case.pk for one in exact}
    near = [one for one in found if one.case.pk not in sure]
    cards = _cards(text, [*exact, *near[:limit]])
    further = len(near) > limit
    return Results(
        exact=cards[: len(exact)],
        cards=cards[len(exact) :],
        more=further and limit < MOST,
        bounded=further and limit >= MOST,
    )


def _exact(query: str, filters: Filters) -> list[Found]:
    """The newest cases of the customer, or with the order number, that was typed."""
    if len(query) > _IDENTITY or "\n" in query:
        return []
    number = "".join(query.upper().replace("-", "").split())
    whose = Q(author__in={query, query.lower(), query.removeprefix("@")}) | Q(display_name=query)
    orders = m.OrderNumber.objects.filter(number__in={number, query})
    # Each by an index of its own: together they would be found by reading all cases.
    keys = {
        *m.Case.objects.filter(whose).values_list("pk", flat=True)[:_NAMED],
        *orders.values_list("message__case_id", flat=True)[:_NAMED],
    }
    if not keys:
        return []
    rows = m.Case.objects.filter(filters.condition, pk__in=keys)
    return _first_messages(sorted(rows, key=lambda row: row.opened_at, reverse=True)[:_EXACT])


def _newest(filters: Filters, limit: int) -> list[Found]:
    rows = m.Case.objects.filter(filters.condition).order_by("-opened_at")
    return _first_messages(list(rows[:limit]))


def _first_messages(cases: Sequence[m.Case]) -> list[Found]:
    """Cases with their first messages; those of which nothing came in are left out."""
    incoming = m.Message.objects.filter(case__in=cases, direction=Direction.IN)
    firsts = incoming.order_by().values("case").annotate(first=Min("pk")).values("first")
    rows = m.Message.objects.filter(pk__in=firsts).select_related("triage")
    first = {row.case_id: row for row in rows.defer("text", "references", "recipients")}
    return [Found(case, first[case.pk], 0.0, ()) for case in cases if case.pk in first]


def _beginning(case: m.Case) -> str:
    first = case.messages.filter(direction=Direction.IN).order_by("pk").first()
    return reading.embedded(first.subject, first.new_text)[:_START] if first else case.subject


def _cards(query: str, found: Sequence[Found]) -> list[Card]:
    called = titles([one.case for one in found])
    solved = solutions([one.case for one in found])
    return [
        Card(
            case=one.case,
            title=called[one.case.pk],
            solution=solved[one.case.pk].strip(),
            solved=bool(one.case.resolution.strip()),
            passage=passage(query, seen(one.message)[1]),
            words=one.words,
            until_reply=one.until_reply,
            until_resolved=one.until_resolved,
            severity=triage.severity if (triage := getattr(one.message, "triage", None)) else None,
        )
        for one in found
    ]


def _commonest(column: str) -> list[str]:
    found = cache.get(f"commonest-{column}")
    if found is None:
        found = _counted(column)
        cache.set(f"commonest-{column}", found, _KEPT_SECONDS)
    return list(found)


def _counted(column: str) -> list[str]:
    rows = m.Case.objects.exclude(**{column: ""}).order_by().values_list(column)
    counts = rows.annotate(count=Count("pk")).order_by("-count", column)
    return sorted(value for value, _count in counts[:_CHOICES])


def _midnight(day: date | str, later: timedelta = timedelta()) -> datetime | None:
    """The beginning of a day in the policy's time zone."""
    if not isinstance(day, date):
        return None
    return timezone.make_aware(datetime.combine(day + later, time()))
