"""A customer opens the link and answers, in a real browser against the real desk."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.desk.browser import CHROMIUM, Desk, chromium

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no chromium is installed: `make services` installs it"
)

ASK = "from tests.desk.cases import asked; open('path', 'w').write(asked()[1])"


@pytest.mark.timeout(180)
def test_a_customer_answers_by_keyboard_and_is_thanked(tmp_path: Path) -> None:
    desk = Desk(tmp_path, "[follow_up]\nnps = true\n")
    desk.run(ASK)
    link = f"{desk.url}/s/{(tmp_path / 'path').read_text().rpartition('/s/')[2]}"
    with desk.serving(), chromium() as browser:
        page = browser.new_page(viewport={"width": 390, "height": 844})
        troubles: list[str] = []
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.goto(link)
        assert page.get_attribute("html", "lang") == "ja"
        # Nothing is wider than a telephone's screen.
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        page.get_by_role("button", name="回答を送る").click()
        assert page.get_by_role("alert").inner_text().startswith("恐れ入りますが")
        page.get_by_role("link", name="一つお選びください").click()
        # The choices are one group: from the best one, the arrow leads to the worst.
        page.get_by_role("radio", name="とても満足").focus()
        for _ in range(4):
            page.keyboard.press("ArrowDown")
        assert page.get_by_role("radio", name="とても不満").is_checked()
        page.get_by_role("radio", name="3", exact=True).check()
        page.get_by_label("ご意見・ご感想").fill("まだ届いていません。\n<script>alert(1)</script>")
        page.get_by_role("button", name="回答を送る").click()
        page.wait_for_load_state()
        assert page.get_by_role("heading", level=1).inner_text() == "ご回答ありがとうございました"
        page.reload()
        assert page.get_by_role("heading", level=1).inner_text() == "ご回答ありがとうございました"
        assert troubles == []
    (month,) = json.loads(desk.type("survey", "--json").stdout)["months"]
    assert (month["answered"], month["mean"], month["nps"]) == (1, 1.0, -100)
    desk.run("from casebook import models as m; assert m.Case.objects.get().state == 'reopened'")
    assert desk.log() == ""
