"""Scenarios: messages in the order of arrival, related without a record.

One line of JSON each: `{"id", "messages": [{"key", "source", "author", "at", "subject", "text",
"thread", "receipt"}]}`. `thread` is the key of the message that is answered, `receipt` the number,
of any format, under which our side filed the message; later messages may quote it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email.utils import parseaddr
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator, model_validator

from casebook.config import explain
from casebook.receipt import find_receipts
from casebook.types import KnownMessage, Relation
from connectors.quotes import new_text
from desk.evidence import told
from enrich.numbers import upper
from enrich.relate import relate

Documents = Callable[[Sequence[str]], list[bytes]]
"""Texts to vectors, as `enrich.embed.Encoder.documents` makes them."""

Key = str | int

_TELLING = 4
"""Characters from which a receipt of digits alone is known by itself."""
_BETWEEN = r"[\s\-_/.‐‑‒–—―−ー]"
_SEPARATOR = re.compile(f"{_BETWEEN}+")
_CALLED = re.compile(
    r"(?:番号|受付|受理|NO\b\.?|#|№|RECEIPT|TICKET|CASE|REF\w{0,8}|ID)[^0-9A-Z]{0,8}$"
)
_BEFORE = 24


class Message(BaseModel):
    """One message of a scenario; keys that are not named here are left alone."""

    model_config = ConfigDict(hide_input_in_errors=True)

    key: Key
    source: str = ""
    author: str = ""
    at: datetime
    subject: str | None = ""
    text: str
    thread: Key | None = None
    receipt: Key | None = None

    @field_validator("at")
    @classmethod
    def _aware(cls, value: datetime) -> datetime:
        return value if value.tzinfo else value.replace(tzinfo=UTC)

    @property
    def account(self) -> str:
        """Whose message it is: the mail address, else the name on its source."""
        address = parseaddr(self.author)[1].lower()
        if re.fullmatch(r"[^\s@<>]+@[^\s@<>]+", address):
            return address
        name = self.author.strip().casefold()
        return f"{self.source.casefold()}:{name}" if name else ""

    @property
    def new(self) -> str:
        """What its author wrote now; the content of a forward is his own words too."""
        return new_text(self.text, self.subject or "")


class Scenario(BaseModel):
    """Messages in the order of arrival."""

    model_config = ConfigDict(hide_input_in_errors=True)

    id: Key
    messages: tuple[Message, ...]

    @model_validator(mode="after")
    def _keys_differ(self) -> Scenario:
        keys = [str(message.key) for message in self.messages]
        if len(set(keys)) < len(keys):
            raise ValueError("two messages have the same key")
        return self

    def known(self, vectors: Sequence[bytes] = ()) -> list[KnownMessage]:
        """The messages as relations need them, keyed by their place from 1, with their vectors
        where there are any."""
        case_of: dict[str, int] = {}
        found = []
        for place, message in enumerate(self.messages, start=1):
            receipts = _quoted(message, case_of)
            filed = str(message.receipt).strip() if message.receipt is not None else ""
            found.append(
                KnownMessage(
                    key=place,
                    case=case_of.setdefault(filed, place) if filed else None,
                    author=message.account,
                    at=message.at,
                    subject=message.subject or "",
                    body=message.new,
                    message_id=str(message.key),
                    thread=() if message.thread in (None, "") else (str(message.thread),),
                    receipts=receipts,
                    vector=vectors[place - 1] if vectors else b"",
                )
            )
        return found


def parse(line: str | bytes) -> Scenario:
    """A scenario from its line. Raises ValueError with one clear line that shows no text."""
    try:
        found = json.loads(line)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError):
        raise ValueError("not readable as JSON") from None
    try:
        return Scenario.model_validate(found)
    except ValidationError as error:
        raise ValueError(explain(error, Scenario)) from None


def related(scenario: Scenario, documents: Documents) -> list[Relation]:
    """The relation of each message; its `of_message` is a place in the scenario, from 1."""
    texts = [f"{message.subject or ''}\n{message.new}" for message in scenario.messages]
    return relate(scenario.known(documents(texts) if texts else ()), [])


def as_row(scenario: Scenario, relations: Sequence[Relation]) -> dict[str, Any]:
    """What is printed of a scenario: keys instead of places, evidence in words."""
    keys = [message.key for message in scenario.messages]
    return {
        "id": scenario.id,
        "relations": [
            {
                "key": key,
                "relation": relation.kind.value,
                "of": keys[relation.of_message - 1] if relation.of_message else None,
                "evidence": told(relation.evidence),
                **_suggestions(keys, relation),
            }
            for key, relation in zip(keys, relations, strict=True)
        ],
    }


def _suggestions(keys: Sequence[Key], relation: Relation) -> dict[str, Any]:
    rows = [
        {"of": keys[found.of_message - 1], "evidence": told(found.evidence)}
        for found in relation.suggestions
    ]
    return {"suggestions": rows} if rows else {}


def _quoted(message: Message, case_of: dict[str, int]) -> dict[str, int]:
    """The earlier receipts that a message quotes: in its own words, else in what it answers."""
    for text in (f"{message.subject or ''}\n{message.new}", message.text):
        if found := {
            words: case for receipt, case in case_of.items() if (words := _quotes(text, receipt))
        }:
            return found
    return {}


def _quotes(text: str, receipt: str) -> str:
    """The words with which `text` quotes a receipt, whatever stands between its parts; else
    empty."""
    if receipt in find_receipts(text):
        return receipt
    plain = upper(text)
    parts = [re.escape(part) for part in _SEPARATOR.split(upper(receipt)) if part]
    pattern = f"{_BETWEEN}{{0,2}}".join(parts)
    for match in re.finditer(rf"(?<![A-Z0-9]){pattern}(?![A-Z0-9])", plain) if parts else ():
        before = plain[max(0, match.start() - _BEFORE) : match.start()]
        weak = match[0].isdigit() and len(match[0]) < _TELLING
        if not weak or _CALLED.search(before):
            return match[0]
    return ""
