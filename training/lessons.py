"""The public data as the student learns from it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch

from enrich.bilingual import minilm
from enrich.embed import minilm_folder
from training.corpus import Corpus
from training.data import (
    Pair,
    Scored,
    read_complaints,
    read_pairs,
    read_scored,
    split_scored,
)
from training.fit import Lessons

_BEST = 5.0
_BATCH = 256


def read(data: Path, buckets: int) -> tuple[Corpus, Lessons]:
    """The words of all training texts, and the lessons; the held-out fifth of the scored pairs and
    `dev.*` are not among them. MiniLM encodes the English sentences: about a minute or two."""
    scored, _ = split_scored(read_scored(data))
    return make(read_pairs(data, "train"), scored, buckets)


def make(pairs: Sequence[Pair], scored: Sequence[Scored], buckets: int) -> tuple[Corpus, Lessons]:
    """The same for other pairs and scored pairs."""
    around, causes = read_complaints()
    sentences = [pair.japanese for pair in pairs]
    firsts, seconds = [row.first for row in scored], [row.second for row in scored]
    further = [*around, *(text for texts in causes.values() for text in texts)]
    corpus = Corpus(further, [*sentences, *firsts, *seconds], buckets)
    aims = minilm(minilm_folder()).encode(
        [pair.english for pair in pairs],
        batch_size=_BATCH,
        normalize_embeddings=True,
        convert_to_tensor=True,
        show_progress_bar=False,
    )
    lessons = Lessons(
        sentences=[corpus.read(text) for text in sentences],
        aims=aims.float().clone(),
        firsts=[corpus.read(text) for text in firsts],
        seconds=[corpus.read(text) for text in seconds],
        scores=torch.tensor([row.score / _BEST for row in scored]),
        complaints=(
            [corpus.read(text) for text in around],
            [[corpus.read(text) for text in texts] for texts in causes.values()],
        ),
    )
    return corpus, lessons
