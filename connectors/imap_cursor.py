"""Where an IMAP source stands: for each folder, what was dealt with and what is still owed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Self

MAX_UNMARKED = 5000
"""How many UIDs are kept for which `after` could not be carried out."""


@dataclass(slots=True)
class Place:
    """Where one folder stands, under one UIDVALIDITY (RFC 3501 §2.3.1.1).

    `uid`: the highest UID dealt with. `recent`: those dealt with among the `overlap` UIDs up to
    it; whatever else turns up there became visible late. `floor`: the UID from which `recent` is
    complete, so that a larger `overlap` brings nothing twice. `first` and `since`: mails below UID
    `first` (the UIDNEXT when the folder was connected) are taken only if they are not older.
    `owed`: UIDs that the server could not deliver, with how often the connection broke at that
    mail alone; they are tried again until they come or are gone. `unmarked`: UIDs handed over,
    for which `after` is not carried out yet.
    """

    uidvalidity: int
    overlap: int
    uid: int = 0
    floor: int = 1
    first: int = 1
    since: date | None = None
    recent: set[int] = field(default_factory=set)
    owed: dict[int, int] = field(default_factory=dict)
    unmarked: list[int] = field(default_factory=list)

    @classmethod
    def load(cls, saved: Mapping[str, Any], overlap: int) -> Self:
        """From what `dump` made."""
        since = saved.get("since")
        return cls(
            uidvalidity=int(saved["uidvalidity"]),
            overlap=overlap,
            uid=int(saved["uid"]),
            floor=int(saved.get("low", 1)),
            first=int(saved.get("first", 1)),
            since=date.fromisoformat(since) if since else None,
            recent={int(uid) for uid in saved.get("recent", ())},
            owed={int(uid): int(times) for uid, times in saved.get("owed", {}).items()},
            unmarked=[int(uid) for uid in saved.get("unmarked", ())],
        )

    def dump(self) -> dict[str, Any]:
        """As JSON values."""
        saved: dict[str, Any] = {
            "uidvalidity": self.uidvalidity,
            "uid": self.uid,
            "low": self.low,
            "first": self.first,
            "recent": sorted(uid for uid in self.recent if uid >= self.low),
        }
        if self.since is not None:
            saved["since"] = self.since.isoformat()
        if self.owed:
            saved["owed"] = {str(uid): times for uid, times in sorted(self.owed.items())}
        if self.unmarked:
            saved["unmarked"] = list(self.unmarked)
        return saved

    @property
    def low(self) -> int:
        """The lowest UID that is looked at."""
        return max(self.floor, self.uid - self.overlap + 1)

    def is_new(self, uid: int) -> bool:
        """Whether the mail was neither dealt with nor is owed."""
        return uid not in self.owed and (uid > self.uid or uid not in self.recent)

    def done(self, uids: Iterable[int]) -> None:
        """These are dealt with: handed over, or gone."""
        for uid in uids:
            self.owed.pop(uid, None)
            self.recent.add(uid)
            self.uid = max(self.uid, uid)
        self.recent = {uid for uid in self.recent if uid >= self.low}

    def owe(self, uids: Iterable[int], broken: int = 0) -> None:
        """These could not be had; `broken`: 1 where the connection broke at this mail alone."""
        for uid in uids:
            self.owed[uid] = self.owed.get(uid, 0) + broken
            self.uid = max(self.uid, uid)

    def to_retry(self, *, broken: bool) -> list[int]:
        """The owed UIDs at which the connection broke (the least often first), or the others."""
        uids = sorted(uid for uid, times in self.owed.items() if bool(times) == broken)
        return sorted(uids, key=lambda uid: self.owed[uid])

    def to_mark(self, uids: Iterable[int]) -> None:
        """`after` is due for these; of very many, for the latest `MAX_UNMARKED`."""
        self.unmarked = [*self.unmarked, *uids][-MAX_UNMARKED:]

    def reached(self, uid: int) -> None:
        """Nothing up to this UID is left."""
        self.uid = max(self.uid, uid)
