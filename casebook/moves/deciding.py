"""What people decide about a draft."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from django.db import transaction

from casebook import models as m
from casebook.clock import now
from casebook.errors import IllegalMove
from casebook.findings import may_override
from casebook.moves.base import audit, case_locked, line, moved
from casebook.moves.sending import new_identity
from casebook.moves.settling import promise
from casebook.rows import clean
from casebook.states import DraftState
from casebook.timing import About
from casebook.types import Finding


@transaction.atomic
def approve(
    draft: int, who: str, also: Sequence[tuple[About, datetime]] = (), override: str = ""
) -> m.Draft:
    """PENDING → APPROVED by `who`; the time that the draft names becomes a promise, and so do the
    further ones (aware) that its text names and `who` confirms (`also`). `override` is the reason
    for which a lead lets it pass in spite of what the guard found; it is audited.

    Raises IllegalMove where the draft is not pending, a blocking finding stands against it that is
    not overridden or never may be, or a time has passed: such a promise would be broken when it is
    made.
    """
    row = _locked(draft)
    blocking = _blocking(row, override.strip())
    times = [row.due, *(due for _, due in also)]
    if row.state == DraftState.PENDING and any(due is not None and due <= now() for due in times):
        raise IllegalMove(f"{row.case.receipt}: its time has passed: edit it with a new one")
    note = f"{', '.join(blocking)}: {override.strip()}" if blocking else ""
    row.identity = new_identity()
    row.save(update_fields=["identity"])
    _decide(row, DraftState.APPROVED, who, note)
    audit(promise(row, also, who))
    return row


@transaction.atomic
def reject(draft: int, who: str, reason: str) -> m.Draft:
    """PENDING, or FAILED and RETURNED, which did not reach the customer → REJECTED by `who`, with
    the reason. What its approval promised is still watched: the case is not answered by it. Raises
    IllegalMove where it is in another state."""
    row = _locked(draft)
    _decide(row, DraftState.REJECTED, who, reason)
    return row


@transaction.atomic
def edit(
    draft: int,
    who: str,
    body: str,
    findings: Sequence[Finding],
    due: datetime | None = None,
) -> m.Draft:
    """Add a version to a pending draft, with what the guard says of it, and with the new time that
    it names (`due`, aware; None: the time stays). Raises IllegalMove where it is not pending."""
    row = _locked(draft)
    if row.state != DraftState.PENDING:
        raise IllegalMove(
            f"{row.case.receipt}: {row.state}, and only a pending draft can be edited"
        )
    last = row.versions.get(number=row.version)
    row.version += 1
    row.findings = [asdict(finding) for finding in findings]
    row.due = due or row.due
    row.save(update_fields=["version", "findings", "due"])
    row.versions.create(number=row.version, subject=last.subject, body=clean(body), author=who)
    audit([line(row, "edited", row.state, row.state, who=who)])
    return row


def _blocking(row: m.Draft, reason: str) -> list[str]:
    """The codes that stand against a draft, all of them overridden. Raises IllegalMove where one is
    not."""
    blocking = sorted({finding["code"] for finding in row.findings if finding["blocking"]})
    never = [code for code in blocking if not may_override(code)]
    if never or (blocking and not reason):
        told = ", ".join(never or blocking)
        raise IllegalMove(f"{row.case.receipt}: the guard blocks it ({told}): edit it first")
    return blocking


def _locked(draft: int) -> m.Draft:
    case_locked(drafts=draft)
    return m.Draft.objects.select_for_update().get(pk=draft)


def _decide(row: m.Draft, after: DraftState, who: str, note: str = "") -> None:
    line = moved(row, after, who=who, note=note)
    row.decided_at = now()
    row.save(update_fields=["state", "decided_at"])
    audit([line])
