"""The contract's backend for Bluesky: its own servers, both ways."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from casebook.outbound import Outbound, Quoted
from casebook.types import Channel, Visibility
from connectors.bluesky import BlueskyAccount
from tests.connectors.bluesky_account import BlueskyPlace
from tests.connectors.contract import SenderBackend, SourceBackend, Trouble, Way

WRONG = "abcd-efgh-ijkl-mnop"


class BlueskyBackend(SourceBackend, SenderBackend):
    """A network that mentions come from, and posts and direct messages leave through."""

    channel = Channel.BLUESKY
    visibilities = (Visibility.PUBLIC, Visibility.PRIVATE)
    troubles = ("busy", "refused", "answer-lost", "silence")

    def __init__(self, request: pytest.FixtureRequest, folder: Path) -> None:
        self._place = BlueskyPlace(request.getfixturevalue("bluesky_network"))
        self._posts: dict[str, str] = {}
        self._answerable = True

    def __enter__(self) -> BlueskyBackend:
        self._place.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._place.__exit__()

    @property
    def secrets(self) -> tuple[str, ...]:
        return (self._place.password, WRONG)

    def put(self, *texts: str) -> None:
        for text in texts:
            self._place.network.mention(self._place.hanako, self._place.us, text)
        self._place.network.settle()

    def state(self) -> Any:
        return self._place.posted(), self._place.chat.convos

    def trouble(self, kind: Trouble) -> None:
        if kind == "refused":
            self._answerable = False
        elif kind == "answer-lost":
            self._place.front.fault = "drop"
        else:
            self._place.front.fault = "busy" if kind == "busy" else "silence"

    def account(self, way: Way = "right") -> BlueskyAccount:
        changed: dict[str, Any] = {"page_size": 2, "batch_messages": 2, "timeout": 1}
        if way == "wrong-login":
            changed["password"] = WRONG
        if way == "nobody-there":
            changed["base_url"] = "http://127.0.0.1:9"
        return self._place.account(**changed)

    def sent(self) -> Sequence[str]:
        return self._place.sent()

    def too_long(self, visibility: Visibility) -> str:
        return "長" * (301 if visibility is Visibility.PUBLIC else 1_001)

    def outbound(self, visibility: Visibility, identity: str = "d-1", **changed: Any) -> Outbound:
        if identity not in self._posts:
            self._posts[identity] = self._post()
        changed.setdefault("answers", Quoted(self._posts[identity], self._place.hanako.did))
        return super().outbound(visibility, identity, **changed)

    def _post(self) -> str:
        place = self._place
        uri = place.mention("届きません。")["uri"]
        if not self._answerable:
            gate = {
                "$type": "app.bsky.feed.threadgate",
                "post": uri,
                "allow": [],
                "createdAt": "2026-11-24T00:00:00Z",
            }
            key = uri.rpartition("/")[2]
            place.network.record(place.hanako, "app.bsky.feed.threadgate", gate, rkey=key)
            place.network.settle()
        return uri
