"""What the audit tells, on its way to webhooks: in the transaction of the move, or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from secrets import token_hex
from typing import Any

from casebook import models as m
from casebook.events import Event, event_of


def announce(lines: Sequence[m.AuditLine]) -> None:
    """Queue a delivery for each event among these lines and each webhook that asked for it. Must
    run inside the transaction that made the lines."""
    told = [(line, event) for line in lines if (event := event_of(line.what, line.after))]
    if not told:
        return
    hooks = [(hook, set(hook.events)) for hook in m.Webhook.objects.filter(active=True)]
    wanted = [(line, event) for line, event in told if any(event in events for _, events in hooks)]
    if not wanted:
        return
    receipts = dict(
        m.Case.objects.filter(pk__in={line.case_id for line, _ in wanted}).values_list(
            "pk", "receipt"
        )
    )
    rows = []
    for line, event in wanted:
        document = _document(line, event, receipts.get(line.case_id or 0, ""))
        rows += [
            m.WebhookDelivery(webhook=hook, event=event.value, payload=document)
            for hook, events in hooks
            if event in events
        ]
    m.WebhookDelivery.objects.bulk_create(rows)


def _document(line: m.AuditLine, event: Event, receipt: str) -> dict[str, Any]:
    """What is sent: which thing of which case, who did it; no word of a customer's or of ours."""
    return {
        "id": f"evt_{token_hex(12)}",
        "type": event.value,
        "timestamp": line.at.isoformat(),
        "data": {
            **({} if line.thing == "case" else {line.thing: line.thing_id}),
            "case": receipt or None,
            "state": line.after or None,
            "by": line.who,
        },
    }
