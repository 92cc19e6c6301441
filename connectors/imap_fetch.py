"""Mails fetched from a selected folder, whatever a single one of them does to the server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

from casebook.errors import TransientError
from casebook.types import Attachment, Inbound
from connectors.imap_errors import UNREADABLE, Refused
from connectors.imap_options import ImapOptions
from connectors.imap_session import Session
from connectors.imap_structure import assemble, items, read_structure
from connectors.mime import parse_mail

_LOST = frozenset({"connection_lost", "timeout"})
_GONE = "EXPUNGEISSUED"


@dataclass(slots=True)
class Haul:
    """What one attempt brought.

    `inbounds` are the mails of `taken`; `settled` holds these UIDs and those that are gone.
    `refused`: the server delivered others but not these. `error`: why the attempt ended early;
    `suspects`: the UIDs in whose fetch the connection broke.
    """

    inbounds: list[Inbound] = field(default_factory=list)
    taken: list[int] = field(default_factory=list)
    settled: list[int] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)
    suspects: list[int] = field(default_factory=list)
    error: TransientError | None = None


class Fetcher:
    """Fetches from the folder that `session` has selected; sets no flag (BODY.PEEK)."""

    def __init__(
        self, session: Session, options: ImapOptions, folder: str, uidvalidity: int
    ) -> None:
        self._session = session
        self._options = options
        # In the style of RFC 5092 §4.
        self._external = f"{quote(folder, safe='/')};UIDVALIDITY={uidvalidity};UID="

    def hauls(self, uids: Sequence[int]) -> Iterator[Haul]:
        """Fetch these mails (UIDs ascending) within the bounds of a batch; what is gone ends it.

        After a haul with an error there is none. Raises Refused where the server refuses several
        mails and delivers none: then it is at fault, not the mails.
        """
        try:
            sizes = self._sizes(uids)
        except TransientError as error:
            yield _ended(Haul(), uids, error)
            return
        for group in self._groups(sizes):
            haul = self._fetch(group, sizes)
            yield haul
            if haul.error is not None:
                return
        # Not before: a cursor that takes these as settled must not pass mails still to come.
        yield Haul(settled=[uid for uid in uids if uid not in sizes])

    def _sizes(self, uids: Sequence[int]) -> dict[int, int]:
        """The mails' sizes in bytes; those that are gone are absent."""
        # A mail whose size cannot be had is fetched as a large one.
        unknown = self._options.max_message_bytes + 1
        try:
            answers = self._session.fetch(uids, ["RFC822.SIZE"])
        except Refused as refusal:
            if len(uids) == 1:
                return {} if refusal.response == _GONE else {uids[0]: unknown}
            return {uid: size for one in uids for uid, size in self._sizes([one]).items()}
        found = {uid: answers[uid].get(b"RFC822.SIZE") for uid in uids if uid in answers}
        return {uid: size if isinstance(size, int) else unknown for uid, size in found.items()}

    def _groups(self, sizes: Mapping[int, int]) -> Iterator[list[int]]:
        """Split so that no group has more than `batch_bytes`, and a large mail stands alone."""
        group: list[int] = []
        total = 0
        for uid, size in sizes.items():
            large = size > self._options.max_message_bytes
            if group and (large or total + size > self._options.batch_bytes):
                yield group
                group, total = [], 0
            group.append(uid)
            total += size
            if large:
                yield group
                group, total = [], 0
        if group:
            yield group

    def _fetch(self, uids: Sequence[int], sizes: Mapping[int, int]) -> Haul:
        """Fetch a group together, or each mail alone where the server refuses that."""
        haul = Haul()
        try:
            self._take(haul, uids, sizes)
        except Refused as refusal:
            if len(uids) == 1:
                _refused(haul, uids[0], refusal)
                return haul
            self._fetch_each(haul, uids, sizes)
            if haul.refused == list(uids):
                raise
        except TransientError as error:
            _ended(haul, uids, error)
        return haul

    def _fetch_each(self, haul: Haul, uids: Sequence[int], sizes: Mapping[int, int]) -> None:
        for uid in uids:
            try:
                self._take(haul, [uid], sizes)
            except Refused as refusal:
                _refused(haul, uid, refusal)
            except TransientError as error:
                _ended(haul, [uid], error)
                return

    def _take(self, haul: Haul, uids: Sequence[int], sizes: Mapping[int, int]) -> None:
        """Fetch into `haul`. Raises Refused, then with nothing of it in `haul`."""
        if sizes[uids[0]] > self._options.max_message_bytes:
            inbound = self._fetch_large(uids[0], sizes[uids[0]])
            found = {} if inbound is None else {uids[0]: inbound}
        else:
            answers = self._session.fetch(uids, ["BODY.PEEK[]"])
            found = {
                uid: self._parse(uid, self._body(answers[uid], b"BODY[]"))
                for uid in uids
                if uid in answers
            }
        haul.inbounds += found.values()
        haul.taken += found
        haul.settled += uids

    def _fetch_large(self, uid: int, size: int) -> Inbound | None:
        """A mail without its attachments' content; None where it is gone."""
        limit = self._options.max_message_bytes
        try:
            answer = self._session.fetch([uid], [f"BODY.PEEK[HEADER]<0.{limit}>", "BODYSTRUCTURE"])
            if uid not in answer:
                return None
            header = self._body(answer[uid], b"BODY[HEADER]<0>")
            root = read_structure(answer[uid][b"BODYSTRUCTURE"])
            wanted = items(root, limit)
            texts = self._session.fetch([uid], wanted).get(uid, {}) if wanted else {}
        except (Refused, *UNREADABLE):
            return self._fetch_beginning(uid, size)
        attachments = tuple(
            Attachment(part.name, part.type, part.size) for part in root.attachments()
        )
        return self._parse(uid, assemble(root, header, texts), attachments, size)

    def _fetch_beginning(self, uid: int, size: int) -> Inbound | None:
        """The first bytes of a mail whose structure cannot be had: the text mostly stands there."""
        limit = self._options.max_message_bytes
        answer = self._session.fetch([uid], [f"BODY.PEEK[]<0.{limit}>"])
        if uid not in answer:
            return None
        return self._parse(uid, self._body(answer[uid], b"BODY[]<0>"), size=size)

    def _body(self, answer: Mapping[bytes, Any], key: bytes) -> bytes:
        body = answer.get(key)
        if not isinstance(body, bytes):
            raise Refused(f"{self._options.address}: a mail came without its content")
        return body

    def _parse(
        self,
        uid: int,
        raw: bytes,
        attachments: tuple[Attachment, ...] | None = None,
        size: int | None = None,
    ) -> Inbound:
        """`size` (bytes) is given where the mail is larger than what was fetched of it."""
        inbound = parse_mail(
            raw,
            external_id=f"{self._external}{uid}",
            own=self._options.own_addresses,
            truncated=size is not None,
            attachments=attachments,
        )
        if size is None:
            return inbound
        told = f"large mail ({size:,} bytes): fetched without its attachments"
        return replace(inbound, defects=(*inbound.defects, told))


def _refused(haul: Haul, uid: int, refusal: Refused) -> None:
    (haul.settled if refusal.response == _GONE else haul.refused).append(uid)


def _ended(haul: Haul, uids: Sequence[int], error: TransientError) -> Haul:
    haul.error = error
    if error.code in _LOST:
        haul.suspects = list(uids)
    return haul
