"""What one item's content breaks must not stop the others."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from django.db import InterfaceError, OperationalError

from casebook.errors import ConfigError
from enrich.index import IndexUnavailable

_Found = TypeVar("_Found")

ENVIRONMENT = (
    ConfigError,
    IndexUnavailable,
    OperationalError,
    InterfaceError,
    OSError,
    MemoryError,
    ImportError,
)
"""What fails for the machine's sake and not for an item's: the next run tries again."""


def each(
    what: str, keys: Iterable[int], work: Callable[[int], _Found], log: logging.Logger
) -> Iterator[_Found]:
    """What `work` makes of each key; one that fails for a reason of its content is told in `log` by
    `what` it is and its key, and left out. Raises what is of the ENVIRONMENT."""
    for key in keys:
        try:
            found = work(key)
        except ENVIRONMENT:
            raise
        except Exception as error:
            log.warning("%s %d failed (%s); the others go on", what, key, place(error))
        else:
            yield found


def place(error: Exception) -> str:
    """The kind of an error and its place in the code: its text may hold a customer's words."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    at = f" at {trace.tb_frame.f_code.co_name}:{trace.tb_lineno}" if trace else ""
    return f"{type(error).__name__}{at}"
