"""What becomes of promises: kept, renewed or broken, by one rule for whoever sends."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q

from casebook import models as m
from casebook.clock import now
from casebook.moves.base import MACHINE, audit, line, moved
from casebook.states import DraftState, PromiseState
from casebook.timing import About, Broken, Purpose
from casebook.types import AlertReason

_UNSENT = (DraftState.APPROVED, DraftState.SENDING, DraftState.FAILED, DraftState.NEEDS_CHECK)
"""States of a reply that a person approved and that is not known to have arrived."""

_REPLACED = (DraftState.PENDING, DraftState.APPROVED, DraftState.FAILED)
"""States of a draft that another one can still take the place of."""

_RANK = (Purpose.DELAY, Purpose.FIRST_REPLY, Purpose.PROGRESS, Purpose.REPLY)
"""A reply that goes out takes the place of older ones that say no more than it does."""

_REPLIES = (Purpose.FIRST_REPLY, Purpose.REPLY, Purpose.PROGRESS)


def promise(draft: m.Draft, also: Iterable[tuple[About, datetime]], who: str) -> list[m.AuditLine]:
    """Make the promises of a draft that was approved: its own time, and those that the approver
    confirmed besides (`also`). Returns their audit lines."""
    wanted = [(about, draft.due) for about in _abouts(draft)] if draft.due else []
    rows = [
        m.Promise.objects.create(case=draft.case, draft=draft, about=about, due=due)
        for about, due in dict.fromkeys([*wanted, *also])
    ]
    return [line(row, "promised", "", row.state, who=who) for row in rows]


def settle(draft: m.Draft, at: datetime, who: str) -> None:
    """What a reply that went out at `at` means for the other promises of its case.

    A reply ANSWERS when it `deals` with the matter and names no time of its own for the answer. It
    REPORTS when it is a PROGRESS report or a REPLY, or answers. Then, of each open promise that the
    customer knows of, in this order:

    1. its time has passed: it is BROKEN, and stays so, whatever goes out later;
    2. a progress report was promised, and the reply reports: KEPT;
    3. the answer was promised, and the reply answers: KEPT. A progress report alone keeps no
       promise of an answer, or nobody would watch for the answer any more;
    4. the reply names a new time for the same thing (its own promise, of whatever purpose): the
       old one is RENEWED, before it fell due, and the new one says which it `renews`;
    5. else it stays OPEN.

    A reply that answers or names a new time also takes the place of drafts that have not gone out:
    they are SUPERSEDED, and their promises fall under the same rule. Those are any notice of delay,
    and older drafts of a purpose that says no more than its own (DELAY, FIRST_REPLY, PROGRESS,
    REPLY). The promises of any other draft that has not gone out are untouched: the customer hears
    of them when it does. The reply's own promises are BROKEN where their time had passed before it
    went out. A follow-up after the resolution settles nothing.
    """
    if draft.purpose == Purpose.FOLLOW_UP:
        return
    rows = m.Promise.objects.select_for_update().filter(case=draft.case, state=PromiseState.OPEN)
    promises = list(rows.select_related("draft").order_by("pk"))
    own = {row.about: row for row in promises if row.draft_id == draft.pk and row.due >= at}
    answers = _answers(draft, own)
    reports = answers or draft.purpose in (Purpose.PROGRESS, Purpose.REPLY)
    replaced = _replaced(draft, who) if answers or own else set()
    lines: list[m.AuditLine] = []
    for row in promises:
        mine = row.draft_id == draft.pk
        if row.due < at:
            lines.append(break_promise(row, Broken.NOT_SENT if mine else Broken.LATE, who=who))
        elif mine or not (row.draft_id in replaced or row.draft.state not in _REPLACED):
            continue
        elif reports if row.about == About.PROGRESS else answers:
            row.settled_by = draft
            lines.append(_end(row, PromiseState.KEPT, who))
        elif row.about in own:
            lines.append(_end(row, PromiseState.RENEWED, who))
            own[row.about].renews = row
    for row in own.values():
        row.save(update_fields=["renews"])
    audit(lines)


def unsettle(draft: m.Draft, who: str) -> None:
    """The customer never had a reply that went out: what it KEPT or RENEWED is OPEN again while it
    has time, else BROKEN."""
    kept = Q(settled_by=draft, state=PromiseState.KEPT)
    renewed = Q(renewed_by__draft=draft, state=PromiseState.RENEWED)
    keys = list(m.Promise.objects.filter(kept | renewed).values_list("pk", flat=True))
    for row in m.Promise.objects.select_for_update().filter(pk__in=keys).order_by("pk"):
        row.settled_by = None
        row.renewed_by.filter(draft=draft).update(renews=None)
        if row.due < now():
            audit([break_promise(row, Broken.RETURNED, who=who)])
        else:
            audit([_end(row, PromiseState.OPEN, who, "the reply came back")])
            row.settled_at = None
            row.save(update_fields=["settled_at"])


def deals(draft: m.Draft) -> bool:
    """Whether a reply deals with the matter: a REPLY does, and a FIRST_REPLY that names no time,
    unless another draft of its case promised the answer and it is still awaited."""
    if draft.purpose != Purpose.FIRST_REPLY:
        return draft.purpose == Purpose.REPLY
    awaited = m.Promise.objects.filter(
        case=draft.case_id, about=About.ANSWER, state=PromiseState.OPEN
    )
    return draft.due is None and not awaited.exclude(draft=draft).exists()


def fulfil(case: m.Case, who: str) -> list[m.AuditLine]:
    """What becomes of a case's promises when it is at its end: the customer has had the answer, by
    whatever way, so they are KEPT while they have time, else BROKEN. Returns their audit lines."""
    rows = m.Promise.objects.select_for_update().filter(case=case, state=PromiseState.OPEN)
    at = now()
    return [
        break_promise(row, Broken.LATE, who=who)
        if row.due < at
        else _end(row, PromiseState.KEPT, who, f"case {case.state}")
        for row in rows
    ]


def withdraw(drafts: Iterable[int], note: str) -> list[m.AuditLine]:
    """What becomes of the promises of drafts that will not go out: a new time is being drafted, so
    they are RENEWED while they have time, else BROKEN. Returns their audit lines."""
    rows = m.Promise.objects.select_for_update().filter(
        draft__in=list(drafts), state=PromiseState.OPEN
    )
    at = now()
    return [
        break_promise(row, Broken.NOT_SENT)
        if row.due < at
        else _end(row, PromiseState.RENEWED, MACHINE, note)
        for row in rows
    ]


def break_promise(
    row: m.Promise, reason: Broken | None = None, *, who: str = MACHINE
) -> m.AuditLine:
    """OPEN → BROKEN, saved, with an alert, and with how far the reply to the case has come where no
    reason is given. Returns its audit line."""
    row.reason = (reason or _reason(row)).value
    alert(row, AlertReason.BROKEN)
    return _end(row, PromiseState.BROKEN, who, row.reason)


def alert(row: m.Promise, reason: AlertReason) -> bool:
    """Open an alert on a promise, once for each reason. False where it was opened before."""
    opened, made = m.Alert.objects.get_or_create(
        promise=row, reason=reason.value, defaults={"case": row.case, "message": row.draft.answers}
    )
    if made:
        audit([line(opened, "opened", "", "", note=opened.reason)])
    return made


def alert_of_draft(row: m.Draft, reason: AlertReason) -> bool:
    """Open an alert on a reply, once for each reason. False where it was opened before."""
    opened, made = m.Alert.objects.get_or_create(
        draft=row, reason=reason.value, defaults={"case": row.case, "message": row.answers}
    )
    if made:
        audit([line(opened, "opened", "", "", note=opened.reason)])
    return made


def _abouts(draft: m.Draft) -> list[About]:
    """A notice of delay is about all that was promised for a time before its own; any other draft
    about the answer."""
    if draft.purpose == Purpose.DELAY:
        rows = m.Promise.objects.filter(
            case=draft.case, state=PromiseState.OPEN, due__lte=draft.due
        )
        if found := sorted(set(rows.values_list("about", flat=True))):
            return [About(about) for about in found]
    return [About.ANSWER]


def _answers(draft: m.Draft, own: Iterable[str]) -> bool:
    return draft.due is None and About.ANSWER not in own and deals(draft)


def _replaced(draft: m.Draft, who: str) -> set[int]:
    rank = _RANK.index(Purpose(draft.purpose))
    drafts = m.Draft.objects.select_for_update().filter(
        case=draft.case, state__in=_REPLACED, purpose__in=_RANK[: rank + 1]
    )
    rows = [
        row
        for row in drafts.exclude(pk=draft.pk)
        if row.pk < draft.pk or row.purpose == Purpose.DELAY
    ]
    for row in rows:
        audit([moved(row, DraftState.SUPERSEDED, who=who, note="another reply went out")])
        row.save(update_fields=["state"])
    return {row.pk for row in rows}


def _reason(row: m.Promise) -> Broken:
    drafts = m.Draft.objects.filter(case=row.case_id)
    if drafts.filter(purpose__in=_REPLIES, state__in=_UNSENT).exists():
        return Broken.NOT_SENT
    if drafts.filter(purpose__in=_REPLIES, state=DraftState.PENDING).exists():
        return Broken.NOT_APPROVED
    if drafts.filter(purpose=Purpose.DELAY, state__in=[*_UNSENT, DraftState.PENDING]).exists():
        return Broken.NOTICE_NOT_SENT
    return Broken.NO_REPLY


def _end(row: m.Promise, after: PromiseState, who: str, note: str = "") -> m.AuditLine:
    row.settled_at = now()
    found = moved(row, after, who=who, note=note)
    row.save(update_fields=["state", "settled_at", "settled_by", "reason"])
    return found
