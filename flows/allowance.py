"""The time that an intake may spend on what it can do without."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from casebook.config import settings


class Allowance:
    """The seconds that an intake may still spend on rewriting."""

    def __init__(self) -> None:
        self._spent = 0.0
        self._since: float | None = None

    @property
    def left(self) -> float:
        """Seconds, down to 0."""
        running = time.monotonic() - self._since if self._since is not None else 0.0
        return max(0.0, settings().llm.seconds - self._spent - running)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Count what the block takes."""
        self._since = time.monotonic()
        try:
            yield
        finally:
            self._spent += time.monotonic() - self._since
            self._since = None

    def renew(self) -> None:
        """The next intake begins."""
        self._spent = 0.0


ALLOWANCE = Allowance()
"""This process's."""
