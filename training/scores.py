"""What the bundled model is worth: the table that `python -m training` prints."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr
from sentence_transformers import SentenceTransformer

from enrich.embed import Encoder, minilm_folder
from enrich.japanese import Floats
from training.corpus import Corpus
from training.data import (
    Pair,
    Scored,
    read_complaints,
    read_english,
    read_pairs,
    read_scored,
    split_scored,
)

Encode = Callable[[list[str]], Floats]
"""Texts to vectors of unit length, one row a text."""

_TOP = 10
_COMPLAINT = 3
_PHRASES = 3
"""Sentences of one cause, and phrases around them, in a long text to be compared."""

_LONG_SEED = 3


@dataclass(frozen=True, slots=True)
class Score:
    """One line of the table: a figure, and what it should at least be."""

    name: str
    value: float
    least: float | None = None


def all_scores(data: Path, encoder: Encoder) -> list[Score]:
    """The whole table for an encoder, on data that it never learnt from."""

    def encode(texts: list[str]) -> Floats:
        rows = [np.frombuffer(vector, "<f2") for vector in encoder.documents(texts)]
        return np.stack(rows).astype(np.float32)

    plain = plain_minilm()
    _, held_out = split_scored(read_scored(data))
    english = read_english()
    texts, causes = long_texts(*read_complaints())
    corpus = Corpus(texts, [pair.japanese for pair in read_pairs(data, "train")], buckets=1)
    means = corpus.means([corpus.read(text) for text in texts])
    least = similarity(plain, english)
    return [
        Score("JSTS, held-out fifth: Spearman", similarity(encode, held_out), 0.78),
        Score("JSTS, all-MiniLM-L6-v2 alone", similarity(plain, held_out)),
        Score("Japanese to English, 500: top 1", retrieval(encode, read_pairs(data, "dev")), 0.88),
        Score("English pairs: Spearman", similarity(encode, english), round(least, 2) - 0.01),
        Score("English pairs, all-MiniLM-L6-v2 alone", least),
        Score("long complaints, same cause: P@10", same_cause(encode(texts), causes)),
        Score("long complaints, SIF mean of chiVe", same_cause(means, causes)),
        Score("long complaints, all-MiniLM-L6-v2 alone", same_cause(plain(texts), causes)),
    ]


def plain_minilm() -> Encode:
    """all-MiniLM-L6-v2 as sentence-transformers computes it."""
    model = SentenceTransformer(str(minilm_folder()), device="cpu", local_files_only=True)
    return lambda texts: np.asarray(model.encode(texts, normalize_embeddings=True))


def similarity(encode: Encode, rows: Sequence[Scored]) -> float:
    """Spearman's rank correlation of the cosines with people's scores."""
    first, second = encode([row.first for row in rows]), encode([row.second for row in rows])
    return float(spearmanr((first * second).sum(axis=1), [row.score for row in rows]).statistic)


def retrieval(encode: Encode, pairs: Sequence[Pair]) -> float:
    """Share of the Japanese sentences whose translation is the nearest of all English ones."""
    japanese = encode([pair.japanese for pair in pairs])
    english = encode([pair.english for pair in pairs])
    return float(((japanese @ english.T).argmax(axis=1) == np.arange(len(pairs))).mean())


def same_cause(vectors: Floats, causes: Sequence[str]) -> float:
    """P@10: of the ten texts nearest to each, the share with the same cause."""
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, -np.inf)
    names = np.array(causes)
    nearest = names[np.argsort(-cosines, axis=1)[:, :_TOP]]
    return float((nearest == names[:, None]).mean())


def long_texts(around: Sequence[str], causes: dict[str, list[str]]) -> tuple[list[str], list[str]]:
    """Texts of some 150 to 250 characters and their causes: each complaint once, with two others of
    its cause, among phrases that stand around any complaint."""
    draw = np.random.default_rng(_LONG_SEED)
    texts, names = [], []
    for name, sentences in causes.items():
        for sentence in sentences:
            others = [one for one in sentences if one != sentence]
            parts = [
                sentence,
                *draw.choice(others, _COMPLAINT - 1, replace=False),
                *draw.choice(around, _PHRASES, replace=False),
            ]
            texts.append("".join(parts[at] for at in draw.permutation(len(parts))))
            names.append(name)
    return texts, names
