"""A source's health."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from casebook import models as m
from casebook.clock import now
from casebook.moves.base import audit, line
from casebook.rows import clean


def poll_succeeded(source: str) -> str:
    """Note a good poll on the source's health. Returns the code of the trouble that it ended, or
    an empty text."""
    with transaction.atomic():
        row = m.Source.objects.select_for_update().get(name=source)
        ended = row.error_code
        row.polled_at = row.succeeded_at = now()
        row.error_code = row.error = ""
        row.error_since = row.not_before = None
        row.failures = 0
        row.save()
        if ended:
            audit([line(row, "recovered", "failing", "healthy", note=ended)])
    return ended


def poll_failed(source: str, code: str, text: str, retry_at: datetime | None = None) -> bool:
    """Note a failed poll with time and reason. True when this reason is new and is to be told."""
    with transaction.atomic():
        row = m.Source.objects.select_for_update().get(name=source)
        fresh = row.error_code != code
        row.polled_at = now()
        row.not_before = retry_at
        if not row.error_code:
            row.error_since = row.polled_at
        row.error_code, row.error = code, clean(text)
        row.failures += 1
        row.save()
        if fresh:
            audit([line(row, "failing", "", "failing", note=f"{code}: {text}")])
    return fresh
