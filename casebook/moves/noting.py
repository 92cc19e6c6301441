"""What colleagues write down on a case, for one another."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from casebook import models as m
from casebook.errors import IllegalMove
from casebook.moves.base import audit, case_locked, line, unmerged
from casebook.rows import clean

NOTE_LIMIT = 10_000
"""Characters of a note."""


@transaction.atomic
def note(case: int, who: str, body: str, mentions: Sequence[str] = ()) -> m.Note:
    """Keep a note of `who` on a case, which calls the people with the logins `mentions`. Raises
    IllegalMove where it says nothing, or the case was merged, and `Case.DoesNotExist`."""
    row = unmerged(case_locked(pk=case))
    text = clean(body, NOTE_LIMIT).strip()
    if not text:
        raise IllegalMove(f"{row.receipt}: a note says something")
    found = m.Note.objects.create(
        case=row, author=who, body=text, mentions=list(dict.fromkeys(mentions))
    )
    audit([line(row, "noted", row.state, row.state, who=who, note=", ".join(found.mentions))])
    return found
