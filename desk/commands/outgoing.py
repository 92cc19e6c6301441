"""Commands on replies that leave: send, check-sent, recheck."""

from __future__ import annotations

import getpass
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from casebook.clock import now
from casebook.errors import ConfigError, IllegalMove
from casebook.receipt import find_receipts
from casebook.start import prepare, start
from casebook.states import DraftState
from desk.commands.drafts import Receipt, Which
from desk.commands.runs import become
from desk.words import as_json, say

AsJson = Annotated[bool, typer.Option("--json", help=say("JSON で出力", "Print JSON"))]


def register(app: typer.Typer) -> None:
    """Add this module's commands to the command line."""
    app.command(
        help=say(
            "承認済みの返信を送ります。--list は送信待ち・要確認・送信失敗を並べ、--pause は"
            "すべての送信を直ちに止め、--resume で再開します。",
            "Send what was approved. --list shows what waits, is in doubt or failed; --pause stops "
            "everything at once, --resume lets it leave again.",
        )
    )(send)
    app.command(
        "check-sent",
        help=say(
            "「要確認」の返信が届いていたか（--sent）、届いていないか（--not-sent：もう一度"
            "送ります）を記録します。",
            "Say of a reply that needs a check whether it arrived (--sent) or not (--not-sent: it "
            "is sent again).",
        ),
    )(check_sent)
    app.command(
        help=say(
            "元の場所で削除された投稿を確かめ、ここからも消します。",
            "Look up which posts were deleted where they came from, and erase them here.",
        )
    )(recheck)


def send(
    pause: Annotated[
        bool, typer.Option("--pause", help=say("送信を止める", "Let nothing leave"))
    ] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help=say("送信を再開する", "Let replies leave again"))
    ] = False,
    account: Annotated[
        str,
        typer.Option(help=say("--pause と --resume をこのアカウントだけに", "Only this account")),
    ] = "",
    dry_run: Annotated[
        Path | None,
        typer.Option(
            "--dry-run",
            metavar=say("フォルダー", "FOLDER"),
            help=say(
                "送らずに、送る内容をファイルに書き出す", "Write what would leave to a folder"
            ),
        ),
    ] = None,
    once: Annotated[
        bool, typer.Option("--once", help=say("一度だけ送る（既定）", "Send once (the default)"))
    ] = False,
    listing: Annotated[
        bool,
        typer.Option("--list", help=say("送信待ちなどを並べる", "Show what waits and why")),
    ] = False,
    again: Annotated[
        str,
        typer.Option(
            metavar=say("受付番号かコード", "RECEIPT|CODE"),
            help=say(
                "送信失敗の返信をもう一度送る。コード（sender_refused など）なら、それで失敗した"
                "すべてを",
                "Send a reply that failed after all; with a code (sender_refused, say) all that "
                "failed with it",
            ),
        ),
    ] = "",
    json: AsJson = False,
) -> None:
    """Switch sending off or on, show what waits, or become the process that sends
    (`flows.terminal`)."""
    if sum((pause, resume, dry_run is not None, once, listing, bool(again))) > 1:
        raise ConfigError(say("どれか一つだけ指定してください", "choose one of the options"))
    if account and not (pause or resume):
        raise ConfigError(say("--account は --pause か --resume と", "--account goes with --pause"))
    if pause or resume:
        _switch(account, on=resume)
    elif listing:
        _list(json=json)
    elif again:
        _again(again)
    else:
        prepare()
        words = ["--dry-run", str(dry_run)] if dry_run is not None else []
        become("flows.terminal", "send", *words, *["--json"] * json)


def _switch(account: str, *, on: bool) -> None:
    start()
    from casebook import moves

    who = getpass.getuser()
    if account:
        from desk.outbox import known

        name = known(account)
        (moves.resume_sender if on else moves.pause_sender)(name, who)
        told = (f"再開しました：{name}", f"Resumed: {name}")
        stopped = (f"止めました：{name}", f"Paused: {name}")
        typer.echo(say(*(told if on else stopped)))
        return
    (moves.resume_all if on else moves.pause_all)(who)
    told = ("送信を再開しました。", "Replies leave again.")
    stopped = (
        "すべての送信を止めました。再開： madoguchi send --resume",
        "Nothing leaves any more, until: madoguchi send --resume",
    )
    typer.echo(say(*(told if on else stopped)))


def _list(*, json: bool) -> None:
    start()
    from desk.outbox import listed, row_json, table

    found = listed()
    if not json:
        table(found)
        return
    for draft in found:
        typer.echo(as_json(row_json(draft)))


def _again(which: str) -> None:
    start()
    from casebook import moves
    from desk.picking import failed_with, waiting

    who, note = getpass.getuser(), "sent again"
    if find_receipts(which):
        draft = waiting(which, DraftState.FAILED, None)
        moves.released(draft.pk, "", note, who=who)
        number = draft.case.receipt
        typer.echo(say(f"もう一度送ります：{number}", f"It is sent again: {number}"))
        return
    count = 0
    for draft in failed_with(which):
        # Somebody else may have decided on one of them meanwhile.
        with suppress(IllegalMove):
            moves.released(draft.pk, "", note, who=who)
            count += 1
    typer.echo(say(f"もう一度送ります：{count:,}件（{which}）", f"Sent again: {count:,} ({which})"))


def check_sent(
    receipt: Receipt,
    sent: Annotated[
        bool | None,
        typer.Option(
            "--sent/--not-sent",
            help=say("届いていた／届いていない", "It arrived, or it did not"),
        ),
    ] = None,
    purpose: Which = None,
) -> None:
    """Settle a reply in doubt by what a person saw."""
    if sent is None:
        raise ConfigError(
            say("--sent か --not-sent を指定してください", "say --sent or --not-sent")
        )
    start()
    from casebook import moves
    from desk.outbox import as_seen
    from desk.picking import waiting

    draft = waiting(receipt, DraftState.NEEDS_CHECK, purpose)
    number, who = draft.case.receipt, getpass.getuser()
    if sent:
        seen = as_seen(draft, draft.claimed_at or now())
        names = {"external_id": seen.external_id, "permalink": seen.permalink}
        moves.sent(draft.pk, who, seen.at, **names)
        typer.echo(say(f"送信済みにしました：{number}", f"Recorded as sent: {number}"))
    else:
        moves.released(draft.pk, "", "a person saw that it did not arrive", who=who)
        typer.echo(say(f"もう一度送ります：{number}", f"It is sent again: {number}"))


def recheck(json: AsJson = False) -> None:
    """Become the recheck's process (`flows.terminal`)."""
    prepare()
    become("flows.terminal", "recheck", *["--json"] * json)
