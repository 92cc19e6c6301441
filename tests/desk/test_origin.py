"""Where requests come from."""

from __future__ import annotations

import logging

import pytest
from django.test import RequestFactory

from desk import origin as module
from desk.origin import origin


def _from(address: str, *, secure: bool = False) -> str:
    return origin(RequestFactory().get("/", REMOTE_ADDR=address, secure=secure))


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("", ""),
        ("unix:", "unix:"),
    ],
)
def test_a_house_is_one_address(address: str, found: str) -> None:
    assert _from(address) == found


def test_a_proxy_that_names_nobody_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    module._unnamed.cache_clear()
    with caplog.at_level(logging.WARNING, logger="desk"):
        assert _from("127.0.0.1") == "127.0.0.1"
        assert not caplog.records
        _from("127.0.0.1", secure=True)
        _from("127.0.0.1", secure=True)
    (record,) = caplog.records
    assert "X-Forwarded-For" in record.getMessage()
