"""What a question to a language model has cost so far."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Tally:
    """The requests that were `made`, and those of them that are `open`: they may have cost tokens
    which nobody counted. What the endpoint refused, or what did not reach it, costs none."""

    made: int = 0
    open: int = 0
