"""The servers that the tests stand on do what the tests believe of them."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from tests.services import Dovecot

RAW = b"From: a@example.com\nSubject: x\n\nhello\n"
USER = "a@example.jp"


def test_dovecot_starts_fast_delivers_fast_and_leaves_nothing() -> None:
    started = time.monotonic()
    with Dovecot() as server:
        assert time.monotonic() - started < 2
        delivered = time.monotonic()
        server.deliver(USER, *[RAW] * 1000)
        assert time.monotonic() - delivered < 1
        assert len(server.flags(USER)) == 1000
        root = server.root
    assert not root.exists()


def test_dovecot_keeps_its_mails_over_a_restart_and_a_rebuild() -> None:
    with Dovecot() as server:
        server.deliver(USER, RAW, RAW, folder="苦情")
        before = server.uid_validity(USER, "苦情")
        server.stop()
        server.start()
        assert server.uid_validity(USER, "苦情") == before
        server.rebuild(USER, "苦情")
        assert server.uid_validity(USER, "苦情") != before
        assert sorted(server.flags(USER, "苦情")) == [1, 2]
        server.clear(USER)
        server.deliver(USER, RAW)
        assert sorted(server.flags(USER)) == [1]


def test_dovecot_ends_with_the_process_that_started_it() -> None:
    code = (
        "import os, signal; from tests.services import Dovecot\n"
        "server = Dovecot().__enter__(); print(server.root, server._process.pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    root = Path(__file__).parent.parent
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False
    )
    folder, number = done.stdout.split()
    process = Path("/proc") / number
    try:
        for _ in range(100):
            if not process.exists() or b"dovecot" not in (process / "cmdline").read_bytes():
                break
            time.sleep(0.05)
        else:
            raise AssertionError("Dovecot outlives its starter")
    finally:
        subprocess.run(["rm", "-rf", folder], check=True)
