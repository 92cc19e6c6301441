"""The contract's backend for X: the played API, both ways."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from casebook.outbound import Outbound, Quoted
from casebook.types import Channel, Visibility
from connectors.x import XAccount
from tests.connectors.contract import SenderBackend, SourceBackend, Trouble, Way
from tests.connectors.x_account import KEYS, account
from tests.x_server import XServer


class XBackend(SourceBackend, SenderBackend):
    """X, which mentions come from, and posts and direct messages leave through."""

    channel = Channel.X
    visibilities = (Visibility.PUBLIC, Visibility.PRIVATE)
    troubles = ("busy", "refused", "answer-lost", "silence")
    secrets = tuple(KEYS.values())

    def __init__(self, request: pytest.FixtureRequest, folder: Path) -> None:
        self._server = XServer()
        self._posts: dict[str, str] = {}

    def __enter__(self) -> XBackend:
        self._server.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.__exit__()

    def put(self, *texts: str) -> None:
        for text in texts:
            self._server.put(text)

    def state(self) -> Any:
        return self._server.state()

    def trouble(self, kind: Trouble) -> None:
        if kind == "refused":
            self._server.answerable = False
        elif kind == "answer-lost":
            self._server.faults.append("drop")
        else:
            self._server.fault = 429 if kind == "busy" else "silence"

    def account(self, way: Way = "right") -> XAccount:
        if way == "wrong-login":
            self._server.keys = ("another", "another")
        base = "http://127.0.0.1:9" if way == "nobody-there" else self._server.url
        return account(self._server, api_base=base, batch_messages=2)

    def sent(self) -> Sequence[str]:
        return [post["text"] for post in self._server.posted]

    def too_long(self, visibility: Visibility) -> str:
        return "長" * (141 if visibility is Visibility.PUBLIC else 10_001)

    def outbound(self, visibility: Visibility, identity: str = "d-1", **changed: Any) -> Outbound:
        """Each reply answers a post of its own: X takes no text twice in answer to one."""
        if identity not in self._posts:
            self._posts[identity] = str(self._server.put("届きません。"))
            self._server.put_dm("届きません。")
        changed.setdefault("answers", Quoted(self._posts[identity], "2000"))
        return super().outbound(visibility, identity, **changed)
