"""The command that judges texts and learns from people's corrections: triage."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Mapping
from dataclasses import asdict
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO

import typer
from rich.console import Console
from rich.table import Table

from casebook.config import settings
from casebook.errors import ConfigError
from casebook.policy import load_policy
from casebook.start import start
from casebook.types import Asked, Channel, Triage
from desk.commands.runs import become
from desk.lines import Lines, row
from desk.words import as_json, plain, say

if TYPE_CHECKING:
    from casebook import models as m

_BATCH = 256
"""Messages that are judged at a time."""

_NAMES = {
    "kind": ("種類", "Kind"),
    "cause": ("原因", "Cause"),
    "severity": ("重大度", "Severity"),
    "crisis": ("危機", "Crisis"),
    "demands": ("要望", "Demands"),
    "conduct": ("言動", "Conduct"),
    "conduct_types": ("言動の類型", "Type of conduct"),
    "anger": ("怒り", "Anger"),
    "products": ("商品", "Products"),
    "missing": ("不足", "Missing"),
}


def register(app: typer.Typer) -> None:
    """Add this module's command to the command line."""
    app.command(
        help=say(
            "標準入力の文を読み、種類・原因・重大度・要望・危機・言動と、その根拠を表に出します。\n\n"
            "--json では1行に1つの {id, channel, language, subject, text} を読み、同じ id の"
            "ラベルを1行ずつ出します。evidence の start と end は、subject・改行・text を"
            "つないだ文字列での文字位置です。confidence は0から1。\n\n"
            "--correct では、人の訂正を1行ずつ読みます： message（メッセージの番号）か"
            " case（受付番号）か text（文そのもの）のどれかと、expect（正しいラベル）。"
            "次の学習から効きます。\n\n"
            "--refit は、訂正を含めて学習し直します。",
            "Judge the text on standard input: kind, cause, severity, demands, crisis, conduct, "
            "and what shows it.\n\n"
            "With --json it reads {id, channel, language, subject, text}, one a line, and prints "
            "the labels under the same id, one a line. The start and end of evidence count the "
            "characters of subject, a line break, text. Confidence is 0 to 1.\n\n"
            "With --correct it reads people's corrections, one a line: message (its number), case "
            "(a receipt number) or text, and expect, the right labels. They count from the next "
            "refit on.\n\n"
            "--refit learns anew, corrections included.",
        )
    )(triage)


def triage(
    correct: Annotated[
        bool,
        typer.Option("--correct", help=say("訂正を読み込む", "Read corrections")),
    ] = False,
    refit: Annotated[
        bool, typer.Option("--refit", help=say("学習し直す", "Learn from the corrections now"))
    ] = False,
    who: Annotated[
        str, typer.Option(help=say("訂正した人", "Who corrects"), show_default=False)
    ] = "",
    json: Annotated[
        bool,
        typer.Option(
            "--json", help=say("JSON Lines を読み、出力する", "Read and print JSON Lines")
        ),
    ] = False,
) -> None:
    """Judge, correct or refit; exit code 1 where a line was bad."""
    if correct and refit:
        raise ConfigError(say("--correct と --refit は別々に", "--correct or --refit, not both"))
    if refit:
        become("flows.terminal", "refit", *["--json"] * json)
    if correct:
        _correct(sys.stdin.buffer, who or getpass.getuser(), json)
    elif json:
        _judge_lines(sys.stdin.buffer)
    else:
        text = sys.stdin.buffer.read().decode("utf-8", errors="replace")
        _show(_judge([asked({"text": text})])[0])


def _judge_lines(lines: BinaryIO) -> None:
    """Print the labels of each line."""

    def parse(line: bytes) -> tuple[Any, Asked]:
        if "id" not in (found := row(line)):
            raise ValueError(say("id がありません", "has no id"))
        return found["id"], asked(found)

    rows = Lines(lines, parse)
    waiting = iter(rows)
    while batch := list(islice(waiting, _BATCH)):
        for (key, _), found in zip(batch, _judge([one for _, one in batch]), strict=True):
            typer.echo(as_json(_told(key, found)))
    rows.leave()


def _correct(lines: BinaryIO, who: str, json: bool) -> None:
    """Keep each line's correction."""
    start()
    from casebook import moves

    def keep(line: bytes) -> m.Correction:
        expect = (found := row(line)).get("expect")
        if not isinstance(expect, dict):
            raise ValueError(say("expect がありません", "has no expect"))
        return moves.correct(_meant(found), expect, who)

    kept = 0
    rows = Lines(lines, keep)
    for found in rows:
        kept += 1
        if json:
            typer.echo(as_json({"correction": found.pk, "expect": found.expect}))
    if not json:
        typer.echo(say(f"訂正 {kept} 件を記録しました。", f"{kept} corrections are kept."))
    rows.leave()


def _meant(row: Mapping[str, Any]) -> int | Asked:
    """The key of the message that a correction means, or its text.

    Raises ValueError where it means none, and ConfigError where the case is unknown.
    """
    if isinstance(key := row.get("message"), int):
        return key
    if isinstance(receipt := row.get("case"), str):
        return _first_message(receipt).pk
    return asked(row)


def _first_message(receipt: str) -> m.Message:
    from casebook.models import Message
    from casebook.receipt import find_receipts
    from casebook.types import Direction

    numbers = find_receipts(receipt)
    found = Message.objects.filter(case__receipt__in=numbers, direction=Direction.IN)
    message = found.order_by("pk").first()
    if message is None:
        raise ConfigError(say("その受付番号の事例はありません", "there is no such case"))
    return message


def _judge(asked: list[Asked]) -> list[Triage]:
    from desk.judging import judged

    return judged(asked)


def _told(identity: Any, found: Triage) -> dict[str, Any]:
    return {
        "id": identity,
        "kind": found.kind,
        "cause": found.cause,
        "demands": found.demands,
        "severity": found.severity,
        "crisis": found.crisis,
        "conduct": found.conduct,
        "conduct_types": found.conduct_types,
        "anger": found.anger,
        "language": found.language,
        "products": found.products,
        "entities": found.entities,
        "missing": found.missing,
        "evidence": [asdict(span) for span in found.evidence],
        "confidence": {name: round(value, 3) for name, value in found.confidence.items()},
    }


def _show(found: Triage) -> None:
    table = Table(show_header=False, box=None)
    for name, (ja, en) in _NAMES.items():
        value = getattr(found, name)
        told = ", ".join(value) if isinstance(value, tuple) else str(value)
        sure = found.confidence.get(name)
        table.add_row(say(ja, en), told or "–", "" if sure is None else f"{sure:.0%}")
    for span in found.evidence:
        table.add_row(say("根拠", "Evidence"), f"{span.label}: {plain(span.text, 60)}", "")
    Console(highlight=False, markup=False).print(table)


def asked(row: Mapping[str, Any]) -> Asked:
    """The message of a line. Raises ValueError where it has no text."""
    from enrich.language import detect

    subject, text = row.get("subject") or "", row.get("text")
    if not isinstance(text, str) or not isinstance(subject, str):
        raise ValueError(say("text がありません", "has no text"))
    language = row.get("language") or detect(
        f"{subject}\n{text}", load_policy(settings().policy).language
    )
    channel = row.get("channel")
    known = Channel(channel) if channel in set(Channel) else Channel.EMAIL
    return Asked(subject, text, str(language), known)
