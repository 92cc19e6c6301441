"""What lies on disk, looked at so that nothing in a folder can block, loop or lead out of it.

Links are not followed, and only regular files are opened: a FIFO would block, a device may act on
being opened, and a link could make a stranger's file, such as a key, a customer's message.
"""

from __future__ import annotations

import errno
import os
import stat
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import BinaryIO

_KINDS = {
    stat.S_IFLNK: "a link, which is not followed",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFDIR: "a folder",
}


@dataclass(frozen=True, slots=True)
class Skipped:
    """What was left out: `where` names the file and the place in it, `why` the reason.

    Neither holds anything of the content.
    """

    where: str
    why: str


@dataclass(frozen=True, slots=True)
class Found:
    """A regular file. `name` is printable and relative to the folder that was walked.

    `size` is in bytes; `mail` says that it lies in a Maildir, whose files are mails by any name.
    """

    path: Path
    name: str
    size: int
    mail: bool = False


class _Place(Enum):
    ROOT = auto()
    PLAIN = auto()
    BESIDE = auto()
    """Next to a Maildir's `cur`: its sub-folders, and files of the server that keeps it."""
    BOX = auto()
    """A Maildir's `cur` or `new`."""
    MAIL = auto()


_Entry = tuple[Path, str, _Place]


def printable(name: str) -> str:
    """A file's name as text for people and for JSON, another one for each name.

    Bytes that are not UTF-8, control characters and the backslash are written as escapes.
    """
    return "".join(
        char
        if char != "\\" and (char.isprintable() or unicodedata.category(char) == "Zs")
        else char.encode("unicode_escape").decode("ascii")
        for char in name
    )


def reason(error: OSError) -> str:
    """Why the system refused, without the path, which the caller names in its own way."""
    return error.strerror or type(error).__name__


def kind(mode: int) -> str:
    """What a file that is not regular is, by its `st_mode`."""
    return _KINDS.get(stat.S_IFMT(mode), "not a file")


def open_regular(path: Path) -> BinaryIO:
    """Open a regular file for reading in bytes. Never blocks and follows no link.

    Raises OSError where the system refuses or the file is none.
    """
    # O_NONBLOCK: opening a FIFO waits for its writer otherwise (POSIX, open()).
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode):
        return os.fdopen(descriptor, "rb")
    os.close(descriptor)
    raise OSError(errno.EINVAL, kind(mode))


def walk(root: Path) -> Iterator[Found | Skipped]:
    """The files at and under `root`, by name, folder by folder; hidden ones are left out.

    Maildirs (https://cr.yp.to/proto/maildir.html) are known by their `cur` and `new`, and their
    sub-folders may be hidden, as Maildir++ has them. `root` itself may be a link.
    """
    pending: list[_Entry] = [(root.resolve(), printable(root.name), _Place.ROOT)]
    while pending:
        path, name, place = pending.pop()
        try:
            status = path.lstat()
            if stat.S_ISDIR(status.st_mode) and place is not _Place.MAIL:
                pending.extend(_children(path, "" if place is _Place.ROOT else f"{name}/", place))
                continue
        except OSError as error:
            yield Skipped(name, reason(error))
            continue
        if place is _Place.BESIDE:
            continue
        if stat.S_ISREG(status.st_mode):
            yield Found(path, name, status.st_size, mail=place is _Place.MAIL)
        else:
            yield Skipped(name, kind(status.st_mode))


def _children(folder: Path, prefix: str, place: _Place) -> list[_Entry]:
    """What is in a folder, last one first, as it is taken from the end."""
    names = sorted((path.name for path in folder.iterdir()), key=os.fsencode, reverse=True)
    maildir = {"cur", "new"} <= set(names)
    found = []
    for name in names:
        if place is _Place.BOX:
            inside, hidden = _Place.MAIL, name.startswith(".")
        elif maildir:
            inside = _Place.BOX if name in ("cur", "new") else _Place.BESIDE
            hidden = name == "tmp"
        elif place is _Place.BESIDE:
            inside, hidden = _Place.BESIDE, False
        else:
            inside, hidden = _Place.PLAIN, name.startswith(".")
        if not hidden:
            found.append((folder / name, prefix + printable(name), inside))
    return found
