"""What people type on promises: reply, approve with further times, sent, assign, promises."""

from __future__ import annotations

import json
import shlex
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from casebook.policy import load_policy
from responders.due import say_due
from tests.desk.place import Place

POLICY = load_policy("default")


SEED = """
from datetime import UTC, datetime
from casebook import moves
from casebook.models import Message
from casebook.types import Channel, Conduct, Kind, Relation, RelationKind, Reply, Triage, Visibility
from tests.casebook.test_moves import inbound, received, related
(key,) = received(inbound())
related(key)
case = Message.objects.get(pk=key).case_id
triage = Triage(Kind.COMPLAINT, 1, Conduct.ORDINARY, "ja")
due = datetime(2096, 11, 20, 3, tzinfo=UTC)
reply = Reply(Channel.EMAIL, Visibility.PRIVATE, "ja", "Re: x", "2096年11月20日（火）12時までにご連絡します。", due)
moves.answer([moves.Answered(case, {key: triage}, reply=reply)])
"""


@pytest.fixture
def draft(place: Place) -> dict[str, Any]:
    place.run(SEED)
    return queued(place)


def queued(place: Place) -> dict[str, Any]:
    (line,) = place.type("queue", "--json").stdout.splitlines()
    found: dict[str, Any] = json.loads(line)
    return found


def promises(place: Place) -> list[dict[str, Any]]:
    return [json.loads(line) for line in place.type("promises", "--json").stdout.splitlines()]


def later(days: int, hour: int) -> datetime:
    local = datetime.now(POLICY.zone) + timedelta(days=days)
    return local.replace(hour=hour, minute=0, second=0, microsecond=0)


def test_from_the_first_reply_to_the_answer(place: Place, draft: dict[str, Any]) -> None:
    receipt = draft["receipt"]
    assert place.type("promises").stdout.strip() == "There are no promises."
    assert place.type("sent", receipt).returncode == 2
    assert place.type("approve", receipt).returncode == 0
    done = place.type("sent", receipt)
    assert (done.returncode, done.stdout.strip()) == (0, f"Recorded as sent: {receipt}")
    again = place.type("sent", receipt)
    assert (again.returncode, len(again.stderr.splitlines())) == (2, 1)

    assert place.type("assign", receipt, "aki").returncode == 0
    (promise,) = promises(place)
    assert (promise["receipt"], promise["about"], promise["state"]) == (receipt, "answer", "open")
    assert (promise["owner"], promise["due"]) == ("aki", draft["due"])
    assert 0 <= promise["used"] <= 1
    shown = place.type("promises").stdout
    assert receipt in shown
    assert "aki" in shown
    watched = place.type("promises", "--watch", "--json")
    assert json.loads(watched.stdout)["open"] == 1

    written = place.type(
        "reply", receipt, text="ご注文の商品は、昨日発送されたことを確認いたしました。\n"
    )
    assert (written.returncode, written.stderr) == (0, "")
    answer = queued(place)
    assert (answer["purpose"], answer["state"]) == ("reply", "pending")
    assert answer["reply_subject"].endswith(f"[{receipt}]")
    assert "answer" in place.type("queue").stdout
    place.type("approve", receipt)
    place.type("sent", receipt)
    assert promises(place) == []


def test_the_times_of_a_text_are_proposed_and_confirmed(
    place: Place, draft: dict[str, Any]
) -> None:
    report, due = later(20, 18), later(30, 15)
    said, soon = (say_due(POLICY, time, "ja") for time in (due, report))
    body = f"お待たせし、申し訳ございません。{soon}に途中経過を、{said}に結果をご連絡いたします。\n"
    done = place.type("edit", draft["receipt"], "--due", f"{due:%Y-%m-%d %H:%M}", text=body)
    assert done.returncode == 0
    told, command = done.stderr.splitlines()
    assert soon in told
    line = command.partition(": ")[2]
    assert line == (f'madoguchi approve {draft["receipt"]} --progress "{report:%Y-%m-%d %H:%M}"')
    assert place.type(*shlex.split(line)[1:]).returncode == 0
    found = {(one["about"], one["due"]) for one in promises(place)}
    assert found == {
        ("progress", report.astimezone(UTC).isoformat()),
        ("answer", due.astimezone(UTC).isoformat()),
    }


def test_an_answer_that_names_another_time_is_proposed_by_also(
    place: Place, draft: dict[str, Any]
) -> None:
    time = later(20, 18)
    body = f"{say_due(POLICY, time, 'ja')}にご回答いたします。\n"
    done = place.type("reply", draft["receipt"], text=body)
    assert f'--also "{time:%Y-%m-%d %H:%M}"' in done.stderr
    several = place.type("approve", draft["receipt"])
    assert several.returncode == 2
    assert "--purpose: first_reply, reply" in several.stderr
    assert place.type("approve", draft["receipt"], "--purpose", "reply").returncode == 0


def test_what_cannot_be(place: Place, draft: dict[str, Any]) -> None:
    receipt = draft["receipt"]
    for words, text in (
        (("reply", receipt), ""),
        (("reply", receipt, "--purpose", "delay"), "x"),
        (("reply", receipt, "--due", "2020-01-06 10:00"), "x"),
        (("approve", receipt, "--also", "2020-01-06 10:00"), ""),
        (("assign", receipt, " "), ""),
        (("assign", receipt, "a\x1bb"), ""),
        (("assign", "M-000000", "aki"), ""),
    ):
        done = place.type(*words, text=text)
        assert done.returncode == 2, words
        assert "Traceback" not in done.stderr
    slot = place.type("reply", receipt, text="{{ name }} 様\n")
    assert "unfilled_slot" in slot.stderr
    assert place.type("approve", receipt, "--purpose", "reply").returncode == 1


def test_another_reply_takes_the_place_of_the_waiting_one(
    place: Place, draft: dict[str, Any]
) -> None:
    for text in ("一つ目です。", "二つ目です。"):
        place.type("reply", draft["receipt"], "--purpose", "progress", text=text)
    lines = place.type("queue", "--json").stdout.splitlines()
    waiting = [one for one in map(json.loads, lines) if one["purpose"] == "progress"]
    assert [one["reply"] for one in waiting] == ["二つ目です。"]
