"""The desk in a real browser: signing in, the queue, a case; nothing fails, nothing leaves."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.desk.browser import CHROMIUM, Desk, Watched, chromium, sign_in, violations

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no chromium is installed: `make services` installs it"
)

BOARDS = ("promises", "incidents", "sources", "load", "quality")
FILL = """
from casebook import models as m
from tests.desk.waiting import waiting
cases = {draft.case.display_name: draft.case for draft in waiting()}
m.SimilarLink.objects.create(
    case=cases['高橋 由美'], similar=cases['佐々木'], rank=1, score=0.9
)
"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A served desk with fifteen drafts and one person of each role."""
    found = Desk(tmp_path_factory.mktemp("desk"))
    found.run(FILL)
    found.people()
    with found.serving():
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


def _page(browser: Browser, width: int = 1440, scheme: str = "light") -> Page:
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme=scheme,  # type: ignore[arg-type]
    )
    return context.new_page()


@pytest.mark.timeout(180)
def test_a_person_signs_in_and_walks_to_a_case_by_keyboard(desk: Desk, browser: Browser) -> None:
    page = _page(browser)
    watched = Watched(page, desk)
    sign_in(page, desk)
    assert page.locator(".row").count() == 15
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    page.wait_for_url("**/cases/*")
    assert "化粧水" in page.get_by_role("heading", level=1).inner_text()
    page.keyboard.press("u")
    page.wait_for_url(f"{desk.url}/")
    page.keyboard.press("?")
    assert page.get_by_role("dialog").is_visible()
    page.keyboard.press("Escape")
    page.get_by_label("Severity").select_option("0")
    page.wait_for_url("**/?*severity=0*")
    assert page.locator(".row").count() == 2
    assert (watched.errors, watched.strangers) == ([], [])
    assert desk.log() == ""


@pytest.mark.timeout(240)
def test_a_person_searches_by_keyboard_and_opens_a_case(desk: Desk, browser: Browser) -> None:
    page = _page(browser)
    watched = Watched(page, desk)
    sign_in(page, desk)
    page.keyboard.press("g")
    page.keyboard.press("s")
    page.wait_for_url("**/search")
    page.keyboard.type("高橋 由美")
    page.keyboard.press("Enter")
    # The models may still be loading; the page asks again by itself.
    page.locator(".found").first.wait_for(timeout=120_000)
    assert "q=" in page.url
    page.locator("h1").click()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/cases/*")
    assert "お皿が割れていました" in page.get_by_role("heading", level=1).inner_text()
    assert (watched.errors, watched.strangers) == ([], [])


@pytest.mark.timeout(240)
def test_a_person_searches_and_opens_a_similar_case(desk: Desk, browser: Browser) -> None:
    page = _page(browser)
    watched = Watched(page, desk)
    sign_in(page, desk)
    page.goto(f"{desk.url}/search")
    page.keyboard.type("高橋 由美")
    page.keyboard.press("Enter")
    page.locator(".found .row-link").first.wait_for(timeout=120_000)
    page.locator(".found .row-link").first.click()
    page.wait_for_url("**/cases/*")
    receipt = page.locator(".toolbar .receipt").inner_text()
    past = page.locator("section[aria-labelledby=similar] .cards a").first
    assert "二重に請求されています" in past.inner_text()
    past.click()
    page.wait_for_url(lambda url: "/cases/" in url and receipt not in url)
    assert "二重に請求されています" in page.get_by_role("heading", level=1).inner_text()
    # A case to which nothing similar was found is a starting point, too.
    page.locator("section[aria-labelledby=similar] a[href*='like=']").click()
    page.wait_for_url("**/search?like=*")
    page.go_back()
    page.go_back()
    page.wait_for_url(f"**/cases/{receipt}")
    assert (watched.errors, watched.strangers) == ([], [])


@pytest.mark.timeout(180)
@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_pages_meet_the_guidelines_and_fit(
    desk: Desk, browser: Browser, width: int, scheme: str
) -> None:
    page = _page(browser, width, scheme)
    watched = Watched(page, desk)
    page.goto(f"{desk.url}/login")
    assert violations(page) == []
    sign_in(page, desk)
    cases = [link.get_attribute("href") for link in page.locator(".row-link").all()]
    boards = (f"/boards?board={name}" for name in BOARDS)
    mine = ("/account", "/account/second-factor", "/account/password")
    for path in ("/", *cases, "/search", "/search?channel=email", *boards, *mine):
        page.goto(f"{desk.url}{path}")
        assert page.evaluate("document.documentElement.scrollWidth") == width, path
        if path not in cases[1:6]:
            assert violations(page) == [], path
    assert (watched.errors, watched.strangers) == ([], [])
