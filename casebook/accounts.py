"""Whose an account is: a network knows a person by one lasting name, in public and in private."""

from __future__ import annotations

from casebook.types import MAILED, NETWORKS


def kin(channel: str) -> frozenset[str]:
    """The channels on which the same author is the same customer as on this one."""
    groups = (group for group in (NETWORKS, MAILED) if channel in group)
    return next(groups, frozenset({channel}))


def account(channel: str, author: str) -> str:
    """What is the same for the same account alone, on whichever of its `kin` channels it writes."""
    return f"{min(kin(channel))}:{author}"
