"""What the contract test asks of a connector's service, real or played, to try the connector on it.

A backend is a context manager that starts its service, puts messages there, opens accounts on it,
and tells what really left. `test_contract.py` runs one suite over all of `SOURCES` and `SENDERS`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, Self

import pytest

from casebook.outbound import Outbound, Quoted
from casebook.types import Channel, Visibility
from connectors.base import Checked, Sender, Source

Way = Literal["right", "wrong-login", "nobody-there"]
"""How an account is opened: as it should be, with a login that is refused, or at an address where
nothing listens."""

Trouble = Literal["busy", "refused", "answer-lost", "silence"]
"""What the service does from now on: ask for patience (429, 4xx), refuse for good, take what it is
sent and break the connection instead of answering, or say nothing at all."""

BEGUN = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
TEXT = "山田花子様\n\nご連絡ありがとうございます。\n.\n<b>17時</b>までにご返事いたします。"


class Backend(ABC):
    """What both ways have. `secrets` may stand in no error's text; `ways` are those that make sense
    for the service."""

    ways: tuple[Way, ...] = ("right", "wrong-login", "nobody-there")
    troubles: tuple[Trouble, ...] = ("busy", "silence")

    @abstractmethod
    def __init__(self, request: pytest.FixtureRequest, folder: Path) -> None:
        """`request` gives the fixtures of this folder; `folder` is this test's own."""

    def __enter__(self) -> Self:
        """Start the service, where it does not run already."""
        return self

    @abstractmethod
    def __exit__(self, *_: object) -> None:
        """Stop it."""

    @property
    @abstractmethod
    def secrets(self) -> tuple[str, ...]: ...

    @abstractmethod
    def state(self) -> Any:
        """What the service holds, to be compared: marks, posts, settings; not its log."""

    def trouble(self, kind: Trouble) -> None:
        """Let the service do this from now on; of `troubles` only."""
        raise NotImplementedError

    @abstractmethod
    def account(self, way: Way = "right") -> Checked: ...


class SourceBackend(Backend):
    """A service that messages come from. Its accounts time out after a second, and have at most
    `batch` messages in a batch: as few as the service allows."""

    batch = 2

    def texts(self) -> list[str]:
        """What is put there: two batches and one message."""
        return [f"{number}通目の苦情です。" for number in range(1, self.batch * 2 + 2)]

    @abstractmethod
    def put(self, *texts: str) -> None:
        """Let these messages come in, in this order, each with its text."""

    @abstractmethod
    def account(self, way: Way = "right") -> Source: ...


class SenderBackend(Backend):
    """A service that replies leave through. Its accounts time out after a second."""

    channel: Channel
    visibilities: tuple[Visibility, ...]
    troubles = ("busy", "refused", "answer-lost", "silence")

    @abstractmethod
    def account(self, way: Way = "right") -> Sender: ...

    @abstractmethod
    def sent(self) -> Sequence[str]:
        """The texts that really left, in their order, without what a connector adds (a quote)."""

    @abstractmethod
    def too_long(self, visibility: Visibility) -> str:
        """A text that the service does not take for its length."""

    def answers(self, visibility: Visibility) -> Quoted:
        """A message there that can be answered in this way."""
        return Quoted(
            external_id="1",
            author="hanako@example.com",
            display_name="山田花子",
            sent_at=BEGUN,
            subject="届かない",
            text="届きません。",
            message_id="1@example.com",
        )

    def outbound(self, visibility: Visibility, identity: str = "d-1", **changed: Any) -> Outbound:
        """An approved reply of `TEXT`, with what is changed."""
        values: dict[str, Any] = {
            "identity": identity,
            "receipt": "M-7F3K2Q",
            "channel": self.channel,
            "visibility": visibility,
            "language": "ja",
            "subject": "Re: 届かない [M-7F3K2Q]",
            "body": TEXT,
            "answers": self.answers(visibility),
            "begun_at": BEGUN,
        }
        return Outbound(**values | changed)
