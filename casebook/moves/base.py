"""What every move shares: the check, the lock, the audit line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from django.db.models import Model

from casebook import models as m
from casebook.errors import IllegalMove
from casebook.moves.announcing import announce
from casebook.receipt import new_receipt
from casebook.rows import clean
from casebook.states import (
    CaseState,
    DeliveryState,
    DraftState,
    EntryState,
    IncidentState,
    MessageState,
    PromiseState,
    may_follow,
)
from casebook.types import MACHINE as MACHINE

_FEW = 4
"""Values of a field that are written by one statement each."""

_STATES = {
    m.Message: MessageState,
    m.Case: CaseState,
    m.Draft: DraftState,
    m.Promise: PromiseState,
    m.Incident: IncidentState,
    m.AlertDelivery: DeliveryState,
    m.HarassmentEntry: EntryState,
    m.WebhookDelivery: DeliveryState,
}
Movable = (
    m.Message
    | m.Case
    | m.Draft
    | m.Promise
    | m.Incident
    | m.AlertDelivery
    | m.HarassmentEntry
    | m.WebhookDelivery
)
"""What has a state."""


def moved(thing: Movable, after: str, *, who: str = MACHINE, note: str = "") -> m.AuditLine:
    """Set the state, checked, and return its audit line; the caller saves both."""
    before = _STATES[type(thing)](thing.state)
    state = _STATES[type(thing)](after)
    if not may_follow(before, state):
        raise IllegalMove(f"{thing._meta.model_name} {thing.pk}: {before} may not become {state}")
    thing.state = state.value
    if isinstance(thing, m.Message) and state is not MessageState.QUARANTINED:
        thing.attempts, thing.error = 0, ""
    return line(thing, "moved", before, state, who=who, note=note)


def line(
    thing: Model,
    what: str,
    before: str,
    after: str,
    *,
    who: str = MACHINE,
    note: str = "",
) -> m.AuditLine:
    """An audit line on `thing`, not yet saved."""
    name = thing._meta.model_name or ""
    return m.AuditLine(
        who=who, what=f"{name}.{what}", thing=name, thing_id=thing.pk,
        before=before, after=after, note=clean(note), case_id=_case(thing),
    )  # fmt: skip


def _case(thing: Model) -> int | None:
    # By keys alone: to fetch the case of each of a thousand messages takes a second.
    owner = {
        m.Incident: "first",
        m.Correction: "message",
        m.Triage: "message",
        m.AlertDelivery: "alert",
    }
    if type(thing) in owner:
        thing = getattr(thing, owner[type(thing)])
    key: int | None = thing.pk if isinstance(thing, m.Case) else getattr(thing, "case_id", None)
    return key


def audit(lines: Iterable[m.AuditLine]) -> None:
    """Save audit lines, and put what they tell on its way to the webhooks that asked for it."""
    made = m.AuditLine.objects.bulk_create(lines)
    announce(made)


def locked(keys: Iterable[int], state: MessageState) -> dict[int, m.Message]:
    """Lock those of the messages that are still in `state`; by key, without their texts."""
    rows = m.Message.objects.select_for_update().filter(pk__in=list(keys), state=state)
    return {row.pk: row for row in rows.defer("text", "new_text")}


def case_locked(**of: int) -> m.Case:
    """Lock a case by its key (`pk`) or by that of a thing of its (`drafts`, `promises`, `survey`).

    Whatever moves a draft, a promise or a survey locks its case first, so that no two can wait for
    each other.
    """
    return m.Case.objects.select_for_update(of=("self",)).get(**of)


def unmerged(row: m.Case) -> m.Case:
    """The case itself. Raises IllegalMove where it was merged: what was done to it then, nobody
    would see."""
    if row.merged_into_id is not None:
        raise IllegalMove(f"{row.receipt}: it is part of another case")
    return row


def standing_locked(**of: int) -> m.Case:
    """Lock the case that a thing belongs to (as `case_locked`), or the one that it was merged
    into."""
    key, into = m.Case.objects.values_list("pk", "merged_into").get(**of)
    row = case_locked(pk=into or key)
    while row.merged_into_id is not None:
        # It was merged while its lock was waited for.
        row = case_locked(pk=row.merged_into_id)
    return row


def save(rows: Iterable[m.Message], *fields: str) -> None:
    """Save these fields of many messages; the state alone where none is named."""
    found = list(rows)
    alike: dict[str, object] = {}
    apart: list[str] = []
    for field in fields or ("state",):
        name = "case_id" if field == "case" else field
        keys: dict[object, list[int]] = defaultdict(list)
        for row in found:
            keys[getattr(row, name)].append(row.pk)
        if len(keys) == 1:
            alike[name] = next(iter(keys))
        elif len(keys) > _FEW:
            apart.append(field)
        else:
            for value, own in keys.items():
                m.Message.objects.filter(pk__in=own).update(**{name: value})
    # Django builds a bulk update a hundred times as slowly as one value for many.
    if alike:
        m.Message.objects.filter(pk__in=[row.pk for row in found]).update(**alike)
    if apart:
        m.Message.objects.bulk_update(found, apart, batch_size=200)


def in_turn(name: str) -> m.Sequence:
    """Lock the counter `name` to the end of the transaction: whoever comes next waits, so that two
    which lock the same rows in different orders cannot block each other."""
    return m.Sequence.objects.select_for_update().get_or_create(name=name)[0]


def free_receipts(count: int) -> list[str]:
    """So many receipt numbers that no case has and nobody was told."""
    found: set[str] = set()
    while len(found) < count:
        found.update(new_receipt() for _ in range(count - len(found)))
        for taken in (m.Case.objects.all(), m.Message.objects.all()):
            found.difference_update(
                taken.filter(receipt__in=found).values_list("receipt", flat=True)
            )
    return list(found)
