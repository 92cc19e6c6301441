"""Encoders in another process: the same vectors, their errors, and a process that dies."""

from __future__ import annotations

from collections.abc import Iterator

import psutil
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


def _child() -> psutil.Process:
    return psutil.Process().children()[-1]


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
    process = Apart(Encoders("/nowhere/a-model"))
    for _ in range(2):
        process.ask(TEXTS)
        with pytest.raises(ConfigError, match="no such folder"):
            process.answer()
    process.close()


def test_a_process_that_died_is_told() -> None:
    process = Apart(Encoders("/nowhere/a-model"))
    child = _child()
    child.kill()
    child.wait()
    with pytest.raises(ChildProcessError):
        _documents(process)
    process.close()


def test_it_ends_with_this_process_even_where_that_is_killed() -> None:
    process = Apart(Encoders("/nowhere/a-model"))
    child = _child()
    # What the system does with the pipe of a process that was killed.
    process._pipe.close()
    assert child.wait(timeout=20) == 0
    process.close()
