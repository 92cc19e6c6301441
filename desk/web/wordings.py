"""A wording of a draft as somebody types it: read from the form, judged, measured."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils import timezone

from casebook import models as m
from casebook.clock import now
from casebook.findings import Code, may_override
from casebook.lengths import LIMITS
from casebook.policy import Policy
from casebook.rows import clean
from casebook.types import Channel, Finding, Visibility
from desk.guarding import why
from desk.limits import REPLY
from desk.replying import Further, further, judged, reply_of
from desk.web.given import number


@dataclass(frozen=True, slots=True)
class Given:
    """What a form holds: the texts, the time that is promised, why it was rewritten, and the
    version that it was made from."""

    body: str
    private_body: str
    due: datetime | None
    reason: str
    version: int

    def changes(self, version: m.DraftVersion, draft: m.Draft) -> bool:
        """Whether it says anything else than the version in force."""
        return (self.body, self.private_body, self.due) != (
            version.body, version.private_body, _minute(draft.due),
        )  # fmt: skip

    def new_due(self, draft: m.Draft) -> datetime | None:
        """The time where it is another one than the draft's, which forms tell to the minute."""
        return None if self.due == _minute(draft.due) else self.due


@dataclass(frozen=True, slots=True)
class Mark:
    """What the guard found, for the page: offsets in UTF-16 units, as browsers count them."""

    code: str
    why: str
    blocking: bool
    never: bool
    start: int
    end: int
    words: str
    repair: str


@dataclass(frozen=True, slots=True)
class Length:
    """How long a text is, as its channel counts; `most` is None where there is no limit."""

    count: int
    most: int | None

    @property
    def over(self) -> bool:
        """Whether it is too long."""
        return self.most is not None and self.count > self.most


@dataclass(frozen=True, slots=True)
class Checked:
    """What is told of a wording while it is typed."""

    marks: tuple[Mark, ...]
    private_marks: tuple[Mark, ...]
    lengths: tuple[Length, ...]
    further: tuple[Further, ...]
    past: bool

    @property
    def blocking(self) -> bool:
        """Whether anything stands against sending it."""
        return self.past or any(mark.blocking for mark in self.marks)

    @property
    def never(self) -> bool:
        """Whether something stands against it that no reason excuses."""
        return self.past or any(mark.never for mark in self.marks)


def standing(draft: m.Draft, version: m.DraftVersion) -> Given:
    """The version in force as a form would hold it."""
    return Given(version.body, version.private_body, _minute(draft.due), "", version.number)


def given(data: Any, draft: m.Draft, version: m.DraftVersion) -> Given:
    """What somebody sent; what is left out is as the version in force has it."""
    kept = standing(draft, version)
    sent = data.get("version", "")
    return Given(
        body=_text(data, "body", kept.body),
        private_body=_text(data, "private_body", kept.private_body),
        due=_moment(data.get("due")) or kept.due,
        reason=" ".join(clean(data.get("reason", ""), 500).split()),
        version=number(sent) or draft.version,
    )


def checked(policy: Policy, draft: m.Draft, version: m.DraftVersion, one: Given) -> Checked:
    """A wording, judged as the case stands now."""
    reply = reply_of(draft, one.body, one.new_due(draft))
    found = judged(policy, reply, draft.answers)
    if not one.changes(version, draft):
        # What a person said of the draft stands until the words are others.
        told = (Finding(**finding) for finding in draft.findings)
        found += tuple(finding for finding in told if finding.code not in set(Code))
    private: tuple[Finding, ...] = ()
    if one.private_body.strip():
        over = replace(
            reply, channel=Channel.DM, visibility=Visibility.PRIVATE, body=one.private_body
        )
        private = judged(policy, over, draft.answers)
    return Checked(
        marks=tuple(_marks(one.body, found)),
        private_marks=tuple(_marks(one.private_body, private)),
        lengths=_lengths(draft, one.body),
        further=tuple(further(policy, draft, one.body, reply.due)),
        past=reply.due is not None and reply.due <= now(),
    )


def _marks(body: str, found: Iterable[Finding]) -> Iterable[Mark]:
    for one in found:
        words = " ".join(body[one.start : one.end].split())
        yield Mark(
            one.code, why(one), one.blocking, one.blocking and not may_override(one.code),
            _units(body[: one.start]), _units(body[: one.end]), words[:60], one.repair,
        )  # fmt: skip


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _lengths(draft: m.Draft, body: str) -> tuple[Length, ...]:
    limits = LIMITS.get(draft.channel, ())
    return tuple(Length(one.count(body), one.most) for one in limits) or (Length(len(body), None),)


def _text(data: Any, name: str, kept: str) -> str:
    # Browsers send CR LF for the line ends that they count as one.
    return clean(data[name].replace("\r\n", "\n"))[:REPLY] if name in data else kept


def _moment(text: str | None) -> datetime | None:
    try:
        found = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=timezone.get_current_timezone())


def _minute(moment: datetime | None) -> datetime | None:
    """A form tells times to the minute."""
    return moment.replace(second=0, microsecond=0) if moment else None
