"""An installation for a bench: a mailbox with mails, a configuration, and the command to run."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.services import Dovecot, free_port

USER = "support"


@dataclass(frozen=True, slots=True)
class Installation:
    """A folder with a configuration whose one source is a mailbox of `server`."""

    root: Path
    server: Dovecot
    environment: dict[str, str]

    def command(self, *words: str) -> list[str]:
        """The words that run `madoguchi` here."""
        return [sys.executable, "-m", "desk", *words]

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end; raises CalledProcessError where it fails."""
        return subprocess.run(
            self.command(*words), env=self.environment, text=True, capture_output=True, check=True
        )

    def ask(self, statement: str) -> Any:
        """The rows of an SQL statement on the record, read by a process of its own."""
        program = (
            "import json,sys; from casebook.start import start; start();"
            "from django.db import connection as c; q=c.cursor(); q.execute(sys.argv[1]);"
            "print(json.dumps(q.fetchall(), default=str))"
        )
        done = subprocess.run(
            [sys.executable, "-c", program, statement],
            env=self.environment, text=True, capture_output=True, check=True,
        )  # fmt: skip
        return json.loads(done.stdout)


@contextmanager
def installation(
    mails: list[bytes], prefect: str = "", database: str = ""
) -> Iterator[Installation]:
    """An installation whose mailbox holds `mails`.

    `prefect`: the API address of a server to record the runs, none where empty. `database`: a URL,
    SQLite where empty.
    """
    with TemporaryDirectory(prefix="madoguchi-bench-") as folder, Dovecot() as server:
        for mail in mails:
            server.deliver(USER, mail)
        config = Path(folder) / "madoguchi.toml"
        config.write_text(_CONFIG.format(port=server.port, user=USER, prefect=prefect or _NOWHERE))
        environment = {
            **os.environ,
            "MADOGUCHI_CONFIG": str(config),
            "BENCH_PASSWORD": server.password,
            "HF_HUB_OFFLINE": "1",
            "PYTHONPATH": str(Path(__file__).parents[2]),
        }
        environment["DATABASE_URL"] = database
        yield Installation(Path(folder), server, environment)


@contextmanager
def prefect_server(*, wanted: bool = True) -> Iterator[tuple[str, float]]:
    """A Prefect server of the bench's own: its API address, and the seconds that it took to start.
    An empty address where it is not `wanted`."""
    if not wanted:
        yield "", 0.0
        return
    with TemporaryDirectory(prefix="madoguchi-prefect-") as home:
        port = free_port()
        url = f"http://127.0.0.1:{port}/api"
        environment = {
            **os.environ,
            "PREFECT_HOME": home,
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        }
        began = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-m", "prefect", "server", "start", "--port", str(port)],
            env=environment, start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            _until_healthy(f"{url}/health", process)
            yield url, time.monotonic() - began
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()


def _until_healthy(url: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + _SERVER_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    raise TimeoutError("the Prefect server does not answer")


_SERVER_SECONDS = 120
_NOWHERE = "http://127.0.0.1:9/api"
_CONFIG = """\
var = "var"
language = "en"

[prefect]
api_url = "{prefect}"

[[sources]]
name = "support"
type = "imap"
host = "127.0.0.1"
port = {port}
tls = "none"
username = "{user}"
password = {{ env = "BENCH_PASSWORD" }}
own = ["support@example.jp"]
"""
