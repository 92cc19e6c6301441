"""What a `bluesky` source understands in its `[[sources]]` table."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field, field_validator

from casebook.config import Seconds, Secret, Table
from connectors.opt_out import WORDS, Words
from connectors.web import service_address

ENTRYWAY = "https://bsky.social"
"""Where accounts of Bluesky's own servers sign in; each is held by another server behind it."""


class BlueskyOptions(Table):
    """One account on Bluesky, or on any server that speaks the AT Protocol."""

    base_url: str = ENTRYWAY
    """The server that holds the account. With the default, requests go on to the one of Bluesky's
    servers that it names for the account."""
    identifier: Annotated[str, Field(min_length=3, pattern=r"^[^@\s]\S*$")]
    """The account's handle without `@`, or its DID."""
    app_password: Secret
    """An app password of the account, with access to direct messages unless `dms = false`."""
    dms: bool = True
    """Whether direct messages are read, and answered."""
    chat_did: Annotated[str, Field(pattern=r"^did:(web|plc):[A-Za-z0-9._:%-]+#[A-Za-z0-9_-]+$")] = (
        "did:web:api.bsky.chat#bsky_chat"
    )
    """The service that keeps direct messages, as a DID and the service's name in its document."""
    since: date | None = None
    """Posts and messages older than this day (UTC) are left alone when the account is first
    connected."""
    page_size: Annotated[int, Field(ge=1, le=100)] = 100
    """Posts or messages asked for at once."""
    batch_messages: Annotated[int, Field(ge=1, le=1000)] = 100
    """Posts or messages recorded at once, at most."""
    opt_out: Words = WORDS
    """A direct message of one of these words alone says that its author wants no more of them."""
    timeout: Seconds = 30
    """Seconds to wait for each answer."""

    @field_validator("base_url")
    @classmethod
    def _encrypted(cls, value: str) -> str:
        return service_address(value)
