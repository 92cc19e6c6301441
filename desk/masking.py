"""Customers' messages as people read them: without abusive passages, unless they ask for them."""

from __future__ import annotations

from casebook import models as m
from casebook import reading
from casebook.config import settings
from casebook.policy import load_policy
from casebook.rows import triage_value
from casebook.types import Direction
from enrich.masking import masked_message


def seen(message: m.Message, *, unmask: bool = False) -> tuple[str, str]:
    """A message's subject and new text, masked by what its triage found; in the words of the
    customer with `unmask`, and where it was not judged."""
    row = getattr(message, "triage", None)
    if row is None or unmask:
        return message.subject, message.new_text
    hides = load_policy(settings().policy).masking.hides
    spans = triage_value(row).evidence
    return masked_message(message.subject, message.new_text, spans, hides, row.language)


def quoting(text: str, message: m.Message, *, unmask: bool = False) -> str:
    """`text` of ours, in which the subject of a message may stand, masked like the message."""
    subject, _ = seen(message, unmask=unmask)
    if not message.subject.strip() or subject == message.subject:
        return text
    return text.replace(message.subject.strip(), subject.strip())


def title(case: m.Case) -> str:
    """What a case is called (`reading.title`), masked."""
    called = reading.title(case)
    messages = case.messages.filter(direction=Direction.IN).select_related("triage")
    first = messages.order_by("pk").first()
    if first is None:
        return called
    subject, text = seen(first)
    return subject if case.subject.strip() else text[: len(called)]
