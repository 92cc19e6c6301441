"""Services that alerts go to: a web hook and a mail server, real ones, on loopback."""

from __future__ import annotations

import json
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

LOOPBACK = "127.0.0.1"


class Hook:
    """A web hook: what it received, and how it answers from now on: `status`, or nothing for
    `silence` seconds with the connection open, then cut."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.received: list[dict[str, Any]] = []
        self.status = 200
        self.silence = 0.0

    @property
    def url(self) -> str:
        """Its address as apprise writes it; reading times out after half a second."""
        return f"json://{LOOPBACK}:{self.port}/hook?rto=0.5&cto=0.5"


@contextmanager
def hook() -> Iterator[Hook]:
    """A web hook for the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            size = int(self.headers["Content-Length"])
            found.received.append(json.loads(self.rfile.read(size)))
            if found.silence:
                time.sleep(found.silence)
                return
            self.send_response(found.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with _serving(ThreadingHTTPServer((LOOPBACK, 0), Handler)) as port:
        found = Hook(port)
        yield found


@contextmanager
def mail_drop() -> Iterator[tuple[int, list[str]]]:
    """A mail server (RFC 5321) that takes everything: its port, and the mails that came."""
    mails: list[str] = []

    class Session(socketserver.StreamRequestHandler):
        replies: ClassVar[dict[str, str]] = {"EHLO": "250 drop", "QUIT": "221 bye"}

        def handle(self) -> None:
            self._say("220 drop")
            while line := self.rfile.readline().decode().strip():
                verb = line.split()[0].upper()
                if verb == "DATA":
                    self._say("354 go on")
                    mails.append(self._data())
                    self._say("250 taken")
                    continue
                self._say(self.replies.get(verb, "250 well"))
                if verb == "QUIT":
                    return

        def _data(self) -> str:
            lines: list[str] = []
            while (line := self.rfile.readline().decode()) != ".\r\n":
                lines.append(line)
            return "".join(lines)

        def _say(self, line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

    with _serving(_MailServer((LOOPBACK, 0), Session)) as port:
        yield port, mails


class _MailServer(socketserver.ThreadingTCPServer):
    daemon_threads = True


@contextmanager
def _serving(server: socketserver.TCPServer) -> Iterator[int]:
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
