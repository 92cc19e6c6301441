"""A TCP relay in front of an IMAP server that watches its clients' commands and can spoil some."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Self

LOOPBACK = "127.0.0.1"

Rule = Callable[[bytes], bytes | None]
"""From a command without its tag to what becomes of it: None lets it pass, b"" cuts the
connection, anything else is answered in the server's place, with `TAG` for the tag; after a BYE
the connection ends."""


class ImapProxy:
    """Relays plain IMAP from `port` to `target`; a context manager.

    `commands` records what the clients sent after their login, without tags.
    """

    host = "localhost"

    def __init__(self, target: int) -> None:
        self.rule: Rule = lambda _: None
        self.commands: list[bytes] = []
        self._target = target
        self._server = socketserver.ThreadingTCPServer((LOOPBACK, 0), self._handler())
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), daemon=True
        )
        self.port = int(self._server.server_address[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def count(self, verb: bytes) -> int:
        """How many recorded commands hold these bytes."""
        return sum(verb in command for command in self.commands)

    def _handler(self) -> type[socketserver.StreamRequestHandler]:
        proxy = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                with socket.create_connection((LOOPBACK, proxy._target)) as server:
                    back = threading.Thread(target=_pump, args=(server, self.request), daemon=True)
                    back.start()
                    with suppress(OSError):
                        while line := self.rfile.readline():
                            if not self._pass_on(line, server):
                                break
                    with suppress(OSError):
                        server.shutdown(socket.SHUT_RDWR)
                    back.join()

            def _pass_on(self, line: bytes, server: socket.socket) -> bool:
                tag, _, command = line.rstrip(b"\r\n").partition(b" ")
                if command and not command.startswith((b"AUTHENTICATE", b"LOGIN", b"CAPABILITY")):
                    proxy.commands.append(command)
                answer = proxy.rule(command)
                if answer is None:
                    server.sendall(line)
                elif answer:
                    self.wfile.write(answer.replace(b"TAG", tag) + b"\r\n")
                return answer is None or not (answer == b"" or answer.startswith(b"* BYE"))

        return Handler


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(65536):
            sink.sendall(piece)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_RDWR)
