"""Mails that another program drops into a folder, and `read` for files of the past.

A program that drops a mail should write it under a name that begins with `.` or ends in `.tmp` or
`.part` and then rename it; for the others, `settle` waits until a file is complete.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Annotated, Any

from pydantic import Field, field_validator

from casebook.config import Table, config_path
from casebook.errors import PermanentError
from casebook.types import Batch, Cursor, Inbound
from connectors.files_disk import Skipped, kind, open_regular, printable, reason
from connectors.files_read import Entry, read, size
from connectors.mime import parse_mail

__all__ = ["Entry", "FilesOptions", "FilesSource", "Skipped", "read", "size"]

_MIB = 1024 * 1024
_MOVE = "move:"
_UNFINISHED = (".tmp", ".part")


class FilesOptions(Table):
    """One folder into which mails are dropped, one mail a file."""

    path: Path
    """The folder; relative to the configuration file."""
    pattern: Annotated[str, Field(min_length=1, pattern=r"^[^/\x00]+$")] = "*.eml"
    """Names that are read, in upper or lower case; never `.*`, `*.tmp`, `*.part`, sub-folders."""
    own: tuple[str, ...] = ()
    """Our own addresses, or `@domain`; mails from them get no answer."""
    after: Annotated[str, Field(pattern=r"^(none|move:[^\x00-\x1f\x7f]+)$")] = "none"
    """What becomes of a recorded mail: `none`, or `move:FOLDER` (a folder inside `path`)."""
    batch_messages: Annotated[int, Field(ge=1, le=2000)] = 200
    """Mails read and recorded at once, at most."""
    batch_bytes: Annotated[int, Field(ge=1024)] = 20 * _MIB
    """Bytes read and recorded at once; one mail alone may have more."""
    max_message_bytes: Annotated[int, Field(ge=1024)] = 50 * _MIB
    """Of a larger mail only so many bytes are read and kept, and it says so."""
    settle: Annotated[float, Field(ge=0, le=60)] = 2
    """Seconds for which a file must not have changed; one poll waits once for so long at most."""

    @field_validator("after")
    @classmethod
    def _inside(cls, value: str) -> str:
        target = PurePosixPath(value.removeprefix(_MOVE))
        if target.is_absolute() or ".." in target.parts or not target.parts:
            raise ValueError("`after` moves into a folder inside `path`: write move:FOLDER")
        return value

    @property
    def move_to(self) -> PurePosixPath | None:
        """The folder that recorded mails are moved to, relative to `path`, or None."""
        name = self.after.removeprefix(_MOVE)
        return PurePosixPath(name) if self.after != name else None


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    name: str
    size: int
    mtime_ns: int
    mode: int

    @property
    def stamp(self) -> list[int]:
        """What differs when the file was written again."""
        return [self.size, self.mtime_ns]


@dataclass(slots=True)
class _State:
    """The cursor in the making: the stamps of files that are recorded (`seen`), and of those that
    a warning was told of (`told`), which are tried again without another one."""

    seen: dict[str, list[int]]
    told: dict[str, list[int]]
    given: Cursor
    """The cursor as the caller has it."""
    warnings: list[str] = field(default_factory=list)

    def cursor(self) -> dict[str, Any]:
        return {"seen": dict(self.seen), "told": dict(self.told)}

    def warn(self, file: _File, why: str) -> None:
        if self.told.get(file.name) != file.stamp:
            self.told[file.name] = file.stamp
            self.warnings.append(f"{file.name}: {why}")

    def batch(self, inbounds: Iterable[Inbound] = ()) -> Batch:
        warnings, self.warnings = tuple(self.warnings), []
        self.given = self.cursor()
        return Batch(tuple(inbounds), self.given, warnings)


class FilesSource:
    """A drop folder as a way in, made from its `[[sources]]` table.

    The cursor is `{"seen": {name: [bytes, mtime in ns]}, "told": {…}}` for the files that are
    still there; a file that changed is read again, and the mail's identity decides.
    """

    def __init__(self, name: str, options: FilesOptions) -> None:
        self._options = options
        config = config_path()
        self._folder = (config.parent if config else Path.cwd()) / options.path

    def poll(self, cursor: Cursor) -> Iterator[Batch]:
        """See `base.Source.poll`. Files of one second come by name, since copies and checkouts
        keep no finer order. Reads no file that did not change."""
        files = self._files()
        state = _State(_stamps(cursor, "seen", files), _stamps(cursor, "told", files), cursor)
        self._put_away(files.values(), state)
        fresh = sorted(
            (file for file in files.values() if state.seen.get(file.name) != file.stamp),
            key=lambda file: (file.mtime_ns // 1_000_000_000, file.name),
        )
        wait = {file.name: self._unsettled(file) for file in fresh}
        yield from self._batches((file for file in fresh if not wait[file.name]), state)
        if any(wait.values()):
            time.sleep(max(wait.values()))
            now = self._files()
            stable = (file for file in fresh if wait[file.name] and now.get(file.name) == file)
            yield from self._batches(stable, state)
        if state.warnings or state.cursor() != state.given:
            yield state.batch()

    def check(self) -> str:
        """See `base.Source.check`."""
        count = len(self._files())
        target = self._options.move_to
        if target is not None and not os.access(self._folder, os.W_OK | os.X_OK):
            text = f'{self._folder}: no right to move files: grant it, or set after = "none"'
            raise PermanentError(text, code="folder_readonly")
        return f"{self._folder}: {count} files {self._options.pattern}"

    def _files(self) -> dict[str, _File]:
        """The folder's files by printable name. Raises PermanentError where there is no folder."""
        found: dict[str, _File] = {}
        try:
            with os.scandir(self._folder) as entries:
                for entry in entries:
                    if self._wanted(entry.name):
                        file = _looked_at(entry)
                        if file is not None:
                            found[file.name] = file
        except (FileNotFoundError, NotADirectoryError) as error:
            text = f"{self._folder}: no such folder: create it, or mend `path`"
            raise PermanentError(text, code="folder_missing") from error
        except OSError as error:
            text = f"{self._folder}: {reason(error)}: grant the right to read the folder"
            raise PermanentError(text, code="folder_unreadable") from error
        return found

    def _wanted(self, name: str) -> bool:
        lower = name.lower()
        unfinished = lower.startswith(".") or lower.endswith(_UNFINISHED)
        return not unfinished and fnmatchcase(lower, self._options.pattern.lower())

    def _unsettled(self, file: _File) -> float:
        """The seconds until a file counts as complete, by the clock that stamps files. One from
        the future is taken as it is: its stamp is wrong, and waiting would not end."""
        age = time.time() - file.mtime_ns / 1e9
        return self._options.settle - age if 0 <= age < self._options.settle else 0.0

    def _batches(self, files: Iterable[_File], state: _State) -> Iterator[Batch]:
        taken: list[tuple[_File, Inbound]] = []
        held = 0
        for file in files:
            weight = min(file.size, self._options.max_message_bytes)
            if taken and held + weight > self._options.batch_bytes:
                yield from self._recorded(taken, state)
                taken, held = [], 0
            inbound = self._read(file, state)
            if inbound is not None:
                taken.append((file, inbound))
                held += weight
            if len(taken) == self._options.batch_messages:
                yield from self._recorded(taken, state)
                taken, held = [], 0
        if taken:
            yield from self._recorded(taken, state)

    def _recorded(self, taken: list[tuple[_File, Inbound]], state: _State) -> Iterator[Batch]:
        for file, _ in taken:
            state.seen[file.name] = file.stamp
            state.told.pop(file.name, None)
        yield state.batch(inbound for _, inbound in taken)
        self._put_away((file for file, _ in taken), state)

    def _read(self, file: _File, state: _State) -> Inbound | None:
        """The mail in a file, or None where it cannot be read now or is being written."""
        if not stat.S_ISREG(file.mode):
            state.warn(file, kind(file.mode))
            return None
        limit = self._options.max_message_bytes
        try:
            with open_regular(file.path) as handle:
                raw = handle.read(limit)
                status = os.fstat(handle.fileno())
        except FileNotFoundError:
            return None
        except OSError as error:
            state.warn(file, reason(error))
            return None
        if [status.st_size, status.st_mtime_ns] != file.stamp:
            return None
        return parse_mail(
            raw,
            external_id=file.name,
            own=self._options.own,
            truncated=file.size > limit,
        )

    def _put_away(self, files: Iterable[_File], state: _State) -> None:
        """Move files that are recorded, as they were recorded, if the options say so."""
        target = self._options.move_to
        if target is None:
            return
        for file in files:
            if state.seen.get(file.name) != file.stamp:
                continue
            try:
                status = file.path.lstat()
                if [status.st_size, status.st_mtime_ns] == file.stamp:
                    _move(file.path, self._folder / target)
                    del state.seen[file.name]
            except FileNotFoundError:
                state.seen.pop(file.name, None)
            except OSError as error:
                state.warn(file, f"recorded, but not moved to {target}: {reason(error)}")


def _stamps(cursor: Cursor, key: str, files: Mapping[str, _File]) -> dict[str, list[int]]:
    """What the cursor says of files that are still there."""
    return {name: list(stamp) for name, stamp in cursor.get(key, {}).items() if name in files}


def _looked_at(entry: os.DirEntry[str]) -> _File | None:
    try:
        status = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None
    return _File(
        Path(entry.path),
        printable(entry.name),
        status.st_size,
        status.st_mtime_ns,
        status.st_mode,
    )


def _move(path: Path, folder: Path) -> None:
    """Move a file without replacing another one of its name. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    target, number = folder / path.name, 1
    while os.path.lexists(target):
        number += 1
        target = folder / f"{path.stem}~{number}{path.suffix}"
    path.rename(target)
