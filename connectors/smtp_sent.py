"""What became of a mail in doubt: SMTP cannot be asked, but many providers file what they sent in a
folder of the mailbox, which IMAP can."""

from __future__ import annotations

from datetime import datetime

from pydantic import ValidationError

from casebook.config import explain, settings
from casebook.errors import AccountError, AmbiguousError, PermanentError
from connectors.imap_options import ImapOptions
from connectors.imap_session import Session
from connectors.mail_server import access_tokens


def filed_at(message_id: str, place: str) -> datetime | None:
    """When a mail with this Message-ID came into the folder `place` (`SOURCE/FOLDER`; aware); None
    where it is not there. Raises TransientError and PermanentError, and AmbiguousError where the
    mailbox does not let us in: the account that sends is well."""
    source, _, folder = place.partition("/")
    options = _options(source)
    try:
        with Session(options, access_tokens(source, options, options.timeout)) as session:
            session.select(folder, writable=False)
            return session.filed_at(message_id)
    except AccountError as error:
        raise AmbiguousError(f"`sent_folder`: {error}", error.code) from None


def count(place: str) -> int:
    """How many mails the folder has. Raises TransientError, AccountError and PermanentError."""
    source, _, folder = place.partition("/")
    options = _options(source)
    with Session(options, access_tokens(source, options, options.timeout)) as session:
        return session.messages(folder)


def _options(source: str) -> ImapOptions:
    tables = {table.name: table for table in settings().sources if table.type == "imap"}
    if source not in tables:
        raise PermanentError(
            f"`sent_folder`: there is no source {source!r} of type imap: name one of"
            f" {', '.join(sorted(tables)) or 'your own'}",
            code="source_missing",
        )
    try:
        return ImapOptions.model_validate(tables[source].options)
    except ValidationError as error:
        raise PermanentError(
            f"`sent_folder`: source {source!r}: {explain(error, ImapOptions)}",
            code="source_missing",
        ) from None
