"""The endpoint of a language model that answers well, badly, late, without end, and not at all."""

from __future__ import annotations

import gzip
import json
import logging
import time
from collections.abc import Iterator

import pytest

from casebook.config import Llm, Secret
from casebook.errors import ConfigError, PermanentError
from connectors.llm import Said, Trouble, ask, models
from tests.llm_server import KEY, LOOPBACK, MODEL, Endpoint, completion, llm
from tests.services import free_port

QUESTION = [("system", "Be kind."), ("user", "customer's words")]


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    monkeypatch.setenv("LLM_KEY", KEY)
    with llm() as found:
        found.answer = lambda request: completion("well")
        yield found


def table(endpoint: Endpoint, **keys: object) -> Llm:
    values = {"base_url": endpoint.url, "model": MODEL, "key": Secret(env="LLM_KEY"), **keys}
    return Llm.model_validate(values)


def one(endpoint: Endpoint, seconds: float = 10.0, **keys: object) -> Said:
    (said,) = ask(table(endpoint, **keys), [QUESTION], seconds)
    return said


def test_it_asks_as_the_reference_says(endpoint: Endpoint) -> None:
    assert one(endpoint) == Said("well", "", 1000, 1)
    (request,) = endpoint.requests
    assert request["model"] == MODEL
    assert request["messages"] == [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "customer's words"},
    ]
    assert request["response_format"] == {"type": "json_object"}
    assert endpoint.keys == {f"Bearer {KEY}"}


def test_a_model_of_ones_own_needs_no_key(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "another-house's")
    assert one(endpoint, key=None).content == "well"
    assert "another-house's" not in "".join(endpoint.keys)


def test_an_endpoint_that_knows_no_json_mode_is_asked_without(endpoint: Endpoint) -> None:
    endpoint.plain = True
    assert one(endpoint) == Said("well", "", 1000, 2)
    assert set(endpoint.requests[-1]) == {"model", "messages"}
    assert one(endpoint, retries=0) == Said("", "it answered with status 400", 0, 1)


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ({"choices": [], "usage": None}, "its answer is empty"),
        (completion(""), "its answer is empty"),
        (completion(None), "its answer is empty"),
        (completion(None, refusal="I cannot help."), "the model declined"),
        (completion("x", "content_filter"), "the model declined"),
        (completion("x", "length"), "its answer was cut off"),
        ({"object": "list"}, "its answer is no chat completion"),
        ({"choices": [None]}, "its answer is no chat completion"),
        ({"choices": {"a": 1}}, "its answer is no chat completion"),
        ([1], "its answer is no chat completion"),
        (b"<html>", "its answer is no chat completion"),
        (b"\xff\xfe", "its answer is no chat completion"),
        (b"[" * 100_000, "its answer is no chat completion"),
        (b"", "its answer is no chat completion"),
    ],
)
def test_answers_that_are_none(endpoint: Endpoint, answer: object, problem: str) -> None:
    endpoint.answer = lambda request: answer
    assert one(endpoint) == Said("", problem, 0, 1, 1)


@pytest.mark.parametrize(
    ("status", "requests", "problem"),
    [
        (500, 2, "it answered with status 500"),
        (404, 1, "it answered with status 404"),
        (401, 1, "it does not accept the key"),
        (403, 1, "it does not accept the key"),
        (307, 1, "it answered with status 307"),
    ],
)
def test_refusals(endpoint: Endpoint, status: int, requests: int, problem: str) -> None:
    endpoint.status, endpoint.headers = status, {"Location": "http://127.0.0.1:9/elsewhere"}
    assert one(endpoint) == Said("", problem, 0, requests)


def test_a_busy_endpoint_is_asked_again_when_it_says(endpoint: Endpoint) -> None:
    endpoint.status, endpoint.headers = 429, {"Retry-After": "1"}
    began = time.monotonic()
    assert one(endpoint) == Said("", "it answered with status 429", 0, 2)
    assert time.monotonic() - began >= 1


def test_nobody_waits_longer_than_the_limit_for_a_busy_one(endpoint: Endpoint) -> None:
    endpoint.status, endpoint.headers = 429, {"Retry-After": "30"}
    began = time.monotonic()
    assert one(endpoint, 1.0) == Said("", Trouble.LATE, 0, 1)
    assert time.monotonic() - began < 4


def test_silence_ends_at_the_limit_and_what_was_answered_counts(endpoint: Endpoint) -> None:
    said = ask(table(endpoint), [QUESTION], 10)
    endpoint.silence = 30
    began = time.monotonic()
    late = ask(table(endpoint), [QUESTION] * 6, 1.0)
    assert time.monotonic() - began < 4
    assert said == [Said("well", "", 1000, 1)]
    assert {one.problem for one in late} == {Trouble.LATE}
    # Four at once: two were never asked.
    assert sorted(one.requests for one in late) == [0, 0, 1, 1, 1, 1]
    assert all(one.uncounted == one.requests for one in late)
    assert endpoint.at_once == 4


@pytest.mark.parametrize("status", [200, 404])
def test_an_answer_without_end_is_left(endpoint: Endpoint, status: int) -> None:
    endpoint.endless, endpoint.status = True, status
    assert one(endpoint).problem == "its answer has no end"


def test_an_answer_that_drips_ends_at_the_limit(endpoint: Endpoint) -> None:
    endpoint.drip = True
    began = time.monotonic()
    assert one(endpoint, 1.0) == Said("", Trouble.LATE, 0, 1, 1)
    assert time.monotonic() - began < 4


def test_a_packed_answer_is_not_unpacked(endpoint: Endpoint) -> None:
    bomb = gzip.compress(b" " * 200_000_000, 9)
    endpoint.answer, endpoint.headers = lambda request: bomb, {"Content-Encoding": "gzip"}
    assert one(endpoint).problem == "its answer is no chat completion"
    assert "accept-encoding: identity" in endpoint.raw[0].casefold()


@pytest.mark.parametrize("count", [10**30, -5, "many", 0, None])
def test_a_count_that_cannot_be_is_not_believed(endpoint: Endpoint, count: object) -> None:
    endpoint.answer = lambda request: {**completion("well"), "usage": {"total_tokens": count}}
    assert one(endpoint) == Said("well", "", 0, 1, 1)


def test_the_environment_tells_the_endpoint_nothing(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "another-house's")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "another-house's")
    monkeypatch.setenv(
        "OPENAI_CUSTOM_HEADERS", "Authorization: Bearer another-house's\nX-Team: another-house's"
    )
    assert one(endpoint).content == "well"
    assert models(table(endpoint)) == (MODEL,)
    assert "another-house" not in "".join(endpoint.raw)
    assert endpoint.keys == {f"Bearer {KEY}"}
    assert "stainless" not in endpoint.raw[0].casefold()


def test_where_nothing_answers(endpoint: Endpoint) -> None:
    away = f"http://{LOOPBACK}:{free_port()}/v1"
    assert one(endpoint, base_url=away) == Said("", "nothing answers there", 0, 2)
    with pytest.raises(PermanentError, match="nothing answers there"):
        models(table(endpoint, base_url=away))


def test_the_models_are_listed(endpoint: Endpoint) -> None:
    assert models(table(endpoint)) == (MODEL,)
    endpoint.status = 404
    assert models(table(endpoint)) == ()
    endpoint.status = 401
    with pytest.raises(PermanentError, match="does not accept the key") as told:
        models(table(endpoint))
    assert KEY not in str(told.value)
    assert endpoint.requests == []


def test_a_key_that_is_missing_is_told(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LLM_KEY")
    with pytest.raises(ConfigError, match="LLM_KEY"):
        one(endpoint)


@pytest.mark.parametrize("status", [200, 401, 500])
def test_no_log_shows_a_key_or_a_text(
    endpoint: Endpoint, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("openai").setLevel(logging.DEBUG)
    endpoint.status = status
    endpoint.answer = lambda request: completion("the model's words")
    said = one(endpoint)
    for secret in (KEY, "customer's words", "the model's words"):
        assert secret not in caplog.text
        assert secret not in json.dumps(said.problem)
