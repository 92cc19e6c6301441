"""The command that reads replies before they leave the house: guard."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from casebook.config import settings
from casebook.policy import load_policy
from desk.lines import Lines, row
from desk.words import as_json, plain, say

_SHOWN = 40
"""Characters of a passage that the table shows."""


def register(app: typer.Typer) -> None:
    """Add this module's command to the command line."""
    app.command(
        help=say(
            "標準入力の返信（JSON Lines）を確かめ、送ってはならない点を表に出します。\n\n"
            "1行は {id, now, language, channel, visibility, case: {conduct, fault_confirmed, "
            "severity, customer_language, customer_name, due, authority: {refund_max_yen, "
            "may_replace}}, reply}。id と reply のほかは省けます。\n\n"
            "--json では1行に1件 {id, block, findings: [{code, start, end, why}]} を出します。"
            "start と end は reply の文字位置です。",
            "Read replies (JSON Lines) on standard input and show what speaks against sending "
            "them.\n\n"
            "A line is {id, now, language, channel, visibility, case: {conduct, fault_confirmed, "
            "severity, customer_language, customer_name, due, authority: {refund_max_yen, "
            "may_replace}}, reply}; all but id and reply may be left out.\n\n"
            "With --json it prints {id, block, findings: [{code, start, end, why}]}, one a line; "
            "start and end count characters of the reply.",
        )
    )(guard)


def guard(
    json: Annotated[
        bool, typer.Option("--json", help=say("JSON Lines を出力する", "Print JSON Lines"))
    ] = False,
) -> None:
    """Judge each line; exit code 1 where one was bad."""
    from desk.guarding import as_rows, asked, judge, why

    policy = load_policy(settings().policy)
    rows = Lines(sys.stdin.buffer, lambda line: asked(row(line), policy))
    table = Table(box=None, show_header=True)
    for ja, en in (
        ("返信", "Reply"),
        ("判定", "Verdict"),
        ("該当箇所", "Passage"),
        ("理由", "Why"),
    ):
        table.add_column(say(ja, en))
    for one in rows:
        findings = judge(one, policy)
        block = any(finding.blocking for finding in findings)
        if json:
            found = {"id": one.identity, "block": block, "findings": as_rows(findings)}
            typer.echo(as_json(found))
            continue
        if not findings:
            table.add_row(plain(str(one.identity), _SHOWN), "OK", "", "")
        for finding in findings:
            verdict = say("停止", "blocked") if finding.blocking else say("注意", "warning")
            passage = plain(one.reply.body[finding.start : finding.end], _SHOWN)
            name = plain(str(one.identity), _SHOWN)
            table.add_row(name, verdict, passage, f"{finding.code}: {why(finding)}")
    if not json:
        Console(highlight=False, markup=False).print(table)
    rows.leave()
