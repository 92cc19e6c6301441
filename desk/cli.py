"""The command line `madoguchi`: one entry point, one module in `desk/commands` a matter."""

from __future__ import annotations

import sys

import typer

from casebook.errors import ConfigError, MadoguchiError
from desk.commands import (
    cases,
    draft,
    drafts,
    estimate,
    files,
    find,
    guard,
    keys,
    messages,
    outgoing,
    people,
    promises,
    protect,
    redact,
    relate,
    runs,
    triage,
)
from desk.trouble import told
from desk.words import say

_INTERRUPTED = 130
"""128 + SIGINT, as shells report it."""

app = typer.Typer(
    name="madoguchi",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help=say(
        "お客様の声の窓口。受信箱を取り込み、過去の似た事例を探し、返信案を用意します。",
        "Takes in customers' messages, finds similar past cases and drafts first replies.",
    ),
    epilog=say(
        "設定は madoguchi.toml（見本: madoguchi.example.toml）。まず madoguchi check をどうぞ。",
        "Configuration: madoguchi.toml (see madoguchi.example.toml). Begin with `madoguchi check`.",
    ),
)
for module in (
    runs,
    draft,
    drafts,
    cases,
    estimate,
    promises,
    outgoing,
    messages,
    find,
    relate,
    triage,
    redact,
    guard,
    protect,
    files,
    people,
    keys,
):
    module.register(app)


def main() -> None:
    """Run a command. An error is one clear line: exit code 2 for wrong use or configuration, 1 for
    a failure, 130 for Ctrl-C."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
    except MadoguchiError as error:
        _leave(error)
    except Exception as error:
        known = told(error)
        if known is None:
            raise
        _leave(known)


def _leave(error: MadoguchiError) -> None:
    typer.echo(f"madoguchi: {error}", err=True)
    sys.exit(2 if isinstance(error, ConfigError) else 1)
