"""What the sentences of a reply do: a probability for each act.

A logistic regression for each act on the words of a sentence (`enrich.acts.features`), fitted by
`python -m training.acts` to sentences of our own writing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from casebook.acts import Act
from enrich.acts.features import features

if TYPE_CHECKING:
    import numpy as np

FILE = Path(__file__).parents[1] / "weights" / "acts.safetensors"
_AT_HAND = 4_096
"""Sentences that are kept with what they do: most replies share most of theirs."""


class Model:
    """A fitted model: `weights` has a row for each feature of the vocabulary and a column for each
    Act, `idf` is the features' inverse document frequency, `bias` the acts' constant."""

    def __init__(self, vocabulary: Sequence[str], idf: Any, weights: Any, bias: Any) -> None:
        self.vocabulary = vocabulary
        self.idf = idf
        self.weights = weights
        self.bias = bias
        self._places = {feature: place for place, feature in enumerate(vocabulary)}

    def __call__(self, sentence: str) -> Mapping[Act, float]:
        """The probability of each act for one sentence."""
        import numpy as np

        places, values = self.row(sentence)
        logits = values @ self.weights[places] + self.bias
        return dict(zip(Act, (1 / (1 + np.exp(-logits))).tolist(), strict=True))

    def row(self, sentence: str) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
        """A sentence's features by their places, and their TF-IDF weights (logarithmic counts) at
        unit length."""
        import numpy as np

        found = features(sentence)
        known = {
            place: n for one, n in found.items() if (place := self._places.get(one)) is not None
        }
        places = np.fromiter(known, np.intp, len(known))
        counts = np.fromiter(known.values(), np.float32, len(known))
        values = (1 + np.log(counts)) * self.idf[places]
        return places, values / (float(np.linalg.norm(values)) or 1.0)

    def dump(self) -> bytes:
        """All of it (safetensors; numbers as float16)."""
        import numpy as np
        from safetensors.numpy import save

        told = json.dumps({"acts": list(Act), "vocabulary": list(self.vocabulary)})
        numbers = {
            name: getattr(self, name).astype(np.float16) for name in ("idf", "weights", "bias")
        }
        return save({"told": np.frombuffer(told.encode(), np.uint8), **numbers})

    @classmethod
    def load(cls, data: bytes) -> Model:
        """The model that `dump` wrote. Raises ValueError where it knows other acts."""
        import numpy as np
        from safetensors.numpy import load

        arrays = load(data)
        told = json.loads(arrays.pop("told").tobytes())
        if told["acts"] != list(Act):
            raise ValueError("the weights are of other acts")
        numbers = {name: array.astype(np.float32) for name, array in arrays.items()}
        return cls(told["vocabulary"], **numbers)


def read(sentences: Sequence[str]) -> list[Mapping[Act, float]]:
    """What each sentence does, by the model that comes along."""
    return [_read(sentence) for sentence in sentences]


@lru_cache(_AT_HAND)
def _read(sentence: str) -> Mapping[Act, float]:
    return bundled()(sentence)


@cache
def bundled() -> Model:
    """The model that comes along, fitted by `python -m training.acts`."""
    return Model.load(FILE.read_bytes())
