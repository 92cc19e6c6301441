"""Commands that protect people: ledger, alerts."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Annotated

import typer

from casebook.config import settings
from casebook.errors import ConfigError
from casebook.start import start
from desk.words import as_json, plain, say

_LARGEST_KEY = 2**63 - 1

AsJson = Annotated[bool, typer.Option("--json", help=say("1行に1件の JSON", "One JSON a line"))]


def register(app: typer.Typer) -> None:
    """Add this module's commands to the command line."""
    app.command(
        help=say(
            "カスタマーハラスメントの台帳。お客様ごとの日時・類型・該当箇所と、方針に沿った対応の"
            "段階の提案を見せます。決めるのは人です。宛先を添えると、その方の記録だけを見せます。",
            "The ledger of customer harassment: for each customer dates, types and passages, and "
            "the step that the policy proposes; people decide. With an address, that customer's "
            "entries.",
        )
    )(ledger)
    app.command(
        help=say(
            "危機や脅迫を知らせたアラートと、その行方を並べます（新しい順に200件まで）。",
            "List the alerts on crises and threats and what became of them: newest first, 200 at "
            "the most.",
        )
    )(alerts)


def ledger(
    author: Annotated[
        str, typer.Argument(help=say("お客様のアドレスかアカウント", "Address or handle"))
    ] = "",
    export: Annotated[
        Path | None,
        typer.Option(
            help=say(
                "法務に渡す CSV を書き出す（伏せ字なし。新しいファイル名で）",
                "Write a CSV for the legal department, unmasked, into a new file",
            )
        ),
    ] = None,
    json: AsJson = False,
    unmask: Annotated[
        bool,
        typer.Option(
            "--unmask", help=say("該当箇所をそのまま見せる", "Show the passages as written")
        ),
    ] = False,
) -> None:
    """Print the ledger, or one customer's page of it; JSON and the file are unmasked."""
    start()
    from desk.ledger import customers, entry_json
    from desk.ledger import export as write
    from desk.ledger_pages import in_full, table

    found = customers(author)
    if author and not found:
        raise ConfigError(say(f"{author}: 台帳に記録はありません", f"{author}: not in the ledger"))
    if export is not None:
        count = write(export, found)
        typer.echo(
            say(f"{count:,} 件を書き出しました：{export}", f"Exported {count:,} entries: {export}")
        )
    elif json:
        for entry in (entry for one in found for entry in one.entries):
            typer.echo(as_json(entry_json(entry)))
    elif author:
        for one in found:
            in_full(one, unmask=unmask)
    else:
        table(found)


def alerts(
    json: AsJson = False,
    arrived: Annotated[
        int | None,
        typer.Option(
            metavar=say("番号", "KEY"),
            max=_LARGEST_KEY,
            help=say("「要確認」のこの1件は届いていた", "This one, which needs a check, arrived"),
        ),
    ] = None,
    again: Annotated[
        int | None,
        typer.Option(
            metavar=say("番号", "KEY"),
            max=_LARGEST_KEY,
            help=say(
                "「要確認」のこの1件は届いていない：もう一度送る",
                "This one, which needs a check, did not arrive: send it again",
            ),
        ),
    ] = None,
    test: Annotated[
        bool,
        typer.Option(
            "--test", help=say("すべての宛先に試しに送る", "Send a trial to every target")
        ),
    ] = False,
) -> None:
    """Print the alerts, settle one of them, or try the targets."""
    if test:
        _test()
        return
    start()
    from desk.alerts import alert_json, listed, table

    for key, it_arrived in ((arrived, True), (again, False)):
        if key is not None:
            _settle(key, arrived=it_arrived)
            return
    found = listed()
    if not json:
        table(found)
        return
    for alert, delivery in found:
        typer.echo(as_json(alert_json(alert, delivery)))


def _settle(key: int, *, arrived: bool) -> None:
    from casebook import models as m
    from casebook import moves

    try:
        moves.settle_delivery(key, getpass.getuser(), arrived=arrived)
    except m.AlertDelivery.DoesNotExist as error:
        raise ConfigError(
            say(f"{key}: この番号のアラートはありません", f"{key}: there is no such alert")
        ) from error
    typer.echo(
        say(f"届いたものとしました：{key}", f"Noted as arrived: {key}")
        if arrived
        else say(f"次の取り込みで送ります：{key}", f"The next intake sends it: {key}")
    )


def _test() -> None:
    """One line for each target; exit code 1 where one was not reached."""
    targets = settings().alerts.targets
    if not targets:
        raise ConfigError(
            say("宛先がありません（[[alerts.targets]]）", "no targets: add [[alerts.targets]]")
        )
    start()
    from desk.alerts import trial

    wrong = 0
    for target in targets:
        why = trial(target)
        wrong += bool(why)
        mark = say("失敗", "FAILED") if why else "OK"
        typer.echo(f"{mark:<6} {target.name}: {plain(why)}".rstrip(": "), err=bool(why))
    raise typer.Exit(1 if wrong else 0)
