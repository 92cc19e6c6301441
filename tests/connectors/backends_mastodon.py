"""The contract's backend for Mastodon: a server that is played, as its documentation says."""

from __future__ import annotations

import html
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from casebook.outbound import Quoted
from casebook.types import Channel, Visibility
from connectors.mastodon import MastodonAccount, MastodonOptions
from tests.connectors.contract import BEGUN, SenderBackend, SourceBackend, Trouble, Way
from tests.json_server import WRITING, Fault
from tests.mastodon_server import CUSTOMER, MastodonServer
from tests.services import free_port

_MENTION = "@hanako@elsewhere.example "


class MastodonBackend(SourceBackend, SenderBackend):
    """One account on a server."""

    channel = Channel.MASTODON
    visibilities = (Visibility.PUBLIC, Visibility.PRIVATE)
    troubles = ("busy", "refused", "answer-lost", "silence")

    def __init__(self, request: pytest.FixtureRequest, folder: Path) -> None:
        self.server = MastodonServer()
        self._right, self._wrong = folder / "right", folder / "wrong"
        self._right.write_text(f"{self.server.token}\n", encoding="utf-8")
        self._wrong.write_text("correct-horse-battery", encoding="utf-8")
        self._answered: dict[Visibility, str] = {}

    def __enter__(self) -> MastodonBackend:
        self.server.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.__exit__()

    @property
    def secrets(self) -> tuple[str, ...]:
        return (self.server.token, self._wrong.read_text(encoding="utf-8"))

    def state(self) -> Any:
        return dict(self.server.statuses), dict(self.server.notes), list(self.server.posted)

    def put(self, *texts: str) -> None:
        for text in texts:
            self.server.put(f"<p>{html.escape(text)}</p>")

    def trouble(self, kind: Trouble) -> None:
        self.server.fault = {
            "busy": Fault(429),
            "refused": Fault(422, WRITING, document={"error": "Validation failed"}),
            "answer-lost": Fault("drop", WRITING),
            "silence": Fault("silence"),
        }[kind]

    def account(self, way: Way = "right") -> MastodonAccount:
        return MastodonAccount("mastodon", self.options(way))

    def options(self, way: Way = "right", **changed: Any) -> MastodonOptions:
        """The account's table."""
        nowhere = f"http://127.0.0.1:{free_port()}"
        table = {
            "base_url": nowhere if way == "nobody-there" else self.server.url,
            "access_token": {"file": self._wrong if way == "wrong-login" else self._right},
            "page_size": 2,
            "timeout": 1,
        }
        return MastodonOptions.model_validate(table | changed)

    def sent(self) -> list[str]:
        return [each["status"].removeprefix(_MENTION) for each in self.server.posted]

    def too_long(self, visibility: Visibility) -> str:
        return "長" * (self.server.most + 1)

    def answers(self, visibility: Visibility) -> Quoted:
        if visibility not in self._answered:
            direct = visibility is Visibility.PRIVATE
            number = self.server.put(
                "<p>届きません。</p>", visibility="direct" if direct else "public"
            )
            self._answered[visibility] = number
        return Quoted(
            external_id=self._answered[visibility],
            author=f"{urlsplit(self.server.url).netloc}/{CUSTOMER}",
            display_name="@hanako@elsewhere.example",
            sent_at=BEGUN,
            text="届きません。",
        )
