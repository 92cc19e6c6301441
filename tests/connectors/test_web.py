"""When a limit ends, whatever a service says of it; what is worth telling stays bounded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casebook import clock
from connectors.lenient import Warnings, address, mapping, mappings, moment, string
from connectors.web import allowed_at

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
WINDOW = timedelta(minutes=5)


@pytest.mark.parametrize(
    ("headers", "after"),
    [
        ({}, WINDOW),
        ({"Reset": "2026-11-24T01:02:00.000000Z"}, timedelta(minutes=2)),
        ({"Reset": "2026-11-24T01:02:00"}, timedelta(minutes=2)),
        ({"Reset": str(int(NOW.timestamp()) + 60)}, timedelta(minutes=1)),
        ({"Reset": "2026-11-24T00:00:00Z"}, timedelta(seconds=1)),
        ({"Reset": "2036-11-24T00:00:00Z"}, timedelta(hours=25)),
        ({"Reset": "9" * 40}, WINDOW),
        ({"Retry-After": "90"}, timedelta(seconds=90)),
        ({"Retry-After": "nan"}, WINDOW),
        ({"Retry-After": "Tue, 24 Nov 2026 01:00:00 GMT"}, WINDOW),
    ],
)
def test_when_a_limit_ends(headers: dict[str, str], after: timedelta) -> None:
    with clock.frozen(NOW):
        assert allowed_at(headers, "Reset", WINDOW) == NOW + after


@given(st.text(), st.text())
def test_no_header_breaks_it(reset: str, retry: str) -> None:
    with clock.frozen(NOW):
        at = allowed_at({"Reset": reset, "Retry-After": retry}, "Reset", WINDOW)
    assert NOW < at <= NOW + timedelta(hours=25)


def test_warnings_are_bounded_and_taken_once() -> None:
    warnings = Warnings()
    for number in range(12):
        warnings.add(str(number))
    assert warnings.take() == (*map(str, range(10)), "… and 2 more like these")
    assert warnings.take() == ()


@pytest.mark.parametrize("value", [None, True, 5.5, [1], {"a": 1}, b"x"])
def test_what_is_no_text_is_none(value: object) -> None:
    assert string(value) == ""
    assert address(value) == ""
    assert moment(value) is None


def test_what_can_be_read_is() -> None:
    assert (string(17), string("a\0b"), string("abc", 2)) == ("17", "ab", "ab")
    assert address("javascript:alert(1)") == address("https://a b") == ""
    assert moment("2026-11-24T10:00:00.123456789+09:00") == datetime(
        2026, 11, 24, 1, 0, 0, 123456, UTC
    )
    assert moment("0001-01-01T00:00:00+14:00") is None
    assert mapping([1]) == {}
    assert list(mappings({"a": {}})) == []
    assert list(mappings([1, {"a": 1}, None])) == [{"a": 1}]
