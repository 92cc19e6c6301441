"""A record of an earlier release is brought up to date with all that it holds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from casebook import models as m
from casebook.types import Channel

NEWEST = "0009_desk"


def migrate(name: str) -> MigrationExecutor:
    executor = MigrationExecutor(connection)
    executor.migrate([("casebook", name)])
    return executor


@pytest.fixture
def promises(transactional_db: None) -> Iterator[MigrationExecutor]:
    yield migrate("0006_promises")
    MigrationExecutor(connection).migrate([("casebook", NEWEST)])


def test_cases_of_the_release_before_have_no_confirmed_fault(promises: MigrationExecutor) -> None:
    old = promises.loader.project_state([("casebook", "0006_promises")]).apps
    opened = datetime(2026, 11, 1, tzinfo=UTC)
    case = old.get_model("casebook", "Case").objects.create(
        receipt="M-1", channel="email", author="c@example.net", opened_at=opened
    )
    old.get_model("casebook", "Message").objects.create(
        identity="in:1", case=case, channel="email", author="c@example.net", text="届きません"
    )
    migrate(NEWEST)
    found = m.Case.objects.get(receipt="M-1")
    assert (found.fault_confirmed, found.channel, found.opened_at) == (False, "email", opened)
    assert found.messages.get().text == "届きません"
    m.Case.objects.create(receipt="M-2", channel=Channel.BLUESKY, author="did:plc:x")
