"""A feedback box on loopback that keeps what it is given and can be told to misbehave."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

LOOPBACK = "127.0.0.1"


class FeedbackServer:
    """`messages` are what customers wrote, `replies` what they can read, by name. `fault` is what
    happens from now on: a status, `cut` (after a reply was taken), or `silence`."""

    key = "box-key-7f3k"

    def __init__(self) -> None:
        self.messages: list[Any] = []
        self.replies: dict[str, dict[str, Any]] = {}
        self.fault: int | str = 0
        self._http = ThreadingHTTPServer((LOOPBACK, 0), self._handler())
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)
        self.url = f"http://{LOOPBACK}:{self._http.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def answer(self, method: str, target: str, body: Any) -> tuple[int, Any]:
        """What the box's documentation says of a request."""
        parts = urlsplit(target)
        query = {key: int(values[0]) for key, values in parse_qs(parts.query).items()}
        name = parts.path.rpartition("/")[2]
        if (method, parts.path) == ("GET", "/count") and not query:
            return 200, {"count": len(self.messages)}
        if (method, parts.path) == ("GET", "/messages") and set(query) == {"after", "limit"}:
            rows = self.messages[query["after"] :][: query["limit"]]
            return 200, {"messages": rows, "last": query["after"] + len(rows)}
        if method == "GET" and parts.path.startswith("/replies/"):
            return (200, {"id": name}) if name in self.replies else (404, {})
        if method == "PUT" and parts.path.startswith("/replies/") and set(body) == {"to", "text"}:
            if len(body["text"]) > 2_000:
                return 413, {}
            self.replies.setdefault(name, body)
            return 200, {"id": name}
        return 400, {}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._serve(None)

            def do_PUT(self) -> None:
                self._serve(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

            def _serve(self, body: Any) -> None:
                if server.fault == "silence":
                    time.sleep(3)
                    return
                status, document = 401, dict[str, Any]()
                if isinstance(server.fault, int) and server.fault:
                    status = server.fault
                elif self.headers["Authorization"] == f"Bearer {server.key}":
                    status, document = server.answer(self.command, self.path, body)
                if server.fault == "cut" and body is not None:
                    return
                payload = json.dumps(document).encode()
                self.send_response(status)
                self.send_header("Retry-After", "30")
                self.send_header("Content-Length", str(len(payload)))
                self.end_headers()
                self.wfile.write(payload)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler
