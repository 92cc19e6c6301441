"""Commands on files: parse, import."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from casebook.errors import ConfigError
from casebook.start import start
from desk.words import as_json, lines, plain, say

Own = Annotated[
    list[str] | None,
    typer.Option(
        "--own", help=say("自社のアドレス（繰り返し可）", "An address of ours; repeatable")
    ),
]


def register(app: typer.Typer) -> None:
    """Add this module's commands to the command line."""
    app.command(
        help=say(
            "メール1通を読み解いて見せます。何も記録しません。",
            "Show what is read from one mail. Nothing is recorded.",
        )
    )(parse)
    app.command(
        "import",
        help=say(
            "ファイルを取り込みます：.eml、mbox、Maildir、JSON Lines、CSV。返信や解決の列がある行は"
            "過去の事例になります。途中で止めても、もう一度実行すれば続きから取り込みます。",
            "Import files: .eml, mbox, Maildir, JSON Lines, CSV. Rows with a reply or a resolution "
            "become past cases. Stopped half-way, it goes on when run again.",
        ),
    )(import_)


def parse(
    file: Annotated[Path, typer.Argument(help=say("メールのファイル", "A mail's file"))],
    own: Own = None,
    json: Annotated[bool, typer.Option("--json", help=say("JSON で出力", "Print JSON"))] = False,
) -> None:
    """Parse one mail."""
    from connectors.mime import as_json as mail_json
    from connectors.mime import parse_mail

    try:
        raw = file.read_bytes()
    except OSError as error:
        raise ConfigError(f"{file}: {error.strerror}") from error
    inbound = parse_mail(raw, own=tuple(own or ()))
    if json:
        typer.echo(as_json(mail_json(inbound)))
        return
    rows = (
        (say("差出人", "From"), f"{plain(inbound.display_name)} <{plain(inbound.author)}>"),
        (say("日時", "Sent"), inbound.sent_at.isoformat() if inbound.sent_at else "–"),
        (say("件名", "Subject"), plain(inbound.subject)),
        (say("添付", "Attached"), ", ".join(plain(a.name or a.type) for a in inbound.attachments)),
        (say("印", "Flags"), ", ".join(inbound.flags.names())),
        (say("不備", "Defects"), "; ".join(plain(defect) for defect in inbound.defects)),
    )
    for title, value in rows:
        if value:
            typer.echo(f"{title}: {value}")
    typer.echo(f"\n{lines(inbound.new_text)}")


def import_(
    path: Annotated[Path, typer.Argument(help=say("ファイルかフォルダ", "A file or a folder"))],
    column: Annotated[
        list[str] | None,
        typer.Option(
            help=say(
                "列の対応（例： --column text=本文）。繰り返し可",
                "Which column holds what (--column text=Body); repeatable",
            )
        ),
    ] = None,
    system: Annotated[
        str, typer.Option(help=say("元のシステムの名前", "Name of the system it comes from"))
    ] = "",
    own: Own = None,
) -> None:
    """Import a file or folder; print what was taken, known, and skipped and why."""
    columns = dict(_pair(text) for text in column or ())
    start()
    from desk.commands.runs import reindex_missing
    from desk.importing import take_in

    found = take_in(path, columns=columns, system=system, own=tuple(own or ()))
    typer.echo(
        say(
            f"過去の事例 {found.past:,} 件、新しいメッセージ {found.messages:,} 件を取り込みました"
            f"（取り込み済み {found.known:,} 件、除外 {found.skipped:,} 件）。",
            f"Imported {found.past:,} past cases and {found.messages:,} new messages "
            f"({found.known:,} known already, {found.skipped:,} skipped).",
        )
    )
    for skipped in found.reasons:
        typer.echo(f"  {plain(skipped.where)}: {plain(skipped.why)}", err=True)
    if found.skipped > len(found.reasons):
        typer.echo("  …", err=True)
    reindex_missing()


def _pair(text: str) -> tuple[str, str]:
    key, equals, name = text.partition("=")
    if not (key and equals and name):
        raise ConfigError(f"--column {text!r}: write KEY=COLUMN, such as text=Body")
    return key, name
