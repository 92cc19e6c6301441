"""The page on adding a connector tells the truth: its example runs, and other packages' are found."""

from __future__ import annotations

import re
import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casebook.config import SourceTable
from casebook.errors import ConfigError, TransientError
from casebook.types import Inbound
from connectors import registry
from tests.connectors.example.feedback import (
    CONNECTOR,
    MAX_TEXT,
    FeedbackBox,
    FeedbackOptions,
    read_message,
)
from tests.connectors.example.server import FeedbackServer

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "adding-a-connector.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
EXAMPLE = Path(__file__).parent / "example"
ROW = {
    "id": "m1",
    "email": "A@example.jp",
    "name": "A",
    "text": "壊れた",
    "at": "2026-11-24T10:00Z",
}


@pytest.mark.parametrize("name", ["feedback.py", "backend.py"])
def test_page_quotes_the_whole_file(name: str) -> None:
    source = (EXAMPLE / name).read_text(encoding="utf-8")
    quoted = [block for block in BLOCKS if block.strip("\n") in source]
    assert "".join("".join(quoted).split()) == "".join(source.split())


def test_every_other_block_is_the_registrys_line() -> None:
    sources = [
        (EXAMPLE / name).read_text(encoding="utf-8") for name in ("feedback.py", "backend.py")
    ]
    (line,) = [b for b in BLOCKS if not any(b.strip("\n") in source for source in sources)]
    ((name, found),) = eval(f"{{{line}}}", {"Connector": registry.Connector}).items()
    assert name == "feedback"
    assert found[1:] == CONNECTOR[1:]


def test_message_as_the_box_gives_it() -> None:
    found = read_message(ROW)
    assert found is not None
    assert (found.identity, found.author, found.text) == ("feedback:m1", "a@example.jp", "壊れた")
    assert found.sent_at is not None
    assert found.sent_at.isoformat() == "2026-11-24T10:00:00+00:00"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
)


@given(st.dictionaries(st.sampled_from(sorted(ROW)), JSON) | JSON)
def test_hostile_message_stops_nothing(row: Any) -> None:
    found = read_message(row)
    assert found is None or isinstance(found, Inbound)
    merged = read_message({**ROW, **row}) if isinstance(row, dict) else None
    assert merged is None or len(merged.text) <= MAX_TEXT


def box(server: FeedbackServer, folder: Path) -> FeedbackBox:
    (folder / "key").write_text(server.key)
    table = {"url": server.url, "key": {"file": str(folder / "key")}, "timeout": 1}
    return FeedbackBox("box", FeedbackOptions.model_validate(table))


def test_unreadable_message_is_left_out_and_told(tmp_path: Path) -> None:
    with FeedbackServer() as server:
        server.messages += [ROW, {"id": 7}, None, {**ROW, "id": "m2"}]
        (batch,) = box(server, tmp_path).poll({})
    assert [inbound.external_id for inbound in batch.inbounds] == ["m1", "m2"]
    assert batch.warnings == ("2 messages up to number 4 cannot be read",)


def test_box_that_counts_backwards_does_not_hold_a_poll(tmp_path: Path) -> None:
    with FeedbackServer() as server:
        server.answer = lambda *_: (200, {"messages": [ROW], "last": 0})  # type: ignore[method-assign]
        with pytest.raises(TransientError) as caught:
            list(box(server, tmp_path).poll({}))
    assert caught.value.code == "unreadable"


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Another package with the example, installed."""
    shutil.copy(EXAMPLE / "feedback.py", tmp_path / "shop_feedback.py")
    (tmp_path / "broken_feedback.py").write_text("import no_such_module_at_all\n")
    (tmp_path / "odd_feedback.py").write_text("CONNECTOR = 1\n")
    info = tmp_path / "shop_feedback-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: shop-feedback\nVersion: 1.0\n")
    entry = re.findall(r'```toml\n\[project.entry-points."(.*?)"\]\n(.*?)```', PAGE, re.DOTALL)
    ((group, line),) = entry
    (info / "entry_points.txt").write_text(
        f"[{group}]\n{line.replace(chr(34), '')}"
        "broken = broken_feedback:CONNECTOR\nodd = odd_feedback:CONNECTOR\n"
        "imap = shop_feedback:CONNECTOR\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def table(**values: Any) -> SourceTable:
    return SourceTable.model_validate({"name": "box", **values})


def test_connector_of_another_package_is_found(installed: Path) -> None:
    (block,) = [b for b in re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL) if "sources" in b]
    (values,) = tomllib.loads(block)["sources"]
    opened = registry.open_source(SourceTable.model_validate(values))
    assert type(opened).__module__ == "shop_feedback"
    assert registry.sends("feedback")
    with pytest.raises(ConfigError, match="source 'box': key 'key' is missing"):
        registry.open_source(table(type="feedback", url="https://box.example.jp"))


def test_connector_that_comes_along_is_not_replaced(installed: Path) -> None:
    assert registry.options_of("imap").__name__ == "ImapOptions"


def test_broken_package_hinders_no_other_and_is_named(installed: Path) -> None:
    with pytest.raises(ConfigError, match=r"package shop-feedback does not load \(ModuleNotFound"):
        registry.open_source(table(type="broken"))
    with pytest.raises(ConfigError, match=r"odd_feedback:CONNECTOR is no "):
        registry.open_source(table(type="odd"))
    with pytest.raises(ConfigError, match=r"'nothing' is unknown: use one of .*feedback, files"):
        registry.open_source(table(type="nothing"))
    assert registry.sends("feedback")
