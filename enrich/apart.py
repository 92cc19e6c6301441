"""Encoders in a process of their own.

A model asks for Python's lock at each of its thousands of operations: in another process it loads
and computes while this one reads, relates and answers.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from multiprocessing import Pipe
from multiprocessing.connection import Connection

from casebook.sparing import SPARING, loading
from casebook.types import Role
from enrich.encoders import Encoders

Vectors = dict[Role, bytes]

_LEAVE_SECONDS = 2.0


class Apart:
    """One process that encodes texts by `coders`; it ends with this one."""

    def __init__(self, coders: Encoders) -> None:
        """Start the process; each model is loaded there when it is first needed."""
        self.coders = coders
        self._pipe, theirs = Pipe()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "enrich.apart", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            env={**SPARING, **os.environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        theirs.close()
        self._pipe.send(coders)

    def ask(self, texts: Sequence[str]) -> None:
        """Let it begin with the vectors of texts. Raises ChildProcessError where it has died."""
        try:
            self._pipe.send(list(texts))
        except OSError as error:
            raise ChildProcessError("the encoding process has died") from error

    def ready(self) -> bool:
        """Whether `answer` has something to give, or raise, at once."""
        return self._pipe.poll()

    def answer(self) -> list[Vectors]:
        """The vectors for the earliest `ask` that is not answered, in the order of its texts.

        Raises what the encoders raise, and ChildProcessError where the process has died.
        """
        try:
            found = self._pipe.recv()
        except (EOFError, OSError) as error:
            raise ChildProcessError("the encoding process has died") from error
        if isinstance(found, Exception):
            raise found
        vectors: list[Vectors] = found
        return vectors

    def close(self) -> None:
        """End the process, whatever it does."""
        self._pipe.close()
        try:
            self._process.wait(_LEAVE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def serve(pipe: Connection) -> None:
    """Answer what is asked through `pipe` until its other end is closed."""
    try:
        coders: Encoders = pipe.recv()
        first = pipe.recv()
        with loading():
            found = _documents(coders, first)
        pipe.send(found)
        while True:
            pipe.send(_documents(coders, pipe.recv()))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return


def _documents(coders: Encoders, texts: list[str]) -> list[Vectors] | Exception:
    try:
        return coders.documents(texts)
    except Exception as error:
        return error


if __name__ == "__main__":
    # Ctrl-C reaches all processes of a terminal; this one ends when the other closes the pipe.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    serve(Connection(int(sys.argv[1])))
