"""Labelled messages that the heads are fitted to: those that come along, and their form."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

from casebook.types import Asked, Channel, Kind
from enrich.triage.framing import framed

_HELD_BACK = 10
"""One exemplar in so many is held back."""
_WRITTEN = (Kind.COMPLAINT, Kind.INQUIRY, Kind.REQUEST, Kind.PRAISE)
"""Kinds that a customer writes, and so frames."""


@dataclass(frozen=True, slots=True)
class Exemplar:
    """A message and what is right of it.

    `expect` maps labels to values as `casebook.labels.checked` stores them; labels that are left
    out are not learnt from it. `weight` is how many ordinary exemplars it counts for, above 0.
    """

    id: str
    asked: Asked
    expect: Mapping[str, Any]
    weight: float = 1.0


def parse(line: str | bytes) -> Exemplar:
    """An exemplar from a line of JSON, `{"id", "channel", "language", "subject", "text",
    "expect"}`. A channel that is none of ours counts as mail, a missing language as Japanese.

    Raises ValueError, which quotes nothing of the line, where it is none.
    """
    try:
        row = json.loads(line)
        asked = Asked(
            subject=str(row.get("subject", "")),
            text=str(row["text"]),
            language=str(row.get("language", "ja")),
            channel=_channel(row.get("channel")),
        )
        return Exemplar(str(row["id"]), asked, dict(row.get("expect", {})))
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError) as error:
        raise ValueError("not an object with an id, a text and what is expected") from error


@cache
def bundled() -> tuple[Exemplar, ...]:
    """The exemplars that come along with the policy packs, in a fixed order; every second mail of a
    customer in a frame."""
    return tuple(_bundled())


def held_back(exemplar: Exemplar) -> bool:
    """Whether an exemplar is for measuring only and never fitted to: a tenth, fixed by the id."""
    return _number(exemplar) % _HELD_BACK == 0


def _channel(name: Any) -> Channel:
    return Channel(name) if name in set(Channel) else Channel.EMAIL


def _bundled() -> Iterator[Exemplar]:
    folder = files("policies").joinpath("exemplars")
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if file.name.endswith(".jsonl"):
            language = file.name[:2]
            for line in file.read_text(encoding="utf-8").splitlines():
                row = json.loads(line)
                found = parse(json.dumps({"language": language, **row}))
                mail = row["channel"] == Channel.EMAIL and found.expect["kind"] in _WRITTEN
                if mail and _number(found) // _HELD_BACK % 2:
                    found = replace(found, asked=framed(found.asked, found.id))
                yield found


def _number(exemplar: Exemplar) -> int:
    """As good as drawn by lot, and always the same."""
    return zlib.crc32(exemplar.id.encode())
