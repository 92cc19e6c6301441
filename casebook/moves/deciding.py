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
from casebook.moves.base import MACHINE, audit, case_locked, line, moved
from casebook.moves.sending import new_identity
from casebook.moves.settling import promise
from casebook.rows import clean
from casebook.states import DraftState
from casebook.timing import About
from casebook.types import Finding


@transaction.atomic
def approve(
    draft: int, who: str, also: Sequence[tuple[About, datetime]] = (), override: str = "",
    *, two: bool = False, version: int | None = None, lead: bool = True,
) -> m.Draft:  # fmt: skip
    """PENDING → APPROVED by `who`; the time that the draft names becomes a promise, and so do the
    further ones (aware) that its text names and `who` confirms (`also`). `override` is the reason
    for which a lead lets it pass in spite of what the guard found; it is audited. With `two` people
    the first one's approval is kept, and the draft stays PENDING for the second. `version` is the
    one that `who` has read; None: whichever is in force. `lead`: whether `who` decides as one.

    Raises IllegalMove where the draft is not pending, another version is in force, a blocking
    finding stands against it that is not overridden or never may be, `who` approved it before, a
    lead was asked and `who` is none, or a time has passed: such a promise would be broken when it
    is made.
    """
    row = _locked(draft)
    _in_force(row, version)
    _decides(row, lead)
    blocking = _blocking(row, override.strip())
    times = [row.due, *(due for _, due in also)]
    if row.state == DraftState.PENDING and any(due is not None and due <= now() for due in times):
        raise IllegalMove(f"{row.case.receipt}: its time has passed: edit it with a new one")
    note = f"{', '.join(blocking)}: {override.strip()}" if blocking else ""
    if two and row.state == DraftState.PENDING and not _seconded(row, who, note):
        return row
    row.edit_distance = _edited(row)
    row.identity = new_identity()
    row.save(update_fields=["edit_distance", "identity"])
    _decide(row, DraftState.APPROVED, who, note)
    audit(promise(row, also, who))
    return row


@transaction.atomic
def reject(
    draft: int, who: str, reason: str, *, version: int | None = None, lead: bool = True
) -> m.Draft:
    """PENDING, or FAILED and RETURNED, which did not reach the customer → REJECTED by `who`, with
    the reason; `version` and `lead` as in `approve`. What its approval promised is still watched:
    the case is not answered by it. Raises IllegalMove where it is in another state, another version
    is in force, or a lead was asked and `who` is none."""
    row = _locked(draft)
    _in_force(row, version)
    _decides(row, lead)
    _decide(row, DraftState.REJECTED, who, reason)
    return row


@transaction.atomic
def edit(
    draft: int,
    who: str,
    body: str,
    findings: Sequence[Finding],
    due: datetime | None = None,
    *,
    private_body: str | None = None,
    reason: str = "",
    version: int | None = None,
) -> m.Draft:
    """Add a version to a pending draft, with what the guard says of it, and with the new time that
    it names (`due`, aware; None: the time stays). `private_body` is what is ready in private beside
    a public reply (None: as before), `reason` why it is rewritten, `version` the one that it is
    made from (None: the one in force). A first approval counts no more once a person has changed
    the words, or the guard says otherwise of them. Raises IllegalMove where it is not pending, or
    another version is in force."""
    row = _locked(draft)
    _in_force(row, version)
    if row.state != DraftState.PENDING:
        raise IllegalMove(
            f"{row.case.receipt}: {row.state}, and only a pending draft can be edited"
        )
    last = row.versions.get(number=row.version)
    row.version += 1
    blocked = {finding["code"] for finding in row.findings if finding["blocking"]}
    alike = blocked == {finding.code for finding in findings if finding.blocking}
    row.findings = [asdict(finding) for finding in findings]
    row.due = due or row.due
    row.first_approver = row.first_approver if who == MACHINE and alike else ""
    row.save(update_fields=["version", "findings", "due", "first_approver"])
    row.versions.create(
        number=row.version, subject=last.subject, body=clean(body), author=who,
        reason=clean(reason),
        private_body=last.private_body if private_body is None else clean(private_body),
    )  # fmt: skip
    audit([line(row, "edited", row.state, row.state, who=who, note=reason)])
    return row


@transaction.atomic
def snooze(draft: int, who: str, until: datetime | None, *, version: int | None = None) -> m.Draft:
    """Put a pending draft off until a moment to come (aware); None: it is shown again at once.
    Raises IllegalMove where it is not pending, another version is in force, or the moment has
    passed."""
    row = _pending(draft, "put off", version)
    if until is not None and until <= now():
        raise IllegalMove(f"{row.case.receipt}: put off until a time to come")
    row.snoozed_until = until
    row.save(update_fields=["snoozed_until"])
    note = until.isoformat(timespec="minutes") if until else ""
    audit([line(row, "snoozed", row.state, row.state, who=who, note=note)])
    return row


@transaction.atomic
def ask_lead(draft: int, who: str, question: str, *, version: int | None = None) -> m.Draft:
    """Leave the decision on a pending draft to a lead, with a question. Raises IllegalMove where it
    is not pending, another version is in force, or somebody asked before."""
    row = _pending(draft, "left to a lead", version)
    if row.asked_lead:
        raise IllegalMove(f"{row.case.receipt}: {row.asked_lead} asked a lead before")
    row.asked_lead, row.snoozed_until = who, None
    row.save(update_fields=["asked_lead", "snoozed_until"])
    audit([line(row, "asked", row.state, row.state, who=who, note=question)])
    return row


@transaction.atomic
def give_back(draft: int, who: str, answer: str, *, lead: bool = True) -> m.Draft:
    """Give a draft back that was left to a lead: whoever may, decides on it again. Who is no `lead`
    takes back their own question alone. Raises IllegalMove where it is not pending, nobody asked,
    or another person did."""
    row = _pending(draft, "given back")
    if not row.asked_lead:
        raise IllegalMove(f"{row.case.receipt}: no lead was asked")
    if row.asked_lead != who:
        _decides(row, lead)
    row.asked_lead = ""
    row.save(update_fields=["asked_lead"])
    audit([line(row, "given_back", row.state, row.state, who=who, note=answer)])
    return row


def _seconded(row: m.Draft, who: str, note: str) -> bool:
    """Whether `who` is the second person to approve; the first one's approval is written down.
    Raises IllegalMove where both are the same."""
    if row.first_approver == who:
        raise IllegalMove(f"{row.case.receipt}: somebody else approves it besides {who}")
    if row.first_approver:
        return True
    row.first_approver = who
    row.save(update_fields=["first_approver"])
    audit([line(row, "first_approved", row.state, row.state, who=who, note=note)])
    return False


def _edited(row: m.Draft) -> int:
    """How far the words in force are from those of the machine."""
    # Loaded by whoever decides, not by every run of the intake.
    from rapidfuzz.distance import Levenshtein

    texts = {one.number: one for one in row.versions.filter(number__in=(1, row.version))}
    first, last = texts[1], texts[row.version]
    return sum(
        Levenshtein.distance(before, after)
        for before, after in (
            (first.body, last.body), (first.private_body, last.private_body),
        )
    )  # fmt: skip


def _in_force(row: m.Draft, version: int | None) -> None:
    if version is not None and version != row.version:
        raise IllegalMove(f"{row.case.receipt}: version {row.version} is in force, not {version}")


def _decides(row: m.Draft, lead: bool) -> None:
    if row.asked_lead and not lead:
        raise IllegalMove(f"{row.case.receipt}: {row.asked_lead} asked a lead: a lead decides")


def _pending(draft: int, deed: str, version: int | None = None) -> m.Draft:
    row = _locked(draft)
    _in_force(row, version)
    if row.state != DraftState.PENDING:
        raise IllegalMove(
            f"{row.case.receipt}: {row.state}, and only a pending draft can be {deed}"
        )
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
