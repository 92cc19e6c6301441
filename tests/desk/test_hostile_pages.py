"""What strangers write to do harm, opened in a real browser: nothing runs, nothing is fetched, and
the page keeps its form."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.desk.browser import CHROMIUM, Desk, Watched, chromium, sign_in
from tests.desk.hostile import EVIL, MESSAGES

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no chromium is installed: `make services` installs it"
)

FILL = """
import json
from datetime import timedelta
from casebook import models as m
from casebook import moves
from casebook.clock import now
from casebook.rows import clean
from casebook.timing import About
from desk.access import Role, Scope
from tests.desk.hostile import MESSAGES, fill
json.dump(fill(), open("receipts", "w"))
drafts = list(m.Draft.objects.select_related("case").order_by("pk"))
json.dump([draft.pk for draft in drafts], open("drafts", "w"))
event = m.Incident.objects.create(first=drafts[0].answers, state="alerted")
m.Case.objects.filter(drafts__in=drafts[::2]).update(incident=event)
for draft, text in zip(drafts, MESSAGES):
    m.Promise.objects.create(
        case=draft.case, draft=draft, about=About.ANSWER, due=now() + timedelta(hours=4), made_at=now()
    )
    m.SavedSearch.objects.create(owner="admin", name=clean(text[:100], 100), query=clean(text[:200]))
for number, draft in enumerate(drafts[1:4], 1):
    m.SimilarLink.objects.create(case=drafts[0].case, similar=draft.case, rank=number, score=0.9)
for number, text in enumerate(MESSAGES):
    moves.add_token(clean(text[:40], 40) + str(number), Role.AGENT, [Scope.SEARCH], "lead")
m.Source.objects.update(error_code="timeout", error=MESSAGES[0], error_since=now(), polled_at=now())
"""
ODD = """[...document.querySelectorAll('main *')].filter(one =>
    [...one.attributes].some(each => /^on|^style$|^srcset$/i.test(each.name)
        || /javascript:|evil\\.example/i.test(each.value)
            && !/^(value|title|aria-label)$/.test(each.name)
            && !/^[/][^/]/.test(each.value))
    || /^(script|img|svg:image|iframe|object|embed|link|meta|base|video|style)$/i.test(one.localName)
).map(one => one.outerHTML.slice(0, 200))"""
"""What stands in the page and is not the desk's own."""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A served desk that took in all of the messages."""
    found = Desk(tmp_path_factory.mktemp("desk"))
    found.run(FILL)
    found.people()
    with found.serving():
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


def test_there_are_forty() -> None:
    assert len(set(MESSAGES)) == len(MESSAGES) >= 40


@pytest.mark.timeout(400)
@pytest.mark.parametrize("width", [1440, 390])
def test_nothing_runs_nothing_leaves_and_the_layout_holds(
    desk: Desk, browser: Browser, width: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    watched = Watched(page, desk)
    sign_in(page, desk)
    receipts = json.loads((desk.root / "receipts").read_text())
    paths = ["/", "/mine", *(f"/cases/{receipt}" for receipt in receipts)]
    for path in paths:
        page.goto(f"{desk.url}{path}")
        _sound(page, width, path)
    letter = page.locator(".message-foot a[href*='/messages/']").first.get_attribute("href")
    for path in (str(letter), f"/cases/{receipts[0]}/history"):
        page.goto(f"{desk.url}{path}")
        _sound(page, width, path)
    assert watched.strangers == []
    assert [error for error in watched.errors if EVIL not in error] == []
    assert watched.errors == []
    assert desk.log() == ""
    context.close()


@pytest.mark.timeout(500)
@pytest.mark.parametrize(("width", "step"), [(1440, 1), (390, 3)])
def test_nor_in_the_editor_the_search_the_boards_and_the_keys(
    desk: Desk, browser: Browser, width: int, step: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    watched = Watched(page, desk)
    sign_in(page, desk, "admin")
    drafts = json.loads((desk.root / "drafts").read_text())
    boards = (f"/boards?board={name}" for name in ("promises", "incidents", "sources", "load"))
    for path in (
        *(f"/drafts/{key}" for key in drafts[::step]), "/search?channel=email", "/search?channel=x",
        *boards, "/boards/incidents/1", "/people", "/people/keys", "/people/webhooks",
    ):  # fmt: skip
        page.goto(f"{desk.url}{path}")
        _sound(page, width, path)
    page.goto(f"{desk.url}/search")
    for text in MESSAGES[::8]:
        page.locator("#q").fill(text[:200])
        page.locator("#q").press("Enter")
        page.wait_for_load_state()
        assert "owned" not in page.title()
        assert page.evaluate(ODD) == []
    # A page that is left breaks off what it was asking; htmx says so.
    errors = [one for one in watched.errors if not one.startswith(("htmx:after", "htmx:sendAbort"))]
    assert (watched.strangers, errors) == ([], [])
    context.close()


def _sound(page: Page, width: int, path: str) -> None:
    assert "owned" not in page.title(), path
    assert page.url.endswith(path)
    assert page.evaluate(ODD) == [], path
    assert page.evaluate("document.documentElement.scrollWidth") == width, path
    assert page.locator("main").is_visible()
