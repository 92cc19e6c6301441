"""The ledger of harassment as people read it in a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from casebook.config import settings
from casebook.policy import load_policy
from casebook.states import EntryState
from casebook.types import Span
from desk.ledger import (
    Customer,
    conduct_name,
    proposal,
    receipt,
    spans,
    step_name,
    types_told,
)
from desk.screen import console, wide_table
from desk.show import when
from desk.words import plain, say
from enrich.masking import masked


def table(found: Sequence[Customer]) -> None:
    """Print one line for each customer."""
    if not found:
        console().print(Text(say("台帳に記録はありません。", "The ledger is empty.")))
        return
    shown = wide_table(
        say(f"台帳（{len(found):,}名）", f"Ledger ({len(found):,})"),
        (("件数", "Entries"), ("最後", "Last"), ("提案", "Proposed")),
        (("お客様", "Customer", 3), ("類型", "Types", 4)),
    )
    for one in found:
        kinds = sorted({kind for entry in one.standing for kind in entry.types})
        step = one.step
        cells = (
            f"{len(one.standing):,}",
            when(one.entries[-1].at),
            step_name(step) if step else "–",
            plain(one.author, 64),
            types_told(kinds),
        )
        shown.add_row(*map(Text, cells))
    console().print(shown)


def in_full(customer: Customer, *, unmask: bool = False) -> None:
    """Print a customer's entries and the step that is proposed; passages masked unless `unmask`."""
    screen = console()
    screen.print(Text(f"{plain(customer.author)} ({customer.channel})", style="bold"))
    for entry in customer.entries:
        withdrawn = say("取り消し", "withdrawn") if entry.state == EntryState.WITHDRAWN else ""
        cells = (when(entry.at), receipt(entry), conduct_name(entry.conduct), withdrawn)
        screen.print(Text("  ".join(filter(None, cells))))
        if entry.types:
            screen.print(Text(f"    {types_told(entry.types)}"))
        for span in spans(entry):
            screen.print(Text(f"    {span.label}: {plain(_passage(span, unmask), 200)}"))
    if told := proposal(customer, _language(customer)):
        screen.print(Text(f"\n{say('提案：', 'Proposed: ')}{told}"))


def _passage(span: Span, unmask: bool) -> str:
    if unmask:
        return span.text
    whole = Span(span.label, 0, len(span.text), span.text)
    return masked(span.text, [whole], load_policy(settings().policy).masking.hides)


def _language(customer: Customer) -> str:
    return customer.entries[-1].message.language if customer.entries else settings().language
