"""Values that pass between the rooms: frozen, plain, free of any framework.

All times are aware datetimes in UTC; people see the policy's time zone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

Cursor = Mapping[str, Any]
"""Where a source stands, as its connector writes it: JSON values only."""


MACHINE = "intake"
"""Who is written into the audit for what no person did."""


class Channel(StrEnum):
    """The kind of way on which a message came in or goes out. DM is a direct message of any
    network, REVIEW a review elsewhere than on GOOGLE, FORM a form of the company's own, WEB its
    pages."""

    EMAIL = "email"
    X = "x"
    DM = "dm"
    GOOGLE = "google"
    MASTODON = "mastodon"
    BLUESKY = "bluesky"
    REVIEW = "review"
    FORM = "form"
    WEB = "web"


NETWORKS = frozenset(
    {Channel.X, Channel.DM, Channel.GOOGLE, Channel.MASTODON, Channel.BLUESKY, Channel.REVIEW}
)
"""The channels of services where an account has a lasting id, in public and in private alike."""

MAILED = frozenset({Channel.EMAIL, Channel.FORM})
"""The channels on which an author is a mail address, and is answered by mail."""

PUBLIC = NETWORKS - {Channel.DM}
"""The channels on which everybody reads what a customer writes, unless it says otherwise."""


class Visibility(StrEnum):
    """Who can read a message: its two parties, or everybody."""

    PRIVATE = "private"
    PUBLIC = "public"


class Direction(StrEnum):
    """Whether the customer wrote to us (IN) or we to the customer (OUT)."""

    IN = "in"
    OUT = "out"


class RelationKind(StrEnum):
    """What a message is to what is already known."""

    NEW = "new"
    DUPLICATE = "duplicate"
    FOLLOW_UP = "follow-up"
    INCIDENT = "incident"


class Role(StrEnum):
    """What a vector is for: meaning (dense, any language), words (sparse), history (dense, fitted
    to a company's own past)."""

    MEANING = "meaning"
    WORDS = "words"
    HISTORY = "history"


class Kind(StrEnum):
    """What a message is."""

    COMPLAINT = "complaint"
    INQUIRY = "inquiry"
    REQUEST = "request"
    PRAISE = "praise"
    SPAM = "spam"
    AUTO = "auto"


class Conduct(StrEnum):
    """How the person deals with us; anger alone is ordinary."""

    ORDINARY = "ordinary"
    UNREASONABLE = "unreasonable"
    HARASSMENT = "harassment"
    THREAT = "threat"


class Cause(StrEnum):
    """Why a complaint arose."""

    EXPECTATION_GAP = "expectation_gap"
    DEFECT = "defect"
    SERVICE = "service"
    MISINFORMATION = "misinformation"
    EMOTIONAL = "emotional"
    OTHER = "other"


class Demand(StrEnum):
    """What is asked of us."""

    REFUND = "refund"
    REPLACEMENT = "replacement"
    REPAIR = "repair"
    APOLOGY = "apology"
    EXPLANATION = "explanation"
    COMPENSATION = "compensation"
    INFORMATION = "information"
    IMPROVEMENT = "improvement"
    CONTACT = "contact"
    CANCELLATION = "cancellation"


class Crisis(StrEnum):
    """What brings in the experts."""

    PERSONAL_DATA = "personal_data"
    INJURY = "injury"
    SAFETY_DEFECT = "safety_defect"
    SERVICE_ERROR_DAMAGE = "service_error_damage"
    LEGAL = "legal"
    MEDIA = "media"
    SELF_HARM = "self_harm"


class HarassmentType(StrEnum):
    """The types of customer harassment (カスタマーハラスメント) that the Japanese ministry of
    labour tells apart: https://www.mhlw.go.jp/content/11900000/000915233.pdf"""

    PHYSICAL_ATTACK = "physical_attack"
    MENTAL_ATTACK = "mental_attack"
    DOGEZA = "dogeza"
    PERSISTENT = "persistent"
    CONFINEMENT = "confinement"
    DISCRIMINATION = "discrimination"
    SEXUAL = "sexual"
    PERSONAL_ATTACK = "personal_attack"
    EXCESSIVE_DEMAND = "excessive_demand"


class AlertReason(StrEnum):
    """Why people are alerted: once a case of the conduct, the severity (3, 2, 1), that several
    customers tell of one event, or of an unhappy answer after it was resolved; once a promise when
    its time is running out, nearly over, or was not kept; once a reply when it did not leave, may
    have left, came back, stands where it went otherwise than approved, or when its account stands
    still."""

    THREAT = "threat"
    HARASSMENT = "harassment"
    UNREASONABLE = "unreasonable"
    CRISIS = "crisis"
    URGENT = "urgent"
    NORMAL = "normal"
    INCIDENT = "incident"
    UNHAPPY = "unhappy"
    DUE_SOON = "due_soon"
    DUE_NOW = "due_now"
    BROKEN = "broken"
    NOT_SENT = "not_sent"
    NEEDS_CHECK = "needs_check"
    RETURNED = "returned"
    PAUSED = "paused"
    NOT_AS_APPROVED = "not_as_approved"


@dataclass(frozen=True, slots=True)
class Attachment:
    """What is known of an attached file; the bytes stay in the raw message.

    `bytes` is the decoded size in bytes (the server's figure where the part was not fetched).
    """

    name: str
    type: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Flags:
    """Why a message is not answered (RFC 3834, RFC 3464, RFC 2369).

    `own`: written by an address of ours. `opt_out`: its author wants no more private messages of
    the network that it came by, from then on.
    """

    auto_reply: bool = False
    bounce: bool = False
    bulk: bool = False
    own: bool = False
    opt_out: bool = False

    @property
    def any(self) -> bool:
        """True when the message must never get a reply."""
        return self.auto_reply or self.bounce or self.bulk or self.own or self.opt_out

    def names(self) -> tuple[str, ...]:
        """The flags that are set, in a fixed order."""
        names = ("auto_reply", "bounce", "bulk", "own", "opt_out")
        return tuple(name for name in names if getattr(self, name))


@dataclass(frozen=True, slots=True)
class Inbound:
    """One message as a connector hands it over.

    `identity` is the same for the same message wherever and however often it is found, and is what
    makes a second copy impossible. `external_id` is the service's own name for it. `text` is the
    whole readable text, `new_text` the part its author wrote now (no quote, signature, disclaimer).
    On a network `author` is the account's lasting id (`display_name` what it calls itself),
    `in_reply_to` the external id of the post that this one answers or quotes, `references` that of
    the post with which the conversation began. A bounce's `in_reply_to` is the mail that failed for
    good, "" where it tells of a delay only. `rating`: stars of a review, 1 to 5.
    `receipt` is the number that its author was told already; empty where a case is yet to give one.
    """

    identity: str
    external_id: str
    channel: Channel
    visibility: Visibility
    author: str
    display_name: str
    sent_at: datetime | None
    subject: str
    text: str
    new_text: str
    message_id: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    permalink: str = ""
    flags: Flags = Flags()
    rating: int | None = None
    defects: tuple[str, ...] = ()
    truncated: bool = False
    raw: bytes = b""
    receipt: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """Messages and the cursor that is true once they are recorded; committed together."""

    inbounds: tuple[Inbound, ...]
    cursor: Cursor
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PastCase:
    """A case that was settled before Madoguchi came, as a file tells it.

    `origin` is its key in the system it comes from, and keeps it from being imported twice.
    """

    origin: str
    inbound: Inbound
    language: str
    reply: str = ""
    replied_at: datetime | None = None
    resolved_at: datetime | None = None
    resolution: str = ""
    product: str = ""
    cause: str = ""


class Sign(StrEnum):
    """A kind of evidence for a relation; the desk tells each in words."""

    SAME_CUSTOMER = "same-customer"
    OTHER_CUSTOMER = "other-customer"
    SAME_WORDS = "same-words"
    REPEATS = "repeats"
    REWORDS = "rewords"
    SENT_AGAIN = "sent-again"
    QUOTES_RECEIPT = "quotes-receipt"
    ANSWERS = "answers"
    SAME_NUMBER = "same-number"
    REFERS_BACK = "refers-back"
    SAME_MATTER = "same-matter"
    SAME_EVENT = "same-event"
    SHARED = "shared"
    APART = "apart"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that speaks for a relation. `value` is what was seen: a share in percent for the
    words, hours for APART, else a number, a name or a phrase of the message."""

    sign: Sign
    value: str = ""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A message that looks like the same matter but must not be merged by itself: a person decides.
    `score` is the share of the words that both have, 0..1."""

    of_message: int
    evidence: tuple[Evidence, ...]
    score: float


@dataclass(frozen=True, slots=True)
class Relation:
    """What a message is to what is known, and the evidence.

    `of_message` and `of_case` are primary keys; None for NEW. A duplicate names the first message
    with these words, a follow-up the one that it answers, an incident its first voice. `score` is
    in 0..1: of a duplicate the share of common words, of an incident the strength of the evidence.
    """

    kind: RelationKind
    of_message: int | None = None
    of_case: int | None = None
    evidence: tuple[Evidence, ...] = ()
    score: float = 0.0
    suggestions: tuple[Suggestion, ...] = ()


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of text that led to a label; offsets in characters of the message's new text."""

    label: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A message as far as triage needs it. `text` is its new text; `vector` its meaning (float16,
    little-endian, unit length; empty where unknown)."""

    subject: str
    text: str
    language: str
    channel: Channel = Channel.EMAIL
    vector: bytes = b""


@dataclass(frozen=True, slots=True)
class Triage:
    """What it is, how grave, what is asked and how the person deals with us.

    `severity`: 3 crisis, 2 urgent, 1 normal, 0 low. `anger`: 0 calm to 3 furious. `cause` is empty
    for all but complaints; `conduct_types` are those of `HarassmentType` that were seen.
    `confidence` is in 0..1 for each label.
    """

    kind: Kind
    severity: int
    conduct: Conduct
    language: str
    cause: str = ""
    conduct_types: tuple[str, ...] = ()
    anger: int = 0
    crisis: tuple[str, ...] = ()
    demands: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    entities: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    evidence: tuple[Span, ...] = ()
    confidence: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class KnownMessage:
    """A message as far as relations need it. `key` and `case` are primary keys; `author` is the
    same for the same account and differs between two; `receipts` are the cases that it quotes by a
    valid receipt number (number → case); `body` is its new text; `vector` its meaning (float16,
    little-endian, unit length; empty where unknown); `voice_of` the first voice of the incident
    that it belongs to."""

    key: int
    case: int | None
    author: str
    at: datetime
    subject: str
    body: str
    message_id: str = ""
    thread: tuple[str, ...] = ()
    receipts: Mapping[str, int] = field(default_factory=dict)
    vector: bytes = b""
    voice_of: int | None = None


@dataclass(frozen=True, slots=True)
class Space:
    """A vector space: its name, and what the configuration calls the model that makes its vectors
    (empty where it needs none)."""

    name: str
    model: str = ""


@dataclass(frozen=True, slots=True)
class Labels:
    """What a search can be limited to. `state` is the case's; `settled`: it is over and was
    answered, so that it can show how; `at` is when the message came."""

    state: str
    settled: bool
    language: str
    channel: str
    at: datetime
    product: str = ""
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Point:
    """A message in the index: its vectors by role, what a search filters by, what it gives back."""

    message: int
    case: int
    revision: int
    labels: Labels
    vectors: Mapping[Role, bytes]


@dataclass(frozen=True, slots=True)
class Where:
    """What a search is limited to; None and empty mean all. `since` and `until` bound the time."""

    settled: bool | None = None
    state: str = ""
    language: str = ""
    channel: str = ""
    product: str = ""
    cause: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class SimilarCase:
    """A past case near in words and meaning. `score` is the cosine of the meaning of the best
    message, in -1..1."""

    case: int
    message: int
    score: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """When the customer hears from us, and what that rests on.

    `minutes` is business time from `start` to `due`, which `level` of all cases keep; half of them
    take `median` minutes at most. It rests on `cases` similar ones; where there are none, `level`
    and `median` are None and the policy's target stands. `beyond` is true where it is later than
    the policy's maximum: a person must look at it.
    """

    start: datetime
    due: datetime
    minutes: int
    level: float | None = None
    median: int | None = None
    cases: int = 0
    beyond: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """A drafted text on its way to a person's approval. `due` is the time it names, if any;
    `severity` (0 to 3) is how pressing its case is."""

    channel: Channel
    visibility: Visibility
    language: str
    subject: str
    body: str
    due: datetime | None
    severity: int = 1


@dataclass(frozen=True, slots=True)
class Finding:
    """What the guard sees in a reply: offsets in characters of the body. `message` is what helps
    beyond the meaning of the code; `repair` a text that may stand in the span's place, where one
    is safe."""

    code: str
    start: int
    end: int
    message: str = ""
    blocking: bool = True
    repair: str = ""
