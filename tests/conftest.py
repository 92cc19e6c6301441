"""Fixtures for every room: a configuration of the test's own, and its mail server."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest

from casebook.config import CONFIG_VARIABLE, settings
from tests.bluesky_network import INSTALLED, BlueskyNetwork
from tests.oauth_server import TokenServer
from tests.services import Dovecot

# What another process takes of the machine is no fault of a test.
hypothesis.settings.register_profile(
    "suite", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("suite")

# Django is set up by now; what a test starts finds its own settings.
os.environ.pop("DJANGO_SETTINGS_MODULE", None)

Configure = Callable[[str], Path]


@pytest.fixture(scope="session")
def mail_server() -> Iterator[Dovecot]:
    """A Dovecot for the whole session; its mailboxes are the tests' to fill."""
    with Dovecot() as server:
        yield server


@pytest.fixture(scope="session")
def tokens() -> Iterator[TokenServer]:
    with TokenServer() as server:
        yield server


@pytest.fixture(scope="session")
def bluesky_network() -> Iterator[BlueskyNetwork]:
    if not INSTALLED.exists() and shutil.which("npm") is None:
        pytest.skip("Bluesky's servers are left out: they need npm")
    assert INSTALLED.exists(), "Bluesky's servers are not installed: run `make services`"
    with BlueskyNetwork() as network:
        yield network


@pytest.fixture
def configure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Configure]:
    """Put a configuration in force whose `var` is the test's own folder."""
    path = tmp_path / "madoguchi.toml"

    def put(text: str) -> Path:
        path.write_text(
            f'var = "var"\nlanguage = "en"\n[prefect]\napi_url = "http://127.0.0.1:9/api"\n{text}',
            encoding="utf-8",
        )
        monkeypatch.setenv(CONFIG_VARIABLE, str(path))
        settings.cache_clear()
        return path

    put("")
    yield put
    monkeypatch.undo()
    settings.cache_clear()
