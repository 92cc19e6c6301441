"""What people establish about a case."""

from __future__ import annotations

from django.db import transaction

from casebook import models as m
from casebook.errors import IllegalMove
from casebook.moves.base import audit, case_locked, line, unmerged

_STANDS = {True: "confirmed", False: "open"}


@transaction.atomic
def confirm_fault(case: int, who: str, note: str, *, confirmed: bool = True) -> m.Case:
    """The company's fault is `confirmed` by decision of `who`, or is open again; `note` says on
    what grounds. What the guard said of waiting drafts changes when they are approved or edited.

    Raises IllegalMove where it stands so already, no grounds are given, or the case was merged.
    """
    row = unmerged(case_locked(pk=case))
    if not note.strip():
        raise IllegalMove(f"{row.receipt}: say on what grounds")
    if row.fault_confirmed == confirmed:
        raise IllegalMove(f"{row.receipt}: the fault is {_STANDS[confirmed]} already")
    row.fault_confirmed = confirmed
    row.save(update_fields=["fault_confirmed"])
    before, after = _STANDS[not confirmed], _STANDS[confirmed]
    audit([line(row, "fault", before, after, who=who, note=note.strip())])
    return row
