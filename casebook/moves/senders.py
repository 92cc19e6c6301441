"""The health of what replies leave through, and the switch that stops them all."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from casebook import models as m
from casebook.clock import now
from casebook.moves.base import MACHINE, audit, in_turn, line
from casebook.moves.sending import draft_locked
from casebook.moves.settling import alert_of_draft
from casebook.rows import clean
from casebook.types import AlertReason, Visibility


def sender_succeeded(name: str) -> str:
    """Note on an account's health that it took a reply. Returns the code of the trouble that it
    ended, or an empty text: a way that still waits keeps the account in trouble."""
    with transaction.atomic():
        row = _locked(name)
        ended, row.sent_at = row.error_code, now()
        waits = {way: at for way, at in row.not_before.items() if _moment(at) > now()}
        if waits:
            ended, row.not_before = "", waits
        else:
            _well(row)
        row.save()
        if ended:
            audit([line(row, "recovered", "failing", "healthy", note=ended)])
    return ended


def sender_failed(
    name: str,
    code: str,
    text: str,
    *,
    again: Mapping[Visibility, datetime] | None = None,
    pause: int | None = None,
) -> bool:
    """Note a trouble of an account. `again` tells when a way of it may be tried again; with `pause`
    (the draft that met the trouble) it stands still until a person resumes it, and people are told.
    True when this reason is new and is to be told."""
    with transaction.atomic():
        if pause is not None:
            draft = draft_locked(pause)
        row = _locked(name)
        fresh = row.error_code != code
        if fresh or row.error_since is None:
            row.error_since = now()
        row.error_code, row.error = code, clean(text)
        row.failures += 1
        if pause is not None and not row.paused:
            row.paused = True
            draft.alerts.filter(reason=AlertReason.PAUSED).delete()
            alert_of_draft(draft, AlertReason.PAUSED)
        row.not_before |= {key.value: at.isoformat() for key, at in (again or {}).items()}
        row.save()
        if fresh:
            after = "paused" if row.paused else "failing"
            audit([line(row, after, "", after, note=f"{code}: {text}")])
    return fresh


@transaction.atomic
def pause_sender(name: str, who: str) -> None:
    """Let nothing leave through an account until `resume_sender`."""
    in_turn("sending")
    row = _locked(name)
    if not row.paused:
        row.paused = True
        row.save(update_fields=["paused"])
        audit([line(row, "paused", "", "paused", who=who)])


@transaction.atomic
def resume_sender(name: str, who: str) -> None:
    """Let replies leave through an account again."""
    row = _locked(name)
    if row.paused:
        row.paused = False
        m.Alert.objects.filter(reason=AlertReason.PAUSED, draft__sender=name).delete()
        _well(row)
        row.save()
        audit([line(row, "resumed", "paused", "", who=who)])


@transaction.atomic
def pause_all(who: str) -> None:
    """The kill switch: once this returns, no process claims a reply until `resume_all`."""
    in_turn("sending")
    row, made = m.OutgoingPause.objects.get_or_create(defaults={"who": who})
    if made:
        _switched(row, "paused", who)


@transaction.atomic
def resume_all(who: str) -> None:
    """Let replies leave again."""
    for row in m.OutgoingPause.objects.select_for_update():
        _switched(row, "resumed", who)
        row.delete()


def _switched(row: m.OutgoingPause, what: str, who: str = MACHINE) -> None:
    audit([m.AuditLine(who=who, what=f"outgoing.{what}", thing="outgoing", thing_id=0)])


def _well(row: m.Sender) -> None:
    row.error_code = row.error = ""
    row.error_since = None
    row.not_before, row.failures = {}, 0


def _moment(text: object) -> datetime:
    return datetime.fromisoformat(str(text))


def _locked(name: str) -> m.Sender:
    return m.Sender.objects.select_for_update().get_or_create(name=name)[0]
