"""`madoguchi draft`: messages in, replies for public and private out, with notes for the approver."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from casebook.receipt import find_receipts, receipt_of

BURNT = "ポットのふたが外れて手にやけどをしました。返金してください。"


def run(folder: Path, text: str, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "desk", "draft", *options],
        input=text,
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=folder,
        env={"PATH": "", "PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONUTF8": "1"},
        check=False,
    )


def _line(**values: object) -> str:
    return json.dumps(values, ensure_ascii=False) + "\n"


def test_lines_of_json_are_answered_without_a_record(tmp_path: Path) -> None:
    lines = (
        _line(
            id=1, channel="email", language="ja", subject="ポット", text=BURNT, display_name="森"
        ),
        _line(id="x", channel="x", language="en", subject="", text="My order never came."),
        _line(id=3, language="fr", subject="Retard", text="Ma commande n'est pas arrivée."),
        _line(text="no id"),
        "no JSON\n",
    )
    done = run(tmp_path, "".join(lines), "--json")
    mail, post, french = map(json.loads, done.stdout.splitlines())
    assert [one["id"] for one in (mail, post, french)] == [1, "x", 3]
    assert mail["public"] is None
    assert mail["private"].startswith("森 様\n")
    assert "医療機関" in mail["private"]
    assert mail["due"].endswith("+00:00")
    assert len(mail["notes"]["checklist"]) >= 3
    assert any("injury" in one for one in mail["notes"]["evidence"])
    assert "https://x.com/messages/compose?recipient_id=" in post["public"]
    assert find_receipts(post["public"]) == find_receipts(post["private"]) == (receipt_of("x"),)
    assert "refund" not in post["public"]
    assert french["private"].startswith("お客様")
    assert any("fr" in flag for flag in french["notes"]["flags"])
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 2
    assert "commande" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_plain_text_is_answered_for_people(tmp_path: Path) -> None:
    done = run(tmp_path, BURNT)
    assert (done.returncode, done.stderr) == (0, "")
    assert "医療機関" in done.stdout
    assert "□" in done.stdout
