"""Mails in files, mbox files, Maildirs and folders, and what is left alone in them."""

from __future__ import annotations

import mailbox
import os
import socket
import tempfile
import threading
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from casebook.errors import ConfigError
from casebook.types import Inbound, PastCase
from connectors import files_mbox, files_read
from connectors.files import Skipped, read, size
from connectors.files_disk import open_regular, printable

FIXTURES = Path(__file__).parent / "fixtures" / "files"
SAMPLES = Path(__file__).parents[2] / "samples"


def mail(number: int, text: str = "It broke.") -> bytes:
    """A small mail with its own Message-ID."""
    message = EmailMessage()
    message["From"] = f"c{number}@example.jp"
    message["Message-ID"] = f"<{number}@example.jp>"
    message["Subject"] = f"Matter {number}"
    message.set_content(text)
    return bytes(message)


def names(path: Path) -> list[str]:
    """The external names of the mails found, and the places of what was skipped."""
    return [
        entry.where if isinstance(entry, Skipped) else entry.external_id
        for entry in read(path)
        if not isinstance(entry, PastCase)
    ]


@pytest.fixture
def stranger() -> Iterator[Path]:
    """A folder of ours, with the rights of somebody who cannot read everything."""
    with tempfile.TemporaryDirectory() as folder:
        user = os.geteuid()
        if user == 0:
            os.chown(folder, 65_534, 65_534)
            os.seteuid(65_534)
        try:
            yield Path(folder)
        finally:
            os.seteuid(user)


def test_samples() -> None:
    found = list(read(SAMPLES))
    assert sum(isinstance(entry, Inbound) for entry in found) == 45
    assert sum(isinstance(entry, PastCase) for entry in found) == 60
    assert [entry.where for entry in found if isinstance(entry, Skipped)] == ["README.md"]


def test_progress_adds_up_to_size() -> None:
    for path in (SAMPLES, FIXTURES / "inbox.mbox", FIXTURES / "helpdesk.csv"):
        steps: list[int] = []
        list(read(path, progress=steps.append))
        assert sum(steps) == size(path) > 0
        assert min(steps) >= 0


def test_reading_twice_gives_the_same() -> None:
    assert list(read(SAMPLES)) == list(read(SAMPLES))


def test_mbox_gives_mails_as_they_were_sent() -> None:
    first, second = read(FIXTURES / "inbox.mbox", own=("@example.jp",))
    assert isinstance(first, Inbound)
    assert isinstance(second, Inbound)
    assert first.external_id == "inbox.mbox#1"
    assert b"\n\nFrom the first day" in first.raw
    assert b"\n>From what I read" in first.raw
    assert first.raw.endswith(b"a matter of safety.\n")
    assert second.raw.startswith(b"From: ")
    assert (first.message_id, second.author) == ("one@example.net", "mori@example.jp")
    assert (first.flags.own, second.flags.own) == (False, True)


@pytest.mark.parametrize("name", ["old.mbox", "Inbox"])
def test_mbox_of_the_standard_library(tmp_path: Path, name: str) -> None:
    mails = [mail(number, "One.\n\nFrom here on,\n> quoted\n") for number in range(3)]
    box = mailbox.mbox(tmp_path / name)
    for one in mails:
        box.add(one)
    box.close()
    assert [entry.raw for entry in read(tmp_path / name) if isinstance(entry, Inbound)] == mails


def test_mbox_without_dates_and_with_long_lines(tmp_path: Path) -> None:
    path = tmp_path / "x.mbox"
    long = b"y" * 700_000 + b"From me\n"
    path.write_bytes(b"From a\nSubject: 1\n\nb\nFrom c\n\nFrom d\r\nSubject: 2\r\n\r\n" + long)
    with path.open("rb") as handle:
        found = list(files_mbox.messages(handle, 1_000_000))
    assert found == [b"Subject: 1\n\nb\nFrom c\n", b"Subject: 2\r\n\r\n" + long]


def test_mail_that_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files_read, "MAX_MAIL", 1024 * 1024)
    large = b"Subject: x\n\n" + b"z" * 1024 * 1024
    (tmp_path / "a.eml").write_bytes(large)
    start = b"From a Mon Oct  5 09:12:00 2026\n"
    (tmp_path / "b.mbox").write_bytes(start + large + b"\n\n" + start + mail(1))
    first, second, third = read(tmp_path)
    assert first == Skipped("a.eml", "larger than 1 MiB")
    assert second == Skipped("b.mbox message 1", "larger than 1 MiB")
    assert isinstance(third, Inbound)


def test_mbox_without_mail_and_empty_mail(tmp_path: Path) -> None:
    (tmp_path / "a.mbox").write_bytes(b"no mail at all\n")
    (tmp_path / "b.mbox").touch()
    (tmp_path / "c.eml").write_bytes(b"\r\n\0")
    assert names(tmp_path) == ["a.mbox", "c.eml"]


def test_maildir_with_its_folders(tmp_path: Path) -> None:
    root = mailbox.Maildir(tmp_path / "Maildir")
    sent = root.add_folder("Sent.2026")
    for number, box in enumerate((root, root, sent)):
        message = mailbox.MaildirMessage(mail(number))
        if number:
            message.set_subdir("cur")
            message.set_flags("S")
        box.add(message)
    (tmp_path / "Maildir" / "dovecot-uidlist").write_text("3 V1\n")
    (tmp_path / "Maildir" / "tmp" / "half").write_bytes(b"Subject: half")
    (tmp_path / "Maildir" / "cur" / ".nfs1").write_bytes(b"Subject: gone")
    found = names(tmp_path)
    assert [name.rpartition("/")[0] for name in found] == [
        "Maildir/.Sent.2026/cur",
        "Maildir/cur",
        "Maildir/new",
    ]
    assert not any(":2," in name for name in found)
    assert [name.partition("/")[0] for name in names(tmp_path / "Maildir")] == [
        ".Sent.2026",
        "cur",
        "new",
    ]


def test_folder_in_order_with_mails_of_any_name(tmp_path: Path) -> None:
    (tmp_path / "b" / ".git").mkdir(parents=True)
    (tmp_path / "b" / ".git" / "x.eml").write_bytes(mail(9))
    for number, name in enumerate(["c.EML", "b/2.eml", "b/10", "a.eml", ".hidden.eml"]):
        (tmp_path / name).write_bytes(mail(number))
    (tmp_path / "z.pdf").write_bytes(b"%PDF")
    assert names(tmp_path) == ["a.eml", "b/10", "b/2.eml", "c.EML", "z.pdf"]


def test_nothing_blocks_loops_or_leads_out(tmp_path: Path) -> None:
    inside = tmp_path / "in"
    inside.mkdir()
    (tmp_path / "secret.eml").write_bytes(mail(1))
    (inside / "a.eml").symlink_to(tmp_path / "secret.eml")
    (inside / "b").symlink_to(inside)
    (inside / "c.eml").symlink_to(inside / "c.eml")
    os.mkfifo(inside / "d.eml")
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(inside / "e.eml"))
        found = list(read(inside))
    assert [entry.why for entry in found if isinstance(entry, Skipped)] == [
        *["a link, which is not followed"] * 3,
        "a named pipe",
        "a socket",
    ]
    assert len(found) == 5
    assert names(inside / "b" / ".." / "in" / "a.eml") == ["a.eml"]


def test_opening_does_not_wait_for_a_writer(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    done = threading.Event()

    def attempt() -> None:
        with pytest.raises(OSError, match="a named pipe"):
            open_regular(tmp_path / "pipe")
        done.set()

    threading.Thread(target=attempt, daemon=True).start()
    assert done.wait(5)


def test_deep_folders(tmp_path: Path) -> None:
    here = os.open(tmp_path, os.O_RDONLY)
    try:
        for _ in range(25):
            os.mkdir("d" * 200, dir_fd=here)
            below = os.open("d" * 200, os.O_RDONLY, dir_fd=here)
            os.close(here)
            here = below
    finally:
        os.close(here)
    (tmp_path / "z.eml").write_bytes(mail(1))
    too_long, last = read(tmp_path)
    assert isinstance(too_long, Skipped)
    assert too_long.why == "File name too long"
    assert isinstance(last, Inbound)


def test_what_may_not_be_read(stranger: Path) -> None:
    for name in ("a.eml", "b.csv", "c.eml"):
        (stranger / name).write_bytes(mail(1))
    (stranger / "a.eml").chmod(0)
    (stranger / "b.csv").chmod(0)
    (stranger / "d").mkdir(mode=0)
    found = list(read(stranger))
    assert [entry.where for entry in found if isinstance(entry, Skipped)] == ["a.eml", "b.csv", "d"]
    assert "Permission denied" in str(found[0])
    with pytest.raises(ConfigError, match="Permission denied"):
        read(stranger / "d" / "x")


def test_names_that_are_no_text(tmp_path: Path) -> None:
    for name in (b"\xff.eml", b"a\nb.eml", "クレーム　一覧.eml".encode(), rb"\xff.eml"):
        (tmp_path / os.fsdecode(name)).write_bytes(mail(1))
    found = names(tmp_path)
    assert found == ["\\\\xff.eml", "a\\nb.eml", "クレーム　一覧.eml", "\\udcff.eml"]
    assert printable("\u202egpj.eml") == "\\u202egpj.eml"


def test_missing_path(tmp_path: Path) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    for path in (tmp_path / "none", loop):
        for use in (read, size):
            with pytest.raises(ConfigError, match=path.name):
                use(path)


def test_given_up_in_the_middle(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,text\n" + "1,あ\n" * 10_000, encoding="utf-16")
    found = read(tmp_path / "a.csv")
    next(found)
    del found
