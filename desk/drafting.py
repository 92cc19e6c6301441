"""Replies drafted outside the intake: for texts on standard input, without a record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from casebook.clock import now
from casebook.config import settings
from casebook.policy import Policy, load_policy
from casebook.receipt import receipt_of
from casebook.timing import Handled
from casebook.types import PUBLIC, Asked, Triage, Visibility
from desk.judging import judged
from responders.draft import CaseFacts, Replies, needs_time, replies
from responders.estimate import estimates
from responders.notes import Notes, Past, notes
from responders.wordings import turn


@dataclass(frozen=True, slots=True)
class Written:
    """A message to answer: `identity` as the caller names it, its texts, and who wrote it."""

    identity: Any
    asked: Asked
    visibility: Visibility
    display_name: str = ""


@dataclass(frozen=True, slots=True)
class Drafted:
    """What is drafted for a message, and what stands beside it."""

    identity: Any
    replies: Replies
    notes: Notes


def written(row: Mapping[str, Any], asked: Asked) -> Written:
    """The message of a line of JSON."""
    name, seen = row.get("display_name"), row.get("visibility")
    public = asked.channel in PUBLIC
    default = Visibility.PUBLIC if public else Visibility.PRIVATE
    return Written(
        identity=row.get("id"),
        asked=asked,
        visibility=Visibility(seen) if seen in set(Visibility) else default,
        display_name=name if isinstance(name, str) else "",
    )


def drafted(rows: Sequence[Written]) -> list[Drafted]:
    """One draft a message, in their order. The time is the policy's target, counted from now."""
    policy, found = load_policy(settings().policy), judged([row.asked for row in rows])
    arrivals = [
        Handled(
            arrived=now(),
            answered=None,
            severity=triage.severity,
            department=policy.department(triage),
            channel=row.asked.channel,
        )
        for row, triage in zip(rows, found, strict=True)
    ]
    dues = [one.due for one in estimates(policy, arrivals, now())]
    similar = _similar([f"{row.asked.subject}\n{row.asked.text}" for row in rows])
    return [
        _drafted(policy, row, triage, due, past)
        for row, triage, due, past in zip(rows, found, dues, similar, strict=True)
    ]


def as_row(one: Drafted) -> dict[str, Any]:
    """A draft as programs read it; its time in ISO 8601, UTC."""
    public, private = one.replies.public, one.replies.private
    return {
        "id": one.identity,
        "public": public.body if public else None,
        "private": private.body,
        "due": private.due.isoformat() if private.due else None,
        "notes": {
            **asdict(one.notes),
            "evidence": [f"{label}: {words}" for label, words in one.notes.evidence],
        },
    }


def _drafted(
    policy: Policy, row: Written, triage: Triage, due: datetime, past: Sequence[Past]
) -> Drafted:
    receipt = receipt_of(str(row.identity))
    facts = CaseFacts(
        receipt=receipt,
        channel=row.asked.channel,
        visibility=row.visibility,
        display_name=row.display_name,
        subject=row.asked.subject,
        triage=triage,
        due=due if needs_time(triage) else None,
        told=now(),
        turn=turn(f"{row.asked.channel}:{row.display_name}", receipt),
    )
    return Drafted(
        row.identity, replies(policy, facts), notes(policy, triage, settings().language, past)
    )


def _similar(texts: Sequence[str]) -> list[list[Past]]:
    """Three past cases for each text, where there is a record."""
    if settings().database.find() is None and not settings().sqlite.exists():
        return [[] for _ in texts]
    from casebook.start import start

    start()
    from desk.masking import solution, title
    from desk.searching import find_each
    from enrich.index import IndexUnavailable

    try:
        found = find_each(texts, 3)
    except IndexUnavailable:
        return [[] for _ in texts]
    cases = {one.case.pk: one.case for near in found for one in near}
    known = {key: Past(case.receipt, title(case), solution(case)) for key, case in cases.items()}
    return [[known[one.case.pk] for one in near] for near in found]
