"""Who reads is spared the abuse; who decides has the ledger, with the customer's words on demand."""

from __future__ import annotations

import csv
import json
import stat
from email.message import EmailMessage

import pytest

from desk.ledger import cell
from tests.desk.place import Place
from tests.receivers import hook

ABUSE = "死ね"
TEXT = f"{ABUSE}。商品が届きません。至急お調べください。"


def mail(place: Place, number: int, subject: str, text: str, author: str = "kyaku") -> str:
    made = EmailMessage()
    made["From"] = f"客 <{author}@example.net>"
    made["To"] = "support@example.jp"
    made["Message-ID"] = f"<{author}-{number}@example.net>"
    made["Subject"] = subject
    made.set_content(text)
    path = place.root / f"{author}-{number}.eml"
    path.write_bytes(made.as_bytes())
    return str(path)


@pytest.fixture
def abused(place: Place) -> Place:
    place.type("import", mail(place, 1, f"{ABUSE}、この無能", TEXT))
    done = place.type("intake")
    assert done.returncode == 0, done.stderr
    return place


def test_no_screen_shows_abuse_unless_asked(abused: Place) -> None:
    receipt = json.loads(abused.type("queue", "--json").stdout)["receipt"]
    commands = (
        ["queue"], ["queue", "--json"], ["queue", receipt], ["queue", receipt, "--json"],
        ["messages", "--state", "answered"], ["messages", "--state", "answered", "--json"],
        ["ledger"], ["ledger", "kyaku@example.net"],
        ["similar", "商品が届きません", "--all"], ["similar", "商品が届きません", "--all", "--json"],
    )  # fmt: skip
    for words in commands:
        shown = abused.type(*words)
        assert (shown.returncode, shown.stderr) == (0, ""), words
        assert ABUSE not in shown.stdout, words
    assert "〔伏せ字〕" in abused.type("queue").stdout
    for words in (["queue"], ["queue", receipt], ["ledger", "kyaku@example.net"]):
        assert ABUSE in abused.type(*words, "--unmask").stdout, words


def test_the_ledger_is_exported_for_the_legal_department(abused: Place) -> None:
    file = abused.root / "ledger.csv"
    done = abused.type("ledger", "--export", "ledger.csv")
    assert (done.returncode, done.stderr) == (0, "")
    with file.open(encoding="utf-8-sig", newline="") as rows:
        heading, row = csv.reader(rows)
    found = dict(zip(heading, row, strict=True))
    assert found["customer"] == "kyaku@example.net"
    assert found["conduct"] == "harassment"
    assert ABUSE in found["evidence"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    for name in ("ledger.csv", "ledger.txt"):
        again = abused.type("ledger", "--export", name)
        assert (again.returncode, len(again.stderr.splitlines())) == (2, 1)
    (line,) = abused.type("ledger", "--json").stdout.splitlines()
    assert json.loads(line)["evidence"][0]["text"] in TEXT


@pytest.mark.parametrize("start", list("=+-@＝＋－＠\t\r\n"))
def test_no_cell_is_a_formula(start: str) -> None:
    assert cell(f"{start}HYPERLINK(1)").startswith("'")
    assert cell(f" {start}1").startswith("'")
    assert cell("株式会社=1") == "株式会社=1"


def test_the_policys_step_is_proposed_with_its_words(abused: Place) -> None:
    for number in (2, 3):
        text = f"{TEXT}まだ{number}個とも届きません。この無能。"
        abused.type("import", mail(abused, number, f"{ABUSE}、この無能", text))
    abused.type("intake")
    shown = abused.type("ledger", "kyaku@example.net").stdout
    assert "Proposed" in shown
    receipt = json.loads(abused.type("queue", "--json").stdout.splitlines()[0])["receipt"]
    assert "you decide" in abused.type("queue", receipt).stdout
    assert abused.type("ledger", "nobody@example.net").returncode == 2


def test_alerts_are_listed_settled_and_tried(place: Place) -> None:
    with hook() as web:
        place.configure('[[alerts.targets]]\nname = "call"\nurl = { env = "CALL_URL" }\n')
        place.secrets["CALL_URL"] = web.url
        tried = place.type("alerts", "--test")
        assert (tried.returncode, tried.stdout) == (0, "OK     call\n")
        web.silence = 0.05
        burnt = mail(place, 1, "やけど", "ケトルのふたが外れて、手にやけどをしました。")
        place.type("import", burnt)
        assert "→ call: " in place.type("intake").stderr
        (line,) = place.type("alerts", "--json").stdout.splitlines()
        found = json.loads(line)
        assert (found["reason"], found["state"]) == ("crisis", "needs_check")
        key = str(found["key"])
        assert "Alerts that may not have arrived: 1" in place.type("check").stdout
        web.silence = 0
        assert place.type("alerts", "--again", key).returncode == 0
        assert "1 alerts sent" in place.type("intake").stdout
        assert found["receipt"] in place.type("alerts").stdout
        refused = place.type("alerts", "--arrived", key)
        assert (refused.returncode, len(refused.stderr.splitlines())) == (1, 1)
        assert place.type("alerts", "--arrived", "999").returncode == 2
        web.status = 500
        failed = place.type("alerts", "--test")
        assert (failed.returncode, failed.stderr) == (
            1, "FAILED call: the service answered with status 500\n",
        )  # fmt: skip


def test_a_wrong_address_is_told_without_showing_it(place: Place) -> None:
    place.configure('[[alerts.targets]]\nname = "call"\nurl = { env = "CALL_URL" }\n')
    place.secrets["CALL_URL"] = "nowhere://secret-token"
    for words in (["check"], ["alerts", "--test"]):
        done = place.type(*words)
        assert done.returncode in (1, 2)
        assert "call" in done.stderr
        assert "secret-token" not in done.stdout + done.stderr
