"""What stands before a server of the AT Protocol and can be told to misbehave."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import urlsplit

import requests

Fault = Literal["", "busy", "silence", "down", "drop", "redirect", "garbage"]
"""`drop`: what is written is passed on, and the connection broken instead of an answer."""
_WRITES = ("com.atproto.repo.createRecord", "chat.bsky.convo.sendMessage")
_KEPT = ("authorization", "atproto-proxy", "content-type")


class BlueskyFront:
    """Passes on to `behind` what it is asked. `fault` holds for all methods, or for those that
    begin with `only`; `change` may turn an answer into another. Left with the block."""

    def __init__(self, behind: str) -> None:
        self.behind = behind
        self.fault: Fault = ""
        self.only = ""
        self.change: Callable[[str, Any], Any] = lambda method, document: document
        self.asked: list[str] = []
        self.closing = Event()
        self._server = ThreadingHTTPServer(
            ("127.0.0.1", 0), type("H", (_Handler,), {"front": self})
        )
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    front: BlueskyFront

    def do_GET(self) -> None:
        self._pass(b"")

    def do_POST(self) -> None:
        self._pass(self.rfile.read(int(self.headers.get("content-length", "0"))))

    def _pass(self, body: bytes) -> None:
        method = urlsplit(self.path).path.removeprefix("/xrpc/")
        self.front.asked.append(method)
        fault = self.front.fault if method.startswith(self.front.only) else ""
        if fault == "silence":
            self.front.closing.wait(5)
            self.close_connection = True
        elif fault == "busy":
            reset = {"ratelimit-reset": str(int(time.time()) + 120), "ratelimit-remaining": "0"}
            self._reply(429, b'{"error": "RateLimitExceeded"}', reset)
        elif fault == "redirect":
            self._reply(302, b"", {"location": "http://127.0.0.1:9/"})
        elif fault == "down":
            self._reply(502, b"bad gateway")
        elif fault == "garbage":
            self._reply(200, b"<html>welcome</html>")
        else:
            self._forward(method, body, lost=fault == "drop" and method in _WRITES)

    def _forward(self, method: str, body: bytes, *, lost: bool) -> None:
        answer = requests.request(
            self.command,
            self.front.behind + self.path,
            data=body,
            headers={name: self.headers[name] for name in _KEPT if name in self.headers},
            timeout=20,
        )
        if lost:
            self.close_connection = True
            return
        content = answer.content
        if answer.ok and content:
            content = json.dumps(self.front.change(method, answer.json())).encode()
        self._reply(answer.status_code, content)

    def _reply(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing is written to the terminal."""
