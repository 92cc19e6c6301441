"""From plain values to rows of the record: what fits, cleaned of what a database refuses."""

from __future__ import annotations

from collections.abc import Iterable

from casebook import models as m
from casebook.clock import now
from casebook.states import CaseState, MessageState
from casebook.types import (
    NETWORKS,
    Attachment,
    Conduct,
    Direction,
    Inbound,
    Kind,
    PastCase,
    Span,
    Triage,
)


def attachment_rows(message: m.Message, attachments: Iterable[Attachment]) -> list[m.Attachment]:
    """The rows of a message's attachments, in their order."""
    return [
        m.Attachment(
            message=message,
            position=place,
            name=clean(attachment.name),
            type=clean(attachment.type, 255),
            bytes=attachment.bytes,
        )
        for place, attachment in enumerate(attachments)
    ]


def triage_row(message: int, triage: Triage) -> m.Triage:
    """The row of the triage of the message with this key."""
    return m.Triage(
        message_id=message,
        kind=triage.kind,
        severity=triage.severity,
        conduct=triage.conduct,
        language=triage.language,
        labels={
            "cause": triage.cause,
            "conduct_types": list(triage.conduct_types),
            "anger": triage.anger,
            "products": list(triage.products),
            "crisis": list(triage.crisis),
            "demands": list(triage.demands),
            "entities": {name: list(values) for name, values in triage.entities.items()},
            "missing": list(triage.missing),
        },
        evidence=[_span(span) for span in triage.evidence],
        confidence=dict(triage.confidence),
    )


def _span(span: Span) -> dict[str, object]:
    # Thousands an intake, which dataclasses.asdict copies field by field.
    return {"label": span.label, "start": span.start, "end": span.end, "text": span.text}


def triage_value(row: m.Triage) -> Triage:
    """The triage that a row holds."""
    labels = row.labels
    return Triage(
        kind=Kind(row.kind),
        severity=row.severity,
        conduct=Conduct(row.conduct),
        language=row.language,
        cause=labels.get("cause", ""),
        conduct_types=tuple(labels.get("conduct_types", ())),
        anger=labels.get("anger", 0),
        products=tuple(labels.get("products", ())),
        crisis=tuple(labels["crisis"]),
        demands=tuple(labels["demands"]),
        entities={name: tuple(values) for name, values in labels["entities"].items()},
        missing=tuple(labels["missing"]),
        evidence=tuple(Span(**span) for span in row.evidence),
        confidence=row.confidence,
    )


def message_row(source: m.Source | None, inbound: Inbound) -> m.Message:
    """The row of an incoming message, RECEIVED."""
    return m.Message(
        identity=inbound.identity,
        source=source,
        external_id=clean(inbound.external_id),
        channel=inbound.channel,
        visibility=inbound.visibility,
        author=clean(inbound.author, 320),
        display_name=clean(inbound.display_name, 320),
        recipients=[clean(address, 320) for address in inbound.recipients],
        sent_at=inbound.sent_at,
        subject=clean(inbound.subject),
        text=clean(inbound.text),
        new_text=clean(inbound.new_text),
        # An index entry of PostgreSQL holds 2,704 bytes at most.
        # On a network the service's own name is what answers refer to.
        message_id=clean(inbound.message_id or _name(inbound), 500),
        in_reply_to=clean(inbound.in_reply_to, 500),
        references=[clean(reference, 500) for reference in inbound.references],
        permalink=clean(inbound.permalink),
        flags=list(inbound.flags.names()),
        defects=[clean(defect) for defect in inbound.defects],
        truncated=inbound.truncated,
        receipt=inbound.receipt or None,
    )


def _name(inbound: Inbound) -> str:
    return inbound.external_id if inbound.channel in NETWORKS else ""


def clean(text: str, limit: int | None = None) -> str:
    """`text` as both databases take it: PostgreSQL refuses NUL, UTF-8 refuses lone surrogates."""
    return text.replace("\0", "")[:limit].encode("utf-8", "replace").decode("utf-8")


def past_case_row(past: PastCase, receipt: str) -> m.Case:
    """The row of a case that was settled before Madoguchi came, CLOSED."""
    arrived = past.inbound.sent_at or past.replied_at or now()
    return m.Case(
        receipt=receipt,
        origin=past.origin,
        state=CaseState.CLOSED,
        channel=past.inbound.channel,
        author=clean(past.inbound.author, 320),
        display_name=clean(past.inbound.display_name, 320),
        language=past.language,
        subject=clean(past.inbound.subject),
        opened_at=arrived,
        replied_at=past.replied_at,
        resolved_at=past.resolved_at,
        resolution=clean(past.resolution),
        product=clean(past.product, 255),
        cause=clean(past.cause, 64),
    )


def settle_past(message: m.Message, case: m.Case, past: PastCase) -> None:
    """Make an inserted message that of a past case: it was answered long ago, and came then."""
    message.case, message.language = case, past.language
    message.state = MessageState.ANSWERED.value
    message.received_at = case.opened_at
    message.save(update_fields=["case", "language", "state", "received_at"])


def past_reply_row(case: m.Case, past: PastCase) -> m.Message:
    """The row of the reply that went out in a past case."""
    return m.Message(
        identity=f"{past.inbound.identity}:reply",
        case=case,
        direction=Direction.OUT,
        state=MessageState.ANSWERED,
        channel=past.inbound.channel,
        visibility=past.inbound.visibility,
        author="",
        recipients=[case.author],
        sent_at=past.replied_at,
        subject=case.subject,
        text=clean(past.reply),
        new_text=clean(past.reply),
        language=past.language,
        received_at=past.replied_at or case.opened_at,
        in_reply_to=clean(past.inbound.message_id, 500),
    )
