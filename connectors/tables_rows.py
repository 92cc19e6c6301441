"""From a row of a table to a message or a settled case."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from casebook.types import PUBLIC, Channel, Flags, Inbound, PastCase, Visibility
from connectors import charsets
from connectors.files_disk import Skipped
from connectors.mime_addresses import addresses, display_name
from connectors.mime_flags import is_own
from connectors.mime_headers import one_line
from connectors.quotes import new_text
from connectors.tables import Broken, Row
from connectors.tables_time import parse_time
from connectors.tables_words import CELLS, COLUMNS, NOTHING, folded

_LANGUAGE = re.compile(r"([a-z]{2})(?:[-_].*)?")
_LONGEST_ID = 128
_LONGEST_SYSTEM = 64


@dataclass(slots=True)
class Reader:
    """How the rows of one file are read.

    `name` is the file's for people, `system` stands before the identifiers of its cases, `columns`
    are our names → the file's as the person gave them, `own` our addresses (`@example.jp` for a
    domain), `zone` where times without a zone are meant.
    """

    name: str
    system: str
    columns: Mapping[str, str]
    own: Collection[str]
    zone: tzinfo
    _matched: tuple[tuple[str, ...], dict[str, str]] = field(default=((), {}), init=False)

    def match(self, names: Iterable[str]) -> dict[str, str]:
        """Our name → the file's column for each of ours that `names` has: the one given, else the
        likeliest that is still free."""
        names = tuple(names)
        if names != self._matched[0]:
            self._matched = (names, _match(names, self.columns))
        return self._matched[1]

    def entry(self, row: Row | Broken) -> Inbound | PastCase | Skipped:
        """The settled case that a row with a reply, a resolution or a status that says so tells
        of, the message that another row is, or why it is neither."""
        where = f"{self.name} line {row.line}"
        if isinstance(row, Broken):
            return Skipped(where, row.why)
        columns = self.match(row.cells)
        cells = {ours: _text(ours, row.cells[theirs]) for ours, theirs in columns.items()}
        if not cells.get("text"):
            told = (
                "the cell is empty" if "text" in columns else "name its column: --column text=NAME"
            )
            return Skipped(where, f"no text: {told}")
        try:
            times = self._times(cells, columns)
        except ValueError as error:
            return Skipped(where, str(error))
        inbound = self._inbound(cells, times["arrived"])
        if _is_settled(cells):
            return self._past(inbound, cells, times)
        if inbound.defects:
            return Skipped(where, f"channel: none of {', '.join(Channel)}")
        return inbound

    def _times(
        self, cells: Mapping[str, str], columns: Mapping[str, str]
    ) -> dict[str, datetime | None]:
        """The row's times. Raises ValueError: a case with wrong ones would teach wrong ones."""
        times: dict[str, datetime | None] = {}
        for key in ("arrived", "replied", "resolved"):
            try:
                times[key] = parse_time(cells[key], self.zone) if cells.get(key) else None
            except ValueError as error:
                raise ValueError(f"column {columns[key]!r}: {error}") from None
        return times

    def _past(
        self, inbound: Inbound, cells: Mapping[str, str], times: Mapping[str, datetime | None]
    ) -> PastCase:
        return PastCase(
            origin=f"{_short(one_line(self.system), _LONGEST_SYSTEM)}:{inbound.external_id}",
            inbound=inbound,
            language=_language(cells.get("language", "")),
            reply=cells.get("reply", ""),
            replied_at=times["replied"],
            resolved_at=times["resolved"],
            resolution=cells.get("resolution", ""),
            product=cells.get("product", ""),
            cause=cells.get("cause", ""),
        )

    def _inbound(self, cells: Mapping[str, str], arrived: datetime | None) -> Inbound:
        author, name = _author(cells.get("author", ""), cells.get("display_name", ""))
        subject = one_line(cells.get("subject", ""))
        text, key = cells["text"], one_line(cells.get("id", ""))
        when = arrived.isoformat() if arrived else ""
        digest = _digest(key, author, when, *(() if key else (subject,)), text)
        named = _channel(cells.get("channel", ""))
        channel = named or Channel.EMAIL
        return Inbound(
            identity=f"file:{digest}",
            external_id=_short(key, _LONGEST_ID) if key else digest,
            channel=channel,
            visibility=Visibility.PUBLIC if channel in PUBLIC else Visibility.PRIVATE,
            author=author,
            display_name=name,
            sent_at=arrived,
            subject=subject,
            text=text,
            new_text=new_text(text, subject) or text,
            flags=Flags(own=is_own(author, self.own)),
            defects=() if named else ("channel: the file names another one",),
        )


def _match(names: Sequence[str], given: Mapping[str, str]) -> dict[str, str]:
    known: dict[str, str] = {}
    for name in names:
        known.setdefault(folded(name), name)
    wanted = {ours: folded(theirs) for ours, theirs in given.items()}
    found = {ours: known[theirs] for ours, theirs in wanted.items() if theirs in known}
    taken = set(wanted.values())
    for ours, usual in COLUMNS.items():
        free = next((name for name in usual if name in known and name not in taken), None)
        if ours not in given and free is not None:
            found[ours] = known[free]
            taken.add(free)
    return found


def _is_settled(cells: Mapping[str, str]) -> bool:
    """Whether a row tells of a case that needs no answer any more."""
    status = folded(cells.get("status", ""))
    if status in CELLS["settled"] or cells.get("reply") or cells.get("resolved"):
        return True
    # A note on a case that is said to be open must not keep its customer from an answer.
    return bool(cells.get("resolution")) and status not in CELLS["open"]


def _channel(value: str) -> Channel | None:
    """The channel that a cell names, None for one that is not known here."""
    if not value or folded(value) in CELLS["email"]:
        return Channel.EMAIL
    return next((channel for channel in Channel if channel == value.casefold()), None)


def _text(ours: str, value: object) -> str:
    """A cell as text: "" for what is neither text nor number, and for the signs that people and
    databases write where there is nothing."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return ""
    text = charsets.clean(str(value)).strip()
    return "" if ours != "text" and text.casefold() in NOTHING else text


def _author(author: str, name: str) -> tuple[str, str]:
    """The address as mails have it, else what stands there, and the name for people."""
    found = addresses(author)
    if not found:
        return one_line(author), display_name(name)
    return found[0][1], display_name(name) or display_name(found[0][0])


def _language(value: str) -> str:
    """The two-letter code of a cell such as `ja`, `en-GB` or `日本語`, "" for no such."""
    code = _LANGUAGE.fullmatch(value.casefold())
    spoken = (code for code in ("ja", "en") if folded(value) in CELLS[code])
    return code[1] if code else next(spoken, "")


def _short(key: str, limit: int) -> str:
    """`key`, or a digest of one that is longer than a database's column."""
    return key if len(key) <= limit else _digest(key)


def _digest(*words: str) -> str:
    digest = hashlib.sha256()
    for word in words:
        # The length keeps two cells from being taken for two others that read the same in a row.
        data = word.encode("utf-8", "replace")
        digest.update(b"%d:%s" % (len(data), data))
    return digest.hexdigest()
