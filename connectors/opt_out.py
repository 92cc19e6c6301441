"""Who wants no more private messages, as people say so on networks: one word alone."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import replace
from typing import Annotated

from pydantic import Field

from casebook.types import Inbound, Visibility

Words = tuple[Annotated[str, Field(min_length=1)], ...]
WORDS: Words = ("停止", "配信停止", "STOP")
_LONGEST = 100


def marked(inbound: Inbound, words: Iterable[str]) -> Inbound:
    """A message with `Flags.opt_out`, where it is private and one of these words alone, however
    it is spelt."""
    said = _word(inbound.new_text)
    if inbound.visibility is Visibility.PUBLIC or said not in filter(None, map(_word, words)):
        return inbound
    return replace(inbound, flags=replace(inbound.flags, opt_out=True))


def _word(text: str) -> str:
    kept = unicodedata.normalize("NFKC", text[:_LONGEST]).casefold()
    return "".join(character for character in kept if character.isalnum())
