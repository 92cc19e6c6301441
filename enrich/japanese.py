"""What of a text is Japanese, and what the embedding model reads of that: its words' features.

Words are SudachiPy's normalised forms in its shortest units
(https://worksapplications.github.io/sudachi.rs/python), so that spellings and inflections of one
word are one; a word's features are its vector (`enrich.chive`), its place among the words that the
model was trained on, and its character n-grams (Bojanowski et al., "Enriching Word Vectors with
Subword Information", 2017), by which words that it never saw have a meaning too.
"""

from __future__ import annotations

import re
import threading
import unicodedata
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from enrich.chive import WordVectors

if TYPE_CHECKING:
    from sudachipy import Dictionary, Tokenizer

Integers = np.ndarray[Any, np.dtype[np.int64]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]
Floats = np.ndarray[Any, np.dtype[np.float32]]

MAX_WORDS = 1_024
"""Words read of one text: the work for a text is bounded."""

_LEAST = 0.1
"""Share of a text's meaning below which its Japanese, or what is not, is not read apart."""

_DENSITY = 2.0
"""Letters of other scripts that say about as much as one kana or Chinese character."""

_SENTENCE = 6
"""Words in a row from which a passage among Japanese is one of another language: codes, product
names and addresses are part of the Japanese around them."""

_READ = 20_000
"""Characters of a text that are looked at."""

_CHUNK = 4_000
"""Characters that Sudachi is handed at once: it refuses more than 49,149 bytes of UTF-8."""

_ENDS = frozenset("。!?")
"""Marks that end a sentence, as `forms` gives them."""

_LONGEST = 16
_GRAMS = (1, 2, 3)
"""Characters of a word whose n-grams count, and their lengths."""

_HAN = "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_KANA = "\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fd-\u30ff\u31f0-\u31ff\uff66-\uff9f"
_JAPANESE = re.compile(f"[{_KANA}{_HAN}]")
_PASSAGE = re.compile(f"[^{_KANA}{_HAN}\u3001-\u303f\u30fc]+")
_LETTER = re.compile(r"[^\W\d_]")
_WORD = re.compile(r"[^\W\d_]{2,}")


@dataclass(frozen=True, slots=True)
class Parts:
    """A text's Japanese, what of it is not, and the share of the Japanese in what the text says: 1
    or 0 where one part is empty or says too little to be read."""

    japanese: str
    other: str
    share: float


def parted(text: str) -> Parts:
    """A text as the two halves of the model read it: most have one part only.

    A mail that goes on in another language is two texts; to either half alone the other's part
    would be noise.
    """
    sample = text[:_READ]
    japanese = len(_JAPANESE.findall(sample))
    others = len(_LETTER.findall(sample)) - japanese
    if _share(japanese, others) < _LEAST:
        return Parts("", sample, 0.0)
    foreign = [run for run in _PASSAGE.findall(sample) if len(_WORD.findall(run)) >= _SENTENCE]
    other = " ".join(map(str.strip, foreign))
    share = _share(japanese, len(_LETTER.findall(other)))
    if share < _LEAST:
        return Parts("", sample, 0.0)
    if share > 1 - _LEAST:
        return Parts(sample, "", 1.0)
    apart = frozenset(foreign)
    rest = _PASSAGE.sub(lambda run: " " if run[0] in apart else run[0], sample)
    return Parts(rest, other, share)


def _share(japanese: int, others: int) -> float:
    return _DENSITY * japanese / max(_DENSITY * japanese + others, 1)


def forms(text: str) -> list[str]:
    """The normalised forms of a text's words, in their order, at most MAX_WORDS; none for white
    space."""
    plain = unicodedata.normalize("NFKC", text[:_READ]).encode(errors="replace").decode()
    found: list[str] = []
    for start in range(0, len(plain), _CHUNK):
        for morpheme in _tools().tokenizer.tokenize(plain[start : start + _CHUNK]):
            form = morpheme.normalized_form()
            if not form.isspace():
                found.append(form)
        if len(found) >= MAX_WORDS:
            break
    return found[:MAX_WORDS]


@dataclass(frozen=True, slots=True)
class Words:
    """Features of distinct words, in their order.

    `vectors`: (words, 300), of unit length, or 0 for a word without one. `ends`: True for a mark
    that ends a sentence. `known`: the word's place among the model's own words, 0 for others.
    `grams`: buckets of character n-grams, those of word i from `starts[i]` to `starts[i + 1]`.
    """

    vectors: Floats
    ends: Flags
    known: Integers
    grams: Integers
    starts: Integers

    def take(self, places: Integers) -> Words:
        """The features of the words at `places`."""
        first, counts = self.starts[places], self.starts[places + 1] - self.starts[places]
        starts = np.concatenate(([0], np.cumsum(counts)))
        grams = np.arange(starts[-1]) + np.repeat(first - starts[:-1], counts)
        vectors, ends, known = self.vectors[places], self.ends[places], self.known[places]
        return Words(vectors, ends, known, self.grams[grams], starts)


@dataclass(frozen=True, slots=True)
class Batch:
    """Texts as sentences of words.

    `words`: each once; `order`: the texts' words as places in `words`, text after text; `lengths`:
    the number of words of each sentence; `text_of`: the text of each sentence, of `texts` in all.
    """

    words: Words
    order: Integers
    lengths: Integers
    text_of: Integers
    texts: int

    @classmethod
    def cut(cls, words: Words, order: Integers, lengths: Integers) -> Batch:
        """Texts of so many words each, cut behind the marks that end their sentences."""
        ends = words.ends[order]
        behind = ends & ~np.append(ends[1:], np.False_)
        behind[np.cumsum(lengths)[lengths > 0] - 1] = True
        places = np.flatnonzero(behind)
        text_of = np.repeat(np.arange(len(lengths)), lengths)[places]
        return cls(words, order, np.diff(places, prepend=-1), text_of, len(lengths))


class Lexicon:
    """Looks words' features up."""

    def __init__(self, vectors: WordVectors, known: Integers, buckets: int) -> None:
        """`known`: the hashes (`word_hash`) of the model's own words, rising. `buckets`: how many
        there are for n-grams."""
        self._vectors = vectors
        self._known = known
        self._buckets = buckets

    def batch(self, texts: Sequence[Sequence[str]]) -> Batch:
        """Texts, each given as its words, as the model reads them."""
        places: dict[str, int] = {}
        order = [places.setdefault(word, len(places)) for text in texts for word in text]
        lengths = np.array([len(text) for text in texts], np.int64)
        return Batch.cut(self.words(list(places)), np.array(order, np.int64), lengths)

    def words(self, words: Sequence[str]) -> Words:
        """The features of words."""
        rows = self._vectors.find(words)
        vectors = np.where((rows >= 0)[:, None], self._vectors.vectors[rows], np.float32(0))
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        grams = [[word_hash(gram) % self._buckets for gram in _grams(word)] for word in words]
        starts = np.cumsum([0, *map(len, grams)], dtype=np.int64)
        flat = np.array([bucket for one in grams for bucket in one], np.int64)
        ends = np.fromiter((word in _ENDS for word in words), np.bool_, len(words))
        return Words(vectors / np.maximum(lengths, 1e-6), ends, self._places(words), flat, starts)

    def _places(self, words: Sequence[str]) -> Integers:
        hashes = np.fromiter(map(word_hash, words), np.int64, len(words))
        if not len(self._known):
            return np.zeros(len(words), np.int64)
        places = np.minimum(np.searchsorted(self._known, hashes), len(self._known) - 1)
        return np.where(self._known[places] == hashes, places + 1, 0)


def word_hash(text: str) -> int:
    """CRC-32 of the text in UTF-8: the same on every machine."""
    return zlib.crc32(text.encode(errors="replace"))


def _grams(word: str) -> Iterator[str]:
    framed = f"^{word[:_LONGEST]}$"
    for size in _GRAMS:
        # The frame alone is no n-gram.
        inner = framed if size > 1 else framed[1:-1]
        yield from (inner[at : at + size] for at in range(len(inner) - size + 1))


class _Tools(threading.local):
    """What a thread cuts texts with: a tokenizer may not be used by two threads at once."""

    def __init__(self) -> None:
        from sudachipy import SplitMode

        self.tokenizer: Tokenizer = dictionary().create(SplitMode.A)


@cache
def _tools() -> _Tools:
    return _Tools()


@cache
def dictionary() -> Dictionary:
    """Sudachi's core dictionary, loaded once a process."""
    from sudachipy import Dictionary

    return Dictionary(dict="core")
