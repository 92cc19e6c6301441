"""Cases, not messages, best first, and never the case that asks."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from casebook.config import Index as Table
from casebook.types import Labels, Point, Role
from enrich.index import Index, opened
from enrich.similar import similar_cases


def _vector(degrees: float) -> dict[Role, bytes]:
    turned = math.radians(degrees)
    data = np.array([math.cos(turned), math.sin(turned)], dtype="<f2").tobytes()
    return {Role.MEANING: data}


def _point(message: int, case: int, degrees: int, *, settled: bool) -> Point:
    labels = Labels("closed", settled, "ja", "email", datetime(2026, 11, 1, tzinfo=UTC))
    return Point(message, case, message, labels, _vector(degrees))


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    with opened(Table(backend="memory"), tmp_path, "worker", {Role.MEANING: "m"}) as found:
        found.upsert(
            [
                _point(1, 10, 40, settled=True),
                _point(2, 10, 5, settled=True),
                _point(3, 20, 10, settled=True),
                _point(4, 30, 0, settled=False),
                _point(5, 40, 90, settled=True),
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
    with opened(Table(backend="memory"), tmp_path, "worker", {Role.MEANING: "m"}) as empty:
        assert similar_cases(empty, _vector(0)) == ()
