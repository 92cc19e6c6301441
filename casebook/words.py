"""The words that point to a label: regular expressions, data of the policy.

They are matched on a copy of the text in NFKC and lower case, so they are written that way. A
pattern of a company's own must be as safe as ours: every repetition has an end, so that no text,
however hostile, makes one slow.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Annotated, Any

from pydantic import AfterValidator, Field, model_validator

from casebook.config import Table

_ENDLESS = re.compile(r"[*+]|\{\d{0,4},\}")
_MOST = 120
"""Times that one item may repeat: a phrase that needs more is no phrase."""
_PLAIN = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\]){0,400}\]", re.DOTALL)
_REPEATED = re.compile(r"\{(?:\d{1,9},)?(\d{1,9})\}")
# Joined with others, a pattern must not change how they are read, nor count on its groups' numbers.
_GLOBAL = re.compile(r"\(\?[aiLmsux]{1,8}\)|\\[1-9]|\(\?P")
_PART = re.compile(r"<([a-z_]{1,30})>")


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """A pattern ready to match. A dot takes line breaks too, for mailers break lines anywhere.
    Raises re.error where it is no pattern."""
    return re.compile(pattern, re.DOTALL)


def _pattern(text: str) -> str:
    bare = _PLAIN.sub("x", text)
    if _ENDLESS.search(bare):
        raise ValueError(f"{text!r} repeats without end: write {{0,20}} in place of * or +")
    if any(int(most) > _MOST for most in _REPEATED.findall(bare)):
        raise ValueError(f"{text!r} repeats something more than {_MOST} times")
    if _GLOBAL.search(text):
        raise ValueError(f"{text!r} has a flag, a named group or a reference to a group")
    try:
        compiled(text)
    except re.error as error:
        raise ValueError(f"{text!r} is no regular expression: {error}") from error
    return text


Pattern = Annotated[str, AfterValidator(_pattern)]
Patterns = tuple[Pattern, ...]
Kinds = dict[str, Patterns]
"""Patterns by the kind within a label: `life` within `threat`."""


class Words(Table):
    """Regular expressions that point to a label; any match counts.

    `<name>` in a pattern stands for the one of `parts` with that name. What `idioms` match is meant
    otherwise than it says (爆発的に人気, a killer deal) and points to nothing.
    """

    parts: dict[str, str] = Field(default_factory=dict)
    idioms: Patterns = ()
    spam: Patterns = ()
    auto: Patterns = ()
    complaint: Patterns = ()
    request: Patterns = ()
    inquiry: Patterns = ()
    praise: Patterns = ()
    crisis: Kinds = Field(default_factory=dict)
    urgent: Kinds = Field(default_factory=dict)
    threat: Kinds = Field(default_factory=dict)
    harassment: Kinds = Field(default_factory=dict)
    unreasonable: Kinds = Field(default_factory=dict)
    demands: Kinds = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _with_parts(cls, values: Any) -> Any:
        if not isinstance(values, dict) or not isinstance(parts := values.get("parts", {}), dict):
            return values
        return {k: v if k == "parts" else fill_in(v, parts) for k, v in values.items()}

    def labelled(self) -> Iterator[tuple[str, Patterns]]:
        """All patterns by label: `kind:spam`, `crisis:injury`, `demand:refund` and so on."""
        for kind in ("spam", "auto", "complaint", "request", "inquiry", "praise"):
            yield f"kind:{kind}", getattr(self, kind)
        tables: dict[str, Mapping[str, Patterns]] = {
            "crisis": self.crisis,
            "urgent": self.urgent,
            "threat": self.threat,
            "harassment": self.harassment,
            "unreasonable": self.unreasonable,
            "demand": self.demands,
        }
        for label, table in tables.items():
            for name, patterns in table.items():
                yield f"{label}:{name}", patterns


def fill_in(value: Any, parts: Mapping[str, Any]) -> Any:
    """`value` with each `<name>` in its texts replaced by the part of that name. Raises ValueError
    where there is none."""
    if isinstance(value, str):
        if unknown := next((m[1] for m in _PART.finditer(value) if m[1] not in parts), None):
            raise ValueError(f"{value!r}: there is no part {unknown!r}")
        return _PART.sub(lambda name: f"(?:{parts[name[1]]})", value)
    if isinstance(value, dict):
        return {key: fill_in(item, parts) for key, item in value.items()}
    return [fill_in(item, parts) for item in value] if isinstance(value, list) else value
