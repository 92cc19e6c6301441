"""`madoguchi up`: Prefect's server, a worker, the deployments and the desk, on one machine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.request
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

from casebook.config import CONFIG_VARIABLE, config_path, settings
from casebook.errors import ConfigError, MadoguchiError
from casebook.sparing import SPARING
from casebook.start import start

POOL = "madoguchi"
_START_SECONDS = 90


def main() -> int:
    """Start all, and stop all at Ctrl-C or SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        start()
        with ExitStack() as stack:
            return _watch(_serve(stack))
    except KeyboardInterrupt:
        return 0
    except MadoguchiError as error:
        print(f"madoguchi: {error}", file=sys.stderr)
        return 2 if isinstance(error, ConfigError) else 1


def environment() -> dict[str, str]:
    """The environment in which Prefect's processes run: all they make lies in `var`."""
    found = settings()
    config = config_path()
    return {
        **SPARING,
        **os.environ,
        **({CONFIG_VARIABLE: str(config)} if config else {}),
        "PREFECT_API_URL": found.prefect.api_url,
        "PREFECT_HOME": str(found.var / "prefect"),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_CLI_PROMPT": "false",
        # Kept in memory, the lease of a run that a power cut ended would hold its slot for ever.
        "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": (
            "prefect.server.concurrency.lease_storage.filesystem"
        ),
    }


def _serve(stack: ExitStack) -> list[subprocess.Popen[bytes]]:
    url = settings().prefect.api_url
    address = urlsplit(url)
    host, port = address.hostname or "127.0.0.1", str(address.port or 4200)
    server = _child(stack, _command("server", "start", "--host", host, "--port", port))
    desk = _child(stack, [sys.executable, "-m", "desk", "desk"])
    _until_healthy("the Prefect server", f"{url}/health", server)
    _until_healthy("the desk", f"{_desk()}/healthz", desk)
    _prefect("work-pool", "create", POOL, "--type", "process", "--overwrite")
    _prefect("--no-prompt", "deploy", "--all", "--prefect-file", str(_prefect_file()))
    worker = _child(stack, _command("worker", "start", "--pool", POOL, "--name", POOL))
    print(f"Desk: {settings().desk.url or _desk()}", flush=True)
    print(f"Prefect: {url.removesuffix('/api')}  (Ctrl-C stops everything)", flush=True)
    return [server, worker, desk]


def _desk() -> str:
    """Where the desk answers on this machine."""
    table = settings().desk
    host = f"[{table.host}]" if ":" in table.host else table.host
    return f"http://{host}:{table.port}"


def _watch(children: list[subprocess.Popen[bytes]]) -> int:
    while all(child.poll() is None for child in children):
        time.sleep(1)
    print("madoguchi: a process ended; stopping the others", file=sys.stderr)
    return 1


def _child(stack: ExitStack, command: list[str]) -> subprocess.Popen[bytes]:
    child = subprocess.Popen(command, env=environment(), start_new_session=True)
    stack.callback(_stop, child)
    return child


def _stop(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is None:
        os.killpg(child.pid, signal.SIGINT)
        try:
            child.wait(timeout=15)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)


def _prefect(*words: str) -> None:
    done = subprocess.run(
        _command(*words), env=environment(), cwd=_prefect_file().parent, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise MadoguchiError(f"prefect {words[0]}: {(done.stderr or done.stdout).strip()[-300:]}")


def _command(*words: str) -> list[str]:
    return [sys.executable, "-m", "prefect", *words]


def _prefect_file() -> Path:
    file = Path(__file__).parent.parent / "prefect.yaml"
    if not file.exists():
        raise ConfigError(f"{file}: no such file; run `madoguchi up` from a clone")
    return file


def _until_healthy(name: str, url: str, child: subprocess.Popen[bytes]) -> None:
    for _ in range(_START_SECONDS * 2):
        try:
            with urllib.request.urlopen(url, timeout=2):  # noqa: S310
                return
        except OSError:
            time.sleep(0.5)
        if child.poll() is not None:
            raise MadoguchiError(f"{name} ended before it answered at {url}")
    raise MadoguchiError(f"{name} at {url} did not start in {_START_SECONDS} s")


if __name__ == "__main__":
    sys.exit(main())
