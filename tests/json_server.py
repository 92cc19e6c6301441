"""A web service of JSON on loopback, for what each service's own class says it answers.

It keeps a log of its requests, and can be told to misbehave.
"""

from __future__ import annotations

import json
import sys
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

LOOPBACK = "127.0.0.1"
Answer = tuple[int, Any, dict[str, str]]
"""Status, document, further headers."""
READING = ("GET",)
WRITING = ("POST", "PUT", "DELETE")


@dataclass
class Request:
    """One request: `query` and `form` with all values of each name."""

    method: str
    path: str
    query: dict[str, list[str]]
    form: dict[str, list[str]]
    document: Any
    headers: dict[str, str]
    status: int = 0


@dataclass
class Fault:
    """What becomes of requests of these `methods`: a status with headers, "drop" (it is done, then
    the connection is cut), or "silence"."""

    kind: int | str
    methods: tuple[str, ...] = READING + WRITING
    headers: dict[str, str] = field(default_factory=dict)
    document: Any = None


class RefusedError(Exception):
    """A request that is answered with an error."""

    def __init__(self, status: int, document: Any, headers: dict[str, str] | None = None) -> None:
        super().__init__(status)
        self.answer: Answer = (status, document, headers or {})


class QuietServer(ThreadingHTTPServer):
    """Callers that are killed are nothing to tell of."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class JsonServer:
    """See the module; a service overrides `answer`. `fault` holds until it is taken back."""

    def __init__(self) -> None:
        self.fault: Fault | None = None
        self.requests: list[Request] = []
        self.lock = threading.RLock()
        self._over = threading.Event()
        self._http = QuietServer((LOOPBACK, 0), _handler(self))
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)
        self.url = f"http://{LOOPBACK}:{self._http.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def answer(self, request: Request) -> Answer:
        """What the service answers; it may raise RefusedError."""
        raise NotImplementedError

    def served(self, request: Request) -> Answer | None:
        """The answer, or None for a connection that ends without one."""
        fault = self.fault
        with self.lock:
            self.requests.append(request)
            if fault is None or request.method not in fault.methods:
                return self._done(request)
            if fault.kind == "drop":
                self._done(request)
                return None
            if isinstance(fault.kind, int):
                return fault.kind, fault.document or {}, fault.headers
        self._over.wait(20)
        return None

    def _done(self, request: Request) -> Answer:
        try:
            answer = self.answer(request)
        except RefusedError as error:
            answer = error.answer
        request.status = answer[0]
        return answer


def _handler(server: JsonServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            parts = urlsplit(self.path)
            form, document = {}, None
            if "json" in self.headers.get("Content-Type", ""):
                document = json.loads(raw)
            else:
                form = parse_qs(raw.decode(), keep_blank_values=True)
            query = parse_qs(parts.query, keep_blank_values=True)
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Request(self.command, unquote(parts.path), query, form, document, headers)
            answer = server.served(request)
            if answer is None:
                self.close_connection = True
                return
            status, told, more = answer
            payload = told if isinstance(told, bytes) else json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(payload)))
            for name, value in more.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(payload)

        do_GET = do_POST = do_PUT = do_DELETE = _serve

        def log_message(self, format: str, *args: Any) -> None:
            """Stay silent: the tests' output is theirs."""

    return Handler
