"""Encoders in another process: the same vectors, their errors, and a process that dies."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from casebook.errors import ConfigError
from enrich.apart import Apart, Vectors
from enrich.encoders import Encoders

TEXTS = ["届いた皿が割れていました。", "The plate arrived broken.", ""]


@pytest.fixture(scope="module")
def apart() -> Iterator[Apart]:
    process = Apart(Encoders("bundled"))
    yield process
    process.close()


def _documents(process: Apart) -> list[Vectors]:
    process.ask(TEXTS)
    return process.answer()


def test_it_gives_what_the_encoders_give_here(apart: Apart) -> None:
    apart.ask(TEXTS)
    assert apart.answer() == Encoders("bundled").documents(TEXTS)


def test_answers_come_in_the_order_of_the_questions(apart: Apart) -> None:
    apart.ask(TEXTS[:1])
    apart.ask(TEXTS[1:])
    first, *rest = apart.answer() + apart.answer()
    apart.ask(TEXTS)
    assert apart.answer() == [first, *rest]


def test_a_model_that_is_not_there_is_told_and_ends_nothing() -> None:
    with closing(Apart(Encoders("/nowhere/a-model"))) as process:
        for _ in range(2):
            process.ask(TEXTS)
            with pytest.raises(ConfigError, match="no such folder"):
                process.answer()


def test_a_process_that_died_is_told() -> None:
    with closing(Apart(Encoders("/nowhere/a-model"))) as process:
        process._process.kill()
        process._process.wait()
        with pytest.raises(ChildProcessError):
            _documents(process)


def test_it_ends_with_this_process_even_where_that_is_killed() -> None:
    with closing(Apart(Encoders("/nowhere/a-model"))) as process:
        # What the system does with the pipe of a process that was killed.
        process._pipe.close()
        assert process._process.wait(timeout=20) == 0
