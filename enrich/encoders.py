"""A text in all the spaces that are in force: its meaning, its words, its place in the history."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from casebook.types import Role, Space
from enrich import embed, words
from enrich.clean import clean

if TYPE_CHECKING:
    from enrich.embed import Encoder
    from enrich.history import History

Fitted = tuple[str, bytes]
"""The space of a model that was fitted to a company's own past, and the model's bytes."""


def wanted(model: str) -> dict[Role, Space]:
    """The spaces that this installation makes by itself, with an embedding model as the
    configuration names it."""
    return {Role.MEANING: Space(embed.space(model), model), Role.WORDS: Space(words.SPACE)}


def usable(role: Role, space: Space) -> bool:
    """True when vectors in a space can still be made: its model is the one that it was made by."""
    return space == wanted(space.model)[role]


def loaded(
    force: Mapping[Role, Space], batch_size: int, fitted: Callable[[], Fitted | None]
) -> Encoders:
    """What makes vectors in these spaces, kept for the next call with the same ones.

    `fitted` gives the history's model; it is asked only when the history has changed.
    """
    history = force.get(Role.HISTORY)
    return _loaded(force[Role.MEANING].model, batch_size, history.name if history else "", fitted)


def dimensions(role: Role, vector: bytes) -> int:
    """How many float16 values a vector has; 0 for the sparse words."""
    return 0 if role is Role.WORDS else len(vector) // 2


class Encoders:
    """What makes vectors; each model is loaded when it is first needed."""

    def __init__(self, model: str, batch_size: int = 16, history: Fitted | None = None) -> None:
        """`model` is the embedding model as the configuration names it."""
        self._model = model
        self._batch_size = batch_size
        self._history = history
        self.spaces: dict[Role, str] = {role: space.name for role, space in wanted(model).items()}
        """The name of the space of each role."""
        if history:
            self.spaces[Role.HISTORY] = history[0]

    def __reduce__(self) -> tuple[type[Encoders], tuple[object, ...]]:
        """Another process loads the models by itself."""
        return Encoders, (self._model, self._batch_size, self._history)

    def documents(self, texts: Sequence[str]) -> list[dict[Role, bytes]]:
        """The vectors of each text in every space, in the order of the texts."""
        # The meaning last: it alone keeps all cores busy.
        roles = sorted(self.spaces, key=lambda role: role is Role.MEANING)
        columns = {role: self.column(role, texts) for role in roles}
        return [{role: data[at] for role, data in columns.items()} for at in range(len(texts))]

    def column(self, role: Role, texts: Sequence[str]) -> list[bytes]:
        """The vectors of the texts in one space, in the order of the texts."""
        plain = [clean(text) for text in texts]
        if role is Role.WORDS:
            return [words.words(text) for text in plain]
        if role is Role.MEANING:
            return self._encoder.documents(plain)
        return self._fitted.documents(plain)

    def query(self, text: str) -> dict[Role, bytes]:
        """The vectors of a search query."""
        plain = clean(text)
        found = {Role.MEANING: self._encoder.query(plain), Role.WORDS: words.query_words(plain)}
        if Role.HISTORY in self.spaces:
            found[Role.HISTORY] = self._fitted.documents([plain])[0]
        return found

    @cached_property
    def _encoder(self) -> Encoder:
        return embed.Encoder(self._model, self._batch_size)

    @cached_property
    def _fitted(self) -> History:
        from enrich.history import History

        assert self._history is not None
        return History.parse(self._history[1])


@lru_cache(maxsize=1)
def _kept(model: str, batch_size: int, history: str) -> list[Encoders]:
    return []


def _loaded(
    model: str, batch_size: int, history: str, fitted: Callable[[], Fitted | None]
) -> Encoders:
    kept = _kept(model, batch_size, history)
    if not kept:
        kept.append(Encoders(model, batch_size, fitted() if history else None))
    return kept[0]
