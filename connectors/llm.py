"""A language model behind an OpenAI-compatible API, asked within a time limit.

Alone in using openai (https://platform.openai.com/docs/api-reference/chat/create). No key, question
or answer is logged, and what the endpoint says of an error is not told on.
"""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass, replace
from enum import StrEnum
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from casebook.config import Llm
from casebook.errors import ConfigError, PermanentError
from connectors.llm_tally import Tally

if TYPE_CHECKING:
    from openai import AsyncOpenAI

MOST_TOKENS = 4_000
"""Tokens that an answer may have, with those that a model thinks in."""

_AT_ONCE = 4
_MOST_COUNTED = 1_000_000
"""Tokens of one answer that an endpoint is believed to have counted."""
_CODE = "llm"
_HAND_OVER = 1.0
"""Seconds for ending what the time limit cuts off."""

_NO_EXTRAS = frozenset({400, 422})
"""With these an endpoint refuses a parameter that it does not know."""

Messages = Sequence[tuple[str, str]]
"""A chat so far: role and content of each message."""

_TALLY: ContextVar[Tally | None] = ContextVar("tally", default=None)
"""That of the question that is being asked."""


@dataclass(frozen=True, slots=True)
class Said:
    """What became of a question: the `content` of the answer, or the `problem` in one line that
    holds no text of anybody; the tokens that the endpoint counted (0: it did not say, or nothing
    that can be believed), the requests that were made, and those among them that may have cost
    tokens which nobody counted."""

    content: str = ""
    problem: str = ""
    tokens: int = 0
    requests: int = 0
    uncounted: int = 0


class Trouble(StrEnum):
    """What can go wrong; a status has its number behind it."""

    LATE = "no answer in time"
    AWAY = "nothing answers there"
    KEY = "it does not accept the key"
    STATUS = "it answered with status"
    FORM = "its answer is no chat completion"
    EMPTY = "its answer is empty"
    CUT_OFF = "its answer was cut off"
    ENDLESS = "its answer has no end"
    DECLINED = "the model declined"


class _Unusable(Exception):
    """An answer that holds no text to go on with."""


def ask(table: Llm, questions: Sequence[Messages], seconds: float) -> list[Said]:
    """Ask all questions, a few at once, and return within `seconds` (and one more at the most) with
    what was answered until then, in their order. Raises ConfigError where the key or the package is
    missing; whatever the endpoint does becomes a `problem`."""
    found = _Round(table, questions)
    # A loop of its own, whatever runs in the caller's thread; as a daemon it holds up nobody, not
    # even while a name is being looked up.
    thread = threading.Thread(target=found.run, args=(seconds,), daemon=True, name="llm")
    thread.start()
    thread.join(seconds + _HAND_OVER)
    return found.said()


def models(table: Llm, seconds: float = 5.0) -> tuple[str, ...]:
    """The names of the models that the endpoint lists (none where it has no list); costs nothing.
    Raises PermanentError with one line where it does not answer or does not take the key, and
    ConfigError as `ask` does."""
    client = _client(table, retries=0)

    async def listed() -> tuple[str, ...]:
        async with client, asyncio.timeout(seconds):
            page = await client.models.list()
            return tuple(model.id for model in page.data or ())

    try:
        return asyncio.run(listed())
    except Exception as error:
        if getattr(error, "status_code", None) in (404, 405):
            return ()
        raise PermanentError(_problem(error), _CODE) from None


class _Round:
    """All questions of one call."""

    def __init__(self, table: Llm, questions: Sequence[Messages]) -> None:
        self._table, self._questions = table, questions
        self._client = _client(table, table.retries)
        self._extras = True
        self._answers: dict[int, Said] = {}
        self._tallies = [Tally() for _ in questions]
        self._gate = asyncio.Semaphore(_AT_ONCE)

    def run(self, seconds: float) -> None:
        """Ask until all is answered or the time is over."""
        asyncio.run(self._all(seconds))

    def said(self) -> list[Said]:
        """What is known by now."""
        answers = dict(self._answers)
        late = Said(problem=Trouble.LATE)
        return [
            replace(answers.get(number, late), requests=tally.made, uncounted=tally.open)
            for number, tally in enumerate(self._tallies)
        ]

    async def _all(self, seconds: float) -> None:
        async with self._client:
            tasks = [asyncio.create_task(self._one(n)) for n in range(len(self._questions))]
            _, late = await asyncio.wait(tasks, timeout=seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _one(self, number: int) -> None:
        tally = self._tallies[number]
        _TALLY.set(tally)
        async with self._gate:
            try:
                content, tokens = await self._answered(self._questions[number], tally)
                self._answers[number] = Said(content, "", tokens)
                tally.open -= bool(tokens)
            except Exception as error:
                self._answers[number] = Said(problem=_problem(error))

    async def _answered(self, messages: Messages, tally: Tally) -> tuple[str, int]:
        """The answer's content and its tokens; once without the extras where the endpoint refuses
        them and there is a further try."""
        try:
            return await self._completed(messages, self._table.retries)
        except Exception as error:
            refused = getattr(error, "status_code", None) in _NO_EXTRAS and self._extras
            left = self._table.retries - tally.made
            if not refused:
                raise
            self._extras = False
            if left < 0:
                raise
            return await self._completed(messages, left)

    async def _completed(self, messages: Messages, retries: int) -> tuple[str, int]:
        extras: dict[str, Any] = {}
        if self._extras:
            extras = {
                "response_format": {"type": "json_object"},
                "max_completion_tokens": MOST_TOKENS,
            }
        chat = self._client.with_options(max_retries=retries).chat.completions
        request = chat.with_streaming_response.create(
            model=self._table.model,
            messages=[{"role": role, "content": content} for role, content in messages],  # type: ignore[misc]
            **extras,
        )
        async with request as response:
            return _content(await response.read())


def _content(data: bytes) -> tuple[str, int]:
    """Content and tokens. Endpoints leave out much of what the reference asks for, so only what is
    needed here is read."""
    try:
        found = json.loads(data)
        choices, usage = found["choices"], found.get("usage") or {}
        choice = choices[0] if choices else {"message": {}}
        message, reason = choice["message"], choice.get("finish_reason")
        refused, content = message.get("refusal"), message.get("content")
        tokens = usage.get("total_tokens")
    except (ValueError, RecursionError, TypeError, KeyError, AttributeError):
        raise _Unusable(Trouble.FORM) from None
    if refused or reason == "content_filter":
        raise _Unusable(Trouble.DECLINED)
    if reason == "length":
        raise _Unusable(Trouble.CUT_OFF)
    if not isinstance(content, str) or not content.strip():
        raise _Unusable(Trouble.EMPTY)
    if not isinstance(tokens, int) or not 0 < tokens <= _MOST_COUNTED:
        return content, 0
    return content, tokens


def _client(table: Llm, retries: int) -> AsyncOpenAI:
    if find_spec("openai") is None:
        raise ConfigError("llm: the package openai is missing: pip install 'madoguchi[llm]'")
    import openai

    from connectors.llm_wire import Client

    # Told to, the library logs whole requests.
    logging.getLogger("openai").setLevel(logging.WARNING)
    key = table.key.reveal() if table.key else "none"
    return openai.AsyncOpenAI(
        base_url=table.base_url,
        api_key=key,
        max_retries=retries,
        timeout=table.seconds,
        # The environment may hold a key for another endpoint, in OPENAI_CUSTOM_HEADERS.
        default_headers={"Authorization": f"Bearer {key}"},
        http_client=Client(lambda: _TALLY.get() or Tally()),
    )


def _problem(error: Exception) -> str:
    import openai

    from connectors.llm_wire import Endless, Packed

    if isinstance(error, _Unusable):
        return str(error)
    if isinstance(error, Endless):
        return Trouble.ENDLESS
    if isinstance(error, Packed):
        return Trouble.FORM
    if isinstance(error, openai.APITimeoutError | TimeoutError):
        return Trouble.LATE
    if isinstance(error, openai.AuthenticationError | openai.PermissionDeniedError):
        return Trouble.KEY
    if isinstance(error, openai.APIStatusError):
        return f"{Trouble.STATUS} {error.status_code}"
    if isinstance(error, openai.APIConnectionError):
        return Trouble.AWAY
    # The text of an error that nobody foresaw may hold anything.
    return f"unforeseen {type(error).__name__}"
