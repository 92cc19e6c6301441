"""The form of a reply: its length, its language, its slots."""

from __future__ import annotations

import re
from collections.abc import Iterator

from casebook.lengths import fits
from responders.guard.reading import Reading

_FIELD = r"[A-Za-z_][\w. -]{0,40}"
_NOUN_JA = (
    "名前|氏名|担当者|会社名|日付|日時|時刻|受付番号|注文番号|商品名|金額|住所|電話番号|記入|入力|挿入"
    "|差し込み|顧客名|お客様名|店舗名|理由|期限|署名|件名|url|メールアドレス|部署名|予約番号|連絡先|内容"
    "|名称|ここに|要確認|未定|日程|型番"
)
_NOUN_EN = (
    "your|insert|customer|client|company|name|date|time|order|amount|product|agent|signature|link"
    "|phone|email|address|reason|due|number|title|deadline|department|details?"
    "|placeholder|reference"
    "|fill in|tbc|tbd|xx|recipient|first|last|item|day|location|store|guest|topic|issue|ticket"
)
_SLOT = re.compile(
    rf"\{{\{{|\}}\}}|\{{%|%\}}|\$?\{{{_FIELD}\}}|\{{[0-9]{{1,2}}\}}|%\({_FIELD}\)s"
    rf"|<[A-Z_]{{3,30}}>"
    r"|\$[A-Z_]{3,30}\b|%[A-Z_]{3,30}%|##[A-Z_]{2,30}##|@@[A-Z_]{2,30}@@|%s\b|\*\|[A-Z_]{2,30}\|\*"
    rf"|\[(?i:(?:[\w'-]{{1,12}} ){{0,2}}(?:{_NOUN_EN}))\b[^\]\n0-9]{{0,40}}\]|\[[A-Z_ ]{{3,30}}\]"
    rf"|<(?i:(?:[\w'-]{{1,12}}[ _]){{0,2}}(?:{_NOUN_EN}))\b[^>\n@:/]{{0,30}}>"
    rf"|\((?i:insert|enter|fill in|your name|name here|date here)[^)\n]{{0,40}}\)"
    rf"|(?:(?<!\w)[［\[《〈〔]|[＜<])(?:[^\n］\]》＞>〉〕]{{0,8}})(?i:{_NOUN_JA})[^\n］\]》＞>〉〕]{{0,10}}[］\]》＞>〉〕]"
    rf"|【(?:[^\n】]{{0,8}})(?i:{_NOUN_JA})[^\n】]{{0,8}}】(?![ 　]?[:：]?[ 　]?[A-Z0-9#][\w-])"
    r"|[（(](?:ここに|担当者名|お名前|要記入|記入|日時を|金額を|氏名)[^)）\n]{0,20}[)）]"
    r"|[（(][^()（）\n]{1,20}を(?:入れる|入力|記入|挿入)(?:する|して(?:ください)?)?[)）]|M-[〇○●□]{4,8}"
    r"|(?<![〇○●◯△▲□■])[〇○●◯△▲□■]{2,4}(?![〇○●◯△▲□■])"
    r"|[〇○●◯△▲□■](?:月|日(?!付)|時|円|様|さま|営業日|号)"
    r"|(?<![A-Za-z])[XxＸ×?？*＊]{2,99}(?=\s?(?:様|さま|時|日|月|円|営業日|分))"
    r"|(?<![A-Za-z0-9-])X{3,9}(?![A-Za-z0-9])|\bxx[/:-]xx\b|\b(?:M-X{4,6})\b|(?<![_＿])[_＿]{3,24}(?![_＿])(?=[^\n])"
    r"|(?m:^\s{0,4}様\s{0,4}$)|(?m:^(?i:dear|hello|hi)\s{1,3}[,!]\s{0,2}$)|(?i:lorem ipsum)"
    # Japanese letters are word characters: \b would not end "None" before them.
    r"|(?<![A-Za-z])(?:None(?! (?:of|other|the)\b)|undefined|null(?! and\b)|NaN|TODO"
    r"|TBD|TBC|FIXME)"
    r"(?![A-Za-z])"
)
_ADDRESS = re.compile(r"(?:https?://)?[\w.-]{1,80}[@./][\w@.?=&%/+-]{1,200}", re.ASCII)
_KANA, _HAN = re.compile(r"[ぁ-ヺ]"), re.compile(r"[一-鿿]")
_HANGUL = re.compile(r"[가-힣]")
_LATIN = re.compile(r"[a-zà-ɏ]{2,30}")
_FUNCTION_WORDS = {
    "en": frozenset(
        [
            "the",
            "to",
            "and",
            "of",
            "you",
            "we",
            "for",
            "your",
            "is",
            "our",
            "in",
            "that",
            "this",
            "have",
            "will",
            "be",
            "are",
            "with",
            "it",
            "on",
            "us",
            "has",
            "as",
            "at",
            "by",
            "from",
            "not",
            "please",
            "been",
            "thank",
            "was",
            "do",
            "if",
            "so",
            "can",
            "i",
        ]
    ),
    "fr": frozenset(
        [
            "le",
            "la",
            "les",
            "de",
            "des",
            "et",
            "nous",
            "vous",
            "votre",
            "est",
            "une",
            "un",
            "pour",
            "que",
            "dans",
            "avec",
            "sur",
        ]
    ),
    "de": frozenset(
        [
            "der",
            "die",
            "das",
            "und",
            "wir",
            "sie",
            "ihr",
            "ihre",
            "ist",
            "ein",
            "eine",
            "für",
            "nicht",
            "mit",
            "zu",
            "den",
            "es",
        ]
    ),
    "es": frozenset(
        [
            "el",
            "la",
            "los",
            "las",
            "de",
            "y",
            "que",
            "su",
            "en",
            "para",
            "por",
            "con",
            "una",
            "un",
            "nos",
            "usted",
            "es",
            "se",
            "lo",
        ]
    ),
    "pt": frozenset(
        [
            "o",
            "a",
            "os",
            "as",
            "de",
            "e",
            "que",
            "sua",
            "em",
            "para",
            "por",
            "com",
            "uma",
            "um",
            "nos",
            "você",
            "é",
            "se",
            "não",
        ]
    ),
    "it": frozenset(
        [
            "il",
            "la",
            "le",
            "di",
            "e",
            "che",
            "sua",
            "in",
            "per",
            "con",
            "una",
            "un",
            "ci",
            "è",
            "si",
            "non",
            "gli",
            "del",
        ]
    ),
}
_TOLD = 8
"""Letters from which a text tells its language."""


def slots(text: str) -> Iterator[tuple[int, int]]:
    """`unfilled_slot`: a template's slot, or a placeholder, was left in it."""
    for match in _SLOT.finditer(text):
        if match.end() > match.start():
            yield match.span()


def is_too_long(body: str, channel: str) -> bool:
    """`too_long`: the channel does not take it."""
    return not fits(body.strip(), channel)


def is_foreign(reading: Reading, customer: str, meant: str) -> bool:
    """`wrong_language`: it is plainly in another language than the customer's, or than the one that
    it is meant to be in where the customer's is not known."""
    wanted = (customer or meant).partition("-")[0].lower()
    found = language(reading)
    return bool(wanted and found) and found != wanted


def is_readable(reading: Reading) -> bool:
    """Whether a reply is in a language that the guard understands, as far as it shows."""
    return language(reading) in ("", "ja", "en")


def language(reading: Reading) -> str:
    """The language of a reply's own words, by letters and little words; empty where none shows."""
    text = _ADDRESS.sub(" ", _without_quotations(reading))
    kana, han = len(_KANA.findall(text)), len(_HAN.findall(text))
    latin = _LATIN.findall(text.lower())
    letters = sum(map(len, latin))
    if hangul := len(_HANGUL.findall(text)):
        return "ko" if hangul > kana + letters else ""
    if 2 * (kana + han) > letters / 2 and kana + han >= _TOLD:
        return "ja" if 8 * kana >= han else "zh"
    return _by_words(latin) if letters >= _TOLD else ""


def _by_words(words: list[str]) -> str:
    counts = {name: sum(word in known for word in words) for name, known in _FUNCTION_WORDS.items()}
    best = max(counts, key=lambda name: counts[name])
    if counts[best] < 2:
        return ""
    return best if counts[best] > 1.5 * counts["en"] else "en"


def _without_quotations(reading: Reading) -> str:
    pieces, end = [], 0
    for start, stop in reading.quotations:
        pieces.append(reading.raw[end:start])
        end = stop
    return " ".join((*pieces, reading.raw[end:]))
