"""Commands on drafted replies: queue, approve, edit, reject."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from casebook.clock import now
from casebook.config import settings
from casebook.errors import ConfigError
from casebook.findings import Code
from casebook.policy import Policy, load_policy
from casebook.start import start
from casebook.states import DraftState
from casebook.timing import About, Purpose
from casebook.types import Finding
from desk.words import as_json, say

if TYPE_CHECKING:
    from casebook.models import Draft

Receipt = Annotated[str, typer.Argument(help=say("受付番号（M-…）", "Receipt number (M-…)"))]
AsJson = Annotated[bool, typer.Option("--json", help=say("1行に1件の JSON", "One JSON a line"))]
Unmask = Annotated[
    bool,
    typer.Option(
        "--unmask",
        help=say("伏せた箇所も見せる（監査に残ります）", "Show what is masked; it is audited"),
    ),
]
Which = Annotated[
    Purpose | None,
    typer.Option(help=say("どの返信案か（複数あるとき）", "Which draft, where there are several")),
]
Also = Annotated[
    list[datetime] | None,
    typer.Option(
        formats=["%Y-%m-%d %H:%M"],
        help=say(
            "本文が約束するほかの時刻（繰り返せます）",
            "A further time that the text promises; repeatable",
        ),
    ),
]
Progress = Annotated[
    list[datetime] | None,
    typer.Option(
        formats=["%Y-%m-%d %H:%M"],
        help=say("途中経過を報告すると約束する時刻", "A time for which the text promises a report"),
    ),
]
Due = Annotated[
    datetime | None,
    typer.Option(
        formats=["%Y-%m-%d %H:%M"],
        help=say(
            "本文で約束する時刻（方針の時間帯）。edit で省くと前のまま",
            "The time that the body promises (policy's time zone); left out of edit, it stays",
        ),
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
    app.command(
        help=say(
            "返信案を承認します。本文がほかの時刻も約束するときは --also（途中経過は --progress）で"
            "確かめると、それも見守ります。",
            "Approve a draft. Further times that its text promises are watched where you confirm "
            "them by --also, or --progress for a progress report.",
        )
    )(approve)
    app.command(
        help=say(
            "返信案を書き直します。本文は標準入力から読みます。約束の時刻を変えるときは --due も。",
            "Rewrite a draft; the body is read from standard input. Where it names another time "
            "than the draft did, give that time with --due too.",
        )
    )(edit)
    app.command(
        help=say(
            "返信案を却下します。承認待ちがなければ、送信に失敗した返信や戻った返信を取り下げます。",
            "Reject a draft; where none waits for approval, the reply that failed or came back.",
        )
    )(reject)


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
    from desk.picking import newest
    from desk.show import draft_in_full, draft_json, queue_table

    if receipt is not None:
        draft = newest(receipt)
        _asked([draft], unmask=unmask)
        if json:
            typer.echo(as_json(draft_json(draft, unmask=unmask)))
        else:
            draft_in_full(draft, unmask=unmask)
        return
    drafts = reading.queue()
    _asked(drafts, unmask=unmask)
    if json:
        for draft in drafts:
            typer.echo(as_json(draft_json(draft, unmask=unmask)))
        return
    queue_table(drafts, unmask=unmask)
    if waiting := quarantine_line():
        typer.echo(waiting)


def _asked(drafts: Sequence[Draft], *, unmask: bool) -> None:
    """Let the audit keep who sees these without their masks."""
    from casebook import moves

    for case in dict.fromkeys(draft.case_id for draft in drafts if unmask):
        moves.unmasked(case, getpass.getuser())


def approve(
    receipt: Receipt,
    override: Annotated[
        str,
        typer.Option(
            help=say(
                "確認で止まった返信を、責任者の判断で承認する理由（監査に残ります）",
                "Why a lead lets it pass in spite of the guard; it is audited",
            )
        ),
    ] = "",
    also: Also = None,
    progress: Progress = None,
    purpose: Which = None,
    undo: Annotated[
        bool,
        typer.Option("--undo", help=say("送る前の承認を取り消す", "Take the approval back")),
    ] = False,
) -> None:
    """Approve the pending draft of a case, with the further promises that are confirmed."""
    start()
    from casebook import moves
    from desk.picking import waiting
    from desk.replying import approve as approved

    if undo:
        taken = waiting(receipt, DraftState.APPROVED, purpose)
        number = moves.take_back(taken.pk, getpass.getuser()).case.receipt
        typer.echo(say(f"取り消しました：{number}", f"Taken back: {number}"))
        return
    policy = load_policy(settings().policy)
    more = [
        (about, found)
        for about, times in ((About.ANSWER, also), (About.PROGRESS, progress))
        for time in times or ()
        if (found := moment(time, policy)) is not None
    ]
    draft = waiting(receipt, DraftState.PENDING, purpose)
    draft = approved(policy, draft, getpass.getuser(), more, override)
    number = draft.case.receipt
    if draft.state == DraftState.PENDING:
        told = say(
            f"1人目として承認しました。もう1人の承認を待ちます：{number}",
            f"Approved by you; it waits for a second person: {number}",
        )
    else:
        told = say(f"承認しました：{number}", f"Approved: {number}")
    typer.echo(told)


def edit(receipt: Receipt, due: Due = None, purpose: Which = None) -> None:
    """Replace the body of the pending draft of a case, and its time where `due` is given; what the
    guard says of it, and the times that it promises besides, are printed."""
    start()
    from desk.picking import waiting
    from desk.replying import edit as edited
    from desk.replying import proposals

    draft = waiting(receipt, DraftState.PENDING, purpose)
    body, policy = read_body(), load_policy(settings().policy)
    draft = edited(policy, draft, getpass.getuser(), body, moment(due, policy))
    typer.echo(say(f"書き直しました：{draft.case.receipt}", f"Rewritten: {draft.case.receipt}"))
    tell([Finding(**one) for one in draft.findings])
    for line in proposals(policy, draft, body, draft.due, purpose):
        typer.echo(line, err=True)


def read_body() -> str:
    """What a person wrote, from standard input. Raises ConfigError where it is empty."""
    body = sys.stdin.read()
    if not body.strip():
        raise ConfigError("the new body is empty: give it on standard input")
    return body


def moment(time: datetime | None, policy: Policy) -> datetime | None:
    """A time that was typed, in the policy's time zone. Raises ConfigError where it has passed."""
    found = time.replace(tzinfo=policy.zone) if time else None
    if time and found and found <= now():
        raise ConfigError(f"{time:%Y-%m-%d %H:%M} has passed: name a time to come")
    return found


def tell(findings: Sequence[Finding]) -> None:
    """Print what the guard says of a text, and how its time is to be named."""
    from desk.guarding import why

    for finding in findings:
        typer.echo(f"  {finding.code}: {why(finding)}", err=True)
        if finding.code == Code.DUE_DIFFERS and finding.repair:
            typer.echo(f"  {_give_due(finding.repair)}", err=True)


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
    purpose: Which = None,
) -> None:
    """Reject the draft of a case with a reason: the pending one, else what failed or came back."""
    start()
    from casebook import moves
    from desk.picking import rejectable

    if not reason.strip():
        raise ConfigError(say("却下の理由を書いてください", "say why it is rejected"))
    draft = rejectable(receipt, purpose)
    moves.reject(draft.pk, getpass.getuser(), reason)
    typer.echo(say(f"却下しました：{draft.case.receipt}", f"Rejected: {draft.case.receipt}"))
