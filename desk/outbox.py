"""The outbox as people see it: what waits to leave, what is in doubt, what failed, and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from rich.text import Text

from casebook import models as m
from casebook import outgoing, reading
from casebook.clock import now
from casebook.config import settings
from casebook.errors import ConfigError, IllegalMove, MadoguchiError
from casebook.outbound import Sent
from casebook.policy import load_policy
from casebook.states import DraftState
from casebook.types import Visibility
from connectors.base import Names, Sender
from connectors.registry import answering, open_sender
from desk.screen import console, wide_table
from desk.show import when
from desk.words import plain, say

_STATES = (
    DraftState.NEEDS_CHECK,
    DraftState.FAILED,
    DraftState.RETURNED,
    DraftState.SENDING,
    DraftState.APPROVED,
)
_STATE = {
    "needs_check": "要確認",
    "failed": "送信失敗",
    "returned": "届かず戻った",
    "sending": "送信中",
    "approved": "送信待ち",
}


def listed() -> list[m.Draft]:
    """What is on its way or stuck, in the order of what needs a person first."""
    return sorted(
        outgoing.waiting(_STATES), key=lambda draft: _STATES.index(DraftState(draft.state))
    )


def table(found: Sequence[m.Draft]) -> None:
    """Print the outbox, one line a reply, and whether sending is paused."""
    for line in switches():
        console().print(Text(line, style="bold red"))
    if not found:
        console().print(Text(say("送信待ちの返信はありません。", "No reply waits to leave.")))
        return
    shown = wide_table(
        say(f"送信箱（{len(found)}件）", f"Outbox ({len(found)})"),
        (("受付番号", "Receipt"), ("状態", "State"), ("アカウント", "Account"), ("次", "Next")),
        (("理由", "Why", 4),),
    )
    for draft in found:
        cells = (
            draft.case.receipt,
            say(_STATE[draft.state], draft.state),
            account(draft) or say("なし", "none"),
            when(draft.not_before),
            plain(why(draft), 160),
        )
        shown.add_row(*map(Text, cells))
    console().print(shown)


def row_json(draft: m.Draft) -> dict[str, Any]:
    """One line of the outbox as programs read it; times in ISO 8601, UTC."""
    return {
        "receipt": draft.case.receipt,
        "purpose": draft.purpose,
        "state": draft.state,
        "account": account(draft),
        "visibility": draft.visibility,
        "tries": draft.tries.count(),
        "not_before": draft.not_before.isoformat() if draft.not_before else None,
        "code": draft.error_code,
        "why": why(draft),
    }


def switches() -> list[str]:
    """What is paused, one line each."""
    lines = []
    if found := outgoing.pause():
        lines.append(
            say(
                f"すべての送信を停止中（{found.who}、{when(found.at)}）： madoguchi send --resume",
                f"All sending is paused by {found.who} since {when(found.at)}: "
                "madoguchi send --resume",
            )
        )
    for row in m.Sender.objects.filter(paused=True).order_by("name"):
        lines.append(
            say(
                f"{row.name} は停止中：{row.error}： madoguchi send --resume --account {row.name}",
                f"{row.name} is paused: {row.error}: madoguchi send --resume --account {row.name}",
            )
        )
    return lines


def stuck() -> list[str]:
    """How many replies a person must look after, in one line; none where there are none. One that
    is being sent for too long may have arrived."""
    before = now() - timedelta(seconds=settings().sending.interrupted_seconds)
    left = m.Draft.objects.filter(state=DraftState.SENDING, claimed_at__lt=before)
    known = outgoing.waiting([DraftState.NEEDS_CHECK, DraftState.FAILED])
    count = len(known) + left.count()
    told = say(
        f"要確認・送信失敗の返信 {count:,} 件： madoguchi send --list",
        f"replies in doubt or failed: {count:,} (madoguchi send --list)",
    )
    return [told] * bool(count)


def account(draft: m.Draft) -> str:
    """The account that a draft leaves through; empty where there is none."""
    source = outgoing.answered_by(draft).source
    table_of = answering(settings()).get(source.name) if source else None
    return draft.sender or (table_of.name if table_of else "")


def as_seen(draft: m.Draft, at: datetime) -> Sent:
    """A reply in doubt that a person saw arrive, taken at `at` (aware), with the name that its
    service has for it where the account knows it; without one where it cannot be asked."""
    try:
        sender = _sender(draft.sender)
        if isinstance(sender, Names):
            found = sender.named(outgoing.outbound(draft, outgoing.answered_by(draft)), at)
            return found or Sent("", at)
    except MadoguchiError:
        pass
    return Sent("", at)


def must_fit(draft: m.Draft) -> None:
    """Raise IllegalMove where a draft is longer than the account that it would leave through
    takes, so that nobody approves what can never leave. Nothing is known of one that cannot be
    opened."""
    name = account(draft)
    try:
        sender = _sender(name)
        limits = sender.limits(Visibility(draft.visibility)) if sender else ()
    except MadoguchiError:
        return
    body = reading.wording(draft).body
    for limit in limits:
        if (length := limit.count(body)) > limit.most:
            raise IllegalMove(
                say(
                    f"{draft.case.receipt}：{name} から送れる長さは {limit.most:,} までです"
                    f"（現在 {length:,}）。madoguchi edit で短くしてください",
                    f"{draft.case.receipt}: {name} takes {limit.most:,} characters, this has "
                    f"{length:,}: shorten it with madoguchi edit",
                )
            )


def _sender(name: str) -> Sender | None:
    """The account of this name, opened; None where there is none any more."""
    tables = {one.name: one for one in answering(settings()).values()}
    return open_sender(tables[name]) if name in tables else None


def why(draft: m.Draft) -> str:
    """Why a draft stands where it does; empty where it leaves with the next run."""
    if draft.error:
        return ": ".join(filter(None, (draft.error_code, draft.error)))
    if draft.state == DraftState.APPROVED and not account(draft):
        return say(
            "送れるアカウントがありません（[[senders]] の answers）",
            "no account answers its source: add [[senders]] with `answers`",
        )
    undo = timedelta(seconds=load_policy(settings().policy).sending.undo_seconds)
    if draft.state == DraftState.APPROVED and (draft.decided_at or now()) + undo > now():
        return say("取り消し可： approve --undo", "may be taken back: approve --undo")
    return ""


def known(name: str) -> str:
    """An account's name. Raises ConfigError where the configuration has none of this name."""
    names = sorted({one.name for one in answering(settings()).values()})
    if name not in names:
        told = ", ".join(names) or "–"
        raise ConfigError(
            say(f"{name}：そのアカウントはありません（{told}）", f"{name}: no such account: {told}")
        )
    return name
