"""Drafted replies as they go out, and what is decided on them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from ninja import Schema
from pydantic import AfterValidator, Field, StringConstraints

from casebook import models as m
from casebook.states import DraftState
from casebook.timing import About
from casebook.types import Channel, Visibility
from desk.api.shapes.values import Moment, Version, storable
from desk.masking import quoting


class DraftOut(Schema):
    """A drafted reply as lists show it."""

    id: int
    case: str
    state: DraftState
    purpose: str
    channel: Channel
    visibility: Visibility
    language: str
    severity: int
    due: datetime | None
    version: int
    blocking: Annotated[int, Field(description="Findings of the guard that stand against it")]
    created_at: datetime


class Drafts(Schema):
    """A page of drafts, the newest first."""

    items: list[DraftOut]
    next: str | None


class FindingOut(Schema):
    """What the guard sees in a draft; `start` and `end` are characters of its body, null where that
    is masked."""

    code: str
    start: int | None
    end: int | None
    message: str
    blocking: bool


class DraftWhole(DraftOut):
    """A drafted reply with its text and what the guard says of it. `private_body` is what is ready
    in private beside a public one. To a key that may decide on it the texts are what will be sent;
    to others they are `masked` where they repeat what is hidden of the customer's words."""

    masked: bool
    subject: str
    body: str
    private_body: str
    findings: list[FindingOut]


class Promised(Schema):
    """A further time that a draft's text promises and that is to be watched."""

    about: About
    due: Moment


class Approval(Schema):
    """What is approved: `version` is the one that was read, so that no other goes out unseen.
    `override` is the reason to let it pass in spite of the guard."""

    version: Version
    also: Annotated[tuple[Promised, ...], Field(max_length=10)] = ()
    override: Annotated[str, StringConstraints(max_length=1000), AfterValidator(storable)] = ""


class Rejection(Schema):
    """Why a draft does not go out."""

    version: Version
    reason: Annotated[
        str,
        StringConstraints(min_length=1, max_length=1000, strip_whitespace=True),
        AfterValidator(storable),
    ]


def draft_out(row: m.Draft) -> DraftOut:
    """A draft as lists show it."""
    return DraftOut(**_draft(row))


def draft_whole(row: m.Draft, version: m.DraftVersion, *, masked: bool) -> DraftWhole:
    """A draft with its text in this version."""
    named = ("subject", "body", "private_body")
    texts: dict[str, Any] = {
        name: quoting(getattr(version, name), row.answers, unmask=not masked) for name in named
    }
    findings = [FindingOut(**{k: one[k] for k in FindingOut.model_fields}) for one in row.findings]
    for one in findings if masked else ():
        one.start = one.end = None
    return DraftWhole(**_draft(row), **texts, masked=masked, findings=findings)


def _draft(row: m.Draft) -> dict[str, Any]:
    own = ("state", "purpose", "channel", "visibility", "language", "severity", "due", "version")
    return {
        "id": row.pk,
        "case": row.case.receipt,
        "blocking": sum(bool(finding["blocking"]) for finding in row.findings),
        "created_at": row.created_at,
        **{name: getattr(row, name) for name in own},
    }  # fmt: skip
