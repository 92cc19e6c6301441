"""`madoguchi estimate` and `eta-backtest`, as they are typed."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests.desk.place import Place
from tests.histories import Truth, history


def _log(path: Path, *, time: str = "%Y-%m-%d %H:%M:%S", cases: int = 1_200) -> None:
    with path.open("w", encoding="cp932", newline="") as handle:
        rows = csv.writer(handle)
        rows.writerow(["受付", "初回返信", "部署", "メモ"])
        for case in history(Truth(cases=cases, drift=1.0)):
            assert case.answered
            rows.writerow(
                [f"{case.arrived:{time}}", f"{case.answered:{time}}", case.department, "=1+1"]
            )
        rows.writerow(["2026-09-30 10:00:00", "", "care", "open"])


COLUMNS = ("--arrived", "受付", "--answered", "初回返信", "--by", "部署")


def test_a_log_is_judged_and_drawn(place: Place) -> None:
    _log(place.root / "log.csv")
    command = ("eta-backtest", "--data", "log.csv", *COLUMNS, "--calendar", "always")
    done = place.type(*command, "--json", "--plot", "curve.svg")
    told = json.loads(done.stdout)
    assert done.returncode == 0, done.stderr
    assert told["n"] == 360
    assert told["unanswered"] == 1
    assert set(told["coverage"]) == {"50", "80", "90", "95"}
    assert told["coverage"]["90"] == pytest.approx(0.9, abs=0.05)
    assert told["pinball_ratio"] < 0.9
    assert set(told["groups"]) == {"care", "quality", "legal"}
    assert told["median_width_minutes"] > 0
    assert told["baselines"]["policy_target"]["pinball_ratio"] > told["pinball_ratio"]
    assert (place.root / "curve.svg").read_text(encoding="utf-8").startswith("<?xml")
    shown = place.type(*command)
    assert "Constant quantile" in shown.stdout
    assert "2026-09" in shown.stdout


def test_dates_whose_order_the_file_tells_are_read(place: Place) -> None:
    _log(place.root / "log.csv", time="%d/%m/%Y %H:%M", cases=200)
    done = place.type("eta-backtest", "--data", "log.csv", *COLUMNS, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["trained"] == 100


def test_bad_rows_are_told_of_and_passed_over(place: Place) -> None:
    _log(place.root / "log.csv", cases=200)
    with (place.root / "log.csv").open("a", encoding="cp932") as handle:
        handle.write("yesterday,later,care,\n2026-10-02 10:00,2026-10-01 10:00,care,\n")
        handle.write("10:30,11:30,care,\n2026-05-10 10:00 XYZ,2026-05-11 10:00,care,\n")
    done = place.type("eta-backtest", "--data", "log.csv", *COLUMNS, "--json")
    assert done.returncode == 0
    assert done.stderr.splitlines() == [
        "madoguchi: line 203: a time that cannot be read",
        "madoguchi: line 204: it was answered before it arrived",
        "madoguchi: line 205: a time without its whole date",
        "madoguchi: line 206: a time that cannot be read",
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--data", "none.csv"), "none.csv: No such file"),
        (("--data", "log.csv"), "there is no column 'arrived'; it has: 受付, 初回返信"),
        (("--data", "log.csv", *COLUMNS), "30 answered cases: a backtest needs 50"),
        (("--calendar", "moon"), "--calendar 'moon'"),
        ((), "no case was answered yet"),
        (("--by", "shoe"), "--by 'shoe'"),
    ],
)
def test_what_cannot_be_judged_is_one_line(place: Place, words: tuple[str, ...], said: str) -> None:
    _log(place.root / "log.csv", cases=30)
    done = place.type("eta-backtest", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_without_history_the_target_is_said_and_called_so(place: Place) -> None:
    told = json.loads(place.type("estimate", "--severity", "3", "--json").stdout)
    assert (told["basis"], told["minutes"], told["cases"]) == ("policy target", 60, 0)
    assert "(policy target)" in place.type("estimate").stdout
    unknown = place.type("estimate", "--department", "shoes")
    assert unknown.returncode == 2
    assert "which has: care, lead" in unknown.stderr


def test_the_record_is_learnt_from(place: Place) -> None:
    with (place.root / "past.csv").open("w", encoding="utf-8", newline="") as handle:
        rows = csv.writer(handle)
        rows.writerow(["id", "received_at", "replied_at", "subject", "body", "reply", "status"])
        for number, case in enumerate(history(Truth(cases=300, drift=1.0))):
            assert case.answered
            told = (f"{case.arrived:%Y-%m-%d %H:%M}", f"{case.answered:%Y-%m-%d %H:%M}")
            rows.writerow(
                [number, *told, "届かない", "商品が届きません。", "承りました。", "closed"]
            )
    assert place.type("import", "past.csv").returncode == 0
    # The policy looks at a year, and some of these came before it.
    fitted = json.loads(place.type("estimate", "--fit", "--json").stdout)
    assert 200 < fitted["cases"] <= 300
    told = json.loads(place.type("estimate", "--json").stdout)
    assert told["level"] == 0.9
    assert told["cases"] >= 50
    assert 0 < told["median"] <= told["minutes"]
    judged = place.type("eta-backtest", "--calendar", "always", "--json")
    assert json.loads(judged.stdout)["n"] == 90
