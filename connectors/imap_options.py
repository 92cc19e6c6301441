"""What an `imap` source understands in its `[[sources]]` table."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from casebook.config import Seconds
from connectors.mail_server import Printable, ServerOptions

MIB = 1024 * 1024
MOVE = "move:"


class ImapOptions(ServerOptions):
    """One mailbox account on one server. The port left out is 993, or 143 without TLS from the
    first byte."""

    SCHEME: ClassVar[str] = "imap"
    PORTS: ClassVar[dict[str, int]] = {"tls": 993, "starttls": 143, "none": 143}

    username: Printable
    """The account's name as the server knows it, usually its address."""
    folders: Annotated[tuple[Printable, ...], Field(min_length=1)] = ("INBOX",)
    """Folders to read, named as a mail program shows them."""
    own: tuple[str, ...] | None = None
    """Our own addresses, or `@domain`; left out, the user name where it is an address. Mails from
    them get no answer, but for contact forms' whose Reply-To is a customer's."""
    batch_messages: Annotated[int, Field(ge=1, le=2000)] = 200
    """Mails fetched and recorded at once, at most."""
    batch_bytes: Annotated[int, Field(ge=1024)] = 20 * MIB
    """Bytes fetched and recorded at once; one mail alone may have more."""
    max_message_bytes: Annotated[int, Field(ge=1024)] = 10 * MIB
    """Mails larger than this come with their headers and texts only, and say so."""
    overlap: Annotated[int, Field(ge=0, le=10_000)] = 100
    """How many UIDs up to the last one are looked at again: some servers let a mail appear only
    after others with higher UIDs. What is known there is left out."""
    since: date | None = None
    """Mails older than this day (INTERNALDATE) are left alone when a folder is first connected."""
    after: Annotated[str, Field(pattern=r"^(none|seen|move:[^\x00-\x1f\x7f]+)$")] = "none"
    """What becomes of a recorded mail: `none`, `seen` (marked as read), or `move:FOLDER`."""
    poll_seconds: Seconds = 300
    """Seconds after which a poll begins no further batch; the rest comes with the next poll."""
    timeout: Seconds = 30
    """Seconds to wait for the server at each step."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.password is None) == (self.oauth2 is None):
            raise ValueError("give one of `password` and `oauth2`")
        if len(set(self.folders)) != len(self.folders):
            raise ValueError("a folder is named twice in `folders`")
        if self.move_to in self.folders:
            raise ValueError("`after` moves mails into a folder that is read: choose another one")
        return self

    @property
    def move_to(self) -> str | None:
        """The folder that recorded mails are moved to, or None."""
        return self.after.removeprefix(MOVE) if self.after.startswith(MOVE) else None

    @property
    def own_addresses(self) -> tuple[str, ...]:
        """Addresses whose mails are our own."""
        if self.own is not None:
            return self.own
        return (self.username,) if "@" in self.username else ()
