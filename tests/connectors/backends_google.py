"""The contract's backend for Google's reviews: an API that is played, as its documentation says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from casebook.outbound import Outbound, Quoted
from casebook.types import Channel, Visibility
from connectors.google_reviews import GoogleReviewsAccount, GoogleReviewsOptions
from tests.connectors.contract import BEGUN, SenderBackend, SourceBackend, Trouble, Way
from tests.google_server import ACCOUNT, GoogleServer
from tests.json_server import WRITING, Fault
from tests.oauth_server import TokenServer
from tests.services import free_port


class GoogleBackend(SourceBackend, SenderBackend):
    """One account with one location; each reply's identity has a review of its own, as a review has
    one reply."""

    channel = Channel.GOOGLE
    visibilities = (Visibility.PUBLIC,)
    troubles = ("busy", "refused", "answer-lost", "silence")

    def __init__(self, request: pytest.FixtureRequest, folder: Path) -> None:
        self.tokens: TokenServer = request.getfixturevalue("tokens")
        self.server = GoogleServer(self.tokens.is_valid)
        self._client, self._right = folder / "client-secret", folder / "right"
        self._wrong = folder / "wrong"
        self._client.write_text(self.tokens.client_secret, encoding="utf-8")
        self._right.write_text(self.tokens.refresh_token("support"), encoding="utf-8")
        self._wrong.write_text("correct-horse-battery", encoding="utf-8")
        self._reviews: dict[str, str] = {}

    def __enter__(self) -> GoogleBackend:
        self.server.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.__exit__()
        self.tokens.reset()

    @property
    def secrets(self) -> tuple[str, ...]:
        files = (self._client, self._right, self._wrong)
        return tuple(file.read_text(encoding="utf-8") for file in files)

    def state(self) -> Any:
        return {number: dict(reviews) for number, reviews in self.server.locations.items()}

    def put(self, *texts: str) -> None:
        for text in texts:
            self.server.put(text)

    def trouble(self, kind: Trouble) -> None:
        self.server.fault = {
            "busy": Fault(429, document={"error": {"code": 429, "status": "RESOURCE_EXHAUSTED"}}),
            "refused": Fault(400, WRITING, document={"error": {"code": 400}}),
            "answer-lost": Fault("drop", WRITING),
            "silence": Fault("silence"),
        }[kind]

    def account(self, way: Way = "right") -> GoogleReviewsAccount:
        return GoogleReviewsAccount(f"google-{way}", self.options(way))

    def options(self, way: Way = "right", **changed: Any) -> GoogleReviewsOptions:
        """The account's table."""
        base = f"http://127.0.0.1:{free_port()}" if way == "nobody-there" else self.server.url
        table = {
            "account": ACCOUNT,
            "oauth2": {
                "token_endpoint": self.tokens.token_url,
                "client_id": self.tokens.client_id,
                "client_secret": {"file": self._client},
                "refresh_token": {"file": self._wrong if way == "wrong-login" else self._right},
            },
            "api_base": base,
            "locations_base": base,
            "page_size": 2,
            "timeout": 1,
        }
        return GoogleReviewsOptions.model_validate(table | changed)

    def sent(self) -> list[str]:
        return [comment for _, comment in self.server.put_replies]

    def too_long(self, visibility: Visibility) -> str:
        return "長" * 1_400

    def answers(self, visibility: Visibility) -> Quoted:
        return self._quoted("d-1")

    def outbound(self, visibility: Visibility, identity: str = "d-1", **changed: Any) -> Outbound:
        return super().outbound(
            visibility, identity, **{"answers": self._quoted(identity)} | changed
        )

    def _quoted(self, identity: str) -> Quoted:
        if identity not in self._reviews:
            self._reviews[identity] = self.server.put("届きません。")
        name = self._reviews[identity]
        place = name.partition("/locations/")[2]
        return Quoted(external_id=name, author=f"locations/{place}", sent_at=BEGUN)
