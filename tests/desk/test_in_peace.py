"""Nothing is lost, nothing jumps and nothing hurries whoever reads or types, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Dialog, expect

from tests.desk.browser import CHROMIUM, Desk, Watched, chromium, sign_in

pytestmark = [
    pytest.mark.skipif(
        CHROMIUM is None, reason="no chromium is installed: `make services` installs it"
    ),
    pytest.mark.timeout(240),
]

FILL = """
from pathlib import Path
from tests.desk.ready import ready
(draft,) = ready()
Path("paths").write_text(f"/cases/{draft.case.receipt} /drafts/{draft.pk}")
"""
SIGN_OUT = "from django.contrib.sessions.models import Session; Session.objects.all().delete()"
WORDS = "折り返しのお電話は午後に希望とのこと。"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A served desk with one draft and one person of each role."""
    found = Desk(tmp_path_factory.mktemp("desk"))
    found.run(FILL)
    found.people()
    with found.serving():
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


def _paths(desk: Desk) -> list[str]:
    return [f"{desk.url}{path}" for path in (desk.root / "paths").read_text().split()]


def test_what_one_writes_outlives_the_session(desk: Desk, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    sign_in(page, desk)
    case, _draft = _paths(desk)
    page.goto(case)
    page.locator("#note-text").fill(WORDS)
    desk.run(SIGN_OUT, "desk.settings")
    with page.expect_response("**/reading"):
        page.evaluate("dispatchEvent(new Event('pageshow'))")
    expect(page.locator(".notice.error")).to_contain_text("You are signed out")
    assert page.url == case
    with context.expect_page() as opened:
        page.get_by_role("link", name="Sign in again").click()
    sign_in(opened.value, desk)
    page.bring_to_front()
    page.evaluate("dispatchEvent(new Event('focus'))")
    expect(page.locator(".notice.success")).to_contain_text("You are signed in again")
    expect(page.locator(".notice.error")).to_have_count(0)
    with page.expect_navigation():
        page.get_by_role("button", name="Add note").click()
    expect(page.locator(".note-body")).to_have_text(WORDS)
    context.close()


def test_nobody_leaves_an_unsent_text_by_a_slip(desk: Desk, browser: Browser) -> None:
    page = browser.new_context().new_page()
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    sign_in(page, desk)
    case, draft = _paths(desk)
    for path, field in ((case, "#note-text"), (draft, "#body")):
        page.goto(path)
        page.locator(field).press_sequentially(WORDS)
        page.get_by_role("link", name="Search", exact=True).click(no_wait_after=True)
        page.wait_for_timeout(300)
        assert page.url == path
        page.locator(field).fill(page.locator(field).evaluate("one => one.defaultValue"))
    assert asked == ["beforeunload"] * 2
    page.close()


def test_single_letters_can_be_switched_off(desk: Desk, browser: Browser) -> None:
    page = browser.new_context().new_page()
    sign_in(page, desk, "agent")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    page.goto(f"{desk.url}/account")
    page.get_by_label("Single-letter shortcuts").select_option("off")
    page.get_by_role("button", name="Save").click()
    page.goto(f"{desk.url}/")
    for key in ("?", "j", "g", "s"):
        page.keyboard.press(key)
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert page.url == f"{desk.url}/"
    page.locator(".row-link").first.focus()
    page.keyboard.press("e")
    assert page.url == f"{desk.url}/"
    expect(page.locator("kbd:visible")).to_have_count(0)
    other = browser.new_context().new_page()
    sign_in(other, desk, "agent")
    other.keyboard.press("?")
    expect(other.get_by_role("dialog")).to_have_count(0)


def test_an_error_stays_until_it_is_closed(desk: Desk, browser: Browser) -> None:
    page = browser.new_context().new_page()
    watched = Watched(page, desk)
    page.clock.install()
    sign_in(page, desk)
    page.evaluate("desk.notice('Saved.'); desk.notice('It failed.', 'error')")
    page.clock.run_for(60_000)
    expect(page.locator(".notice")).to_have_count(1)
    expect(page.locator(".notice")).to_contain_text("It failed.")
    page.locator(".notice").get_by_role("button", name="Close").click()
    expect(page.locator(".notice")).to_have_count(0)
    assert watched.errors == []


@pytest.mark.parametrize("width", [1440, 390])
def test_nothing_moves_when_a_colleague_comes(desk: Desk, browser: Browser, width: int) -> None:
    reader = browser.new_context(viewport={"width": width, "height": 844}).new_page()
    sign_in(reader, desk, "approver")
    other = browser.new_context().new_page()
    sign_in(other, desk, "lead")
    for path, part in zip(_paths(desk), (".case-head", "#editor"), strict=True):
        reader.goto(path)
        before = reader.locator(part).bounding_box()
        with other.expect_response("**/reading"):
            other.goto(path)
        with reader.expect_response("**/reading"):
            reader.evaluate("dispatchEvent(new Event('pageshow'))")
        expect(reader.locator("#presence .pill")).to_be_visible()
        assert reader.locator(part).bounding_box() == before
        assert reader.evaluate("document.documentElement.scrollWidth") == width
        other.goto(f"{desk.url}/account")
        other.wait_for_timeout(500)
