"""What is kept of people at the desk besides what they decide: which case they have open, what they
looked at that is not for everybody's eyes, and what was done to their accounts."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction

from casebook import models as m
from casebook.clock import now
from casebook.moves.base import audit, line


@transaction.atomic
def unmasked(case: int, who: str, note: str = "") -> None:
    """Write down that `who` saw a case without its masks. Raises `Case.DoesNotExist`."""
    row = m.Case.objects.get(pk=case)
    audit([line(row, "unmasked", row.state, row.state, who=who, note=note)])


@transaction.atomic
def file_taken(attachment: int, who: str) -> None:
    """Write down that `who` took an attached file out of the record. Raises
    `Attachment.DoesNotExist`."""
    row = m.Attachment.objects.select_related("message").get(pk=attachment)
    state, place = row.message.state, str(row.position + 1)
    audit([line(row.message, "file_taken", state, state, who=who, note=place)])


@transaction.atomic
def account_changed(user: int, who: str, note: str) -> None:
    """Write down that `who` changed the account with the key `user`: its password, its roles, its
    second factor (`note`)."""
    audit([m.AuditLine(who=who, what="user.changed", thing="user", thing_id=user, note=note)])


@transaction.atomic
def has_open(case: int, who: str, lasts: timedelta) -> list[str]:
    """Mark that `who` has a case open, for so long unless told again. Returns who else has, whoever
    came first before the others."""
    at = now()
    m.Reading.objects.filter(case=case, until__lte=at).delete()
    m.Reading.objects.update_or_create(case_id=case, who=who, defaults={"until": at + lasts})
    others = m.Reading.objects.filter(case=case).exclude(who=who)
    return list(others.order_by("since", "pk").values_list("who", flat=True))


def closes(case: int, who: str) -> None:
    """Take away the mark that `who` has a case open."""
    m.Reading.objects.filter(case=case, who=who).delete()
