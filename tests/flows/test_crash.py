"""Killed anywhere, the next run goes on: the intake as a process, on either database."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from django.db import connection

from tests.bench import crash_send
from tests.bench.crash import finish, kill_often, sound
from tests.bench.installation import installation
from tests.mails import made_mails

MAILS, KILLS = 60, 6


@pytest.mark.timeout(600)
@pytest.mark.django_db(transaction=True)
def test_killed_at_random_moments_nothing_is_lost_or_double() -> None:
    database = _fresh_database() if connection.vendor == "postgresql" else ""
    with installation(made_mails(MAILS), database=database) as place:
        kill_often(place, KILLS, MAILS, seed=7)
        counts = finish(place)
    assert sound(counts, MAILS), counts


def _fresh_database() -> str:
    name = f"crash_{uuid4().hex[:8]}"
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}"')
    found = connection.settings_dict
    return f"postgresql://{found['USER']}@{found['HOST']}:{found['PORT']}/{name}"


def test_sending_that_is_killed_sends_nothing_twice(capsys: pytest.CaptureFixture[str]) -> None:
    assert crash_send.run(replies=8, kills=3, seed=1)
    told = capsys.readouterr().out
    assert re.search(r"replies sent twice +0$", told, re.MULTILINE)
    assert re.search(r"replies lost +0$", told, re.MULTILINE)
