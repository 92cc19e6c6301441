"""Commands on messages that got no answer: messages, retry."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer

from casebook.start import start
from casebook.states import MessageState
from desk.words import as_json, say

_LARGEST_KEY = 2**63 - 1

State = Annotated[
    MessageState | None,
    typer.Option(
        help=say(
            "この状態のもの。省くと、隔離されたものと対象外のもの",
            "Those in this state; left out, the quarantined and the ignored",
        )
    ),
]
Keys = Annotated[
    list[int],
    typer.Argument(
        min=1, max=_LARGEST_KEY, help=say("番号（madoguchi messages に出ます）", "Their keys")
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help=say("1行に1件の JSON", "One JSON a line"))]


def register(app: typer.Typer) -> None:
    """Add this module's commands to the command line."""
    app.command(
        help=say(
            "返信案が作られなかったメッセージと、その理由を並べます（新しい順に200件まで）。",
            "List the messages that got no draft, and why: newest first, 200 at the most.",
        )
    )(messages)
    app.command(
        help=say(
            "隔離されたもの・対象外のものを、次の取り込みで必ず扱うように戻します。",
            "Bring quarantined or ignored messages back: the next intake drafts a reply to them, "
            "whatever their headers or words say.",
        )
    )(retry)


def messages(state: State = None, json: AsJson = False) -> None:
    """Print messages with why they stand where they do."""
    start()
    from desk.messages import UNANSWERED, listed, message_json, messages_table

    found, total = listed(UNANSWERED if state is None else (state,))
    if not json:
        messages_table(found, total)
        return
    for row, why in found:
        typer.echo(as_json(message_json(row, why)))


def retry(keys: Keys) -> None:
    """Bring messages back; exit code 1 where one of them could not be."""
    start()
    from casebook import moves

    back = moves.retry(keys, getpass.getuser())
    if back:
        typer.echo(
            say(
                f"{len(back):,} 件を戻しました。次の取り込みで扱います（madoguchi intake）。",
                f"Brought back: {len(back):,}. The next intake takes them (madoguchi intake).",
            )
        )
    left = sorted(set(keys) - set(back))
    for key in left:
        why = say("隔離にも対象外にもありません", "neither in quarantine nor ignored")
        typer.echo(f"madoguchi: {key}: {why}", err=True)
    raise typer.Exit(1 if left else 0)
