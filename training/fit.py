"""Fits the student: one loop, several losses at once."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from enrich.bilingual import Shape, Student
from enrich.japanese import Integers
from training.corpus import Corpus
from training.longtexts import LongTextMaker


@dataclass(frozen=True, slots=True)
class Recipe:
    """What was chosen on a split of the training data's own."""

    epochs: int = 12
    rate: float = 2e-3
    decay: float = 0.01
    warm_up: float = 0.1
    """Share of the steps in which the rate rises."""
    word_dropout: float = 0.1

    pairs: int = 512
    scored: int = 192
    translated: int = 8
    complaints: int = 8
    subjects: int = 8
    """Texts in a step, of each kind (`LongTextMaker.make` for the last three)."""

    closeness: float = 2.0
    contrast: float = 2.0
    ranking: float = 1.5
    alike: float = 0.6
    length: float = 1.0
    agreement: float = 4.0
    """Weights of the losses."""
    temperature: float = 0.05


@dataclass(frozen=True, slots=True)
class Lessons:
    """What the student learns from, texts as words' numbers.

    `sentences` with `aims`, their translations' vectors; `firsts` and `seconds` with `scores`, how
    alike people found them, 0 to 1; `complaints`, as LongTextMaker takes them.
    """

    sentences: Sequence[Integers]
    aims: Tensor
    firsts: Sequence[Integers]
    seconds: Sequence[Integers]
    scores: Tensor
    complaints: tuple[Sequence[Integers], Sequence[Sequence[Integers]]]


def fit(
    shape: Shape,
    corpus: Corpus,
    lessons: Lessons,
    recipe: Recipe,
    seed: int,
    tick: Callable[[], None],
) -> Student:
    """A student that learnt from a seed. `tick` is called after each step (`steps` of them)."""
    torch.use_deterministic_algorithms(mode=True)
    torch.manual_seed(seed)
    student = Student(replace(shape, known=len(corpus.known)))
    student.get_buffer("known").copy_(torch.from_numpy(corpus.known))
    torch.nn.init.normal_(student.grams.weight, std=0.1)
    importance = torch.from_numpy(corpus.importance).log()
    student.importance.weight.data.copy_(importance[:, None])
    _Course(student, corpus, lessons, recipe, np.random.default_rng(seed)).run(tick)
    return student.eval().requires_grad_(requires_grad=False)


def steps(lessons: Lessons, recipe: Recipe) -> int:
    """Steps of a whole training."""
    return recipe.epochs * (len(lessons.sentences) // recipe.pairs)


class _Course:
    """One training: the losses, and what they draw at random."""

    def __init__(
        self,
        student: Student,
        corpus: Corpus,
        lessons: Lessons,
        recipe: Recipe,
        draw: np.random.Generator,
    ) -> None:
        self.student, self.corpus, self.lessons, self.recipe = student, corpus, lessons, recipe
        self.draw = draw
        self.long = LongTextMaker(corpus, lessons.sentences, lessons.aims, lessons.complaints, draw)

    def run(self, tick: Callable[[], None]) -> None:
        recipe, lessons = self.recipe, self.lessons
        self.student.train()
        optimizer = torch.optim.AdamW(
            _groups(self.student, recipe), lr=recipe.rate, betas=(0.9, 0.98)
        )
        total = steps(lessons, recipe)
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimizer, lambda step: _rate(step / total, recipe.warm_up)
        )
        pairs = self._rounds(len(lessons.sentences), recipe.pairs)
        scored = self._rounds(len(lessons.firsts), recipe.scored)
        for _ in range(total):
            loss = self._loss(next(pairs), next(scored))
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            torch.nn.utils.clip_grad_norm_(self.student.parameters(), 2.0)
            optimizer.step()
            schedule.step()
            tick()

    def _rounds(self, count: int, size: int) -> Iterator[Integers]:
        """Places in random order, `size` at a time, again and again."""
        while True:
            order = self.draw.permutation(count)
            for at in range(count // size):
                yield order[at * size : (at + 1) * size]

    def _loss(self, pairs: Integers, scored: Integers) -> Tensor:
        recipe, lessons = self.recipe, self.lessons
        long = self.long.make(recipe.translated, recipe.complaints, recipe.subjects)
        short = [lessons.sentences[at] for at in pairs]
        short += [one[at] for one in (lessons.firsts, lessons.seconds) for at in scored]
        texts = [*map(self._thinned, short), *long.texts]
        found = self.student(self.corpus.batch(texts))
        sizes = [len(pairs), len(scored), len(scored), len(long.texts)]
        translated, first, second, longer = torch.split(found, sizes)
        aims = lessons.aims[torch.from_numpy(pairs)]
        scores = lessons.scores[torch.from_numpy(scored)]
        means = torch.from_numpy(self.corpus.means(long.texts))
        aimed = (longer[: len(long.aims)] * long.aims).sum(dim=1)
        return (
            recipe.closeness * (1 - (translated * aims).sum(dim=1)).mean()
            + recipe.contrast * contrast(translated, aims, recipe.temperature)
            + self._scored(first, second, scores)
            + recipe.length * (1 - aimed).mean()
            + recipe.agreement * disagreement(longer, means)
        )

    def _scored(self, first: Tensor, second: Tensor, scores: Tensor) -> Tensor:
        recipe = self.recipe
        cosines = (first * second).sum(dim=1)
        alike = scores >= _ALIKE
        return recipe.ranking * ranking(cosines, scores) + recipe.alike * contrast(
            first[alike], second[alike], recipe.temperature
        )

    def _thinned(self, text: Integers) -> Integers:
        """The text without some of its words, but never without all."""
        kept = text[self.draw.random(len(text)) >= self.recipe.word_dropout]
        return kept if len(kept) else text


_ALIKE = 0.6
"""Score (of 1) from which a pair counts as two ways to say the same."""

_SHARPNESS = 20.0


def contrast(one: Tensor, other: Tensor, temperature: float) -> Tensor:
    """InfoNCE both ways (van den Oord et al., 2018): each vector shall find its partner."""
    cosines = one @ other.T / temperature
    partners = torch.arange(len(one))
    both = (
        functional.cross_entropy(cosines, partners),
        functional.cross_entropy(cosines.T, partners),
    )
    return (both[0] + both[1]) / 2


def ranking(cosines: Tensor, scores: Tensor) -> Tensor:
    """CoSENT: a pair with a higher score shall have the higher cosine
    (https://kexue.fm/archives/8847)."""
    wrong = (cosines[:, None] - cosines[None, :]) * _SHARPNESS
    counted = wrong[scores[:, None] < scores[None, :]]
    return torch.logsumexp(functional.pad(counted, (1, 0)), dim=0) * 4 / _SHARPNESS


def disagreement(vectors: Tensor, others: Tensor) -> Tensor:
    """1 less the correlation of the cosines among `vectors` with those among `others`."""
    pairs = torch.triu_indices(len(vectors), len(vectors), offset=1)
    one, other = ((rows @ rows.T)[pairs[0], pairs[1]] for rows in (vectors, others))
    return 1 - functional.cosine_similarity(one - one.mean(), other - other.mean(), dim=0)


def _groups(student: Student, recipe: Recipe) -> list[dict[str, object]]:
    """Parameters by their decay: none for the tables, whose rows are mostly not seen in a step."""
    tables = [*student.grams.parameters(), *student.importance.parameters()]
    own = {id(one) for one in tables}
    layers = [one for one in student.parameters() if id(one) not in own]
    return [
        {"params": layers, "weight_decay": recipe.decay},
        {"params": tables, "weight_decay": 0.0},
    ]


def _rate(done: float, warm_up: float) -> float:
    """Share of the full rate after a share of the steps: up in a line, down in a half cosine."""
    return min(done / warm_up + 1e-3, 1.0) * (1 + math.cos(math.pi * min(done, 1.0))) / 2
