"""Messages that are handed over, by another system or by the public form: put into the record as
those of a connector are."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from casebook import models as m
from casebook import moves
from casebook.clock import now
from casebook.config import PAGES
from casebook.types import Channel, Inbound, Visibility
from desk.words import plain

API, FORM = PAGES
"""The sources that such messages come from."""

_NAME = 200


@dataclass(frozen=True, slots=True)
class Handed:
    """A message as somebody filled it in. `key` is the same for the same message wherever and
    however often it is handed over; `facts` are what was asked for besides, by their labels."""

    key: str
    email: str
    text: str
    name: str = ""
    subject: str = ""
    facts: Sequence[tuple[str, str]] = ()
    sent_at: datetime | None = None


class Differs(Exception):
    """Another message was handed over under this key before."""


def take_in(source: str, handed: Handed) -> tuple[m.Message, bool]:
    """Record a message, RECEIVED; the next intake deals with it. Returns its row, and whether it is
    new. Raises Differs."""
    raw = _raw(handed)
    body = _body(handed)
    row, new = moves.take_in(
        source,
        Inbound(
            identity=f"{source}:{sha256(handed.key.encode('utf-8', 'replace')).hexdigest()}",
            external_id=plain(handed.key, _NAME),
            channel=Channel.FORM,
            visibility=Visibility.PRIVATE,
            author=handed.email.strip().lower(),
            display_name=plain(handed.name, _NAME),
            sent_at=_past(handed.sent_at),
            subject=plain(handed.subject, _NAME),
            text=body,
            new_text=body,
            raw=raw,
        ),
    )
    kept = getattr(row, "raw", None)
    if not new and kept is not None and bytes(kept.data) != raw:
        raise Differs
    return row, new


def _body(handed: Handed) -> str:
    """What was written, and below it what was filled in, a line each."""
    told = [f"{label}: {plain(value)}" for label, value in handed.facts if value.strip()]
    return "\n\n".join(filter(None, (handed.text.strip(), "\n".join(told))))


def _raw(handed: Handed) -> bytes:
    whole: Mapping[str, object] = {
        "key": handed.key,
        "email": handed.email,
        "name": handed.name,
        "subject": handed.subject,
        "text": handed.text,
        "facts": [value for _, value in handed.facts],
        "sent_at": handed.sent_at.isoformat() if handed.sent_at else None,
    }
    return json.dumps(whole, ensure_ascii=False, sort_keys=True).encode("utf-8", "replace")


def _past(moment: datetime | None) -> datetime | None:
    # A clock elsewhere may go ahead; nothing was sent after it came.
    return None if moment is None else min(moment, now())
