"""Webhooks on their way: what the moves queued, sent by the minute or by command.

At least once: a delivery that may have arrived is sent again under the id that its receiver knows.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain, zip_longest

from django.db.models import F, Max, Q

from casebook import models as m
from casebook import moves
from casebook.clock import now
from casebook.config import settings
from casebook.locks import exclusive
from casebook.moves.base import MACHINE
from casebook.states import DeliveryState
from connectors.webhook import Answer, post

KEPT = timedelta(days=30)
"""How long the log keeps what came to an end."""

PATIENCE = timedelta(days=5)
"""How long an address may take nothing before it is switched off."""

_EACH = 200
"""Deliveries that one run takes to one address."""
_SECONDS = 30
"""Seconds after which a run begins no further delivery: the next minute goes on."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What one run did: deliveries that arrived, and those that did not."""

    sent: int
    failed: int

    def line(self) -> str:
        """The one line that a run leaves in the log."""
        return f"webhooks: {self.sent} sent, {self.failed} failed"


def due() -> list[int]:
    """The deliveries that are to be sent now, by turns one to each address, the oldest first; after
    them those to addresses that failed last, whoever waits longest before the others. Those of
    addresses that are switched off wait."""
    failed = Max("deliveries__moved_at", filter=Q(deliveries__state=DeliveryState.FAILED))
    sent = Max("deliveries__moved_at", filter=Q(deliveries__state=DeliveryState.SENT))
    hooks = m.Webhook.objects.filter(active=True).annotate(failed=failed, sent=sent)
    failing = hooks.filter(failed__isnull=False).filter(Q(sent=None) | Q(sent__lt=F("failed")))
    late = [_waiting(hook) for hook in failing.order_by("failed", "pk")]
    well = [_waiting(hook) for hook in hooks.exclude(pk__in=failing.values("pk")).order_by("pk")]
    turns = chain.from_iterable(chain(zip_longest(*well), zip_longest(*late)))
    return [key for key in turns if key is not None]


def _waiting(hook: m.Webhook) -> list[int]:
    waits = Q(state__in=[DeliveryState.PENDING, DeliveryState.SENDING]) | Q(
        state=DeliveryState.FAILED, not_before__lte=now()
    )
    rows = m.WebhookDelivery.objects.filter(waits, webhook=hook)
    return list(rows.order_by("pk").values_list("pk", flat=True)[:_EACH])


def tell(keys: list[int]) -> Summary:
    """Send these deliveries, one after the other; an address that fails is left alone until the
    next run, and one to which nothing came for days is switched off. Nothing is done where another
    process sends."""
    with exclusive("webhooks") as alone:
        if not alone:
            return Summary(0, 0)
        moves.webhooks_left()
        moves.forget_webhook_log(now() - KEPT)
        return _tell(keys)


def _tell(keys: list[int]) -> Summary:
    sent, failed, failing = 0, 0, set[int]()
    began = time.monotonic()
    for key in keys:
        if time.monotonic() - began > _SECONDS:
            break
        row = m.WebhookDelivery.objects.select_related("webhook").filter(pk=key).first()
        if row is None or row.webhook_id in failing or not moves.claim_webhook(row.pk):
            continue
        if _deliver(row):
            sent += 1
        else:
            failed += 1
            failing.add(row.webhook_id)
    return Summary(sent, failed)


def _deliver(row: m.WebhookDelivery) -> bool:
    """Send a claimed delivery, and keep what became of it; True when it arrived."""
    answer = _posted(row)
    if answer.taken and answer.status is not None:
        moves.webhook_told(row.pk, answer.status)
        return True
    moves.webhook_failed(row.pk, answer.why or f"HTTP {answer.status}", answer.status)
    if answer.gone:
        moves.switch_webhook(row.webhook_id, MACHINE, active=False, note="410 Gone")
    elif _given_up(row):
        moves.switch_webhook(row.webhook_id, MACHINE, active=False, note="unreachable")
    return False


def _given_up(row: m.WebhookDelivery) -> bool:
    """Whether something was tried longer ago than PATIENCE, and nothing came to its address since,
    nor did a person switch it on."""
    rows = m.WebhookDelivery.objects.filter(webhook=row.webhook_id)
    told = rows.filter(state=DeliveryState.SENT).aggregate(at=Max("moved_at"))["at"]
    switches = m.AuditLine.objects.filter(
        thing="webhook", thing_id=row.webhook_id, what="webhook.switched", after="active"
    )
    on = switches.aggregate(at=Max("at"))["at"]
    since = max(filter(None, (told, on)), default=None)
    tried = rows.filter(attempts__gt=0, created_at__lte=now() - PATIENCE)
    return (tried if since is None else tried.filter(created_at__gt=since)).exists()


def _posted(row: m.WebhookDelivery) -> Answer:
    table = settings().api
    return post(
        row.webhook.url,
        row.webhook.secret,
        row.payload["id"],
        int(now().timestamp()),
        json.dumps(row.payload, ensure_ascii=False, separators=(",", ":")).encode(),
        seconds=table.webhook_seconds,
        private=table.private_networks,
    )
