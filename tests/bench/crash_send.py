"""`madoguchi bench crash --send`: sending killed at random moments, and what the servers took.

Approved replies leave over SMTP and X while the process is killed, connections drop and a fifth of
the requests fail. What was taken is counted from the servers' own logs, never from the record.
"""

from __future__ import annotations

import json
import logging
import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.sending_tables import KEYS, smtp_tables, x_table
from tests.smtp_server import Fault, SmtpServer, Stage
from tests.x_server import XServer

_SECONDS = 0.1
"""What a reply takes, so that over all kills the work is done about once."""
_SHARE = 0.25
"""How much of the time each server is in trouble."""
_ROUNDS = 8
_TROUBLES: tuple[tuple[Stage, str | Fault], ...] = (
    ("mail", "451 4.3.0 Later"),
    ("rcpt", "450 4.2.1 Later"),
    ("connect", Fault.DROP),
    ("taken", Fault.DROP),
    ("dot", Fault.DROP),
)
_FAULTS: tuple[int | str, ...] = (500, 503, "drop")
_FILL = """
import json, sys
from tests.flows.outbox import approved, came
for name, numbers in json.loads(sys.argv[1]).items():
    for n, number in enumerate(numbers):
        more = {"external_id": str(number), "author": "2000"} if name == "x" else {}
        approved(name, found=came(name, **more), body=f"お返事 {name}-{n} をお送りいたします。")
"""


def run(replies: int, kills: int, seed: int) -> bool:
    """Run and print; False where a reply was sent twice, or is lost."""
    draw = random.Random(seed)
    # aiosmtpd warns of an attribute of its own that it will drop.
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    with SmtpServer() as mail, XServer() as x, _place(mail, x) as place:
        posts = [x.put(f"@acme_jp 届きません {n}") for n in range(replies // 2)]
        x.limits = dict.fromkeys(x.limits, 1_000_000)
        _fill(place, replies - len(posts), posts)
        began = time.monotonic()
        with _trouble(mail, x, draw):

            def asked() -> int:
                return len(mail.commands) + len(x.requests)

            longest = 2 * replies * _SECONDS / kills
            moments = [_killed(place, asked, draw.uniform(0, longest)) for _ in range(kills)]
        _finish(place)
        counts = _counts(place, mail, x)
        counts["seconds"] = round(time.monotonic() - began)
    print(f"killed with SIGKILL {kills} times; replies on record as sent after each:")
    print("  " + "  ".join(str(count) for count in moments))
    for name, value in counts.items():
        print(f"{name:<58}{value:>6,}")
    return (
        counts["replies sent twice"] == counts["replies lost"] == counts["wrongly told sent"] == 0
    )


@dataclass(frozen=True, slots=True)
class Place:
    """A folder with a configuration and the record."""

    root: Path
    environment: dict[str, str]

    def send(self) -> subprocess.Popen[bytes]:
        """Start `madoguchi send`."""
        return subprocess.Popen(
            [sys.executable, "-m", "desk", "send"], env=self.environment, start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def ask(self, statement: str) -> list[Any]:
        """Carry an SQL statement out on the record."""
        with closing(sqlite3.connect(self.root / "var" / "madoguchi.sqlite3", timeout=60)) as held:
            found = held.execute(statement).fetchall()
            held.commit()
            return found


@contextmanager
def _place(mail: SmtpServer, x: XServer) -> Iterator[Place]:
    with TemporaryDirectory(prefix="madoguchi-bench-") as folder:
        root = Path(folder)
        (root / "now.toml").write_text('extends = "default"\n[sending]\nundo_seconds = 0\n')
        (root / "madoguchi.toml").write_text(
            'var = "var"\nlanguage = "en"\npolicy = "now.toml"\n'
            '[sending]\ninterrupted_seconds = 2\n[prefect]\napi_url = "http://127.0.0.1:9/api"\n'
            + smtp_tables(mail)
            + x_table(x)
        )
        environment = {
            **os.environ,
            "MADOGUCHI_CONFIG": str(root / "madoguchi.toml"),
            "DATABASE_URL": "",
            "SMTP_PASSWORD": mail.password,
            "BOX_PASSWORD": "x",
            "PYTHONPATH": str(Path(__file__).parents[2]),
            **{f"X_{name.upper()}": value for name, value in KEYS.items()},
        }
        yield Place(root, environment)


def _fill(place: Place, mails: int, posts: list[int]) -> None:
    program = f"from casebook.start import start; start()\n{_FILL}"
    what = json.dumps({"box": list(range(mails)), "x": posts})
    subprocess.run([sys.executable, "-c", program, what], env=place.environment, check=True)


@contextmanager
def _trouble(mail: SmtpServer, x: XServer, draw: random.Random) -> Iterator[None]:
    """Let both servers fail at random until the block ends."""
    over = threading.Event()

    def play() -> None:
        while not over.wait(0.05):
            mail.faults.clear()
            if draw.random() < _SHARE:
                stage, fault = draw.choice(_TROUBLES)
                mail.faults[stage] = fault
            x.fault = draw.choice(_FAULTS) if draw.random() < _SHARE else None
        mail.faults.clear()
        x.fault = None

    player = threading.Thread(target=play, daemon=True)
    player.start()
    try:
        yield
    finally:
        over.set()
        player.join()


def _killed(place: Place, asked: Callable[[], int], seconds: float) -> int:
    """Send, and be killed so many seconds after the first request; how many are told as sent by
    then. A run that has nothing to send is killed when idle."""
    before = asked()
    process = place.send()
    while asked() == before and process.poll() is None:
        time.sleep(0.005)
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        time.sleep(0.005)
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    _now(place)
    return int(place.ask("SELECT count(*) FROM casebook_draft WHERE state = 'sent'")[0][0])


def _now(place: Place) -> None:
    """Let what waits for another try have its time: a bench has no hours to wait."""
    place.ask("UPDATE casebook_draft SET not_before = NULL")
    place.ask("UPDATE casebook_sender SET not_before = '{}'")
    place.ask("DELETE FROM casebook_sendtry")


def _finish(place: Place) -> None:
    """Run on without trouble, until nothing waits that a machine can bring to its end."""
    before: list[Any] = []
    for _ in range(_ROUNDS):
        time.sleep(2.1)
        place.send().wait()
        _now(place)
        states = place.ask("SELECT state, count(*) FROM casebook_draft GROUP BY 1 ORDER BY 1")
        if states == before and not {"approved", "sending"} & {state for state, _ in states}:
            return
        before = states


def _counts(place: Place, mail: SmtpServer, x: XServer) -> dict[str, int]:
    taken = Counter(_mark(one.content) for one in mail.mails)
    taken += Counter(_mark(one["text"].encode()) for one in x.posted)
    rows = place.ask(
        "SELECT v.body, d.state, d.error FROM casebook_draft d JOIN casebook_draftversion v"
        " ON v.draft_id = d.id AND v.number = d.version"
    )
    states = {_mark(body.encode()): state for body, state, _ in rows}
    told = {_mark(body.encode()): bool(error) for body, _, error in rows}
    stuck = ("needs_check", "failed")
    lost = [
        mark for mark, state in states.items()
        if not (state == "sent" or (state in stuck and told[mark]))
    ]  # fmt: skip
    counts = Counter(states.values())
    return {
        "taken by the mail server": sum(_over_mail(mark) for mark in taken.elements()),
        "taken by X": sum(not _over_mail(mark) for mark in taken.elements()),
        **{f"replies on record: {state}": counts[state] for state in ("sent", *stuck)},
        "replies sent twice": sum(count > 1 for count in taken.values()),
        "replies lost": len(lost),
        "wrongly told sent": sum(states[m] == "sent" and not taken[m] for m in states),
    }


def _over_mail(mark: str) -> bool:
    return mark.startswith("box")


def _mark(content: bytes) -> str:
    """Which reply a text is, by the words that no other has."""
    text = content.decode("utf-8", "replace")
    if "Message-ID:" in text:
        body = message_from_bytes(content, policy=policy.default).get_body()
        assert body is not None
        text = body.get_content()
    found = re.search(r"お返事 (\w+-\d+) を", text)
    assert found is not None
    return found[1]
