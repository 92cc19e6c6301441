"""What protects people: alerts that bring in a person at once, and the ledger of harassment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import timedelta

from django.db import transaction

from casebook import models as m
from casebook.clock import now
from casebook.config import settings
from casebook.handling import Alerts
from casebook.moves.base import MACHINE, audit, line, moved
from casebook.policy import load_policy
from casebook.rows import clean
from casebook.states import DeliveryState, EntryState
from casebook.types import AlertReason, Conduct, Span, Triage

Judged = tuple[m.Message, Triage]
"""A message and what it was found to be."""

_LONGEST_PAUSE = timedelta(hours=1)
"""How long an alert that did not arrive waits for its next try at the most."""

_BY_SEVERITY = {3: AlertReason.CRISIS, 2: AlertReason.URGENT}
_CONDUCTS = (Conduct.UNREASONABLE, Conduct.HARASSMENT, Conduct.THREAT)


def reason(alerts: Alerts, triage: Triage) -> AlertReason | None:
    """Why people are to be alerted of a message, the gravest reason; None where they are not. A
    threat and severity 3 always give one."""
    if triage.conduct is Conduct.THREAT:
        return AlertReason.THREAT
    if triage.severity == 3:
        return AlertReason.CRISIS
    if not alerts.wants(triage):
        return None
    if triage.conduct in alerts.conducts and triage.conduct is not Conduct.ORDINARY:
        return AlertReason(triage.conduct)
    return _BY_SEVERITY.get(triage.severity, AlertReason.NORMAL)


def protect(judged: Sequence[Judged]) -> None:
    """Open the alerts that these messages call for, and enter those whose conduct is not ordinary
    into the ledger. Must run inside the transaction that keeps their triage: both are on record,
    or neither is."""
    alerts = load_policy(settings().policy).alerts
    reasons = [(row, reason(alerts, triage)) for row, triage in judged]
    open_alerts(
        (row, row.case_id, why)
        for row, why in reasons
        if why is not None and row.case_id is not None
    )
    _enter(judged)


def open_alerts(calls: Iterable[tuple[m.Message, int, AlertReason]]) -> None:
    """Open alerts (message, case, reason), but for those that were opened before."""
    wanted: dict[tuple[int, str], m.Alert] = {}
    for message, case, why in calls:
        wanted.setdefault(
            (case, why.value), m.Alert(case_id=case, reason=why.value, message=message)
        )
    cases = {case for case, _ in wanted}
    known = m.Alert.objects.filter(case__in=cases, promise=None, draft=None)
    for key in known.values_list("case_id", "reason"):
        wanted.pop(key, None)
    made = m.Alert.objects.bulk_create(wanted.values())
    audit(line(alert, "opened", "", "", note=alert.reason) for alert in made)


@transaction.atomic
def address(alert: int, targets: Sequence[str]) -> bool:
    """Decide, once for all, which targets an alert goes to. False where it was done before."""
    row = m.Alert.objects.select_for_update().get(pk=alert)
    if row.addressed_at is not None:
        return False
    row.addressed_at = now()
    row.save(update_fields=["addressed_at"])
    m.AlertDelivery.objects.bulk_create(m.AlertDelivery(alert=row, target=name) for name in targets)
    audit([line(row, "addressed", "", "", note=", ".join(targets) or "no target")])
    return True


@transaction.atomic
def claim_delivery(key: int) -> bool:
    """PENDING or FAILED → SENDING, before the network call. False where another has moved it."""
    row = _delivery(key)
    if row.state not in (DeliveryState.PENDING, DeliveryState.FAILED):
        return False
    row.attempts += 1
    _move(row, DeliveryState.SENDING)
    return True


@transaction.atomic
def delivery_sent(key: int) -> None:
    """SENDING → SENT: the service has taken it."""
    row = _delivery(key)
    row.error, row.not_before = "", None
    _move(row, DeliveryState.SENT)


@transaction.atomic
def delivery_failed(key: int, why: str) -> bool:
    """SENDING → FAILED: it did not arrive, and is tried again after 1, 2, 4 … minutes. True when
    this reason is new for the target and is to be told. `why` holds neither a secret nor a
    customer's words."""
    row = _delivery(key)
    alike = m.AlertDelivery.objects.filter(target=row.target, error=clean(why))
    fresh = not alike.filter(state__in=[DeliveryState.FAILED, DeliveryState.SENDING]).exists()
    row.error = clean(why)
    row.not_before = now() + min(timedelta(minutes=2 ** min(row.attempts - 1, 8)), _LONGEST_PAUSE)
    _move(row, DeliveryState.FAILED, note=row.error)
    return fresh


@transaction.atomic
def delivery_uncertain(key: int, why: str) -> None:
    """SENDING → NEEDS_CHECK: it may have arrived, so only a person sends it again."""
    row = _delivery(key)
    row.error = clean(why)
    _move(row, DeliveryState.NEEDS_CHECK, note=row.error)


@transaction.atomic
def left_sending() -> int:
    """SENDING → NEEDS_CHECK for what a dead process left; returns how many. Whoever calls must be
    the only one that sends."""
    rows = list(
        m.AlertDelivery.objects.select_for_update().filter(state=DeliveryState.SENDING.value)
    )
    for row in rows:
        row.error = "interrupted while it was sent"
        _move(row, DeliveryState.NEEDS_CHECK, note=row.error)
    return len(rows)


@transaction.atomic
def settle_delivery(key: int, who: str, *, arrived: bool) -> None:
    """NEEDS_CHECK → SENT, or PENDING where `who` saw that it did not arrive.

    Raises IllegalMove where it is in another state.
    """
    row = _delivery(key)
    row.error, row.not_before = "", None
    _move(row, DeliveryState.SENT if arrived else DeliveryState.PENDING, who=who)


def judged_again(message: m.Message, triage: Triage, who: str) -> None:
    """What a person (`who`) says of a message: its entry in the ledger follows, and people are
    alerted where that is new. Nothing is removed: an entry on ordinary conduct is withdrawn, any
    other stands with the new types. Must run inside a transaction."""
    entry = m.HarassmentEntry.objects.select_for_update().filter(message=message).first()
    protect([(message, triage)])
    if entry is None:
        return
    ordinary = triage.conduct is Conduct.ORDINARY
    after = EntryState.WITHDRAWN if ordinary else EntryState.STANDING
    lines: list[m.AuditLine] = []
    if not ordinary:
        note = f"{entry.conduct} → {triage.conduct}: {', '.join(triage.conduct_types)}"
        lines.append(line(entry, "judged", "", "", who=who, note=note))
        _describe(entry, triage)
    if entry.state != after:
        lines.append(moved(entry, after, who=who))
    entry.save()
    audit(lines)


def of_conduct(span: Span) -> bool:
    """True for a passage of unreasonable, abusive or threatening conduct."""
    return span.label.partition(":")[0] in _CONDUCTS


def _enter(judged: Sequence[Judged]) -> None:
    found = [(row, triage) for row, triage in judged if triage.conduct is not Conduct.ORDINARY]
    known = m.HarassmentEntry.objects.filter(message__in=[row.pk for row, _ in found])
    entered = set(known.values_list("message__pk", flat=True))
    entries = [_entry(row, triage) for row, triage in found if row.pk not in entered]
    m.HarassmentEntry.objects.bulk_create(entries)
    audit(line(entry, "entered", "", entry.state) for entry in entries)


def _entry(row: m.Message, triage: Triage) -> m.HarassmentEntry:
    entry = m.HarassmentEntry(
        message=row, channel=row.channel, author=row.author, at=row.received_at
    )
    _describe(entry, triage)
    return entry


def _describe(entry: m.HarassmentEntry, triage: Triage) -> None:
    entry.conduct = triage.conduct.value
    entry.types = list(triage.conduct_types)
    entry.evidence = [asdict(span) for span in triage.evidence if of_conduct(span)]


def _delivery(key: int) -> m.AlertDelivery:
    return m.AlertDelivery.objects.select_for_update().get(pk=key)


def _move(
    row: m.AlertDelivery, after: DeliveryState, *, who: str = MACHINE, note: str = ""
) -> None:
    text = ": ".join(filter(None, (row.target, note)))
    found = moved(row, after, who=who, note=text)
    row.moved_at = now()
    row.save()
    audit([found])
