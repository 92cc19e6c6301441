"""Texts as the student reads them, cut into words once before the training begins."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from enrich import chive
from enrich.japanese import Batch, Floats, Integers, Lexicon, Words, forms, word_hash

_KNOWN_FROM = 2
"""Occurrences from which a word gets an importance of its own."""

_SMOOTHING = 1e-3
"""The constant a of Arora, Liang and Ma, "A Simple but Tough-to-Beat Baseline for Sentence
Embeddings" (2017): a word of probability p weighs a / (a + p) (SIF)."""

_WORD = re.compile("[ぁ-んァ-ヶ一-龥ー]{1,8}")


class Corpus:
    """The words of all texts, numbered; `lexicon` looks up the features of any other."""

    def __init__(self, texts: Iterable[str], learnt: Iterable[str], buckets: int) -> None:
        """`learnt`: the texts whose words are counted; further `texts` are only compared."""
        self._cut = {
            text: forms(text) for text in {**dict.fromkeys(learnt), **dict.fromkeys(texts)}
        }
        counts = Counter(word for text in dict.fromkeys(learnt) for word in self._cut[text])
        total = counts.total()
        often = {word: n for word, n in counts.items() if n >= _KNOWN_FROM}
        by_hash = {word_hash(word): n / total for word, n in often.items()}
        self.known: Integers = np.array(sorted(by_hash), np.int64)
        shares = np.array([0.0, *(by_hash[one] for one in self.known.tolist())])
        self.importance: Floats = (_SMOOTHING / (_SMOOTHING + shares)).astype(np.float32)
        """SIF weight of each known word; first that of the others, 1."""
        vectors = chive.load()
        self.lexicon = Lexicon(vectors, self.known, buckets)
        self._further = one_word_a_row(vectors)
        words = {word: None for text in self._cut.values() for word in text}
        self._numbers = {word: n for n, word in enumerate(dict.fromkeys([*words, *self._further]))}
        self.words: Words = self.lexicon.words(list(self._numbers))
        used = np.array([self._numbers[word] for word in words], np.int64)
        self._common = self.words.vectors[used].mean(axis=0)

    def read(self, text: str) -> Integers:
        """A text's words as numbers. Raises KeyError for a text that was not given at first."""
        return np.array([self._numbers[word] for word in self._cut[text]], np.int64)

    def further(self) -> Integers:
        """Words, mostly not in the texts, that between them have all of chiVe's vectors."""
        return np.array([self._numbers[word] for word in self._further], np.int64)

    def batch(self, texts: Sequence[Integers]) -> Batch:
        """Texts, each its words' numbers, as the student takes them."""
        lengths = np.array([len(text) for text in texts], np.int64)
        words, order = np.unique(np.concatenate(texts), return_inverse=True)
        return Batch.cut(self.words.take(words), order.astype(np.int64), lengths)

    def means(self, texts: Sequence[Integers]) -> Floats:
        """The SIF-weighted mean vector of each text, less what all words have in common, of unit
        length."""
        found = np.stack([self._mean(text) for text in texts])
        unit: Floats = found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-6)
        return unit

    def _mean(self, text: Integers) -> Floats:
        weights = self.importance[self.words.known[text]][:, None]
        mean: Floats = (weights * (self.words.vectors[text] - self._common)).sum(axis=0)
        return mean


def one_word_a_row(vectors: chive.WordVectors) -> list[str]:
    """For each of chiVe's vectors, a Japanese word that has it, where ja-ginza knows one."""
    strings = json.loads((chive.folder() / "strings.json").read_text("utf-8"))
    words = sorted(word for word in strings if _WORD.fullmatch(word))
    rows = vectors.find(words).tolist()
    found: dict[int, str] = {}
    for word, row in zip(words, rows, strict=True):
        if row >= 0 and len(word) < len(found.get(row, "x" * 9)):
            found[row] = word
    return list(found.values())
