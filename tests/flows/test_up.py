"""`madoguchi up`: what stands in prefect.yaml really runs, minute by minute."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.services import free_port

ROOT = Path(__file__).parents[2]
_SECONDS = 200


@pytest.mark.timeout(400)
def test_a_mail_is_answered_by_a_scheduled_run(tmp_path: Path) -> None:
    (tmp_path / "drop").mkdir()
    shutil.copy(ROOT / "samples" / "inbox" / "01-late-delivery.eml", tmp_path / "drop")
    (tmp_path / "madoguchi.toml").write_text(
        f'[prefect]\napi_url = "http://127.0.0.1:{free_port()}/api"\n'
        f"[desk]\nport = {free_port()}\n"
        '[[sources]]\nname = "drop"\ntype = "files"\npath = "drop"\n'
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PREFECT_LOGGING_LEVEL": "INFO"}
    environment.pop("MADOGUCHI_CONFIG")
    environment.pop("PREFECT_HOME")
    log = tmp_path / "up.log"
    with log.open("w") as out:
        up = subprocess.Popen(
            [sys.executable, "-m", "desk", "up"],
            cwd=tmp_path, env=environment, stdout=out, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        drafts = _until_drafted(tmp_path, environment, up)
    finally:
        up.send_signal(signal.SIGTERM)
        code = up.wait(timeout=60)
    assert len(drafts) == 1, log.read_text()[-3000:]
    assert code == 0
    assert "コーヒーメーカー" not in log.read_text()


def _until_drafted(
    place: Path, environment: dict[str, str], up: subprocess.Popen[bytes]
) -> list[str]:
    end = time.monotonic() + _SECONDS
    drafts: list[str] = []
    while not drafts and time.monotonic() < end and up.poll() is None:
        time.sleep(3)
        done = subprocess.run(
            [sys.executable, "-m", "desk", "queue", "--json"],
            cwd=place, env=environment, capture_output=True, text=True, check=True,
        )  # fmt: skip
        drafts = [json.loads(line)["receipt"] for line in done.stdout.splitlines()]
    return drafts
