"""Mailboxes over IMAP4rev1 (RFC 3501), read without changing them.

What is new is decided by UIDs alone, never by flags or dates. No mail is passed over because the
network or the server failed: what cannot be had now is owed, told once, and tried at every poll.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

from casebook.errors import ConnectorError, PermanentError, TransientError
from casebook.types import Batch, Cursor, Inbound
from connectors.imap_cursor import Place
from connectors.imap_errors import Refused
from connectors.imap_fetch import Fetcher, Haul
from connectors.imap_options import ImapOptions
from connectors.imap_session import Folder, Session
from connectors.mail_server import access_tokens

__all__ = ["ImapOptions", "ImapSource"]

_BREAKS_TO_TELL = 2


def _beginning_with(name: object, folders: tuple[str, ...]) -> tuple[str, ...]:
    """`folders` in their order, but from `name` on and then around."""
    start = folders.index(name) if isinstance(name, str) and name in folders else 0
    return folders[start:] + folders[:start]


class ImapSource:
    """The folders of one account, as a `connectors.base.Source`."""

    def __init__(self, name: str, options: ImapOptions) -> None:
        """`name` is the source's name in the record; nothing is connected yet."""
        self.name = name
        self._options = options
        self._tokens = access_tokens(name, options, options.timeout)

    def poll(self, cursor: Cursor) -> Iterator[Batch]:
        """As `connectors.base.Source.poll`: folder by folder, in each in the order of UIDs.

        The cursor is `{"folders": {NAME: {"uidvalidity": …, "uid": …, "recent": […], …}}}`, after
        a poll that ran out of time with `"next"`: the folder with which the next poll begins, so
        that a full one keeps no other from its turn.
        A folder that cannot be read does not keep the others from being read; its error follows.
        """
        saved: dict[str, Any] = dict(cursor.get("folders", {}))
        until = time.monotonic() + self._options.poll_seconds
        errors: list[ConnectorError] = []
        folders = _beginning_with(cursor.get("next"), self._options.folders)
        with Session(self._options, self._tokens) as session:
            for index, name in enumerate(folders):
                folder = _FolderPoll(session, self._options, name, saved, until)
                try:
                    yield from folder.batches()
                except (PermanentError, Refused) as error:
                    errors.append(error)
                if folder.stopped:
                    following = folders[(index + 1) % len(folders)]
                    yield Batch((), {"folders": dict(saved), "next": following})
                    break
        errors.sort(key=lambda error: isinstance(error, TransientError))
        if errors:
            raise errors[0]

    def check(self) -> str:
        """As `connectors.base.Source.check`: `imaps://user@host:993: INBOX 1,204 messages`."""
        with Session(self._options, self._tokens) as session:
            counts = [f"{name} {session.messages(name):,}" for name in self._options.folders]
            if self._options.move_to is not None:
                session.messages(self._options.move_to)
        return f"{self._options.address}: {', '.join(counts)} messages"


class _FolderPoll:
    """One poll of one folder. `stopped`: its time was up before it came to the end."""

    def __init__(
        self,
        session: Session,
        options: ImapOptions,
        name: str,
        saved: dict[str, Any],
        until: float,
    ) -> None:
        """`saved` holds every folder's place as JSON values, and is brought up to date. `until`:
        the time on the monotonic clock after which nothing more is begun."""
        self.stopped = False
        self._session = session
        self._options = options
        self._name = name
        self._saved = saved
        self._until = until
        self._warnings: list[str] = []
        self._unmarkable: ConnectorError | None = None

    def batches(self) -> Iterator[Batch]:
        """As `connectors.base.Source.poll`, for this folder."""
        folder = self._select()
        self._place = self._resume(folder)
        self._fetcher = Fetcher(self._session, self._options, self._name, folder.uidvalidity)
        self._mark()
        for uids in self._portions(folder):
            yield from self._hand_over(uids)
            if self.stopped:
                break
        if self._changed():
            yield self._batch()
        if self._unmarkable is not None:
            raise self._unmarkable

    def _portions(self, folder: Folder) -> Iterator[list[int]]:
        """The UIDs to fetch; asking for the next ones tells that the last were dealt with."""
        place = self._place
        yield from ([uid] for uid in place.to_retry(broken=False))
        yield from self._new_uids(folder)
        place.reached(folder.uidnext - 1)
        # Mails that break the connection come last, so that they hold up no other.
        yield from ([uid] for uid in place.to_retry(broken=True))

    def _select(self) -> Folder:
        try:
            return self._session.select(self._name, writable=self._options.after != "none")
        except PermanentError as error:
            if error.code != "folder_read_only":
                raise
            # Customers' mails are worth more than their marks: read on, and tell in the end.
            self._unmarkable = error
            return self._session.select(self._name, writable=False)

    def _resume(self, folder: Folder) -> Place:
        saved = self._saved.get(self._name)
        if saved is not None:
            place = Place.load(saved, self._options.overlap)
            if place.uidvalidity == folder.uidvalidity:
                return place
            self._warnings.append(
                f"{self._name}: the server numbers its mails anew (UIDVALIDITY"
                f" {place.uidvalidity} → {folder.uidvalidity}): the folder is read again from the"
                " start, and known mails are left out"
            )
        return Place(
            folder.uidvalidity,
            self._options.overlap,
            first=folder.uidnext,
            since=self._options.since,
        )

    def _new_uids(self, folder: Folder) -> Iterator[list[int]]:
        """The UIDs not dealt with, ascending, `batch_messages` at a time."""
        place, size = self._place, self._options.batch_messages
        for found in self._session.uids(folder, place.low, place.since, place.first):
            new = [uid for uid in found if place.is_new(uid)]
            for start in range(0, len(new), size):
                yield new[start : start + size]

    def _hand_over(self, uids: Sequence[int]) -> Iterator[Batch]:
        """Yield these mails (UIDs ascending); what cannot be had of them is owed from then on."""
        for haul in self._fetcher.hauls(uids):
            self._settle(haul)
            owing = haul.refused or haul.suspects
            if haul.inbounds or (owing and self._changed()):
                yield self._batch(haul.inbounds)
            if haul.error is not None:
                raise haul.error
            self._mark()
            self.stopped = time.monotonic() >= self._until
            if self.stopped:
                return

    def _settle(self, haul: Haul) -> None:
        place = self._place
        place.done(haul.settled)
        if self._options.after != "none":
            place.to_mark(haul.taken)
        for uid in haul.refused:
            if uid not in place.owed:
                self._warnings.append(
                    f"{self._name}: the server does not deliver the mail with UID {uid}; the others"
                    " go on, and it is tried again at every poll: look at it in a mail program"
                )
        place.owe(haul.refused)
        alone = len(haul.suspects) == 1
        place.owe(haul.suspects, broken=int(alone))
        if haul.error and alone and place.owed[haul.suspects[0]] >= _BREAKS_TO_TELL:
            haul.error = TransientError(
                f"{haul.error}; it breaks whenever the mail with UID {haul.suspects[0]} in"
                f" {self._name} is fetched: move or delete that mail",
                code=haul.error.code,
            )

    def _changed(self) -> bool:
        return bool(self._warnings) or self._saved.get(self._name) != self._place.dump()

    def _batch(self, inbounds: Sequence[Inbound] = ()) -> Batch:
        self._saved[self._name] = self._place.dump()
        warnings, self._warnings = tuple(self._warnings), []
        return Batch(tuple(inbounds), {"folders": dict(self._saved)}, warnings)

    def _mark(self) -> None:
        """Carry out `after` on what is recorded, also by a run that was killed before it could."""
        uids, target = self._place.unmarked, self._options.move_to
        if self._unmarkable is not None:
            return
        try:
            if uids and target is not None:
                self._session.move(uids, target)
            elif uids and self._options.after == "seen":
                self._session.mark_seen(uids)
        except (PermanentError, Refused) as error:
            self._unmarkable = error
        else:
            self._place.unmarked = []
