"""Pictures of the desk's pages for the documentation, on the demonstration's samples.

`python -m tests.desk.screenshots [PAGE …]` takes them in both languages and schemes, on a desk and
on a telephone, into `docs/screenshots/` as `PAGE-WIDTH-LANGUAGE-SCHEME.png`.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from itertools import product
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.desk.browser import Desk, chromium, sign_in
from tests.desk.place import ROOT, SAMPLES

FOLDER = ROOT / "docs" / "screenshots"
WIDTHS = {1440: 900, 390: 844}
"""Width and height of the screens, in CSS pixels."""

PAGES = {
    "login": "/login",
    "queue": "/",
    "case": "/cases/{receipt}",
    "editor": "{editor}",
    "search": "/search?q=カードに二重に請求されました",
    "boards": "/boards",
    "account": "/account",
}
"""The pages by name; `{receipt}` is the first case of the queue, `{editor}` the address of its
draft."""

WORK = """
from datetime import timedelta
from casebook import models as m
from casebook import moves
from casebook.clock import now
from casebook.errors import IllegalMove
waiting = m.Draft.objects.filter(state="pending", due__isnull=False).order_by("-pk")
hours = iter((-1, 0.3, 1.5, 3, 6, 9, 14, 20))
for draft in waiting[:12]:
    try:
        moves.approve(draft.pk, "approver")
    except IllegalMove:
        continue
    moves.assign(draft.case_id, ("approver", "agent", "lead", "")[draft.pk % 4], "lead")
    made = now() - timedelta(hours=4)
    draft.promises.update(due=now() + timedelta(hours=next(hours, 26)), made_at=made)
    for week in range(1, 9):
        for nth in range(4 + (draft.pk + week) % 3):
            at = now() - timedelta(days=7 * week, hours=nth)
            kept = (draft.pk + week + nth) % 11 != 0
            m.Promise.objects.create(
                case=draft.case, draft=draft, about="answer", due=at, settled_at=at,
                made_at=at - timedelta(hours=5), state="kept" if kept else "broken",
                reason="" if kept else "not_approved",
            )
"""
"""Some days of work, which the boards tell of."""


def main(names: list[str]) -> None:
    """Serve the demonstration's record and take each picture."""
    with tempfile.TemporaryDirectory() as folder:
        desk = Desk(Path(folder))
        _fill(desk)
        desk.people()
        desk.run(WORK, "desk.settings")
        FOLDER.mkdir(parents=True, exist_ok=True)
        with desk.serving(), chromium() as browser:
            first = _first(desk, browser)
            for name in names or PAGES:
                for look in product(("ja", "en"), ("light", "dark"), WIDTHS):
                    _take(desk, browser, name, PAGES[name].format(**first), *look)


def _fill(desk: Desk) -> None:
    """The past cases and the sample mails, taken in as real ones are."""
    desk.configure(
        f'{desk.table}[form]\nenabled = true\n[[sources]]\nname = "samples"\ntype = "files"\n'
        f'path = "{SAMPLES / "inbox"}"\nown = ["support@example.jp"]\n'
    )
    for words in (
        ("import", str(SAMPLES / "past" / "cases.jsonl"), "--system", "demo"),
        ("intake",),
    ):
        done = desk.type(*words)
        assert done.returncode == 0, done.stderr


def _first(desk: Desk, browser: Browser) -> dict[str, str]:
    """What stands first in the queue, as `PAGES` names it."""
    page = browser.new_page()
    sign_in(page, desk)
    found = page.locator(".row-link").first.get_attribute("href") or ""
    editor = page.locator(".row").first.get_attribute("data-editor") or ""
    page.close()
    return {"receipt": found.rpartition("/")[2], "editor": editor}


def _take(
    desk: Desk, browser: Browser, name: str, path: str, language: str, scheme: str, width: int
) -> None:
    size = {"width": width, "height": WIDTHS[width]}
    context = browser.new_context(viewport=size, color_scheme=scheme)  # type: ignore[arg-type]
    context.add_cookies([{"name": "desk_language", "value": language, "url": desk.url}])
    page = context.new_page()
    if name != "login":
        sign_in(page, desk)
    page.goto(f"{desk.url}{path}")
    if name == "search":
        # The models may still be loading; the page asks again by itself.
        page.locator(".found").first.wait_for(timeout=120_000)
    _keep(page, FOLDER / f"{name}-{width}-{language}-{scheme}.png")
    context.close()


def _keep(page: Page, file: Path) -> None:
    page.screenshot(path=file)
    # A palette is enough for a page of text.
    if (quantizer := shutil.which("pngquant")) is not None:
        subprocess.run([quantizer, "--strip", "--force", "--output", file, "64", file], check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
