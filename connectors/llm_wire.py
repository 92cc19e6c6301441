"""The way to a language model's endpoint and back: no header but what a request needs leaves, and
no answer is longer than what fits into memory.

Imported by `connectors.llm` where it asks: httpx2 takes time to load.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx2

from connectors.llm_tally import Tally

_MOST_BYTES = 512_000
_SENT = frozenset(
    {"host", "connection", "accept", "accept-encoding", "authorization", "user-agent"}
    | {"content-type", "content-length"}
)
"""What an endpoint must know. The openai library adds what it finds out about this machine, and
what the environment holds for other endpoints (OPENAI_ORG_ID, OPENAI_CUSTOM_HEADERS)."""


class Endless(Exception):
    """An answer is longer than any that is asked for."""


class Packed(Exception):
    """An answer came in an encoding that nobody asked for."""


class Client(httpx2.AsyncClient):
    """Counts each request that it makes in what `tally` gives. Reading an answer raises Endless or
    Packed, an error's body too."""

    def __init__(self, tally: Callable[[], Tally]) -> None:
        # A redirection would carry the text to another house.
        super().__init__(follow_redirects=False, event_hooks={"response": [_bounded]})
        self._tally = tally

    async def send(self, request: httpx2.Request, **how: Any) -> httpx2.Response:
        """Send a request without what the endpoint need not know."""
        tally = self._tally()
        tally.made, tally.open = tally.made + 1, tally.open + 1
        kept = {name: value for name, value in request.headers.items() if name in _SENT}
        # A few packed bytes may be gigabytes.
        headers = {**kept, "accept-encoding": "identity"}
        bare = httpx2.Request(
            request.method,
            request.url,
            headers=headers,
            stream=request.stream,
            extensions=request.extensions,
        )
        try:
            response = await super().send(bare, **how)
        except (httpx2.ConnectError, httpx2.ConnectTimeout):
            tally.open -= 1
            raise
        tally.open -= not response.is_success
        # The library finds in its own request how it wants to read the answer.
        response.request = request
        return response


async def _bounded(response: httpx2.Response) -> None:
    response.stream = _Bounded(response)


class _Bounded(httpx2.AsyncByteStream):
    """The body of a response, as far as it may be read."""

    def __init__(self, response: httpx2.Response) -> None:
        assert isinstance(response.stream, httpx2.AsyncByteStream)
        self._body = response.stream
        self._packed = response.headers.get("content-encoding", "identity") != "identity"

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """The body by pieces."""
        if self._packed:
            raise Packed
        size = 0
        async for piece in self._body:
            size += len(piece)
            if size > _MOST_BYTES:
                raise Endless
            yield piece

    async def aclose(self) -> None:
        """Let go of the connection."""
        await self._body.aclose()
