"""Every page of the desk meets the guidelines (WCAG) and fits its screen, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.desk.browser import CHROMIUM, PASSWORD, Desk, Watched, chromium, sign_in, violations

pytestmark = [
    pytest.mark.skipif(
        CHROMIUM is None, reason="no chromium is installed: `make services` installs it"
    ),
    pytest.mark.timeout(400),
]

FILL = """
from pathlib import Path
from casebook import models as m
from casebook.links import survey_link
from tests.desk.spoken import ENGLISH, JAPANESE, spoken
Path("paths").write_text(" ".join([
    *(f"/drafts/{draft.pk}" for draft in spoken(JAPANESE)),
    *(f"/cases/{case.receipt}" for case in m.Case.objects.filter(merged_into=None)[:4]),
    *(f"/boards/incidents/{event.pk}" for event in m.Incident.objects.all()),
    "/s/" + survey_link(m.Survey.objects.get().pk).rpartition("/s/")[2],
]))
"""
SECOND_FACTOR = """
from django.contrib.auth.models import User
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice
agent = User.objects.get(username="agent")
TOTPDevice.objects.create(user=agent, name="desk", confirmed=True)
device, _ = StaticDevice.objects.get_or_create(user=agent, name="desk")
for code in ("aaaa2222", "bbbb3333"):
    device.token_set.create(token=code)
"""
OPEN = (
    "/login",
    "/login?refused",
    "/form?lang=ja",
    "/form?lang=en",
    "/s/no-link",
    "/form/no-stamp",
)
PAGES = (
    "/", "/?tab=approved", "/?tab=trouble", "/?severity=0&kind=auto", "/mine", "/search", "/search?q=皿",
    "/search?channel=email", "/account", "/account/password", "/account/second-factor", "/people",
    "/people/keys", "/people/webhooks", "/api/docs", "/nowhere", "/cases/M-000000",
    *(f"/boards?board={name}" for name in ("promises", "incidents", "sources", "load", "quality")),
)  # fmt: skip
LOOKS = [(1440, "light", "ja"), (390, "dark", "en")]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A served desk on which everything has happened once."""
    found = Desk(tmp_path_factory.mktemp("desk"))
    found.configure(f"{found.table}[form]\nenabled = true\n")
    found.run(FILL)
    found.people()
    found.run(SECOND_FACTOR, "desk.settings")
    with found.serving():
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


def _page(browser: Browser, desk: Desk, width: int, scheme: str, language: str) -> Page:
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme=scheme,  # type: ignore[arg-type]
    )
    context.add_cookies([{"name": "desk_language", "value": language, "url": desk.url}])
    return context.new_page()


def _sound(page: Page, width: int) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") == width, page.url
    assert violations(page) == [], page.url


@pytest.mark.parametrize(("width", "scheme", "language"), LOOKS)
def test_every_page_meets_the_guidelines_and_fits(
    desk: Desk, browser: Browser, width: int, scheme: str, language: str
) -> None:
    page = _page(browser, desk, width, scheme, language)
    watched = Watched(page, desk)
    told = (desk.root / "paths").read_text().split()
    for path in (*OPEN, told[-1]):
        page.goto(f"{desk.url}{path}")
        _sound(page, width)
    sign_in(page, desk, "admin")
    for path in (*PAGES, *told):
        page.goto(f"{desk.url}{path}")
        _sound(page, width)
    assert watched.strangers == []
    # A page that is not there is one of the pages.
    assert [one for one in watched.errors if "404" not in one] == []


@pytest.mark.parametrize(("width", "scheme", "language"), LOOKS)
def test_so_do_the_second_factor_and_what_is_forbidden(
    desk: Desk, browser: Browser, width: int, scheme: str, language: str
) -> None:
    page = _page(browser, desk, width, scheme, language)
    page.goto(f"{desk.url}/login?next=/account")
    page.locator("#id_username").fill("agent")
    page.locator("#id_password").fill(PASSWORD)
    page.locator("main button").click()
    page.wait_for_url("**/verify?*")
    _sound(page, width)
    page.locator("#id_code").fill({"ja": "aaaa-2222", "en": "bbbb-3333"}[language])
    page.locator("main .primary").click()
    page.wait_for_url("**/account")
    _sound(page, width)
    page.locator("[data-opens='codes']").click()
    _sound(page, width)
    page.locator("#codes [name=proof]").fill(PASSWORD)
    page.locator("#codes form[action] button").click()
    page.wait_for_url("**/codes")
    assert page.locator(".codes code").count() == 10
    _sound(page, width)
    desk.run(SECOND_FACTOR, "desk.settings")
    page.goto(f"{desk.url}/people")
    _sound(page, width)


def test_cards_of_a_list_are_as_wide_as_it(desk: Desk, browser: Browser) -> None:
    page = _page(browser, desk, 390, "light", "en")
    sign_in(page, desk)
    for path in ("/", "/search?channel=email", "/boards?board=incidents", "/boards"):
        page.goto(f"{desk.url}{path}")
        narrow = "[...document.querySelectorAll('.row .row-text, .row .found-passage')]"
        widths = page.evaluate(f"{narrow}.map(one => one.getBoundingClientRect().width)")
        assert widths == [] or min(widths) > 250, path


def test_the_columns_of_the_promises_stand_below_each_other(desk: Desk, browser: Browser) -> None:
    page = _page(browser, desk, 1440, "light", "en")
    sign_in(page, desk)
    page.goto(f"{desk.url}/boards")
    for column in ("severity", "customer", "text", "kind"):
        places = page.evaluate(
            f"[...document.querySelectorAll('.promise-row .row-{column}')]"
            ".map(one => one.getBoundingClientRect().left)"
        )
        assert len(set(places)) == 1, column
