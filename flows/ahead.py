"""The next batch's vectors, made while this one is related and answered."""

from __future__ import annotations

import atexit
from collections.abc import Iterator, Mapping, Sequence

from casebook.types import Role
from enrich.apart import Apart, Vectors
from enrich.encoders import Encoders

_DONE = object()


class Ahead:
    """Encodes in one process of its own, at most one batch ahead."""

    def __init__(self) -> None:
        self._apart: Apart | None = None
        self._asked: dict[int, str] = {}

    def load(self, coders: Encoders) -> None:
        """Begin to load the models: a message has come that will need them."""
        if self._apart is None:
            self.begin(coders, {0: ""})

    def begin(self, coders: Encoders, texts: Mapping[int, str]) -> None:
        """Begin with the vectors of the messages that come next (key → text)."""
        if texts:
            try:
                self._process(coders).ask(list(texts.values()))
            except ChildProcessError:
                self.close()
                raise
            self._asked = dict(texts)

    def vectors(
        self, coders: Encoders, texts: Mapping[int, str], meanwhile: Iterator[None]
    ) -> list[Vectors]:
        """The vectors of messages (key → text), in their order: those made ahead, and the rest.
        As long as they are being made, one step after the other of `meanwhile` is done.

        Raises what the encoders raise, and ChildProcessError where their process has died.
        """
        found = self._made(coders, texts, meanwhile)
        rest = {key: text for key, text in texts.items() if key not in found}
        if rest:
            self.begin(coders, rest)
            found |= self._answer(meanwhile)
        return [found[key] for key in texts]

    def column(self, coders: Encoders, role: Role, texts: Sequence[str]) -> list[bytes]:
        """The vectors of texts in one space, in their order. What was being made ahead is made
        again when it is needed."""
        return [v[role] for v in self.vectors(coders, dict(enumerate(texts)), iter(()))]

    def close(self) -> None:
        """End the process; a later call starts another."""
        if self._apart is not None:
            self._apart.close()
        self._apart, self._asked = None, {}

    def _process(self, coders: Encoders) -> Apart:
        if self._apart is None or self._apart.coders is not coders:
            self.close()
            self._apart = Apart(coders)
        return self._apart

    def _made(
        self, coders: Encoders, texts: Mapping[int, str], meanwhile: Iterator[None]
    ) -> dict[int, Vectors]:
        if self._apart is None or self._apart.coders is not coders or not self._asked:
            return {}
        asked = self._asked
        try:
            made = self._answer(meanwhile)
        except Exception:
            # What failed there fails again where it is needed, and is dealt with.
            return {}
        return {key: made[key] for key, text in texts.items() if asked.get(key) == text}

    def _answer(self, meanwhile: Iterator[None]) -> dict[int, Vectors]:
        assert self._apart is not None
        while not self._apart.ready() and _went_on(meanwhile):
            pass
        asked, self._asked = self._asked, {}
        try:
            return dict(zip(asked, self._apart.answer(), strict=True))
        except ChildProcessError:
            self.close()
            raise


def _went_on(meanwhile: Iterator[None]) -> bool:
    """Whether a step of it was done."""
    try:
        return next(meanwhile, _DONE) is not _DONE
    except Exception:
        # A message of a later batch must not fail this one: it fails in its own turn. And an answer
        # that is not fetched would be taken for the next question's.
        return False


AHEAD = Ahead()
"""This process's."""

atexit.register(AHEAD.close)
