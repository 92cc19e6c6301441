"""What went wrong, as one line for a person."""

from __future__ import annotations

from casebook.config import settings
from casebook.errors import ConfigError, MadoguchiError
from desk.words import plain


def told(error: Exception) -> MadoguchiError | None:
    """`error` as one of ours where it comes from the database or the system; None for a bug, whose
    traceback is worth more than a line."""
    # Django is there already where the error is one of its own.
    from django.core.exceptions import ImproperlyConfigured
    from django.db import Error

    if isinstance(error, ImproperlyConfigured | Error):
        kind = ConfigError if isinstance(error, ImproperlyConfigured) else MadoguchiError
        # Further lines may show values of a row.
        line = plain(str(error).strip().partition("\n")[0]) or type(error).__name__
        secret = settings().database
        place = secret.env or secret.file
        return kind(f"database: {line} (its URL stands in {place}; without one, SQLite in `var`)")
    if isinstance(error, OSError):
        line = error.strerror or type(error).__name__
        return MadoguchiError(f"{error.filename}: {line}" if error.filename else line)
    return None
