"""A desk that really serves its pages, and the Chromium that looks at them."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.desk.place import Place
from tests.services import LOOPBACK, START_SECONDS, free_port

CHROMIUM = shutil.which("chromium")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, headless, for the block."""
    with sync_playwright() as playwright:
        # Its sandbox needs another user than root, as whom the suite runs.
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


class Desk(Place):
    """A place whose pages stand at `url` while they are served."""

    def __init__(self, root: Path, policy: str = "") -> None:
        super().__init__(root)
        port = free_port()
        self.url = f"http://{LOOPBACK}:{port}"
        (root / "pack.toml").write_text(f'extends = "default"\n{policy}', encoding="utf-8")
        self.configure(f'[desk]\nurl = "{self.url}"\nport = {port}\n')
        self.secrets["MADOGUCHI_POLICY"] = "pack.toml"

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Serve the pages for the block."""
        with (self.root / "desk.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "desk", "desk"],
                cwd=self.root, env=self.environment(), stdout=log, stderr=log,
            )  # fmt: skip
            try:
                self._until_healthy(process)
                yield
            finally:
                process.terminate()
                process.wait(START_SECONDS)

    def log(self) -> str:
        """What the serving process wrote."""
        return (self.root / "desk.log").read_text(encoding="utf-8")

    def _until_healthy(self, process: subprocess.Popen[bytes]) -> None:
        end = time.monotonic() + 6 * START_SECONDS
        while time.monotonic() < end and process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.url}/healthz", timeout=1):
                    return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError(f"the desk does not start:\n{self.log()}")
