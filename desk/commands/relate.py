"""The command that relates scenarios: relate."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from casebook.config import settings
from desk.lines import Lines
from desk.words import as_json, plain, say

_KINDS = {
    "new": ("新規", "new"),
    "duplicate": ("重複", "duplicate"),
    "follow-up": ("続報", "follow-up"),
    "incident": ("同じ出来事", "incident"),
}


def register(app: typer.Typer) -> None:
    """Add this module's command to the command line."""
    app.command(
        help=say(
            "標準入力のシナリオ（1行に1つの JSON）を読み、各メッセージが重複・続報・"
            "同じ出来事・新規のどれかを、根拠とともに答えます。設定も記録も要りません。",
            "Read scenarios from standard input, one JSON a line, and tell of each message whether "
            "it is a duplicate, a follow-up, an incident's further voice or new, and why. Needs "
            "neither configuration nor record.",
        )
    )(relate)


def relate(
    json: Annotated[
        bool, typer.Option("--json", help=say("JSON Lines で出力", "Print JSON Lines"))
    ] = False,
) -> None:
    """Relate each line as soon as it is read; exit code 1 where one was bad."""
    from desk.scenarios import as_row, parse, related
    from enrich.embed import Encoder

    table = settings().embedding
    encoder: Encoder | None = None
    scenarios = Lines(sys.stdin.buffer, parse)
    for scenario in scenarios:
        encoder = encoder or Encoder(table.model, table.batch_size)
        row = as_row(scenario, related(scenario, encoder.documents))
        typer.echo(as_json(row)) if json else _print(row)
        sys.stdout.flush()
    scenarios.leave()


def _print(row: dict[str, Any]) -> None:
    typer.echo(plain(str(row["id"])))
    for found in row["relations"]:
        kind = say(*_KINDS[found["relation"]])
        of = f" → {plain(str(found['of']))}" if found["of"] is not None else ""
        why = (
            "、".join(found["evidence"])
            if say("ja", "en") == "ja"
            else ", ".join(found["evidence"])
        )
        typer.echo(f"  {plain(str(found['key']))}  {kind}{of}  {why}".rstrip())
        for look_alike in found.get("suggestions", ()):
            told = ", ".join(look_alike["evidence"])
            typer.echo(
                f"      {say('似ている', 'looks like')} {plain(str(look_alike['of']))}  {told}"
            )
