"""Personal data in a text: where it stands, and the text without it.

`find` reads by patterns and check digits, which needs no model; with `names` it also asks the named
entity recognition of ja-ginza, through Microsoft Presidio (`enrich.personal_data.presidio`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache

from casebook.policy import Policy
from casebook.receipt import without_receipts
from casebook.types import Span
from enrich.personal_data import (
    accounts,
    births,
    numbers,
    people_english,
    people_japanese,
    phones,
    places,
    plates,
)
from enrich.personal_data.folding import Folded, fold, in_digits
from enrich.personal_data.rules import Candidate, Rule, Type, apply, standing

RULES: tuple[Rule, ...] = (
    *phones.RULES,
    *numbers.RULES,
    *places.RULES,
    *plates.RULES,
    *accounts.RULES,
    *births.RULES,
    *people_japanese.RULES,
    *people_english.RULES,
)

_WORDS = {
    Type.PERSON: ("氏名", "person"),
    Type.PHONE: ("電話番号", "phone"),
    Type.EMAIL: ("メール", "email"),
    Type.POSTAL_CODE: ("郵便番号", "postal code"),
    Type.ADDRESS: ("住所", "address"),
    Type.CARD: ("カード番号", "card"),
    Type.MY_NUMBER: ("マイナンバー", "my number"),
    Type.BANK_ACCOUNT: ("口座番号", "bank account"),
    Type.ORDER_NUMBER: ("注文番号", "order number"),
    Type.BIRTH_DATE: ("生年月日", "birth date"),
    Type.PASSPORT: ("旅券番号", "passport"),
    Type.LICENSE_PLATE: ("車両番号", "license plate"),
    Type.HANDLE: ("アカウント", "handle"),
    Type.PASSWORD: ("パスワード", "password"),
}
_PLACEHOLDER = re.compile(
    rf"〔(?:{'|'.join(ja for ja, _ in _WORDS.values())})[0-9]{{1,6}}〕"
    rf"|\[(?:{'|'.join(en for _, en in _WORDS.values())}) [0-9]{{1,6}}\]"
)
_FILLER = "□"
"""Stands for a placeholder's characters: no rule takes it for a part of anything."""

_TITLE = re.compile(r"^(?:mr|mrs|ms|miss|mx|dr|prof(?:essor)?)\.? ", re.IGNORECASE)
_SEPARATORS = re.compile(r"[\s()-]+")
_JAPANESE = re.compile(r"[\u3041-\u30ff\u3400-\u9fff]")


def find(
    text: str, *, names: bool = False, public: frozenset[str] = frozenset()
) -> tuple[Span, ...]:
    """The personal data in `text`: spans whose label is a `Type`, in their order, none overlapping,
    with offsets in characters of `text`. What is a placeholder already is none.

    `names`: also ask the named entity recognition, for Japanese names that no word around gives
    away; the first call takes seconds, each further one some hundredths. `public`: what is
    nobody's secret, as `company_values` gives it. The time is proportional to the text's length.
    """
    folded = _without_placeholders(fold(text))
    proposed: Iterable[Candidate]
    if names and _JAPANESE.search(folded.text):
        from enrich.personal_data.presidio import by_engine

        proposed = by_engine(folded.text, RULES)
    else:
        proposed = apply(RULES, folded.text)
    spans = (_span(text, folded, one) for one in standing(proposed))
    return tuple(span for span in spans if not _is_public(span, public))


def redact(text: str, found: Sequence[Span], language: str = "") -> str:
    """`text` with a placeholder for each span of `found` (which do not overlap): 〔氏名1〕, or
    [person 1] in English.

    The same value has the same number within a text, however it is written (full width, hyphens,
    +81). `language`: that of the placeholders; by default the text's own.
    """
    names = Placeholders(language or ("ja" if _JAPANESE.search(text) else "en"))
    pieces: list[str] = []
    end = 0
    for span in sorted(found, key=lambda one: one.start):
        pieces += text[end : span.start], names.name(span)
        end = span.end
    return "".join((*pieces, text[end:]))


class Placeholders:
    """What stands for personal data, in Japanese (`ja`) or in English: the same value has the same
    number in all texts that are asked about."""

    def __init__(self, language: str) -> None:
        self._japanese = language == "ja"
        self._known: dict[str, dict[str, int]] = {}

    def name(self, span: Span) -> str:
        """The placeholder for a span: 〔氏名1〕, or [person 1]."""
        same = self._known.setdefault(span.label, {})
        number = same.setdefault(key(span), len(same) + 1)
        ja, en = _WORDS[Type(span.label)]
        return f"〔{ja}{number}〕" if self._japanese else f"[{en} {number}]"


def called(label: str, language: str) -> str:
    """What a type is called in a placeholder of this language: 電話番号, or phone in English; empty
    for what is no type."""
    ja, en = next((words for kind, words in _WORDS.items() if kind == label), ("", ""))
    return ja if language == "ja" else en


def public_values(texts: Iterable[str]) -> frozenset[str]:
    """What a company itself makes known, as `find` takes it: its addresses and numbers, each as it
    may stand in a letter."""
    known = list(texts)
    spans = (span for text in known for span in find(text))
    return frozenset({*map(_plain, known), *map(key, spans)} - {""})


def company_values(policy: Policy) -> frozenset[str]:
    """The `public_values` of all that the policy's table `company` says, of where its channels
    invite to, and of the help lines that it names."""
    direct = [table.direct for table in policy.channels.values()]
    lines = [line.contact for line in policy.help_lines]
    return _public((*_texts(policy.company.model_dump()), *direct, *lines))


def not_ours(text: str, policy: Policy) -> tuple[Span, ...]:
    """The personal data in a text of ours, as the guard takes it: by patterns, without what the
    company itself makes known, without receipt numbers (M-PW7F3K would tell a "PW"), and without
    names that are not full ones: one is greeted by them."""
    found = find(without_receipts(text), public=company_values(policy))
    return tuple(one for one in found if one.label != Type.PERSON or _is_full_name(one.text))


def _is_full_name(name: str) -> bool:
    if not _JAPANESE.search(name):
        return len(_TITLE.sub("", name).split()) > 1
    from enrich.personal_data.japanese_names import is_full_name

    return is_full_name(name)


def key(span: Span) -> str:
    """A span's value as it is compared: the same for every way to write it."""
    if span.label == Type.PHONE:
        return phones.national(unicodedata.normalize("NFKC", span.text))
    return _plain(span.text)


@cache
def _public(texts: tuple[str, ...]) -> frozenset[str]:
    return public_values(texts)


def _is_public(span: Span, public: frozenset[str]) -> bool:
    value = key(span)
    # Of an address people often leave the building away.
    return value in public or (
        span.label == Type.ADDRESS and any(value in known for known in public)
    )


def _plain(text: str) -> str:
    return _SEPARATORS.sub("", in_digits(fold(text).text)).casefold()


def _texts(values: object) -> Iterator[str]:
    if isinstance(values, str):
        yield values
    elif isinstance(values, dict):
        for one in values.values():
            yield from _texts(one)
    elif isinstance(values, list | tuple):
        for one in values:
            yield from _texts(one)


def _without_placeholders(folded: Folded) -> Folded:
    if "〔" not in folded.text and "[" not in folded.text:
        return folded
    blank = _PLACEHOLDER.sub(lambda found: _FILLER * len(found[0]), folded.text)
    return replace(folded, text=blank)


def _span(text: str, folded: Folded, candidate: Candidate) -> Span:
    start, end = folded.original(candidate.start, candidate.end)
    return Span(candidate.type, start, end, text[start:end])
