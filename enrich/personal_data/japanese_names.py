"""Where a Japanese name begins and ends, beside a word that says that there is one.

Sudachi's dictionary knows which words are names of persons
(https://github.com/WorksApplications/SudachiDict); a rare name is told by its place alone.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, IntEnum, auto
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sudachipy import Morpheme, Tokenizer

_WINDOW = 16
"""Characters beside a cue that are read: Japanese names have at most about ten."""

_LONGEST = 8
"""Characters of a name that no dictionary knows."""

_HAN = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff々〆\U00020000-\U0002ffff"
_BREAK = re.compile(r"[\n\r\t。、,.:;!?/|()「」『』【】\[\]<>〔〕\"'*#=＊…]")
_LETTER = re.compile(rf"[{_HAN}\u30fc\u3041-\u3096\u30a1-\u30fa]")
_KANJI = re.compile(rf"[{_HAN}]{{1,4}}")
_KATAKANA = re.compile(r"[\u30a1-\u30fa\u30fc]{3,10}")
_KANA = re.compile(r"[\u3041-\u3096]{2,5}|[\u30a1-\u30fa\u30fc]{2,7}")
_SHORT_KANA = 3
"""Kana of a given name that stands close behind its surname: longer ones are words."""
_FORMAL = re.compile(
    "こと|もの|とき|ところ|ほう|かた|よう|ため|まま|はず|わけ|さま|ばあい|たび|あと|まえ|ビル|カード|ビン"
)
_FOREIGN = r"[\u30a1-\u30fa\u30fc]{1,12}(?:[・=][\u30a1-\u30fa\u30fc]{1,12}){1,3}"
_FOREIGN_BEFORE = re.compile(rf"(?<![\u30a1-\u30fa\u30fc・])({_FOREIGN})[ ]{{0,2}}$")
_FOREIGN_AFTER = re.compile(rf"{_FOREIGN}(?:[ ][\u30a1-\u30fa\u30fc]{{2,12}})?")
_BOTH_KANA = re.compile(
    r"[\u3041-\u3096]{2,6}[ ][\u3041-\u3096]{2,6}(?![\u3041-\u3096])"
    r"|[\u30a1-\u30fa\u30fc]{2,8}[ ][\u30a1-\u30fa\u30fc]{1,8}(?![\u30a1-\u30fa\u30fc])"
)

# Variants of characters that the dictionary knows in the usual form only.
_USUAL = str.maketrans("髙﨑德濵栁𠮷邊嶋槗曻冨塚", "高崎徳浜柳吉辺島橋昇富塚")

# Surnames of one character that are common words too; before a title they are surnames.
_ONE_CHARACTER = frozenset("林東西南北関星泉島浜沢谷岡堀辻畑原森菅金梅桜杉柳滝角橘")
# Words beside a cue that are nobody's name.
_NOBODY = re.compile(
    "奥|旦那|若|殿|姫|仏|神|王|皆|客|他|母|父|兄|姉|弟|妹|爺|婆|祖父|祖母|孫|嫁|婿|娘|息子|主人|本人|匿名"
    "|同上|不明|未定|なし|無し|非公開|個人|法人|希望|別紙|記載|上記|下記|以下|前記|携帯|年齢|性別|連絡先"
    "|郵便|会員|番号|御社|貴社|貴行|貴店|貴院|貴校|弊社|当社|店|店員|店長|社員|業者|会社|担当|担当者|係"
    "|スタッフ|オーナー|佐川|ヤマト|必須|任意|入力|氏名|名前|住所|電話|各位"
)

# Behind a surname: a firm or a place that bears it.
_FIRM = re.compile(
    "屋|商店|商会|商事|製薬|製菓|工業|工務|建設|電機|電器|書店|医院|病院|歯科|眼科|クリニック|銀行|食品"
    "|運輸|酒店|酒造|本店|家具|自動車|不動産|株式|駅|市|町|区|村|県|通り|橋"
)


class Trust(IntEnum):
    """How much a cue says by itself, and so which words count as a name beside it."""

    KNOWN = auto()
    """Only words that the dictionary knows as names of persons."""
    TITLED = auto()
    """Places and single characters too, which are surnames as often."""
    SAID = auto()
    """Any noun in kanji: the text says that it is a name."""


class _Is(Enum):
    SURNAME = auto()
    GIVEN = auto()
    PROPER = auto()
    """A proper noun in kanji, or a word that the dictionary does not know."""
    KANA = auto()
    """A noun in kana, which behind a surname is a given name."""
    NOUN = auto()
    JOINT = auto()
    OTHER = auto()


_NAMES = (_Is.SURNAME, _Is.GIVEN)
_GIVEN = (_Is.GIVEN, _Is.KANA)


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    start: int
    end: int
    what: _Is


def name_before(text: str, end: int, trust: Trust) -> tuple[int, int] | None:
    """Where in `text` the name stands that ends at `end`, spaces apart; None without a name."""
    begin = max(0, end - _WINDOW)
    window = text[begin:end].rstrip(" ")
    if not _LETTER.match(window[-1:]):
        return None
    if foreign := _FOREIGN_BEFORE.search(window):
        return begin + foreign.start(1), begin + foreign.end(1)
    breaks = [found.end() for found in _BREAK.finditer(window)]
    begin += breaks[-1] if breaks else 0
    words = _words(window[breaks[-1] if breaks else 0 :])
    first = len(words)
    while first and _goes_on_left(words, first, trust):
        first -= 1
    return _place(words[first:], begin)


def name_after(text: str, start: int, trust: Trust) -> tuple[int, int] | None:
    """Where in `text` the name stands that begins at `start`; None where there is none."""
    window = text[start : start + _WINDOW]
    whole = _FOREIGN_AFTER.match(window)
    if whole is None and trust is Trust.SAID:
        whole = _BOTH_KANA.match(window)
    if whole:
        return start, start + whole.end()
    stop = _BREAK.search(window)
    words = _words(window[: stop.start() if stop else None])
    last = 0
    while last < len(words) and _goes_on_right(words, last, trust):
        last += 1
    if any(_FIRM.match(word.text) for word in words[: last + 1]):
        return None
    return _place(words[:last], start)


def name_around(text: str, start: int, end: int) -> tuple[int, int] | None:
    """The name in what a model took for one, whole and without titles; None where it is none."""
    place = name_after(text, start, Trust.KNOWN)
    if place:
        return place
    words = [word for word in _words(text[start:end]) if word.what is not _Is.JOINT]
    nouns = all(
        word.what in (_Is.PROPER, _Is.NOUN, _Is.KANA) and _LETTER.match(word.text) for word in words
    )
    # One noun alone is more often a place or a thing.
    return (start, end) if nouns and len(words) > 1 else None


def is_name(text: str) -> bool:
    """True for a text that is a name and nothing else, as in a line of a signature."""
    words = [word for word in _words(text) if word.what is not _Is.JOINT]
    if not words or len(words) > 3 or not any(word.what in _NAMES for word in words):
        return False
    return all(word.what in _NAMES for word in words) or (
        all(word.what is not _Is.OTHER and not _NOBODY.fullmatch(word.text) for word in words)
        and all(_KANJI.fullmatch(word.text) or word.what is _Is.KANA for word in words)
        and sum(len(word.text) for word in words) <= _LONGEST
    )


def is_full_name(text: str) -> bool:
    """True for a name of more than one word: a surname with a given name."""
    return sum(word.what is not _Is.JOINT for word in _words(text)) > 1


def may_hold_name(text: str) -> bool:
    """False for a text all of whose words the dictionary knows as something else than a name."""
    return bool(_LETTER.search(text)) and any(
        word.what in (*_NAMES, _Is.PROPER) or word.text in _ONE_CHARACTER for word in _words(text)
    )


def _goes_on_left(words: Sequence[_Word], first: int, trust: Trust) -> bool:
    word, taken = words[first - 1], words[first:]
    if _NOBODY.fullmatch(word.text):
        return False
    if word.what is _Is.JOINT:
        return bool(taken) and taken[0].what is not _Is.JOINT
    known = [one for one in taken if one.what is not _Is.JOINT]
    if not known:
        return _begins(word, trust) or (
            word.what is _Is.KANA and _surname_before(words[: first - 1])
        )
    apart = known[0].start > word.end
    if word.what in _NAMES:
        return known[0].what is not _Is.SURNAME or apart
    if word.what not in (_Is.PROPER, _Is.NOUN) or not _KANJI.fullmatch(word.text):
        return False
    # A surname that the dictionary does not know as one, before a given name.
    return (
        known[0].what in _GIVEN and len(word.text) <= 3 and (word.what is _Is.PROPER or not apart)
    )


def _surname_before(words: Sequence[_Word]) -> bool:
    named = [word for word in words[-2:] if word.what is not _Is.JOINT]
    return bool(named) and named[-1].what in (_Is.SURNAME, _Is.PROPER)


def _goes_on_right(words: Sequence[_Word], last: int, trust: Trust) -> bool:
    word, taken = words[last], words[:last]
    if _NOBODY.fullmatch(word.text):
        return False
    known = [one for one in taken if one.what is not _Is.JOINT]
    if not known:
        return _begins(word, trust)
    if word.what is _Is.JOINT:
        return taken[-1].what is not _Is.JOINT
    if word.what in _NAMES:
        return True
    if any(one.what in _GIVEN for one in known):
        return False
    if word.what is _Is.KANA:
        apart = word.start > known[-1].end
        return known[-1].what is not _Is.NOUN and (apart or len(word.text) <= _SHORT_KANA)
    if word.what not in (_Is.PROPER, _Is.NOUN) or not _KANJI.fullmatch(word.text):
        return False
    if trust is not Trust.SAID and known[-1].what not in _NAMES:
        return False
    return len(word.text) <= 3 and sum(len(one.text) for one in (*known, word)) <= _LONGEST


def _begins(word: _Word, trust: Trust) -> bool:
    if word.what in _NAMES:
        return True
    if trust >= Trust.TITLED and (word.what is _Is.PROPER or word.text in _ONE_CHARACTER):
        return True
    return trust is Trust.SAID and word.what is _Is.NOUN and bool(_KANJI.fullmatch(word.text))


def _place(words: Sequence[_Word], offset: int) -> tuple[int, int] | None:
    named = [word for word in words if word.what is not _Is.JOINT]
    return (offset + named[0].start, offset + named[-1].end) if named else None


def _words(text: str) -> list[_Word]:
    # A lone surrogate has no UTF-8.
    plain = usual(text).encode(errors="replace").decode()
    return [
        _Word(one.surface(), one.begin(), one.end(), _what(one))
        for one in _tools().tokenizer.tokenize(plain)
    ]


def usual(text: str) -> str:
    """`text`, as long as before, with the usual forms of characters in names: 髙橋 becomes 高橋."""
    return text.translate(_USUAL)


def _what(word: Morpheme) -> _Is:
    surface, speech = word.surface(), word.part_of_speech()
    if surface in (" ", "・", "＝"):
        return _Is.JOINT
    if speech[2] == "人名":
        return _Is.GIVEN if speech[3] == "名" else _Is.SURNAME
    if word.is_oov() and _KATAKANA.fullmatch(surface):
        return _Is.PROPER
    if speech[0] != "名詞" or speech[1] == "数詞":
        return _Is.OTHER
    if _KANA.fullmatch(surface) and not _FORMAL.fullmatch(surface):
        return _Is.KANA
    if speech[1] == "固有名詞":
        return _Is.PROPER if _KANJI.fullmatch(surface) else _Is.OTHER
    return _Is.NOUN


class _Tools(threading.local):
    """A tokenizer may not be used by two threads at once."""

    def __init__(self) -> None:
        from sudachipy import SplitMode

        from enrich.japanese import dictionary

        self.tokenizer: Tokenizer = dictionary().create(SplitMode.A)


@cache
def _tools() -> _Tools:
    return _Tools()
