"""`madoguchi triage`: text or JSON Lines in, labels out; corrections are kept."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

SUBJECT, TEXT = "ポットの件", "ふたが外れて手にやけどをしました。返金してください。"


def run(folder: Path, text: str, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "desk", "triage", *options],
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


def test_lines_of_json_are_judged_without_a_record(tmp_path: Path) -> None:
    good = _line(id=7, channel="x", language="ja", subject=SUBJECT, text=TEXT, expect={"kind": "?"})
    done = run(tmp_path, f"no JSON\n{good}\n{_line(text='no id')}{_line(id=8)}", "--json")
    (found,) = map(json.loads, done.stdout.splitlines())
    assert (found["id"], found["kind"], found["severity"]) == (7, "complaint", 3)
    assert "injury" in found["crisis"]
    assert "refund" in found["demands"]
    whole = f"{SUBJECT}\n{TEXT}"
    for span in found["evidence"]:
        assert whole[span["start"] : span["end"]] == span["text"]
    assert 0 < found["confidence"]["crisis:injury"] <= 1
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 3
    assert list(tmp_path.iterdir()) == []


def test_plain_text_is_shown_as_a_table(tmp_path: Path) -> None:
    done = run(tmp_path, TEXT)
    assert (done.returncode, done.stderr) == (0, "")
    assert "complaint" in done.stdout
    assert "injury" in done.stdout


def test_corrections_are_kept_and_wrong_ones_told(tmp_path: Path) -> None:
    (tmp_path / "madoguchi.toml").write_text("", encoding="utf-8")
    lines = (
        _line(text=TEXT, expect={"kind": "complaint", "cause": "defect"}),
        _line(text=TEXT, expect={"kind": "nonsense"}),
        _line(case="M-XXXXXX", expect={"kind": "praise"}),
        _line(text=TEXT),
    )
    done = run(tmp_path, "".join(lines), "--correct", "--json", "--who", "desk")
    (kept,) = map(json.loads, done.stdout.splitlines())
    assert kept["expect"] == {"kind": "complaint", "cause": "defect"}
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 3
    assert "やけど" not in done.stderr


def test_correct_and_refit_do_not_go_together(tmp_path: Path) -> None:
    assert run(tmp_path, "", "--correct", "--refit").returncode == 2
