"""Fixtures for what people type."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

# Its routes are those of the configuration in force when it is loaded: the suite's, not a test's own.
import desk.web.oidc  # noqa: F401
from desk.access import Role
from tests.desk.place import Place


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A folder of the test's own with an English configuration."""
    found = Place(tmp_path)
    found.configure("")
    return found


def signed_in(role: Role | None) -> Client:
    """The browser of somebody with this role, whose login is its name; of nobody with None."""
    client = Client()
    if role is not None:
        user, _ = User.objects.get_or_create(username=role.value)
        user.groups.set([Group.objects.get_or_create(name=role.value)[0]])
        client.force_login(user)
    return client
