"""Fixtures for what people type."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.desk.place import Place


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A folder of the test's own with an English configuration."""
    found = Place(tmp_path)
    found.configure("")
    return found
