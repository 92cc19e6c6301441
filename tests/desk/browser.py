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

from playwright.sync_api import Browser, Page, sync_playwright

from tests.desk.place import Place
from tests.services import LOOPBACK, START_SECONDS, free_port

CHROMIUM = shutil.which("chromium")
PASSWORD = "correct horse battery"
PEOPLE = f"""
from desk.access import Role
from desk.people import add
for role in Role:
    add(role.value, role, {PASSWORD!r}, who="test")
"""
"""Makes one person of each role."""
AXE = Path(__file__).parent / "vendor" / "axe.min.js"


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
        self.table = f'[desk]\nurl = "{self.url}"\nport = {port}\n'
        self.configure(self.table)
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

    def people(self) -> None:
        """Make one person of each role, called like it, with the password `PASSWORD`."""
        self.run(PEOPLE, "desk.settings")

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


def sign_in(page: Page, desk: Desk, login: str = "lead") -> None:
    """Sign in as one of the desk's people; the queue stands on the page."""
    page.goto(f"{desk.url}/login")
    page.locator("#id_username").fill(login)
    page.locator("#id_password").fill(PASSWORD)
    page.locator("main button").click()
    page.wait_for_url(f"{desk.url}/")


class Watched:
    """What goes wrong in a page: errors on its console, requests that leave the desk."""

    def __init__(self, page: Page, desk: Desk) -> None:
        self.errors: list[str] = []
        self.strangers: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda said: self._heard(said.type, said.text))
        page.on("request", lambda asked: self._asked(asked.url, desk.url))

    def _heard(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.errors.append(text)

    def _asked(self, url: str, ours: str) -> None:
        if not url.startswith((f"{ours}/", "data:")):
            self.strangers.append(url)


def violations(page: Page) -> list[str]:
    """What axe-core finds serious or critical on a page, with the places."""
    # Evaluated through the debugger, the page's own policy on scripts does not apply.
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run()")["violations"]
    return [
        f"{one['id']}: {[node['html'][:120] for node in one['nodes']]}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]
