"""Long numbers in a folded text, however they are said: of a telephone, a card, an order."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from responders.guard.acts import Place

_KANJI = str.maketrans("〇零一二三四五六七八九の・_", "00123456789---")
_KANA = {
    "ゼロ": "0", "マル": "0", "レイ": "0", "イチ": "1", "ニイ": "2", "ニ": "2", "サン": "3",
    "ヨン": "4", "シ": "4", "ゴ": "5", "ロク": "6", "ナナ": "7", "シチ": "7", "ハチ": "8",
    "キュウ": "9", "ク": "9",
}  # fmt: skip
_SAID_KANA = re.compile(rf"(?:(?:{'|'.join(_KANA)})[ 、・の-]?){{3,}}")
_ENGLISH = {
    "zero": "0", "oh": "0", "nought": "0", "one": "1", "two": "2", "three": "3", "four": "4",
    "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9",
}  # fmt: skip
_WORD = re.compile(rf"(?:(?P<times>double|triple)[ -])?(?P<word>{'|'.join(_ENGLISH)})\b")
_SAID_ENGLISH = re.compile(
    rf"\b(?:(?:(?:double|triple)[ -])?(?:{'|'.join(_ENGLISH)})\b(?:, |[ -])?){{3,}}"
)
_ONE_KANA = re.compile("|".join(_KANA))
_TIMES = {None: 1, "double": 2, "triple": 3}

_HARMLESS = re.compile(
    r"https?://\S{1,300}|[^\s@]{1,64}@[^\s@]{1,100}|m-[0-9a-z]{6}(?![0-9a-z])"
    r"|(?<![0-9])(?:0120|0800|0570|(?:\+?1[ -]?)?\(?8(?:00|33|44|55|66|77|88)\)?)"
    r"[ -]?[0-9]{2,3}[ -]?[0-9]{3,4}(?![0-9])"
    r"|(?<![0-9])(?:19|20)[0-9]{2}(?:[-/.][0-9]{1,2}[-/.][0-9]{1,2}| ?[-~] ?(?:19|20)[0-9]{2})"
    r"(?![0-9-])"
    r"|[¥$€£] ?[0-9][0-9,.]{0,14}|[0-9][0-9,.]{0,14} ?(?:円|万|億|yen\b|jpy\b|%)"
)
"""Numbers that tell nobody's: in links, receipts, free calls, dates, years, amounts."""
_RUN = re.compile(r"(?<![\w.=/])(?:[a-z]{1,4}-?)?[0-9](?: {0,9}[-,、]? {0,9}[0-9]){5,40}")
_COMMA = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+")
_CARD = re.compile(r"カード|card|visa|マスターカード|アメックス|amex|jcb|口座|account number")
_MY_NUMBER = re.compile(r"マイナンバー|個人番号|my number|individual number")
_CARD_DIGITS, _MY_NUMBER_DIGITS = range(10, 31), range(12, 25)


def in_figures(text: str) -> str:
    """The text with figures for the numbers that it gives digit by digit, as they are read aloud;
    as long as it was."""
    text = _SAID_KANA.sub(lambda run: _ONE_KANA.sub(_kana, run[0]), text)
    text = text.replace("ゼロ", " 0").translate(_KANJI)
    return _SAID_ENGLISH.sub(lambda run: _WORD.sub(_english, run[0]), text)


def _kana(match: re.Match[str]) -> str:
    return _KANA[match[0]].ljust(len(match[0]))


def _english(match: re.Match[str]) -> str:
    return (_ENGLISH[match["word"]] * _TIMES[match["times"]]).ljust(len(match[0]))


def long_numbers(text: str, ours: Collection[str]) -> Iterator[Place]:
    """Where a text (`in_figures`) gives a number of six digits and more that is no amount, date,
    receipt, free call or link, and not one of `ours` (digits only)."""
    text = _HARMLESS.sub(lambda match: "x" * len(match[0]), text)
    for run in _RUN.finditer(text):
        if _digits(run[0]) not in ours and not _COMMA.fullmatch(run[0]):
            yield run.span()


def secret_numbers(text: str) -> Iterator[Place]:
    """Where a line of a text (`in_figures`) gives a card or a My Number, also in pieces."""
    for line in re.finditer(r"[^\n]+", text):
        for named, wanted in ((_CARD, _CARD_DIGITS), (_MY_NUMBER, _MY_NUMBER_DIGITS)):
            if not named.search(line[0]):
                continue
            pieces = list(re.finditer(r"[0-9]+", _HARMLESS.sub(_blank, line[0])))
            if sum(len(piece[0]) for piece in pieces) in wanted:
                yield line.start() + pieces[0].start(), line.start() + pieces[-1].end()


def _blank(match: re.Match[str]) -> str:
    return "x" * len(match[0])


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)
