"""What an `imap` source understands in its `[[sources]]` table."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import quote

from pydantic import Field, field_validator, model_validator

from casebook.config import Seconds, Secret, Table, config_folder
from connectors.oauth import OAuth2Options, is_loopback

MIB = 1024 * 1024
MOVE = "move:"

# A control character in either could end the command line that carries it (RFC 3501 §9).
Printable = Annotated[str, Field(min_length=1, pattern=r"^[^\x00-\x1f\x7f]+$")]


class ImapOptions(Table):
    """One mailbox account on one server."""

    host: Annotated[str, Field(pattern=r"^[^\s/@]+$")]
    """Name or address of the IMAP server; with TLS, a name its certificate holds."""
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    """Port; left out, 993 with `tls = "tls"` and 143 otherwise."""
    tls: Literal["tls", "starttls", "none"] = "tls"
    """`tls` from the first byte, `starttls`, or `none`, which is taken for this machine only."""
    ca_file: Path | None = None
    """PEM file of the authority that signed the server's certificate, relative to the
    configuration file; left out, the system's."""
    username: Printable
    """The account's name as the server knows it, usually its address."""
    password: Secret | None = None
    """The account's password. Give this or `oauth2`."""
    oauth2: OAuth2Options | None = None
    """Where access tokens come from, for servers that take XOAUTH2 (Gmail, Microsoft 365)."""
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

    @field_validator("ca_file")
    @classmethod
    def _beside_config(cls, value: Path | None) -> Path | None:
        return None if value is None else config_folder() / value.expanduser()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.tls == "none" and not is_loopback(self.host):
            raise ValueError('tls = "none" is for this machine only: use "tls" or "starttls"')
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
    def address(self) -> str:
        """The account as a URL without path (RFC 5092 §2); holds no secret."""
        scheme = "imaps" if self.tls == "tls" else "imap"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{scheme}://{quote(self.username, safe='')}@{host}:{self.tcp_port}"

    @property
    def tcp_port(self) -> int:
        """The port in force."""
        return self.port or (993 if self.tls == "tls" else 143)

    @property
    def own_addresses(self) -> tuple[str, ...]:
        """Addresses whose mails are our own."""
        if self.own is not None:
            return self.own
        return (self.username,) if "@" in self.username else ()
