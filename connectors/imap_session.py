"""One logged-in IMAP connection (RFC 3501) whose failures are ours, not the library's."""

from __future__ import annotations

import imaplib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime
from types import TracebackType
from typing import Any, Self

from imapclient import IMAPClient
from imapclient.exceptions import LoginError

from casebook.errors import AuthError, ConnectorError, PermanentError, TransientError
from connectors.imap_errors import UNREADABLE, Refused, login_refusal, meaning, missing_folder
from connectors.imap_options import ImapOptions
from connectors.oauth import AccessTokens

MAX_UID = 2**32 - 1
"""The largest UID there can be (RFC 3501 §2.3.1.1)."""

# imaplib gives up on a response line of 1,000,000 bytes; a UID takes eleven at most.
_SEARCH_SPAN = 80_000


@dataclass(frozen=True, slots=True)
class Folder:
    """A selected folder: its UIDVALIDITY, the least UID of its next mail, and its mails' count."""

    uidvalidity: int
    uidnext: int
    messages: int


class Session:
    """A connection as a context manager: entering connects and logs in, leaving logs out.

    Every method raises TransientError, AuthError or PermanentError, and Refused where said.
    """

    def __init__(self, options: ImapOptions, tokens: AccessTokens | None) -> None:
        """`tokens` gives access tokens where `options.oauth2` is set."""
        self._options = options
        self._tokens = tokens
        self._client: Any = None

    def __enter__(self) -> Self:
        if self._tokens is None:
            self._open(None)
            return self
        token = self._tokens.current()
        try:
            self._open(token)
        except AuthError:
            # The token may have ended before its time: one more, then it is for a person.
            self._open(self._tokens.renew())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close(polite=not isinstance(error, TransientError))

    def select(self, name: str, *, writable: bool) -> Folder:
        """Select the folder; without `writable` in a way that changes nothing (EXAMINE).

        Raises PermanentError with code `folder_missing` where there is none.
        """
        try:
            with self._translated(f"select folder {name}"):
                answer = self._client.select_folder(name, readonly=not writable)
                folder = Folder(
                    uidvalidity=int(answer.get(b"UIDVALIDITY", 0)),
                    uidnext=int(answer.get(b"UIDNEXT", 0)),
                    messages=int(answer[b"EXISTS"]),
                )
        except Refused as refusal:
            raise self._unselectable(name, refusal) from None
        if not (folder.uidvalidity and folder.uidnext):
            raise PermanentError(
                f"{self._at}: folder {name} has no lasting UIDs, so its mails cannot be told apart:"
                " take it out of `folders`",
                code="folder_unusable",
            )
        return folder

    def messages(self, name: str) -> int:
        """How many mails the folder holds; it is not selected. Raises as `select` does."""
        try:
            with self._translated(f"ask for the status of folder {name}"):
                return int(self._client.folder_status(name, ["MESSAGES"])[b"MESSAGES"])
        except Refused as refusal:
            raise self._unselectable(name, refusal) from None

    def uids(
        self, folder: Folder, first: int, since: date | None = None, since_below: int = 0
    ) -> Iterator[list[int]]:
        """The UIDs in the selected folder from `first` on, ascending, in lists of bounded length.

        `since` leaves out mails below UID `since_below` whose INTERNALDATE is an earlier day.
        """
        last = folder.uidnext - 1
        span = _SEARCH_SPAN if folder.messages > _SEARCH_SPAN else MAX_UID
        while first <= last:
            end = min(first + span - 1, last)
            criteria: list[str | date] = ["UID", f"{first}:{end}"]
            if since is not None:
                criteria += ["OR", "UID", f"{since_below}:{MAX_UID}", "SINCE", since]
            with self._translated("search for new mails"):
                found = self._client.search(criteria)
            yield sorted({uid for uid in found if first <= uid <= end})
            first = end + 1

    def filed_at(self, message_id: str) -> datetime | None:
        """When the selected folder got its mail with this Message-ID (without brackets), the first
        where it has several (INTERNALDATE, aware); None where it has none."""
        with self._translated("search for a mail"):
            # A part of the field is enough to be found (RFC 3501 §6.4.4): brackets make it whole.
            uids = self._client.search(["HEADER", "Message-ID", f"<{message_id}>"])
            # Else they come without their zone.
            self._client.normalise_times = False
            found = self._client.fetch(uids, ["INTERNALDATE"]) if uids else {}
        times = (mail.get(b"INTERNALDATE") for mail in found.values())
        return min((at for at in times if isinstance(at, datetime)), default=None)

    def fetch(self, uids: Sequence[int], items: Sequence[str]) -> dict[int, Mapping[bytes, Any]]:
        """Fetch items of mails; those that exist no more are absent. Raises Refused."""
        with self._translated("fetch mails"):
            answer: dict[int, Mapping[bytes, Any]] = self._client.fetch(list(uids), list(items))
            return answer

    def mark_seen(self, uids: Sequence[int]) -> None:
        """Set the flag `\\Seen`. Raises Refused."""
        with self._translated("mark mails as seen"):
            self._client.add_flags(list(uids), [rb"\Seen"], silent=True)

    def move(self, uids: Sequence[int], target: str) -> None:
        """Move mails to another folder (RFC 6851; else by COPY and, with RFC 4315, EXPUNGE).

        A server with neither keeps the originals, marked `\\Deleted`. Raises Refused, and
        PermanentError with code `folder_missing` where there is no such folder.
        """
        try:
            with self._translated(f"move mails to folder {target}"):
                if self._client.has_capability("MOVE"):
                    self._client.move(list(uids), target)
                    return
                self._client.copy(list(uids), target)
                self._client.delete_messages(list(uids), silent=True)
                # A plain EXPUNGE would also remove what others have marked.
                if self._client.has_capability("UIDPLUS"):
                    self._client.uid_expunge(list(uids))
        except Refused as refusal:
            if refusal.response == "TRYCREATE" or not self._is_there(target):
                raise missing_folder(target, self._options) from None
            raise

    @property
    def _at(self) -> str:
        return self._options.address

    def _is_there(self, name: str) -> bool:
        with self._translated("list folders"):
            return bool(self._client.folder_exists(name))

    def _unselectable(self, name: str, refusal: Refused) -> ConnectorError:
        if refusal.response == "NONEXISTENT" or not self._is_there(name):
            return missing_folder(name, self._options)
        return PermanentError(
            f"{self._at}: folder {name} cannot be opened: see that the account may read it",
            code="folder_denied",
        )

    def _open(self, token: str | None) -> None:
        options = self._options
        try:
            with self._translated("connect", opening=True):
                context = options.tls_context()
                self._client = IMAPClient(
                    options.host,
                    options.tcp_port,
                    ssl=options.tls == "tls",
                    ssl_context=context,
                    timeout=options.timeout,
                )
                # IMAPClient has imaplib describe every line, bodies included, to a logger.
                self._client._imap.debug = 0
                if options.tls == "starttls":
                    self._client.starttls(context)
            self._log_in(token)
        except BaseException:
            self._close(polite=False)
            raise

    def _close(self, *, polite: bool) -> None:
        client, self._client = self._client, None
        if client is None:
            return
        with suppress(OSError, imaplib.IMAP4.error, ValueError):
            if polite:
                client.logout()
                return
        with suppress(OSError, imaplib.IMAP4.error, ValueError):
            client.shutdown()

    def _log_in(self, token: str | None) -> None:
        user = self._options.username
        with self._translated("log in"):
            try:
                if token is not None:
                    self._log_in_by_token(user, token)
                elif self._client.has_capability("AUTH=PLAIN"):
                    self._client.plain_login(user, self._options.reveal_password())
                else:
                    self._log_in_by_command(user, self._options.reveal_password())
            except LoginError as error:
                # IMAPClient wraps a broken connection as well.
                if isinstance(error.__context__, imaplib.IMAP4.abort):
                    raise error.__context__ from None
                raise login_refusal(str(error), self._options) from None

    def _log_in_by_token(self, user: str, token: str) -> None:
        if not self._client.has_capability("AUTH=XOAUTH2"):
            raise PermanentError(
                f"{self._at}: the server takes no XOAUTH2: use `password`", code="xoauth2_missing"
            )
        # On failure the server explains itself in a challenge that wants an empty answer
        # (https://developers.google.com/gmail/imap/xoauth2-protocol).
        answers = iter([f"user={user}\x01auth=Bearer {token}\x01\x01"])
        self._client.sasl_login("XOAUTH2", lambda _: next(answers, ""))

    def _log_in_by_command(self, user: str, password: str) -> None:
        if not (user + password).isascii() or not password.isprintable() or " " in user:
            raise PermanentError(
                f"{self._at}: the server takes ASCII passwords only: choose another password",
                code="password_not_ascii",
            )
        self._client.login(user, password)

    @contextmanager
    def _translated(self, task: str, *, opening: bool = False) -> Iterator[None]:
        """Turn what IMAPClient, imaplib, ssl and socket raise within into our errors."""
        try:
            yield
        except ConnectorError:
            raise
        except (OSError, imaplib.IMAP4.error, *UNREADABLE) as error:
            raise meaning(error, self._options, task, opening=opening) from None
