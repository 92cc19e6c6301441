"""Texts of one case without personal data, so that they can be shown outside, and the way back."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

from casebook.receipt import find_receipts
from casebook.types import Span

_RECEIPT = re.compile(
    r"(?<![A-Z0-9])M[-‐‑‒–—―−ー][0-9A-Z]{6}(?![A-Z0-9])", re.IGNORECASE | re.ASCII
)
_OURS, _OTHER = "receipt", "other receipt"
_RECEIPTS = {
    _OURS: ("〔受付番号〕", "[receipt number]"),
    _OTHER: ("〔別の受付番号〕", "[other receipt number]"),
}
_PERSON = "person"
_SHORTEST, _SHORTEST_LOCAL = 2, 4
"""Characters of a name, and of the local part of an address, that are looked for in a text."""


class Veil:
    """Puts placeholders for personal data, the same ones in all texts of one case."""

    def __init__(self, language: str, receipt: str, public: frozenset[str]) -> None:
        """`language` is that of the placeholders, `public` what `company_values` gives."""
        from enrich.personal_data import Placeholders

        self._names = Placeholders(language)
        self._english = language == "en"
        self._receipt, self._public = receipt, public

    def hide(self, text: str, known: Iterable[str] = ()) -> tuple[str, dict[str, str]]:
        """`text` with placeholders, and what each of them stands for in it. `known` are names and
        addresses of the people concerned: they are hidden wherever they stand."""
        from enrich.personal_data import find

        found = find(text, names=True, public=self._public)
        pieces: list[str] = []
        values: dict[str, str] = {}
        end = 0
        for span in _merged([*found, *_said(text, known), *self._receipts(text)], text):
            name = self._name(span)
            values.setdefault(name, span.text)
            pieces += text[end : span.start], name
            end = span.end
        return "".join((*pieces, text[end:])), values

    def _receipts(self, text: str) -> Iterator[Span]:
        """A receipt number lets whoever quotes it into the case."""
        for match in _RECEIPT.finditer(_narrow(text)):
            label = _OURS if self._receipt in find_receipts(match[0]) else _OTHER
            yield Span(label, *match.span(), text[match.start() : match.end()])

    def _name(self, span: Span) -> str:
        if span.label in _RECEIPTS:
            return _RECEIPTS[span.label][self._english]
        return self._names.name(span)


def _said(text: str, known: Iterable[str]) -> Iterator[Span]:
    plain = _narrow(text)
    for name in known:
        words = {name, *re.split(r"[\s　・,、/]+", name)}
        if "@" in name and len(local := name.partition("@")[0]) >= _SHORTEST_LOCAL:
            words.add(local)
        for word in {_narrow(one).strip() for one in words}:
            if len(word) >= _SHORTEST and any(one.isalpha() for one in word):
                for match in re.finditer(
                    rf"(?<![A-Za-z0-9]){re.escape(word)}(?![A-Za-z0-9])", plain, re.IGNORECASE
                ):
                    yield Span(_PERSON, *match.span(), text[match.start() : match.end()])


def _merged(spans: Iterable[Span], text: str) -> list[Span]:
    """The spans in their order; where some overlap, one over all of them, named by the longest."""
    found: list[Span] = []
    for span in sorted(spans, key=lambda one: (one.start, one.start - one.end)):
        if not found or span.start >= found[-1].end:
            found.append(span)
            continue
        last = found[-1]
        end = max(last.end, span.end)
        label = max((last, span), key=lambda one: one.end - one.start).label
        found[-1] = Span(label, last.start, end, text[last.start : end])
    return found


def _narrow(text: str) -> str:
    """`text` with full width letters as ASCII, one for one."""
    return "".join(
        folded if len(folded := unicodedata.normalize("NFKC", one)) == 1 else one for one in text
    )
