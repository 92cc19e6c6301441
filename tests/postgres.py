"""A PostgreSQL of the suite's own: from its binaries, in a folder of its own, on a free port."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

_START_SECONDS = 30.0
_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


class PostgreSQL:
    """A server for one run; `url` is what DATABASE_URL takes. Left with the block."""

    def __init__(self, port: int) -> None:
        """`port`: a free TCP port on loopback."""
        self._port = port
        self._root = Path(tempfile.mkdtemp(prefix="madoguchi-pg-"))
        self._server: subprocess.Popen[bytes] | None = None
        self.url = f"postgresql://madoguchi@127.0.0.1:{port}/postgres"

    def __enter__(self) -> Self:
        """Make the cluster and start it. Raises TimeoutError where it does not answer."""
        # PostgreSQL refuses to run as root.
        self._user = "postgres" if os.geteuid() == 0 else None
        if self._user:
            account = pwd.getpwnam(self._user)
            os.chown(self._root, account.pw_uid, account.pw_gid)
        data = str(self._root / "data")
        self._run("initdb", "-D", data, "-U", "madoguchi", "-A", "trust", "-E", "UTF8", "--no-sync")
        options = [word for setting in _FAST for word in ("-c", setting)]
        self._server = subprocess.Popen(
            [_binary("postgres"), "-D", data, "-p", str(self._port), "-k", str(self._root),
             "-c", "listen_addresses=127.0.0.1", *options],
            user=self._user, cwd=self._root,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self._until_ready()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop it and remove its folder."""
        if self._server is not None:
            self._server.terminate()
            try:
                self._server.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self._server.kill()
                self._server.wait()
        shutil.rmtree(self._root, ignore_errors=True)

    def _until_ready(self) -> None:
        end = time.monotonic() + _START_SECONDS
        while time.monotonic() < end:
            ready = subprocess.run(
                [_binary("pg_isready"), "-h", "127.0.0.1", "-p", str(self._port)],
                capture_output=True, check=False,
            )  # fmt: skip
            if ready.returncode == 0:
                return
            time.sleep(0.1)
        raise TimeoutError("PostgreSQL does not answer")

    def _run(self, name: str, *words: str) -> None:
        subprocess.run(
            [_binary(name), *words], user=self._user, cwd=self._root,
            check=True, capture_output=True,
        )  # fmt: skip


def _binary(name: str) -> str:
    newest = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    found = str(newest[-1]) if newest else shutil.which(name)
    if found is None:
        raise FileNotFoundError(f"{name}: install PostgreSQL")
    return found
