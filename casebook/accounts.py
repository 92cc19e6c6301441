"""Whose an account is: a network knows a person by one lasting name, in public and in private."""

from __future__ import annotations

from casebook.types import NETWORKS


def kin(channel: str) -> frozenset[str]:
    """The channels on which the same author is the same customer as on this one."""
    return NETWORKS if channel in NETWORKS else frozenset({channel})


def account(channel: str, author: str) -> str:
    """What is the same for the same account alone, on whichever of its `kin` channels it writes."""
    return f"{min(kin(channel))}:{author}"
