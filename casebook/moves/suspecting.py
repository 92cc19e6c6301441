"""What the machine suspects of two messages, decided by a person: one matter, or two."""

from __future__ import annotations

from django.db import transaction

from casebook import models as m
from casebook.errors import IllegalMove
from casebook.moves.base import audit, line
from casebook.moves.merging import merge
from casebook.types import RelationKind


@transaction.atomic
def confirm(message: int, of_message: int, into: int, who: str, note: str = "") -> m.Case:
    """Two messages are of one matter, as the machine suspects: `who` says so. The case of the one
    is merged into that of the other, which is `into`, and what was suspected becomes the later
    message's relation, with its evidence, unless it has another. Returns the case that stands.
    Raises IllegalMove where nothing is suspected of the two, `into` holds neither, or their cases
    may not be merged."""
    rows = m.Suggestion.objects.filter(message=message, of_message=of_message)
    found = rows.select_related("message", "of_message").first()
    cases = {found.message.case_id, found.of_message.case_id} if found else set()
    if found is None or into not in cases or len(cases) < 2 or None in cases:
        raise IllegalMove(f"message {message}: nothing is suspected of it and {of_message}")
    (other,) = cases - {into}
    assert other is not None
    kept = merge(other, into, who, note)
    # What looks like another's message says the same as it does.
    m.Relation.objects.filter(message=message, kind=RelationKind.NEW).update(
        kind=RelationKind.DUPLICATE,
        of_message=of_message,
        evidence=found.evidence,
        score=found.score,
    )
    found.message.case = kept
    audit([line(found.message, "confirmed", "", "", who=who, note=kept.receipt)])
    found.delete()
    return kept


@transaction.atomic
def tell_apart(message: int, of_message: int, who: str) -> bool:
    """Drop the suggestion that two messages are of one matter: `who` says that they are not. False
    where there is none."""
    rows = m.Suggestion.objects.filter(message=message, of_message=of_message)
    found = rows.select_related("message", "of_message__case").first()
    if found is None:
        return False
    other = found.of_message.case
    audit([line(found.message, "told_apart", "", "", who=who, note=other.receipt if other else "")])
    found.delete()
    return True
