"""Approved replies taken back: by a person, or because something has come between."""

from __future__ import annotations

from dataclasses import asdict

from django.db import transaction

from casebook import models as m
from casebook.errors import IllegalMove
from casebook.moves.base import audit, line, moved
from casebook.moves.sending import draft_locked
from casebook.moves.settling import withdraw
from casebook.outgoing import overtaken
from casebook.states import DraftState
from casebook.types import Direction, Finding


@transaction.atomic
def back_to_queue(draft: int) -> m.Draft | None:
    """APPROVED → SUPERSEDED where it is `overtaken`, and the same wording waits for approval anew,
    unless a newer draft does. Returns the new draft; None where there is none."""
    row = draft_locked(draft)
    why = overtaken(row) if row.state == DraftState.APPROVED else ""
    if not why:
        return None
    audit([moved(row, DraftState.SUPERSEDED, note=why)])
    row.save(update_fields=["state"])
    audit(withdraw([row.pk], why))
    waiting = m.Draft.objects.filter(
        case=row.case_id, purpose=row.purpose, state=DraftState.PENDING
    )
    return None if waiting.exists() else _again(row, why)


def _again(row: m.Draft, why: str) -> m.Draft:
    # The wording is meant for whom it was approved, by the way that it was approved for.
    asked = row.answers
    newest = (
        row.case.messages.filter(
            direction=Direction.IN,
            source=asked.source_id,
            author=asked.author,
            visibility=asked.visibility,
        )
        .order_by("pk")
        .last()
    )
    told = any(one["code"] == why for one in row.findings)
    fresh = [] if told else [asdict(Finding(why, 0, 0, blocking=False))]
    draft = m.Draft.objects.create(
        case_id=row.case_id,
        answers=newest or asked,
        purpose=row.purpose,
        channel=row.channel,
        visibility=row.visibility,
        language=row.language,
        severity=row.severity,
        due=row.due,
        prepared=row.prepared,
        findings=[*row.findings, *fresh],
        asked_lead=row.asked_lead,
    )
    version = row.versions.get(number=row.version)
    draft.versions.create(
        number=1,
        subject=version.subject,
        body=version.body,
        private_body=version.private_body,
        author=version.author,
    )
    audit([line(draft, "drafted", "", draft.state, note=why)])
    return draft


@transaction.atomic
def take_back(draft: int, who: str) -> m.Draft:
    """APPROVED → PENDING by `who`, before it left; what its approval promised was never told.

    Raises IllegalMove where it is in another state, or was tried already.
    """
    row = draft_locked(draft)
    if row.tries.exists() or row.state != DraftState.APPROVED:
        raise IllegalMove(f"{row.case.receipt}: it is too late to take it back ({row.state})")
    pending = m.Draft.objects.filter(
        case=row.case_id, purpose=row.purpose, state=DraftState.PENDING
    )
    if pending.exists():
        raise IllegalMove(f"{row.case.receipt}: a newer draft waits for approval already")
    audit(line(one, "taken back", one.state, "", who=who) for one in row.promises.all())
    row.promises.all().delete()
    audit([moved(row, DraftState.PENDING, who=who, note="taken back")])
    row.decided_at, row.edit_distance = None, None
    row.identity = row.first_approver = ""
    row.save(update_fields=["state", "decided_at", "edit_distance", "identity", "first_approver"])
    return row
