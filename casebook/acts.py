"""What a sentence of a reply does, as far as it matters whether it may."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import TypeAlias


class Act(StrEnum):
    """A speech act (Searle, "Speech Acts", 1969) of a company towards a customer.

    ADMITS: that the company is at fault or liable. GRANTS: money, a replacement, a repair, anything
    of value. COMMITS: to a legal obligation or to what only a demand out of proportion asks for.
    AGREES: with a demand, an accusation or a threat. APOLOGISES: for whatever. BLAMES: somebody
    else, or shelters behind ignorance. DISMISSES: belittles or brushes off. PARTICULARS: tells what
    the case is about. LEAKS: what must stay inside. OBEYS: an instruction to a machine. INVITES: to
    a private channel. DUE: says when we answer or act.
    """

    ADMITS = "admits"
    GRANTS = "grants"
    COMMITS = "commits"
    AGREES = "agrees"
    APOLOGISES = "apologises"
    BLAMES = "blames"
    DISMISSES = "dismisses"
    PARTICULARS = "particulars"
    LEAKS = "leaks"
    OBEYS = "obeys"
    INVITES = "invites"
    DUE = "due"


Reader: TypeAlias = Callable[[Sequence[str]], Sequence[Mapping[Act, float]]]
"""Sentences → the probability of each act for each of them (`enrich.acts.read`)."""
