"""The guard: reads every text that could leave the house, whoever wrote it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from casebook.types import Finding

_SLOT = re.compile(
    r"\{\{.*?\}\}|\{%.*?%\}|\{[a-z_]{2,30}\}|\$\{\w+\}|<[A-Z_]{3,30}>|\[[A-Z_ ]{3,30}\]"
    r"|[〇○●◯]{2,}|[X×]{3,}(?=様|時|日|円)|\b(?:None|undefined|null|NaN|TODO|TBD)\b"
)
_WHEN = re.compile(
    r"\d{1,2}時|正午|営業日以内|時間以内|日以内|分以内|(?:本日|明日|明後日|今週|来週)中"
    r"|\d{1,2}月\d{1,2}日.{0,4}まで"
    r"|\bby (?:noon|\d|\w+day|tomorrow|today|the end of)|\bwithin (?:the )?(?:next )?"
    r"(?:\d+|an|one|two|three|four|five) (?:business |working )?(?:minute|hour|day)s?\b",
    re.IGNORECASE,
)


def guard(body: str, *, needs_time: bool) -> tuple[Finding, ...]:
    """What stands against sending `body`; all of it blocks.

    `unfilled_slot`: a template's slot, or a placeholder, was left in it. `no_due_time`: it names
    neither a time nor a span for the next contact, although `needs_time`.
    """
    return (*_slots(body), *_due(body, needs_time))


def _slots(body: str) -> Iterator[Finding]:
    for match in _SLOT.finditer(body):
        yield Finding(
            "unfilled_slot", match.start(), match.end(), "A slot of the template is not filled."
        )


def _due(body: str, needs_time: bool) -> Iterator[Finding]:
    if needs_time and not _WHEN.search(body):
        text = "The reply does not say when the customer hears from us next."
        yield Finding("no_due_time", 0, len(body), text)
