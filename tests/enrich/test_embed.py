"""The bundled model: order, length and value of vectors; what loads and what does not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from casebook.errors import ConfigError
from enrich.embed import BUNDLED, Encoder, minilm_folder, space

TEXTS = [
    "The parcel never arrived.",
    "注文した品が届きません。",
    "",
    "Great service!",
    "x " * 10_000,
]
HEAVY = (
    "torch,sentence_transformers,transformers,qdrant_client,qdrant_edge,prefect,tweepy,py3langid,"
    "sudachipy,srsly,spacy"
)


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return Encoder(BUNDLED, batch_size=2)


def _cosine(one: bytes, other: bytes) -> float:
    a, b = (np.frombuffer(vector, dtype="<f2").astype(np.float64) for vector in (one, other))
    return float(a @ b)


def test_vectors_are_of_unit_length_and_in_order(encoder: Encoder) -> None:
    found = encoder.documents(TEXTS)
    assert encoder.dimensions == 384
    assert [len(vector) for vector in found] == [768] * len(TEXTS)
    assert [_cosine(vector, vector) for vector in found] == pytest.approx([1.0] * 5, abs=0.005)
    for text, vector in zip(TEXTS, found, strict=True):
        assert _cosine(encoder.documents([text])[0], vector) > 0.999


def test_neighbours_in_a_batch_change_nothing(encoder: Encoder) -> None:
    text = "My rice cooker shows E2 and stops."
    beside_short, beside_long = (
        encoder.documents([other, text])[1] for other in ("a", "a much longer story " * 60)
    )
    assert _cosine(beside_short, beside_long) > 0.999


def test_a_query_finds_what_it_means(encoder: Encoder) -> None:
    query = encoder.query("late delivery")
    late, praise = encoder.documents(["The parcel never arrived.", "Great service!"])
    assert _cosine(query, late) > _cosine(query, praise)


def test_one_call_for_both_languages_and_any_order(encoder: Encoder) -> None:
    texts = ["遅れています。", "late", "返金してください。", "Please refund me.", "👍"] * 3
    found = encoder.documents(texts)
    assert found == encoder.documents(texts)
    for at, text in enumerate(texts):
        assert _cosine(found[at], encoder.query(text)) > 0.999


def test_english_is_minilms(encoder: Encoder) -> None:
    from sentence_transformers import SentenceTransformer

    plain = SentenceTransformer(str(minilm_folder()), device="cpu").encode(TEXTS[0])
    assert _cosine(encoder.documents(TEXTS[:1])[0], plain.astype("<f2").tobytes()) > 0.999


def test_spaces() -> None:
    assert space("intfloat/multilingual-e5-small") == "intfloat/multilingual-e5-small"
    assert space(BUNDLED).startswith("bilingual-")
    assert len(space(BUNDLED)) == len("bilingual-") + 8


def test_the_encoder_knows_its_space(encoder: Encoder) -> None:
    assert encoder.space == space(BUNDLED)


def test_another_model_with_its_prompts(tmp_path: Path) -> None:
    """Any model of sentence-transformers takes the bundled one's place, with its own prompts."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace

    words = ["[UNK]", "query", "passage", ":", "late", "parcel"]
    tokenizer = Tokenizer(WordLevel({word: at for at, word in enumerate(words)}, "[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    tiny = SentenceTransformer(
        modules=[StaticEmbedding(tokenizer, np.eye(len(words), dtype=np.float32))],
        prompts={"query": "query: ", "document": "passage: "},
    )
    tiny.save(str(tmp_path))
    other = Encoder(str(tmp_path))
    assert other.space == str(tmp_path)
    assert other.dimensions == len(words)
    document = np.frombuffer(other.documents(["late parcel"])[0], "<f2")
    query = np.frombuffer(other.query("late parcel"), "<f2")
    assert (document > 0).tolist() == [False, False, True, True, True, True]
    assert (query > 0).tolist() == [False, True, False, True, True, True]
    assert np.linalg.norm(query.astype(float)) == pytest.approx(1, abs=0.001)


def test_no_texts(encoder: Encoder) -> None:
    assert encoder.documents([]) == []


def test_hostile_texts(encoder: Encoder) -> None:
    found = encoder.documents(["\x00\ufffd\u202e", "👍" * 2_000, "a" * 20_000, "[PAD] [SEP] </s>"])
    assert all(np.isfinite(np.frombuffer(vector, dtype="<f2")).all() for vector in found)


@pytest.mark.parametrize("name", ["/nowhere/model", "./nowhere", "no good name"])
def test_an_unknown_model(name: str) -> None:
    with pytest.raises(ConfigError, match="cannot be loaded") as caught:
        Encoder(name)
    assert "\n" not in str(caught.value)


def test_a_folder_that_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be loaded"):
        Encoder(str(tmp_path))


@pytest.mark.parametrize(
    ("module", "may"),
    [
        ("enrich.embed", ()),
        ("enrich.index", ()),
        ("enrich.language", ()),
        ("enrich.triage", ()),
        ("responders.draft", ()),
        ("flows.pipeline", ()),
        ("flows.intake", ("prefect",)),
    ],
)
def test_an_import_loads_nothing_heavy(module: str, may: tuple[str, ...]) -> None:
    code = (
        "import os, sys; os.environ['DJANGO_SETTINGS_MODULE'] = 'casebook.settings'\n"
        f"import django; django.setup(); import {module}\n"
        f"print([name for name in '{HEAVY}'.split(',') if name in sys.modules])"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.strip() == str(list(may))
