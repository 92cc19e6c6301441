"""What was deleted where it came from is deleted here: looked up within the network's time.

Free of Prefect, so that a terminal can do it where no server is.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from django.db.models.functions import Coalesce

from casebook import models as m
from casebook import moves
from casebook.clock import now
from casebook.config import settings
from casebook.errors import ConnectorError, MadoguchiError
from casebook.locks import exclusive
from casebook.types import Direction
from connectors.base import Rechecks
from connectors.registry import open_source

_log = logging.getLogger("madoguchi.intake")

_AT_ONCE = 100
"""Messages that are looked up, erased and noted before the next ones; X answers for so many."""
_AGAIN = timedelta(hours=20)
"""A message is due again so long after it came or was last looked up: X gives a day to notice, and
so there are hours left where a limit ends a run."""


@dataclass(slots=True)
class Summary:
    """What one look at the sources found: messages asked for, erased ones, and what failed."""

    asked: int = 0
    erased: int = 0
    failed: dict[str, str] = field(default_factory=dict)

    def line(self) -> str:
        """The one line that a run leaves in the log."""
        text = f"recheck: {self.asked} messages looked up, {self.erased} erased"
        return f"{text}, failing: {', '.join(self.failed)}" if self.failed else text


def run() -> Summary:
    """Ask every source that can tell for the messages that are still here and due (`_AGAIN`); a
    failing one hinders no other."""
    done = Summary()
    with exclusive("recheck") as alone:
        for table in settings().sources if alone else ():
            if not table.enabled:
                continue
            try:
                source = open_source(table)
                if isinstance(source, Rechecks):
                    _source(table.name, source, done)
            except (ConnectorError, MadoguchiError) as error:
                done.failed[table.name] = str(error)
                _log.warning("recheck: %s: %s", table.name, error)
    return done


def _source(name: str, source: Rechecks, done: Summary) -> None:
    for batch in _batches(name):
        keys = {external: key for key, external in batch}
        for external in source.gone(list(keys)):
            done.erased += moves.erase(keys[external])
        done.asked += len(batch)
        moves.rechecked(keys.values())


def _batches(source: str) -> Iterator[tuple[tuple[int, str], ...]]:
    """Keys and external ids of the source's messages whose words are still here and that are due,
    first those that were looked up the longest ago: where a limit ends a run, the next goes on."""
    seen = Coalesce("rechecked_at", "received_at")
    rows = m.Message.objects.filter(
        source__name=source, erased_at=None, direction=Direction.IN
    ).exclude(external_id="")
    due = rows.alias(seen=seen).filter(seen__lte=now() - _AGAIN).order_by("seen", "pk")
    found = list(due.values_list("pk", "external_id"))
    for start in range(0, len(found), _AT_ONCE):
        yield tuple(found[start : start + _AT_ONCE])
