"""Webhooks: addresses that are told of events, and each event's way to them."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime, timedelta
from secrets import token_bytes, token_hex

from django.db import transaction
from django.db.models import Q

from casebook import models as m
from casebook.clock import now
from casebook.events import Event
from casebook.moves.base import MACHINE, audit, line, moved
from casebook.rows import clean
from casebook.states import DeliveryState

PAUSES = (1, 5, 30, 120, 300, 600, 840)
"""Minutes before each further try; after the last one a person has to ask for it."""

_SECRET_BYTES = 32
_WAITING = (DeliveryState.PENDING, DeliveryState.FAILED)


@transaction.atomic
def add_webhook(url: str, events: Sequence[Event], who: str) -> m.Webhook:
    """Tell this address of these events from now on; its secret is made here."""
    secret = f"whsec_{b64encode(token_bytes(_SECRET_BYTES)).decode('ascii')}"
    names = [event.value for event in events]
    row = m.Webhook.objects.create(url=url, secret=secret, events=names, author=who)
    audit([line(row, "added", "", "active", who=who, note=clean(url, 500))])
    return row


@transaction.atomic
def switch_webhook(key: int, who: str, *, active: bool, note: str = "") -> None:
    """Tell an address of events, or of none any more. Raises `Webhook.DoesNotExist`."""
    row = m.Webhook.objects.select_for_update().get(pk=key)
    before, row.active = _called(active=row.active), active
    row.save(update_fields=["active"])
    audit([line(row, "switched", before, _called(active=active), who=who, note=note)])


def _called(*, active: bool) -> str:
    return "active" if active else "off"


@transaction.atomic
def try_webhook(key: int, who: str) -> m.WebhookDelivery:
    """Queue a trial for an address. Raises `Webhook.DoesNotExist`."""
    hook = m.Webhook.objects.get(pk=key)
    document: dict[str, object] = {
        "id": f"evt_{token_hex(12)}",
        "type": "webhook.test",
        "timestamp": now().isoformat(),
        "data": {"by": who},
    }
    return _queued(hook, "webhook.test", document, who)


@transaction.atomic
def redeliver(key: int, who: str) -> m.WebhookDelivery:
    """Queue an event once more for the address it went to, under the id it had, by which its
    receiver knows it. Raises `WebhookDelivery.DoesNotExist`."""
    row = m.WebhookDelivery.objects.select_related("webhook").get(pk=key)
    return _queued(row.webhook, row.event, row.payload, who)


def _queued(
    hook: m.Webhook, event: str, document: dict[str, object], who: str
) -> m.WebhookDelivery:
    row = m.WebhookDelivery.objects.create(webhook=hook, event=event, payload=document)
    audit([line(row, "queued", "", row.state, who=who, note=event)])
    return row


@transaction.atomic
def claim_webhook(key: int) -> bool:
    """PENDING or FAILED → SENDING, before the network call. False where another has moved it."""
    row = _delivery(key)
    if row.state not in _WAITING:
        return False
    row.attempts += 1
    _move(row, DeliveryState.SENDING)
    return True


@transaction.atomic
def webhook_told(key: int, status: int) -> None:
    """SENDING → SENT: its receiver answered with this HTTP status."""
    row = _delivery(key)
    row.status, row.error, row.not_before = status, "", None
    _move(row, DeliveryState.SENT)


@transaction.atomic
def webhook_failed(key: int, why: str, status: int | None = None) -> None:
    """SENDING → FAILED, with a time for the next try unless it was the last one. `why` names the
    reason in a word; no word of the receiver's is kept."""
    row = _delivery(key)
    row.status, row.error = status, clean(why, 200)
    tries = row.attempts
    pause = PAUSES[tries - 1] if tries <= len(PAUSES) else None
    row.not_before = None if pause is None else now() + timedelta(minutes=pause)
    _move(row, DeliveryState.FAILED, row.error)


@transaction.atomic
def webhooks_left() -> int:
    """SENDING → FAILED, to be tried at once, for what a dead process left; returns how many. Its
    receiver knows an event that comes twice by its id. Whoever calls must be the only sender."""
    rows = list(m.WebhookDelivery.objects.select_for_update().filter(state=DeliveryState.SENDING))
    for row in rows:
        row.error, row.not_before = "interrupted", now()
        _move(row, DeliveryState.FAILED, row.error)
    return len(rows)


@transaction.atomic
def forget_webhook_log(before: datetime) -> int:
    """Remove deliveries that came to an end before a moment, or wait since then for an address that
    is switched off; returns how many."""
    ended = Q(state=DeliveryState.SENT) | Q(state=DeliveryState.FAILED, not_before=None)
    left = Q(state__in=_WAITING, webhook__active=False)
    return m.WebhookDelivery.objects.filter(ended | left, moved_at__lt=before).delete()[0]


def _delivery(key: int) -> m.WebhookDelivery:
    return m.WebhookDelivery.objects.select_for_update(of=("self",)).get(pk=key)


def _move(row: m.WebhookDelivery, after: DeliveryState, note: str = "") -> None:
    found = moved(row, after, who=MACHINE, note=": ".join(filter(None, (row.event, note))))
    row.moved_at = now()
    row.save()
    audit([found])
