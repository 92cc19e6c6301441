"""A desk that really serves its pages, and the Chromium that looks at them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.services import LOOPBACK, START_SECONDS, free_port

ROOT = Path(__file__).parents[1]
CHROMIUM = shutil.which("chromium")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, headless, for the block."""
    with sync_playwright() as playwright:
        # Its sandbox needs another user than root, as whom the suite runs.
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


class Desk:
    """An installation of its own in `place`, with `madoguchi desk` serving at `url`."""

    def __init__(self, place: Path, policy: str = "") -> None:
        self._place, port = place, free_port()
        self.url = f"http://{LOOPBACK}:{port}"
        (place / "pack.toml").write_text(f'extends = "default"\n{policy}', encoding="utf-8")
        (place / "madoguchi.toml").write_text(
            f'policy = "pack.toml"\n[desk]\nurl = "{self.url}"\nport = {port}\n', encoding="utf-8"
        )
        self._environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        self._environment["MADOGUCHI_CONFIG"] = str(place / "madoguchi.toml")
        self._environment.pop("DATABASE_URL", None)

    def run(self, code: str) -> str:
        """What Python code prints that runs beside the desk's record."""
        lines = f"from casebook.start import start; start()\n{code}"
        return self._python("-c", lines)

    def command(self, *words: str) -> str:
        """What a command of `madoguchi` prints."""
        return self._python("-m", "desk", *words)

    def _python(self, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, *words], cwd=self._place, env=self._environment,
            capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Serve the pages for the block."""
        with (self._place / "desk.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "desk", "desk"],
                cwd=self._place, env=self._environment, stdout=log, stderr=log,
            )  # fmt: skip
            try:
                self._until_healthy(process)
                yield
            finally:
                process.terminate()
                process.wait(START_SECONDS)

    def log(self) -> str:
        """What the serving process wrote."""
        return (self._place / "desk.log").read_text(encoding="utf-8")

    def _until_healthy(self, process: subprocess.Popen[bytes]) -> None:
        end = time.monotonic() + 6 * START_SECONDS
        while time.monotonic() < end and process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.url}/healthz", timeout=1):
                    return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError(f"the desk does not start:\n{self.log()}")
