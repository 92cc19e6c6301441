"""What small supervised models say that a message is: a probability for each label.

Each label has two regularised least-squares classifiers (Rifkin, Yeo and Poggio, "Regularized
least-squares classification", 2003): a linear one on a text's words (`enrich.triage.grams`,
`enrich.triage.phrases`), and one on its meaning vector, by nearness to the exemplars. A logistic
regression on their leave-one-out scores joins the two into a calibrated probability (Platt,
"Probabilistic outputs for support vector machines", 1999; stacking: Wolpert, "Stacked
generalization", 1992). `enrich.triage.fitting` fits them; numpy alone uses them.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from casebook.types import Cause, Conduct, Crisis, Demand, Kind, Span
from enrich.triage.grams import Vocabulary, sentences
from enrich.triage.phrases import by_group, phrases

if TYPE_CHECKING:
    import numpy as np

    Floats: TypeAlias = np.ndarray[Any, np.dtype[np.floating[Any]]]
    Bytes: TypeAlias = np.ndarray[Any, np.dtype[np.int8]]
    Places: TypeAlias = np.ndarray[Any, np.dtype[np.intp]]

FILE = Path(__file__).parents[1] / "weights" / "triage.safetensors"

ONE_OF = {
    "kind": tuple(Kind),
    "cause": tuple(Cause),
    "conduct": tuple(Conduct),
}
"""Labels of which a message has one; their probabilities sum to 1."""
LEVELS = {"severity": ("1", "2", "3"), "anger": ("1", "2", "3")}
"""Labels that are levels: `severity:2` is the probability of 2 or more."""
ANY_OF = {"crisis": tuple(Crisis), "demand": tuple(Demand)}
"""Labels of which a message can have several."""

LABELS = tuple(
    f"{group}:{name}" for group, names in {**ONE_OF, **LEVELS, **ANY_OF}.items() for name in names
)
"""All labels, in the order of the weights' columns."""

_WORDS, _MEANING = ("idf", "grams", "phrases", "bias"), ("weights", "bias")
_AS_KEPT = ("told", "meaning.points")
_STEPS = 127
"""Steps of 8 bits on either side of zero."""
_CHUNK = 1024
"""Exemplars that are compared at a time."""
_WIDTH = 3.0
"""How fast likeness falls with the distance of two meanings: exp(-_WIDTH (1 - cosine))."""

Probabilities: TypeAlias = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Features:
    """What the classifiers on words read of a text: `grams` by their place in the vocabulary, with
    how often each stands there, and the `phrases` in it."""

    grams: Counter[int]
    phrases: frozenset[int]

    @classmethod
    def together(cls, parts: Iterable[Features]) -> Features:
        """Those of a text, from those of its parts."""
        grams: Counter[int] = Counter()
        for part in (found := list(parts)):
            grams.update(part.grams)
        return cls(grams, frozenset().union(*(part.phrases for part in found)))


@dataclass(frozen=True, slots=True)
class Phrasing:
    """The classifiers on a text's words: `grams` has a row for each feature of the `vocabulary`,
    whose inverse document frequency is `idf`, `phrases` one for each group of
    `enrich.triage.phrases`; `bias` and the columns are the labels'."""

    vocabulary: Vocabulary
    idf: Floats
    grams: Floats
    phrases: Floats
    bias: Floats

    def features(self, text: str) -> Features:
        """What is read of a text."""
        return Features(self.vocabulary(text), phrases(text))

    def scores(self, texts: Sequence[Features]) -> Floats:
        """(texts, labels)."""
        import numpy as np

        found = np.empty((len(texts), len(LABELS)), np.float32)
        for row, text in enumerate(texts):
            places, values = weighed(text.grams, self.idf)
            hinted = np.log1p(np.array(by_group(text.phrases), np.float32))
            found[row] = values @ self.grams[places] + hinted @ self.phrases + self.bias
        return found


@dataclass(frozen=True, slots=True)
class Nearness:
    """The classifiers on meaning, by a Gaussian kernel.

    `points` are the exemplars' vectors in whole steps of `unit` (`coarse`), `weights` has a row
    for each of them; `bias` and the columns are the labels'.
    """

    points: Bytes
    unit: float
    weights: Floats
    bias: Floats

    def scores(self, vectors: Floats) -> Floats:
        """(texts, labels) of (texts, dimensions)."""
        import numpy as np

        found = np.tile(self.bias, (len(vectors), 1))
        for start in range(0, len(self.points), _CHUNK):
            part = slice(start, start + _CHUNK)
            points = self.points[part].astype(np.float32) * np.float32(self.unit)
            found += near(vectors, points) @ self.weights[part]
        return found


class Heads:
    """Fitted heads. `space` names the vector space whose meaning vectors they read."""

    def __init__(
        self, space: str, words: Phrasing, meaning: Nearness, joint: Floats, alone: Floats
    ) -> None:
        """`joint` has three rows (weight of the words' score, of the meaning's, constant) and
        `alone` two (weight of the words' score, constant), with a column for each label."""
        self.space = space
        self._words = words
        self._meaning = meaning
        self._joint = joint
        self._alone = alone

    def features(self, text: str) -> Features:
        """What is read of a text's words."""
        return self._words.features(text)

    def probabilities(
        self, texts: Sequence[Features], vectors: Sequence[bytes]
    ) -> list[Probabilities]:
        """The probability of each of LABELS for each text; its vector is empty where unknown, and
        must else be one of `space`. Raises ValueError where a vector has another length."""
        import numpy as np

        words = self._words.scores(texts)
        logits = words * self._alone[0] + self._alone[1]
        known = [place for place, vector in enumerate(vectors) if vector]
        if known:
            meaning = self._meaning.scores(stacked([vectors[place] for place in known]))
            logits[known] = (
                words[known] * self._joint[0] + meaning * self._joint[1] + self._joint[2]
            )
        found = _settled(1 / (1 + np.exp(-logits)))
        return [dict(zip(LABELS, row, strict=True)) for row in found.tolist()]

    def strongest(self, text: str, labels: Sequence[str]) -> list[Span]:
        """For each of these labels, the sentence of `text` whose words speak most for it. Labels
        that the heads do not know have none."""
        known = [label for label in labels if label in LABELS]
        pieces = sentences(text) if known else []
        if not pieces:
            return []
        scores = self._words.scores([self.features(text[start:end]) for start, end in pieces])
        best = [pieces[int(scores[:, LABELS.index(label)].argmax())] for label in known]
        return [
            Span(label.removeprefix("conduct:"), start, end, text[start:end])
            for label, (start, end) in zip(known, best, strict=True)
        ]

    def dump(self) -> bytes:
        """All of it (safetensors; weights as float16), for the record to keep."""
        import numpy as np
        from safetensors.numpy import save

        told = {
            "space": self.space,
            "labels": LABELS,
            "vocabulary": self._words.vocabulary.features,
        }
        return save(
            {
                "told": np.frombuffer(json.dumps(told).encode(), np.uint8),
                **{f"words.{k}": getattr(self._words, k).astype(np.float16) for k in _WORDS},
                "meaning.points": self._meaning.points,
                "meaning.unit": np.array([self._meaning.unit], np.float32),
                **{f"meaning.{k}": getattr(self._meaning, k).astype(np.float16) for k in _MEANING},
                "joint": self._joint.astype(np.float32),
                "alone": self._alone.astype(np.float32),
            }
        )

    @classmethod
    def load(cls, data: bytes) -> Heads:
        """The heads that `dump` wrote. Raises ValueError where it is none, or of other labels."""
        import numpy as np
        from safetensors import SafetensorError
        from safetensors.numpy import load

        try:
            arrays = load(data)
            told = json.loads(arrays["told"].tobytes())
            if tuple(told["labels"]) != LABELS:
                raise ValueError("the data hold heads for other labels")
            floats = {k: v.astype(np.float32) for k, v in arrays.items() if k not in _AS_KEPT}
            words = Phrasing(
                Vocabulary(told["vocabulary"]), *(floats[f"words.{name}"] for name in _WORDS)
            )
            rest = (floats[f"meaning.{name}"] for name in _MEANING)
            unit = float(floats["meaning.unit"][0])
            meaning = Nearness(arrays["meaning.points"], unit, *rest)
            return cls(told["space"], words, meaning, floats["joint"], floats["alone"])
        except (SafetensorError, KeyError, TypeError) as error:
            raise ValueError("the data hold no heads") from error


@cache
def bundled_heads() -> Heads:
    """The heads that come along, fitted by `python -m training.triage`."""
    return Heads.load(FILE.read_bytes())


@cache
def prior() -> Probabilities:
    """What is believed of a message without any heads: an ordinary complaint or question."""
    likely = {f"kind:{Kind.COMPLAINT}": 0.4, f"kind:{Kind.INQUIRY}": 0.4}
    likely |= {f"cause:{Cause.OTHER}": 0.5, f"conduct:{Conduct.ORDINARY}": 0.95}
    likely |= {f"demand:{name}": 0.12 for name in Demand}
    return {label: likely.get(label, 0.03) for label in LABELS}


def stacked(vectors: Sequence[bytes]) -> Floats:
    """Meaning vectors as (texts, dimensions). Raises ValueError where their lengths differ."""
    import numpy as np

    return np.stack([np.frombuffer(vector, "<f2").astype(np.float32) for vector in vectors])


def coarse(vectors: Floats) -> tuple[Bytes, float]:
    """Vectors in whole steps of 8 bits, and the unit of a step: they make up most of the heads."""
    import numpy as np

    unit = float(np.abs(vectors).max(initial=1e-6)) / _STEPS
    return np.round(vectors / unit).astype(np.int8), unit


def weighed(counts: Mapping[int, int], idf: Floats) -> tuple[Places, Floats]:
    """A text's features: their places in the vocabulary, and their TF-IDF weights (logarithmic
    counts) at unit length."""
    import numpy as np

    places = np.fromiter(counts, np.intp, len(counts))
    values = (1 + np.log(np.fromiter(counts.values(), np.float32, len(counts)))) * idf[places]
    return places, values / (float(np.linalg.norm(values)) or 1.0)


def near(vectors: Floats, points: Floats) -> Floats:
    """(vectors, points): the Gaussian kernel of vectors of unit length, 0..1."""
    import numpy as np

    found: Floats = np.exp(-_WIDTH * (1 - vectors @ points.T))
    return found


def _settled(found: Floats) -> Floats:
    """Probabilities that sum to 1 where a message has one label, and fall with the level."""
    for group in ONE_OF:
        part = found[:, columns(group)]
        found[:, columns(group)] = part / part.sum(axis=1, keepdims=True)
    for group in LEVELS:
        import numpy as np

        found[:, columns(group)] = np.minimum.accumulate(found[:, columns(group)], axis=1)
    return found


@cache
def columns(group: str) -> slice:
    """Where a group's labels stand among LABELS."""
    places = [place for place, label in enumerate(LABELS) if label.startswith(f"{group}:")]
    return slice(places[0], places[-1] + 1)
