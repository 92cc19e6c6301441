"""Commands on drafted replies: queue, approve, edit, reject."""

from __future__ import annotations

import getpass
import json as jsonlib
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from casebook.errors import ConfigError
from casebook.start import start
from desk.words import say

if TYPE_CHECKING:
    from casebook.models import Draft

Receipt = Annotated[str, typer.Argument(help=say("受付番号（M-…）", "Receipt number (M-…)"))]
AsJson = Annotated[bool, typer.Option("--json", help=say("1行に1件の JSON", "One JSON a line"))]


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
            "返信案を書き直します。本文は標準入力から読みます。",
            "Rewrite a draft; the body is read from standard input.",
        )
    )(edit)
    app.command(help=say("返信案を却下します。", "Reject a draft."))(reject)


def queue(
    receipt: Annotated[
        str | None, typer.Argument(help=say("受付番号（M-…）", "Receipt number (M-…)"))
    ] = None,
    json: AsJson = False,
) -> None:
    """Print pending drafts."""
    start()
    from casebook import reading
    from desk.show import draft_in_full, draft_json, queue_table

    if receipt is not None:
        draft = _pending(receipt)
        typer.echo(jsonlib.dumps(draft_json(draft), ensure_ascii=False)) if json else draft_in_full(
            draft
        )
        return
    drafts = reading.queue()
    if json:
        for draft in drafts:
            typer.echo(jsonlib.dumps(draft_json(draft), ensure_ascii=False))
    else:
        queue_table(drafts)


def approve(receipt: Receipt) -> None:
    """Approve the pending draft of a case."""
    start()
    from casebook import moves

    draft = moves.approve(_pending(receipt).pk, getpass.getuser())
    typer.echo(say(f"承認しました：{draft.case.receipt}", f"Approved: {draft.case.receipt}"))


def edit(receipt: Receipt) -> None:
    """Replace the body of the pending draft of a case; what the guard says of it is printed."""
    start()
    from casebook import moves
    from casebook.types import Kind
    from responders.guard import guard

    draft = _pending(receipt)
    body = sys.stdin.read()
    if not body.strip():
        raise ConfigError("the new body is empty: give it on standard input")
    findings = guard(body, needs_time=draft.answers.triage.kind != Kind.PRAISE)
    moves.edit(draft.pk, getpass.getuser(), body, findings)
    typer.echo(say(f"書き直しました：{receipt}", f"Rewritten: {receipt}"))
    for finding in findings:
        typer.echo(f"  {finding.code}: {finding.message}", err=True)


def reject(
    receipt: Receipt,
    reason: Annotated[str, typer.Option(help=say("却下の理由", "Why it is rejected"))],
) -> None:
    """Reject the pending draft of a case with a reason."""
    start()
    from casebook import moves

    draft = moves.reject(_pending(receipt).pk, getpass.getuser(), reason)
    typer.echo(say(f"却下しました：{draft.case.receipt}", f"Rejected: {draft.case.receipt}"))


def _pending(receipt: str) -> Draft:
    from casebook.models import Draft
    from casebook.receipt import find_receipts
    from casebook.states import DraftState

    number = next(iter(find_receipts(receipt)), None)
    if number is None:
        raise ConfigError(f"{receipt!r} is no receipt number: one reads like M-7F3K2Q")
    found: Any = Draft.objects.select_related("case", "answers", "answers__triage", "estimate")
    draft: Draft | None = found.filter(case__receipt=number, state=DraftState.PENDING).first()
    if draft is None:
        raise ConfigError(f"{number}: no draft of this case waits for approval")
    return draft
