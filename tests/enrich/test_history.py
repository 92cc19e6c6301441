"""A company's own texts say which are alike; a fitted analysis is the same after it was saved."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrich.history import DIMENSIONS, MAX_CHARACTERS, SAMPLE, History, fit

THINGS = ("冷蔵庫", "洗濯機", "掃除機", "電子レンジ", "炊飯器", "The toaster", "The kettle")
FAULTS = ("が動きません", "から水が漏れます", "の音が大きいです", "が届きません", " is broken")
MANNERS = ("。確認してください。", "。困っています。", "。返金を希望します。", ". Please help.", "")


def _texts(count: int, seed: int = 0) -> list[str]:
    dice = random.Random(seed)
    return [
        f"{dice.choice(THINGS)}{dice.choice(FAULTS)}{dice.choice(MANNERS)}{dice.randrange(100)}"
        for _ in range(count)
    ]


def _floats(vector: bytes) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    return np.frombuffer(vector, "<f2").astype(np.float32)


@pytest.fixture(scope="module")
def history() -> History:
    return fit(_texts(400))


def test_vectors_are_of_unit_length_and_in_order(history: History) -> None:
    texts = _texts(30, seed=1)
    vectors = history.documents(texts)
    assert vectors == [history.documents([text])[0] for text in texts]
    assert 2 <= history.dimensions <= DIMENSIONS
    for vector in vectors:
        assert len(vector) == 2 * history.dimensions
        assert np.linalg.norm(_floats(vector)) == pytest.approx(1, abs=2e-3)


def test_the_same_matter_is_nearer_than_another(history: History) -> None:
    one, same, other = (
        _floats(vector)
        for vector in history.documents(
            [
                "冷蔵庫から水が漏れます。",
                "水が冷蔵庫から漏れて困っています",
                "The kettle is broken.",
            ]
        )
    )
    assert one @ same > 0.6 > 0.2 > one @ other


def test_it_computes_what_scikit_learn_computes() -> None:
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    texts = _texts(120)
    tfidf = TfidfVectorizer(
        analyzer="char", ngram_range=(1, 3), sublinear_tf=True, min_df=2, dtype=np.float32
    )
    matrix = tfidf.fit_transform([text.casefold() for text in texts])
    reduced = TruncatedSVD(min(DIMENSIONS, len(texts) - 1), random_state=0).fit_transform(matrix)
    expected = reduced / np.linalg.norm(reduced, axis=1, keepdims=True)
    found = np.stack([_floats(vector) for vector in fit(texts).documents(texts)])
    np.testing.assert_allclose(found @ found.T, expected @ expected.T, atol=0.01)


def test_a_fit_is_the_same_each_time_and_depends_on_its_seed() -> None:
    texts = _texts(SAMPLE + 200)
    probe = texts[:3]
    assert fit(texts[:300]).documents(probe) == fit(texts[:300]).documents(probe)
    assert fit(texts, seed=1).documents(probe) != fit(texts, seed=2).documents(probe)


def test_a_kept_one_finds_the_same(history: History) -> None:
    texts = _texts(20, seed=2)
    again = History.parse(history.dump())
    for one, other in zip(again.documents(texts), history.documents(texts), strict=True):
        assert _floats(one) @ _floats(other) == pytest.approx(1, abs=3e-3)
    assert again.dump() == history.dump()


def test_what_is_damaged_is_told(history: History) -> None:
    data = history.dump()
    for damaged in (b"", b"x" * 100, data[:-1], data[:200], data.replace(b'"idf"', b'"odf"')):
        with pytest.raises(ValueError, match=r"history"):
            History.parse(damaged)


@pytest.mark.parametrize("texts", [[], ["", " "], ["冷蔵庫"], ["a"] * 10])
def test_too_little_to_say_is_refused(texts: list[str]) -> None:
    with pytest.raises(ValueError):
        fit(texts)


@given(text=st.text(st.characters()))
def test_any_text_has_a_vector(history: History, text: str) -> None:
    vector = _floats(history.documents([text])[0])
    length = float(np.linalg.norm(vector))
    assert length == pytest.approx(1, abs=2e-3) or length == 0


def test_a_text_of_unknown_characters_is_all_zeros(history: History) -> None:
    assert not any(history.documents(["𓀀𓀁"])[0])


def test_a_huge_text_is_cut(history: History) -> None:
    long = "冷蔵庫" * 1_000_000
    assert history.documents([long]) == history.documents([long[:MAX_CHARACTERS]])


def test_a_kept_one_is_used_without_scikit_learn(history: History, tmp_path: Path) -> None:
    (tmp_path / "h").write_bytes(history.dump())
    code = (
        "import sys; from pathlib import Path; from enrich.history import History;"
        f"History.parse(Path({str(tmp_path / 'h')!r}).read_bytes()).documents(['冷蔵庫']);"
        "print(sorted({'sklearn', 'scipy', 'torch'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
