"""What a message is, how grave, what is asked, and how the person deals with us.

Words of the policy decide; each that was seen is kept as evidence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from itertools import islice

from casebook.policy import Words
from casebook.types import Conduct, Kind, Span, Triage
from enrich.clean import MAX_CHARACTERS
from enrich.numbers import matter_numbers, order_numbers

_SEEN = 0.8
"""Confidence of a label that words speak for."""
_GUESSED = 0.4
"""Confidence of a label that nothing speaks for: the most harmless one."""
_MOST = 20
"""Matches of one pattern that are kept: repeating a word proves no more."""


def triage(words: Words, subject: str, text: str, language: str) -> Triage:
    """Judge one message by its first MAX_CHARACTERS. Spans count in `subject`, a line break,
    `text`."""
    whole = f"{subject}\n{text}"[:MAX_CHARACTERS]
    crisis = _named(words.crisis, whole)
    urgent = _named(words.urgent, whole)
    conduct, conduct_spans = _conduct(words, whole)
    demands = _named(words.demands, whole)
    kind, kind_spans = _kind(words, whole, bool(demands))
    if conduct is not Conduct.ORDINARY or crisis or urgent:
        kind = Kind.COMPLAINT
    entities = _entities(whole)
    return Triage(
        kind=kind,
        severity=_severity(kind, conduct, bool(crisis), bool(urgent)),
        conduct=conduct,
        language=language,
        crisis=tuple(dict.fromkeys((*crisis, *(name for name in urgent if name != "unanswered")))),
        demands=tuple(demands),
        entities=entities,
        missing=_missing(kind, bool(entities), whole),
        evidence=(
            *(span for spans in (*crisis.values(), *urgent.values()) for span in spans),
            *conduct_spans,
            *kind_spans,
            *(span for spans in demands.values() for span in spans),
        ),
        confidence={
            "kind": _SEEN if kind_spans or crisis or urgent else _GUESSED,
            "conduct": _SEEN if conduct_spans else _GUESSED,
        },
    )


def _severity(kind: Kind, conduct: Conduct, crisis: bool, urgent: bool) -> int:
    if crisis:
        return 3
    if urgent or conduct is Conduct.THREAT:
        return 2
    return 1 if kind in (Kind.COMPLAINT, Kind.REQUEST) else 0


def _conduct(words: Words, text: str) -> tuple[Conduct, list[Span]]:
    for conduct in (Conduct.THREAT, Conduct.HARASSMENT, Conduct.UNREASONABLE):
        if spans := list(_spans(conduct, getattr(words, conduct), text)):
            return conduct, spans
    return Conduct.ORDINARY, []


def _kind(words: Words, text: str, demanding: bool) -> tuple[Kind, list[Span]]:
    order = (Kind.SPAM, Kind.COMPLAINT, Kind.PRAISE, Kind.REQUEST, Kind.INQUIRY)
    found = {kind: list(_spans(kind, getattr(words, kind), text)) for kind in order}
    complaints = len(found[Kind.COMPLAINT])
    # One word makes no spam: customers write of unsubscribe links and of advertisements too.
    spam = sum(bool(list(_spans(Kind.SPAM, [pattern], text))) for pattern in words.spam) > 1
    # A complaint that is overlooked hurts most. Its politeness asks and thanks, so questions never
    # outweigh it, thanks only where they prevail and nothing is demanded.
    if spam and not complaints and not demanding:
        best = Kind.SPAM
    elif len(found[Kind.PRAISE]) > complaints and not demanding:
        best = Kind.PRAISE
    elif complaints:
        best = Kind.COMPLAINT
    else:
        best = max((Kind.REQUEST, Kind.INQUIRY), key=lambda kind: len(found[kind]))
    return (best, found[best]) if found[best] else (Kind.INQUIRY, [])


def _entities(text: str) -> dict[str, tuple[str, ...]]:
    orders = order_numbers(text)
    found = {"order_number": orders, "number": matter_numbers(text) - orders}
    return {name: tuple(sorted(values)) for name, values in found.items() if values}


def _missing(kind: Kind, numbered: bool, text: str) -> tuple[str, ...]:
    if kind is not Kind.COMPLAINT or numbered:
        return ()
    return (
        ("order_number",) if re.search(r"注文|購入|買|届|order|bought|deliver", text, re.I) else ()
    )


def _named(table: Mapping[str, tuple[str, ...]], text: str) -> dict[str, list[Span]]:
    found = {name: list(_spans(name, patterns, text)) for name, patterns in table.items()}
    return {name: spans for name, spans in found.items() if spans}


def _spans(label: str, patterns: Iterable[str], text: str) -> Iterable[Span]:
    for pattern in patterns:
        for match in islice(_compiled(pattern).finditer(text), _MOST):
            if match[0]:
                yield Span(label, match.start(), match.end(), match[0])


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    # Mailers break lines anywhere, so a dot spans them.
    return re.compile(pattern, re.IGNORECASE | re.DOTALL)
