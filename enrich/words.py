"""Texts to sparse vectors of words, for BM25 with the index's own inverse document frequencies.

Japanese words are SudachiPy's normalised forms (https://worksapplications.github.io/sudachi.rs/python),
so that 届いていません and 届かない share 届く; others are cut to their stems by Snowball
(https://snowballstem.org). A code such as MD-2026-11 is one word.
"""

from __future__ import annotations

import re
import struct
import threading
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from enrich.clean import MAX_CHARACTERS, clean

if TYPE_CHECKING:
    from Stemmer import Stemmer
    from sudachipy import Dictionary, Tokenizer
    from sudachipy.sudachipy import PosMatcher

SPACE = "words-1"
"""Names what the vectors are stored under; another way of making words needs another name."""

K1 = 1.2
"""How soon a word's repetition counts no more. Robertson and Zaragoza, "The Probabilistic Relevance
Framework: BM25 and Beyond" (2009), find 1.2 to 2 good for most collections."""

B = 0.75
"""How far a long text is discounted, 0 to 1; the same source finds 0.5 to 0.8."""

AVERAGE_LENGTH = 30
"""Words of a usual complaint. A constant, so that a text's vector never depends on the others."""

_CHUNK = 4_000
"""Characters that Sudachi is handed at once: it refuses more than 49,149 bytes of UTF-8."""

_LONGEST = 64
"""Characters of a word that count."""

_JAPANESE = "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_OTHER = re.compile(rf"[^\W_{_JAPANESE}]+(?:(?:[-_]|(?<=\d)[.,](?=\d))[^\W_{_JAPANESE}]+)*")
_NOT_JAPANESE = re.compile(f"[^{_JAPANESE}]+")
_DIGIT = re.compile(r"\d")
_JOINER = re.compile("[-_,]")

_CONTENT = (
    ("名詞", "普通名詞"),
    ("名詞", "固有名詞"),
    ("動詞",),
    ("形容詞",),
    ("形状詞", "一般"),
    ("形状詞", "タリ"),
    ("副詞",),
)
"""The parts of speech, in UniDic's names, whose words say what a text is about."""

_STOP = frozenset((Path(__file__).parent / "stop_words.txt").read_text(encoding="utf-8").split())


def words(text: str) -> bytes:
    """The sparse vector of a text to be found: each word with BM25's term-frequency part.

    Encoded as all indices (uint32, rising) and then all weights (float16, above 0 and below
    K1 + 1), little-endian. Empty where the text says nothing.
    """
    counts = _counts(terms(text))
    length = sum(counts.values())
    longer = K1 * (1 - B + B * length / AVERAGE_LENGTH)
    return _pack({index: n * (K1 + 1) / (n + longer) for index, n in counts.items()})


def query_words(text: str) -> bytes:
    """The sparse vector of a search query, encoded as by `words`: each word weighs 1."""
    return _pack(dict.fromkeys(_counts(terms(text)), 1.0))


def unpack(data: bytes) -> tuple[list[int], list[float]]:
    """Indices and weights of what `words` or `query_words` made.

    Raises ValueError where the data's length is no vector's.
    """
    count, rest = divmod(len(data), struct.calcsize("<Ie"))
    if rest:
        raise ValueError(f"{len(data)} bytes are no sparse vector")
    values = struct.unpack(f"<{count}I{count}e", data)
    return list(values[:count]), list(values[count:])


def terms(text: str) -> list[str]:
    """The words that a text is found by: Japanese ones in their order, then the others in theirs.

    Of the text, the first `MAX_CHARACTERS` characters are read.
    """
    return [term for _, term in _read(text)]


def common_words(query: str, text: str) -> list[str]:
    """The words of `query` that `text` has too, each once, for a person to read: Japanese ones in
    their dictionary form, others as the query writes them."""
    found = set(terms(text))
    return list(dict.fromkeys(word for word, term in _read(query) if term in found))


def _read(text: str) -> Iterator[tuple[str, str]]:
    """Each word as a person reads it, and the term it is found by."""
    plain = clean(text)[:MAX_CHARACTERS]
    for form in _japanese(plain):
        yield form, form.casefold()[:_LONGEST]
    for word in _OTHER.findall(plain):
        for part in _parts(word):
            if term := _term(part.casefold()):
                yield part, term


def _counts(found: Iterable[str]) -> Counter[int]:
    return Counter(zlib.crc32(term.encode()) for term in found)


def _pack(weights: dict[int, float]) -> bytes:
    indices = sorted(weights)
    return struct.pack(
        f"<{len(indices)}I{len(indices)}e", *indices, *(weights[index] for index in indices)
    )


def _japanese(text: str) -> Iterator[str]:
    """The normalised forms of the content words."""
    plain = _NOT_JAPANESE.sub(" ", text)
    if plain.strip():
        tools = _tools()
        for start in range(0, len(plain), _CHUNK):
            for morpheme in tools.tokenizer.tokenize(plain[start : start + _CHUNK]):
                if tools.is_content(morpheme):
                    form = morpheme.normalized_form()
                    if form not in _STOP:
                        yield form


def _parts(word: str) -> list[str]:
    """A code, a number and a word like "e-mail" are one; "two-week" is two."""
    parts = _JOINER.split(word)
    if _DIGIT.search(word) or min(map(len, parts)) <= 2:
        return [word]
    return parts


def _term(word: str) -> str:
    """Empty for a word that says nothing."""
    term = _JOINER.sub("", word)[:_LONGEST]
    if len(term) < 2 or term in _STOP:
        return ""
    return term if _DIGIT.search(term) else str(_tools().stemmer.stemWord(term))


class _Tools(threading.local):
    """What a thread cuts texts with: neither tool may be used by two threads at once."""

    def __init__(self) -> None:
        from Stemmer import Stemmer
        from sudachipy import SplitMode

        dictionary = _dictionary()
        self.stemmer: Stemmer = Stemmer("english")
        self.is_content: PosMatcher = dictionary.pos_matcher(list(_CONTENT))
        self.tokenizer: Tokenizer = dictionary.create(SplitMode.A)


@cache
def _tools() -> _Tools:
    return _Tools()


@cache
def _dictionary() -> Dictionary:
    from sudachipy import Dictionary

    return Dictionary()
