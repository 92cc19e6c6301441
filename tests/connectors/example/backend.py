"""The contract's backend for the feedback box."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from casebook.types import Channel, Visibility
from tests.connectors.contract import SenderBackend, SourceBackend, Trouble, Way
from tests.connectors.example.feedback import FeedbackBox, FeedbackOptions
from tests.connectors.example.server import FeedbackServer
from tests.services import free_port


class FeedbackBackend(SourceBackend, SenderBackend):
    """A played feedback box."""

    channel = Channel.FORM
    visibilities = (Visibility.PRIVATE,)
    troubles = ("busy", "refused", "answer-lost", "silence")
    secrets = (FeedbackServer.key, "another-key")

    def __init__(self, request: pytest.FixtureRequest, folder: Path) -> None:
        self.server = FeedbackServer()
        self._key, self._wrong = folder / "key", folder / "wrong"
        self._key.write_text(FeedbackServer.key)
        self._wrong.write_text("another-key")

    def __enter__(self) -> FeedbackBackend:
        self.server.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.__exit__()

    def put(self, *texts: str) -> None:
        for text in texts:
            number = len(self.server.messages) + 1
            row = {"id": f"m{number}", "email": "Hanako@example.com", "name": "花子", "text": text}
            self.server.messages.append(row | {"at": "2026-11-24T10:12:00+09:00"})

    def state(self) -> Any:
        return (list(self.server.messages), dict(self.server.replies))

    def trouble(self, kind: Trouble) -> None:
        faults: dict[Trouble, int | str] = {
            "busy": 429,
            "refused": 422,
            "answer-lost": "cut",
            "silence": "silence",
        }
        self.server.fault = faults[kind]

    def account(self, way: Way = "right") -> FeedbackBox:
        url = f"http://127.0.0.1:{free_port()}" if way == "nobody-there" else self.server.url
        key = {"file": self._wrong if way == "wrong-login" else self._key}
        table = {"url": url, "key": key, "batch": 2, "timeout": 1}
        return FeedbackBox("box", FeedbackOptions.model_validate(table))

    def sent(self) -> list[str]:
        return [reply["text"] for reply in self.server.replies.values()]

    def too_long(self, visibility: Visibility) -> str:
        return "あ" * 2_001
