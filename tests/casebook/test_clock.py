"""One clock that tests can stop."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Thread
from zoneinfo import ZoneInfo

import pytest

from casebook.clock import frozen, now

NOON = datetime(2026, 11, 20, 12, tzinfo=ZoneInfo("Asia/Tokyo"))


def test_it_runs_in_utc() -> None:
    before = datetime.now(UTC)
    assert before <= now() <= before + timedelta(seconds=5)
    assert now().tzinfo is UTC


def test_it_stands_still_and_goes_on() -> None:
    with frozen(NOON):
        assert now() == now() == NOON
        assert now().tzinfo is UTC
        with frozen(NOON + timedelta(days=1)):
            assert now() == NOON + timedelta(days=1)
        assert now() == NOON
    assert now() != NOON


def test_it_goes_on_after_an_error() -> None:
    with pytest.raises(RuntimeError), frozen(NOON):
        raise RuntimeError
    assert now() != NOON


def test_another_thread_has_its_own() -> None:
    seen: list[datetime] = []
    with frozen(NOON):
        thread = Thread(target=lambda: seen.append(now()))
        thread.start()
        thread.join()
    assert seen[0] != NOON
