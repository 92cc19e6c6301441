"""Drafts put into the queue one by one, outside the intake's batches."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

from casebook import models as m
from casebook.moves.base import MACHINE, audit, line
from casebook.timing import Purpose
from casebook.types import Finding, Reply


def queue_draft(
    case: int,
    answers: int,
    purpose: Purpose,
    reply: Reply,
    findings: Iterable[Finding],
    who: str = MACHINE,
    *,
    beside: m.Draft | None = None,
) -> m.Draft:
    """A PENDING draft of a case by `who`, with its first version and its audit line; `answers` is
    the message that it is about. What is ready in private `beside` that draft is so beside this
    one. Must run inside the transaction of the move that it belongs to."""
    draft = m.Draft.objects.create(
        case_id=case,
        answers_id=answers,
        purpose=purpose,
        channel=reply.channel,
        visibility=reply.visibility,
        language=reply.language,
        severity=reply.severity,
        due=reply.due,
        findings=[asdict(finding) for finding in findings],
        prepared=beside.prepared if beside else {},
    )
    private = beside.versions.get(number=beside.version).private_body if beside else ""
    draft.versions.create(
        number=1, subject=reply.subject, body=reply.body, author=who, private_body=private
    )
    audit([line(draft, "drafted", "", draft.state, who=who, note=purpose)])
    return draft
