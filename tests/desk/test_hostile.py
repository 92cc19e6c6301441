"""Customers' texts never steer the terminal of who reads them."""

from __future__ import annotations

import json
import re
import unicodedata
from base64 import b64encode
from email.message import EmailMessage

import pytest

from desk.words import as_json, lines, plain
from tests.desk.place import Place

MARKUP = ":boom: [/b] [link=https://evil.example]click[/link] "
STEERING = "\x1b]0;owned\x07 \x1b[2J \x9b31m \u202egnp.exe \u2066x \u2028 \u200b \r\n \t"
HOSTILE = f"{MARKUP}{STEERING}"
LONG = "長" * 5000
STYLE = re.compile(r"\x1b\[[0-9;]*m")


def harmless(screen: str) -> bool:
    """Styles alone, which Rich itself writes, may remain of what steers a terminal."""
    return all(
        character == "\n" or unicodedata.category(character) not in ("Cc", "Cf", "Zl", "Zp")
        for character in STYLE.sub("", screen)
    )


@pytest.fixture
def place(place: Place) -> Place:
    # Rich then writes as if into a terminal, links included.
    place.secrets["FORCE_COLOR"] = "1"
    return place


def encoded(text: str) -> str:
    """`text` as an encoded-word (RFC 2047), which brings line breaks and controls into a header."""
    return f"=?utf-8?b?{b64encode(text.encode()).decode()}?="


def mail(place: Place, subject: str, extra: str = "") -> str:
    content = EmailMessage()
    content.set_content(f"It arrived broken, replace it. {HOSTILE}\n\n{MARKUP}")
    content.add_attachment(b"x", maintype="image", subtype="png", filename=f"[/b]\u202e{'x' * 90}")
    headers = (
        f"From: {encoded(HOSTILE + LONG[:300])} <mori@example.net>\nTo: support@example.jp\n"
        f"Subject: {encoded(subject)}\n{extra}"
    )
    path = place.root / "hostile.eml"
    path.write_bytes(headers.encode() + content.as_bytes())
    return str(path)


def test_no_screen_obeys_a_customer(place: Place) -> None:
    past = {"id": "1", "author": HOSTILE, "subject": HOSTILE + LONG, "text": "It arrived broken",
            "reply": HOSTILE, "resolution": HOSTILE + LONG, "arrived": "2026-01-05T09:00:00+09:00",
            "replied": "2026-01-05T10:00:00+09:00"}  # fmt: skip
    (place.root / "past.jsonl").write_text(json.dumps(past) + "\n")
    assert "1 past cases" in place.type("import", "past.jsonl").stdout
    path = mail(place, HOSTILE + LONG)
    parsed = [place.type("parse", path), place.type("parse", path, "--json")]
    place.type("import", path)
    mail(place, f"Absent {HOSTILE}", "Auto-Submitted: auto-replied\n")
    place.type("import", path)
    assert "1 drafts queued" in place.type("intake").stdout
    answers = place.type("queue", "--json")
    receipt = json.loads(answers.stdout)["receipt"]
    screens = [
        *parsed,
        answers,
        table := place.type("queue"),
        place.type("queue", receipt),
        place.type("queue", receipt, "--json"),
        place.type("messages"),
        place.type("messages", "--json"),
        place.type("similar", f"It arrived broken {HOSTILE}"),
        place.type("similar", "It arrived broken", "--json"),
    ]
    for screen in screens:
        assert (screen.returncode, screen.stderr) == (0, ""), screen.args
        assert harmless(screen.stdout), screen.args
        assert "[/b]" in STYLE.sub("", screen.stdout), screen.args
        assert ":boom:" in STYLE.sub("", screen.stdout), screen.args
    assert json.loads(answers.stdout)["subject"].startswith(MARKUP)
    (row,) = [line for line in table.stdout.splitlines() if receipt in line]
    assert "[/b]" in row


@pytest.mark.parametrize("text", [HOSTILE, LONG, HOSTILE + "\n" + LONG, "\ud800", ""])
def test_words_lose_what_steers_and_keep_the_rest(text: str) -> None:
    assert harmless(plain(text, 40))
    assert "\n" not in plain(text, 40)
    assert len(plain(text, 40)) <= 40
    assert harmless(lines(text))
    assert harmless(as_json(text))
    assert json.loads(as_json(text)) == text
    assert plain("苦情 ✉️ が〜①") == "苦情 ✉️ が〜①"
