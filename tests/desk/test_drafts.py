"""A draft's wording and its time change together; a time that has passed is promised to nobody."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from casebook.policy import load_policy
from responders.due import say_due
from tests.desk.place import SAMPLES, Place

POLICY = load_policy("default")


@pytest.fixture
def draft(place: Place) -> dict[str, Any]:
    place.type("import", str(SAMPLES / "inbox" / "01-late-delivery.eml"))
    place.type("intake")
    return queued(place)


def queued(place: Place) -> dict[str, Any]:
    (line,) = place.type("queue", "--json").stdout.splitlines()
    found: dict[str, Any] = json.loads(line)
    return found


def test_another_time_needs_due(place: Place, draft: dict[str, Any]) -> None:
    later = (datetime.now(POLICY.zone) + timedelta(days=30)).replace(
        hour=15, minute=30, second=0, microsecond=0
    )
    said = say_due(POLICY, later, draft["language"])
    body = f"ご不便をおかけし、申し訳ございません。お調べして、{said}にご連絡します。\n"

    without = place.type("edit", draft["receipt"], text=body)
    assert without.returncode == 0
    assert "due_differs" in without.stderr
    assert '--due "YYYY-MM-DD HH:MM"' in without.stderr
    before = datetime.fromisoformat(draft["due"])
    assert say_due(POLICY, before, draft["language"]) in without.stderr
    assert queued(place)["due"] == draft["due"]
    refused = place.type("approve", draft["receipt"])
    assert (refused.returncode, len(refused.stderr.splitlines())) == (1, 1)

    given = place.type("edit", draft["receipt"], "--due", f"{later:%Y-%m-%d %H:%M}", text=body)
    assert (given.returncode, given.stderr) == (0, "")
    assert queued(place)["due"] == later.astimezone(UTC).isoformat()
    shown = place.type("queue", draft["receipt"]).stdout
    assert "policy target" not in shown
    assert place.type("approve", draft["receipt"]).returncode == 0
    assert "Taken back" in place.type("approve", draft["receipt"], "--undo").stdout
    assert queued(place)["state"] == "pending"


def test_a_time_that_is_none_or_has_passed(place: Place, draft: dict[str, Any]) -> None:
    for due in ("tomorrow", "2026-13-01 10:00", "2020-01-06 10:00"):
        done = place.type("edit", draft["receipt"], "--due", due, text=draft["reply"])
        assert done.returncode == 2
        assert "Traceback" not in done.stderr
    assert queued(place)["reply"] == draft["reply"]
    place.run(
        "from casebook.models import Draft; from casebook.clock import now;"
        "from datetime import timedelta; Draft.objects.update(due=now() - timedelta(hours=1))"
    )
    late = place.type("approve", draft["receipt"])
    assert late.returncode == 1
    (line,) = late.stderr.splitlines()
    assert "passed" in line
