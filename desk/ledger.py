"""The ledger of harassment: who, when, what, and the step that the policy proposes.

Nothing is decided here: a step is a proposal to people, with the words that the policy has for it.
"""

from __future__ import annotations

import csv
import os
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from casebook import models as m
from casebook.accounts import account, kin
from casebook.clock import now
from casebook.config import settings
from casebook.errors import ConfigError
from casebook.handling import StepName
from casebook.policy import load_policy
from casebook.states import EntryState
from casebook.types import Span
from desk.words import say

_STEP = {
    "warn": ("警告", "warn"),
    "restrict": ("対応の制限", "restrict"),
    "stop": ("対応の終了", "stop"),
}
_TYPE = {
    "physical_attack": ("身体的な攻撃", "physical attack"),
    "mental_attack": ("精神的な攻撃", "mental attack"),
    "dogeza": ("土下座の要求", "demand for dogeza"),
    "persistent": ("継続的・執拗な言動", "persistent"),
    "confinement": ("拘束的な行動", "confinement"),
    "discrimination": ("差別的な言動", "discrimination"),
    "sexual": ("性的な言動", "sexual"),
    "personal_attack": ("従業員個人への攻撃", "attack on an employee"),
    "excessive_demand": ("過大な要求", "excessive demand"),
}
_CONDUCT = {
    "unreasonable": ("過大な要求", "unreasonable"),
    "harassment": ("暴言など", "harassment"),
    "threat": ("脅迫", "threat"),
}
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")
"""What makes a spreadsheet take a cell for a formula:
https://owasp.org/www-community/attacks/CSV_Injection"""

_HEADING = (
    ("番号", "entry"),
    ("日時", "at"),
    ("経路", "channel"),
    ("お客様", "customer"),
    ("受付番号", "receipt"),
    ("区分", "conduct"),
    ("類型", "types"),
    ("該当箇所", "evidence"),
    ("状態", "state"),
)


@dataclass(frozen=True, slots=True)
class Customer:
    """An account with its entries, oldest first; `channel` is that of the first."""

    channel: str
    author: str
    entries: Sequence[m.HarassmentEntry]

    @property
    def standing(self) -> list[m.HarassmentEntry]:
        """The entries that count; a person may have withdrawn others."""
        return [entry for entry in self.entries if entry.state == EntryState.STANDING]

    @property
    def step(self) -> StepName | None:
        """The policy's step that the entries call for now."""
        protection = load_policy(settings().policy).protection
        return protection.proposed([entry.at for entry in self.standing], now())


def customers(author: str = "") -> list[Customer]:
    """Those in the ledger, or of one address or handle only; whoever wrote last comes first."""
    rows = m.HarassmentEntry.objects.select_related("message__case")
    if author:
        rows = rows.filter(author__iexact=author)
    held: dict[str, list[m.HarassmentEntry]] = defaultdict(list)
    for one in rows.order_by("at", "pk"):
        held[account(one.channel, one.author)].append(one)
    found = [Customer(of[0].channel, of[0].author, of) for of in held.values()]
    return sorted(found, key=lambda one: one.entries[-1].at, reverse=True)


def of_author(channel: str, author: str) -> Customer:
    """One account's page of the ledger; it may be empty."""
    rows = m.HarassmentEntry.objects.filter(channel__in=kin(channel), author=author)
    return Customer(channel, author, list(rows.select_related("message__case")))


def proposal(customer: Customer, language: str) -> str:
    """The step that is proposed and how the reply would say it in the customer's `language`; empty
    where none is."""
    name = customer.step
    if name is None:
        return ""
    step = getattr(load_policy(settings().policy).protection, name)
    count = len(customer.standing)
    told = say(
        f"{step_name(name)}（台帳に{count}件）。お伝えする文面：",
        f"{step_name(name)} ({count} in the ledger). Its wording:",
    )
    return f"{told}\n{step.wording.in_(language)}"


def entry_json(entry: m.HarassmentEntry) -> dict[str, Any]:
    """One entry as programs read it, its passages in the customer's words; time in ISO 8601."""
    return {
        "entry": entry.pk,
        "at": entry.at.isoformat(),
        "channel": entry.channel,
        "customer": entry.author,
        "receipt": receipt(entry),
        "conduct": entry.conduct,
        "types": entry.types,
        "evidence": entry.evidence,
        "state": entry.state,
    }


def export(path: Path, found: Iterable[Customer]) -> int:
    """Write the entries of these customers into a new CSV file that only its owner reads, with the
    customer's words; returns how many. Raises ConfigError where the name does not end in .csv or
    the file is there already."""
    if path.suffix.casefold() != ".csv":
        raise ConfigError(say(f"{path}: .csv で終わる名前にしてください", f"{path}: name it .csv"))
    rows = [_row(entry) for customer in found for entry in customer.entries]
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise ConfigError(
            say(f"{path}: すでにあります", f"{path}: is there already: name another")
        ) from error
    # Excel reads UTF-8 only where the file says so.
    with os.fdopen(descriptor, "w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([say(ja, en) for ja, en in _HEADING])
        writer.writerows([cell(value) for value in row] for row in rows)
    return len(rows)


def cell(text: str) -> str:
    """`text` as a spreadsheet shows it and never computes it."""
    return f"'{text}" if text.lstrip(" \u3000").startswith(_FORMULA) else text


def spans(entry: m.HarassmentEntry) -> list[Span]:
    """The passages of an entry."""
    return [Span(**span) for span in entry.evidence]


def step_name(name: StepName) -> str:
    """What a step is called."""
    return say(*_STEP[name])


def conduct_name(conduct: str) -> str:
    """What a conduct is called."""
    return say(*_CONDUCT.get(conduct, (conduct, conduct)))


def receipt(entry: m.HarassmentEntry) -> str:
    """The number of the case that an entry belongs to."""
    return entry.case.receipt if entry.case else ""


def types_told(names: Iterable[str]) -> str:
    """The ministry's types as people read them."""
    return say("、", ", ").join(say(*_TYPE.get(name, (name, name))) for name in names)


def _row(entry: m.HarassmentEntry) -> list[str]:
    zone = load_policy(settings().policy).zone
    return [
        str(entry.pk),
        entry.at.astimezone(zone).isoformat(timespec="seconds"),
        entry.channel,
        entry.author,
        receipt(entry),
        conduct_name(entry.conduct),
        types_told(entry.types),
        "\n".join(f"{span.label}: {span.text}" for span in spans(entry)),
        say("有効", "standing")
        if entry.state == EntryState.STANDING
        else say("取り消し", "withdrawn"),
    ]
