"""The next batch's vectors, made while this one is related and answered: encoding leaves Python's
lock to others, and a machine has two cores."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor

from casebook.types import Role
from enrich.encoders import Encoders

Vectors = dict[Role, bytes]


class Ahead:
    """Encodes in one thread of its own, at most one batch ahead.

    One thread, because each that computes keeps memory and helpers of its own.
    """

    def __init__(self) -> None:
        self._pool: ThreadPoolExecutor | None = None
        self._texts: dict[int, str] = {}
        self._coders: Encoders | None = None
        self._made: Future[dict[int, Vectors]] | None = None

    def load(self, coders: Encoders) -> None:
        """Begin to load the models: a message has come that will need them."""
        self._threads().submit(coders.documents, [""])

    def vectors(self, coders: Encoders, texts: Mapping[int, str]) -> list[Vectors]:
        """The vectors of messages (key → text), in their order: those made ahead, and the rest."""
        found = self._taken(coders, texts)
        rest = {key: text for key, text in texts.items() if key not in found}
        if rest:
            found |= self._threads().submit(_vectors, coders, rest).result()
        return [found[key] for key in texts]

    def begin(self, coders: Encoders, texts: Mapping[int, str]) -> None:
        """Begin with the vectors of the messages that come next."""
        if texts:
            self._texts, self._coders = dict(texts), coders
            self._made = self._threads().submit(_vectors, coders, self._texts)

    def _threads(self) -> ThreadPoolExecutor:
        if self._pool is None:
            self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ahead")
        return self._pool

    def _taken(self, coders: Encoders, texts: Mapping[int, str]) -> dict[int, Vectors]:
        made, self._made = self._made, None
        if made is None:
            return {}
        # What failed there fails here again, where it is dealt with.
        if made.exception() is not None or coders is not self._coders:
            return {}
        return {
            key: vectors
            for key, vectors in made.result().items()
            if texts.get(key) == self._texts[key]
        }


def _vectors(coders: Encoders, texts: Mapping[int, str]) -> dict[int, Vectors]:
    return dict(zip(texts, coders.documents(list(texts.values())), strict=True))


AHEAD = Ahead()
"""This process's."""
