"""Messages in: from a poll or a file into the record, and out of it again when not ours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from django.db import IntegrityError, transaction

from casebook import models as m
from casebook.moves.base import audit, free_receipts, in_turn, line, locked, moved, save
from casebook.moves.vectors import tell_again
from casebook.rows import (
    attachment_rows,
    clean,
    message_row,
    past_case_row,
    past_reply_row,
    settle_past,
)
from casebook.states import CaseState, MessageState
from casebook.types import Inbound, PastCase


def insert_messages(source: m.Source | None, inbounds: Iterable[Inbound]) -> list[m.Message]:
    """Insert what is not known yet, with raw bytes and attachments; return only the new rows.

    Must run inside a transaction. Identities decide, so a copy found elsewhere is left out.
    """
    unique = {inbound.identity: inbound for inbound in inbounds}
    known = set(m.Message.objects.filter(identity__in=unique).values_list("identity", flat=True))
    fresh = [inbound for identity, inbound in unique.items() if identity not in known]
    rows = m.Message.objects.bulk_create([message_row(source, inbound) for inbound in fresh])
    m.Raw.objects.bulk_create(
        [m.Raw(message=row, data=inbound.raw) for row, inbound in zip(rows, fresh, strict=True)],
        batch_size=100,
    )
    m.Attachment.objects.bulk_create(
        attachment
        for row, inbound in zip(rows, fresh, strict=True)
        for attachment in attachment_rows(row, inbound.attachments)
    )
    return rows


def record(source: str, inbounds: Sequence[Inbound], cursor: Mapping[str, object]) -> list[int]:
    """Commit messages and the cursor behind them together; return the new messages' keys.

    `source` is the name of a registered source. Two sources that find the same message at the same
    moment do not fail: the later one takes it as known.
    """
    for attempt in range(3):
        try:
            with transaction.atomic():
                in_turn("record")
                row = m.Source.objects.select_for_update().get(name=source)
                new = insert_messages(row, inbounds)
                row.cursor = dict(cursor)
                row.save(update_fields=["cursor"])
                audit(line(message, "received", "", message.state) for message in new)
            return [message.pk for message in new]
        except IntegrityError:
            if attempt == 2:
                raise
    return []


def take_in(source: str, inbound: Inbound) -> tuple[m.Message, bool]:
    """Record one message that another program or a form handed over, under a receipt number that
    its author can be told at once. Returns its row, and whether it is new: one with its identity
    may have come before.

    `source` is made where there is none; a colon in its name keeps it apart from those that the
    configuration names.
    """
    m.Source.objects.get_or_create(name=source)
    new = record(source, [replace(inbound, receipt=free_receipts(1)[0])], {})
    return m.Message.objects.get(identity=inbound.identity), bool(new)


@transaction.atomic
def record_past(cases: Sequence[PastCase]) -> int:
    """Record cases that were settled before Madoguchi came, with their reply and resolution.

    A case whose origin or whose message is known already is left out. Returns how many are new.
    """
    in_turn("record")
    known = set(
        m.Case.objects.filter(origin__in=[past.origin for past in cases]).values_list(
            "origin", flat=True
        )
    )
    count = 0
    for past in cases:
        if past.origin in known:
            continue
        rows = insert_messages(None, [past.inbound])
        if not rows:
            continue
        known.add(past.origin)
        case = past_case_row(past, *free_receipts(1))
        case.save()
        settle_past(rows[0], case, past)
        if past.reply:
            past_reply_row(case, past).save()
        audit([line(case, "imported", "", case.state)])
        count += 1
    return count


@transaction.atomic
def retry(keys: Sequence[int], who: str) -> list[int]:
    """Bring messages back that are IGNORED or in quarantine, because a person wants them answered:
    the next intake takes them whatever their headers or words say. Returns the keys that moved."""
    rows = m.Message.objects.select_for_update().filter(
        pk__in=list(keys), state__in=[MessageState.IGNORED, MessageState.QUARANTINED]
    )
    lines: list[m.AuditLine] = []
    for row in rows:
        back = MessageState.RECEIVED if row.case_id is None else MessageState.RELATED
        lines.append(moved(row, back, who=who, note="asked for"))
        row.asked_for = True
        row.save(update_fields=["state", "attempts", "error", "asked_for"])
        m.Triage.objects.filter(message=row).delete()
        if row.case is not None and row.case.state == CaseState.CLOSED:
            lines.append(moved(row.case, CaseState.REOPENED, who=who, note="asked for"))
            row.case.save(update_fields=["state"])
            tell_again(cases=[row.case.pk])
    audit(lines)
    return [row.pk for row in rows]


@transaction.atomic
def ignore(reasons: Mapping[int, str]) -> None:
    """Move messages (key → reason) to IGNORED: they get no case and no answer."""
    rows = locked(reasons, MessageState.RECEIVED)
    audit([moved(row, MessageState.IGNORED, note=reasons[row.pk]) for row in rows.values()])
    save(rows.values())


@transaction.atomic
def step_failed(keys: Iterable[int], step: str, error: str, attempts: int) -> list[int]:
    """Count a failed try of `step`; the `attempts`-th puts the message into quarantine, where a
    person sees it with its error. Returns the keys that were quarantined."""
    rows = m.Message.objects.select_for_update().filter(
        pk__in=list(keys), state__in=[MessageState.RECEIVED, MessageState.RELATED]
    )
    lines: list[m.AuditLine] = []
    quarantined: list[int] = []
    for row in rows:
        row.attempts += 1
        row.error = clean(f"{step}: {error}", 2000)
        if row.attempts >= attempts:
            lines.append(moved(row, MessageState.QUARANTINED, note=row.error))
            quarantined.append(row.pk)
        row.save(update_fields=["state", "attempts", "error"])
    audit(lines)
    return quarantined
