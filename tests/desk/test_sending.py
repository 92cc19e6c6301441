"""Sending as people type it: look, stop, go on, take back, and settle what is in doubt."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.desk.place import Place
from tests.sending_tables import smtp_tables
from tests.smtp_server import Fault, SmtpServer

NOW = "[sending]\ninterrupted_seconds = 1\n"
MADE = (
    "from tests.flows.outbox import approved; import sys;"
    "print(approved(body='お調べいたします。').case.receipt)"
)


@pytest.fixture
def mail(place: Place) -> Iterator[SmtpServer]:
    place.secrets = {"SMTP_PASSWORD": SmtpServer.password, "BOX_PASSWORD": "x"}
    place.secrets["MADOGUCHI_POLICY"] = "now.toml"
    (place.root / "now.toml").write_text('extends = "default"\n[sending]\nundo_seconds = 0\n')
    with SmtpServer() as server:
        place.configure(NOW + smtp_tables(server))
        place.run(MADE)
        yield server


def listed(place: Place) -> list[dict[str, Any]]:
    return [json.loads(line) for line in place.type("send", "--list", "--json").stdout.splitlines()]


def test_pause_look_and_go_on(place: Place, mail: SmtpServer) -> None:
    assert place.type("send", "--pause").returncode == 0
    stopped = place.type("send", "--json")
    assert json.loads(stopped.stdout)["sent"] == 0
    shown = place.type("send", "--list").stdout
    assert "All sending is paused" in shown
    assert "approved" in shown
    assert "is paused" in place.type("check").stdout
    dry = place.type("send", "--dry-run", "out")
    assert "Wrote 1 replies to out; nothing was sent." in dry.stdout
    assert len(list((place.root / "out").iterdir())) == 1
    assert place.type("send", "--resume").returncode == 0
    gone = place.type("send", "--once")
    assert gone.stdout.startswith("send: 1 sent, 0 failed")
    assert len(mail.mails) == 1
    assert listed(place) == []


def test_an_account_is_paused_by_itself(place: Place, mail: SmtpServer) -> None:
    assert place.type("send", "--pause", "--account", "nobody").returncode == 2
    assert place.type("send", "--pause", "--account", "desk").returncode == 0
    assert place.type("send", "--json").returncode == 0
    assert mail.mails == []
    assert "desk is paused" in place.type("send", "--list").stdout
    place.type("send", "--resume", "--account", "desk")
    place.type("send")
    assert len(mail.mails) == 1


def test_an_approval_is_taken_back(place: Place, mail: SmtpServer) -> None:
    (row,) = listed(place)
    back = place.type("approve", row["receipt"], "--undo")
    assert back.stdout.strip() == f"Taken back: {row['receipt']}"
    place.type("send")
    assert mail.mails == []
    assert json.loads(place.type("queue", "--json").stdout)["state"] == "pending"


ANSWERED = """
from casebook import models as m
from flows import steps
from tests.flows.outbox import came, received
draft, ours = m.Draft.objects.get(), m.Message.objects.get(direction="out")
assert draft.external_id == ours.message_id == f"{draft.identity}@example.jp"
answer = came(identity="answer", author="c@example.net", in_reply_to=ours.message_id)
(key,) = received("box", answer)
steps.relate_batch([key])
assert m.Message.objects.get(pk=key).case == draft.case
"""


def test_the_answer_to_what_a_person_saw_arrive_finds_its_case(
    place: Place, mail: SmtpServer
) -> None:
    mail.faults["taken"] = Fault.DROP
    place.type("send")
    (row,) = listed(place)
    assert place.type("check-sent", row["receipt"], "--sent").returncode == 0
    place.run(f"exec({ANSWERED!r})")


@pytest.mark.parametrize(("answer", "mails"), [("--sent", 1), ("--not-sent", 2)])
def test_a_person_settles_what_is_in_doubt(
    place: Place, mail: SmtpServer, answer: str, mails: int
) -> None:
    mail.faults["taken"] = Fault.DROP
    place.type("send")
    mail.faults.clear()
    (row,) = listed(place)
    assert row["state"] == "needs_check"
    assert row["why"]
    assert place.type("check-sent", row["receipt"]).returncode == 2
    done = place.type("check-sent", row["receipt"], answer)
    assert done.returncode == 0
    assert place.type("check-sent", row["receipt"], answer).returncode == 2
    place.type("send")
    assert len(mail.mails) == mails
    assert listed(place) == []


def test_what_failed_is_sent_after_all(place: Place, mail: SmtpServer) -> None:
    mail.faults["rcpt"] = "550 5.1.1 No such user"
    place.type("send")
    (row,) = listed(place)
    assert row["state"] == "failed"
    assert "failed: 1 (madoguchi send --list)" in place.type("check").stdout
    mail.faults.clear()
    assert place.type("send", "--again", row["receipt"]).returncode == 0
    place.type("send")
    assert len(mail.mails) == 1


def test_what_failed_for_one_reason_is_sent_after_all(place: Place, mail: SmtpServer) -> None:
    place.run(
        MADE.replace("approved(", "approved(found=came(identity='second'), ").replace(
            "import approved", "import approved, came"
        )
    )
    mail.faults["rcpt"] = "550 5.1.1 No such user"
    place.type("send")
    mail.faults.clear()
    codes = {row["code"] for row in listed(place)}
    assert len(codes) == 1
    wrong = place.type("send", "--again", "M-7F3K2X")
    assert wrong.returncode == 2
    assert "neither a receipt number nor the code" in wrong.stderr
    done = place.type("send", "--again", *codes)
    assert done.stdout.strip() == f"Sent again: 2 ({codes.pop()})"
    place.type("send")
    assert len(mail.mails) == 2


def test_options_that_contradict_each_other(place: Place) -> None:
    assert place.type("send", "--pause", "--resume").returncode == 2
    assert place.type("send", "--account", "x").returncode == 2
