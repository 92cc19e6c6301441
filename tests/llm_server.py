"""A language model's endpoint on loopback: `/v1/chat/completions` and `/v1/models` as documented.

https://platform.openai.com/docs/api-reference/chat/create: an authorised request names a model and
messages; the answer holds choices, each with a message and a finish reason, and the usage.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

LOOPBACK = "127.0.0.1"
KEY = "sk-very-secret"
MODEL = "small-model"

Document = dict[str, Any]


def blocks(request: Document) -> dict[str, str]:
    """What stands between the marks of the question, by name, as an obedient model reads it."""
    system, user = (message["content"] for message in request["messages"])
    mark = re.search(r"carry the mark ([0-9a-f]+)", system)
    assert mark is not None
    pattern = rf"^--- {mark[1]} BEGIN ([A-Z ]+)\n(.*?)\n--- {mark[1]} END \1$"
    return dict(re.findall(pattern, user, re.DOTALL | re.MULTILINE))


def completion(content: str | None, finish: str = "stop", **more: Any) -> Document:
    """A chat completion with one choice."""
    message = {"role": "assistant", "content": content, "refusal": None, **more}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_790_000_000,
        "model": MODEL,
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        "usage": {"prompt_tokens": 700, "completion_tokens": 300, "total_tokens": 1000},
    }


class Endpoint:
    """How the endpoint behaves from now on, and what it received.

    `body` writes the reply from the question's blocks; `answer` makes the whole document from a
    request. `status` with `headers` are for refusals, `silence` is how long it waits before it
    answers, `once` makes it well again after one refusal, `endless` lets it write on and on, `drip` a blank now and then, `plain` lets it refuse
    `response_format`.
    """

    def __init__(self, port: int) -> None:
        self.url = f"http://{LOOPBACK}:{port}/v1"
        self.requests: list[Document] = []
        self.raw: list[str] = []
        self.keys: set[str] = set()
        self.at_once = 0
        self.status, self.headers = 200, dict[str, str]()
        self.silence = 0.0
        self.endless = self.drip = self.plain = self.once = False
        self.body: Callable[[dict[str, str]], str] = lambda found: found["DRAFT"]
        self.answer: Callable[[Document], Any] = self._completed

    def table(self, **keys: object) -> str:
        """The `[llm]` table for it; the key stands in LLM_KEY."""
        more = "".join(f"{name} = {json.dumps(value)}\n" for name, value in keys.items())
        return f'[llm]\nbase_url = "{self.url}"\nmodel = "{MODEL}"\nkey = {{ env = "LLM_KEY" }}\n{more}'

    def _completed(self, request: Document) -> Document:
        return completion(json.dumps({"body": self.body(blocks(request))}, ensure_ascii=False))


@contextmanager
def llm() -> Iterator[Endpoint]:
    """An endpoint for the block."""
    released = threading.Event()
    lock, running = threading.Lock(), [0]

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._key()
            if found.status != 200:
                self._write(found.status, {"error": {"message": KEY}})
            else:
                self._write(200, {"object": "list", "data": [{"id": MODEL, "object": "model"}]})

        def do_POST(self) -> None:
            with lock:
                running[0] += 1
                found.at_once = max(found.at_once, running[0])
            try:
                self._post()
            finally:
                with lock:
                    running[0] -= 1

        def _post(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"])).decode()
            request = json.loads(raw)
            found.raw.append(f"{self.path}\n{self.headers}\n{raw}")
            found.requests.append(request)
            self._key()
            if found.silence and released.wait(found.silence):
                self.close_connection = True
            elif found.endless:
                self._on_and_on(b"on and on " * 1000, 0)
            elif found.drip:
                self._on_and_on(b" ", 0.05)
            elif found.plain and "response_format" in request:
                self._write(400, {"error": {"message": "unknown parameter"}})
            elif found.status != 200:
                status, found.status = found.status, 200 if found.once else found.status
                self._write(status, {"error": {"message": f"your key is {KEY}"}})
            else:
                self._write(200, found.answer(request))

        def _key(self) -> None:
            found.keys.add(self.headers["Authorization"])

        def _write(self, status: int, document: Any) -> None:
            data = document if isinstance(document, bytes) else json.dumps(document).encode()
            self.send_response(status)
            for name, value in found.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def _on_and_on(self, piece: bytes, pause: float) -> None:
            self.send_response(found.status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.close_connection = True
            begin = time.monotonic()
            try:
                self.wfile.write(b'{"choices": [{"message": {"content": "')
                while time.monotonic() - begin < 20 and not released.wait(pause):
                    self.wfile.write(piece)
            except OSError:
                return

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer((LOOPBACK, 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    found = Endpoint(server.server_address[1])
    try:
        yield found
    finally:
        released.set()
        server.shutdown()
        server.server_close()
        thread.join()
