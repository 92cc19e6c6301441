"""One message by itself: all of its text, what the machine saw in it, its files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from casebook import models as m
from casebook import moves
from casebook.config import settings
from casebook.errors import ConfigError
from casebook.policy import load_policy
from casebook.rows import triage_value
from casebook.types import Cause, Channel, Conduct, Crisis, Demand, Direction, HarassmentType, Kind
from connectors.mime import attached
from desk import labelling, telling
from desk.access import Action
from desk.conversation import joined
from desk.marking import abuse, shown
from desk.web.access import allowed, needs, someone
from desk.words import say

_ALL = 1_000_000
"""Characters of a text that its own page shows: as many as are kept."""

_QUOTED = 200
"""Messages around it whose abuse is hidden in it."""

_ONE: dict[str, Sequence[object]] = {
    "kind": list(Kind),
    "severity": [3, 2, 1, 0],
    "conduct": list(Conduct),
    "anger": [0, 1, 2, 3],
}
_MANY: dict[str, Sequence[object]] = {
    "demands": list(Demand),
    "crisis": list(Crisis),
    "conduct_types": list(HarassmentType),
}


class Labels(forms.Form):
    """What a message is, as a person says it; the fields begin with what stands now."""

    kind = forms.ChoiceField()
    severity = forms.TypedChoiceField(coerce=int)
    cause = forms.ChoiceField(required=False)
    demands = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    crisis = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    conduct = forms.ChoiceField()
    conduct_types = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    anger = forms.TypedChoiceField(coerce=int)
    products = forms.CharField(required=False, max_length=500)

    def __init__(self, *args: Any, hints: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        policy = load_policy(settings().policy)
        causes = ["", *Cause, *policy.causes]
        crises = [*dict.fromkeys([*Crisis, *policy.words.crisis])]
        known = {**_ONE, **_MANY, "cause": causes, "crisis": crises}
        for name, given in known.items():
            choices = [(str(one), labelling.values(name, one)) for one in given]
            self.fields[name].choices = choices  # type: ignore[attr-defined]
        for name, field in self.fields.items():
            field.label = say(*labelling.LABELS[name])
            field.help_text = hints.get(name, "")

    @property
    def said(self) -> dict[str, object]:
        """The labels that differ from what stands, as `casebook.labels` takes them."""
        found: dict[str, object] = {
            name: self.cleaned_data[name] for name in self.changed_data if name != "products"
        }
        if "products" in self.changed_data:
            found["products"] = _products(self.cleaned_data["products"])
        # Types are of a conduct; the ordinary one has none.
        if "conduct_types" in found:
            found["conduct"] = self.cleaned_data["conduct"]
        if found.get("conduct") == Conduct.ORDINARY:
            found.pop("conduct_types", None)
        return found


def _products(given: str) -> list[str]:
    return [name for one in given.replace("、", ",").split(",") if (name := one.strip())]


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.VIEW_CASE)
def message(request: HttpRequest, receipt: str, key: int) -> HttpResponse:
    """A message in full, with its labels; by POST a person says what it is."""
    row = _found(receipt, key)
    triage = getattr(row, "triage", None)
    form = None
    if triage is not None and row.direction == Direction.IN:
        given = request.POST if request.method == "POST" else None
        form = Labels(given, initial=_initial(triage), hints=_hints(triage))
    if request.method == "POST":
        allowed(request, Action.CASE_CORRECT)
        if form is None:
            raise Http404
        if form.is_valid() and _corrected(request, row, form):
            return redirect("case", receipt)
    return _page(request, row, form)


@require_POST
@needs(Action.VIEW_UNMASKED)
def unmasked(request: HttpRequest, receipt: str, key: int) -> HttpResponse:
    """A message in the customer's own words, once; the audit says who saw it."""
    row = _found(receipt, key)
    moves.unmasked(row.case_id or 0, someone(request).login)
    return _page(request, row, None, unmask=True)


def _page(
    request: HttpRequest, row: m.Message, form: Labels | None, *, unmask: bool = False
) -> HttpResponse:
    triage = getattr(row, "triage", None)
    values = {
        "case": row.case,
        "row": row,
        "unmasked": unmask,
        "shown": shown(row, abuse(_near(row)), unmask=unmask, longest=_ALL),
        "ours": row.direction == Direction.OUT,
        "joined": joined(row),
        "triage": triage,
        "form": form,
        "evidence": _evidence(triage),
    }
    return render(request, "desk/case/letter.html", values)


def _near(row: m.Message) -> QuerySet[m.Message]:
    """The messages that it may quote: the newest ones of its case, without their texts."""
    rows = m.Message.objects.filter(case=row.case).select_related("triage")
    return rows.defer("text", "new_text").order_by("-pk")[:_QUOTED]


def _found(receipt: str, key: int) -> m.Message:
    rows = m.Message.objects.select_related("case", "triage", "relation__of_message__case")
    return get_object_or_404(rows, pk=key, case__receipt=receipt)


def _corrected(request: HttpRequest, row: m.Message, form: Labels) -> bool:
    """Keep what a person says; False where the labels contradict one another."""
    if not form.said:
        form.add_error(None, _("変わった項目がありません。"))
        return False
    try:
        moves.correct(row.pk, form.said, someone(request).login)
    except ConfigError:
        text = _("この組み合わせにはできません。危機・脅迫には、それに見合う重さが必要です。")
        form.add_error(None, text)
        return False
    messages.success(request, _("判定を訂正しました。次の学習に反映されます。"))
    return True


def _initial(triage: m.Triage) -> dict[str, object]:
    found = triage_value(triage)
    names = ("kind", "severity", "cause", "conduct", "anger")
    values: dict[str, object] = {name: str(getattr(found, name)) for name in names}
    values |= {name: list(getattr(found, name)) for name in _MANY}
    return {**values, "products": ", ".join(found.products)}


def _hints(triage: m.Triage) -> dict[str, str]:
    """Of each label what the machine said and how sure it was, or that a person said it."""
    lines = m.AuditLine.objects.filter(thing="triage", thing_id=triage.pk, what="triage.corrected")
    before = telling.machine(list(lines.order_by("pk")[:50]))
    found = triage_value(triage)
    hints = {}
    for name in labelling.LABELS:
        if name in before:
            hints[name] = _("自動判定は「%(value)s」（人が訂正済み）") % {"value": before[name]}
            continue
        told = labelling.values(name, getattr(found, name))
        sure = found.confidence.get(name)
        hints[name] = _("自動判定：%(value)s") % {"value": told}
        if sure is not None:
            hints[name] += _("（確信度 %(sure)s）") % {"sure": f"{sure:.0%}"}
    return hints


def _evidence(triage: m.Triage | None) -> list[str]:
    spans = triage_value(triage).evidence if triage else ()
    return list(dict.fromkeys(labelling.evidence(span.label) for span in spans))


@require_safe
@needs(Action.FILE_TAKE)
def file(request: HttpRequest, receipt: str, key: int) -> HttpResponse:
    """An attached file, to be saved and never shown; 404 where its bytes were not kept."""
    rows = m.Attachment.objects.select_related("message__raw", "message__case")
    row = get_object_or_404(rows, pk=key, message__case__receipt=receipt)
    raw = getattr(row.message, "raw", None)
    if raw is None or row.message.truncated or row.message.channel != Channel.EMAIL:
        raise Http404
    found = attached(bytes(raw.data), row.position)
    if found is None or (found[0].name, found[0].type, found[0].bytes) != (
        row.name,
        row.type,
        row.bytes,
    ):
        raise Http404
    moves.file_taken(row.pk, someone(request).login)
    answer = HttpResponse(found[1], content_type="application/octet-stream")
    name = row.name or f"{receipt}-{row.position + 1}.bin"
    answer.headers["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


routes = [
    path("cases/<str:receipt>/messages/<int:key>", message, name="message"),
    path("cases/<str:receipt>/messages/<int:key>/unmasked", unmasked, name="message-unmasked"),
    path("cases/<str:receipt>/files/<int:key>", file, name="file"),
]
