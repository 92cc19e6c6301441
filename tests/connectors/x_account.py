"""An account of ours on the played X, and the record as far as a poll needs one."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

import pytest

from casebook.clock import frozen
from casebook.errors import ConnectorError
from casebook.outbound import Outbound, Quoted
from casebook.types import Batch, Channel, Cursor, Inbound, Visibility
from connectors.x import XAccount, XOptions
from tests.x_server import HANDLE, OWN, XServer

KEYS = {
    "consumer_key": "right-key",
    "consumer_secret": "first-secret",
    "access_token": "right-account",
    "access_token_secret": "second-secret",
}
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
MENTIONS = {"quotes": False, "dms": False}
"""Options that leave the mentions alone."""
BEGUN = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
_numbers = itertools.count(1)


def account(server: XServer, **options: Any) -> XAccount:
    """A fresh account of ours, signed in with OAuth 1.0a unless `options` say otherwise."""
    values: dict[str, Any] = {"api_base": server.url, "user_id": OWN, "handle": HANDLE}
    values |= {"timeout": 0.5} | options
    if "oauth2" not in values:
        values.setdefault("oauth1", {name: {"env": f"X_{name}".upper()} for name in KEYS})
        for name, value in KEYS.items():
            os.environ.setdefault(f"X_{name}".upper(), value)
    return XAccount(f"x{next(_numbers)}", XOptions.model_validate(values))


class Book:
    """What a poll brought: messages once each, in their order, and the cursor as JSON."""

    def __init__(self) -> None:
        self.found: dict[str, Inbound] = {}
        self.seen = 0
        self.cursor: Cursor = {}
        self.warnings: list[str] = []

    def record(self, batches: Iterable[Batch]) -> list[str]:
        """Take batches as the record does; the texts among them that are new."""
        before = len(self.found)
        for batch in batches:
            self.seen += len(batch.inbounds)
            for inbound in batch.inbounds:
                self.found.setdefault(inbound.identity, inbound)
            self.cursor = json.loads(json.dumps(batch.cursor))
            self.warnings += batch.warnings
        return self.texts[before:]

    @property
    def texts(self) -> list[str]:
        return [inbound.text for inbound in self.found.values()]


def outbound(answers: str, body: str, author: str = "2000", **changed: Any) -> Outbound:
    """An approved reply to a post, or with `visibility` PRIVATE to its author."""
    values: dict[str, Any] = {
        "identity": "d-1",
        "receipt": "M-7F3K2Q",
        "channel": Channel.X,
        "visibility": Visibility.PUBLIC,
        "language": "ja",
        "subject": "",
        "body": body,
        "answers": Quoted(answers, author),
        "begun_at": BEGUN,
    }
    return Outbound(**values | changed)


def at_time(x: XServer, moment: datetime) -> AbstractContextManager[None]:
    """The same moment here and there."""
    x.now = moment
    return frozen(moment)


def numbered(x: XServer, first: int, last: int) -> list[str]:
    """Posts that came in this order; their texts."""
    texts = [f"{number} 番目の投稿" for number in range(first, last)]
    for text in texts:
        x.put(text)
    return texts


def fails(poll: Iterator[Batch], book: Book) -> ConnectorError:
    """What a poll raised after it handed over what it had."""
    with pytest.raises(ConnectorError) as caught:
        book.record(poll)
    return caught.value


def number_of(text: str) -> int:
    """The number of one of these."""
    return int(text.split()[0])
