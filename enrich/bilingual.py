"""The bundled embedding model: English as all-MiniLM-L6-v2 has it, Japanese in the same space.

Japanese texts go to a small network over chiVe word vectors that `training/` fitted to MiniLM's
vectors of translations; every other text goes to MiniLM itself, and one in two languages to both.
Both halves are one module of sentence-transformers (https://sbert.net, "Creating Custom Models").
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import InputModule
from torch import Tensor, nn
from torch.nn import functional

from enrich import chive
from enrich.japanese import Batch, Integers, Lexicon, forms, parted
from enrich.weights import FILE

DIMENSIONS = 384
"""Length of a vector: MiniLM's."""

_VECTOR = 300
"""Length of a chiVe vector."""

_PIECE = 4
"""Texts that one core reads at a time."""
_STEP = 16
"""Texts are padded to a multiple of so many tokens: oneDNN makes and keeps code for each size."""

_STEEPEST = 5.0
"""Bound on the logarithm of a word's weight in a text: no word can drown all others."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of a student: `known` words with an importance of their own, n-grams in `buckets`
    vectors of `gram` numbers, word windows as `hidden` numbers weighted by `heads`, and an inner
    layer."""

    known: int
    buckets: int
    gram: int
    hidden: int
    heads: int
    inner: int


class Student(nn.Module):
    """Japanese texts as words to vectors of unit length in MiniLM's space.

    A linear view of the weighted mean of word vectors keeps rare words' meanings apart; a
    correction to it sees each word between its neighbours.
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        width = _VECTOR + shape.gram
        self.register_buffer("known", torch.zeros(shape.known, dtype=torch.int64))
        self.grams = nn.EmbeddingBag(shape.buckets, shape.gram, mode="mean")
        self.importance = nn.Embedding(shape.known + 1, 1)
        self.window = nn.Linear(_VECTOR, 3 * shape.hidden)
        self.window_grams = nn.Linear(shape.gram, 3 * shape.hidden, bias=False)
        self.attention = nn.Linear(shape.hidden, shape.heads + 1)
        self.linear = nn.Linear(width, DIMENSIONS)
        self.inner = nn.Linear(shape.hidden + width, shape.inner)
        self.outer = nn.Linear(shape.inner, DIMENSIONS)
        self.gram_dropout = nn.Dropout(0.2)
        self.inner_dropout = nn.Dropout(0.1)

    def forward(self, batch: Batch) -> Tensor:
        """(texts, DIMENSIONS), of unit length: the sum of a text's sentences by their importance.

        A long text's sentences are read one by one, as those were that the student learnt from.
        """
        sentences, importance = self._sentences(batch)
        text_of = torch.from_numpy(batch.text_of)
        return functional.normalize(_sums(sentences * importance, text_of, batch.texts), dim=1)

    def _sentences(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """(sentences, DIMENSIONS), of unit length, and (sentences, 1), the importance of each."""
        words, count = batch.words, len(batch.lengths)
        vectors = torch.from_numpy(words.vectors)
        grams = self.grams(torch.from_numpy(words.grams), torch.from_numpy(words.starts[:-1]))
        grams = self.gram_dropout(grams)
        windows = self._windows(self.window(vectors) + self.window_grams(grams), batch)
        order = torch.from_numpy(batch.order)
        own = torch.from_numpy(np.repeat(np.arange(count), batch.lengths))
        importance = self.importance(torch.from_numpy(words.known)).index_select(0, order)
        weights = self._weights(self.attention(windows) + importance, own, count)
        heads = windows.view(len(windows), self.shape.heads, -1) * weights[:, :-1, None]
        seen = _sums(heads.flatten(1), own, count)
        features = torch.cat([vectors, grams], dim=1).index_select(0, order)
        # Means of unit vectors are short; the layers behind expect numbers of about 1.
        mean = 4 * _sums(features * weights[:, -1:], own, count)
        inner = self.inner_dropout(functional.gelu(self.inner(torch.cat([seen, mean], dim=1))))
        found = functional.normalize(self.linear(mean) + self.outer(inner), dim=1)
        return found, _sums(importance.exp(), own, count)

    def _windows(self, parts: Tensor, batch: Batch) -> Tensor:
        """Each word of a sentence between its neighbours: a convolution of width 3, whose `parts`,
        (words, 3 x hidden), are computed once for each distinct word and place in the window."""
        nothing = len(parts)
        order = batch.order
        ends = np.cumsum(batch.lengths)
        before, after = np.roll(order, 1), np.roll(order, -1)
        before[ends - batch.lengths] = nothing
        after[ends - 1] = nothing
        rows = functional.pad(parts, (0, 0, 0, 1)).view(3 * (nothing + 1), self.shape.hidden)
        places = np.stack([3 * before, 3 * order + 1, 3 * after + 2], axis=1)
        summed = functional.embedding_bag(torch.from_numpy(places), rows, mode="sum")
        return functional.gelu(summed)

    def _weights(self, scores: Tensor, own: Tensor, count: int) -> Tensor:
        """Softmax over the words of each sentence, for each head."""
        raised = torch.exp(_STEEPEST * torch.tanh(scores / _STEEPEST))
        return raised / _sums(raised, own, count).index_select(0, own)

    def save(self, path: Path) -> None:
        """Write the weights (float16) and the shape as one safetensors file."""
        state = {
            name: value.half() if value.is_floating_point() else value
            for name, value in self.state_dict().items()
        }
        save_file(state, path, metadata={"shape": json.dumps(asdict(self.shape))})

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote."""
        with safe_open(path, framework="pt") as file:
            student = cls(Shape(**json.loads(file.metadata()["shape"])))
        student.load_state_dict(load_file(path))
        return student.eval().requires_grad_(requires_grad=False)


def _sums(values: Tensor, group: Tensor, groups: int) -> Tensor:
    return values.new_zeros(groups, values.shape[1]).index_add(0, group, values)


class Bilingual(InputModule):
    """The first and only module of the bundled model: it sends each text, or each of its two parts,
    to its half."""

    def __init__(self, english: SentenceTransformer, student: Student, lexicon: Lexicon) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.english = english
        self.student = student
        self._lexicon = lexicon
        self.tokenizer: Any = english.tokenizer

    @property
    def max_seq_length(self) -> int | None:
        """Tokens that MiniLM reads of a text."""
        return self.english.max_seq_length

    def get_embedding_dimension(self) -> int:
        """Length of a vector."""
        return DIMENSIONS

    def lengths(self, texts: Sequence[str]) -> list[int]:
        """What each text costs beside others in a batch: MiniLM's tokens, which are padded to the
        longest text; 0 for a Japanese text, which is not padded."""
        parts = [parted(text) for text in texts]
        found = [0] * len(texts)
        others = [place for place, part in enumerate(parts) if part.share < 1]
        if others:
            encoded = self.tokenizer(
                [parts[place].other for place in others],
                truncation=True,
                max_length=self.max_seq_length,
            )
            for place, tokens in zip(others, encoded["input_ids"], strict=True):
                found[place] = len(tokens)
        return found

    def preprocess(
        self, inputs: Sequence[Any], prompt: str | None = None, **_: Any
    ) -> dict[str, Any]:
        """Texts as each half reads them, and the share of the Japanese half in each vector."""
        parts = [parted(f"{prompt or ''}{text}") for text in inputs]
        features: dict[str, Any] = {"share": torch.tensor([part.share for part in parts])}
        japanese = [forms(part.japanese) for part in parts if part.share > 0]
        others = [part.other for part in parts if part.share < 1]
        if japanese:
            features["japanese"] = self._lexicon.batch(japanese)
        if others:
            features["others"] = self.english.preprocess(others)
        return features

    def forward(self, features: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Adds `sentence_embedding`, (texts, DIMENSIONS), float32, of unit length."""
        share: Tensor = features["share"][:, None]
        vectors = torch.zeros(len(share), DIMENSIONS)
        own, rest = share[:, 0] > 0, share[:, 0] < 1
        if "japanese" in features:
            vectors[own] += share[own] * self.student(features["japanese"])
        if "others" in features:
            vectors[rest] += (1 - share[rest]) * self._others(features["others"])
        return {**features, "sentence_embedding": functional.normalize(vectors, dim=1)}

    def _others(self, features: dict[str, Any]) -> Tensor:
        transformer, *behind = self.english
        found = transformer(features)
        # Where the transformer computes in bfloat16, a mean in it would lose what that still kept.
        found["token_embeddings"] = found["token_embeddings"].float()
        for module in behind:
            found = module(found)
        vectors: Tensor = found["sentence_embedding"]
        return vectors

    def save(self, output_path: str, *_: Any, **__: Any) -> None:
        """Write both halves below a folder; the word vectors stay in their package."""
        self.english.save(str(Path(output_path) / "english"))
        self.student.save(Path(output_path) / FILE.name)

    @classmethod
    def load(cls, model_name_or_path: str, *_: Any, subfolder: str = "", **__: Any) -> Self:
        """Read what `save` wrote."""
        folder = Path(model_name_or_path) / subfolder
        english = SentenceTransformer(str(folder / "english"), device="cpu")
        return cls(english, *read_student(folder / FILE.name))


def _piece(features: dict[str, Any], start: int) -> dict[str, Any]:
    """Some of the texts, padded to the longest of them alone."""
    mask = features["attention_mask"][start : start + _PIECE]
    length = -(-int(mask.sum(dim=1).max()) // _STEP) * _STEP
    return {
        name: value[start : start + _PIECE, :length] if isinstance(value, Tensor) else value
        for name, value in features.items()
    }


@cache
def _workers() -> ThreadPoolExecutor:
    # Of OpenMP each thread has a number of its own, which it takes over from here.
    torch.set_num_threads(1)
    return ThreadPoolExecutor(os.cpu_count())


def read_student(path: Path) -> tuple[Student, Lexicon]:
    """A student and the lexicon that it was trained with."""
    student = Student.load(path)
    known: Integers = student.get_buffer("known").numpy()
    return student, Lexicon(chive.load(), known, student.shape.buckets)


def minilm(path: Path) -> SentenceTransformer:
    """all-MiniLM-L6-v2 from its folder, in bfloat16 where the processor computes in it."""
    able = torch.cpu.get_capabilities()
    fast = any(able.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16", "sve_bf16"))
    model = SentenceTransformer(str(path), device="cpu", local_files_only=True)
    return model.to(torch.bfloat16) if fast else model


def bundled(path: Path) -> SentenceTransformer:
    """The bundled model; `path` is MiniLM's folder."""
    return SentenceTransformer(modules=[Bilingual(minilm(path), *read_student(FILE))], device="cpu")
