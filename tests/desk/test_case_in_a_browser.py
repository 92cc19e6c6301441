"""A case worked through in a real browser: read, corrected, noted, given, ended, merged, split."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.desk.browser import CHROMIUM, Desk, Watched, chromium, sign_in, violations
from tests.desk.waiting import ABUSE

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no chromium is installed: `make services` installs it"
)

FILL = """
from casebook import models as m
from casebook.clock import now
from tests.casebook.test_merging import followed, opened
from tests.desk.waiting import waiting
waiting()
m.Message.objects.filter(display_name='匿名').update(text='ばか野郎、死ね。\\n-- \\n匿名より')
case = opened(subject='分ける件', display_name='分ける人', sent_at=now())
followed(case)
opened(subject='まとめる件', display_name='まとめる人', author='d@example.net')
open('receipts', 'w').write(' '.join(
    m.Case.objects.get(subject=name).receipt for name in ('分ける件', 'まとめる件')
))
"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    found = Desk(tmp_path_factory.mktemp("desk"))
    found.run(FILL)
    found.people()
    with found.serving():
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    yield context.new_page()
    context.close()


def _opened(page: Page, desk: Desk, words: str, login: str = "lead") -> None:
    sign_in(page, desk, login)
    page.locator(".row-link", has_text=words).first.click()
    page.wait_for_url("**/cases/*")


def _deed(page: Page, name: str, text: str = "") -> None:
    """Unfold a form, fill it in, and send it."""
    deed = page.locator(".deed").filter(has=page.locator("summary", has_text=name)).first
    deed.locator("summary").click()
    if text:
        deed.locator("textarea, input[name=text]").fill(text)
    deed.locator("button").click()
    page.wait_for_load_state()


@pytest.mark.timeout(180)
def test_originals_and_masks(desk: Desk, page: Page) -> None:
    watched = Watched(page, desk)
    _opened(page, desk, "おまえ")
    assert ABUSE not in page.content()
    page.keyboard.press("o")
    original = page.locator(".original .text").first
    expect(original).to_be_visible()
    assert "匿名より" in original.inner_text()
    cleaned = page.locator(".message-body > .text").first
    assert cleaned.bounding_box()["y"] - original.bounding_box()["y"] < 40  # type: ignore[index]
    page.keyboard.press("o")
    expect(original).to_be_hidden()
    page.get_by_role("button", name="Show what is masked").click()
    expect(page.locator("main")).to_contain_text(ABUSE)
    page.goto(page.url.removesuffix("/unmasked"))
    assert ABUSE not in page.content()
    expect(page.locator("#history + ol")).to_contain_text("looked at it unmasked")
    assert (watched.errors, watched.strangers) == ([], [])


@pytest.mark.timeout(180)
def test_labels_notes_and_owners(desk: Desk, page: Page) -> None:
    watched = Watched(page, desk)
    _opened(page, desk, "お皿が割れていました")
    page.keyboard.press("t")
    expect(page.locator("#owner")).to_have_value("lead")
    page.keyboard.press("n")
    page.keyboard.type("@approver please call back")
    page.get_by_role("button", name="Add note").click()
    expect(page.locator(".called")).to_have_text("@approver")
    page.get_by_label("Owner").select_option("agent")
    page.get_by_role("button", name="Change").click()
    expect(page.locator("#owner")).to_have_value("agent")
    page.get_by_role("link", name="Correct the labels").click()
    page.get_by_label("Kind", exact=True).select_option("request")
    page.get_by_role("button", name="Keep the correction").click()
    page.wait_for_url(re.compile(r"/cases/[^/]*$"))
    expect(page.locator(".case-head")).to_contain_text("request")
    expect(page.locator("#history + ol")).to_contain_text("Kind complaint → request")
    receipt = page.locator(".toolbar .receipt").inner_text()
    page.get_by_role("button", name="Sign out").click()
    sign_in(page, desk, "approver")
    page.keyboard.press("g")
    page.keyboard.press("m")
    page.wait_for_url("**/mine")
    assert violations(page) == []
    page.locator(".row-link", has_text=receipt).click()
    page.wait_for_url(f"**/cases/{receipt}#n*")
    assert (watched.errors, watched.strangers) == ([], [])


@pytest.mark.timeout(180)
def test_a_case_is_ended_and_comes_back(desk: Desk, page: Page) -> None:
    _opened(page, desk, "営業時間の表示")
    _deed(page, "Resolve", "掲載しました")
    expect(page.locator(".case-head")).to_contain_text("resolved")
    expect(page.locator(".facts").first).to_contain_text("掲載しました")
    _deed(page, "Reopen", "まだ載っていない")
    expect(page.locator(".case-head")).to_contain_text("reopened")
    _deed(page, "Confirm our fault", "掲載漏れ")
    expect(page.locator(".case-head")).to_contain_text("At fault")


@pytest.mark.timeout(180)
def test_cases_are_merged_and_messages_split_off(desk: Desk, page: Page) -> None:
    watched = Watched(page, desk)
    case, other = (desk.root / "receipts").read_text().split()
    sign_in(page, desk)
    page.goto(f"{desk.url}/cases/{case}")
    page.get_by_text("Merge by number").click()
    page.get_by_label("Receipt number to merge into this case").fill(other)
    page.get_by_role("button", name="Merge", exact=True).last.click()
    expect(page.locator("#notices")).to_contain_text(f"{other} is part of this case now")
    assert page.locator(".message").count() == 3
    page.goto(f"{desk.url}/cases/{other}")
    assert page.url == f"{desk.url}/cases/{case}"
    last = page.locator(".message").last
    text = last.inner_text()
    last.get_by_text("Split off").first.click()
    last.get_by_role("button", name="Split off").click()
    expect(page.locator("#notices")).to_contain_text("a case of its own")
    assert page.locator(".message").count() == 2
    assert text not in page.locator(".messages").inner_text()
    assert (watched.errors, watched.strangers) == ([], [])


@pytest.mark.timeout(180)
@pytest.mark.parametrize(
    ("width", "scheme", "language"), [(390, "dark", "ja"), (1440, "dark", "en")]
)
def test_a_telephone_the_dark_and_both_languages(
    desk: Desk, browser: Browser, width: int, scheme: str, language: str
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 844},
        color_scheme=scheme,  # type: ignore[arg-type]
    )
    context.add_cookies([{"name": "desk_language", "value": language, "url": desk.url}])
    page = context.new_page()
    _opened(page, desk, "化粧水")
    for deed in page.locator(".deed > summary").all():
        deed.click()
        assert page.evaluate("document.documentElement.scrollWidth") == width
    assert violations(page) == []
    told = {"ja": "社内メモ", "en": "Internal notes"}[language]
    expect(page.locator("#notes")).to_contain_text(told)
    page.goto(page.url + "/history")
    assert violations(page) == []
    page.go_back()
    page.locator("a[href*='/messages/']").first.click()
    page.wait_for_url("**/messages/*")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
    context.close()
