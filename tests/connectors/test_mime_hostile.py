"""Mails made to stop a reader: each is read in bounded time, and what was cut is told."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from connectors import mime_parts
from connectors.mime import parse_mail

HEAD = b"From: a@b.jp\nSubject: s\nMessage-ID: <x@y>\n"
PLAIN = HEAD + b"Content-Type: text/plain; charset=utf-8\n\n"
HTML = HEAD + b"Content-Type: text/html; charset=utf-8\n\n"
MIXED = HEAD + b'Content-Type: multipart/mixed; boundary="B"\n\n'
ISO_2022 = HEAD + b"Content-Type: text/plain; charset=iso-2022-jp\n\n"
BASE64 = HEAD + b"Content-Transfer-Encoding: base64\n\n"

SECONDS = 5.0
"""The bound that is promised for one mail."""


def nest(depth: int) -> bytes:
    level = b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n'
    return HEAD + b"".join(level % (i, i) for i in range(depth)) + b"\n"


def parts(count: int, part: bytes) -> bytes:
    return MIXED + (b"--B\n" + part + b"\n") * count + b"--B--"


def page(element: bytes) -> bytes:
    return HTML + element * (1_000_000 // len(element))


def lines(line: bytes) -> bytes:
    """As many lines as are judged, of the width that is judged."""
    return PLAIN + (line[:399] + b"\n") * 4_000


CASES: dict[str, Callable[[], bytes]] = {
    "100,000 parts": lambda: parts(100_000, b"\nx"),
    "nested 10,000 deep": lambda: nest(10_000) + b"hello",
    "a nest around 30 MB": lambda: nest(40) + b"y\n" * 15_000_000,
    "10,000 mails in each other": lambda: b"Content-Type: message/rfc822\n\n".join([HEAD] * 10_000),
    "lines that look like a boundary": lambda: MIXED + b"--B-\n" * 2_000_000,
    "a 30 MB field": lambda: b"X-A: " + b"a" * 30_000_000 + b"\n" + PLAIN,
    "3 million folds": lambda: b"X-A: x\n" + b" y\n" * 3_000_000 + PLAIN,
    "3 million fields": lambda: b"X-A: b\n" * 3_000_000 + PLAIN,
    "a million addresses": lambda: b"To: " + b"a@b.jp,\n " * 1_000_000 + b"\n" + PLAIN,
    "quotes never closed": lambda: b"To: " + b'"\\' * 16_000 + b"\n" + PLAIN,
    "comments never closed": lambda: b"To: " + b"(\\" * 16_000 + b"\n" + PLAIN,
    "an address without end": lambda: b"From: " + b"a" * 32_000 + b"@\n\n",
    "many encoded words": lambda: b"Subject: " + b"=?utf-8?B?44GC?= " * 20_000 + b"\n" + PLAIN,
    "many parameters": lambda: b"Content-Type: text/plain" + b';a*0*="\\' * 5_000 + b"\n\nhello",
    "lines that are no fields": lambda: b"From: a@b.jp\n" + b"x\n" * 120_000 + b"To: b@c.jp\n\n",
    "a 20 MB line": lambda: PLAIN + b"a" * 20_000_000,
    "20 million empty lines": lambda: PLAIN + b"\n" * 20_000_000,
    "a line of marks": lambda: PLAIN + b">" * 20_000_000,
    "quotes without end": lambda: PLAIN + b"> a\n" * 3_000_000,
    "attributions without verb": lambda: PLAIN + b"On Mon, 5 Oct 2026 at 10:00\n" * 300_000,
    "dates": lambda: PLAIN + (b"2026/10/05 9:12 " * 24 + b"\n") * 10_000,
    "header blocks": lambda: PLAIN + b"To: b\n" * 500_000,
    "signatures": lambda: PLAIN + b"-----\nTEL 03-1234-5678\n" * 200_000,
    "drawn lines": lambda: PLAIN + (b"*" * 399 + b"a\n") * 10_000,
    "device lines": lambda: PLAIN + (b"Sent from " + b"." * 390 + b"\n") * 10_000,
    "disclaimers": lambda: PLAIN + (b"This email confidential " * 15 + b"\n") * 10_000,
    "spaces": lambda: PLAIN + b" " * 20_000_000 + b"x",
    "escapes": lambda: ISO_2022 + b"\x1b$B\x1b(B" * 1_000_000,
    "pairs that are no characters": lambda: ISO_2022 + b"\x1b$B" + b"\x7e\x7e" * 1_500_000,
    "bytes of no charset": lambda: PLAIN + bytes(range(128, 256)) * 50_000,
    "base64 garbage": lambda: BASE64 + b"!@#$=a" * 3_000_000,
    "nested tags": lambda: HTML + b"<div>" * 200_000 + b"deep",
    "a million tags": lambda: HTML + b"<li>x" * 1_000_000,
    "a million breaks": lambda: HTML + b"<br>" * 1_000_000,
    "open tags": lambda: HTML + b"<a b=" * 1_000_000,
    "nested tables": lambda: HTML + b"<table><tr><td>x" * 100_000,
    "styles of zeros": lambda: page(b"<p style='font-size:" + b"0" * 1_500 + b"x'>a</p>"),
    "styles of spaces": lambda: page(b"<p style='opacity:0" + b" " * 1_500 + b"x'>a</p>"),
    "links without words": lambda: page(b'<a href="http://a"></a>'),
    "spaces in addresses": lambda: (b"To: <a@b" + b" " * 32_000 + b"c>\n") * 7 + PLAIN,
    "addresses without end": lambda: (b"To: @" + b"a" * 32_000 + b"\n") * 7 + PLAIN,
    "lines of spaces": lambda: lines(b" " * 398 + b"x"),
    "lines of @": lambda: lines(b"a<" + b"@" * 397),
    "dated lines of @": lambda: lines(b"2026/10/05 <" + b"@" * 380 + b"> x"),
    "dated lines of spaces": lambda: lines(b"2026/10/05 <a@b>" + b" " * 370 + b"x"),
    "dated lines of dashes": lambda: lines(b"2026/10/05 " + b"-" * 370 + b"x wrote"),
    "dated lines of words": lambda: lines(b"On 1 " + b"a" * 380 + b" wrote:"),
    "lines like an original's": lambda: lines(b" " * 200 + b"*" + b" " * 190 + b"x"),
    "lines like a forward's": lambda: lines(b"--fwd" + b"-" * 380 + b"x"),
    "lines like a disclaimer's": lambda: lines(b" " * 200 + b"!" * 190),
    "many pages": lambda: parts(400, b"Content-Type: text/html\n\n" + b"<li>x" * 10_000),
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("case", CASES)
def test_time_is_bounded(case: str) -> None:
    raw = CASES[case]()
    start = time.process_time()
    found = parse_mail(raw)
    assert time.process_time() - start < SECONDS
    assert len(found.text) <= 1_000_000
    assert len(found.attachments) <= mime_parts.MAX_PARTS
    assert not any(defect.startswith("mail: ") for defect in found.defects)


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (parts(600, b"\nx"), "parts: only the first 500 were read"),
        (nest(30), "parts: nested deeper than 20"),
        (b"X-A: b\n" * 60_000 + PLAIN, "header: only the first 262144 bytes were read"),
        (PLAIN + b"a" * 1_000_001, "text: only the first 1000000 characters are kept"),
        (MIXED + b"--B\n\nx\n", "parts: no closing boundary"),
        (MIXED + b"x\n", "parts: boundary missing"),
    ],
)
def test_what_was_cut_is_told(raw: bytes, told: str) -> None:
    assert told in parse_mail(raw).defects


def test_words_behind_tags_nested_too_deep_are_read() -> None:
    assert "the words" in parse_mail(HTML + b"<div>" * 50_000 + b"the words").text
