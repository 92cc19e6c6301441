"""Customers' messages as people read them: without abuse and personal data, unless they ask.

One rule holds on pages, in the API and on the command line. Hidden is what the policy's `masking`
names in what customers say, and where our own texts repeat it. Shown are who they are (name and
address of the account), what is needed to deal with the matter, and whatever has to be edited or
decided on, as it will leave. Whoever sees more asks for it, and the audit keeps that they did.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from django.db.models import Min

from casebook import models as m
from casebook import reading
from casebook.config import settings
from casebook.policy import load_policy
from casebook.rows import triage_value
from casebook.types import Direction, Span
from enrich.masking import Hides, again, masked, masked_message


def hides() -> Hides:
    """Which labels the policy hides."""
    return load_policy(settings().policy).masking.hides


def personal(text: str) -> tuple[Span, ...]:
    """The personal data in a text that the policy may hide; the company's own is none."""
    from enrich.personal_data import company_values

    return _personal(text, company_values(load_policy(settings().policy)))


@lru_cache(maxsize=1024)
def _personal(text: str, public: frozenset[str]) -> tuple[Span, ...]:
    from enrich.personal_data import find

    return find(text, public=public)


def seen(message: m.Message, *, unmask: bool = False) -> tuple[str, str]:
    """A message's subject and new text, masked; in the words of the customer with `unmask`."""
    if unmask:
        return message.subject, message.new_text
    spans, language = _passages(message)
    return masked_message(message.subject, message.new_text, spans, hides(), language)


def quoting(text: str, message: m.Message, *, unmask: bool = False) -> str:
    """`text` of ours, masked where it repeats what is hidden of the message."""
    if unmask:
        return text
    hide, (spans, language) = hides(), _passages(message)
    words = {span.text: span for span in spans if hide(span.label)}
    return masked(text, list(again(text, words.values())), hide, language)


def _passages(message: m.Message) -> tuple[tuple[Span, ...], str]:
    """What may be hidden of a message, in its subject, a line break and its new text, each with
    its words; and its language."""
    whole = f"{message.subject}\n{message.new_text}"
    row = getattr(message, "triage", None)
    judged = triage_value(row).evidence if row is not None else ()
    language = row.language if row is not None else message.language
    named = (replace(span, text=whole[max(0, span.start) : span.end]) for span in judged)
    return (*named, *personal(whole)), language if language in ("ja", "en") else ""


def repeats(version: m.DraftVersion, message: m.Message) -> bool:
    """Whether a wording says what is hidden of the message."""
    texts = (version.subject, version.body, version.private_body)
    return any(quoting(text, message) != text for text in texts)


def title(case: m.Case) -> str:
    """What a case is called (`reading.title`), masked."""
    return titles([case])[case.pk]


def titles(cases: Sequence[m.Case]) -> dict[int, str]:
    """What cases are called, by key, in one question: their subject, else the beginning of their
    first message, masked."""
    first = _firsts(cases)
    return {case.pk: _title(case, first.get(case.pk)) for case in cases}


def answer(case: m.Case) -> str:
    """The beginning of what the customer was answered last (`reading.answer`), masked."""
    return solved(reading.answer(case), _firsts([case]).get(case.pk))


def solution(case: m.Case) -> str:
    """How a case was solved (`reading.solution`), masked."""
    return solutions([case])[case.pk]


def solutions(cases: Sequence[m.Case]) -> dict[int, str]:
    """How cases were solved, by key, in two questions: their resolution, else the beginning of what
    was answered last, masked like what they began with."""
    told, first = reading.solutions(cases), _firsts(cases)
    return {key: solved(text, first.get(key)) for key, text in told.items()}


def solved(told: str, first: m.Message | None) -> str:
    """What is told of how a case was solved, masked like its first message."""
    return quoting(told, first) if first else told


def _firsts(cases: Sequence[m.Case]) -> dict[int | None, m.Message]:
    """The first messages of these cases."""
    incoming = m.Message.objects.filter(case__in=cases, direction=Direction.IN)
    keys = incoming.order_by().values("case").annotate(first=Min("pk")).values("first")
    rows = m.Message.objects.filter(pk__in=keys).select_related("triage")
    return {row.case_id: row for row in rows.defer("text", "references", "recipients")}


def _title(case: m.Case, first: m.Message | None) -> str:
    if first is None:
        return case.subject
    subject, text = seen(first)
    return subject if case.subject.strip() else text[: reading.EXCERPT]
