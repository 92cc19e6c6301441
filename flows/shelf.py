"""The worker's index, kept open from batch to batch of a run: opening a large one and writing it
back takes a second each time."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import ExitStack

from casebook.config import settings
from casebook.spaces import Vectors
from casebook.types import Role, Space
from enrich.index import IndexUnavailable, Synced, synced

ROLE = "worker"
"""Whose embedded shard the flows use; the desk has its own."""

_log = logging.getLogger("madoguchi.intake")


class Shelf:
    """Holds at most one index; one batch uses it at a time."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._spaces: dict[Role, str] = {}
        self._index: Synced | None = None

    def take(self, force: Mapping[Role, Space]) -> Synced | None:
        """The index over the spaces in force, up to date with the record.

        None where it cannot be had, with one line in the log: a reply does not wait for it.
        """
        names = {role: space.name for role, space in force.items()}
        try:
            if self._index is None or names != self._spaces:
                self.put_back()
                self._open(names)
            else:
                self._index.refresh()
        except IndexUnavailable as error:
            _log.warning("%s; drafting without similar cases", error)
            self.put_back()
        return self._index

    def put_back(self) -> None:
        """Close the index, so that others may have it."""
        self._index = None
        self._stack.close()

    def _open(self, names: dict[Role, str]) -> None:
        found, root = settings(), settings().var / "index"
        self._index = self._stack.enter_context(
            synced(found.index, root, ROLE, names, Vectors(names))
        )
        self._spaces = names


SHELF = Shelf()
"""This process's."""
