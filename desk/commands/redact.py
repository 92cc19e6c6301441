"""The command that takes personal data out of texts: redact."""

from __future__ import annotations

import json as json_module
import sys
from collections.abc import Iterable
from typing import Annotated, Any

import typer

from casebook.config import settings
from casebook.policy import load_policy
from casebook.types import Span
from desk.words import as_json, say


def register(app: typer.Typer) -> None:
    """Add this module's command to the command line."""
    app.command(
        help=say(
            "標準入力の文から個人情報を見つけ、〔氏名1〕のような目印に置き換えます。\n\n"
            "--json では1行に1つの {id, text} を読み、どこに何があるかを {id, text, spans} で"
            "出します。"
            "設定も記録も要りません。",
            "Find personal data in the text on standard input and put placeholders such as "
            "[person 1] in its place.\n\n"
            "With --json it reads {id, text}, one a line, and prints what stands where as "
            "{id, text, spans}. Needs neither configuration nor record.",
        )
    )(redact)


def redact(
    patterns: Annotated[
        bool,
        typer.Option(
            "--patterns",
            help=say(
                "固有表現抽出を使わず、パターンだけで速く",
                "Patterns alone, without the entity recognition: fast",
            ),
        ),
    ] = False,
    json: Annotated[
        bool,
        typer.Option(
            "--json", help=say("JSON Lines を読み、出力する", "Read and print JSON Lines")
        ),
    ] = False,
) -> None:
    """Redact standard input; with --json line by line, exit code 1 where one was bad."""
    from enrich.personal_data import company_values, find
    from enrich.personal_data import redact as without

    public = company_values(load_policy(settings().policy))
    if not json:
        text = sys.stdin.buffer.read().decode("utf-8", errors="replace")
        sys.stdout.write(without(text, find(text, names=not patterns, public=public)))
        return
    bad = 0
    for number, line in enumerate(sys.stdin.buffer, start=1):
        if not line.strip():
            continue
        try:
            row = _parse(line)
        except ValueError as error:
            bad += 1
            told = say(f"{number} 行目: {error}", f"line {number}: {error}")
            typer.echo(f"madoguchi: {told}", err=True)
            continue
        spans = find(row["text"], names=not patterns, public=public)
        typer.echo(as_json({"id": row["id"], "text": row["text"], "spans": _rows(spans)}))
    if bad:
        raise typer.Exit(1)


def _rows(spans: Iterable[Span]) -> list[dict[str, Any]]:
    return [{"start": span.start, "end": span.end, "type": span.label} for span in spans]


def _parse(line: bytes) -> dict[str, Any]:
    """One line's `id` and `text`. Raises ValueError with one clear line, which quotes nothing."""
    try:
        row = json_module.loads(line)
    except (ValueError, RecursionError) as error:
        raise ValueError(say("JSON ではありません", "not JSON")) from error
    if not isinstance(row, dict) or "id" not in row or not isinstance(row.get("text"), str):
        raise ValueError(
            say('{"id", "text"} の形ではありません', 'not an object {"id", "text"} with a text')
        )
    return row
