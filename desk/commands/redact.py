"""The command that takes personal data out of texts: redact."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Annotated, Any

import typer

from casebook.config import settings
from casebook.policy import load_policy
from casebook.types import Span
from desk.lines import Lines, row
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
    rows = Lines(sys.stdin.buffer, _parse)
    for found in rows:
        spans = find(found["text"], names=not patterns, public=public)
        typer.echo(as_json({"id": found["id"], "text": found["text"], "spans": _rows(spans)}))
    rows.leave()


def _rows(spans: Iterable[Span]) -> list[dict[str, Any]]:
    return [{"start": span.start, "end": span.end, "type": span.label} for span in spans]


def _parse(line: bytes) -> dict[str, Any]:
    """One line's `id` and `text`. Raises ValueError with one clear line, which quotes nothing."""
    found = row(line)
    if "id" not in found or not isinstance(found.get("text"), str):
        raise ValueError(
            say('{"id", "text"} の形ではありません', 'not an object {"id", "text"} with a text')
        )
    return found
