"""The bundled model's Japanese half: what it reads, and that meanings lie where they should."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enrich import chive
from enrich.embed import BUNDLED, Encoder
from enrich.japanese import MAX_WORDS, Lexicon, Parts, forms, parted, word_hash
from training.corpus import one_word_a_row
from training.data import (
    Scored,
    joined_english,
    joined_japanese,
    read_complaints,
    read_english,
    split_scored,
)

WORDS = ["注文", "届く", "電子レンジ", "返金", "ケトル", "E2", "a", "コンセント差込口", "👍", ""]
DATA = os.environ.get("MADOGUCHI_TRAINING_DATA", "")


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return Encoder(BUNDLED)


@pytest.fixture(scope="module")
def vectors() -> chive.WordVectors:
    return chive.load()


def _matrix(
    encoder: Encoder, texts: list[str]
) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    rows = [np.frombuffer(vector, "<f2").astype(np.float64) for vector in encoder.documents(texts)]
    return np.stack(rows)


@pytest.mark.parametrize(
    "text",
    [
        "注文した品が届きません。",
        "請求書再発行希望",
        "ｱﾌﾟﾘが落ちる",
        "MD-1003-ABCの電源が入りません。型番はEW-RKX-200-Kです。",
        "𠮷野",
        "Prime Video が見られない",
        "商品名はSuper Clean Turbo Vacuum Pro 3000で、先月の十日に駅前の店で買いましたが、"
        "充電しても数分で止まってしまい、使いものになりません。",
    ],
)
def test_japanese(text: str) -> None:
    assert parted(text) == Parts(text, "", 1.0)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "The parcel never arrived.",
        "Mon colis n'est jamais arrivé.",
        "택배가 오지 않았어요.",
        "12345 / 2026-11-22 👍",
        "・。、「」ー",
        "My order from 楽天 has not arrived yet, and nobody there answers the phone.",
    ],
)
def test_not_japanese(text: str) -> None:
    assert parted(text) == Parts("", text, 0.0)


def test_a_text_in_two_languages() -> None:
    japanese = "注文番号MD-1003の炊飯器が届きません。返金してください。"
    english = "I have been waiting for two weeks now."
    found = parted(f"{japanese} {english} 以上です。")
    assert found.other == english
    assert found.japanese.split() == [japanese, "以上です。"]
    assert 0.4 < found.share < 0.8


@given(st.text())
@settings(max_examples=200)
def test_any_text_has_parts(text: str) -> None:
    found = parted(text)
    assert 0 <= found.share <= 1
    assert (found.share == 0) == (not found.japanese)
    assert (found.share == 1) <= (not found.other)


@given(st.text())
@settings(max_examples=200)
def test_any_text_is_cut_into_words(text: str) -> None:
    found = forms(text)
    assert len(found) <= MAX_WORDS
    assert not any(word.isspace() for word in found)


def test_spellings_and_inflections_are_one() -> None:
    assert forms("お届け") == forms("御届け")
    assert forms("受け取りました")[0] == forms("受取る")[0]
    assert forms("　全角　スペース ") == forms("全角スペース")


def test_hostile_texts_are_cut_short() -> None:
    for text in (
        "あ" * 1_000_000,
        "\ud800届かない",
        "\x00" * 100,
        "👨‍👩‍👧‍👦" * 5_000,
        "ー" * 50_000,
    ):
        assert len(forms(text)) <= MAX_WORDS


def test_hashes_are_spacys(vectors: chive.WordVectors) -> None:
    program = (
        "import json, sys; from spacy.strings import hash_string;"
        "print(json.dumps([hash_string(word) for word in json.loads(sys.argv[1])]))"
    )
    words = [word for word in WORDS if word]
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program, json.dumps(words)],
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    assert [chive.string_hash(word) for word in words] == json.loads(done.stdout)


def test_word_vectors(vectors: chive.WordVectors) -> None:
    rows = vectors.find(["注文", "返品", "そんな語はないはずの語", "犬", "イヌ"])
    assert rows[2] == -1
    assert (rows[[0, 1, 3, 4]] >= 0).all()
    assert vectors.vectors.shape[1] == 300
    assert vectors.find([]).shape == (0,)


def test_features_of_words(vectors: chive.WordVectors) -> None:
    known = np.array(sorted(map(word_hash, ["注文", "犬"])), np.int64)
    lexicon = Lexicon(vectors, known, buckets=64)
    batch = lexicon.batch([["犬", "注文", "犬"], [], ["そんな語はないはずの語"]])
    assert batch.lengths.tolist() == [3, 1]
    assert (batch.text_of.tolist(), batch.texts) == ([0, 2], 3)
    assert batch.order.tolist() == [0, 1, 0, 2]
    assert (batch.words.known > 0).tolist() == [True, True, False]
    assert np.linalg.norm(batch.words.vectors, axis=1) == pytest.approx([1, 1, 0])
    # One character: itself, ^犬, 犬$ and ^犬$.
    assert batch.words.starts.tolist()[:2] == [0, 4]
    assert batch.words.grams.max() < 64
    turned = batch.words.take(np.array([2, 0]))
    assert turned.known.tolist() == [0, batch.words.known[0]]
    assert turned.grams[turned.starts[1] :].tolist() == batch.words.grams[:4].tolist()


def test_a_paraphrase_is_nearer_than_another_matter(encoder: Encoder) -> None:
    texts = [
        "注文した荷物がまだ届きません。",
        "頼んだ商品が一週間たっても配達されない。",
        "店員の態度がとても失礼でした。",
        "アプリがすぐ落ちます。",
    ]
    cosines = _matrix(encoder, texts) @ _matrix(encoder, texts).T
    assert cosines[0, 1] > max(cosines[0, 2], cosines[0, 3]) + 0.1


def test_translations_find_each_other(encoder: Encoder) -> None:
    japanese = [
        "この部屋は掃除されていません。",
        "電車が一時間遅れました。",
        "お金を返してください。",
        "彼女は毎朝公園を走ります。",
        "パスワードを忘れてしまいました。",
    ]
    english = [
        "This room has not been cleaned.",
        "The train was an hour late.",
        "Please give me my money back.",
        "She runs in the park every morning.",
        "I have forgotten my password.",
    ]
    found = _matrix(encoder, japanese + english)
    cosines = found[:5] @ found[5:].T
    assert cosines.argmax(axis=1).tolist() == [0, 1, 2, 3, 4]
    assert cosines.argmax(axis=0).tolist() == [0, 1, 2, 3, 4]


def test_long_texts_are_told_apart(encoder: Encoder) -> None:
    around, causes = read_complaints()
    own = ["late delivery", "food poisoning", "cannot log in", "noise"]
    texts = [
        "".join([*around[2 * at : 2 * at + 3], *causes[name][at : at + 3], around[at + 12]])
        for name in own
        for at in (0, 3, 6)
    ]
    vectors = _matrix(
        encoder, [text + own_end for text, own_end in zip(texts, around, strict=False)]
    )
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, -1)
    assert (cosines.argmax(axis=1) // 3 == np.arange(12) // 3).mean() >= 0.7


def test_both_halves_of_a_text_count(encoder: Encoder) -> None:
    texts = [
        "電源が入りません。箱も壊れていました。 Please give me my money back by next Friday at the latest.",
        "電源が入りません。箱も壊れていました。",
        "Please give me my money back by next Friday at the latest.",
        "I love the colour of your new curtains.",
    ]
    both, japanese, english, other = _matrix(encoder, texts)
    assert min(both @ japanese, both @ english) > 0.4
    assert both @ other < min(both @ japanese, both @ english) - 0.2


def test_threads_may_share_it(encoder: Encoder) -> None:
    texts = [f"{number}番の荷物が届きません。" for number in range(8)]
    alone = [encoder.documents([text]) for text in texts]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda text: encoder.documents([text]), texts)) == alone


def test_it_can_be_saved_and_loaded(encoder: Encoder, tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer

    encoder._model.save(str(tmp_path))
    again = SentenceTransformer(str(tmp_path), device="cpu", trust_remote_code=True)
    texts = ["届きません。", "It never arrived."]
    assert np.allclose(again.encode(texts), _matrix(encoder, texts), atol=0.01)


def test_sentences_are_joined() -> None:
    assert joined_japanese("私 は テニス 部員 で す 。") == "私はテニス部員です。"
    assert joined_japanese("私 は new york が 好き だ 。") == "私はnew yorkが好きだ。"
    assert joined_english("i can 't tell .") == "i can't tell."
    assert joined_english("no . i 'm sorry , i 've got to go .") == "no. i'm sorry, i've got to go."


def test_pairs_about_one_picture_are_not_parted() -> None:
    rows = [
        Scored(f"文{n}", f"文{n + 1 if n % 7 == 0 else -n}", 1.0, frozenset({str(n // 2)}))
        for n in range(200)
    ]
    kept, held = split_scored(rows)
    assert sorted(map(id, kept + held)) == sorted(map(id, rows))
    assert len(held) == pytest.approx(40, abs=3)
    assert not {name for row in kept for name in row.pictures} & {
        name for row in held for name in row.pictures
    }
    sentences = [
        {text for row in part for text in (row.first, row.second)} for part in (kept, held)
    ]
    assert not sentences[0] & sentences[1]


def test_own_training_texts() -> None:
    around, causes = read_complaints()
    texts = [*around, *(text for each in causes.values() for text in each)]
    assert len(texts) == len(set(texts))
    assert all(parted(text).share == 1 for text in texts)
    assert {row.score for row in read_english()} >= {0, 5}


def test_every_vector_has_a_word(vectors: chive.WordVectors) -> None:
    words = one_word_a_row(vectors)
    rows = vectors.find(words)
    assert (rows >= 0).all()
    assert len(set(rows.tolist())) == len(words) > 10_000


@pytest.mark.skipif(not Path(DATA, "ja-sts").is_dir(), reason="MADOGUCHI_TRAINING_DATA is not set")
def test_scores_on_public_data(encoder: Encoder) -> None:
    from training.scores import all_scores

    for score in all_scores(Path(DATA), encoder):
        assert score.least is None or score.value >= score.least, score
