"""Whatever happens between and within polls, the last words of every post come in, each once."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casebook.types import Cursor, Inbound
from connectors.base import Source
from tests.connectors.backends_google import GoogleBackend
from tests.connectors.backends_mastodon import MastodonBackend

STEPS = st.lists(
    st.one_of(
        st.just(("put", 0)),
        st.tuples(st.just("edit"), st.integers(0, 9)),
        st.tuples(st.just("delete"), st.integers(0, 9)),
        st.tuples(st.just("poll"), st.integers(0, 4)),
    ),
    min_size=1,
    max_size=14,
)
PATIENT = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


class Record:
    """What is recorded, and where the source stands then."""

    def __init__(self) -> None:
        self.cursor: Cursor = {}
        self.found: dict[str, Inbound] = {}

    def poll(self, source: Source, most: int | None = None) -> None:
        """Poll; after `most` batches the run is killed, the last of them recorded."""
        for number, batch in enumerate(source.poll(self.cursor), 1):
            for inbound in batch.inbounds:
                self.found.setdefault(inbound.identity, inbound)
            self.cursor = json.loads(json.dumps(batch.cursor))
            if number == most:
                return

    def texts(self) -> list[str]:
        return [inbound.text for inbound in self.found.values()]


def play(
    steps: list[tuple[str, int]],
    source: Callable[[], Source],
    put: Callable[[str], str],
    edit: Callable[[str, str], None],
    delete: Callable[[str], None],
) -> None:
    record, standing = Record(), dict[str, str]()
    for turn, (step, number) in enumerate(steps):
        names, words = sorted(standing), f"text {turn}"
        if step == "put":
            standing[put(words)] = words
        elif step == "poll":
            record.poll(source(), number or None)
        elif names and step == "edit":
            name = names[number % len(names)]
            edit(name, words)
            standing[name] = words
        elif names:
            name = names[number % len(names)]
            delete(name)
            del standing[name]
    record.poll(source())
    texts = record.texts()
    assert set(standing.values()) <= set(texts)
    assert len(texts) == len(set(texts))
    before = dict(record.found)
    record.poll(source())
    assert record.found == before


@PATIENT
@given(STEPS)
def test_mastodon(
    request: pytest.FixtureRequest, tmp_path: Path, steps: list[tuple[str, int]]
) -> None:
    with MastodonBackend(request, tmp_path) as played:
        server = played.server
        server.now = datetime(2026, 11, 1, tzinfo=UTC)

        def tick() -> None:
            assert server.now is not None
            server.now += timedelta(seconds=1)

        def edit(name: str, text: str) -> None:
            tick()
            server.edit(name, f"<p>{text}</p>")

        def source() -> Source:
            return played_account(played, page_size=20)

        play(steps, source, lambda text: server.put(f"<p>{text}</p>"), edit, server.delete)


def played_account(played: MastodonBackend, **changed: Any) -> Source:
    from connectors.mastodon import MastodonAccount

    return MastodonAccount("mastodon", played.options(**changed))


@PATIENT
@given(STEPS, st.booleans())
def test_google(
    request: pytest.FixtureRequest, tmp_path: Path, steps: list[tuple[str, int]], at_once: bool
) -> None:
    with GoogleBackend(request, tmp_path) as played:
        server = played.server
        at: dict[str, Any] = {"at": datetime(2026, 9, 1, tzinfo=UTC)} if at_once else {}
        count = 0

        def put(text: str) -> str:
            nonlocal count
            count += 1
            return server.put(text, location=("501", "502")[count % 2], **at)

        def edit(name: str, text: str) -> None:
            server.change(name, text, 2)
            # What is new after this is not older.
            at.clear()

        play(steps, played.account, put, edit, server.delete)
