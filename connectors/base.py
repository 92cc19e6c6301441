"""What a connector is: a few lines that every channel keeps, and one contract test holds.

All raise TransientError, AuthError or PermanentError, with a text that says how to mend it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Protocol, runtime_checkable

from casebook.lengths import Limit
from casebook.outbound import Outbound, Rules, Sent
from casebook.types import Batch, Cursor, Visibility


class Checked(Protocol):
    def check(self) -> str:
        """Try the connection without changing anything; return what answered, in one line."""
        ...


class Source(Checked, Protocol):
    """A way in. Made by `registry.open_source` from one `[[sources]]` table."""

    def poll(self, cursor: Cursor) -> Iterator[Batch]:
        """Yield what came since `cursor` (empty: from the start), oldest first, in bounded batches.

        Asking for the next batch tells that the last one is recorded: only then may the service be
        touched (mark as seen, move). What was yielded stays valid whatever is raised after.
        """
        ...


class Sender(Checked, Protocol):
    """A way out. It never waits: a limit that is reached is a TransientError with `retry_at`."""

    rules: Rules

    def limits(self, visibility: Visibility) -> tuple[Limit, ...]: ...

    def send(self, outbound: Outbound) -> Sent:
        """Send once. Raises AmbiguousError where it may have been taken all the same."""
        ...

    def find_sent(self, outbound: Outbound) -> Sent | None:
        """What became of an earlier try; None: it certainly did not arrive. AmbiguousError: who
        knows."""
        ...


@runtime_checkable
class Names(Protocol):
    """A sender that knows before the first try what its service will call a reply."""

    def named(self, outbound: Outbound, at: datetime) -> Sent | None:
        """What `send` returns of a reply that left at `at` (aware); None where only the service
        could tell its name."""
        ...


@runtime_checkable
class Rechecks(Protocol):
    """A source whose messages may be deleted there, and must then be here (`Rules`)."""

    def gone(self, external_ids: Sequence[str]) -> Iterator[str]:
        """Those of the messages that the service no longer shows."""
        ...


@runtime_checkable
class Tells(Protocol):
    """A source that can say from its cursor what is worth knowing about it: what it spent, say."""

    def told(self, cursor: Cursor) -> str:
        """One line for people, without asking the service; empty where there is nothing to say."""
        ...
