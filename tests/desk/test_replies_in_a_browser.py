"""The queue and the editor in a real browser, by the keyboard: decided, edited, undone, by two."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.desk.browser import CHROMIUM, Desk, Watched, chromium, sign_in, violations

pytestmark = [
    pytest.mark.skipif(
        CHROMIUM is None, reason="no chromium is installed: `make services` installs it"
    ),
    pytest.mark.timeout(240),
]

FILL = """
from pathlib import Path
from casebook import models as m
from casebook import moves
from tests.desk.ready import ready
drafts = ready({number}, public={public})
m.Case.objects.filter(drafts__in=drafts).update(owner={owner!r})
Path({file!r}).write_text(" ".join(str(draft.pk) for draft in drafts))
"""
FAULT = "当社の過失です。"
_files = count()


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A served desk with one person of each role."""
    found = Desk(tmp_path_factory.mktemp("desk"))
    found.people()
    with found.serving():
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


def _filled(desk: Desk, number: int = 1, *, public: bool = False, owner: str = "") -> list[str]:
    """The keys of so many new drafts whose cases have this owner."""
    file = f"drafts{next(_files)}"
    desk.run(FILL.format(number=number, public=public, owner=owner, file=file))
    return (desk.root / file).read_text().split()


def _page(browser: Browser, desk: Desk, login: str, width: int = 1440) -> Page:
    context = browser.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    sign_in(page, desk, login)
    return page


def test_ten_drafts_are_worked_through_by_the_keyboard_alone(desk: Desk, browser: Browser) -> None:
    _filled(desk, 10, owner="approver")
    page = _page(browser, desk, "approver")
    watched = Watched(page, desk)
    page.goto(f"{desk.url}/?owner=me")
    assert page.locator(".row").count() == 10
    page.keyboard.press("j")
    page.keyboard.press("a")
    page.wait_for_url("**/drafts/*")
    for place in range(10):
        box = page.get_by_role("dialog")
        if place:
            expect(page.locator(".place")).to_have_text(f"1 / {10 - place}")
            page.keyboard.press("a")
        expect(box.get_by_role("button", name="Approve")).to_be_focused()
        with page.expect_navigation():
            page.keyboard.press("Enter")
    page.wait_for_url(f"{desk.url}/?*")
    expect(page.locator(".empty")).to_be_visible()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    page.goto(f"{desk.url}/?owner=me&tab=approved")
    assert page.locator(".row").count() == 10
    assert (watched.errors, watched.strangers) == ([], [])


def test_edited_until_the_guard_is_green_approved_and_undone(desk: Desk, browser: Browser) -> None:
    (key,) = _filled(desk)
    page = _page(browser, desk, "approver")
    watched = Watched(page, desk)
    page.goto(f"{desk.url}/drafts/{key}")
    expect(page.locator("[data-green]")).to_be_visible()
    page.keyboard.press("e")
    page.keyboard.type(FAULT)
    expect(page.locator("#check .blocking")).to_contain_text("admits fault")
    expect(page.locator(".shade mark.hard")).to_have_text(FAULT)
    page.keyboard.press("Control+Enter")
    box = page.get_by_role("dialog")
    expect(box).to_contain_text("Rewrite it first")
    assert box.locator("[data-approves]").count() == 0
    page.keyboard.press("Escape")
    page.locator("#check [data-jump]").first.click()
    page.keyboard.press("Delete")
    expect(page.locator("[data-green]")).to_be_visible()
    page.locator("#body").press("Control+Home")
    page.keyboard.type("いつもありがとうございます。")
    expect(page.locator("#preview")).to_contain_text("いつもありがとうございます。")
    expect(page.locator("#confirm")).to_contain_text("rewritten")
    page.keyboard.press("Control+Enter")
    expect(box.get_by_role("button", name="Approve")).to_be_focused()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.locator("[data-left]")).to_be_visible()
    with page.expect_navigation():
        page.keyboard.press("z")
    page.wait_for_url(f"**/drafts/{key}*")
    expect(page.locator("#body")).to_have_value("いつもありがとうございます。" + _machine(page))
    expect(page.locator(".case-head")).to_contain_text("pending")
    assert (watched.errors, watched.strangers) == ([], [])


def _machine(page: Page) -> str:
    """What the machine wrote, from the versions."""
    page.locator("#changes > summary").click()
    kept = "[...one.childNodes].filter(n => n.nodeName !== 'INS').map(n => n.textContent).join('')"
    return str(page.locator("#difference .text").first.evaluate(f"one => {kept}"))


def test_a_draft_is_rejected_with_a_reason_from_the_queue(desk: Desk, browser: Browser) -> None:
    _filled(desk, 2, owner="lead")
    page = _page(browser, desk, "lead")
    page.goto(f"{desk.url}/?owner=me")
    page.keyboard.press("j")
    page.keyboard.press("r")
    expect(page.locator("#why")).to_be_focused()
    page.keyboard.type("Solved by telephone")
    page.keyboard.press("Tab")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.locator(".notice")).to_contain_text("Rejected.")
    page.keyboard.press("u")
    page.wait_for_url("**/?*owner=me*")
    assert page.locator(".row").count() == 1


def test_two_people_on_one_draft_see_each_other_and_lose_nothing(
    desk: Desk, browser: Browser
) -> None:
    (key,) = _filled(desk)
    aki, mori = _page(browser, desk, "agent"), _page(browser, desk, "approver")
    with aki.expect_response("**/reading"):
        aki.goto(f"{desk.url}/drafts/{key}")
    mori.goto(f"{desk.url}/drafts/{key}")
    expect(mori.locator("#presence")).to_contain_text("agent has this case open")
    for page, word in ((aki, "Aki。"), (mori, "Mori。")):
        page.keyboard.press("e")
        page.keyboard.type(word)
        with page.expect_navigation():
            page.keyboard.press("Control+s")
    expect(aki.locator(".banner").last).to_contain_text("Saved.")
    expect(mori.locator(".banner.crisis")).to_contain_text("agent saved version 2 before you")
    assert mori.locator("#body").input_value().startswith("Mori。")
    with mori.expect_navigation():
        mori.keyboard.press("Control+s")
    expect(mori.get_by_text("Saved.")).to_be_visible()
    aki.goto(f"{desk.url}/account")
    for _ in range(20):
        mori.goto(f"{desk.url}/drafts/{key}")
        if "agent" not in mori.locator("#presence").inner_text():
            break
        mori.wait_for_timeout(250)
    expect(mori.locator("#presence")).not_to_contain_text("agent")


def test_what_comes_in_is_announced_and_moves_nothing(desk: Desk, browser: Browser) -> None:
    first, _second = _filled(desk, 2, owner="admin")
    page = _page(browser, desk, "admin")
    watched = Watched(page, desk)
    page.goto(f"{desk.url}/?owner=me")
    page.keyboard.press("j")
    before = page.locator(".row").first.bounding_box()
    _filled(desk, 3, owner="admin")
    desk.run(f"from casebook import moves; moves.reject({first}, 'aki', 'done')")
    expect(page.locator(".news-link")).to_contain_text("3 new", timeout=20_000)
    expect(page.locator(f"#d{first}")).to_have_class("row calm gone")
    assert page.locator(".row").first.bounding_box() == before
    assert page.locator(".row").count() == 2
    assert page.title().startswith("(3) ")
    page.keyboard.press(".")
    page.wait_for_load_state()
    expect(page.locator(".row")).to_have_count(4)
    assert (watched.errors, watched.strangers) == ([], [])


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_the_pages_meet_the_guidelines_and_fit(
    desk: Desk, browser: Browser, width: int, scheme: str
) -> None:
    (key,) = _filled(desk, public=True)
    context = browser.new_context(
        viewport={"width": width, "height": 844},
        color_scheme=scheme,  # type: ignore[arg-type]
    )
    page = context.new_page()
    sign_in(page, desk)
    for path in (f"/drafts/{key}", "/?tab=approved", "/?tab=snoozed"):
        page.goto(f"{desk.url}{path}")
        assert page.evaluate("document.documentElement.scrollWidth") == width, path
        assert violations(page) == [], path
    page.goto(f"{desk.url}/drafts/{key}")
    page.locator("#body").press_sequentially(FAULT)
    expect(page.locator("#check .blocking").first).to_be_visible()
    page.locator("#changes > summary").click()
    assert violations(page) == []
    page.locator('[data-opens="approve-box"]').click()
    expect(page.locator("#override")).to_be_visible()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
