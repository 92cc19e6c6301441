"""A reply as the rules read it: one way of writing, one sentence a line, quotations known.

Offsets in the folded text lead back to the characters of the reply.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from casebook.acts import Act, Reader

_MARK = "\u0300-\u036f\u3099\u309a\uff9e\uff9f"
_TOKEN = re.compile(
    rf"(?P<plain>[A-Za-z0-9,'\"ぁ-ゖァ-ヺー一-鿿、「」『』]+)(?![{_MARK}])|(?P<space>\s+)|.[{_MARK}]*",
    re.DOTALL,
)
_JAPANESE = re.compile(r"[ぁ-ヺー一-鿿、。]")
_KANA_OR_KANJI = re.compile(r"[ぁ-ヺ一-鿿]")
_ENGLISH = re.compile(r"[a-z']{2,} [a-z']{2,}")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(])(?:mr|mrs|ms|dr|st|no|nos|vs|e\.g|i\.e|etc|approx|[ap]\.m|[a-z])$"
)
_DATE = re.compile(
    r"\b(?:jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|mon|tues?|wed|thu(?:rs?)?|fri|sat|sun)$"
)
_LIST_MARK = re.compile(r"[-・*•>＞|#■●□─━]|[0-9]{1,2}[.)]")
_ENDS = frozenset("。!?:")
_STOPS = frozenset({"。", "!", "?", "!?"})
_IN_LINK = re.compile(r"://[!-~]{0,300}\Z")
_BRACKETS = {"「": "」", "『": "』", "“": "”"}
_BRACKET = re.compile(r"[「」『』“”]")
_STRAIGHT = re.compile(r'(?<![^\s(（])"[^"\n]{1,600}"(?![A-Za-z0-9])')
_LINE_OF_TEXT = re.compile(r"[^\n]+")
_LETTER = re.compile(r"\w")
_SALUTATION = re.compile(
    r"[^\n。!?]{0,40}(?:様|さま|さん|御中|殿)[、,]?|(?:dear|hello|hi)\b[^\n.!?]{0,40}[,:]?"
)
"""A line that only addresses somebody, by a name that may hold any words."""
_QUOTED_WORDS = re.compile(r"(?<=「)[^」\n]{1,200}(?=」)|(?<=[\s(]\")[^\"\n]{1,200}(?=\")")
_HUSHED = "…"
_LINE = re.compile(r"^[ \t\u3000]{0,9}[>＞][^\n]*", re.MULTILINE)


@dataclass(frozen=True)
class Reading:
    """One reply, folded. `text` has NFKC characters in lower case, no invisible ones, no blanks
    between Japanese letters; `places` is where each of them stands in `raw`. `acts` reads what its
    sentences do."""

    raw: str
    text: str
    places: tuple[int, ...]
    acts: Reader

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where a piece of the folded text stands in the reply."""
        if not self.places:
            return 0, len(self.raw)
        first = self.places[min(start, len(self.places) - 1)]
        last = self.places[min(max(start, end - 1), len(self.places) - 1)]
        # A cluster, or a character that was expanded, ends where the next one begins.
        after = bisect_right(self.places, last)
        stop = self.places[after] if after < len(self.places) else len(self.raw)
        return first, first + max(1, len(self.raw[first:stop].rstrip()))

    def sentence(self, start: int, end: int) -> tuple[int, int]:
        """The bounds of the sentence (or sentences) of a piece, at most 200 characters around."""
        first = self.text.rfind("\n", max(0, start - 200), start) + 1
        last = self.text.find("\n", end, end + 200)
        return max(first, start - 200), last if last >= 0 else min(len(self.text), end + 200)

    def quoted(self, start: int, end: int) -> bool:
        """Whether a piece of the folded text lies within one quotation."""
        first, last = self.span(start, end)
        place = bisect_right(self.quotations, (first, len(self.raw) + 1)) - 1
        return place >= 0 and last <= self.quotations[place][1]

    @cached_property
    def doing(self) -> tuple[tuple[tuple[int, int], Mapping[Act, float]], ...]:
        """Its sentences by their bounds, and the probability of each act for each."""
        found = _LINE_OF_TEXT.finditer(self.text)
        lines = [match.span() for match in found if _says(match[0])]
        texts = [self.text[start:end] for start, end in lines]
        own = [_QUOTED_WORDS.sub(_HUSHED, text) for text in texts]
        said, told = self.acts(own), self.acts(texts)
        # An instruction that is only quoted was not obeyed.
        does = [{**whole, Act.OBEYS: one[Act.OBEYS]} for one, whole in zip(said, told, strict=True)]
        return tuple(zip(lines, does, strict=True))

    @cached_property
    def quotations(self) -> tuple[tuple[int, int], ...]:
        """Spans of the reply in quotation marks or behind >, in order, none within another."""
        spans = sorted((*_bracketed(self.raw), *(m.span() for m in _LINE.finditer(self.raw)),
                        *(m.span() for m in _STRAIGHT.finditer(self.raw))))  # fmt: skip
        outer: list[tuple[int, int]] = []
        for span in spans:
            if not outer or span[1] > outer[-1][1]:
                outer.append(span)
        return tuple(outer)

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """The languages whose expressions may stand in it."""
        return languages(self.text)


def _says(line: str) -> bool:
    return bool(_LETTER.search(line)) and not _SALUTATION.fullmatch(line)


def languages(text: str) -> tuple[str, ...]:
    """The languages, of `ja` and `en`, that a folded text may be in."""
    japanese, english = bool(_KANA_OR_KANJI.search(text)), bool(_ENGLISH.search(text))
    return ("ja",) * japanese + ("en",) * (english or not japanese)


def read(body: str, acts: Reader) -> Reading:
    """Fold a reply, whose sentences `acts` reads. The time is proportional to its length."""
    letters: list[str] = []
    places: list[int] = []
    for token in _TOKEN.finditer(body):
        start = token.start()
        if token["plain"]:
            letters.append(token[0].lower())
            places.extend(range(start, token.end()))
        elif token["space"]:
            gap = _gap(letters, token, body)
            letters.append(gap)
            places.extend([start] * len(gap))
        else:
            folded = _fold(token[0])
            letters.append(folded)
            places.extend([start] * len(folded))
            if folded in _STOPS and not _IN_LINK.search(body, max(0, start - 300), start):
                letters.append("\n")
                places.append(start)
    return Reading(body, "".join(letters), tuple(places), acts)


@lru_cache(maxsize=8192)
def _fold(cluster: str) -> str:
    text = unicodedata.normalize("NFKC", cluster).replace("…", "、").replace("...", " ")
    text = text.translate(_SAME).lower()
    return "".join(one for one in text if unicodedata.category(one) not in ("Cf", "Mn", "Cs", "Cc"))


_SAME = str.maketrans({"’": "'", "‘": "'", "‐": "-", "‑": "-", "–": "-", "—": "-", "−": "-",
                       "，": "、", "．": ".", "｡": "。", "〜": "~"})  # fmt: skip


def _gap(letters: list[str], token: re.Match[str], body: str) -> str:
    """What stands in the folded text for blanks: a sentence's end, a blank, or nothing."""
    before = letters[-1][-1:] if letters else "\n"
    following = body[token.end() : token.end() + 4]
    if before == "\n" or not following:
        return ""
    breaks = token[0].count("\n")
    if breaks > 1 or (breaks and (before in _ENDS or _LIST_MARK.match(following))):
        return "\n"
    if before == "." and _ends_sentence("".join(letters[-4:])[-12:-1], following):
        return "\n"
    if _JAPANESE.match(before) and _JAPANESE.match(unicodedata.normalize("NFKC", following[0])):
        return ""
    return " "


def _ends_sentence(before: str, following: str) -> bool:
    """Whether a full stop ends a sentence: not after Mr, and after p.m. only before a capital,
    not between a month and its day."""
    if following[:1].isdecimal() and _DATE.search(before):
        return False
    shortened = _ABBREVIATION.search(before)
    return not shortened or (shortened[0].endswith(".m") and following[:1].isupper())


def _bracketed(body: str) -> Iterator[tuple[int, int]]:
    """The outermost pairs of quotation marks."""
    closing, start = "", 0
    depth = 0
    for mark in _BRACKET.finditer(body):
        if not depth:
            if mark[0] in _BRACKETS:
                closing, start, depth = _BRACKETS[mark[0]], mark.start(), 1
        elif mark[0] == closing:
            depth -= 1
            if not depth:
                yield start, mark.end()
        elif _BRACKETS.get(mark[0]) == closing:
            depth += 1
