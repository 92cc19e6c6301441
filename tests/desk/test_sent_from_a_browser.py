"""A reply from the editor to the customer's mailbox: edited until the guard is green, approved, taken
back, approved again and sent to a real mail server."""

from __future__ import annotations

import email
import email.policy
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.desk.browser import CHROMIUM, Desk, Watched, chromium, sign_in
from tests.sending_tables import smtp_tables
from tests.smtp_server import SmtpServer

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no chromium is installed: `make services` installs it"
)

FILL = """
from pathlib import Path
from tests.desk.ready import ready
Path("draft").write_text(str(ready()[0].pk))
"""
FAULT = "当社の過失です。"
THANKS = "いつもありがとうございます。"


def _desk(root: Path, server: SmtpServer) -> Desk:
    desk = Desk(root)
    desk.configure(f"{desk.table}{smtp_tables(server)}")
    desk.secrets |= {"BOX_PASSWORD": "none", "SMTP_PASSWORD": server.password}
    desk.run(FILL)
    desk.people()
    return desk


def _approve(page: Page) -> None:
    page.keyboard.press("Control+Enter")
    approve = page.get_by_role("dialog").get_by_role("button", name="Approve")
    expect(approve).to_be_focused()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.locator("[data-left]")).to_be_visible()


@pytest.mark.timeout(300)
def test_a_reply_is_edited_approved_undone_and_sent(tmp_path: Path) -> None:
    with SmtpServer() as server, chromium() as browser:
        desk = _desk(tmp_path, server)
        with desk.serving():
            page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
            watched = Watched(page, desk)
            sign_in(page, desk, "approver")
            address = f"{desk.url}/drafts/{(tmp_path / 'draft').read_text()}"
            page.goto(address)
            page.keyboard.press("e")
            page.keyboard.type(FAULT)
            expect(page.locator("#check .blocking")).to_contain_text("admits fault")
            page.locator("#check [data-jump]").first.click()
            page.keyboard.type(THANKS)
            expect(page.locator("[data-green]")).to_be_visible()
            expect(page.locator("#confirm")).to_contain_text("rewritten")
            _approve(page)
            # For half a minute it may be taken back, and nothing leaves.
            assert desk.type("send").returncode == 0
            assert server.mails == []
            with page.expect_navigation():
                page.keyboard.press("z")
            expect(page.locator(".case-head")).to_contain_text("pending")
            _approve(page)
            (tmp_path / "pack.toml").write_text(
                'extends = "default"\n[sending]\nundo_seconds = 0\n', encoding="utf-8"
            )
            sent = desk.type("send")
            assert sent.returncode == 0, sent.stderr
            (mail,) = server.mails
            told = email.message_from_bytes(mail.content, policy=email.policy.default)
            body = told.get_body(("plain",))
            assert body is not None
            assert body.get_content().startswith(THANKS)
            assert FAULT not in body.get_content()
            page.goto(address)
            expect(page.locator(".case-head")).to_contain_text("sent")
            page.get_by_role("link", name="Case", exact=True).click()
            expect(page.locator(".message.ours")).to_contain_text(THANKS)
            assert (watched.errors, watched.strangers) == ([], [])
