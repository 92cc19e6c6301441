"""Replies by e-mail over SMTP (RFC 5321, RFC 6409): sent once, in the thread that they answer."""

from __future__ import annotations

from datetime import datetime

from casebook import clock
from casebook.config import settings
from casebook.errors import AmbiguousError, PermanentError
from casebook.lengths import Limit
from casebook.outbound import Outbound, Rules, Sent
from casebook.policy import load_policy
from casebook.types import Visibility
from connectors.mail_server import access_tokens
from connectors.smtp_message import compose, message_id_of
from connectors.smtp_options import SmtpOptions
from connectors.smtp_session import Session

__all__ = ["SmtpOptions", "SmtpSender"]


class SmtpSender:
    """One account, as a `connectors.base.Sender`, with `Names`."""

    rules = Rules(ways={Visibility.PRIVATE: ()})

    def __init__(self, name: str, options: SmtpOptions) -> None:
        """`name` is the sender's name in the record; nothing is connected yet."""
        self.name = name
        self._options = options
        self._tokens = access_tokens(name, options, options.timeout)

    def check(self) -> str:
        """As `connectors.base.Checked.check`: the server, and what it takes from whom."""
        options = self._options
        with Session(options, self._tokens) as session:
            session.try_sender(options.envelope_sender)
            most = min(filter(None, (session.largest, options.max_message_bytes)))
        if options.sent_folder is not None:
            from connectors import smtp_sent

            smtp_sent.count(options.sent_folder)
        return f"{options.address}: mails from {options.envelope_sender}, {most:,} bytes at most"

    def limits(self, visibility: Visibility) -> tuple[Limit, ...]:
        """None that counts characters: a mail's size is known once it is written."""
        return ()

    def send(self, outbound: Outbound) -> Sent:
        """As `connectors.base.Sender.send`; `Sent.external_id` is the Message-ID."""
        if outbound.visibility is not Visibility.PRIVATE:
            raise PermanentError("a mail has no public: answer privately", code="no_public")
        zone = load_policy(settings().policy).zone
        letter = compose(outbound, self._options, clock.now().astimezone(zone))
        with Session(self._options, self._tokens) as session:
            session.deliver(letter)
        return Sent(letter.message_id, clock.now())

    def named(self, outbound: Outbound, at: datetime) -> Sent:
        """As `connectors.base.Names.named`: its Message-ID."""
        return Sent(message_id_of(outbound, self._options), at)

    def find_sent(self, outbound: Outbound) -> Sent | None:
        """As `connectors.base.Sender.find_sent`. A mail that is not in `sent_folder` may be there
        later, and without one there is nobody to ask: both are in doubt."""
        message_id, place = message_id_of(outbound, self._options), self._options.sent_folder
        if place is not None:
            from connectors import smtp_sent

            filed = smtp_sent.filed_at(message_id, place)
            if filed is not None:
                # The mailbox's clock may be behind ours; it keeps seconds only.
                return Sent(message_id, max(filed, outbound.claimed_at or outbound.begun_at))
        raise AmbiguousError(
            f"{self._options.address}: nobody can tell whether {message_id} left: look for it in"
            " the mail server's log or in the folder of sent mails",
            code="unknown",
        )
