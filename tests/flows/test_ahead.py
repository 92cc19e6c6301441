"""Vectors made ahead: each message gets its own, whatever happens meanwhile."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from enrich.encoders import Encoders
from flows.ahead import Ahead

TEXTS = {7: "届いた皿が割れていました。", 8: "The plate arrived broken."}


@pytest.fixture(scope="module")
def coders() -> Encoders:
    return Encoders("bundled")


@pytest.fixture
def ahead() -> Iterator[Ahead]:
    made = Ahead()
    yield made
    made.close()


def _broken() -> Iterator[None]:
    yield
    raise ValueError("a message that cannot be read")


def test_what_fails_meanwhile_mixes_up_no_vectors(ahead: Ahead, coders: Encoders) -> None:
    right = coders.documents(list(TEXTS.values()))
    ahead.begin(coders, {5: "まったく別の文です。", 6: "Something else altogether."})
    assert ahead.vectors(coders, TEXTS, _broken()) == right
    ahead.begin(coders, TEXTS)
    assert ahead.vectors(coders, TEXTS, _broken()) == right


def test_after_a_process_has_died_another_one_is_started(ahead: Ahead, coders: Encoders) -> None:
    ahead.load(coders)
    assert ahead._apart is not None
    child = ahead._apart._process
    child.kill()
    child.wait()
    # What was asked of the dead one is lost, and asked again.
    assert ahead.vectors(coders, TEXTS, iter(())) == coders.documents(list(TEXTS.values()))
