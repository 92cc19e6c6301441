"""What the sending runs share: what may leave through which account, as files for a look at it, and
what a run did."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from pathlib import Path

from casebook import models as m
from casebook import outgoing
from casebook.config import settings
from connectors.registry import answering

MOST = 1000
"""Replies that one run looks at for one account."""


@dataclass(slots=True)
class Summary:
    """What one run did: replies that left, that failed for good, that may have left, that are tried
    again later, and that wait for approval anew; those still waiting; the alerts that arrived."""

    sent: int = 0
    failed: int = 0
    unsure: int = 0
    later: int = 0
    queued: int = 0
    waiting: int = 0
    alerts: int = 0
    troubles: dict[str, str] = field(default_factory=dict)

    def add(self, other: Summary) -> None:
        """Count what another part of the run did."""
        for one in fields(self):
            if one.name != "troubles":
                setattr(self, one.name, getattr(self, one.name) + getattr(other, one.name))
        self.troubles |= other.troubles

    def line(self) -> str:
        """The one line that a run leaves in the log."""
        text = (
            f"send: {self.sent} sent, {self.failed} failed, {self.unsure} in doubt, "
            f"{self.later} tried again later, {self.queued} back to the queue, "
            f"{self.waiting} waiting, {self.alerts} alerts sent"
        )
        return f"{text}; {', '.join(self.troubles)} in trouble" if self.troubles else text


def sources_of(name: str) -> list[str]:
    """The sources whose messages an account answers."""
    return [source for source, table in answering(settings()).items() if table.name == name]


def account_of(draft: m.Draft) -> str:
    """The name of the account that a draft leaves through; empty where there is none."""
    source = outgoing.answered_by(draft).source
    table = answering(settings()).get(source.name) if source else None
    return table.name if table else ""


def dry_run(folder: str) -> int:
    """Write each reply that would leave, but for hours and limits, into a file of a folder instead
    of sending it; the record stays as it is. Returns how many."""
    place_of, count = Path(folder), 0
    place_of.mkdir(parents=True, exist_ok=True)
    for draft in outgoing.ready(answering(settings()), MOST):
        name, quoted = account_of(draft), outgoing.answered_by(draft)
        if outgoing.overtaken(draft):
            continue
        found = outgoing.outbound(draft, quoted)
        head = {
            "account": name,
            "visibility": found.visibility.value,
            "channel": found.channel.value,
            "to": quoted.author,
            "answers": quoted.permalink or quoted.message_id or quoted.external_id,
            "subject": found.subject,
        }
        text = "".join(f"{key}: {' '.join(value.split())}\n" for key, value in head.items())
        file = place_of / f"{found.receipt}-{draft.pk}.txt"
        file.write_text(f"{text}\n{found.body}", encoding="utf-8")
        count += 1
    return count
