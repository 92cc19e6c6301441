"""What a person sees who types `madoguchi`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.desk.place import ROOT, SAMPLES, Place
from tests.services import Dovecot


def imap(server: Dovecot, **changes: object) -> str:
    keys: dict[str, object] = {
        "host": "localhost", "port": server.tls_port, "ca_file": str(server.ca_file),
        "username": "checked", **changes,
    }  # fmt: skip
    lines = [f"{key} = {json.dumps(value)}" for key, value in keys.items()]
    secret = 'password = { env = "CHECK_PASSWORD" }'
    return "\n".join(['[[sources]]\nname = "box"\ntype = "imap"', *lines, secret])


def test_check_says_ok_for_what_is_right(place: Place, mail_server: Dovecot) -> None:
    place.configure(imap(mail_server))
    place.secrets["CHECK_PASSWORD"] = mail_server.password
    done = place.type("check")
    assert (done.returncode, done.stderr) == (0, "")
    assert all(line.startswith("OK") for line in done.stdout.splitlines())
    assert "source 'box': imaps://checked@localhost" in done.stdout


@pytest.mark.parametrize(
    ("changes", "password", "said"),
    [
        ({}, "wrong-guess", "password"),
        ({"host": "no-such-host.invalid"}, None, "no-such-host.invalid"),
        ({"ca_file": "other"}, None, "certificate"),
        ({"folders": ["Nowhere"]}, None, "Nowhere"),
        ({"hots": "x"}, None, "unknown key 'hots' (did you mean 'host'?)"),
        ({"tls": "none", "host": "mail.example.jp"}, None, "tls"),
    ],
)
def test_check_says_in_one_line_what_is_wrong(
    place: Place, mail_server: Dovecot, changes: dict[str, object], password: str | None, said: str
) -> None:
    if changes.get("ca_file") == "other":
        changes = {"ca_file": str(mail_server.other_ca_file)}
    place.configure(imap(mail_server, **changes))
    place.secrets["CHECK_PASSWORD"] = password or mail_server.password
    done = place.type("check")
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("WRONG  source 'box': ")
    assert said in line
    assert place.secrets["CHECK_PASSWORD"] not in done.stdout + done.stderr


@pytest.mark.parametrize("command", ["check", "intake", "queue"])
def test_an_unknown_key_is_one_clear_line(place: Place, command: str) -> None:
    place.configure("[intake]\nbacth = 3\n")
    done = place.type(command)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "unknown key 'intake.bacth' (did you mean 'batch'?)" in line
    assert "Traceback" not in done.stdout


def test_import_take_in_approve_and_search(place: Place) -> None:
    done = place.type("import", str(SAMPLES / "past" / "cases.jsonl"))
    assert "Imported 60 past cases" in done.stdout
    assert "60 known already" in place.type("import", str(SAMPLES / "past" / "cases.jsonl")).stdout
    mail = SAMPLES / "inbox" / "01-late-delivery.eml"
    assert "1 new messages" in place.type("import", str(mail)).stdout
    assert "1 drafts queued" in place.type("intake").stdout
    (draft,) = map(json.loads, place.type("queue", "--json").stdout.splitlines())
    assert draft["receipt"] in draft["reply"]
    assert len(draft["similar"]) == 5
    shown = place.type("queue", draft["receipt"]).stdout
    assert draft["reply"].splitlines()[0] in shown
    without = place.type("edit", draft["receipt"], text="了解しました。\n")
    assert "no_due_time" in without.stderr
    assert place.type("approve", draft["receipt"]).returncode == 1
    place.type("edit", draft["receipt"], text=draft["reply"])
    assert place.type("approve", draft["receipt"]).returncode == 0
    assert "no draft of this case waits" in place.type("approve", draft["receipt"]).stderr
    assert place.type("queue", "--json").stdout == ""
    found = place.type("similar", "the kettle burned my hand", "--json").stdout.splitlines()
    assert len(found) == 5


def test_a_draft_can_be_rejected_with_a_reason(place: Place) -> None:
    place.type("import", str(SAMPLES / "inbox" / "01-late-delivery.eml"))
    place.type("intake")
    (draft,) = map(json.loads, place.type("queue", "--json").stdout.splitlines())
    assert place.type("reject", draft["receipt"]).returncode == 2
    assert place.type("reject", draft["receipt"], "--reason", "called back").returncode == 0
    assert place.type("queue", "--json").stdout == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("approve", "M-7F3K2X"), "is no receipt number"),
        (("parse", "no-such.eml"), "No such file"),
        (("import", "no-such"), "no-such"),
        (("import", "x.csv", "--column", "text"), "write KEY=COLUMN"),
        (("bench", "moon"), "unknown"),
        (("no-such-command",), "No such command"),
    ],
)
def test_wrong_use_is_one_clear_line_and_exit_2(
    place: Place, words: tuple[str, ...], said: str
) -> None:
    done = place.type(*words)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_parse_prints_one_object(place: Place) -> None:
    done = place.type("parse", str(SAMPLES / "inbox" / "01-late-delivery.eml"), "--json")
    assert set(json.loads(done.stdout)) == {
        "author", "display_name", "sent_at", "subject", "text", "new_text", "message_id",
        "in_reply_to", "references", "attachments", "flags", "defects",
    }  # fmt: skip
    own = place.type("parse", str(SAMPLES / "inbox" / "01-late-delivery.eml"), "--json", "--own",
                     json.loads(done.stdout)["author"])  # fmt: skip
    assert json.loads(own.stdout)["flags"]["own"] is True


def test_an_idle_intake_loads_neither_torch_nor_prefect(place: Place, tmp_path: Path) -> None:
    (tmp_path / "drop").mkdir()
    place.configure('[[sources]]\nname = "drop"\ntype = "files"\npath = "drop"\n')
    program = (
        "import sys; from flows import terminal; sys.argv = ['', 'intake']; terminal.main();"
        "print(sorted({'torch', 'prefect', 'qdrant_edge', 'qdrant_client', 'tweepy',"
        " 'sentence_transformers', 'sklearn', 'scipy', 'sudachipy', 'spacy'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=place.root, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "MADOGUCHI_CONFIG": "madoguchi.toml"},
        check=True,
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == "[]"


def test_help_speaks_both_languages(place: Place) -> None:
    assert "Run the intake once" in place.type("--help").stdout
    (place.root / "madoguchi.toml").write_text('language = "ja"\n')
    assert "取り込みを一度だけ行います" in place.type("--help").stdout
