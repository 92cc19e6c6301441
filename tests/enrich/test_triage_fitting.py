"""Heads learn what exemplars say, keep what they learnt, and are measured on what was held back."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import pytest

from casebook.types import Asked, Conduct, Kind, Triage
from casebook.words import Words
from enrich.triage import Judge
from enrich.triage.exemplars import Exemplar, bundled, held_back, parse
from enrich.triage.fitting import fit, score
from enrich.triage.grams import passages, sentences
from enrich.triage.heads import LABELS, Heads, bundled_heads

SPACE = "a-space"


def _exemplars() -> list[Exemplar]:
    good = [f"いつも親切な対応に感謝しています。{n}回目です。" for n in range(12)]
    bad = [f"届いた皿が割れていました。返金してください。{n}枚です。" for n in range(12)]
    expect = {
        Kind.PRAISE: {"kind": "praise", "demands": [], "severity": 0},
        Kind.COMPLAINT: {
            "kind": "complaint",
            "cause": "defect",
            "demands": ["refund"],
            "severity": 1,
        },
    }
    return [
        Exemplar(f"{kind}-{n}", Asked("", text, "ja"), expect[kind])
        for kind, texts in ((Kind.PRAISE, good), (Kind.COMPLAINT, bad))
        for n, text in enumerate(texts)
    ]


def _vectors(exemplars: Sequence[Exemplar]) -> list[bytes]:
    random = np.random.default_rng(3)
    middle = {Kind.PRAISE: random.normal(size=8), Kind.COMPLAINT: random.normal(size=8)}
    found = [middle[one.expect["kind"]] + 0.2 * random.normal(size=8) for one in exemplars]
    return [(v / np.linalg.norm(v)).astype("<f2").tobytes() for v in found]


def _fitted() -> Heads:
    exemplars = _exemplars()
    return fit(exemplars, _vectors(exemplars), SPACE)


def test_what_exemplars_say_is_learnt() -> None:
    found = Judge(Words(), _fitted())(
        [
            Asked("", "皿が割れていました。返金してください。", "ja"),
            Asked("", "いつも親切な対応に感謝しています。", "ja"),
        ]
    )
    assert [one.kind for one in found] == [Kind.COMPLAINT, Kind.PRAISE]
    assert found[0].demands == ("refund",)
    assert found[1].demands == ()


def test_the_same_exemplars_give_the_same_heads_and_a_dump_keeps_them() -> None:
    one, other = _fitted(), _fitted()
    assert one.dump() == other.dump()
    loaded = Heads.load(one.dump())
    texts, vectors = [one.features("割れた皿")], _vectors(_exemplars()[:1])
    assert loaded.space == SPACE
    before, after = one.probabilities(texts, vectors)[0], loaded.probabilities(texts, vectors)[0]
    assert all(abs(before[label] - after[label]) < 0.02 for label in LABELS)


@pytest.mark.parametrize("data", [b"", b"nonsense", b"\x08\x00\x00\x00\x00\x00\x00\x00{}      "])
def test_other_bytes_are_no_heads(data: bytes) -> None:
    with pytest.raises(ValueError, match="no heads"):
        Heads.load(data)


def test_a_heavy_exemplar_outweighs_light_ones() -> None:
    exemplars = _exemplars()
    text = "届いた皿が割れていました。返金してください。"
    heavy = Exemplar("own", Asked("", text, "ja"), {"kind": "praise"}, weight=60.0)
    vectors = [*_vectors(exemplars), _vectors(exemplars)[-1]]
    heads = fit([*exemplars, heavy], vectors, SPACE)
    assert Judge(Words(), heads)([heavy.asked])[0].kind is Kind.PRAISE


def test_labels_that_nobody_gave_are_not_learnt() -> None:
    heads = _fitted()
    found = heads.probabilities([heads.features("皿")], [b""])[0]
    assert found["conduct:threat"] < 0.3
    assert sum(found[f"conduct:{conduct}"] for conduct in Conduct) == pytest.approx(1)


def test_fitting_needs_exemplars_with_vectors() -> None:
    with pytest.raises(ValueError, match="need exemplars"):
        fit([], [], SPACE)
    with pytest.raises(ValueError, match="need exemplars"):
        fit(_exemplars(), [], SPACE)


def test_score_is_one_for_the_right_judge_and_less_for_another() -> None:
    exemplars = _exemplars()
    vectors = [b""] * len(exemplars)

    def right(asked: Sequence[Asked]) -> list[Triage]:
        return [
            Triage(
                kind=one.expect["kind"],
                cause=one.expect.get("cause", ""),
                severity=one.expect["severity"],
                conduct=Conduct.ORDINARY,
                language="ja",
                demands=tuple(one.expect["demands"]),
            )
            for one in exemplars
        ]

    assert score(right, exemplars, vectors) == 1
    assert score(Judge(Words(), None), exemplars, vectors) < 1
    with pytest.raises(ValueError, match="nothing"):
        score(Judge(Words(), None), [], [])


def test_the_bundled_exemplars_are_many_and_some_are_held_back() -> None:
    exemplars = bundled()
    assert len({one.id for one in exemplars}) == len(exemplars) > 1_500
    assert 0.05 < sum(map(held_back, exemplars)) / len(exemplars) < 0.15
    for language, least in (("ja", 60), ("en", 30)):
        own = [one.expect for one in exemplars if one.asked.language == language]
        for kind in Kind:
            assert sum(expect["kind"] == kind for expect in own) >= least
        for conduct in Conduct:
            assert sum(expect["conduct"] == conduct for expect in own) >= least


def test_the_bundled_heads_are_small() -> None:
    assert len(bundled_heads().dump()) < 13 * 2**20


@pytest.mark.parametrize("line", ["", "[]", "{", '{"id": 1}', json.dumps({"text": "a"})])
def test_other_lines_are_no_exemplars(line: str) -> None:
    with pytest.raises(ValueError, match="not an object"):
        parse(line)


def test_sentences_and_passages_lose_nothing_that_has_words() -> None:
    text = (
        "件名\n" + "届いた皿が割れていました。写真を送ります！" * 30 + "no. 3.5 is broken. Really?"
    )
    assert "".join(text[a:b] for a, b in sentences(text)).replace("\n", "") == text.replace(
        "\n", ""
    )
    assert "".join(passages(text)) == "".join(text[a:b] for a, b in sentences(text))
    assert passages("短い文です。") == []
