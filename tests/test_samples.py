"""The samples are what `samples/README.md` says: readable, complete and in order."""

from __future__ import annotations

import json
from datetime import datetime
from email import message_from_bytes
from email.message import Message
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest

SAMPLES = Path(__file__).parent.parent / "samples"
INBOX = sorted((SAMPLES / "inbox").glob("*.eml"))
STRINGS = {
    *("id", "channel", "author", "display_name", "arrived", "subject", "text", "reply"),
    *("replied", "resolved", "resolution", "status", "language"),
}
JAPANESE_FROM = 0.05  # Share of kana; low, because one sample consists largely of HTML tags.


def _load(path: Path) -> Message[str, str]:
    return message_from_bytes(path.read_bytes())


def _sample(number: int) -> Path:
    return INBOX[number - 1]


def _text(message: Message[str, str]) -> str:
    part = next(part for part in message.walk() if part.get_content_maintype() == "text")
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    # The codecs that Python calls shift_jis and iso2022_jp lack characters that mailers do send.
    wider = {"shift_jis": "cp932", "iso-2022-jp": "iso2022_jp_ext", None: "iso2022_jp_ext"}
    charset = part.get_content_charset()
    return payload.decode(wider.get(charset) or charset or "ascii")


def _language(text: str) -> str:
    kana = sum("\u3041" <= c <= "\u30ff" or "\uff66" <= c <= "\uff9f" for c in text)
    return "ja" if kana / len(text) > JAPANESE_FROM else "en"


def _past() -> list[dict[str, Any]]:
    lines = (SAMPLES / "past" / "cases.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


@pytest.mark.parametrize("path", INBOX, ids=lambda path: path.stem)
def test_message_is_well_formed(path: Path) -> None:
    raw = path.read_bytes()
    message = _load(path)
    assert b"\r" not in raw
    assert max(map(len, raw.split(b"\n"))) <= 998  # RFC 5322, section 2.1.1
    assert "@" in message["From"]
    assert message["To"] == "support@example.jp"
    assert _text(message).strip()


def test_inbox_counts_and_order() -> None:
    messages = [_load(path) for path in INBOX]
    languages = [_language(_text(message)) for message in messages]
    assert (languages.count("ja"), languages.count("en")) == (28, 12)
    assert [int(path.name[:2]) for path in INBOX] == list(range(1, 41))
    dates = [parsedate_to_datetime(message["Date"]) for message in messages]
    assert dates == sorted(dates)
    ids = [message["Message-ID"] for message in messages if message["Message-ID"]]
    assert len(ids) == len(set(ids)) == 39


@pytest.mark.parametrize(
    ("number", "charset"),
    [(7, "iso-2022-jp"), (16, "shift_jis"), (17, "iso-2022-jp"), (22, None), (40, "utf-8")],
)
def test_declared_charset(number: int, charset: str | None) -> None:
    assert _load(_sample(number)).get_content_charset() == charset


def test_bytes_that_trip_naive_decoders() -> None:
    assert b"\x1b(I" in _sample(22).read_bytes()
    with pytest.raises(UnicodeDecodeError):
        _sample(16).read_bytes().decode("shift_jis")


def test_resends_and_threads() -> None:
    late, again, clinic, forward = (_text(_load(_sample(n))) for n in (1, 12, 13, 31))
    assert again == late
    assert forward.endswith(clinic)
    for earlier, later in ((3, 15), (6, 23)):
        assert _load(_sample(earlier))["Message-ID"] in _load(_sample(later))["References"]


def test_posts() -> None:
    lines = (SAMPLES / "posts.jsonl").read_text(encoding="utf-8").splitlines()
    posts = [json.loads(line) for line in lines]
    assert [post["channel"] for post in posts] == ["x", "x", "x", "google", "dm"]
    assert [_language(post["text"]) for post in posts].count("en") == 1
    assert [post["arrived"] for post in posts] == sorted(post["arrived"] for post in posts)
    assert len({post["id"] for post in posts}) == len(posts)


def test_past_cases() -> None:
    cases = _past()
    assert [case["id"] for case in cases] == [f"P-{n:04d}" for n in range(1, 61)]
    assert all(set(case) == STRINGS | {"tags"} for case in cases)
    assert all(case[key].strip() for case in cases for key in STRINGS)
    assert all({case["channel"], case["status"]} == {"email", "closed"} for case in cases)
    assert [case["language"] for case in cases].count("ja") == 40
    for case in cases:
        arrived, replied, resolved = (
            datetime.fromisoformat(case[key]) for key in ("arrived", "replied", "resolved")
        )
        assert arrived < replied <= resolved, case["id"]
        assert arrived.utcoffset() is not None
        assert _language(case["text"]) == _language(case["reply"]) == case["language"]
