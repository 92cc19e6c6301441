"""What a connector is: a few lines that every channel keeps, and one contract test holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from casebook.types import Batch, Cursor


class Source(Protocol):
    """A way in. Made by `registry.open_source` from one `[[sources]]` table."""

    def poll(self, cursor: Cursor) -> Iterator[Batch]:
        """Yield what came since `cursor` (empty: from the start), oldest first, in bounded batches.

        Asking for the next batch tells the connector that the last one is recorded: only then may
        it touch the service (mark as seen, move). A batch may be empty where only the cursor moved.

        Raises TransientError, AuthError or PermanentError; what was yielded before stays valid.
        """
        ...

    def check(self) -> str:
        """Try the connection without changing anything; return what answered, in one line.

        Raises as `poll` does, with a text that says how to mend it.
        """
        ...
