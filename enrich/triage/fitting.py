"""Fits the heads to exemplars, and measures a judge on those that were held back.

Least squares have their leave-one-out scores in closed form (Rifkin and Lippert, "Notes on
regularized least squares", 2007, section 4.1): one factorisation fits all labels and gives the
scores that the probabilities are calibrated on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from casebook.types import Asked, Kind, Triage
from enrich.metrics import f1, macro_f1
from enrich.triage.exemplars import Exemplar
from enrich.triage.grams import Vocabulary, grams
from enrich.triage.heads import (
    ANY_OF,
    LABELS,
    LEVELS,
    ONE_OF,
    Heads,
    Nearness,
    Phrasing,
    coarse,
    near,
    prior,
    stacked,
    weighed,
)
from enrich.triage.phrases import by_group, phrases

if TYPE_CHECKING:
    from enrich.triage.heads import Floats, Places

_FEATURES = 20_000
"""Features that are kept at most: the most common ones."""
_RARE = 2
"""Texts that a feature must stand in."""
_RIDGE = 0.4
"""How strongly the classifiers are drawn to zero, against exemplars of weight 1."""
_PHRASES = 0.5
_STEADY = 0.05
"""Added to a group's standard deviation, so that a rare one does not loom large."""
_LOOSE = 10.0
"""Inverse strength of the calibration's own regularisation: nearly none."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of exemplars: `wanted`, (exemplars, LABELS), is 1 where a label is right, 0
    where not, NaN where nobody said; and the weight of each."""

    wanted: Floats
    weights: Floats

    def alike(self) -> Iterator[tuple[Places, Places]]:
        """Labels of which the same exemplars say what is right: those exemplars, the labels."""
        import numpy as np

        said = ~np.isnan(self.wanted)
        for mask in np.unique(said, axis=1).T:
            if mask.any():
                yield np.flatnonzero(mask), np.flatnonzero((mask == said.T).all(axis=1))

    def targets(self, rows: Places, labels: Places) -> Floats:
        """1 where a label is right, -1 where not."""
        import numpy as np

        found: Floats = 2 * self.wanted[np.ix_(rows, labels)] - 1
        return found


def fit(exemplars: Sequence[Exemplar], vectors: Sequence[bytes], space: str) -> Heads:
    """Heads from exemplars and the meaning vectors of their texts, which are of `space`.

    The same input gives the same heads. Raises ValueError without exemplars, and where the vectors
    are not as many or of different lengths.
    """
    import numpy as np

    if not exemplars or len(exemplars) != len(vectors):
        raise ValueError("heads need exemplars, each with its vector")
    known = Known(
        _wanted(exemplars),
        np.array([exemplar.weight for exemplar in exemplars]),
    )
    texts = [whole(exemplar.asked) for exemplar in exemplars]
    words, words_scores = _words(texts, known)
    meaning, meaning_scores = _meaning(stacked(vectors), known)
    joint = _calibrated([words_scores, meaning_scores], known)
    alone = _calibrated([words_scores], known)
    # As they are kept: what is measured is what comes into force.
    return Heads.load(Heads(space, words, meaning, joint, alone).dump())


def score(
    judge: Callable[[Sequence[Asked]], Sequence[Triage]],
    exemplars: Sequence[Exemplar],
    vectors: Sequence[bytes],
) -> float:
    """How well a judge does on exemplars that it was not fitted to, 0..1: the mean of the macro-F1
    of kind, cause and conduct, and of the F1 of a crisis's severity and of all demands. Raises
    ValueError where there is nothing to measure."""
    pairs = zip(exemplars, vectors, strict=True)
    found = judge([replace(one.asked, vector=vector) for one, vector in pairs])
    told = [
        (one.expect, triage) for one, triage in zip(exemplars, found, strict=True) if one.expect
    ]
    parts: list[float] = []
    for name in ONE_OF:
        same = [(e[name], str(getattr(t, name))) for e, t in told if e.get(name)]
        parts += [macro_f1(same)] if same else []
    grave = [(e["severity"] == 3, t.severity == 3) for e, t in told if "severity" in e]
    asked = [
        (name in e["demands"], name in t.demands)
        for e, t in told
        if "demands" in e
        for name in ANY_OF["demand"]
    ]
    parts += [f1(pairs) for pairs in (grave, asked) if any(wanted for wanted, _ in pairs)]
    if not parts:
        raise ValueError("nothing is held back to measure with")
    return sum(parts) / len(parts)


def whole(asked: Asked) -> str:
    """A message as the heads read it, and as its spans count."""
    return f"{asked.subject}\n{asked.text}"


def _wanted(exemplars: Sequence[Exemplar]) -> Floats:
    """`Known.wanted` of exemplars."""
    import numpy as np

    rows = [[_target(exemplar, *label.split(":")) for label in LABELS] for exemplar in exemplars]
    return np.array(rows, dtype=np.float64)


def _target(exemplar: Exemplar, group: str, name: str) -> float:
    expect = exemplar.expect
    said = expect.get("demands" if group == "demand" else group)
    if said is None or (group == "cause" and (not said or expect.get("kind") != Kind.COMPLAINT)):
        return float("nan")
    if group in LEVELS:
        return float(int(said) >= int(name))
    return float(name == said if group in ONE_OF else name in said)


def _words(texts: Sequence[str], known: Known) -> tuple[Phrasing, Floats]:
    """The classifiers on words, and their leave-one-out scores."""
    import numpy as np

    vocabulary, idf = _vocabulary(texts)
    rows = _rows(texts, vocabulary, idf)
    hinted = np.log1p(np.array([by_group(phrases(text)) for text in texts], np.float64))
    # The groups of phrases together weigh as _PHRASES texts of n-grams do.
    mean = hinted.mean(axis=0)
    scale = np.sqrt(_PHRASES / hinted.shape[1]) / (hinted.std(axis=0) + _STEADY)
    scaled = _single((hinted - mean) * scale)
    dual, scores = _fitted((rows @ rows.T).toarray() + scaled @ scaled.T, known)
    grouped = scale[:, None] * (scaled.T @ dual)
    bias = dual.sum(axis=0) - mean @ grouped
    return Phrasing(vocabulary, idf, *map(_single, (rows.T @ dual, grouped, bias))), scores


def _meaning(vectors: Floats, known: Known) -> tuple[Nearness, Floats]:
    """The classifiers on meaning, and their leave-one-out scores."""
    import numpy as np

    # Fitted to the vectors as they are kept, so that rounding them takes nothing away.
    points, unit = coarse(vectors)
    rounded = points.astype(np.float32) * np.float32(unit)
    dual, scores = _fitted(near(rounded, rounded), known)
    return Nearness(points, unit, _single(dual), _single(dual.sum(axis=0))), scores


def _single(values: Any) -> Floats:
    import numpy as np

    return np.asarray(values, np.float32)


def _vocabulary(texts: Sequence[str]) -> tuple[Vocabulary, Floats]:
    """The features that are kept, and the inverse document frequency of each."""
    import numpy as np

    common = Counter(feature for text in texts for feature in grams(text))
    kept = sorted((-n, feature) for feature, n in common.items() if n >= _RARE)[:_FEATURES]
    frequencies = np.array([-n for n, _ in kept], dtype=np.float32)
    idf = np.log((1 + len(texts)) / (1 + frequencies)) + 1
    return Vocabulary([feature for _, feature in kept]), _single(idf)


def _rows(texts: Sequence[str], vocabulary: Vocabulary, idf: Floats) -> Any:
    """(texts, features), sparse, of unit length."""
    import numpy as np
    from scipy.sparse import csr_array

    rows = [weighed(vocabulary(text), idf) for text in texts]
    ends = np.cumsum([0, *(len(places) for places, _ in rows)])
    places = np.concatenate([places for places, _ in rows])
    values = np.concatenate([values for _, values in rows])
    return csr_array((values, places, ends), shape=(len(rows), len(vocabulary.features)))


def _fitted(kernel: Floats, known: Known) -> tuple[Floats, Floats]:
    """The weight of each exemplar for each label, and the scores of each exemplar by what is
    fitted without it (0 where nobody said what is right)."""
    import numpy as np

    dual, scores = np.zeros_like(known.wanted), np.zeros_like(known.wanted)
    for rows, labels in known.alike():
        # The constant feature makes the bias.
        system = kernel[np.ix_(rows, rows)] + np.float32(1)
        system.flat[:: len(rows) + 1] += _RIDGE / known.weights[rows]
        inverse, targets = _inverse(system), known.targets(rows, labels)
        found = inverse @ targets
        dual[np.ix_(rows, labels)] = found
        scores[np.ix_(rows, labels)] = targets - found / inverse.diagonal()[:, None]
    return dual, scores


def _inverse(system: Floats) -> Floats:
    """The inverse of a symmetric, positive definite matrix, in its place and in single precision:
    thousands of exemplars would else take gigabytes."""
    import numpy as np
    from scipy.linalg import lapack

    factor, failed = lapack.spotrf(np.asarray(system.T, np.float32), overwrite_a=True)
    if not failed:
        factor, failed = lapack.spotri(factor, overwrite_c=True)
    if failed:
        raise ValueError("the exemplars' kernel is not positive definite")
    found: Floats = np.triu(factor)
    found += np.triu(factor, 1).T
    return found


def _calibrated(scores: Sequence[Floats], known: Known) -> Floats:
    """(scores + 1, LABELS): the logistic regression of each label on its scores, the constant
    last. A label that is always or never right has its share, smoothed by the prior, as the
    constant."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    found = np.zeros((len(scores) + 1, len(LABELS)), np.float32)
    for place in range(len(LABELS)):
        said = ~np.isnan(known.wanted[:, place])
        right = known.wanted[said, place]
        if len(set(right.tolist())) < 2:
            share = (right.sum() + prior()[LABELS[place]]) / (len(right) + 1)
            found[-1, place] = np.log(share / (1 - share))
            continue
        inputs = np.stack([part[said, place] for part in scores], axis=1)
        model = LogisticRegression(C=_LOOSE).fit(inputs, right, known.weights[said])
        found[:-1, place], found[-1, place] = model.coef_[0], model.intercept_[0]
    return found
