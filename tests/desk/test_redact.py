"""`madoguchi redact`: text or JSON Lines in, placeholders or spans out, without a configuration."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path


def run(folder: Path, text: str, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "desk", "redact", "--patterns", *options],
        input=text,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="surrogateescape",
        cwd=folder,
        env={"PATH": "", "PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONUTF8": "1"},
        check=False,
    )


def test_plain_text_comes_out_with_placeholders(tmp_path: Path) -> None:
    done = run(tmp_path, "電話は０９０－１２３４－５６７８です。\n窓口は0120-000-000です。\n")
    assert done.stdout == "電話は〔電話番号1〕です。\n窓口は0120-000-000です。\n"
    assert (done.returncode, done.stderr) == (0, "")


def test_lines_of_json_tell_what_stands_where(tmp_path: Path) -> None:
    text = "😀メールは taro@example.com"
    done = run(tmp_path, json.dumps({"id": 7, "text": text}) + "\n", "--json")
    spans = [{"start": 6, "end": 22, "type": "email"}]
    assert json.loads(done.stdout) == {"id": 7, "text": text, "spans": spans}


def test_a_bad_line_is_told_without_its_text_and_the_others_go_on(tmp_path: Path) -> None:
    good = json.dumps({"id": "b", "text": "none"})
    done = run(tmp_path, f'{{"id": "a", "txt": "090-1234-5678"}}\nno JSON\n\n{good}\n', "--json")
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == ["b"]
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 2
    assert "090" not in done.stderr
