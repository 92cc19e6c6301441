"""The command that drafts replies to texts on standard input: draft."""

from __future__ import annotations

import sys
from itertools import islice
from typing import TYPE_CHECKING, Annotated

import typer

from desk import labelling
from desk.lines import Lines, row
from desk.words import as_json, lines, plain, say

if TYPE_CHECKING:
    from desk.drafting import Drafted, Written

_BATCH = 256
"""Messages that are answered at a time."""


def register(app: typer.Typer) -> None:
    """Add this module's command to the command line."""
    app.command(
        help=say(
            "標準入力の文に、返信案を書きます。記録は要りません。\n\n"
            "--json では1行に1つの {id, channel, language, subject, text} と、あれば "
            "display_name と visibility を読み、同じ id の {public, private, due, notes} を"
            "1行ずつ出します。"
            "公開の場（x、google、mastodon、bluesky、review）への返信が public で、private は"
            "お客様が個別のご連絡に移られてからの返信です。notes は承認する人だけのものです。",
            "Draft replies to the text on standard input. No record is needed.\n\n"
            "With --json it reads {id, channel, language, subject, text} and, where given, "
            "display_name and visibility, one a line, and prints {public, private, due, notes} "
            "under the same id. What is said in public (x, google, mastodon, bluesky, review) is "
            "public; private is what opens once the customer has come over. The notes are for the "
            "approver alone.",
        )
    )(draft)


def draft(
    json: Annotated[
        bool,
        typer.Option(
            "--json", help=say("JSON Lines を読み、出力する", "Read and print JSON Lines")
        ),
    ] = False,
) -> None:
    """Draft; exit code 1 where a line was bad."""
    from desk.drafting import as_row, drafted

    if not json:
        text = sys.stdin.buffer.read().decode("utf-8", errors="replace")
        _show(drafted([_read({"id": 1, "text": text})])[0])
        return

    rows = Lines(sys.stdin.buffer, lambda line: _with_id(row(line)))
    waiting = iter(rows)
    while batch := list(islice(waiting, _BATCH)):
        for one in drafted(batch):
            typer.echo(as_json(as_row(one)))
    rows.leave()


def _with_id(found: dict[str, object]) -> Written:
    if "id" not in found:
        raise ValueError(say("id がありません", "has no id"))
    return _read(found)


def _read(found: dict[str, object]) -> Written:
    from desk.commands.triage import asked
    from desk.drafting import written

    return written(found, asked(found))


def _show(one: Drafted) -> None:
    public, private = one.replies.public, one.replies.private
    if public:
        _part(say("公開の返信", "In public"), public.body)
    _part(say("返信", "In private"), private.body)
    note = one.notes
    parts = (
        (
            say("似た過去の事例", "Similar past cases"),
            [f"{p.receipt}  {plain(p.title, 50)}: {plain(p.solution)}" for p in note.similar],
        ),
        (say("解決の案", "Suggested solution"), [note.solution, note.authority]),
        (say("手順", "Checklist"), [f"□ {step}" for step in note.checklist]),
        (say("判定の根拠", "Evidence"), labelling.seen(note.evidence)),
        (say("ご確認ください", "Please check"), list(note.flags)),
    )
    for title, told in parts:
        if any(told):
            _part(title, "\n".join(filter(None, told)))


def _part(title: str, text: str) -> None:
    typer.echo(f"■ {title}\n{lines(text)}\n")
