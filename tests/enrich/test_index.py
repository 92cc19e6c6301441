"""One contract for every backend, and what an embedded shard survives."""

from __future__ import annotations

import logging
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pytest

from casebook.config import Index as Table
from casebook.types import Point
from enrich.index import Index, IndexBusy, opened, sync

DIMENSIONS = 8
Open = Callable[[], AbstractContextManager[Index]]


def _vector(place: int, more: float = 0.0) -> bytes:
    values = np.zeros(DIMENSIONS, dtype=np.float32)
    values[place % DIMENSIONS], values[(place + 1) % DIMENSIONS] = 1.0, more
    return bytes((values / np.linalg.norm(values)).astype("<f2").tobytes())


def _point(message: int, revision: int | None = None, *, settled: bool = False) -> Point:
    return Point(
        message=message,
        case=message * 10,
        settled=settled,
        revision=message if revision is None else revision,
        vector=_vector(message),
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
    with opened(table, tmp_path, "worker", "all-MiniLM/v2") as found:
        yield found


@pytest.fixture
def shard(tmp_path: Path) -> Open:
    return lambda: opened(Table(), tmp_path, "worker", "m")


def _messages(index: Index, place: int, **more: bool) -> list[int]:
    return [hit.message for hit in index.search(_vector(place), 20, **more)]


def test_an_empty_index_answers(index: Index) -> None:
    assert (index.revision(), index.count()) == (0, 0)
    assert index.search(_vector(1), 5) == []
    assert index.keep_only({1, 2}) == {1, 2}
    index.upsert([])
    assert sync(index, Record()) == 0


def test_upsert_and_search_in_order(index: Index) -> None:
    far = Point(message=7, case=70, settled=False, revision=9, vector=_vector(1, 1.0))
    index.upsert([_point(3), far, _point(1)])
    hits = index.search(_vector(1), 2)
    assert [(hit.message, hit.case) for hit in hits] == [(1, 10), (7, 70)]
    assert [hit.score for hit in hits] == pytest.approx([1.0, 0.7071], abs=0.001)
    assert (index.revision(), index.count()) == (9, 3)


def test_upsert_replaces(index: Index) -> None:
    index.upsert([_point(1), _point(2)])
    index.upsert([Point(message=1, case=99, settled=True, revision=5, vector=_vector(4))])
    assert (index.revision(), index.count()) == (5, 2)
    best = index.search(_vector(4), 1)[0]
    assert (best.message, best.case) == (1, 99)


def test_the_settled_filter(index: Index) -> None:
    index.upsert([_point(number, settled=number % 2 == 0) for number in range(1, 7)])
    assert set(_messages(index, 1)) == {1, 2, 3, 4, 5, 6}
    assert set(_messages(index, 1, settled=True)) == {2, 4, 6}
    assert set(_messages(index, 1, settled=False)) == {1, 3, 5}
    index.upsert([_point(1, 9, settled=True)])
    assert _messages(index, 1, settled=True)[0] == 1


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
    for role, model in (("worker", "m"), ("desk", "m"), ("worker", "n")):
        with opened(Table(), tmp_path, role, model) as index:
            assert index.count() == 0
            index.upsert([_point(1)])


def test_a_shard_of_another_process_is_busy(shard: Open, tmp_path: Path) -> None:
    with shard() as index:
        index.upsert([_point(1)])
        code = (
            "import sys\nfrom pathlib import Path\nfrom casebook.config import Index\n"
            "from enrich.index import IndexBusy, opened\n"
            "try:\n    opened(Index(), Path(sys.argv[1]), 'worker', 'm').__enter__()\n"
            "except IndexBusy as error:\n    print(error)\n"
        )
        command = [sys.executable, "-c", code, str(tmp_path)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
        assert done.stdout.strip() == f"{tmp_path}/worker/m: in use by another process"
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
    damage(tmp_path / "worker" / "m")
    with caplog.at_level(logging.WARNING), shard() as index:
        assert sync(index, record) == 5
        assert _messages(index, 3)[0] == 3
    assert len(caplog.records) == warnings
    with shard() as index:
        assert index.count() == 5
