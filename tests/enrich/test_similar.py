"""Cases, not messages, best first, and never the case that asks."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from casebook.config import Index as Table
from casebook.types import Point
from enrich.index import Index, opened
from enrich.similar import similar_cases


def _vector(degrees: float) -> bytes:
    turned = math.radians(degrees)
    return np.array([math.cos(turned), math.sin(turned)], dtype="<f2").tobytes()


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    with opened(Table(backend="memory"), tmp_path, "worker", "m") as found:
        found.upsert(
            [
                Point(message=1, case=10, settled=True, revision=1, vector=_vector(40)),
                Point(message=2, case=10, settled=True, revision=2, vector=_vector(5)),
                Point(message=3, case=20, settled=True, revision=3, vector=_vector(10)),
                Point(message=4, case=30, settled=False, revision=4, vector=_vector(0)),
                Point(message=5, case=40, settled=True, revision=5, vector=_vector(90)),
            ]
        )
        yield found


def test_the_best_message_stands_for_its_case(index: Index) -> None:
    found = similar_cases(index, _vector(0))
    assert [(case.case, case.message) for case in found] == [(10, 2), (20, 3), (40, 5)]
    assert found[0].score == pytest.approx(math.cos(math.radians(5)), abs=0.001)


def test_limit_and_exclusion(index: Index) -> None:
    assert [case.case for case in similar_cases(index, _vector(0), 1)] == [10]
    assert [case.case for case in similar_cases(index, _vector(0), exclude=10)] == [20, 40]


def test_an_empty_index(tmp_path: Path) -> None:
    with opened(Table(backend="memory"), tmp_path, "worker", "m") as empty:
        assert similar_cases(empty, _vector(0)) == ()
