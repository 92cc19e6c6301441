"""A reply on its way out: what a connector is handed, what it gives back, and what its network
allows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from casebook.types import Channel, Flags, Visibility


@dataclass(frozen=True, slots=True)
class Quoted:
    """The message that a reply answers, as far as a connector needs it: the service's own name for
    it, who wrote it, for mail its Message-ID, thread and text, and what keeps programs from
    answering it (`flags`)."""

    external_id: str
    author: str
    display_name: str = ""
    sent_at: datetime | None = None
    subject: str = ""
    text: str = ""
    message_id: str = ""
    references: tuple[str, ...] = ()
    permalink: str = ""
    flags: Flags = field(default_factory=Flags)


@dataclass(frozen=True, slots=True)
class Outbound:
    """One approved reply as it must leave: `subject` and `body` are sent as they stand.

    `identity` (letters, digits, `-`; at most 64) is fixed before the first try, the same at every
    try and of no other reply: whatever the service takes as a key against doubles is made of it.
    `begun_at` (aware) is when it was first tried, for a service that can only be asked what it has
    got since, `claimed_at` when it was last tried (None: at the first). `automatic`: no person
    wrote or approved it (an acknowledgement).
    """

    identity: str
    receipt: str
    channel: Channel
    visibility: Visibility
    language: str
    subject: str
    body: str
    answers: Quoted
    begun_at: datetime
    claimed_at: datetime | None = None
    automatic: bool = False


@dataclass(frozen=True, slots=True)
class Sent:
    """What a service made of an `Outbound`: its own name for it, and when it took it (aware).

    `wrong` says that it stands there otherwise than approved (a private reply that all can read),
    and what a person must do at once; empty where all is well. `warnings` can wait.
    """

    external_id: str
    at: datetime
    permalink: str = ""
    warnings: tuple[str, ...] = ()
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class Pace:
    """At most `count` replies in any `seconds`, of an account and a visibility."""

    count: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Rules:
    """What a network allows an account: `ways` it can reply on and how fast (no Pace: unbounded),
    whether a private message needs that the customer wrote privately first (`after_contact`), and
    within how long a message deleted there must be deleted here (`recheck_hours`; None: never)."""

    ways: Mapping[Visibility, tuple[Pace, ...]]
    after_contact: bool = False
    recheck_hours: int | None = None
