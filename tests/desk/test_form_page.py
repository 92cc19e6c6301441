"""The public form and the administration in a real browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.desk.browser import CHROMIUM, Desk, Watched, chromium, sign_in, violations

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no chromium is installed: `make services` installs it"
)

FILL = """
from casebook import moves
from casebook.events import Event
from desk.access import Role, Scope
moves.add_token("crm", Role.AGENT, list(Scope), "test")
row = moves.add_webhook("https://crm.example/" + 120 * "hook", list(Event), "test")
moves.try_webhook(row.pk, "test")
"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A served desk with the form, one person of each role, a key and a webhook."""
    found = Desk(tmp_path_factory.mktemp("desk"))
    found.configure(f"{found.table}[form]\nenabled = true\n")
    found.run(FILL)
    found.people()
    with found.serving():
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.mark.timeout(180)
def test_a_customer_writes_without_scripts_on_a_telephone(desk: Desk, browser: Browser) -> None:
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, java_script_enabled=False, locale="ja"
    )
    page = context.new_page()
    watched = Watched(page, desk)
    page.goto(f"{desk.url}/form")
    page.get_by_label("お名前").fill("山田 花子")
    page.get_by_label("メールアドレス").fill("hanako@example.jp")
    page.get_by_label("お困りのこと・ご意見").fill("届いた皿が割れていました。")
    page.get_by_role("button", name="送信する").click()
    # Nobody writes that fast: it is asked for once more, and nothing has to be typed again.
    assert "まだ送信されていません" in page.get_by_role("alert").inner_text()
    assert page.get_by_label("お名前").input_value() == "山田 花子"
    page.wait_for_timeout(3500)
    page.get_by_role("button", name="送信する").click()
    page.wait_for_url(f"{desk.url}/form/*")
    assert page.get_by_role("heading", level=1).inner_text() == "お問い合わせを受け付けました"
    number = page.locator(".told strong").inner_text()
    desk.run(f"from casebook import models as m; m.Message.objects.get(receipt={number!r})")
    assert (watched.strangers, context.cookies()) == ([], [])


@pytest.mark.timeout(180)
@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_the_pages_meet_the_guidelines_and_fit(
    desk: Desk, browser: Browser, width: int, scheme: str
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme=scheme,  # type: ignore[arg-type]
    )
    page = context.new_page()
    watched = Watched(page, desk)
    page.goto(f"{desk.url}/form?lang=en")
    assert violations(page) == []
    sign_in(page, desk, "admin")
    for path in ("/people", "/people/keys", "/people/webhooks", "/api/docs"):
        page.goto(f"{desk.url}{path}")
        assert page.evaluate("document.documentElement.scrollWidth") == width, path
        assert violations(page) == [], path
    assert (watched.errors, watched.strangers) == ([], [])
