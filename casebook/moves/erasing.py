"""Messages that were deleted where they came from: their words are erased here too."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from casebook import models as m
from casebook.clock import now
from casebook.moves.base import MACHINE, audit, case_locked, line, moved
from casebook.moves.settling import withdraw
from casebook.states import DraftState, MessageState

_UNSENT = (DraftState.PENDING, DraftState.APPROVED, DraftState.FAILED)
NOTE = "deleted where it came from"
"""What the audit says of it."""


@transaction.atomic
def erase(message: int, who: str = MACHINE) -> bool:
    """Erase a message's words and all that was made of them: its raw bytes, attachments, vectors,
    evidence, what a person corrected, and unsent replies to it, which are SUPERSEDED.

    The audit keeps the fact alone; every index drops it with its vectors. What the company itself
    said stays. False where it was erased before.
    """
    found = m.Message.objects.get(pk=message)
    if found.case_id is not None:
        case_locked(pk=found.case_id)
    row = m.Message.objects.select_for_update().get(pk=message)
    if row.erased_at is not None:
        return False
    if row.state in (MessageState.RECEIVED, MessageState.RELATED):
        audit([moved(row, MessageState.IGNORED, who=who, note=NOTE)])
    row.erased_at = now()
    row.subject = row.text = row.new_text = row.display_name = row.permalink = row.error = ""
    row.defects = []
    row.save()
    _derived(row)
    _drafts(row, who)
    _title(row)
    audit([line(row, "erased", "", row.state, who=who, note=NOTE)])
    return True


def rechecked(messages: Iterable[int]) -> None:
    """Note that messages were looked up where they came from."""
    m.Message.objects.filter(pk__in=[*messages]).update(rechecked_at=now())


def _derived(row: m.Message) -> None:
    m.Raw.objects.filter(message=row).delete()
    row.attachments.all().delete()
    row.embeddings.all().delete()
    row.order_numbers.all().delete()
    m.Suggestion.objects.filter(message=row).delete()
    m.Correction.objects.filter(message=row).delete()
    m.HarassmentEntry.objects.filter(message=row).update(evidence=[])
    m.Relation.objects.filter(message=row).update(evidence=[])
    for triage in m.Triage.objects.filter(message=row):
        triage.evidence = []
        triage.labels = triage.labels | {"products": [], "entities": {}}
        triage.save(update_fields=["evidence", "labels"])


def _drafts(row: m.Message, who: str) -> None:
    drafts = list(row.drafts.select_for_update().filter(state__in=_UNSENT))
    for draft in drafts:
        audit([moved(draft, DraftState.SUPERSEDED, who=who, note=NOTE)])
        draft.save(update_fields=["state"])
    audit(withdraw([draft.pk for draft in drafts], NOTE))
    # Whatever never went out may quote it.
    gone = row.drafts.filter(state__in=[DraftState.SUPERSEDED, DraftState.REJECTED])
    m.DraftVersion.objects.filter(draft__in=gone).update(subject="", body="")
    gone.update(findings=[])
    m.DraftVersion.objects.filter(draft__answers=row).update(private_body="")
    row.drafts.update(prepared={})


def _title(row: m.Message) -> None:
    case = row.case
    if case is None:
        return
    first = case.messages.filter(direction="in").order_by("pk").first()
    if first is not None and first.pk == row.pk:
        case.subject = case.display_name = case.product = ""
        case.save(update_fields=["subject", "display_name", "product"])
