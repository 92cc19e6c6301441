"""Long texts for the training, made of short ones: nobody has complaints and their translations.

A student tuned on single sentences alone loses what long texts are told apart by. So each step sees
three kinds of long texts: sentences with the mean of their translations as the aim; our own
complaints among polite phrases; and words of a few random subjects strewn into sentences, which
between them bring in all of chiVe's words. Those texts shall be as like one another as their
SIF-weighted means are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from enrich.japanese import Floats, Integers
from training.corpus import Corpus

_NEAREST = 40
"""Words that make up a subject: a random word's neighbours."""

_ROWS = 2_000


@dataclass(frozen=True, slots=True)
class LongTexts:
    """Texts as words' numbers; `aims`, the vectors that the first of them shall have."""

    texts: list[Integers]
    aims: Tensor


class LongTextMaker:
    """Makes long texts, each time others."""

    def __init__(
        self,
        corpus: Corpus,
        sentences: Sequence[Integers],
        aims: Tensor,
        complaints: tuple[Sequence[Integers], Sequence[Sequence[Integers]]],
        draw: np.random.Generator,
    ) -> None:
        """`sentences` and `aims`: Japanese sentences and their translations' vectors.
        `complaints`: phrases around any complaint, and the complaints of each cause."""
        self._sentences, self._aims, self._draw = sentences, aims, draw
        self._around, self._causes = complaints
        self._further = corpus.further()
        self._subjects = _neighbours(corpus.words.vectors[self._further])

    def make(self, translated: int, complaints: int, subjects: int) -> LongTexts:
        """So many texts of each kind; of the last, twice as many: two texts about each subject."""
        picks = [
            self._draw.integers(len(self._sentences), size=self._draw.integers(3, 15))
            for _ in range(translated)
        ]
        texts = [np.concatenate([self._sentences[at] for at in pick]) for pick in picks]
        means = torch.stack([self._aims[torch.from_numpy(pick)].mean(dim=0) for pick in picks])
        texts += [self._complaint() for _ in range(complaints)]
        for _ in range(subjects):
            seeds = self._draw.integers(len(self._further), size=self._draw.integers(2, 5))
            texts += [self._about(seeds), self._about(seeds)]
        return LongTexts(texts, torch.nn.functional.normalize(means, dim=1))

    def _complaint(self) -> Integers:
        cause = self._causes[int(self._draw.integers(len(self._causes)))]
        own = self._draw.choice(len(cause), size=self._draw.integers(1, 4), replace=False)
        around = self._draw.choice(len(self._around), size=4, replace=False)
        return self._mixed([*(cause[at] for at in own), *(self._around[at] for at in around)])

    def _about(self, seeds: Integers) -> Integers:
        near = [self._draw.choice(_NEAREST, size=self._draw.integers(2, 5)) for _ in seeds]
        words = [
            self._further[self._subjects[seed][places]]
            for seed, places in zip(seeds, near, strict=True)
        ]
        count = self._draw.integers(1, 4)
        others = self._draw.integers(len(self._sentences), size=count)
        return self._mixed([*words, *(self._sentences[at] for at in others)])

    def _mixed(self, parts: list[Integers]) -> Integers:
        return np.concatenate([parts[at] for at in self._draw.permutation(len(parts))])


def _neighbours(vectors: Floats) -> Integers:
    """For each vector, the places of those nearest to it once their common part is gone."""
    apart = vectors - vectors.mean(axis=0)
    apart /= np.maximum(np.linalg.norm(apart, axis=1, keepdims=True), 1e-6)
    rows = (apart[at : at + _ROWS] @ apart.T for at in range(0, len(apart), _ROWS))
    return np.concatenate([np.argpartition(-one, _NEAREST)[:, :_NEAREST] for one in rows])
