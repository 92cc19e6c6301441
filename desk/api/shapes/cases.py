"""Cases as they go out, and which of them are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from ninja import Schema
from pydantic import AfterValidator, Field, StringConstraints

from casebook import models as m
from casebook.states import CaseState
from casebook.timing import About
from casebook.types import Channel, Conduct, Direction, Kind, Visibility
from desk.api.paging import Page, paged
from desk.api.shapes.drafts import DraftOut, draft_out
from desk.api.shapes.values import Moment, Word, storable
from desk.masking import seen, titles

_MOST = 100
"""Drafts, and promises, of one case."""


class CaseFilter(Schema):
    """Which cases a list holds; what is left out limits nothing."""

    state: CaseState | None = None
    channel: Channel | None = None
    owner: Word | None = None
    language: Annotated[str, StringConstraints(max_length=8), AfterValidator(storable)] | None = (
        None
    )
    product: Word | None = None
    cause: Word | None = None
    author: Annotated[Word | None, Field(description="The customer's address or name")] = None
    opened_from: Moment | None = None
    opened_before: Moment | None = None


class CaseOut(Schema):
    """A case as lists show it."""

    receipt: str
    state: CaseState
    channel: Channel
    author: str
    display_name: str
    language: str
    title: str
    product: str
    cause: str
    owner: str
    opened_at: datetime
    replied_at: datetime | None
    resolved_at: datetime | None


class Cases(Schema):
    """A page of cases, the newest first."""

    items: list[CaseOut]
    next: str | None


class Judgement(Schema):
    """What a message was found to be; `severity` 3 is a crisis, 0 is low."""

    kind: Kind
    severity: int
    conduct: Conduct


class MessageOut(Schema):
    """A message of a case; abuse and personal data are masked unless they were asked for."""

    id: int
    direction: Direction
    channel: Channel
    visibility: Visibility
    at: datetime
    subject: str
    text: str
    triage: Judgement | None


class PromiseOut(Schema):
    """A time that the customer was told."""

    about: About
    state: str
    due: datetime


class CaseWhole(CaseOut):
    """A case with its drafts, its promises, and its newest messages, at most 50, in the order in
    which they came. `earlier` is the cursor of those before them in the list of its messages."""

    resolution: str
    messages: list[MessageOut]
    earlier: str | None
    drafts: list[DraftOut]
    promises: list[PromiseOut]


class Messages(Schema):
    """A page of the messages of a case, newest first."""

    items: list[MessageOut]
    next: str | None


def cases_out(rows: Sequence[m.Case]) -> list[CaseOut]:
    """Cases as lists show them."""
    called = titles(rows)
    return [CaseOut(**_case(row, called[row.pk])) for row in rows]


def _case(row: m.Case, title: str) -> dict[str, Any]:
    own = (name for name in CaseOut.model_fields if name != "title")
    return {"title": title, **{name: getattr(row, name) for name in own}}


def case_whole(row: m.Case, *, unmask: bool = False) -> CaseWhole:
    """A case with what belongs to it: of messages, masked unless `unmask`, of drafts and
    promises the newest."""
    messages = messages_out(row, Page(), unmask=unmask)
    drafts = list(row.drafts.select_related("case").order_by("-pk")[:_MOST])
    promises = list(row.promises.order_by("-due")[:_MOST])
    return CaseWhole(
        **_case(row, titles([row])[row.pk]),
        resolution=row.resolution,
        messages=messages.items[::-1],
        earlier=messages.next,
        drafts=[draft_out(one) for one in reversed(drafts)],
        promises=[
            PromiseOut(about=About(one.about), state=one.state, due=one.due)
            for one in reversed(promises)
        ],
    )


def messages_out(row: m.Case, page: Page, *, unmask: bool = False) -> Messages:
    """A page of a case's messages, masked unless `unmask`."""
    rows = row.messages.select_related("triage").defer("text", "references", "recipients")
    found, after = paged(rows, page)
    return Messages(items=[_message(one, unmask=unmask) for one in found], next=after)


def _message(row: m.Message, *, unmask: bool) -> MessageOut:
    subject, text = seen(row, unmask=unmask)
    triage = getattr(row, "triage", None)
    return MessageOut(
        id=row.pk,
        direction=Direction(row.direction),
        channel=Channel(row.channel),
        visibility=Visibility(row.visibility),
        at=row.received_at,
        subject=subject,
        text=text,
        triage=triage
        and Judgement(
            kind=Kind(triage.kind), severity=triage.severity, conduct=Conduct(triage.conduct)
        ),
    )
