"""Reviews of a company's locations on Google: they come in, and each gets one public reply.

Business Profile API v4. Nothing here waits: a limit that is reached is a TransientError with
`retry_at`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field, field_validator

from casebook.clock import now
from casebook.config import Seconds, Table, settings
from casebook.errors import PermanentError
from casebook.lengths import LIMITS, Limit
from casebook.outbound import Outbound, Pace, Rules, Sent
from casebook.types import Batch, Cursor, Visibility
from connectors.google_client import Client
from connectors.google_review_poll import Poll
from connectors.google_review_texts import (
    MISSING,
    NAME,
    Reply,
    read_reply,
    reply,
    same_text,
    warnings,
    wrong,
)
from connectors.lenient import mappings, string
from connectors.oauth import AccessTokens, OAuth2Options
from connectors.oauth_store import TokenStore
from connectors.web import Place, service_address

__all__ = ["GoogleReviewsAccount", "GoogleReviewsOptions"]

_REPLY = "/reply"
"""What follows a review's name in that of our reply to it."""
_Number = Annotated[str, Field(pattern=r"^[0-9]{1,40}$")]
_Base = Annotated[str, Field(pattern=r"^https?://[^\s/?#@]+$")]


class GoogleReviewsOptions(Table):
    """One account of Business Profile."""

    account: _Number
    """The account's number: the part behind `accounts/` of its name."""
    locations: Annotated[tuple[_Number, ...], Field(min_length=1)] | Literal["all"] = "all"
    """The numbers of the locations whose reviews are read, or `all` of the account."""
    oauth2: OAuth2Options
    """Where access tokens come from; the user who signed in manages the locations, with the scope
    `https://www.googleapis.com/auth/business.manage`."""
    since: date | None = None
    """Reviews last changed before this day (UTC) are left alone when a location is first read."""
    language: Literal["ja", "en"] = "ja"
    """The language in which stars without a comment are put into words."""
    page_size: Annotated[int, Field(ge=1, le=50)] = 50
    """Reviews asked for and recorded at once."""
    api_base: _Base = "https://mybusiness.googleapis.com"
    """Address of the API for reviews, or of a gateway to it."""
    locations_base: _Base = "https://mybusinessbusinessinformation.googleapis.com"
    """Address of the API that lists locations, or of a gateway to it."""
    timeout: Seconds = 30
    """Seconds to wait for Google at each request."""

    @field_validator("api_base", "locations_base")
    @classmethod
    def _encrypted(cls, value: str) -> str:
        return service_address(value)

    @property
    def name(self) -> str:
        """The account as the API names it."""
        return f"accounts/{self.account}"


class GoogleReviewsAccount:
    """One account, as a `connectors.base.Source` and `Sender`, with `Names`."""

    rules = Rules({Visibility.PUBLIC: (Pace(100, 60),)})
    """A reply takes two requests of Google's 300 a minute."""

    def __init__(self, name: str, options: GoogleReviewsOptions) -> None:
        """`name` is the source's name in the record; nothing is connected yet."""
        self._options = options
        self._at = f"{options.api_base}/{options.name}"
        store = TokenStore(
            settings().var / "tokens" / f"{name}.json",
            [options.name, options.oauth2.model_dump(mode="json")],
        )
        tokens = AccessTokens(options.oauth2, options.timeout, store)
        place = Place(self._at, "Google", "api_base", options.timeout)
        self._client = Client(place, tokens)

    def check(self) -> str:
        """As `connectors.base.Checked.check`: how many locations, and the first one's reviews."""
        locations = self._locations()
        first = self._client.get(self._url(locations[0], "reviews"), pageSize=1)
        count = string(first.get("totalReviewCount")) or "no"
        return f"{self._at}: {len(locations)} locations; {locations[0]} has {count} reviews"

    def poll(self, cursor: Cursor) -> Iterator[Batch]:
        """As `connectors.base.Source.poll`; the cursor is that of
        `connectors.google_review_poll`."""
        base = f"{self._options.api_base}/v4"
        yield from Poll(self._client, base, self._options, cursor).batches(self._locations())

    def limits(self, visibility: Visibility) -> tuple[Limit, ...]:
        """As `connectors.base.Sender.limits`."""
        return LIMITS["google"]

    def send(self, outbound: Outbound) -> Sent:
        """As `connectors.base.Sender.send`. A review has one reply: one that says something else is
        never overwritten."""
        self._must_be_public(outbound)
        for limit in LIMITS["google"]:
            if limit.count(outbound.body) > limit.most:
                raise PermanentError(
                    f"{self._at}: the reply is longer than Google takes ({limit.most:,} bytes):"
                    " shorten it",
                    code="too_long",
                )
        name = self._review(outbound.answers.external_id)
        there = reply(self._client.get(self._url(name)))
        if there is None:
            made = self._client.put(self._url(name, "reply"), {"comment": outbound.body})
            return _sent(name, read_reply(made))
        if same_text(there.text, outbound.body):
            return _sent(name, there)
        raise PermanentError(
            f"{self._at}: the review has another reply by now: edit that one in the Business"
            " Profile, or delete it there and send this one again",
            code="answered_already",
        )

    def named(self, outbound: Outbound, at: datetime) -> Sent:
        """As `connectors.base.Names.named`: a review has one reply, called after it."""
        self._must_be_public(outbound)
        return Sent(f"{self._review(outbound.answers.external_id)}{_REPLY}", at)

    def find_sent(self, outbound: Outbound) -> Sent | None:
        """As `connectors.base.Sender.find_sent`: the review's reply, where it is this one."""
        self._must_be_public(outbound)
        name = self._review(outbound.answers.external_id)
        there = reply(self._client.get(self._url(name)))
        same = there is not None and same_text(there.text, outbound.body)
        return _sent(name, there) if there is not None and same else None

    def state(self, external_id: str) -> str:
        """Where Google's moderation of a reply stands, by `Sent.external_id`: its own word
        (PENDING, APPROVED, REJECTED …), "" where it does not say, MISSING for one that is no longer
        there."""
        name = self._review(external_id.removesuffix(_REPLY))
        there = reply(self._client.get(self._url(name)))
        return MISSING if there is None else there.state

    def _locations(self) -> list[str]:
        """The locations' names below the account. Raises PermanentError where there is none."""
        if self._options.locations != "all":
            return [
                f"{self._options.name}/locations/{number}" for number in self._options.locations
            ]
        url = f"{self._options.locations_base}/v1/{self._options.name}/locations"
        pages = self._client.pages(url, readMask="name", pageSize=100)
        names = [
            string(each.get("name")) for page in pages for each in mappings(page.get("locations"))
        ]
        found = [f"{self._options.name}/{name}" for name in names if name.startswith("locations/")]
        if not found:
            raise PermanentError(
                f"{self._at}: the account has no locations: correct `account`, or make the user a"
                " manager of them",
                code="no_locations",
            )
        return found

    def _review(self, name: str) -> str:
        if not NAME.fullmatch(name):
            raise PermanentError(
                f"{self._at}: what is to be answered is no review of Google: answer another way",
                code="no_review",
            )
        return name

    def _must_be_public(self, outbound: Outbound) -> None:
        if outbound.visibility is not Visibility.PUBLIC:
            raise PermanentError(
                f"{self._at}: Google has no private messages: answer in public, and invite the"
                " customer to mail or phone",
                code="no_such_way",
            )

    def _url(self, name: str, below: str = "") -> str:
        return "/".join(filter(None, (self._options.api_base, "v4", name, below)))


def _sent(name: str, found: Reply) -> Sent:
    at = found.at or now()
    return Sent(f"{name}{_REPLY}", at, warnings=warnings(found), wrong=wrong(found))
