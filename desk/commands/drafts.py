"""Commands on drafted replies: queue, approve, edit, reject."""

from __future__ import annotations

import getpass
import sys
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from casebook.clock import now
from casebook.config import settings
from casebook.errors import ConfigError
from casebook.policy import load_policy
from casebook.start import start
from desk.words import as_json, say

if TYPE_CHECKING:
    from casebook.models import Draft

Receipt = Annotated[str, typer.Argument(help=say("受付番号（M-…）", "Receipt number (M-…)"))]
AsJson = Annotated[bool, typer.Option("--json", help=say("1行に1件の JSON", "One JSON a line"))]
Unmask = Annotated[
    bool,
    typer.Option(
        "--unmask",
        help=say("〔伏せ字〕にした暴言なども見せる", "Show the abusive passages that are masked"),
    ),
]


def register(app: typer.Typer) -> None:
    """Add this module's commands to the command line."""
    app.command(
        help=say(
            "承認待ちの返信案を、急ぐものから並べます。受付番号を添えると1件の全文を見せます。",
            "List the drafts that wait for approval, most pressing first; with a receipt number, "
            "one of them in full.",
        )
    )(queue)
    app.command(help=say("返信案を承認します。", "Approve a draft."))(approve)
    app.command(
        help=say(
            "返信案を書き直します。本文は標準入力から読みます。約束の時刻を変えるときは --due も。",
            "Rewrite a draft; the body is read from standard input. Where it names another time "
            "than the draft did, give that time with --due too.",
        )
    )(edit)
    app.command(help=say("返信案を却下します。", "Reject a draft."))(reject)


def queue(
    receipt: Annotated[
        str | None, typer.Argument(help=say("受付番号（M-…）", "Receipt number (M-…)"))
    ] = None,
    json: AsJson = False,
    unmask: Unmask = False,
) -> None:
    """Print pending drafts."""
    start()
    from casebook import reading
    from desk.messages import quarantine_line
    from desk.show import draft_in_full, draft_json, queue_table

    if receipt is not None:
        draft = _newest(receipt)
        if json:
            typer.echo(as_json(draft_json(draft, unmask=unmask)))
        else:
            draft_in_full(draft, unmask=unmask)
        return
    drafts = reading.queue()
    if json:
        for draft in drafts:
            typer.echo(as_json(draft_json(draft, unmask=unmask)))
        return
    queue_table(drafts, unmask=unmask)
    if waiting := quarantine_line():
        typer.echo(waiting)


def approve(receipt: Receipt) -> None:
    """Approve the pending draft of a case."""
    start()
    from casebook import moves

    draft = moves.approve(_pending(receipt).pk, getpass.getuser())
    typer.echo(say(f"承認しました：{draft.case.receipt}", f"Approved: {draft.case.receipt}"))


def edit(
    receipt: Receipt,
    due: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d %H:%M"],
            help=say(
                "本文で約束する時刻（方針の時間帯）。省くと前のまま",
                "The time that the body promises, in the policy's time zone; left out, it stays",
            ),
        ),
    ] = None,
) -> None:
    """Replace the body of the pending draft of a case, and its time where `due` is given; what the
    guard says of it is printed."""
    start()
    from casebook import moves
    from responders.due import say_due
    from responders.guard import guard

    draft = _pending(receipt)
    body = sys.stdin.read()
    if not body.strip():
        raise ConfigError("the new body is empty: give it on standard input")
    policy = load_policy(settings().policy)
    moment = due.replace(tzinfo=policy.zone) if due else None
    if moment and moment <= now():
        raise ConfigError(f"--due {due:%Y-%m-%d %H:%M} has passed: name a time to come")
    promised = moment or draft.due
    said = say_due(policy, promised, draft.language) if promised else ""
    findings = guard(
        body,
        needs_time=promised is not None,
        due_said=said,
        forbidden=policy.forbidden_apologies.at(draft.severity),
    )
    moves.edit(draft.pk, getpass.getuser(), body, findings, moment)
    typer.echo(say(f"書き直しました：{draft.case.receipt}", f"Rewritten: {draft.case.receipt}"))
    for finding in findings:
        typer.echo(f"  {finding.code}: {finding.message}", err=True)
        if finding.code == "due_differs":
            typer.echo(f"  {_give_due(said)}", err=True)


def _give_due(said: str) -> str:
    return say(
        f'別の時刻を約束するなら --due "YYYY-MM-DD HH:MM" を添え、本文にもその時刻を'
        f"書いてください。そうでなければ「{said}」と書いてください。",
        f'To promise another time, give --due "YYYY-MM-DD HH:MM" and name it in the body; '
        f"otherwise write: {said}",
    )


def reject(
    receipt: Receipt,
    reason: Annotated[str, typer.Option(help=say("却下の理由", "Why it is rejected"))],
) -> None:
    """Reject the pending draft of a case with a reason."""
    start()
    from casebook import moves

    if not reason.strip():
        raise ConfigError(say("却下の理由を書いてください", "say why it is rejected"))
    draft = moves.reject(_pending(receipt).pk, getpass.getuser(), reason)
    typer.echo(say(f"却下しました：{draft.case.receipt}", f"Rejected: {draft.case.receipt}"))


def _pending(receipt: str) -> Draft:
    draft = _newest(receipt)
    if draft.state != "pending":
        number = draft.case.receipt
        raise ConfigError(
            say(
                f"{number}: 承認待ちの返信案はありません",
                f"{number}: no draft of this case waits for approval",
            )
        )
    return draft


def _newest(receipt: str) -> Draft:
    """The newest draft of a case, which is the pending one where one waits."""
    from casebook.models import Draft
    from casebook.receipt import find_receipts

    number = next(iter(find_receipts(receipt)), None)
    if number is None:
        raise ConfigError(
            say(
                f"{receipt!r} は受付番号ではありません（打ち間違い？ 例：M-7F3K2Q）",
                f"{receipt!r} is no receipt number: mistyped? One reads like M-7F3K2Q",
            )
        )
    found: Any = Draft.objects.select_related("case", "answers", "answers__triage", "estimate")
    draft: Draft | None = found.filter(case__receipt=number).order_by("pk").last()
    if draft is None:
        raise ConfigError(say(f"{number}: 返信案はありません", f"{number}: this case has no draft"))
    return draft
