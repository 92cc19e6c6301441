"""What a company's own past says about which texts are alike: latent semantic analysis.

TF-IDF over short runs of characters, cut to few dimensions by a truncated singular value
decomposition (Deerwester et al., "Indexing by Latent Semantic Analysis", 1990). scikit-learn fits
it; a fitted one is used with numpy alone, because a search must start at once.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeAlias

from enrich.clean import clean

if TYPE_CHECKING:
    import numpy as np

    Floats: TypeAlias = np.ndarray[Any, np.dtype[np.floating[Any]]]

DIMENSIONS = 384
"""Length of a vector; shorter where the fitted texts have fewer different things to say."""

MINIMUM = 1_000
"""Texts from which on a company's past says more than words and meaning alone."""

SAMPLE = 8_000
"""Texts that are fitted at most: more cost time and memory and change little."""

MAX_CHARACTERS = 1_000
"""What is read of one text."""

_RUNS = (1, 2, 3)
_FEATURES = 40_000
_RARE = 2


class History:
    """A fitted analysis. Vectors are of unit length, float16, little-endian bytes."""

    def __init__(self, vocabulary: Sequence[str], idf: Floats, axes: Floats) -> None:
        """`vocabulary` names the runs of characters, `idf` holds the weight of each, and `axes`
        one row for each. Raises ValueError where their lengths differ."""
        import numpy as np

        if not len(vocabulary) == len(idf) == len(axes):
            raise ValueError("a history's parts do not belong together")
        self._runs = {run: place for place, run in enumerate(vocabulary)}
        self._idf = np.ascontiguousarray(idf, dtype=np.float32)
        self._axes = np.ascontiguousarray(axes, dtype=np.float32)

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return int(self._axes.shape[1])

    def documents(self, texts: Sequence[str]) -> list[bytes]:
        """One vector for each text, in the order of the texts.

        All zeros where a text has nothing in common with those fitted.
        """
        return [self._vector(text) for text in texts]

    def dump(self) -> bytes:
        """All of it (safetensors; the axes as float16), for the record to keep."""
        import numpy as np
        from safetensors.numpy import save

        runs = json.dumps(list(self._runs), ensure_ascii=False).encode("utf-8", "surrogatepass")
        return save(
            {
                "runs": np.frombuffer(runs, np.uint8),
                "idf": self._idf,
                "axes": self._axes.astype(np.float16),
            }
        )

    @classmethod
    def parse(cls, data: bytes) -> History:
        """The analysis that `dump` wrote. Raises ValueError where it is none."""
        from safetensors import SafetensorError
        from safetensors.numpy import load

        try:
            arrays = load(data)
            runs = json.loads(arrays["runs"].tobytes().decode("utf-8", "surrogatepass"))
            return cls(runs, arrays["idf"], arrays["axes"])
        except (SafetensorError, KeyError, TypeError) as error:
            raise ValueError("the data hold no history") from error

    def _vector(self, text: str) -> bytes:
        import numpy as np

        known = {self._runs[run]: n for run, n in _counts(text).items() if run in self._runs}
        if not known:
            return bytes(2 * self.dimensions)
        places = np.fromiter(known.keys(), np.intp, len(known))
        found = np.fromiter(known.values(), np.float32, len(known))
        vector = ((1 + np.log(found)) * self._idf[places]) @ self._axes[places]
        length = float(np.linalg.norm(vector)) or 1.0
        return bytes((vector / length).astype("<f2").tobytes())


def fit(texts: Sequence[str], seed: int = 0) -> History:
    """An analysis fitted to a seeded sample of `texts`, at most `SAMPLE` of them.

    The same texts and seed make the same analysis. Raises ValueError where fewer than two different
    runs of characters are common enough to be told apart.
    """
    import numpy as np
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    tfidf = TfidfVectorizer(
        analyzer="char",
        ngram_range=(_RUNS[0], _RUNS[-1]),
        preprocessor=_normalised,
        sublinear_tf=True,
        min_df=_RARE,
        max_features=_FEATURES,
        dtype=np.float32,
    )
    matrix = tfidf.fit_transform(_sample(texts, seed))
    svd = TruncatedSVD(min(DIMENSIONS, *(side - 1 for side in matrix.shape)), random_state=seed)
    svd.fit(matrix)
    return History(list(tfidf.get_feature_names_out()), tfidf.idf_, svd.components_.T)


def _sample(texts: Sequence[str], seed: int) -> list[str]:
    import numpy as np

    if len(texts) <= SAMPLE:
        return list(texts)
    chosen = np.random.default_rng(seed).choice(len(texts), SAMPLE, replace=False)
    return [texts[place] for place in chosen]


def _counts(text: str) -> Counter[str]:
    """How often each run of characters is in a text, as scikit-learn counts them."""
    plain = _normalised(text)
    runs = (zip(*(plain[start:] for start in range(size)), strict=False) for size in _RUNS)
    return Counter(map("".join, chain.from_iterable(runs)))


def _normalised(text: str) -> str:
    return clean(text[:MAX_CHARACTERS]).casefold()[:MAX_CHARACTERS]
