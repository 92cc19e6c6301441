"""A whole network of AT Protocol servers of the suite's own, for as long as a block lasts.

Bluesky's own software, from npm (`make services` installs it), with a PostgreSQL and a Redis: a
directory of identities, a server that holds accounts and one that indexes posts. `tests.bluesky_chat`
plays the chat service, which is not published, and `tests.bluesky_front` what goes wrong.
"""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Self

import requests

from tests.postgres import PostgreSQL
from tests.services import free_port

FOLDER = Path(__file__).parent / "bluesky"
INSTALLED = FOLDER / "node_modules" / ".installed"
POST = "app.bsky.feed.post"
_START_SECONDS = 90.0
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Person:
    """An account: who it is, its password, and a token that opens it."""

    did: str
    handle: str
    password: str
    token: str


class BlueskyNetwork:
    """A running network; `url` is the server that holds the accounts. Left with the block."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._last = datetime.now(UTC)
        self.url = ""

    def __enter__(self) -> Self:
        """Start it. Raises RuntimeError where it does not come up."""
        with ExitStack() as stack:
            scratch = stack.enter_context(TemporaryDirectory(prefix="madoguchi-bluesky-"))
            database = stack.enter_context(PostgreSQL(free_port()))
            redis = stack.enter_context(_redis())
            self._node = stack.enter_context(
                _running(
                    [str(FOLDER / "node_modules/.bin/node"), str(FOLDER / "network.mjs")],
                    DB_POSTGRES_URL=database.url,
                    REDIS_HOST=f"127.0.0.1:{redis}",
                    LOG_ENABLED="false",
                    TMPDIR=scratch,
                )
            )
            # A start that hangs ends with its process, and so with its output.
            timer = threading.Timer(_START_SECONDS, self._node.kill)
            timer.start()
            self.url = json.loads(self._line(lambda line: line.startswith("{")))["pds"]
            timer.cancel()
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop all of it."""
        self._stack.close()

    def settle(self) -> None:
        """Wait until what was written can be found everywhere."""
        assert self._node.stdin is not None
        self._node.stdin.write("\n")
        self._node.stdin.flush()
        self._line(lambda line: line == "done")

    def person(self, name: str, display_name: str = "") -> Person:
        """A new account, whose handle begins with `name`."""
        handle = f"{name}{next(_numbers)}.test"
        account = {"handle": handle, "email": f"{handle}@example.jp", "password": "hunter-two-two"}
        made = self.call("com.atproto.server.createAccount", account)
        person = Person(made["did"], handle, account["password"], made["accessJwt"])
        if display_name:
            profile = {"$type": "app.bsky.actor.profile", "displayName": display_name}
            self.record(person, "app.bsky.actor.profile", profile, rkey="self")
        return person

    def app_password(self, person: Person, *, dms: bool = True) -> str:
        """An app password for an account, with or without access to direct messages."""
        body = {"name": f"desk{next(_numbers)}", "privileged": dms}
        made = self.call("com.atproto.server.createAppPassword", body, person)
        return str(made["password"])

    def post(self, person: Person, text: str, **more: Any) -> dict[str, str]:
        """A post; its `uri` and `cid`."""
        # Each a moment after the one before: posts are listed by their time.
        self._last = max(datetime.now(UTC), self._last + timedelta(milliseconds=1))
        stamp = self._last.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        made = self.record(person, POST, {"$type": POST, "text": text, "createdAt": stamp} | more)
        return {"uri": made["uri"], "cid": made["cid"]}

    def mention(self, person: Person, whom: Person, text: str, **more: Any) -> dict[str, str]:
        """A post whose first character stands for a person, as names do in the app."""
        feature = {"$type": "app.bsky.richtext.facet#mention", "did": whom.did}
        end = len(text[0].encode())
        facet = {"index": {"byteStart": 0, "byteEnd": end}, "features": [feature]}
        return self.post(person, text, facets=[facet], **more)

    def record(
        self, person: Person, collection: str, record: dict[str, Any], rkey: str | None = None
    ) -> dict[str, Any]:
        """Put a record into a person's repository."""
        body = {"repo": person.did, "collection": collection, "record": record}
        if rkey is not None:
            body["rkey"] = rkey
        return self.call("com.atproto.repo.createRecord", body, person)

    def delete(self, person: Person, uri: str) -> None:
        """Delete one of a person's posts."""
        body = {"repo": person.did, "collection": POST, "rkey": uri.rpartition("/")[2]}
        self.call("com.atproto.repo.deleteRecord", body, person)

    def posts(self, person: Person) -> list[dict[str, Any]]:
        """All posts of a person as they really are: `uri` and `value`."""
        answer = requests.get(
            f"{self.url}/xrpc/com.atproto.repo.listRecords",
            params={"repo": person.did, "collection": POST, "limit": "100"},
            timeout=20,
        )
        found: list[dict[str, Any]] = answer.json()["records"]
        return found

    def call(
        self, method: str, body: dict[str, Any], person: Person | None = None
    ) -> dict[str, Any]:
        """Have something done, by a person or anybody."""
        headers = {"authorization": f"Bearer {person.token}"} if person else {}
        answer = requests.post(f"{self.url}/xrpc/{method}", json=body, headers=headers, timeout=20)
        assert answer.ok, answer.text
        document: dict[str, Any] = answer.json() if answer.content else {}
        return document

    def _line(self, wanted: Any) -> str:
        assert self._node.stdout is not None
        for line in self._node.stdout:
            if wanted(line.strip()):
                return str(line.strip())
        raise RuntimeError("the network of Bluesky's servers ended: see its output above")


@contextmanager
def _redis() -> Iterator[int]:
    port = free_port()
    words = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    with _running(words):
        end = time.monotonic() + 10
        while time.monotonic() < end:
            ping = ["redis-cli", "-p", str(port), "ping"]
            if subprocess.run(ping, capture_output=True, check=False).returncode == 0:
                yield port
                return
            time.sleep(0.05)
        raise RuntimeError("redis-server does not answer")


@contextmanager
def _running(words: list[str], **environment: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        words,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE if environment else subprocess.DEVNULL,
        env={**os.environ, "NODE_NO_WARNINGS": "1", **environment},
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()
