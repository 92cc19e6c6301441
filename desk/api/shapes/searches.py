"""Searches, and what they find."""

from __future__ import annotations

from typing import Annotated

from ninja import Schema
from pydantic import AfterValidator, Field, StringConstraints

from casebook.types import Channel
from desk.api.shapes.cases import CaseOut
from desk.api.shapes.values import Word, storable


class SearchIn(Schema):
    """What is looked for: cases like `text` by meaning and words, those that are over unless
    `everything`."""

    text: Annotated[
        str,
        StringConstraints(min_length=1, max_length=2000, strip_whitespace=True),
        AfterValidator(storable),
    ]
    limit: Annotated[int, Field(ge=1, le=50)] = 10
    everything: bool = False
    language: Word = ""
    channel: Channel | None = None
    product: Word = ""
    cause: Word = ""


class HitOut(Schema):
    """A case that a search found: how near its meaning is (-1 to 1), the words that both use, and
    how it was solved."""

    case: CaseOut
    meaning: float
    words: list[str]
    solution: str


class Hits(Schema):
    """What a search found, best first."""

    items: list[HitOut]
