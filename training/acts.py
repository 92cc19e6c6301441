"""Fits the model of what the sentences of a reply do, or cross-validates it.

    python -m training.acts            cross-validates, fits, writes enrich/weights
    python -m training.acts --check    cross-validates only

The same sentences give the same model. Exit code 1 where a figure misses its limit.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from itertools import product
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from scipy.sparse import csr_array
from scipy.special import logit
from sklearn.linear_model import LogisticRegression

from casebook.acts import Act
from casebook.policy import Policy, load_policy
from casebook.types import Channel, Conduct, Reply, Visibility
from enrich.acts import FILE, Model
from enrich.acts.features import features
from enrich.metrics import f1
from responders.draft import CaseFacts, draft
from responders.guard.reading import read as fold
from responders.wordings import Turn
from training.texts import LANGUAGES, PACKS, SORTS, Sort, drawn, facts

_FOLDS = 5
_SEED = 20261122
_RARE = 2
"""Sentences that a feature must stand in."""
_LOOSE = 30.0
"""Inverse strength of regularisation."""
_DRAWN = 100
"""The first of the drawn cases that are learned; the tests draw others."""
_INVITING = re.compile(
    r"(?:ご連絡|お聞かせ|お送り|お寄せ|お知らせ|お電話|お申し付け)(?:ください|いただ|願)"
    r"|\b(?:message|contact|call|write|tell us|e-?mail|reach|let us)\b"
)
"""What a sentence says that invites to a private channel, in our own public texts."""
PUBLIC = Visibility.PUBLIC
_LIMIT = 0.7
"""Least mean F1 over the acts."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """An exemplar: one sentence, its language, what it does, and the acts of which nobody said
    whether it does them."""

    text: str
    language: str
    acts: frozenset[Act]
    unsaid: frozenset[Act]


def main() -> int:
    """Cross-validate, fit and write; the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m training.acts",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--check", action="store_true", help="cross-validate only")
    options = parser.parse_args()
    sentences = [*bundled(), *our_own()]
    found = held_out(sentences)
    good = print_figures(sentences, found)
    if not options.check:
        FILE.write_bytes(fit(sentences, found).dump())
    return 0 if good else 1


def bundled() -> list[Sentence]:
    """The exemplars that come along (`policies/exemplars/acts`), in a fixed order."""
    folder = files("policies").joinpath("exemplars", "acts")
    lines = [
        json.loads(line)
        for file in sorted(folder.iterdir(), key=lambda one: one.name)
        for line in file.read_text(encoding="utf-8").splitlines()
    ]
    return [_sentence(row) for row in lines]


def _sentence(row: Mapping[str, Any]) -> Sentence:
    """`acts` are all that it does; with `not` only what it does not do is said."""
    if "acts" in row:
        return Sentence(row["text"], row["language"], frozenset(map(Act, row["acts"])), frozenset())
    unsaid = frozenset(Act) - frozenset(map(Act, row["not"]))
    return Sentence(row["text"], row["language"], frozenset(), unsaid)


def our_own() -> list[Sentence]:
    """The sentences of every text that the templates of the packs write: none of them does what the
    guard stops, whatever words it shares with one that does."""
    found: dict[str, Sentence] = {}
    packs = [load_policy(name) for name in PACKS]
    ways = [(Channel.EMAIL, Visibility.PRIVATE), (Channel.X, PUBLIC)]
    plain = product(packs, range(9))
    varied = product(packs[:1], range(_DRAWN, _DRAWN + 40))
    every = (
        (policy, number, sort)
        for policy, number in [*plain, *varied]
        for sort in [*SORTS, *map(_specialists, policy.specialists)]
    )
    for (policy, number, sort), language, way in product(every, LANGUAGES, ways):
        case = facts(language, *way, Turn(number, 13 * number))
        case = drawn(number)(case) if number >= _DRAWN else case
        reading = fold(
            sort.write(policy, case).body, lambda lines: [dict.fromkeys(Act, 0.0) for _ in lines]
        )
        does = _not_done(sort, way[1])
        for place, _ in reading.doing:
            text = reading.text[slice(*place)]
            invites = frozenset(
                {Act.INVITES} if way[1] is PUBLIC and _INVITING.search(text) else ()
            )
            known = found.get(text, Sentence(text, language, frozenset(), frozenset()))
            unsaid = known.unsaid | frozenset(Act) - does - invites
            found[text] = Sentence(text, language, known.acts | invites, unsaid - invites)
    return list(found.values())


def _specialists(kind: str) -> Sort:
    """The reply to an unreasonable demand in a crisis of a pack's own."""
    labels: dict[str, Any] = {
        "severity": 3,
        "crisis": (kind,),
        "conduct": Conduct.UNREASONABLE,
    }

    def write(policy: Policy, case: CaseFacts) -> Reply:
        return draft(policy, replace(case, triage=replace(case.triage, **labels)))

    return Sort(f"crisis:{kind}", write, labels)


def _not_done(sort: Sort, visibility: Visibility) -> frozenset[Act]:
    never = {Act.GRANTS, Act.COMMITS, Act.BLAMES, Act.DISMISSES, Act.LEAKS, Act.OBEYS}
    if not sort.fault_confirmed:
        never.add(Act.ADMITS)
    if "conduct" in sort.labels:
        never.add(Act.AGREES)
    if visibility is PUBLIC:
        never.add(Act.PARTICULARS)
    return frozenset(never)


def held_out(sentences: Sequence[Sentence]) -> Any:
    """(sentences, acts): the log-odds of each act by a model that has not seen the sentence."""
    fold = np.random.default_rng(_SEED).integers(0, _FOLDS, len(sentences))
    found = np.zeros((len(sentences), len(Act)))
    for number in range(_FOLDS):
        model = _fitted([s for s, own in zip(sentences, fold, strict=True) if own != number])
        for place in np.flatnonzero(fold == number):
            found[place] = logit(
                np.clip([*model(sentences[int(place)].text).values()], 1e-6, 1 - 1e-6)
            )
    return found


def fit(sentences: Sequence[Sentence], found: Any) -> Model:
    """A model whose probabilities are calibrated on `held_out` (Platt, "Probabilistic outputs for
    support vector machines", 1999)."""
    model = _fitted(sentences)
    wanted = _wanted(sentences)
    for act in range(len(Act)):
        said = _said(sentences, act)
        told = LogisticRegression(C=1e3).fit(found[said][:, [act]], wanted[said, act])
        model.weights[:, act] *= told.coef_[0, 0]
        model.bias[act] = model.bias[act] * told.coef_[0, 0] + told.intercept_[0]
    # As it is kept: what is measured is what comes into force.
    return Model.load(model.dump())


def print_figures(sentences: Sequence[Sentence], found: Any) -> bool:
    """Precision, recall and F1 of each act and language, held out; whether the limit is met."""
    print(f"{len(sentences):,} sentences, {_FOLDS} folds; a half and more counts")
    print("                   wanted  precision  recall     F1")
    scores = []
    for language in ("ja", "en"):
        own = np.array([one.language == language for one in sentences])
        for place, act in enumerate(Act):
            rows = own & _said(sentences, place)
            yes, got = _wanted(sentences)[rows, place], found[rows, place] > 0
            right, wanted = int((yes & got).sum()), int(yes.sum())
            scores.append(f1(list(zip(yes.tolist(), got.tolist(), strict=True))))
            precision, recall = right / max(1, got.sum()), right / max(1, wanted)
            figures = f"{wanted:6}  {precision:9.3f}  {recall:6.3f}  {scores[-1]:5.3f}"
            print(f"{language} {act:15} {figures}")
    mean = sum(scores) / len(scores)
    print(f"mean F1 {mean:.3f} (at least {_LIMIT})")
    return mean >= _LIMIT


def _wanted(sentences: Sequence[Sentence]) -> Any:
    return np.array([[act in one.acts for act in Act] for one in sentences])


def _said(sentences: Sequence[Sentence], place: int) -> Any:
    """Of which sentences it is said whether they do the act at this place."""
    act = list(Act)[place]
    return np.array([act not in one.unsaid for one in sentences])


def _fitted(sentences: Sequence[Sentence]) -> Model:
    seen = Counter(feature for one in sentences for feature in features(one.text))
    vocabulary = sorted(feature for feature, n in seen.items() if n >= _RARE)
    frequencies = np.array([seen[feature] for feature in vocabulary], np.float32)
    idf = np.log((1 + len(sentences)) / (1 + frequencies)) + 1
    model = Model(vocabulary, idf, np.zeros((len(vocabulary), len(Act))), np.zeros(len(Act)))
    rows = [model.row(one.text) for one in sentences]
    ends = np.cumsum([0, *(len(places) for places, _ in rows)], dtype=np.int32)
    places = np.concatenate([places for places, _ in rows]).astype(np.int32)
    flat = (np.concatenate([values for _, values in rows]), places, ends)
    texts = csr_array(flat, shape=(len(rows), len(vocabulary)))
    for act, wanted in enumerate(_wanted(sentences).T):
        said = _said(sentences, act)
        told = LogisticRegression(
            C=_LOOSE, class_weight="balanced", solver="liblinear", random_state=_SEED
        ).fit(texts[said], wanted[said])
        model.weights[:, act], model.bias[act] = told.coef_[0], told.intercept_[0]
    return model


if __name__ == "__main__":
    sys.exit(main())
