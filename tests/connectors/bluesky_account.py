"""An account of ours on a real network of Bluesky's, with a chat service and a customer."""

from __future__ import annotations

import itertools
import os
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any, Self

from casebook.outbound import Outbound, Quoted
from casebook.types import Channel, Visibility
from connectors.bluesky import BlueskyAccount, BlueskyOptions
from tests.bluesky_chat import BlueskyChat
from tests.bluesky_front import BlueskyFront
from tests.bluesky_network import BlueskyNetwork, Person

BEGUN = datetime(2026, 11, 24, 1, 0, 0, 250_000, tzinfo=UTC)
_numbers = itertools.count(1)


class BlueskyPlace:
    """Our account `us` and the customer `hanako` on a network, reached through `front`. Left with
    the block."""

    def __init__(self, network: BlueskyNetwork) -> None:
        self.network = network
        self.chat = BlueskyChat()
        self.front = BlueskyFront(network.url)
        self.us = network.person("yamato", "やまと窓口")
        self.hanako = network.person("hanako", "山田花子")
        self.password = network.app_password(self.us)
        for person, name in ((self.us, "やまと窓口"), (self.hanako, "山田花子")):
            self.chat.names[person.did] = (person.handle, name)
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self._stack.enter_context(self.chat)
        self._stack.enter_context(self.front)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def options(self, **changed: Any) -> dict[str, Any]:
        """The source's table."""
        password = changed.pop("password", self.password)
        variable = f"BLUESKY_{next(_numbers)}"
        os.environ[variable] = password
        return {
            "base_url": self.front.url,
            "identifier": self.us.handle,
            "app_password": {"env": variable},
            "chat_did": self.chat.service,
            "timeout": 2,
        } | changed

    def account(self, name: str = "", **changed: Any) -> BlueskyAccount:
        """A fresh account, by default with no session of another."""
        options = BlueskyOptions.model_validate(self.options(**changed))
        return BlueskyAccount(name or f"bluesky{next(_numbers)}", options)

    def mention(self, text: str, by: Person | None = None, **more: Any) -> dict[str, str]:
        """A post that mentions us, found everywhere."""
        made = self.network.mention(by or self.hanako, self.us, text, **more)
        self.network.settle()
        return made

    def write(self, text: str) -> dict[str, Any]:
        """A direct message to us."""
        return self.chat.write(self.hanako.did, self.us.did, text)

    def posted(self) -> list[dict[str, Any]]:
        """What really stands in our repository."""
        return [post["value"] for post in self.network.posts(self.us)]

    def sent(self) -> list[str]:
        """The texts of ours that really left, posts before messages."""
        return [post["text"] for post in self.posted()] + self.chat.texts(self.us.did)

    def outbound(self, answers: str, body: str, **changed: Any) -> Outbound:
        """An approved reply to a post, or with `visibility` PRIVATE to the customer."""
        values: dict[str, Any] = {
            "identity": "d-1",
            "receipt": "M-7F3K2Q",
            "channel": Channel.BLUESKY,
            "visibility": Visibility.PUBLIC,
            "language": "ja",
            "subject": "",
            "body": body,
            "answers": Quoted(answers, self.hanako.did),
            "begun_at": BEGUN,
        }
        return Outbound(**values | changed)
