"""A receiver of webhooks on loopback: what it got, and how it answers."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LOOPBACK = "127.0.0.1"


class Receiver:
    """What came in (headers by their lower-case names, bodies), and what is answered from now on:
    `status` with `location`, after `silence` seconds, a byte at a time with `drip`."""

    def __init__(self, port: int) -> None:
        self.url = f"http://{LOOPBACK}:{port}/hook?a=1"
        self.headers: list[dict[str, str]] = []
        self.bodies: list[bytes] = []
        self.paths: list[str] = []
        self.status, self.location = 204, ""
        self.silence = 0.0
        self.drip = False


@contextmanager
def receiver() -> Iterator[Receiver]:
    """A receiver for the block."""
    released = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.headers.append({name.lower(): value for name, value in self.headers.items()})
            found.bodies.append(body)
            found.paths.append(self.path)
            released.wait(found.silence)
            try:
                while found.drip and not released.is_set():
                    self.wfile.write(b"H")
                    time.sleep(0.05)
                self.send_response(found.status)
                if found.location:
                    self.send_header("Location", found.location)
                self.end_headers()
            except OSError:
                pass

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer((LOOPBACK, 0), Handler)
    found = Receiver(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        released.set()
        server.shutdown()
        server.server_close()
        thread.join()
