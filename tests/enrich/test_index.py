"""One contract for every backend, and what an embedded shard survives."""

from __future__ import annotations

import logging
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from casebook.config import Index as Table
from casebook.types import Labels, Point, Role, Where
from enrich.index import Index, IndexBusy, generation, opened, sweep, sync, synced

DIMENSIONS = 8
SPACES = {Role.MEANING: "m", Role.WORDS: "w"}
START = datetime(2026, 11, 1, tzinfo=UTC)
Open = Callable[[], AbstractContextManager[Index]]


def _vector(place: int, more: float = 0.0) -> bytes:
    values = np.zeros(DIMENSIONS, dtype=np.float32)
    values[place % DIMENSIONS], values[(place + 1) % DIMENSIONS] = 1.0, more
    return bytes((values / np.linalg.norm(values)).astype("<f2").tobytes())


def _words(*indices: int) -> bytes:
    weights = np.ones(len(indices), dtype="<f2")
    return np.array(sorted(indices), dtype="<u4").tobytes() + weights.tobytes()


def _point(
    message: int, revision: int | None = None, *, words: tuple[int, ...] = (), **labels: object
) -> Point:
    plain = Labels("closed", False, "ja", "email", START + timedelta(days=message))
    return Point(
        message=message,
        case=message * 10,
        revision=message if revision is None else revision,
        labels=replace(plain, **labels),  # type: ignore[arg-type]
        vectors={Role.MEANING: _vector(message), Role.WORDS: _words(*(words or (message,)))},
    )


class Record:
    """What an index is a projection of, in a dictionary."""

    def __init__(self, points: Iterable[Point] = ()) -> None:
        self.points = {point.message: point for point in points}

    def since(self, revision: int) -> Iterable[Point]:
        """The points above a revision, in rising order."""
        newer = (point for point in self.points.values() if point.revision > revision)
        return sorted(newer, key=lambda point: point.revision)

    def count(self) -> int:
        """How many there are."""
        return len(self.points)

    def keys(self) -> set[int]:
        """Their messages."""
        return set(self.points)

    def only(self, messages: set[int]) -> Iterable[Point]:
        """Those of these messages."""
        return [self.points[message] for message in sorted(messages)]


@pytest.fixture(params=["embedded", "memory"])
def index(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Index]:
    table = Table(backend=request.param)
    with opened(table, tmp_path, "worker", {Role.MEANING: "all-MiniLM/v2"}) as found:
        yield found


@pytest.fixture
def shard(tmp_path: Path) -> Open:
    return lambda: opened(Table(), tmp_path, "worker", SPACES)


def _messages(index: Index, place: int, **limits: object) -> list[int]:
    where = Where(**limits)  # type: ignore[arg-type]
    return [hit.message for hit in index.search({Role.MEANING: _vector(place)}, 20, where)]


def test_an_empty_index_answers(index: Index) -> None:
    assert (index.revision(), index.count()) == (0, 0)
    assert index.search({Role.MEANING: _vector(1)}, 5) == []
    assert index.keep_only({1, 2}) == {1, 2}
    index.upsert([])
    index.optimize()
    assert sync(index, Record()) == 0


def test_upsert_and_search_in_order(index: Index) -> None:
    far = replace(_point(7, 9), vectors={Role.MEANING: _vector(1, 1.0), Role.WORDS: _words(7)})
    index.upsert([_point(3), far, _point(1)])
    hits = index.search({Role.MEANING: _vector(1)}, 2)
    assert [(hit.message, hit.case) for hit in hits] == [(1, 10), (7, 70)]
    assert [hit.cosine for hit in hits] == pytest.approx([1.0, 0.7071], abs=0.001)
    assert (index.revision(), index.count()) == (9, 3)


def test_upsert_replaces(index: Index) -> None:
    index.upsert([_point(1), _point(2)])
    moved = {Role.MEANING: _vector(4), Role.WORDS: _words(9)}
    index.upsert([replace(_point(1, 5), case=99, vectors=moved)])
    assert (index.revision(), index.count()) == (5, 2)
    best = index.search({Role.MEANING: _vector(4)}, 1)[0]
    assert (best.message, best.case) == (1, 99)


def test_words_alone_find_rare_ones_first(index: Index) -> None:
    index.upsert([_point(number, words=(100, 100 + number)) for number in range(1, 8)])
    hits = index.search({Role.WORDS: _words(100, 103)}, 3)
    assert hits[0].message == 3
    assert len(hits) == 3


def test_both_signals_are_fused(index: Index) -> None:
    index.upsert(
        [
            replace(
                _point(message, words=words),
                vectors={Role.MEANING: vector, Role.WORDS: _words(*words)},
            )
            for message, vector, words in (
                (1, _vector(0), (50,)),
                (2, _vector(4), (60,)),
                (3, _vector(0, 0.3), (60, 61)),
                (4, _vector(5), (70,)),
            )
        ]
    )
    hits = index.search({Role.MEANING: _vector(0), Role.WORDS: _words(60, 61)}, 4)
    assert hits[0].message == 3
    assert hits[0].cosine == pytest.approx(0.958, abs=0.01)
    assert {hit.message for hit in hits[:3]} == {1, 2, 3}


def test_the_history_counts_too(index: Index) -> None:
    index.upsert(
        [
            replace(_point(message), vectors={Role.MEANING: meaning, Role.HISTORY: history})
            for message, meaning, history in (
                (1, _vector(0), _vector(5)),
                (2, _vector(0, 0.3), _vector(2)),
                (3, _vector(4), _vector(2, 0.3)),
            )
        ]
    )
    meaning = {Role.MEANING: _vector(0)}
    assert index.search(meaning, 1)[0].message == 1
    assert index.search({**meaning, Role.HISTORY: _vector(2)}, 1)[0].message == 2


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({}, {1, 2, 3, 4}),
        ({"settled": True}, {2, 4}),
        ({"settled": False}, {1, 3}),
        ({"state": "open"}, {1}),
        ({"language": "en"}, {3}),
        ({"channel": "x"}, {4}),
        ({"product": "釜"}, {1, 2}),
        ({"cause": "defect", "settled": True}, {2}),
        ({"since": START + timedelta(days=3)}, {3, 4}),
        ({"until": START + timedelta(days=3)}, {1, 2}),
        ({"since": START + timedelta(days=2), "until": START + timedelta(days=3)}, {2}),
        ({"product": "' OR 1=1"}, set()),
    ],
)
def test_filters(index: Index, limits: dict[str, object], expected: set[int]) -> None:
    index.upsert(
        [
            _point(1, state="open", product="釜", cause="defect"),
            _point(2, settled=True, product="釜", cause="defect"),
            _point(3, language="en", cause="defect"),
            _point(4, settled=True, channel="x"),
        ]
    )
    assert set(_messages(index, 1, **limits)) == expected
    both = {Role.MEANING: _vector(1), Role.WORDS: _words(1, 2, 3, 4)}
    hits = index.search(both, 20, Where(**limits))  # type: ignore[arg-type]
    assert {hit.message for hit in hits} == expected


def test_a_changed_label_replaces_the_old_one(index: Index) -> None:
    index.upsert([_point(1)])
    index.upsert([_point(1, 9, settled=True)])
    assert _messages(index, 1, settled=True) == [1]
    assert _messages(index, 1, settled=False) == []


def test_reset_forgets_all(index: Index) -> None:
    index.upsert([_point(1)])
    index.reset()
    assert (index.count(), index.revision()) == (0, 0)
    index.upsert([_point(2)])
    assert _messages(index, 2) == [2]


def test_keep_only_drops_and_names_what_is_missing(index: Index) -> None:
    index.upsert([_point(number) for number in range(1, 1501)])
    assert index.keep_only({1, 1400, 2000}) == {2000}
    assert index.count() == 2
    assert index.keep_only(set()) == set()
    assert index.count() == 0


def test_sync_takes_what_is_new_or_changed(index: Index) -> None:
    record = Record(_point(number) for number in range(1, 1203))
    assert sync(index, record) == 1202
    assert sync(index, record) == 0
    record.points[7] = _point(7, 2000, settled=True)
    assert sync(index, record) == 1
    assert _messages(index, 7, settled=True) == [7]


def test_sync_mends_losses_and_erasures(index: Index) -> None:
    record = Record(_point(number) for number in range(1, 9))
    sync(index, record)
    index.keep_only({1, 2, 8})
    assert sync(index, record) == 5
    del record.points[3], record.points[8]
    assert sync(index, record) == 0
    assert (index.count(), index.revision()) == (6, 7)


def test_a_shard_keeps_its_points(shard: Open) -> None:
    with shard() as index:
        index.upsert([_point(1), _point(2, settled=True)])
    with shard() as index:
        assert (index.count(), index.revision()) == (2, 2)
        assert _messages(index, 2, settled=True) == [2]


def test_roles_and_models_keep_apart(tmp_path: Path) -> None:
    for role, space in (("worker", "m"), ("desk", "m"), ("worker", "n")):
        with opened(Table(), tmp_path, role, {Role.MEANING: space}) as index:
            assert index.count() == 0
            index.upsert([_point(1)])


def test_a_shard_of_another_process_is_busy(shard: Open, tmp_path: Path) -> None:
    with shard() as index:
        index.upsert([_point(1)])
        code = (
            "import sys\nfrom pathlib import Path\nfrom casebook.config import Index\n"
            "from enrich.index import IndexBusy, opened\n"
            "try:\n    opened(Index(), Path(sys.argv[1]), 'worker', {'meaning': 'm', 'words': 'w'}).__enter__()\n"
            "except IndexBusy as error:\n    print(error)\n"
        )
        command = [sys.executable, "-c", code, str(tmp_path)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
        assert (
            done.stdout.strip()
            == f"{tmp_path}/worker/{generation(SPACES)}: in use by another process"
        )
        with pytest.raises(IndexBusy), shard():
            pass
        assert index.count() == 1


def _delete(folder: Path) -> None:
    shutil.rmtree(folder)


def _garbage(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            path.write_bytes(b"garbage")


def _empty(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()


def _a_file(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.write_text("no folder")


def _half_made(folder: Path) -> None:
    from qdrant_edge import Distance, EdgeConfig, EdgeShard, EdgeVectorParams

    _empty(folder)
    params = EdgeVectorParams(size=DIMENSIONS, distance=Distance.Dot)
    shard = EdgeShard.create(str(folder), EdgeConfig(vectors=params))
    shard.flush()
    shard.close()


def _half_written(folder: Path) -> None:
    # The engine panics over this one, which is no Exception in Python.
    next(folder.rglob("status.dat")).write_bytes(b"")


@pytest.mark.parametrize(
    ("damage", "warnings"),
    [(_delete, 0), (_garbage, 1), (_empty, 1), (_a_file, 1), (_half_made, 1), (_half_written, 1)],
)
def test_a_damaged_shard_is_rebuilt(
    shard: Open,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    damage: Callable[[Path], None],
    warnings: int,
) -> None:
    record = Record(_point(number) for number in range(1, 6))
    with shard() as index:
        sync(index, record)
    damage(tmp_path / "worker" / generation(SPACES))
    with caplog.at_level(logging.WARNING), shard() as index:
        assert sync(index, record) == 5
        assert _messages(index, 3)[0] == 3
    assert len(caplog.records) == warnings
    with shard() as index:
        assert index.count() == 5


def test_files_deleted_under_an_open_shard_are_made_again(tmp_path: Path) -> None:
    record = Record(_point(number) for number in range(1, 400))
    with synced(Table(), tmp_path, "worker", SPACES, record) as index:
        shutil.rmtree(tmp_path / "worker")
        for number in range(400, 900):
            record.points[number] = _point(number)
            if number % 100 == 0:
                index.refresh()
                hits = index.search({Role.WORDS: _words(number)}, 1)
                assert hits[0].message == number
    with synced(Table(), tmp_path, "worker", SPACES, record) as index:
        assert index.count() == 899


def test_an_index_out_of_force_is_dropped_and_the_others_stay(tmp_path: Path) -> None:
    for role in ("worker", "desk"):
        for space in ("old", "new"):
            with opened(Table(), tmp_path, role, {Role.MEANING: space}) as index:
                index.upsert([_point(1)])
    sweep(Table(), tmp_path, ("worker", "desk"), {Role.MEANING: "new"})
    assert {path.name for path in tmp_path.glob("*/*")} == {generation({Role.MEANING: "new"})}


_RIVAL = """
import sys
from pathlib import Path
from casebook.config import Index as Table
from enrich.index import synced
from tests.enrich.test_index import SPACES, Record, _point, _words
from casebook.types import Role
record = Record(_point(number) for number in range(1, 50))
for turn in range(50, 70):
    record.points[turn] = _point(turn)
    with synced(Table(), Path(sys.argv[1]), sys.argv[2], SPACES, record) as index:
        assert index.search({Role.WORDS: _words(turn)}, 1)[0].message == turn
print(turn)
"""


def test_two_roles_search_and_sync_at_once_while_the_folder_is_deleted(tmp_path: Path) -> None:
    both = [
        subprocess.Popen(
            [sys.executable, "-c", _RIVAL, str(tmp_path), role],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for role in ("worker", "desk")
    ]  # fmt: skip
    for role in ("worker", "desk"):
        while not (tmp_path / role).exists():
            time.sleep(0.05)
        time.sleep(2)
        shutil.rmtree(tmp_path / role, ignore_errors=True)
    for process in both:
        out, err = process.communicate()
        assert (process.returncode, out.strip()) == (0, "69"), err
