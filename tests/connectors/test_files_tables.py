"""Tables: each row is an entry, whatever the program that wrote the file."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casebook.errors import ConfigError
from casebook.types import Channel, Inbound, PastCase, Visibility
from connectors import tables
from connectors.files import Entry, Skipped, read
from connectors.tables_time import parse_time
from connectors.tables_words import COLUMNS

FIXTURES = Path(__file__).parent / "fixtures" / "files"
TOKYO = ZoneInfo("Asia/Tokyo")


def entries(folder: Path, content: bytes | str, name: str = "cases.csv", **how: Any) -> list[Entry]:
    """What `read` gives for a file of this name and content, in Tokyo."""
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(read(path, zone=TOKYO, **how))


def texts(found: Iterable[Entry]) -> list[str]:
    """The text of each message and case, the place of what was skipped."""
    return [
        entry.where
        if isinstance(entry, Skipped)
        else (entry.inbound if isinstance(entry, PastCase) else entry).text
        for entry in found
    ]


def test_spreadsheet_in_shift_jis() -> None:
    past, live, no_order, no_text = read(FIXTURES / "helpdesk.csv", zone=TOKYO)
    assert isinstance(past, PastCase)
    assert past.origin == "helpdesk:K-101"
    assert past.inbound.author == "sato@example.jp"
    assert past.inbound.display_name == "佐藤 ①子"
    assert past.inbound.text.splitlines()[1] == "部品だけの購入は可能ですか。"
    assert past.inbound.sent_at == datetime(2026, 9, 3, 0, 12, tzinfo=UTC)
    assert past.replied_at == datetime(2026, 9, 3, 2, 40, tzinfo=UTC)
    assert past.resolved_at == datetime(2026, 9, 8, 8, tzinfo=UTC)
    assert past.reply.startswith("佐藤様\n")
    assert past.resolution.startswith("パッキン")
    assert past.language == ""
    assert isinstance(live, Inbound)
    assert live.display_name == "菊地 髙志"
    assert live.sent_at == datetime(2026, 10, 1, 6, 5, tzinfo=UTC)
    assert '"8,800円"' in live.text
    assert no_order == Skipped(
        "helpdesk.csv line 6", "column '受信日時': not a date and time that can be read"
    )
    assert no_text == Skipped("helpdesk.csv line 7", "no text: the cell is empty")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "euc_jp", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_encodings_and_delimiters(tmp_path: Path, encoding: str, delimiter: str, end: str) -> None:
    rows = [["番号", "本文"], ["1", '品物が壊れて, いました;\nとても"残念"です|'], ["2", "はい"]]
    written = io.StringIO()
    csv.writer(written, delimiter=delimiter, lineterminator=end).writerows(rows)
    found = entries(tmp_path, written.getvalue().encode(encoding))
    assert texts(found) == [rows[1][1], "はい"]


def test_old_mac_ends_and_named_delimiter(tmp_path: Path) -> None:
    assert texts(entries(tmp_path, "id,text\r1,first\r2,second\r")) == ["first", "second"]
    assert texts(entries(tmp_path, "sep=;\nid;text\n1;a,b,c,d\n")) == ["a,b,c,d"]


def test_a_line_in_another_charset_spoils_no_other(tmp_path: Path) -> None:
    content = "id,本文\n1,届きません\n".encode() + "2,壊れています\n".encode("cp932")
    found = texts(entries(tmp_path, content + "3,遅いです\n".encode()))
    assert found == ["届きません", "壊れています", "遅いです"]


def test_own_names_for_columns(tmp_path: Path) -> None:
    content = "顧客の声,連絡先\n遅い,A <A@Example.JP>\n"
    (found,) = entries(tmp_path, content, columns={"text": "顧客の声", "author": "連絡先"})
    assert isinstance(found, Inbound)
    assert (found.text, found.author, found.display_name) == ("遅い", "a@example.jp", "A")


@pytest.mark.parametrize("name", ["cases.csv", "cases.jsonl"])
def test_column_that_does_not_exist(tmp_path: Path, name: str) -> None:
    content = "id,text\n1,a\n" if name.endswith("csv") else '{"id": 1, "text": "a"}\n'
    with pytest.raises(ConfigError, match=r"no column '本文' among id, text"):
        entries(tmp_path, content, name, columns={"text": "本文"})
    with pytest.raises(ConfigError, match=r"unknown column 'txt': did you mean 'text'"):
        entries(tmp_path, content, name, columns={"txt": "text"})


def test_table_of_something_else(tmp_path: Path) -> None:
    (found,) = entries(tmp_path, "商品,在庫\n鍋,3\n釜,4\n")
    assert isinstance(found, Skipped)
    assert "商品, 在庫" in found.why
    assert "--column text=" in found.why


@pytest.mark.parametrize(
    ("cells", "past"),
    [
        ({}, False),
        ({"reply": "Sorry"}, True),
        ({"reply": "-", "resolution": "n/a"}, False),
        ({"resolution": "refunded"}, True),
        ({"resolution": "called twice", "status": "対応中"}, False),
        ({"status": "Closed"}, True),
        ({"status": "解決済み"}, True),
        ({"status": "未対応"}, False),
        ({"resolved": "2026-10-05"}, True),
        ({"reply": "Sorry", "channel": "telephone"}, True),
    ],
)
def test_what_is_past(tmp_path: Path, cells: dict[str, str], past: bool) -> None:
    (found,) = entries(tmp_path, json.dumps({"text": "a", **cells}), "cases.jsonl")
    assert isinstance(found, PastCase if past else Inbound)


def test_live_row_of_an_unknown_channel_is_not_taken_for_mail(tmp_path: Path) -> None:
    (found,) = entries(tmp_path, "text,channel\na,電話\n")
    assert isinstance(found, Skipped)
    assert "channel" in found.why


@pytest.mark.parametrize("channel", list(Channel))
def test_live_row_of_any_channel_is_as_public_as_it_is_there(
    tmp_path: Path, channel: Channel
) -> None:
    (found,) = entries(tmp_path, f"text,channel,id\na,{channel},7\n")
    assert isinstance(found, Inbound)
    assert (found.channel, found.external_id) == (channel, "7")
    private = channel in (Channel.EMAIL, Channel.DM, Channel.FORM, Channel.WEB)
    assert found.visibility is (Visibility.PRIVATE if private else Visibility.PUBLIC)


def test_one_row_is_one_message_in_any_file(tmp_path: Path) -> None:
    row = "id,text,author,arrived,reply\n7,遅い,a@example.jp,2026-10-05T09:12:00+09:00,はい\n"
    (first,) = entries(tmp_path, row, "march.csv")
    (again,) = entries(tmp_path, row.replace("2026-10-05T09:12:00+09:00", "2026/10/5 9:12"))
    (other,) = entries(tmp_path, row.replace("7,遅い", "8,遅い"))
    assert isinstance(first, PastCase)
    assert isinstance(again, PastCase)
    assert isinstance(other, PastCase)
    assert first.inbound.identity == again.inbound.identity != other.inbound.identity
    assert (first.origin, again.origin, other.origin) == ("march:7", "cases:7", "cases:8")


def test_origin_names_system_folder_or_content(tmp_path: Path) -> None:
    (tmp_path / "2025").mkdir()
    found = entries(tmp_path, "text,reply\na,b\na,b\nc,d\n", "2025/cases.csv", system="zendesk")
    origins = [entry.origin for entry in found if isinstance(entry, PastCase)]
    assert origins[0] == origins[1] != origins[2]
    assert origins[0].startswith("zendesk:")
    entries(tmp_path, "id,text,reply\n" + "9" * 500 + ",a,b\n1,a,b\n", "2025/cases.csv")
    long, short = read(tmp_path)
    assert isinstance(long, PastCase)
    assert isinstance(short, PastCase)
    assert len(long.origin) <= 255
    assert short.origin == "2025/cases:1"


def test_own_address_and_language(tmp_path: Path) -> None:
    content = "text,author,reply,language\na,x@our.example,b,en-GB\na,y@example.jp,b,日本語\n"
    ours, theirs = entries(tmp_path, content, own=("@our.example",))
    assert isinstance(ours, PastCase)
    assert isinstance(theirs, PastCase)
    assert (ours.inbound.flags.own, ours.language) == (True, "en")
    assert (theirs.inbound.flags.own, theirs.language) == (False, "ja")


def test_broken_quotation_marks_swallow_no_row(tmp_path: Path) -> None:
    found = texts(entries(tmp_path, 'id,text\n1,"open\n2,b\n3,"c\nd"\n4,say "hi"\n5,"a"b\n'))
    assert found == ["cases.csv line 2", "b", "c\nd", 'say "hi"', "ab"]
    assert texts(entries(tmp_path, 'id,text\n1,a\n2,"cut o')) == ["a", "cases.csv line 3"]


def test_too_many_cells(tmp_path: Path) -> None:
    found = texts(entries(tmp_path, "id,text\n1,a,b\n2\n\n,,\n3,c,,\n"))
    assert found == ["cases.csv line 2", "cases.csv line 3", "c"]


def test_broken_lines_of_json(tmp_path: Path) -> None:
    deep = "[" * 100_000
    lines = ["\ufeff" + '{"text": "a"}', "{", "[1]", "null", "", deep, '{"text": null}']
    lines += ['{"text": ["b"]}', '{"本文": "\\ud800\\u0000c"}', '{"n": ' + "9" * 5000 + "}"]
    found = entries(tmp_path, "\n".join(lines), "cases.ndjson")
    skipped = [f"cases.ndjson line {number}" for number in (2, 3, 4, 6, 7, 8)]
    assert texts(found) == ["a", *skipped, "\ufffdc", "cases.ndjson line 10"]


def test_json_array_is_told_apart(tmp_path: Path) -> None:
    (found,) = entries(tmp_path, '[\n{"text": "a"}\n]\n', "cases.json")
    assert isinstance(found, Skipped)
    assert "one object a line" in found.why


@pytest.mark.parametrize("name", ["cases.csv", "cases.jsonl"])
def test_huge_lines(tmp_path: Path, name: str) -> None:
    large, huge = "x" * 1_000_000, "y" * (tables.MAX_ROW + 1)
    rows = (
        f'text\n{large}\n{huge}\n"{huge}"\nend\n'
        if name.endswith("csv")
        else "\n".join(json.dumps({"text": text}) for text in (large, huge, huge, "end"))
    )
    found = entries(tmp_path, rows, name)
    skipped = [f"{name} line {number}" for number in ((3, 4) if name.endswith("csv") else (2, 3))]
    assert texts(found) == [large, *skipped, "end"]


def test_unclosed_quotation_mark_in_a_large_file(tmp_path: Path) -> None:
    line = "z" * 999 + "\n"
    count = tables.MAX_ROW // 1000 + 100
    found = entries(tmp_path, 'text\n"open\n' + line * count)
    assert texts(found[:2]) == ["cases.csv line 2", "z" * 999]
    assert len(found) == count + 1


def test_hostile_quotation_marks_end_in_linear_time(tmp_path: Path) -> None:
    # Within a quotation or not, such a line ends within one.
    line = 'x",",' + "y" * 400_000 + "\n"
    found = entries(tmp_path, "id,text\n" + line * 60)
    assert {type(entry) for entry in found} == {Skipped}
    assert "rest of the file" in str(found[-1])
    assert len(found) < 15


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-10-05T09:12:00Z", "2026-10-05T09:12"),
        ("2026-10-05T09:12:00+09:00", "2026-10-05T00:12"),
        ("2026-10-05 09:12", "2026-10-05T00:12"),
        ("2026-10-05", "2026-10-04T15:00"),
        ("20261005T091200", "2026-10-05T00:12"),
        ("2026/10/05 9:12", "2026-10-05T00:12"),
        ("2026/10/5 9:12:59.5", "2026-10-05T00:12:59"),
        ("2026/10/05 9:12 +0000", "2026-10-05T09:12"),
        ("2026.10.5 21:12 JST", "2026-10-05T12:12"),
        ("2026/10/5 午後 0:05", "2026-10-05T03:05"),
        ("2026/10/5 12:05 AM", "2026-10-04T15:05"),
        ("２０２６年１０月５日（月）９時", "2026-10-05T00:00"),
        ("2026年10月5日 月曜日 9時12分3秒", "2026-10-05T00:12:03"),
        ("Mon, 5 Oct 2026 09:12:00 +0200", "2026-10-05T07:12"),
        ("1791184320", "2026-10-05T07:12"),
        ("1791184320000", "2026-10-05T07:12"),
        ("46300.3833333333", "2026-10-05T00:12"),
    ],
)
def test_times(text: str, expected: str) -> None:
    assert parse_time(text, TOKYO) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "05/10/2026",
        "10/5 9:12",
        "yesterday",
        "2026/13/1",
        "2026/2/30",
        "2026/10/5 25:00",
        "2026/10/5 13:00 PM",
        "12",
        "2026年",
        "0001-01-01",
        "9" * 5000,
        "Mon, 5 Xyz 2026 1:1",
    ],
)
def test_times_that_are_not_guessed(text: str) -> None:
    with pytest.raises(ValueError, match=r"^not a date and time that can be read$"):
        parse_time(text, TOKYO)


@given(st.text())
def test_times_raise_nothing_else(text: str) -> None:
    with suppress(ValueError):
        assert parse_time(text, TOKYO).tzinfo is UTC


cells = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
headers = st.lists(
    st.one_of(st.sampled_from(sorted(COLUMNS)), cells.filter(str.strip)), min_size=1, max_size=6
)


@given(header=headers, rows=st.lists(st.lists(cells, min_size=1, max_size=6), max_size=8))
def test_each_csv_row_is_an_entry(header: list[str], rows: list[list[str]]) -> None:
    header = ["text", *header]
    rows = [["text", *row[: len(header) - 1]] for row in rows]
    written = io.StringIO(newline="")
    csv.writer(written, quoting=csv.QUOTE_ALL).writerows([header, *rows])
    with tempfile.TemporaryDirectory() as folder:
        assert len(entries(Path(folder), written.getvalue())) == len(rows)


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
json_rows = st.dictionaries(st.sampled_from(sorted(COLUMNS)) | st.text(), json_values)


@settings(max_examples=40)
@given(st.lists(json_rows, max_size=8))
def test_each_json_row_is_an_entry(rows: list[dict[str, Any]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        lines = "\n".join(map(json.dumps, rows))
        found = entries(Path(folder), lines, "cases.jsonl")
    assert len(found) == len(rows)
    for entry in found:
        str(entry).encode()


@given(st.binary(), st.sampled_from(["a.csv", "a.tsv", "a.jsonl", "a.mbox", "a.eml", "a"]))
def test_any_bytes(content: bytes, name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for entry in entries(Path(folder), content, name):
            str(entry).encode()
