"""The guard: reads every text that could leave the house, whoever wrote it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

from casebook.types import Finding

_FIELD = r"[A-Za-z_][\w. -]{0,40}"
_FIELD_JA = "お?名前|ご?氏名|担当者名?|会社名|日付|日時|受付番号|注文番号|商品名"
_SLOT = re.compile(
    rf"\{{\{{|\}}\}}|\{{%|%\}}|\$?\{{{_FIELD}\}}|%\({_FIELD}\)s|<[A-Z_]{{3,30}}>"
    r"|\[[A-Z_ ]{3,30}\]|\[(?i:your|insert|customer|company|name|date)\b[^\]\n]{0,40}\]"
    rf"|[［\[【《＜<](?:{_FIELD_JA})[］\]】》＞>]"
    r"|[〇○●◯△▲□■]{2,}|[XxＸ×]{2,}(?=\s?(?:様|さま|時|日|月|円))|[_＿]{3,}"
    # Japanese letters are word characters: \b would not end "None" before them.
    r"|(?<![A-Za-z])(?:None(?! (?:of|other|the)\b)|undefined|null(?! and\b)|NaN|TODO|TBD)"
    r"(?![A-Za-z])"
)
_SOME = "[0-9０-９一二三四五六七八九十数]{1,4}"
_CLOCK_JA = f"(?:{_SOME}時(?:{_SOME}分|半)?|正午)(?:頃|ごろ)?"
_MONTH_EN = "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}"
_MOMENT_EN = (
    "(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|to(?:day|morrow|night)|noon|midnight"
    r"|[0-9]{1,2}(?::[0-9]{2})? ?[ap]\.?m\b|(?:the )?[0-9]{1,2}(?:st|nd|rd|th)\b"
    rf"|[0-9]{{1,2}} {_MONTH_EN}|{_MONTH_EN} [0-9]{{1,2}}|[0-9]{{1,2}}:[0-9]{{2}})"
)
_WHEN = re.compile(
    # A time of day alone may be one of the customer's story, so a promise must follow it.
    rf"{_CLOCK_JA}(?:まで|に[^。\n]{{0,60}}(?:します|致します|申し上げ|差し上げ))"
    rf"|{_SOME}日(?:[（(].[）)])?(?:中|まで)|{_SOME}(?:営業日|時間|日|分|週間)以内|翌営業日"
    r"|(?:午前|午後|本日|今日|明日|明後日|翌日|今週|来週|今月)(?:中|まで)|夕方まで|週明け"
    rf"|\bwill [^.\n]{{0,60}}\b(?:at|on) {_MOMENT_EN}"
    rf"|\b(?:by|before|until) (?:about |around )?{_MOMENT_EN}|\bby the (?:end|close) of\b"
    r"|\btomorrow\b|\bwithin the (?:hour|day)\b|\bnext (?:working|business) day\b"
    r"|\b(?:with)?in (?:the )?(?:next )?(?:[0-9]{1,3}|an?|one|two|three|four|five|ten)"
    r"(?: business| working)? (?:minute|hour|day|week)s?\b",
    re.IGNORECASE,
)

CODES = frozenset({"unfilled_slot", "no_due_time", "due_differs", "admits_fault"})
"""Codes of its findings: another wording of the text answers them, and no others."""


def guard(
    body: str,
    *,
    needs_time: bool,
    due_said: str | tuple[str, ...] = "",
    forbidden: Iterable[str] = (),
) -> tuple[Finding, ...]:
    """What stands against sending `body`; all of it blocks.

    `unfilled_slot`: a template's slot, or a placeholder, was left in it. `no_due_time`: it names
    neither a time nor a span for the next contact, although `needs_time`. `due_differs`: it names
    another time than `due_said` (as `due.say_due` words it, or any of the ways to say it; empty:
    none), which is the one that will be watched. `admits_fault`: it says what one of the
    `forbidden` expressions matches (the policy's `forbidden_apologies`), so it admits fault before
    the facts are established.
    """
    said = (due_said,) if isinstance(due_said, str) else due_said
    return (*_slots(body), *_due(body, needs_time, said), *_admissions(body, forbidden))


def _slots(body: str) -> Iterator[Finding]:
    for match in _SLOT.finditer(body):
        yield Finding(
            "unfilled_slot", match.start(), match.end(), "A slot of the template is not filled."
        )


def _due(body: str, needs_time: bool, said: tuple[str, ...]) -> Iterator[Finding]:
    if not needs_time:
        return
    when = _WHEN.search(body)
    if when is None:
        text = "The reply does not say when the customer hears from us next."
        yield Finding("no_due_time", 0, len(body), text)
    elif any(said) and not any(_folded(one) in _folded(body) for one in said):
        text = f"The time that is watched is another one; the reply must say: {said[0]}"
        yield Finding("due_differs", when.start(), when.end(), text)


def _admissions(body: str, forbidden: Iterable[str]) -> Iterator[Finding]:
    for pattern in forbidden:
        for match in re.finditer(pattern, body, re.IGNORECASE):
            text = "It admits fault, or promises to pay, before the facts are established."
            yield Finding("admits_fault", match.start(), match.end(), text)


def _folded(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())
