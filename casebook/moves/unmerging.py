"""A merge undone as a whole, by decision of a person: what a case brought along is its own again.

What a message is answered by goes with the message: drafts, promises, alerts, our replies.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from casebook import models as m
from casebook.errors import IllegalMove
from casebook.moves.base import audit, line, moved
from casebook.moves.merging import (
    OWED,
    answer_again,
    carried,
    superseded,
    taken_back,
    told,
    unrelate,
)
from casebook.moves.vectors import tell_again
from casebook.states import CaseState, DraftState
from casebook.types import Direction, Sign

_OURS = (CaseState.OPEN, CaseState.REOPENED)
"""States of a case whose customer waits for us."""

_UNDER_WAY = (DraftState.PENDING, DraftState.APPROVED, DraftState.SENDING, DraftState.NEEDS_CHECK)


@transaction.atomic
def unmerge(case: int, who: str, note: str = "") -> m.Case:
    """Undo that `case` was merged into another: it is a case again, with the messages that it had,
    what came since and goes on with one of them or quotes its receipt number, what answers all
    these, its notes and its survey. What the other case had from it alone is taken from that again.

    It stands as it did; one that was being dealt with is REOPENED, or WAITING where its customer
    heard from us meanwhile. Drafts of either that wait for approval, and approved ones that were
    written for both, are superseded, but for those that are owed, and the next intake drafts anew.
    Returns the case. Raises IllegalMove where it was not merged, none of its messages, or none but
    its own, are left in the other case, or a reply is being sent or, written for both, may have
    left.
    """
    left, kept = _locked(case)
    going = _going(left, kept)
    later = {key for key in going if key > left.brought["last_message"]}
    _may_part(left, kept, going)
    newer = kept.drafts.exclude(purpose__in=OWED).filter(pk__gt=left.brought["last_draft"])
    lines = [*superseded([kept], who), *taken_back(newer, who)]
    lines += _handed_back(left, kept, going, who)
    lines += _as_they_stood(left, kept, wrote=bool(later), who=who)
    lines += [
        line(one, "unmerged", "", one.state, who=who, note=told(other.receipt, note))
        for one, other in ((left, kept), (kept, left))
    ]
    audit(lines)
    for one in (left, kept):
        under_way = one.drafts.exclude(purpose__in=OWED).filter(state__in=_UNDER_WAY)
        if one.state in _OURS and not under_way.exists():
            answer_again(one, who)
    tell_again(cases=[left.pk, kept.pk])
    return left


def _locked(case: int) -> tuple[m.Case, m.Case]:
    into = m.Case.objects.values_list("merged_into", flat=True).get(pk=case)
    rows = m.Case.objects.select_for_update().filter(pk__in=[case, into or case]).order_by("pk")
    found = {row.pk: row for row in rows}
    left = found[case]
    if left.merged_into_id is None or left.merged_into_id not in found or not left.brought:
        raise IllegalMove(f"{left.receipt}: it is part of no other case")
    return left, found[left.merged_into_id]


def _going(left: m.Case, kept: m.Case) -> set[int]:
    """The customer's and our messages that go back."""
    rows = kept.messages.filter(pk__in=left.brought["messages"])
    going = set(rows.values_list("pk", flat=True))
    later = kept.messages.filter(
        direction=Direction.IN, pk__gt=left.brought["last_message"], relation__isnull=False
    ).order_by("pk")
    named = [Sign.QUOTES_RECEIPT.value, left.receipt]
    relations = later.values_list("pk", "relation__of_message", "relation__evidence")
    for key, of_message, evidence in relations:
        if of_message in going or named in evidence:
            going.add(key)
    return going


def _may_part(left: m.Case, kept: m.Case, going: set[int]) -> None:
    theirs = kept.messages.filter(direction=Direction.IN)
    stay, go = theirs.exclude(pk__in=going), theirs.filter(pk__in=going)
    if not stay.exists() or not go.exists():
        raise IllegalMove(f"{left.receipt}: one of the two cases would hold no message")
    if kept.drafts.filter(state=DraftState.SENDING).exists():
        raise IllegalMove(f"{kept.receipt}: a reply is being sent")


def _handed_back(left: m.Case, kept: m.Case, going: set[int], who: str) -> list[m.AuditLine]:
    """Let what hangs on the messages that go back hang on their case."""
    brought = left.brought
    drafts = list(kept.drafts.filter(answers__in=going).values_list("pk", flat=True))
    replies = Q(identity__in=[f"draft:{key}" for key in drafts])
    lines = carried(kept, left, kept.messages.filter(Q(pk__in=going) | replies), who)
    _alerts(left, kept, going, drafts).update(case=left)
    kept.promises.filter(draft__in=drafts).update(case=left)
    kept.drafts.filter(pk__in=drafts).update(case=left)
    kept.notes.filter(pk__in=brought["notes"]).update(case=left)
    m.Survey.objects.filter(case=kept, pk=brought["survey"]).update(case=left)
    kept.merged.filter(pk__in=brought["merged"]).update(merged_into=left)
    sides = [(left, kept), (kept, left)]
    for one, other in sides:
        unrelate(m.Relation.objects.filter(message__case=one, of_message__case=other))
    return lines


def _alerts(left: m.Case, kept: m.Case, going: set[int], drafts: list[int]) -> QuerySet[m.Alert]:
    known = left.alerts.filter(promise=None, draft=None).values("reason")
    of_replies = Q(draft__in=drafts) | Q(promise__draft__in=drafts)
    of_messages = Q(message__in=going, promise=None, draft=None) & ~Q(reason__in=known)
    return kept.alerts.filter(of_replies | of_messages)


def _as_they_stood(left: m.Case, kept: m.Case, *, wrote: bool, who: str) -> list[m.AuditLine]:
    """Both cases as they were before the merge, but for what happened since: with `wrote` the
    customer of `left` has written."""
    brought, note = left.brought, f"↛ {kept.receipt}"
    was = CaseState(brought["state"])
    goal = CaseState.REOPENED if wrote or was in _OURS else was
    if goal is CaseState.REOPENED and kept.state == CaseState.WAITING and not wrote:
        goal = CaseState.WAITING
    lines: list[m.AuditLine] = []
    left.merged_into, left.incident_id, left.brought = None, brought["incident"], {}
    if goal is not CaseState.CLOSED:
        lines.append(moved(left, CaseState.REOPENED, who=who, note=note))
    if goal not in (CaseState.CLOSED, CaseState.REOPENED):
        lines.append(moved(left, goal, who=who, note=note))
    if brought["into"] == kept.pk:
        lines += _taken_again(left, kept, brought, who)
    left.save(update_fields=["state", "merged_into", "incident", "brought"])
    kept.save()
    return lines


def _taken_again(
    left: m.Case, kept: m.Case, brought: Mapping[str, Any], who: str
) -> list[m.AuditLine]:
    """Take from `kept` what it had from `left` alone, and the state that it was brought into."""
    nothing = m.Case()
    for name in brought["gave"]:
        if getattr(kept, name) == getattr(left, name):
            setattr(kept, name, getattr(nothing, name))
    if kept.opened_at == left.opened_at:
        kept.opened_at = datetime.fromisoformat(brought["opened_at"])
    later = kept.messages.filter(direction=Direction.IN, pk__gt=brought["last_message"])
    if kept.state != brought["made"] or kept.state == brought["stood"] or later.exists():
        return []
    return [moved(kept, CaseState(brought["stood"]), who=who, note=f"↛ {left.receipt}")]
