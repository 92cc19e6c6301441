"""Cases with approved replies, and the accounts that they leave through, for the tests of sending."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from casebook import models as m
from casebook import moves
from casebook.clock import frozen, now
from casebook.types import (
    Channel,
    Conduct,
    Inbound,
    Kind,
    Relation,
    RelationKind,
    Reply,
    Triage,
    Visibility,
)
from flows import sending
from flows.outbox import Summary
from flows.terminal import each_directly
from tests.casebook.test_moves import inbound
from tests.sending_tables import KEYS
from tests.smtp_server import SmtpServer
from tests.x_server import XServer

MADE = datetime.fromisoformat("2026-11-24T10:00:00+09:00")
JUDGED = Triage(Kind.COMPLAINT, 1, Conduct.ORDINARY, "ja")
MINUTE = timedelta(minutes=1)
PUBLIC = (
    "ご不便をおかけしております。詳しくはこちらへ https://x.com/messages/compose?recipient_id=1000"
)


def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the accounts' secrets where the tables say."""
    monkeypatch.setenv("SMTP_PASSWORD", SmtpServer.password)
    monkeypatch.setenv("BOX_PASSWORD", "x")
    for name, value in KEYS.items():
        monkeypatch.setenv(f"X_{name.upper()}", value)


def came(source: str = "box", **changed: Any) -> Inbound:
    """A mail, or a post of a customer on X."""
    plain = inbound(**changed)
    if source == "box":
        return replace(plain, message_id=f"{plain.identity.replace(':', '')}@example.net")
    return replace(plain, channel=Channel.X, visibility=Visibility.PUBLIC, subject="")


def received(source: str, *inbounds: Inbound) -> list[int]:
    """Record messages of a source."""
    m.Source.objects.get_or_create(name=source)
    return moves.record(source, inbounds, {})


def related(key: int, case: int | None = None) -> None:
    """Join a message to a case, or open one."""
    kind = RelationKind.NEW if case is None else RelationKind.FOLLOW_UP
    moves.relate([moves.Related(key, Relation(kind, of_case=case), "ja", ())])


def drafted(
    source: str = "box",
    found: Inbound | None = None,
    *,
    due: datetime | None = None,
    body: str = "お調べしてご連絡いたします。",
    severity: int = 1,
    visibility: Visibility | None = None,
) -> m.Draft:
    """A new customer's case with a pending reply."""
    (key,) = received(source, found or came(source))
    related(key)
    row = m.Message.objects.get(pk=key)
    assert row.case_id is not None
    reply = Reply(
        Channel(row.channel),
        visibility or Visibility(row.visibility),
        "ja",
        "Re: 届きません",
        body,
        due,
        severity,
    )
    (draft,) = moves.answer([moves.Answered(row.case_id, {key: JUDGED}, reply=reply)])
    return m.Draft.objects.get(pk=draft)


def approved(source: str = "box", **how: Any) -> m.Draft:
    """A new customer's case with an approved reply."""
    draft = drafted(source, **how)
    return moves.approve(draft.pk, "aki")


def post(x: XServer, **how: Any) -> m.Draft:
    """An approved public reply to a post on X."""
    number = str(x.put("@acme_jp 届きません"))
    return approved("x", found=came("x", external_id=number, author="2000"), body=PUBLIC, **how)


def send(at: datetime | None = None) -> Summary:
    """One run at this moment."""
    with frozen(at or now()):
        return sending.run(each_directly)


def state(draft: m.Draft) -> str:
    draft.refresh_from_db()
    return draft.state


@contextmanager
def clock(at: datetime, x: XServer | None = None) -> Iterator[None]:
    """The same moment here and on X."""
    if x is not None:
        x.now = at
    with frozen(at):
        yield


def folder_texts(folder: Path) -> list[str]:
    return sorted(path.read_text(encoding="utf-8") for path in folder.iterdir())
