"""What an `x` source understands in its `[[sources]]` table."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Self

from pydantic import Field, field_validator, model_validator

from casebook.config import Seconds, Secret, Table
from connectors.oauth import OAuth2Options
from connectors.opt_out import WORDS, Words
from connectors.web import service_address

Money = Annotated[Decimal, Field(ge=0)]


class OAuth1Options(Table):
    """The four keys with which X knows an application and its user (OAuth 1.0a, RFC 5849)."""

    consumer_key: Secret
    """The application's key ("API key")."""
    consumer_secret: Secret
    """The application's secret."""
    access_token: Secret
    """The account's token for this application."""
    access_token_secret: Secret
    """The secret of that token."""


class XOptions(Table):
    """One account on X: what is read, what it may cost, and how it signs in."""

    api_base: str = "https://api.x.com"
    """Where the API is: X's own address, or a gateway's (https)."""
    user_id: Annotated[str, Field(pattern=r"^[0-9]{1,19}$")]
    """The account's number, which stays when it changes its handle."""
    handle: Annotated[str, Field(pattern=r"^[A-Za-z0-9_]{1,15}$")]
    """The account's handle without `@`; quotes of its posts are found by it."""
    oauth2: OAuth2Options | None = None
    """Where access tokens come from. Give this or `oauth1`."""
    oauth1: OAuth1Options | None = None
    """The keys of OAuth 1.0a."""
    mentions: bool = True
    """Whether posts that mention the account are read."""
    quotes: bool = True
    """Whether posts that quote one of its posts are read."""
    dms: bool = True
    """Whether direct messages are read, and answered."""
    since: date | None = None
    """Posts and messages older than this day (UTC) are left alone when the account is first
    connected."""
    page_size: Annotated[int, Field(ge=10, le=100)] = 100
    """Posts or messages asked for at once."""
    batch_messages: Annotated[int, Field(ge=1, le=1000)] = 100
    """Posts or messages recorded at once, at most."""
    reads_month: Annotated[int, Field(ge=0)] | None = None
    """Posts and messages read in a calendar month (UTC), at most; left out, any number."""
    money_day: Money | None = None
    """What may be spent in a day (UTC), in the currency of the prices; left out, any amount."""
    price_read: Money = Decimal("0.005")
    """What X charges for each post or message read."""
    price_post: Money = Decimal("0.20")
    """What X charges for each reply; the default is its price for one with a link."""
    opt_out: Words = WORDS
    """A direct message of one of these words alone says that its author wants no more of them."""
    timeout: Seconds = 30
    """Seconds to wait for each answer."""

    @field_validator("api_base")
    @classmethod
    def _encrypted(cls, value: str) -> str:
        return service_address(value)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.oauth1 is None) == (self.oauth2 is None):
            raise ValueError("give one of `oauth1` and `oauth2`")
        return self
