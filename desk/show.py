"""Drafts and cases as people read them in a terminal, and as programs read them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.rule import Rule
from rich.text import Text

from casebook import reading
from casebook.config import settings
from casebook.lengths import LIMITS
from casebook.models import Draft, DraftVersion, Triage
from casebook.policy import load_policy
from casebook.rows import triage_value
from casebook.types import Channel, Visibility
from desk import labelling, names
from desk.guarding import why
from desk.ledger import of_author, proposal
from desk.masking import quoting, seen, solution, title
from desk.screen import console, wide_table
from desk.words import language as spoken
from desk.words import lines, plain, say
from responders.notes import notes

PUBLIC = Visibility.PUBLIC
_STYLE = {3: "bold red", 2: "red", 1: "", 0: "dim"}
"""How a severity looks in a terminal."""


def queue_table(drafts: Sequence[Draft], *, unmask: bool = False) -> None:
    """Print pending drafts, most pressing first; abusive passages masked unless `unmask`."""
    if not drafts:
        console().print(Text(say("承認待ちの返信案はありません。", "No draft waits for approval.")))
        return
    table = wide_table(
        say(f"承認待ちの返信案（{len(drafts)}件）", f"Drafts to approve ({len(drafts)})"),
        (
            ("受付番号", "Receipt"),
            ("重さ", "Severity"),
            ("種類", "Kind"),
            ("返信の期限", "Reply by"),
            ("経路", "Channel"),
        ),
        (("お客様", "Customer", 2), ("件名・本文", "Subject or text", 3)),
    )
    for draft in drafts:
        table.add_row(
            Text(draft.case.receipt),
            Text(names.severity(draft.severity), style=_STYLE[draft.severity]),
            Text(names.purpose(draft.purpose) or _kind(draft.answers.triage)),
            Text(when(draft.due or _ready_until(draft))),
            Text(_channel(draft)),
            Text(plain(draft.case.display_name or draft.case.author, 64)),
            Text(plain(next(filter(None, seen(draft.answers, unmask=unmask)), ""), 64)),
        )
    console().print(table)


def _channel(draft: Draft) -> str:
    """The way of a reply, and how long a public one is of what its network allows."""
    told = _lengths(draft, reading.wording(draft).body)
    return " ".join(filter(None, (names.channel(draft.channel), told)))


def _ready_until(draft: Draft) -> datetime | None:
    """The time that the private message names which is ready behind a public reply."""
    due = draft.prepared.get("due")
    return datetime.fromisoformat(due) if due else None


def draft_in_full(draft: Draft, *, unmask: bool = False) -> None:
    """Print one draft with what it answers, what must be done beside it, what the guard found and
    the similar past cases; the customer's abusive passages masked unless `unmask`."""
    screen = console()
    subject, text = seen(draft.answers, unmask=unmask)
    state = "・".join(filter(None, (names.purpose(draft.purpose), names.draft_state(draft.state))))
    heading = (draft.case.receipt, state, plain(subject))
    screen.print(Rule(Text("  ".join(filter(None, heading)))))
    sender = f"{plain(draft.answers.display_name)} <{plain(draft.answers.author)}>"
    _part(screen, _written(draft), f"{sender}\n\n{text}")
    _grave(screen, draft)
    version = reading.wording(draft)
    body = quoting(version.body, draft.answers, unmask=unmask)
    if draft.visibility == PUBLIC:
        _part(screen, _public_title(draft, version.body), body)
    else:
        about = quoting(version.subject, draft.answers, unmask=unmask)
        ours = f"{say('件名：', 'Subject: ')}{plain(about)}\n\n{body}"
        _part(screen, say("返信案", "Drafted reply"), ours)
    if version.private_body:
        ready = quoting(version.private_body, draft.answers, unmask=unmask)
        _part(screen, _prepared_title(draft), ready)
    if told := _way(draft):
        _part(screen, say("送信", "Sending"), told)
    if draft.due:
        _part(screen, say("期限", "Due"), f"{when(draft.due)}{_basis(draft)}")
    for finding in draft.findings:
        _part(screen, say("確認が必要", "Guard"), f"{finding['code']}: {why(finding)}")
    _notes(screen, draft)
    links = draft.case.similar_links.select_related("similar")
    if links:
        text = "\n".join(
            f"{link.score:.2f}  {link.similar.receipt}  {plain(title(link.similar), 50)}\n"
            f"{plain(solution(link.similar))}\n"
            for link in links
        )
        _part(screen, say("似た過去の事例", "Similar past cases"), text)


def _written(draft: Draft) -> str:
    """What the customer's own words are called."""
    if draft.answers.visibility == PUBLIC:
        return say("お客様の投稿（公開）", "The customer wrote in public")
    if draft.answers.channel == Channel.EMAIL:
        return say("お客様のメール", "The customer wrote")
    return say("お客様のメッセージ（非公開）", "The customer wrote in private")


def _public_title(draft: Draft, body: str) -> str:
    length = _lengths(draft, body)
    return say(
        f"公開の返信案（{names.channel(draft.channel)}{f'、長さ {length}' if length else ''}）",
        f"Drafted public reply ({names.channel(draft.channel)}{f', {length}' if length else ''})",
    )


def _prepared_title(draft: Draft) -> str:
    due = _ready_until(draft)
    return say(
        f"お客様から非公開でご連絡があったときの返信案{f'（期限 {when(due)}）' if due else ''}",
        f"Ready for when the customer writes in private{f' (due {when(due)})' if due else ''}",
    )


def _lengths(draft: Draft, body: str) -> str:
    """How long a public reply is, as its network counts first, of what it may be; empty where there
    is no limit."""
    limits = LIMITS.get(draft.channel, ())[:1] if draft.visibility == PUBLIC else ()
    return "".join(f"{limit.count(body):,}/{limit.most:,}" for limit in limits)


def _way(draft: Draft) -> str:
    """What became of a reply on its way out: where it stands, or why it does not leave."""
    return " ".join(filter(None, (draft.sender, plain(draft.permalink), plain(draft.error))))


def _grave(screen: Console, draft: Draft) -> None:
    """The checklists of a crisis or a threat, and the step against harassment that is proposed."""
    policy = load_policy(settings().policy)
    gravest = reading.standing([draft.case])[draft.case.pk].gravest
    language = spoken()
    for specialist in policy.checklists(gravest or triage_value(draft.answers.triage)):
        department = policy.departments[specialist.department].name.in_(language)
        steps = "\n".join(f"□ {step.in_(language)}" for step in specialist.checklist)
        _part(screen, f"{specialist.name.in_(language)} → {department}", steps)
    customer = of_author(draft.case.channel, draft.case.author)
    if told := proposal(customer, draft.language):
        _part(screen, say("職員の保護（ご判断ください）", "Staff protection (you decide)"), told)


def _notes(screen: Console, draft: Draft) -> None:
    """What is suggested, what the triage saw, and what to look at before approving."""
    triage = getattr(draft.answers, "triage", None)
    if triage is None:
        return
    found = notes(load_policy(settings().policy), triage_value(triage), spoken())
    for heading, told in (
        (say("解決の案", "Suggested solution"), [found.solution, found.authority]),
        (say("判定の根拠", "Evidence"), labelling.seen(found.evidence)),
        (say("ご確認ください", "Please check"), found.flags),
    ):
        if any(told):
            _part(screen, heading, "\n".join(filter(None, told)))


def draft_json(draft: Draft, *, unmask: bool = False) -> dict[str, Any]:
    """One draft as programs read it; times in ISO 8601, UTC; abusive passages masked unless
    `unmask`."""
    version = reading.wording(draft)
    triage = draft.answers.triage
    return {
        "receipt": draft.case.receipt,
        "purpose": draft.purpose,
        "state": draft.state,
        "channel": draft.channel,
        "visibility": draft.visibility,
        "language": draft.language,
        "author": draft.answers.author,
        "display_name": draft.answers.display_name,
        "subject": seen(draft.answers, unmask=unmask)[0],
        "kind": triage.kind,
        "severity": draft.severity,
        "conduct": triage.conduct,
        "due": draft.due.isoformat() if draft.due else None,
        "reply_subject": quoting(version.subject, draft.answers, unmask=unmask),
        "reply": quoting(version.body, draft.answers, unmask=unmask),
        "length": _length(draft, version.body),
        "prepared": {
            key: quoting(text, draft.answers, unmask=unmask)
            for key, text in _ready(draft, version).items()
        },
        "sender": draft.sender,
        "permalink": draft.permalink,
        "error": draft.error,
        "findings": [{**finding, "why": why(finding)} for finding in draft.findings],
        "similar": [
            {"receipt": link.similar.receipt, "score": link.score}
            for link in draft.case.similar_links.select_related("similar")
        ],
    }


def _ready(draft: Draft, version: DraftVersion) -> dict[str, str]:
    """The private message behind a public reply; empty where there is none."""
    body = version.private_body
    return {"subject": "", **draft.prepared, "body": body} if body else {}


def _length(draft: Draft, body: str) -> int | None:
    """What the network counts of a public reply; None for a private one."""
    limits = LIMITS.get(draft.channel, ()) if draft.visibility == PUBLIC else ()
    return limits[0].count(body) if limits else None


def when(moment: datetime | None) -> str:
    """A time as people read it, in the policy's time zone."""
    if moment is None:
        return "–"
    local = moment.astimezone(load_policy(settings().policy).zone)
    weekday = say("月火水木金土日"[local.weekday()], local.strftime("%a"))
    return f"{local.month}/{local.day}({weekday}) {local:%H:%M}"


def _basis(draft: Draft) -> str:
    estimate = getattr(draft, "estimate", None)
    # A person may have given another time than the computed one.
    if estimate is None or estimate.due != draft.due:
        return ""
    if estimate.level is None:
        return say("（方針の目標による）", " (policy target)")
    share, cases = round(estimate.level * 100), estimate.cases
    return say(
        f"（似た{cases:,}件のうち{share}%がこの時刻までに返信）",
        f" ({share}% of {cases:,} similar cases were answered within it)",
    )


def _kind(triage: Triage) -> str:
    return "・".join(filter(None, (names.kind(triage.kind), names.conduct(triage.conduct))))


def _part(screen: Console, title: str, text: str) -> None:
    screen.print(Text(title, style="bold"))
    screen.print(Padding(Text(lines(text)), (0, 0, 1, 2)))
