"""Fits the heads of triage to the exemplars that come along, or cross-validates them.

    python -m training.triage            cross-validates, fits, writes enrich/weights
    python -m training.triage --check    cross-validates only

Near-duplicates stay on one side. The same exemplars and vectors give the same heads. Exit code 1
where a figure of the cross-validation misses its limit.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from scipy.sparse.csgraph import connected_components
from sklearn.feature_extraction.text import TfidfVectorizer

from casebook.policy import load_policy
from casebook.words import Words
from enrich.embed import Encoder
from enrich.triage import Judge
from enrich.triage.exemplars import Exemplar, bundled, held_back
from enrich.triage.fitting import fit, score, whole
from enrich.triage.heads import FILE
from tests.bench.triage import Pair, judged, print_errors, print_figures, with_vectors

_FOLDS = 5
_ALIKE = 0.6
"""Cosine of character trigrams from which on two exemplars are near-duplicates."""
_SEED = 20261122


def main() -> int:
    """Cross-validate, fit and write; the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m training.triage",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--check", action="store_true", help="cross-validate only")
    parser.add_argument("--errors", action="store_true", help="show what was judged wrongly")
    options = parser.parse_args()
    encoder = Encoder()
    rows = list(bundled())
    rows = with_vectors(rows, encoder.documents([whole(row.asked) for row in rows]))
    print(f"{len(rows)} exemplars, cross-validated in {_FOLDS} folds")
    found = cross_validated(rows, encoder.space)
    good = print_figures(found["both"], {name: found[name] for name in ("heads", "rules")})
    if options.errors:
        print_errors(found["both"])
    if not options.check:
        write(rows, encoder.space)
    return 0 if good else 1


def cross_validated(rows: Sequence[Exemplar], space: str) -> dict[str, list[Pair]]:
    """What rules and heads together, and each alone, find in exemplars that the heads have not
    seen."""
    policy = load_policy("default")
    fold = folds(rows)
    found: dict[str, list[Pair]] = {"both": [], "heads": [], "rules": []}
    for number in range(_FOLDS):
        learnt = [row for row, own in zip(rows, fold, strict=True) if own != number]
        tested = [row for row, own in zip(rows, fold, strict=True) if own == number]
        heads = fit(learnt, [row.asked.vector for row in learnt], space)
        found["both"] += judged(Judge(policy.words, heads, policy.costs), tested)
        found["heads"] += judged(Judge(Words(), heads, policy.costs), tested)
        found["rules"] += judged(Judge(policy.words, None, policy.costs), tested)
    return found


def folds(rows: Sequence[Exemplar]) -> list[int]:
    """The fold of each exemplar; near-duplicates have the same."""
    vectors = TfidfVectorizer(analyzer="char", ngram_range=(3, 3)).fit_transform(
        [whole(row.asked) for row in rows]
    )
    _, groups = connected_components((vectors @ vectors.T) > _ALIKE, directed=False)
    drawn = np.random.default_rng(_SEED).integers(0, _FOLDS, len(rows))
    return [int(drawn[group]) for group in groups]


def write(rows: Sequence[Exemplar], space: str) -> None:
    """Fit the heads to all but the held-back exemplars, and write them."""
    learnt = [row for row in rows if not held_back(row)]
    rest = [row for row in rows if held_back(row)]
    heads = fit(learnt, [row.asked.vector for row in learnt], space)
    FILE.write_bytes(heads.dump())
    policy = load_policy("default")
    judge = Judge(policy.words, heads, policy.costs)
    held = score(judge, rest, [row.asked.vector for row in rest])
    print(f"{FILE}: {FILE.stat().st_size / 2**20:.1f} MiB; held-back tenth: {held:.3f}")


if __name__ == "__main__":
    sys.exit(main())
