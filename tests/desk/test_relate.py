"""`madoguchi relate`: scenarios in, relations out, without a record."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from casebook.types import Evidence, Sign
from desk.evidence import _TOLD, told
from desk.scenarios import as_row, parse, related

AT = "2026-11-20T09:00:00+09:00"
TEXT = "注文番号 MD-1000037 の炊飯器がまだ届きません。いつ届くのか教えてください。"


def scenario(*messages: dict[str, Any]) -> str:
    rows = [
        {"key": f"m{place}", "source": "mail", "author": "a@example.jp", "at": AT, "text": TEXT}
        | row
        for place, row in enumerate(messages, start=1)
    ]
    return json.dumps({"id": "s", "messages": rows}, ensure_ascii=False)


def relations(*messages: dict[str, Any]) -> list[tuple[str, str | None]]:
    found = parse(scenario(*messages))
    row = as_row(found, related(found, lambda texts: [b""] * len(texts)))
    return [(each["relation"], each["of"]) for each in row["relations"]]


@pytest.mark.parametrize(
    ("author", "source", "found"),
    [
        ("A <A@Example.jp>", "mail", ("duplicate", "m1")),
        ("a@example.jp", "form", ("duplicate", "m1")),
        ("b@example.jp", "mail", ("new", None)),
        ("@a", "x", ("new", None)),
    ],
)
def test_an_address_is_one_customer_wherever_it_writes(
    author: str, source: str, found: tuple[str, str | None]
) -> None:
    assert relations({}, {"author": author, "source": source})[1] == found


def test_one_name_on_two_channels_is_two_accounts() -> None:
    two = {"author": "@a", "source": "x"}, {"author": "@a", "source": "mastodon"}
    assert relations(*two)[1] == ("new", None)


@pytest.mark.parametrize(
    ("receipt", "text"),
    [
        ("T-4711", "T-4711 の者です。"),
        ("T-4711", "受付番号はｔ４７１１です。"),
        ("受-77", "受ー７７の件、電話をください。"),
        ("CS/2026/0012", "Ref. cs-2026-0012, please call me."),
        (12, "受付番号12の件です。"),
        ("M-7F3K2Q", "M-7F3K2Q の件です。"),
    ],
)
def test_a_receipt_of_any_format_ties_another_account(receipt: object, text: str) -> None:
    second = {"author": "@a", "source": "x", "text": text}
    assert relations({"receipt": receipt}, second)[1] == ("follow-up", "m1")


@pytest.mark.parametrize("text", ["12時に電話をください。", "T-47112 の者です。", "XT-4711"])
def test_what_is_no_receipt(text: str) -> None:
    first = {"receipt": "12"}, {"receipt": "T-4711", "text": "皿が割れました。", "author": "c@x.jp"}
    assert relations(*first, {"author": "@b", "source": "x", "text": text})[2] == ("new", None)


def test_a_quote_is_cut_and_a_forward_is_not() -> None:
    quoted = "よろしくお願いします。\n\n2026年11月20日 9:00 A <a@example.jp>:\n> " + TEXT
    assert relations({}, {"text": quoted, "thread": "m1"})[1] == ("follow-up", "m1")
    forward = (
        "転送します。\n---------- Forwarded message ---------\nFrom: A <a@example.jp>\n"
        f"Date: 2026-11-20\nSubject: x\n\n{TEXT}"
    )
    assert relations({}, {"text": forward, "subject": "Fwd: x"})[1] == ("duplicate", "m1")


def test_a_time_without_a_zone_is_utc() -> None:
    found = parse(scenario({"at": "2026-11-20T09:00:00"}))
    assert found.messages[0].at == datetime(2026, 11, 20, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("line", "told_of"),
    [
        (b"\xff", "not readable as JSON"),
        ("oops", "not readable as JSON"),
        ("[" * 100_000, "not readable as JSON"),
        ("[]", "valid"),
        ('{"id": 1}', "'messages' is missing"),
        (scenario({"at": "someday"}), "messages.0.at"),
        (scenario({}, {"key": "m1"}), "two messages have the same key"),
    ],
)
def test_a_bad_line_is_told_in_one_line_without_its_text(line: str | bytes, told_of: str) -> None:
    with pytest.raises(ValueError, match=re.escape(told_of)) as caught:
        parse(line)

    assert "\n" not in str(caught.value)
    assert "炊飯器" not in str(caught.value)


def test_suggestions_are_told_only_where_there_are_any() -> None:
    found = parse(scenario({}, {"author": "b@example.jp"}))
    rows = as_row(found, related(found, lambda texts: [b""] * len(texts)))["relations"]
    assert "suggestions" not in rows[0]
    assert rows[1]["suggestions"][0]["of"] == "m1"


def test_every_sign_is_told_in_words() -> None:
    assert set(_TOLD) == set(Sign)
    assert all(told([Evidence(sign, "7")])[0] for sign in Sign)
    assert "\x1b" not in told([Evidence(Sign.SAME_NUMBER, "MD\x1b[31m1")])[0]


def test_the_command_goes_on_after_a_bad_line_and_needs_no_configuration(tmp_path: Path) -> None:
    lines = f"oops\n\n{scenario({}, {})}\n"
    done = subprocess.run(
        [sys.executable, "-m", "desk", "relate", "--json"],
        input=lines.encode(), capture_output=True, cwd=tmp_path, check=False,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(Path(__file__).parents[2])},
    )  # fmt: skip
    assert done.returncode == 1
    row = json.loads(done.stdout)
    assert [each["relation"] for each in row["relations"]] == ["new", "duplicate"]
    assert row["relations"][1]["evidence"][0] == "同じお客様"
    assert done.stderr.decode().startswith("madoguchi: 1 行目: ")
    assert list(tmp_path.iterdir()) == []
