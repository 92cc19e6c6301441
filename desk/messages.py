"""Messages and where they stand, above all those that get no answer, and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.text import Text

from casebook import models as m
from casebook import reading
from casebook.states import MessageState
from casebook.types import Direction
from desk.masking import seen
from desk.screen import console, wide_table
from desk.show import when
from desk.words import plain, say

LIMIT = 200
"""Messages listed at the most."""

UNANSWERED = (MessageState.QUARANTINED, MessageState.IGNORED)
"""The states in which a message waits for nobody; only a person brings it back."""

Listed = tuple[m.Message, str]
"""A message, and why it stands where it does (empty where all is as usual)."""


def listed(states: Sequence[MessageState]) -> tuple[list[Listed], int]:
    """Customers' messages in `states`, newest first, at most LIMIT; and how many there are."""
    rows = m.Message.objects.filter(direction=Direction.IN, state__in=states)
    judged = rows.select_related("triage").order_by("-pk")
    newest = judged.defer("text", "defects")[:LIMIT]
    ignored = [row.pk for row in newest if row.state == MessageState.IGNORED]
    notes = m.AuditLine.objects.filter(
        thing="message", thing_id__in=ignored, after=MessageState.IGNORED
    )
    reasons = dict(notes.order_by("pk").values_list("thing_id", "note"))
    return [(row, row.error or reasons.get(row.pk, "")) for row in newest], rows.count()


def messages_table(found: Sequence[Listed], total: int) -> None:
    """Print messages, one a line, and how many of them are shown."""
    if not found:
        console().print(
            Text(say("該当するメッセージはありません。", "There are no such messages."))
        )
        return
    table = wide_table(
        say(
            f"メッセージ（{total:,}件中{len(found):,}件）",
            f"Messages ({len(found):,} of {total:,})",
        ),
        (("番号", "Key"), ("状態", "State"), ("受信", "When")),
        (("差出人", "Author", 3), ("件名", "Subject", 4), ("理由", "Why", 4)),
    )
    for row, why in found:
        cells = (str(row.pk), row.state, when(row.received_at), plain(row.author, 64))
        table.add_row(*map(Text, cells), Text(plain(seen(row)[0], 64)), Text(plain(why, 120)))
    console().print(table)


def message_json(row: m.Message, why: str) -> dict[str, Any]:
    """One message as programs read it; the time in ISO 8601, UTC."""
    return {
        "key": row.pk,
        "state": row.state,
        "received_at": row.received_at.isoformat(),
        "author": row.author,
        "subject": seen(row)[0],
        "why": why,
    }


def quarantine_line() -> str:
    """How many messages are in quarantine and how to see them; empty where there are none."""
    count = reading.state_count(MessageState.QUARANTINED)
    if not count:
        return ""
    return say(
        f"隔離されたメッセージが {count:,} 件あります： madoguchi messages",
        f"{count:,} {'message' if count == 1 else 'messages'} in quarantine: madoguchi messages",
    )
