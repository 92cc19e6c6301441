"""What the guard judges."""

from __future__ import annotations

from dataclasses import dataclass

from casebook.acts import Reader
from casebook.types import Span, Visibility


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A text that could leave the house. `language` is the one it is meant to be in, `channel` as
    `casebook.types.Channel` names it. `personal` are the spans of personal data that stand in it
    (`enrich.personal_data.find`), without what is public of the company. `hosts` are ours beside
    the policy's domains: the desk's own pages. `acts` reads what its sentences do
    (`enrich.acts.read`)."""

    body: str
    acts: Reader
    language: str = ""
    channel: str = "email"
    visibility: Visibility = Visibility.PRIVATE
    personal: tuple[Span, ...] = ()
    hosts: tuple[str, ...] = ()
