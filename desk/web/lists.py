"""The lists of drafts: which there are, what is filtered, in which order they press."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import Case, Count, F, Q, QuerySet, When
from django.utils.translation import gettext_lazy as _

from casebook import models as m
from casebook.clock import now
from casebook.outgoing import presses
from casebook.states import DraftState
from casebook.types import Channel, Kind, RelationKind, Visibility
from desk import names
from desk.masking import seen

_CRISIS = 3
_EXCERPT = 140

TABS = {
    "pending": _("承認待ち"),
    "asked": _("責任者へ相談"),
    "snoozed": _("あとで"),
    "approved": _("送信待ち"),
    "trouble": _("要確認"),
}
"""The lists by name, with their labels."""


def held(tab: str) -> Q:
    """What a list holds. What a lead was asked about waits for a lead alone, and what was put off
    stands apart until its time comes."""
    pending = Q(state=DraftState.PENDING)
    awake = Q(snoozed_until=None) | Q(snoozed_until__lte=now())
    return {
        "pending": pending & awake & Q(asked_lead=""),
        "asked": pending & awake & ~Q(asked_lead=""),
        "snoozed": pending & ~awake,
        "approved": Q(state__in=(DraftState.APPROVED, DraftState.SENDING)),
        "trouble": Q(state__in=(DraftState.FAILED, DraftState.NEEDS_CHECK)),
    }[tab]


class Filters(forms.Form):
    """What is shown of the queue; it stands in the address. What is unknown counts as left out."""

    severity = forms.ChoiceField(required=False, label=_("重さ"))
    kind = forms.ChoiceField(required=False, label=_("種類"))
    channel = forms.ChoiceField(required=False, label=_("経路"))
    owner = forms.ChoiceField(required=False, label=_("担当"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        every = [("", _("すべて"))]
        for name, choices in (
            ("severity", [(str(n), names.severity(n)) for n in (3, 2, 1, 0)]),
            ("kind", [(one.value, names.kind(one)) for one in Kind]),
            ("channel", [(one.value, names.channel(one)) for one in Channel]),
            ("owner", [("me", _("自分")), ("nobody", _("未定"))]),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [*every, *choices]

    def chosen(self, login: str) -> Q:
        """The chosen ones as a condition; `login` is who looks."""
        self.is_valid()
        columns = {"severity": "severity", "kind": "answers__triage__kind", "channel": "channel"}
        given = {key: value for key, value in self.cleaned_data.items() if value}
        found = Q(**{columns[key]: value for key, value in given.items() if key in columns})
        if "owner" in given:
            found &= Q(case__owner=login if given["owner"] == "me" else "")
        return found

    @property
    def any(self) -> bool:
        """Whether anything is left out."""
        return self.is_valid() and any(self.cleaned_data.values())


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which list, filtered how: `tab` by its name, and the condition of both."""

    tab: str
    filters: Filters
    condition: Q


def wanted(asked: Any, login: str) -> Wanted:
    """What an address asks for (its query), for the person with this login."""
    tab = asked.get("tab", "")
    tab = tab if tab in TABS else "pending"
    filters = Filters(asked)
    return Wanted(tab, filters, held(tab) & filters.chosen(login))


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list."""

    draft: m.Draft
    customer: str
    subject: str
    excerpt: str
    blocking: int
    duplicate: bool
    readers: tuple[str, ...]


def pressing(condition: Q) -> QuerySet[m.Draft]:
    """Drafts, what presses most first: a crisis, then the time until which it should be out
    (`presses`), then what the public sees, then the oldest."""
    return (
        m.Draft.objects.filter(condition)
        .annotate(presses=presses())
        .select_related("case", "answers", "answers__triage", "answers__relation")
        .defer("answers__text", "answers__references", "answers__recipients")
        .order_by(
            Case(When(severity=_CRISIS, then=0), default=1),
            F("presses").asc(nulls_last=True),
            Case(When(visibility=Visibility.PUBLIC, then=0), default=1),
            "pk",
        )
    )


def rows(drafts: list[m.Draft], login: str) -> list[Row]:
    """Drafts as lines of the list, their texts masked; `login` is who looks."""
    found = readers([draft.case_id for draft in drafts], login)
    return [_row(draft, tuple(found.get(draft.case_id, ()))) for draft in drafts]


def readers(cases: list[int], login: str) -> dict[int, list[str]]:
    """Who else than `login` has each of these cases open, whoever came first before the others."""
    found: dict[int, list[str]] = {}
    open_now = m.Reading.objects.filter(case__in=cases, until__gt=now()).exclude(who=login)
    for case, who in open_now.order_by("since", "pk").values_list("case_id", "who"):
        found.setdefault(case, []).append(who)
    return found


def _row(draft: m.Draft, reading: tuple[str, ...]) -> Row:
    subject, text = seen(draft.answers)
    relation = getattr(draft.answers, "relation", None)
    return Row(
        draft=draft,
        customer=draft.case.display_name or draft.case.author,
        subject=subject,
        excerpt=" ".join(text[: 2 * _EXCERPT].split())[:_EXCERPT],
        blocking=sum(bool(finding["blocking"]) for finding in draft.findings),
        duplicate=relation is not None and relation.kind == RelationKind.DUPLICATE,
        readers=reading,
    )


def tabs() -> list[tuple[str, Any, int]]:
    """The lists with their labels and how many drafts each holds."""
    over = {DraftState.SENT, DraftState.REJECTED, DraftState.SUPERSEDED}
    counts = m.Draft.objects.filter(state__in=set(DraftState) - over).aggregate(
        **{name: Count("pk", filter=held(name)) for name in TABS}
    )
    return [(name, label, counts[name]) for name, label in TABS.items()]
