"""Files into the record: live messages for the intake to answer, past cases for the memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from casebook import models as m
from casebook import moves
from casebook.config import settings
from casebook.policy import load_policy
from casebook.types import Inbound, PastCase
from connectors.files import Entry, Skipped, read, size
from desk.words import say
from enrich.language import detect

SOURCE = "import"
"""Name of the source under which imported live messages stand."""

_CHUNK = 200
_REASONS = 20


@dataclass(slots=True)
class Imported:
    """How much was new, how much was known already, how much was left out, and why (the first
    ones: a broken file may have millions of such lines)."""

    past: int = 0
    messages: int = 0
    known: int = 0
    skipped: int = 0
    reasons: list[Skipped] = field(default_factory=list)


def take_in(path: Path, *, columns: Mapping[str, str], system: str, own: Sequence[str]) -> Imported:
    """Import `path` chunk by chunk, each in a transaction: run again, it goes on.

    Raises ConfigError where there is nothing to read.
    """
    policy = load_policy(settings().policy)
    found = Imported()
    with Progress(console=Console(stderr=True)) as bar:
        task = bar.add_task(say("取り込み", "Importing"), total=size(path))
        entries = read(
            path,
            columns=columns,
            own=own,
            zone=policy.zone,
            system=system,
            progress=lambda read_bytes: bar.update(task, advance=read_bytes),
        )
        for chunk in _chunks(entries):
            _take(chunk, policy.language, found)
    return found


def _take(chunk: Sequence[Entry], default: str, found: Imported) -> None:
    past = [_with_language(entry, default) for entry in chunk if isinstance(entry, PastCase)]
    live = [entry for entry in chunk if isinstance(entry, Inbound)]
    new_past = moves.record_past(past) if past else 0
    new_live = 0
    if live:
        source = m.Source.objects.get_or_create(name=SOURCE)[0]
        new_live = len(moves.record(SOURCE, live, source.cursor))
    found.past += new_past
    found.messages += new_live
    found.known += len(past) + len(live) - new_past - new_live
    skipped = [entry for entry in chunk if isinstance(entry, Skipped)]
    found.skipped += len(skipped)
    found.reasons += skipped[: max(0, _REASONS - len(found.reasons))]


def _with_language(past: PastCase, default: str) -> PastCase:
    return past if past.language else replace(past, language=detect(past.inbound.text, default))


def _chunks(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    remaining = iter(entries)
    while chunk := list(islice(remaining, _CHUNK)):
        yield chunk
