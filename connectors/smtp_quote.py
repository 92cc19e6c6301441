"""The customer's own words below a reply, as mail programs quote them, as text and as HTML."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo
from email.utils import format_datetime
from html import escape

from casebook.outbound import Quoted
from connectors.charsets import clean
from connectors.mime_headers import one_line

MAX_LINES = 200
MAX_CHARACTERS = 10_000
_MAX_NAME = 100
_DAYS = "月火水木金土日"
_CUT = {"ja": "（以下略）", "en": "[…]"}
_PAGE = """\
<!DOCTYPE html>
<html lang="{language}"><head><meta charset="{charset}"></head><body>
{body}
</body></html>
"""
_QUOTE = """
<p>{heading}</p>
<blockquote style="margin:0 0 0 .8ex;border-left:1px solid #ccc;padding-left:1ex">
{lines}
</blockquote>"""


@dataclass(frozen=True, slots=True)
class Quote:
    """What stands below a reply: the line that says whose words follow, and their lines."""

    heading: str
    lines: tuple[str, ...]


def quote(answers: Quoted, language: str, zone: tzinfo) -> Quote | None:
    """The quote of the message that a reply answers, bounded; None where it has no text.

    `language` is the reply's; the time is told in `zone`."""
    text = clean(answers.text).strip("\n")
    if not text.strip():
        return None
    lines = text[:MAX_CHARACTERS].split("\n")
    cut = len(text) > MAX_CHARACTERS or len(lines) > MAX_LINES
    kept = [line.rstrip() for line in lines[:MAX_LINES]]
    if cut:
        kept.append(_CUT["ja" if language == "ja" else "en"])
    return Quote(_heading(answers, language, zone), tuple(kept))


def as_text(body: str, quoted: Quote | None) -> str:
    """The reply as it stands, and below it the quote."""
    if quoted is None:
        return body
    lines = (f"> {line}" if line else ">" for line in quoted.lines)
    return "\n".join((body.rstrip("\n"), "", quoted.heading, *lines)) + "\n"


def as_html(body: str, quoted: Quote | None, language: str, charset: str) -> str:
    """The same as a page that loads nothing from anywhere."""
    told = _lines(body.strip("\n").split("\n"))
    if quoted is not None:
        told += _QUOTE.format(heading=escape(quoted.heading), lines=_lines(quoted.lines))
    return _PAGE.format(language=escape(language), charset=charset, body=told)


def _lines(lines: list[str] | tuple[str, ...]) -> str:
    return "<br>\n".join(map(escape, lines))


def _heading(answers: Quoted, language: str, zone: tzinfo) -> str:
    who = one_line(answers.display_name or answers.author)[:_MAX_NAME]
    at = answers.sent_at.astimezone(zone) if answers.sent_at else None
    if language == "ja":
        when = (
            f"{at.year}年{at.month}月{at.day}日({_DAYS[at.weekday()]}) {at:%H:%M}、" if at else ""
        )
        return f"{when}{who.removesuffix('様').rstrip()}様:"
    day = f"On {format_datetime(at)[:16]} at {at:%H:%M}, " if at else ""
    return f"{day}{who} wrote:"
