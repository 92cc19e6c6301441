"""One at a time, over all processes of an installation; given back when a process dies."""

from __future__ import annotations

import fcntl
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from casebook.config import settings


@contextmanager
def exclusive(name: str, *, wait: bool = False) -> Iterator[bool]:
    """True within the block when this process alone holds `name`; False when another does.

    With `wait` it blocks until it holds it. PostgreSQL: an advisory lock of the session; SQLite: a
    lock on a file in `var`. Both end with the process, however it ends.
    """
    if connection.vendor == "postgresql":
        yield from _advisory(name, wait)
    else:
        yield from _file(name, wait)


def _advisory(name: str, wait: bool) -> Iterator[bool]:
    key = zlib.crc32(f"madoguchi:{name}".encode())
    verb = "pg_advisory_lock" if wait else "pg_try_advisory_lock"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {verb}(%s)", [key])
        row = cursor.fetchone()
    held = wait or bool(row and row[0])
    try:
        yield held
    finally:
        if held:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [key])


def _file(name: str, wait: bool) -> Iterator[bool]:
    folder = settings().var
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{name}.lock").open("wb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
            return
        yield True
