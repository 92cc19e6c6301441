"""The index kept open and the models kept loaded, by the process that serves the pages."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import lru_cache

from casebook.types import Role, SimilarCase, Where
from desk import searching
from enrich.encoders import Encoders
from enrich.index import IndexBusy, IndexUnavailable, Synced
from enrich.similar import similar_cases

ROLE = "pages"
"""Whose embedded shard the pages use: they keep it open, so that no command could open it."""

_EVERY = 10.0
"""Seconds between two looks at what is new in the record."""

_PATIENCE = 3.0
"""Seconds that a search waits while much that is new is taken in."""

_ASKED = 256
"""Queries whose vectors are kept."""

_Ask = Callable[[str], Mapping[Role, bytes]]

_log = logging.getLogger(__name__)


class NotReady(IndexUnavailable):
    """The models are being loaded, or the index is being built for the first time."""


class Keeper(threading.Thread):
    """Loads the models, opens the index and keeps both up to date with the record, in the
    background; searches of this process go to it from `start` to `close`."""

    def __init__(self) -> None:
        super().__init__(name="index", daemon=True)
        self._lock, self._end = threading.Lock(), threading.Event()
        self._held: tuple[Encoders, _Ask, Synced] | None = None
        self._opened = ExitStack()

    def start(self) -> None:
        """Begin."""
        searching.seek_by(self.seek)
        super().start()

    def close(self) -> None:
        """Let go of the index; returns once it is closed, or after some seconds."""
        searching.seek_by(None)
        self._end.set()
        self.join(_PATIENCE)

    @property
    def ready(self) -> bool:
        """Whether searches are answered."""
        return self._held is not None

    def run(self) -> None:
        """Look, again and again."""
        from django.db import connection

        while True:
            try:
                self._look()
            except Exception as error:
                # An index that another process holds is told on the page; it comes back by itself.
                _log.warning("the index of the pages is not up to date: %s", type(error).__name__)
            finally:
                connection.close()
            if self._end.wait(_EVERY):
                break
        with self._lock:
            self._held = None
            self._opened.close()

    def seek(
        self, texts: Sequence[str], limit: int, where: Where, exclude: int | None
    ) -> list[tuple[SimilarCase, ...]]:
        """As `searching.Seeker`. Raises NotReady, and IndexBusy while much is taken in."""
        if self._held is None:
            raise NotReady("the index is being made ready")
        vectors = [self._held[1](text) for text in texts]
        if not self._lock.acquire(timeout=_PATIENCE):
            raise IndexBusy("the index is taking in much that is new")
        try:
            if self._held is None:
                raise NotReady("the index is closed")
            index = self._held[2]
            return [
                similar_cases(index, asked, limit, where=where, exclude=exclude)
                for asked in vectors
            ]
        finally:
            self._lock.release()

    def _look(self) -> None:
        coders = searching.encoders()
        if self._held is not None and self._held[0] is coders:
            with self._lock:
                self._held[2].refresh()
            return
        # Another page of results, or another filter, asks the same again.
        ask = lru_cache(maxsize=_ASKED)(coders.query)
        ask("窓口 counter")
        opened = ExitStack()
        index = opened.enter_context(searching.synced(coders, ROLE))
        with self._lock:
            before, self._opened = self._opened, opened
            self._held = (coders, ask, index)
        before.close()
