"""Texts of a file ranked and embedded; nothing of it is recorded."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tests.desk.place import Place

CORPUS = {
    "late": "注文した炊飯器がまだ届きません。配送状況も変わっていません。",
    "twice": "今月の料金が二重に引き落とされています。",
    "plate": "The plate arrived broken in two pieces.",
    "rude": "The person on the phone was rude to me.",
    "kettle": "電気ケトルの底から湯が漏れて手にかかりました。",
}


def _lines(rows: dict[str, str]) -> str:
    return "".join(f"{json.dumps({'id': key, 'text': text})}\n" for key, text in rows.items())


def test_a_file_is_ranked_for_queries_in_both_languages(place: Place) -> None:
    (place.root / "corpus.jsonl").write_text(_lines(CORPUS))
    asked = {
        "1": "電話の方が失礼でした",
        "2": "二重請求",
        "3": "my rice cooker is late",
        "4": "湯が漏れるケトル",
    }
    done = place.type("similar", "--json", "--data", "corpus.jsonl", text=_lines(asked))
    assert (done.returncode, done.stderr) == (0, "")
    found = {row["id"]: row["results"] for row in map(json.loads, done.stdout.splitlines())}
    assert [found[key][0]["id"] for key in ("2", "4")] == ["twice", "kettle"]
    # Of another language than the query, with no word in common.
    for key, name in (("1", "rude"), ("3", "late")):
        assert name in [row["id"] for row in found[key][:2]]
    for results in found.values():
        assert len(results) == len(CORPUS)
        scores = [row["score"] for row in results]
        assert scores == sorted(scores, reverse=True)
    assert not (place.root / "var").exists()


def test_a_file_with_enough_texts_teaches_its_own_words(place: Place) -> None:
    rows = {f"{key}-{n}": f"{text} {n}" for n in range(210) for key, text in CORPUS.items()}
    (place.root / "corpus.jsonl").write_text(_lines(rows))
    done = place.type(
        "similar", "--json", "--data", "corpus.jsonl", text=_lines({"q": "料金の二重引き落とし"})
    )
    (row,) = map(json.loads, done.stdout.splitlines())
    assert len(row["results"]) == 10
    assert {result["id"].partition("-")[0] for result in row["results"]} == {"twice"}


@pytest.mark.parametrize(
    ("corpus", "queries", "problem"),
    [
        ('{"id": 1}\n', "", "corpus.jsonl line 1"),
        ('\n{"id": 1, "text": 2}\n', "", "corpus.jsonl line 2"),
        ("[]\n", "", "corpus.jsonl line 1"),
        ("\x00\n", "", "corpus.jsonl line 1"),
        (_lines(CORPUS), "no json\n", "standard input line 1"),
    ],
)
def test_a_bad_line_is_told_in_one(place: Place, corpus: str, queries: str, problem: str) -> None:
    (place.root / "corpus.jsonl").write_text(corpus)
    done = place.type("similar", "--json", "--data", "corpus.jsonl", text=queries)
    assert done.returncode == 2
    assert problem in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_an_absent_file_and_missing_words_are_told(place: Place) -> None:
    for words in (("--json", "--data", "none.jsonl"), ("--data", "none.jsonl"), (), ("  ",)):
        done = place.type("similar", *words)
        assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)


def test_texts_become_vectors_of_unit_length(place: Place) -> None:
    hostile = {"empty": "", "nul": "\x00", "emoji": "💢" * 50, "long": "苦情です。" * 20_000}
    done = place.type("embed", "--json", text=_lines({**CORPUS, **hostile}))
    assert (done.returncode, done.stderr) == (0, "")
    found = {
        row["id"]: np.array(row["vector"]) for row in map(json.loads, done.stdout.splitlines())
    }
    assert list(found) == [*CORPUS, *hostile]
    assert {len(vector) for vector in found.values()} == {384}
    for key in CORPUS:
        assert np.linalg.norm(found[key]) == pytest.approx(1, abs=0.01)
