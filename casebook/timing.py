"""How long answers take and what is promised of it: tables of a policy pack, and plain values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from casebook.config import Table
from casebook.hours import DAY, Span, spans_in_minutes
from casebook.wording import Bilingual

Minutes = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(gt=0, lt=1)]


def _rising(shares: tuple[float, ...]) -> tuple[float, ...]:
    if list(shares) != sorted(set(shares)):
        raise ValueError("name each share once, in rising order")
    return shares


class Purpose(StrEnum):
    """What a draft is for. A REPLY deals with the matter; a FIRST_REPLY that names a time, and a
    DELAY notice, do not yet."""

    FIRST_REPLY = "first_reply"
    REPLY = "reply"
    PROGRESS = "progress"
    DELAY = "delay"
    FOLLOW_UP = "follow_up"


class About(StrEnum):
    """What was promised for a time: the answer, or a report on how far the matter has come."""

    ANSWER = "answer"
    PROGRESS = "progress"


class Broken(StrEnum):
    """Why a promise was not kept: how far the reply had come when its time passed."""

    NO_REPLY = "no_reply"
    NOT_APPROVED = "not_approved"
    NOT_SENT = "not_sent"
    NOTICE_NOT_SENT = "notice_not_sent"
    LATE = "late"
    RETURNED = "returned"

    @property
    def told(self) -> Bilingual:
        """The reason as people are told it."""
        return _BROKEN[self]


_BROKEN = {
    Broken.NO_REPLY: Bilingual(ja="返信案がない", en="no reply was drafted"),
    Broken.NOT_APPROVED: Bilingual(ja="返信案が承認待ち", en="a reply waits for approval"),
    Broken.NOT_SENT: Bilingual(ja="承認済みの返信が未送信", en="a reply was approved but not sent"),
    Broken.NOTICE_NOT_SENT: Bilingual(
        ja="遅れのお知らせが未送信", en="the notice of delay was not sent"
    ),
    Broken.LATE: Bilingual(ja="期限の後に返信", en="the reply went out after its time"),
    Broken.RETURNED: Bilingual(
        ja="送った返信が届かず戻った", en="the reply that was sent came back"
    ),
}


class FirstResponse(Table):
    """Targets of the first substantive reply in minutes of business time, by severity."""

    crisis: Minutes = 60
    urgent: Minutes = 120
    normal: Minutes = 240
    low: Minutes = 480

    def minutes(self, severity: int) -> int:
        """The target for a severity of 0 to 3."""
        return (self.low, self.normal, self.urgent, self.crisis)[severity]


class Estimates(Table):
    """How the time that a first reply names is made from what the team really did."""

    level: Annotated[float, Field(ge=0.5, le=0.99)] = 0.9
    """The share of replies that are to go out by the time named."""
    minimum: Minutes = 30
    """No sooner time is ever named, in minutes of business time."""
    maximum: Minutes = 960
    """A later time is named only under a person's eye: the draft says so."""
    prior: Annotated[int, Field(ge=1)] = 30
    """Answered cases at which history counts as much as the target of `[first_response]`."""
    days: Annotated[int, Field(ge=7)] = 365
    """Days of history that are looked at."""


class Promises(Table):
    """How promised times are watched."""

    warn_at: Annotated[tuple[Share, ...], AfterValidator(_rising)] = (0.7, 0.9)
    """Shares of the business time at which the case's owner and the group are warned: at the first
    that it is running out, at the last that it is nearly over, with a notice of delay drafted."""
    group: str = "lead"
    """Who is warned beside the owner: the name of a group in the configuration. An owner is warned
    at the targets whose group is his login."""
    notice: Literal["approve", "send"] = "approve"
    """Whether a notice of delay waits for a person's approval or counts as approved."""


class Approval(Table):
    """Which replies two people approve, one after the other."""

    two_for: tuple[Literal["public", "crisis", "over_authority"], ...] = ()
    """`public`: what stands in public; `crisis`: replies to a crisis; `over_authority`: what grants
    more than `[authority]` does, which a lead lets pass."""


class Sending(Table):
    """When an approved reply leaves."""

    undo_seconds: Annotated[int, Field(ge=0, le=3600)] = 30
    """Nothing leaves sooner after its approval, so that it can be taken back."""
    hours: Annotated[int, Field(ge=1, le=240)] = 24
    """How long a reply that a service cannot take is tried, unless what was promised is due
    sooner; then people are told."""
    quiet: tuple[Span, ...] = ()
    """Hours of the day (policy's time zone) in which nothing is posted in public, such as
    22:00-07:00; replies to a crisis are."""

    def is_quiet(self, local: datetime) -> bool:
        """Whether a local time lies within the quiet hours."""
        minute = local.hour * 60 + local.minute
        return any(
            first <= at < last
            for first, last in spans_in_minutes(self.quiet)
            for at in (minute, minute + DAY)
        )


class FollowUp(Table):
    """What happens once a case is resolved."""

    after_days: Annotated[int, Field(ge=0)] = 3
    """Days after which the customer is asked whether all is well; 0: never."""
    survey: bool = True
    """Whether the question comes with a link to a satisfaction survey (CSAT, 1 to 5)."""
    nps: bool = False
    """Whether the survey also asks for a recommendation from 0 to 10 (NPS)."""
    unhappy: Annotated[int, Field(ge=1, le=4)] = 2
    """The best score that reopens the case."""
    days: Annotated[int, Field(ge=1)] = 30
    """Days for which the link to the survey is good."""


@dataclass(frozen=True, slots=True)
class Handled:
    """One case as its answering went: when it arrived and when the first substantive reply of a
    person (`who`) went out, None while it has not. `category` is the cause of a complaint, else
    the kind; `length` is in characters."""

    arrived: datetime
    answered: datetime | None
    severity: int = 1
    department: str = ""
    channel: str = ""
    category: str = ""
    length: int = 0
    who: str = ""
