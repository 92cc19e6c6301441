"""Commands on what customers are promised: reply, sent, assign, promises."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer

from casebook.clock import now
from casebook.config import settings
from casebook.errors import ConfigError
from casebook.policy import load_policy
from casebook.start import prepare, start
from casebook.states import DraftState
from casebook.timing import Purpose
from desk.commands.drafts import Due, Receipt, Which, moment, read_body, tell
from desk.commands.runs import become
from desk.words import as_json, plain, say

_LONGEST_LOGIN = 150


def register(app: typer.Typer) -> None:
    """Add this module's commands to the command line."""
    app.command(
        help=say(
            "案件への返信（本題の回答か途中経過）を新しく書きます。本文は標準入力から読み、"
            "承認待ちになります。",
            "Write a new reply to a case: the answer, or a progress report. The body is read from "
            "standard input; it waits for approval.",
        )
    )(reply)
    app.command(
        help=say(
            "承認済みの返信を自分で送ったことを記録します。約束の成否もここで決まります。",
            "Record that you sent an approved reply by hand; what was promised is settled by it.",
        )
    )(sent)
    app.command(
        help=say("案件の担当者を決めます。", "Give a case an owner, who is warned of its promises.")
    )(assign)
    app.command(
        help=say(
            "お客様に約束した時刻を、早い順に並べます。最近守れなかったものも理由とともに示します。",
            "List what customers were promised, the earliest time first, and what was not kept "
            "lately, with the reason.",
        )
    )(promises)


def reply(receipt: Receipt, due: Due = None, purpose: Which = None) -> None:
    """Queue a person's reply to a case; what the guard says of it, and the times that it promises
    besides `due`, are printed."""
    start()
    from casebook import moves
    from desk.picking import case_of
    from desk.replying import judged, newest, proposals, written

    kind = purpose or Purpose.REPLY
    if kind not in (Purpose.REPLY, Purpose.PROGRESS):
        raise ConfigError(
            say("--purpose は reply か progress です", "--purpose must be reply or progress")
        )
    case = case_of(receipt)
    if not case.messages.filter(direction="in").exists():
        raise ConfigError(
            say(f"{case.receipt}: 返信先がありません", f"{case.receipt}: there is nobody to answer")
        )
    body, policy = read_body(), load_policy(settings().policy)
    promised = moment(due, policy)
    made = written(policy, case, body, promised)
    findings = judged(policy, made, newest(case))
    draft = moves.write(case.pk, kind, getpass.getuser(), made, findings)
    typer.echo(say(f"返信案を保存しました：{case.receipt}", f"Written: {case.receipt}"))
    tell(findings)
    for line in proposals(policy, draft, body, promised, purpose):
        typer.echo(line, err=True)


def sent(receipt: Receipt, purpose: Which = None) -> None:
    """Record that the approved reply of a case went out now."""
    start()
    from casebook import moves
    from desk.picking import waiting

    draft = waiting(receipt, DraftState.APPROVED, purpose)
    moves.sent(draft.pk, getpass.getuser(), now())
    number = draft.case.receipt
    typer.echo(say(f"送信済みにしました：{number}", f"Recorded as sent: {number}"))


def assign(
    receipt: Receipt,
    login: Annotated[str, typer.Argument(help=say("担当者のログイン名", "The owner's login"))],
) -> None:
    """Set the owner of a case."""
    start()
    from casebook import moves
    from desk.picking import case_of

    name = login.strip()
    if not name or name != plain(name, _LONGEST_LOGIN):
        raise ConfigError(say(f"{login!r} はログイン名ではありません", f"{login!r} is no login"))
    case = moves.assign(case_of(receipt).pk, name, getpass.getuser())
    typer.echo(say(f"{case.receipt} の担当者：{name}", f"{case.receipt} is looked after by {name}"))


def promises(
    json: Annotated[
        bool, typer.Option("--json", help=say("1行に1件の JSON", "One JSON a line"))
    ] = False,
    watch: Annotated[
        bool,
        typer.Option(
            "--watch",
            help=say(
                "今すぐ見回る：知らせ、遅れのお知らせを用意し、期限超過を記録する",
                "Look at them now: warn, draft notices of delay, say what was broken",
            ),
        ),
    ] = False,
) -> None:
    """Print promises, or become the process that watches them once (`flows.terminal`)."""
    if watch:
        prepare()
        become("flows.terminal", "promises", *["--json"] * json)
    start()
    from desk.promises import listed, promise_json, table

    found = listed()
    if not json:
        table(found)
        return
    for promise in found:
        typer.echo(as_json(promise_json(promise)))
