"""A drop folder: each mail once, whatever happens to its file."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from casebook.config import SourceTable
from casebook.errors import ConfigError, PermanentError
from casebook.types import Batch, Cursor
from connectors.files import FilesOptions, FilesSource
from connectors.registry import open_source


class Desk:
    """What a caller does: it records each batch with its cursor before it asks for the next."""

    def __init__(self, folder: Path, **options: Any) -> None:
        self.folder = folder
        self.source = FilesSource("drop", FilesOptions(path=folder, **{"settle": 0} | options))
        self.cursor: Cursor = {}
        self.subjects: list[str] = []
        self.identities: list[str] = []
        self.warnings: list[str] = []

    def drop(self, name: str, subject: str = "", age: float = 60) -> Path:
        """Put a mail into the folder, last written `age` seconds ago."""
        path = self.folder / name
        path.write_text(f"From: a@example.jp\nSubject: {subject or name}\n\nHello.\n")
        at = time.time() - age
        os.utime(path, (at, at))
        return path

    def batches(self) -> Iterator[Batch]:
        """The batches of one poll, each recorded."""
        for batch in self.source.poll(self.cursor):
            self.cursor = json.loads(json.dumps(batch.cursor))
            self.subjects += [inbound.subject for inbound in batch.inbounds]
            self.identities += [inbound.identity for inbound in batch.inbounds]
            self.warnings += batch.warnings
            yield batch

    def poll(self) -> list[str]:
        """The subjects that one poll brought."""
        before = len(self.subjects)
        for _ in self.batches():
            pass
        return self.subjects[before:]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_each_file_once_oldest_first(desk: Desk) -> None:
    desk.drop("b.eml", age=300)
    desk.drop("a.EML", age=100)
    assert desk.poll() == ["b.eml", "a.EML"]
    assert list(desk.batches()) == []
    desk.drop("c.eml")
    assert desk.poll() == ["c.eml"]


def test_files_of_one_second_come_by_name(desk: Desk) -> None:
    for fraction, name in enumerate(["3.eml", "1.eml", "2.eml"]):
        os.utime(desk.drop(name), ns=(0, 10**18 + fraction))
    assert desk.poll() == ["1.eml", "2.eml", "3.eml"]


def test_names_that_are_left_alone(desk: Desk) -> None:
    for name in (".a.eml", "b.eml.tmp", "c.eml.part", "d.txt", "e.eml"):
        desk.drop(name)
    (desk.folder / "sub").mkdir()
    desk.drop("sub/f.eml")
    assert desk.poll() == ["e.eml"]
    assert desk.warnings == []


def test_pattern(tmp_path: Path) -> None:
    desk = Desk(tmp_path, pattern="*")
    desk.drop("1759.M1.host")
    assert desk.poll() == ["1759.M1.host"]


def test_batches_are_bounded(tmp_path: Path) -> None:
    desk = Desk(tmp_path, batch_messages=2, batch_bytes=1500)
    for number in range(5):
        desk.drop(f"{number}.eml")
    desk.drop("5.eml", subject="x" * 900)
    desk.drop("6.eml", subject="y" * 900)
    assert [len(batch.inbounds) for batch in desk.batches()] == [2, 2, 2, 1]


def test_crash_before_the_commit_loses_nothing(tmp_path: Path) -> None:
    desk = Desk(tmp_path, batch_messages=1, after="move:done")
    for name in ("a.eml", "b.eml", "c.eml"):
        desk.drop(name)
    next(desk.batches())
    next(desk.source.poll(desk.cursor))
    assert {path.name for path in tmp_path.glob("*.eml")} == {"b.eml", "c.eml"}
    assert desk.poll() == ["b.eml", "c.eml"]


def test_changed_file_is_read_again(desk: Desk) -> None:
    desk.drop("a.eml", "first")
    desk.poll()
    desk.drop("a.eml", "second")
    assert desk.poll() == ["second"]
    desk.drop("a.eml", "second", age=10)
    assert desk.poll() == ["second"]
    assert desk.identities[1] == desk.identities[2]


def test_cursor_holds_what_is_there(desk: Desk) -> None:
    desk.drop("a.eml")
    desk.drop("b.eml")
    desk.poll()
    (desk.folder / "a.eml").unlink()
    assert desk.poll() == []
    assert list(desk.cursor["seen"]) == ["b.eml"]


def test_idle_poll_reads_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.drop("a.eml")
    desk.poll()
    opened: list[object] = []
    real = os.open

    def watched(path: str, flags: int) -> int:
        opened.append(path)
        return real(path, flags)

    monkeypatch.setattr(os, "open", watched)
    assert list(desk.batches()) == []
    assert opened == []
    desk.drop("b.eml")
    assert desk.poll() == ["b.eml"]
    assert len(opened) == 1


def test_move_only_after_the_commit(tmp_path: Path) -> None:
    desk = Desk(tmp_path, after="move:done/2026")
    desk.drop("a.eml")
    done = tmp_path / "done" / "2026"
    polled = desk.batches()
    next(polled)
    assert not done.exists()
    assert [batch.inbounds for batch in polled] == [()]
    assert [path.name for path in done.iterdir()] == ["a.eml"]
    assert desk.cursor == {"seen": {}, "told": {}}
    desk.drop("a.eml", "another")
    assert desk.poll() == ["another"]
    assert sorted(path.name for path in done.iterdir()) == ["a.eml", "a~2.eml"]


def test_file_that_changed_since_it_was_read_is_not_moved(tmp_path: Path) -> None:
    desk = Desk(tmp_path, after="move:done")
    desk.drop("a.eml", "first")
    polled = desk.batches()
    next(polled)
    desk.drop("a.eml", "second", age=1)
    list(polled)
    assert desk.poll() == ["second"]
    assert len(list((tmp_path / "done").iterdir())) == 1


def test_move_that_fails_is_told_once(tmp_path: Path) -> None:
    desk = Desk(tmp_path, after="move:done")
    (tmp_path / "done").write_text("in the way")
    desk.drop("a.eml")
    assert desk.poll() == ["a.eml"]
    assert desk.poll() == []
    assert desk.warnings == ["a.eml: recorded, but not moved to done: File exists"]
    (tmp_path / "done").unlink()
    assert desk.poll() == []
    assert (tmp_path / "done" / "a.eml").exists()


def test_what_is_no_file_is_told_once(desk: Desk) -> None:
    (desk.folder / "a.eml").symlink_to("/etc/hostname")
    os.mkfifo(desk.folder / "b.eml")
    (desk.folder / "c.eml").mkdir()
    desk.drop("d.eml")
    assert desk.poll() == ["d.eml"]
    assert list(desk.batches()) == []
    assert sorted(desk.warnings) == [
        "a.eml: a link, which is not followed",
        "b.eml: a named pipe",
        "c.eml: a folder",
    ]


def test_unreadable_file_is_read_once_it_may_be(desk: Desk) -> None:
    desk.drop("a.eml").chmod(0)
    desk.drop("b.eml")
    user = os.geteuid()
    desk.folder.chmod(0o755)
    for parent in desk.folder.parents[:3]:
        if user == 0 and parent != Path("/tmp"):
            parent.chmod(0o755)
    try:
        if user == 0:
            os.seteuid(65_534)
        assert desk.poll() == ["b.eml"]
        assert desk.poll() == []
    finally:
        os.seteuid(user)
    assert desk.warnings == ["a.eml: Permission denied"]
    (desk.folder / "a.eml").chmod(0o644)
    assert desk.poll() == ["a.eml"]


def test_fresh_file_is_waited_for(tmp_path: Path) -> None:
    desk = Desk(tmp_path, settle=1)
    desk.drop("old.eml")
    desk.drop("future.eml", age=-3600)
    fresh = desk.drop("fresh.eml", age=0)
    growing = desk.drop("growing.eml", age=0)
    polled = desk.batches()
    assert [inbound.subject for inbound in next(polled).inbounds] == ["old.eml", "future.eml"]
    with growing.open("a") as handle:
        handle.write("more")
    assert [inbound.subject for inbound in next(polled).inbounds] == ["fresh.eml"]
    assert list(polled) == []
    assert time.time() - fresh.stat().st_mtime >= 1
    assert desk.poll() == ["growing.eml"]


def test_large_mail_comes_cut_and_says_so(tmp_path: Path) -> None:
    desk = Desk(tmp_path, max_message_bytes=1024)
    with desk.drop("a.eml").open("a") as handle:
        handle.write("z" * 5000)
    (batch,) = desk.source.poll({})
    (inbound,) = batch.inbounds
    assert inbound.truncated
    assert len(inbound.raw) == 1024


def test_names_that_are_no_text(desk: Desk) -> None:
    desk.drop(os.fsdecode(b"\xff.eml"), "odd")
    assert desk.poll() == ["odd"]
    assert list(desk.cursor["seen"]) == ["\\udcff.eml"]
    assert desk.poll() == []


def test_missing_folder(desk: Desk, tmp_path: Path) -> None:
    source = FilesSource("drop", FilesOptions(path=tmp_path / "none"))
    for use in (lambda: list(source.poll({})), source.check):
        with pytest.raises(PermanentError, match="no such folder") as caught:
            use()
        assert caught.value.code == "folder_missing"
    assert desk.source.check() == f"{tmp_path}: 0 files *.eml"


@pytest.mark.parametrize("after", ["move:", "move:../out", "move:/out", "move:.", "seen", "delete"])
def test_targets_that_are_refused(tmp_path: Path, after: str) -> None:
    table = SourceTable.model_validate(
        {"name": "drop", "type": "files", "path": str(tmp_path), "after": after}
    )
    with pytest.raises(ConfigError, match="source 'drop': after: "):
        open_source(table)


def test_path_is_relative_to_the_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "drop").mkdir()
    monkeypatch.setenv("MADOGUCHI_CONFIG", str(tmp_path / "madoguchi.toml"))
    table = SourceTable.model_validate({"name": "drop", "type": "files", "path": "drop"})
    assert open_source(table).check() == f"{tmp_path / 'drop'}: 0 files *.eml"
