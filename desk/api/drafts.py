"""Drafted replies: a list of them, one in full, and the decision, by the moves of the pages."""

from __future__ import annotations

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Query, Router, Schema

from casebook import models as m
from casebook import moves, reading
from casebook.config import settings
from casebook.policy import load_policy
from casebook.states import DraftState
from casebook.types import Visibility
from desk import replying
from desk.access import Action, Scope
from desk.api.keys import allowed, caller, holds, needs
from desk.api.paging import Page, paged
from desk.api.problems import Problem, Refused
from desk.api.shapes.drafts import (
    Approval,
    Drafts,
    DraftWhole,
    Rejection,
    draft_out,
    draft_whole,
)
from desk.api.shapes.values import Number, Receipt
from desk.masking import repeats
from desk.words import say

router = Router(tags=["drafts"])
_DECIDED = {200: DraftWhole, 409: Problem}


class DraftFilter(Schema):
    """Which drafts a list holds; what is left out limits nothing."""

    state: DraftState | None = DraftState.PENDING
    case: Receipt | None = None
    visibility: Visibility | None = None


@router.get(
    "",
    response=Drafts,
    url_name="drafts",
    summary="List drafts",
    **needs(Scope.DRAFTS_READ, Action.VIEW_CASE),
)
def drafts(request: HttpRequest, chosen: Query[DraftFilter], page: Query[Page]) -> Drafts:
    """Drafts, the newest first; those that wait for a decision, unless another state is named."""
    given = chosen.model_dump(exclude_none=True)
    if "case" in given:
        given["case__receipt"] = given.pop("case")
    found, after = paged(m.Draft.objects.filter(**given).select_related("case"), page)
    return Drafts(items=[draft_out(row) for row in found], next=after)


@router.get(
    "/{number}",
    response=DraftWhole,
    url_name="draft",
    summary="Get a draft",
    **needs(Scope.DRAFTS_READ, Action.VIEW_CASE),
)
def draft(request: HttpRequest, number: Number) -> DraftWhole:
    """One draft with its text and what the guard says of it."""
    return _told(request, number)


@router.post(
    "/{number}/approve",
    response=_DECIDED,
    url_name="approve",
    summary="Approve a draft",
    **needs(Scope.DRAFTS_DECIDE, Action.DRAFT_APPROVE),
)
def approve(request: HttpRequest, number: Number, given: Approval) -> DraftWhole:
    """Let a draft go out. 409 where it was decided or edited meanwhile, its time has passed, the
    guard stands against it, or two people have to approve it: a key is none of them."""
    row = _found(number)
    allowed(request, Action.DRAFT_APPROVE, row)
    if given.override.strip():
        allowed(request, Action.DRAFT_OVERRIDE, row)
    _unchanged(row, given.version)
    also = [(one.about, one.due) for one in given.also]
    policy = load_policy(settings().policy)
    key = caller(request)
    replying.approve(policy, row, key.login, also, given.override, lead=key.leads, person=False)
    return _told(request, number)


@router.post(
    "/{number}/reject",
    response=_DECIDED,
    url_name="reject",
    summary="Reject a draft",
    **needs(Scope.DRAFTS_DECIDE, Action.DRAFT_REJECT),
)
def reject(request: HttpRequest, number: Number, given: Rejection) -> DraftWhole:
    """Let a draft not go out, with the reason. 409 where it was decided or edited meanwhile."""
    row = _found(number)
    allowed(request, Action.DRAFT_REJECT, row)
    _unchanged(row, given.version)
    key = caller(request)
    moves.reject(row.pk, key.login, given.reason, version=given.version, lead=key.leads)
    return _told(request, number)


def _told(request: HttpRequest, number: int) -> DraftWhole:
    """A draft as a key sees it; the audit keeps it where that shows what is hidden elsewhere."""
    row = _found(number)
    version = reading.wording(row)
    hidden = repeats(version, row.answers)
    decides = holds(request, Scope.DRAFTS_DECIDE, Action.DRAFT_APPROVE)
    if hidden and decides:
        moves.unmasked(row.case_id, caller(request).login)
    return draft_whole(row, version, masked=hidden and not decides)


def _found(number: int) -> m.Draft:
    rows = m.Draft.objects.select_related("case", "answers__triage")
    return get_object_or_404(rows, pk=number)


def _unchanged(row: m.Draft, version: int) -> None:
    if row.version != version:
        raise Refused(
            409,
            say(
                f"第{row.version}版に書き直されています。読み直してください。",
                f"It is version {row.version} by now: read it again.",
            ),
        )
