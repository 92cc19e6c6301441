"""What an `smtp` sender understands in its `[[senders]]` table."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator

from casebook.config import Seconds
from connectors.mail_server import Printable, ServerOptions
from connectors.smtp_headers import addr_spec

MIB = 1024 * 1024

_MAILBOX = re.compile(r'\s*(?:"?(?P<name>[^<>"]*?)"?\s*<)?(?P<address>[^\s<>@"]+@[^\s<>@"]+)>?\s*')
_PLACE = "{receipt}"


class SmtpOptions(ServerOptions):
    """One account through which mails leave."""

    SCHEME: ClassVar[str] = "smtp"
    PORTS: ClassVar[dict[str, int]] = {"tls": 465, "starttls": 587, "none": 25}

    sender: Printable
    """Whom mails are from: `support@example.jp` or `Our desk <support@example.jp>`. What bounces
    goes there; its domain ends the Message-IDs."""
    reply_to: Printable | None = None
    """Where answers go, if not to `sender`: an address whose local part holds `{receipt}`, such as
    `support+{receipt}@example.jp`."""
    charset: Literal["utf-8", "iso-2022-jp"] = "utf-8"
    """How text is written; what `iso-2022-jp` has no character for leaves in UTF-8."""
    html: bool = False
    """Whether the same text comes along as simple HTML."""
    max_message_bytes: Annotated[int, Field(ge=1024)] = 10 * MIB
    """A mail that would be larger is not sent; a server may take less."""
    sent_folder: (
        Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*/[^\x00-\x1f\x7f]+$")] | None
    ) = None
    """Where the provider files what was sent, as `SOURCE/FOLDER`: an `imap` source and a folder of
    its mailbox. There a reply in doubt is looked for."""
    timeout: Seconds = 30
    """Seconds to wait for the server at each step."""
    answer_timeout: Seconds = 300
    """Seconds to wait until the server has said whether it took a mail; what it does not say in
    time is in doubt."""

    @field_validator("sender")
    @classmethod
    def _a_mailbox(cls, value: str) -> str:
        found = _MAILBOX.fullmatch(value)
        if found is None or addr_spec(found["address"]) is None:
            raise ValueError("give an address, or a name and an address: Name <desk@example.jp>")
        return value

    @field_validator("reply_to")
    @classmethod
    def _an_address_each(cls, value: str | None) -> str | None:
        if value is None:
            return None
        local = value.partition("@")[0]
        found = _MAILBOX.fullmatch(value.replace(_PLACE, "M-7F3K2Q"))
        if local.count(_PLACE) != 1 or found is None or addr_spec(found[0].strip()) is None:
            raise ValueError("give an address with {receipt} before its @")
        return value

    @model_validator(mode="after")
    def _one_way_to_log_in(self) -> Self:
        secrets = sum(value is not None for value in (self.password, self.oauth2))
        if secrets != (self.username is not None):
            raise ValueError(
                "give `username` with one of `password` and `oauth2`, or none of the three for a"
                " server that asks for no login"
            )
        return self

    @property
    def mailbox(self) -> tuple[str, str]:
        """The sender's display name ("" for none) and address."""
        found = _MAILBOX.fullmatch(self.sender)
        assert found is not None
        return (found["name"] or "").strip(), found["address"]

    @property
    def domain(self) -> str:
        """The right side of our Message-IDs, in ASCII (RFC 5890)."""
        return self.mailbox[1].rpartition("@")[2].encode("idna").decode("ascii")

    @property
    def envelope_sender(self) -> str:
        """The sender's address as header and envelope want it."""
        return addr_spec(self.mailbox[1]) or ""

    def answers_to(self, receipt: str) -> str:
        """Where the answer to a reply goes; "" where that is the sender."""
        return (self.reply_to or "").replace(_PLACE, receipt)
