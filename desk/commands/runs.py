"""Commands that run something: up, intake, desk, demo, check, bench."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from casebook.config import settings
from casebook.errors import ConfigError, MadoguchiError
from casebook.sparing import SPARING
from casebook.start import prepare
from desk.words import say

ROOT = Path(__file__).parents[2]
BENCHES = (
    "intake",
    "crash",
    "search",
    "relate",
    "triage",
    "redact",
    "guard",
    "index",
    "desk",
    "encode",
    "eta",
)


def register(app: typer.Typer) -> None:
    """Add this module's commands to the command line."""
    app.command(
        help=say(
            "Prefect のサーバーとワーカー、窓口のページを起動し、毎分の取り込みを続けます。",
            "Start Prefect's server and worker and the desk's pages, and take in messages every "
            "minute.",
        )
    )(up)
    app.command(
        help=say(
            "取り込みを一度だけ行います：受信、読み取り、返信案の作成まで。",
            "Run the intake once: poll, understand, draft.",
        )
    )(intake)
    app.command(
        help=say(
            "お客様向けのアンケートなど、窓口のページを公開します。",
            "Serve the desk's pages: the customers' survey.",
        )
    )(desk)
    app.command(
        help=say(
            "設定と、すべての接続を一つずつ確かめます。",
            "Validate the configuration and try every connection, one line each.",
        )
    )(check)
    app.command(
        help=say(
            "見本のメール40通と過去の事例60件で、ひととおり動かしてみせます。",
            "Show the whole way on 40 sample messages and 60 past cases.",
        )
    )(demo)
    app.command(
        help=say(
            f"性能と堅牢さを測ります：{'、'.join(BENCHES)}。",
            f"Measure speed and robustness: {', '.join(BENCHES)}.",
        ),
        context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    )(bench)


def up() -> None:
    """Become the process that runs everything (`flows.up`)."""
    prepare()
    become("flows.up")


def intake(
    due: Annotated[
        bool,
        typer.Option(
            "--due", help=say("間隔が過ぎた受信元だけ", "Only sources whose interval has passed")
        ),
    ] = False,
    json: Annotated[bool, typer.Option("--json", help=say("JSON で出力", "Print JSON"))] = False,
) -> None:
    """Become the intake's process (`flows.terminal`): the desk itself never imports a flow."""
    # That process needs the record as soon as it imports the flows: too early for one clear line.
    prepare()
    become("flows.terminal", "intake", *["--due"] * due, *["--json"] * json)


def desk(
    host: Annotated[
        str | None, typer.Option(help=say("待ち受けるアドレス", "Address to listen on"))
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help=say("ポート", "Port to listen on"))
    ] = None,
) -> None:
    """Serve the pages until Ctrl-C."""
    from desk.serving import serve

    # The pages answer to the names that the configuration holds, and to no other.
    if host is not None:
        os.environ["MADOGUCHI_DESK__HOST"] = host
    if port is not None:
        os.environ["MADOGUCHI_DESK__PORT"] = str(port)
    settings.cache_clear()
    serve(settings().desk.host, settings().desk.port)


def check() -> None:
    """One line for each part; exit code 2 where any is wrong."""
    from desk.checking import checks

    wrong = 0
    for name, problem, found in checks():
        wrong += bool(problem)
        mark = say("要対応", "WRONG") if problem else "OK"
        typer.echo(f"{mark:<6} {name}: {problem or found}", err=bool(problem))
    raise typer.Exit(2 if wrong else 0)


def demo() -> None:
    """Import the past, take the samples in, show the queue and one draft."""
    if not (ROOT / "samples").is_dir():
        raise ConfigError(f"{ROOT / 'samples'}: no such folder; run `madoguchi demo` from a clone")
    from desk.demo import show

    show(ROOT / "samples")


def bench(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help=say("測るもの", "What to measure"))],
) -> None:
    """Become the benchmark's process; `madoguchi bench NAME --help` tells its options."""
    if name not in BENCHES:
        raise ConfigError(f"bench {name!r} is unknown: use one of {', '.join(BENCHES)}")
    if not (ROOT / "tests" / "bench").is_dir():
        raise ConfigError("benchmarks run from a clone: their servers lie in tests/")
    os.environ["PYTHONPATH"] = os.pathsep.join(
        filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))
    )
    become(f"tests.bench.{name}", *context.args)


def reindex_missing() -> None:
    """Make the vectors that are missing, in a process of its own, with its progress bar.

    Raises MadoguchiError where that fails; what is recorded stays, and `madoguchi reindex` mends.
    """
    sys.stdout.flush()
    command = [sys.executable, "-m", "flows.terminal", "reindex"]
    done = subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
    if done.returncode:
        raise MadoguchiError(
            say(
                "取り込みは済みましたが、ベクトルを作れませんでした：`madoguchi reindex`",
                "all is recorded, but the vectors could not be made: `madoguchi reindex`",
            )
        )


def become(module: str, *words: str) -> None:
    """Replace this process by that of a module of ours."""
    sys.stdout.flush()
    environment = {**SPARING, **os.environ}
    os.execve(sys.executable, [sys.executable, "-m", module, *words], environment)  # noqa: S606
