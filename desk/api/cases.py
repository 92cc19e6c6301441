"""Cases: a list of them, and one with all that belongs to it."""

from __future__ import annotations

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Query, Router

from casebook import models as m
from casebook import moves
from casebook.reading import by_receipt
from desk.access import Action, Scope
from desk.api.keys import allowed, caller, needs
from desk.api.paging import Page, paged
from desk.api.shapes.cases import (
    CaseFilter,
    Cases,
    CaseWhole,
    Messages,
    case_whole,
    cases_out,
    messages_out,
)
from desk.api.shapes.values import Receipt

router = Router(tags=["cases"])


@router.get(
    "",
    response=Cases,
    url_name="cases",
    summary="List cases",
    **needs(Scope.CASES_READ, Action.VIEW_CASE),
)
def cases(request: HttpRequest, chosen: Query[CaseFilter], page: Query[Page]) -> Cases:
    """Cases, the newest first."""
    given = chosen.model_dump(exclude_none=True)
    renamed = {"opened_from": "opened_at__gte", "opened_before": "opened_at__lt"}
    rows = m.Case.objects.filter(**{renamed.get(name, name): one for name, one in given.items()})
    found, after = paged(rows, page)
    return Cases(items=cases_out(found), next=after)


@router.get(
    "/{receipt}",
    response=CaseWhole,
    url_name="case",
    summary="Get a case",
    **needs(Scope.CASES_READ, Action.VIEW_CASE),
)
def case(request: HttpRequest, receipt: Receipt, unmask: bool = False) -> CaseWhole:
    """One case with its newest messages, drafts and promises; by the number of one that was merged
    into it, too. With `unmask` its messages are in the customer's own words, and the audit keeps
    who asked."""
    row = _named(request, receipt, unmask)
    return case_whole(row, unmask=unmask)


@router.get(
    "/{receipt}/messages",
    response=Messages,
    url_name="case-messages",
    summary="List the messages of a case",
    **needs(Scope.CASES_READ, Action.VIEW_CASE),
)
def case_messages(
    request: HttpRequest, receipt: Receipt, page: Query[Page], unmask: bool = False
) -> Messages:
    """All messages of a case, the newest first; `unmask` as of one case."""
    row = _named(request, receipt, unmask)
    return messages_out(row, page, unmask=unmask)


def _named(request: HttpRequest, receipt: str, unmask: bool) -> m.Case:
    row = get_object_or_404(m.Case, pk=by_receipt([receipt]).get(receipt))
    if unmask:
        allowed(request, Action.VIEW_UNMASKED)
        moves.unmasked(row.pk, caller(request).login)
    return row
