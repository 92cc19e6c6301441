"""Commands on cases: fault, and at their end resolve, close, followup, survey."""

from __future__ import annotations

import getpass
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from casebook.errors import ConfigError
from casebook.start import prepare, start
from desk.commands.runs import become
from desk.words import as_json, say

if TYPE_CHECKING:
    from casebook.models import Case

Receipt = Annotated[str, typer.Argument(help=say("受付番号（M-…）", "Receipt number (M-…)"))]
AsJson = Annotated[bool, typer.Option("--json", help=say("JSON で出力", "Print JSON"))]


def register(app: typer.Typer) -> None:
    """Add this module's commands to the command line."""
    app.command(
        help=say(
            "自社に過失があったと確認できたことを、根拠とともに記録します。以後、過失を"
            "認める返信も確認で止まりません。取り消すには --not を添えます。",
            "Record, with the grounds, that the company was found at fault: from then on a reply "
            "may say so. With --not it is open again.",
        )
    )(fault)
    app.command(
        help=say(
            "案件を解決済みにします。解決の内容は --resolution か標準入力で。",
            "Mark a case as resolved; how it was resolved comes with --resolution or on standard "
            "input.",
        )
    )(resolve)
    app.command(help=say("案件を完了にします。", "Close a case: nothing more is to be done."))(
        close
    )
    app.command(
        help=say(
            "解決後のお伺いと途中経過の案を作り、ご連絡が途絶えた案件を完了にします。",
            "Draft the questions after resolution and the progress reports that are due, and close "
            "cases that have come to rest.",
        )
    )(followup)
    app.command(
        help=say(
            "満足度アンケートの結果を月ごとに示します（お名前は出しません）。",
            "Show the results of the satisfaction survey by month, without names.",
        )
    )(survey)


def fault(
    receipt: Receipt,
    note: Annotated[str, typer.Option(help=say("根拠", "The grounds for it"))],
    withdrawn: Annotated[
        bool, typer.Option("--not", help=say("確認を取り消す", "It is not established after all"))
    ] = False,
) -> None:
    """Confirm the company's fault in a case, or take that back."""
    start()
    from casebook import moves

    if not note.strip():
        raise ConfigError(say("根拠を --note で書いてください", "say on what grounds: --note TEXT"))
    case = moves.confirm_fault(_case(receipt).pk, getpass.getuser(), note, confirmed=not withdrawn)
    told = (
        (f"過失の確認を取り消しました：{case.receipt}", f"Fault open again: {case.receipt}")
        if withdrawn
        else (f"過失を確認済みにしました：{case.receipt}", f"Fault confirmed: {case.receipt}")
    )
    typer.echo(say(*told))


def resolve(
    receipt: Receipt,
    resolution: Annotated[
        str | None,
        typer.Option(help=say("どう解決したか", "How it was resolved")),
    ] = None,
) -> None:
    """Resolve a case with its resolution."""
    start()
    from casebook import moves

    text = resolution if resolution is not None else sys.stdin.read()
    if not text.strip():
        raise ConfigError(
            say(
                "どう解決したかを --resolution か標準入力で書いてください",
                "say how it was resolved: --resolution TEXT, or standard input",
            )
        )
    case = moves.resolve(_case(receipt).pk, getpass.getuser(), text.strip())
    typer.echo(say(f"解決済みにしました：{case.receipt}", f"Resolved: {case.receipt}"))


def close(receipt: Receipt) -> None:
    """Close a case."""
    start()
    from casebook import moves

    case = moves.close(_case(receipt).pk, getpass.getuser())
    typer.echo(say(f"完了にしました：{case.receipt}", f"Closed: {case.receipt}"))


def followup(json: AsJson = False) -> None:
    """Become the follow-up's process (`flows.terminal`): the desk itself never imports a flow."""
    prepare()
    become("flows.terminal", "followup", *["--json"] * json)


def survey(json: AsJson = False) -> None:
    """Print how satisfied customers are, month by month and in all."""
    start()
    from desk.satisfaction import figures, table

    found = figures()
    if json:
        typer.echo(as_json(found))
    else:
        table(found)


def _case(receipt: str) -> Case:
    from casebook.models import Case
    from casebook.receipt import find_receipts

    number = next(iter(find_receipts(receipt)), None)
    if number is None:
        raise ConfigError(
            say(
                f"{receipt!r} は受付番号ではありません（打ち間違い？ 例：M-7F3K2Q）",
                f"{receipt!r} is no receipt number: mistyped? One reads like M-7F3K2Q",
            )
        )
    case = Case.objects.select_related("merged_into").filter(receipt=number).first()
    if case is None:
        raise ConfigError(
            say(f"{number}: この案件はありません", f"{number}: there is no such case")
        )
    return case.merged_into or case
