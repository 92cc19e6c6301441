"""The end of a case as people type it."""

from __future__ import annotations

import json
import os
import sqlite3

import pytest

from tests.desk.place import SAMPLES, Place

MAKE = (
    "from tests.desk.cases import *; from casebook import moves; "
    "open('receipt', 'w').write(dealt_with().receipt); "
    "[moves.survey_answered(moves.open_survey(resolved().pk).pk, score, '', likely) "
    "for score, likely in ((5, 10), (4, 8), (1, 0), (5, None))]"
)


def made(place: Place) -> str:
    place.run(MAKE)
    return (place.root / "receipt").read_text()


def test_a_case_is_resolved_and_closed_once(place: Place) -> None:
    receipt = made(place)
    done = place.type("resolve", receipt, text="お電話で\n解決しました\n")
    assert (done.returncode, done.stdout) == (0, f"Resolved: {receipt}\n")
    again = place.type("resolve", receipt, "--resolution", "x")
    assert (again.returncode, again.stderr) == (
        1, f"madoguchi: {receipt}: resolved may not become resolved\n",
    )  # fmt: skip
    assert place.type("close", receipt.lower()).stdout == f"Closed: {receipt}\n"
    assert place.type("close", receipt).returncode == 1
    with sqlite3.connect(place.root / "var" / "madoguchi.sqlite3") as record:
        query = "SELECT state, resolution FROM casebook_case WHERE receipt = ?"
        assert record.execute(query, [receipt]).fetchone() == ("closed", "お電話で\n解決しました")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("resolve", "M-000000", "--resolution", "x"), "is no receipt number"),
        (("resolve", "M-7F3K2Q", "--resolution", "x"), "there is no such case"),
        (("close", "M-7F3K2Q"), "there is no such case"),
    ],
)
def test_what_is_mistyped_is_told_in_one_line(
    place: Place, words: tuple[str, ...], said: str
) -> None:
    done = place.type(*words)
    assert (done.returncode, said in done.stderr, done.stderr.count("\n")) == (2, True, 1)


def test_a_resolution_says_something(place: Place) -> None:
    receipt = made(place)
    done = place.type("resolve", receipt, text=" \n")
    assert (done.returncode, "say how" in done.stderr) == (2, True)


def test_the_survey_is_told_in_figures_without_names(place: Place) -> None:
    assert "No survey" in place.type("survey").stdout
    made(place)
    found = json.loads(place.type("survey", "--json").stdout)
    figures = {"asked": 4, "answered": 4, "mean": 3.75, "satisfied": 0.75, "nps": 0}
    (month,) = found["months"]
    assert month == {"month": month["month"], **figures}
    assert found["total"] == figures
    told = place.type("survey").stdout
    assert ("3.75" in told, "75%" in told, "c@example.net" in told) == (True, True, False)


def test_nothing_to_follow_up_is_said_so(place: Place) -> None:
    done = place.type("followup")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Drafted 0 questions" in done.stdout
    assert json.loads(place.type("followup", "--json").stdout)["closed"] == 0


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("", "OK     desk: no public address"),
        ('url = "https://desk.example.jp"', "OK     desk: https://desk.example.jp"),
        ('url = "http://localhost:8040"', "OK     desk: http://localhost:8040"),
        ('url = "http://desk.example.jp"', "WRONG  desk: http://desk.example.jp: answers would"),
        ('secret_key = { env = "NO_SUCH" }', "WRONG  desk: no secret in the environment"),
        ('url = "desk.example.jp"', "desk.url: String should match"),
        ('url = "https://desk.example.jp/desk"', "desk.url: String should match"),
    ],
)
def test_check_says_whether_the_desk_can_be_reached(place: Place, table: str, said: str) -> None:
    place.configure(f"[desk]\n{table}\n")
    done = place.type("check")
    assert said in done.stdout + done.stderr
    assert not (place.root / "var" / "desk.key").exists()


def test_an_idle_intake_imports_nothing_of_the_web(place: Place) -> None:
    place.secrets["PYTHONPROFILEIMPORTTIME"] = "1"
    done = place.type("intake")
    assert done.returncode == 0
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "flows.pipeline" in loaded
    web = ("csp", "whitenoise", "uvicorn", "desk.survey", "desk.settings", "django.middleware", "casebook.links", "desk.asking",
           "flows.following")  # fmt: skip
    assert [name for name in loaded if name.startswith(web)] == []
    assert os.environ.get("PYTHONPROFILEIMPORTTIME") is None


def test_a_fault_is_confirmed_by_a_command(place: Place) -> None:
    place.type("import", str(SAMPLES / "inbox" / "01-late-delivery.eml"))
    place.type("intake")
    receipt = json.loads(place.type("queue", "--json").stdout)["receipt"]
    body = "申し訳ございません。当社の過失でした。3営業日以内にご連絡いたします。\n"
    for words, told in (
        (("fault", receipt, "--note", "検品漏れ"), f"Fault confirmed: {receipt}"),
        (("fault", receipt, "--not", "--note", "別件"), f"Fault open again: {receipt}"),
    ):
        done = place.type(*words)
        assert (done.returncode, done.stdout.strip()) == (0, told)
        assert place.type(*words).returncode == 1
        edited = place.type("edit", receipt, text=body)
        assert ("admits_fault" in edited.stderr) is ("--not" in words)
    assert place.type("fault", receipt, "--note", " ").returncode == 2
    assert place.type("fault", receipt).returncode == 2
