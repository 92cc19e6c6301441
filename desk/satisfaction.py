"""How satisfied customers are with how their cases ended: figures by month, no names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from rich.text import Text

from casebook import models as m
from casebook.config import settings
from casebook.policy import load_policy
from casebook.resolved import surveys
from desk.screen import console, wide_table
from desk.words import say

_SATISFIED = 4
"""The least CSAT that counts as satisfied: the usual figure is the share of 4 and 5."""
_PROMOTER, _DETRACTOR = 9, 6
"""NPS: from 9 on a promoter, up to 6 a detractor (Reichheld 2003)."""


def figures() -> dict[str, Any]:
    """All months by the month of asking (policy's time zone), oldest first, and the total."""
    zone = load_policy(settings().policy).zone
    rows = list(surveys())
    months = groupby(rows, key=lambda row: row.asked_at.astimezone(zone).strftime("%Y-%m"))
    return {
        "months": [{"month": month, **_figures(found)} for month, found in months],
        "total": _figures(rows),
    }


def _figures(rows: Iterable[m.Survey]) -> dict[str, Any]:
    found = list(rows)
    scores = [row.score for row in found if row.score is not None]
    likely = [row.recommend for row in found if row.recommend is not None]
    satisfied = sum(score >= _SATISFIED for score in scores)
    balance = sum(one >= _PROMOTER for one in likely) - sum(one <= _DETRACTOR for one in likely)
    return {
        "asked": len(found),
        "answered": len(scores),
        "mean": round(sum(scores) / len(scores), 2) if scores else None,
        "satisfied": round(satisfied / len(scores), 4) if scores else None,
        "nps": round(100 * balance / len(likely)) if likely else None,
    }


def table(found: dict[str, Any]) -> None:
    """Print the figures, one line a month."""
    if not found["months"]:
        nothing = say("アンケートはまだありません。", "No survey was sent yet.")
        console().print(Text(nothing))
        return
    shown = wide_table(
        say("満足度アンケート", "Satisfaction survey"),
        (
            ("月", "Month"),
            ("送付", "Asked"),
            ("回答", "Answered"),
            ("平均（1〜5）", "Mean (1–5)"),
            ("満足（4・5）", "Satisfied (4–5)"),
            ("NPS", "NPS"),
        ),
        (),
    )
    shown.expand = False
    for row in found["months"]:
        shown.add_row(*map(Text, _cells(row["month"], row)))
    if len(found["months"]) > 1:
        shown.add_row(*map(Text, _cells(say("合計", "Total"), found["total"])))
    console().print(shown)


def _cells(title: str, row: dict[str, Any]) -> Sequence[str]:
    mean, share, nps = row["mean"], row["satisfied"], row["nps"]
    return (
        title,
        f"{row['asked']:,}",
        f"{row['answered']:,}",
        "–" if mean is None else f"{mean:.2f}",
        "–" if share is None else f"{share:.0%}",
        "–" if nps is None else f"{nps:+d}",
    )
