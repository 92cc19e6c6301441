"""The first reply: it owns the matter, shows it was understood, says who does what by when.

In public it shows care and opens the way to a private channel; what belongs to the case is said
there, in a message that is at hand as soon as the customer comes over.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from casebook.handling import Solution
from casebook.policy import Policy
from casebook.timing import Purpose
from casebook.types import Channel, Conduct, Crisis, Kind, Reply, Triage, Visibility
from responders.letters import Letter, write
from responders.understanding import cause, questions, wishes
from responders.wordings import FIRST, Turn


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """What a draft is made from. `due` is the time to name (aware UTC); None where `needs_time`
    says so. `told` is when it is said, for 「本日」 and 「明日」; None: by its date.

    `follow_up`: the customer has written about this case before. `came_over`: what he wrote before
    stands in public, and now he writes in private. `incident`: others tell of the same event.
    `invited`: an earlier public reply showed the way to a private channel. `opted_out`, `network`:
    as `responders.letters.Letter` has them.
    `fault_confirmed`: people have established that it was our fault. `purpose`: a FIRST_REPLY, or
    a notice of DELAY with a new time. `turn` chooses the wording.
    """

    receipt: str
    channel: Channel
    visibility: Visibility
    display_name: str
    subject: str
    triage: Triage
    due: datetime | None
    follow_up: bool = False
    told: datetime | None = None
    purpose: Purpose = Purpose.FIRST_REPLY
    came_over: bool = False
    incident: bool = False
    fault_confirmed: bool = False
    invited: bool = False
    opted_out: bool = False
    network: str = ""
    turn: Turn = FIRST


@dataclass(frozen=True, slots=True)
class Replies:
    """The texts of a first reply: in public none where the customer wrote in private; in private
    the one that opens once he has come over."""

    public: Reply | None
    private: Reply


def needs_time(triage: Triage) -> bool:
    """True when the reply must say when the customer hears from us: always but for plain praise."""
    return _template(triage) != Kind.PRAISE


def draft(policy: Policy, facts: CaseFacts) -> Reply:
    """Draft the reply in the customer's language, or the policy's where that is neither Japanese
    nor English. Raises ValueError where a time is needed and `due` is None."""
    if facts.due is None and needs_time(facts.triage):
        raise ValueError("this reply needs a time to name")
    triage, template = facts.triage, _template(facts.triage)
    letter = Letter(
        receipt=facts.receipt,
        channel=facts.channel,
        visibility=facts.visibility,
        display_name=facts.display_name,
        subject=facts.subject,
        triage=triage,
        told=facts.told,
        came_over=facts.came_over and not _own_tone(triage, template),
        opted_out=facts.opted_out,
        network=facts.network,
        turn=facts.turn,
    )
    language = letter.written_in(policy)
    if facts.purpose is Purpose.DELAY:
        template = "delay"
    elif facts.incident and template == Kind.COMPLAINT:
        template = "incident"
    solution = policy.solution(triage)
    return write(
        policy,
        template,
        letter,
        facts.due,
        wishes=wishes(triage.demands, language),
        who=_who(policy, triage, language),
        apology=policy.wording.apology.in_(language),
        opening=policy.opening(triage, language),
        warning=_warning(policy, language),
        help_lines=[(one.name.in_(language), one.contact) for one in policy.help_lines],
        offer=_offer(solution, language),
        cause=cause(triage, _general(policy, triage.cause)),
        urgent=triage.severity == 2,
        follow_up=facts.follow_up,
        invited=facts.invited,
        fault_confirmed=facts.fault_confirmed,
        questions=questions(triage, language, grave=template == "crisis"),
    )


def replies(policy: Policy, facts: CaseFacts) -> Replies:
    """All that a first reply needs: what is said in private, and in public where the customer wrote
    there. Raises ValueError as `draft` does."""
    if facts.visibility is Visibility.PRIVATE:
        return Replies(None, draft(policy, facts))
    over = replace(
        facts,
        channel=Channel.DM,
        visibility=Visibility.PRIVATE,
        came_over=True,
        network=facts.network or facts.channel,
    )
    return Replies(draft(policy, facts), draft(policy, over))


def _template(triage: Triage) -> str:
    if triage.conduct is Conduct.THREAT:
        return "threat"
    if triage.severity == 3 or triage.crisis:
        return "crisis"
    if triage.conduct is not Conduct.ORDINARY:
        return triage.conduct
    return triage.kind if triage.kind in (Kind.INQUIRY, Kind.REQUEST, Kind.PRAISE) else "complaint"


def _own_tone(triage: Triage, template: str) -> bool:
    """True where nothing is said but the one thing that matters."""
    return template in ("praise", "threat") or Crisis.SELF_HARM in triage.crisis


def _general(policy: Policy, cause: str) -> str:
    """The general cause that a trade's own one is a part of."""
    own = policy.causes.get(cause)
    return own.of if own else cause


def _who(policy: Policy, triage: Triage, language: str) -> str:
    """The department that looks into it, as the customer reads it; empty: the desk itself."""
    name = policy.route(triage).name.in_(language)
    if name == policy.company.desk.in_(language):
        return ""
    return name if language == "en" else name.replace(" ", "の")


def _warning(policy: Policy, language: str) -> str:
    step = policy.protection.warn
    return step.wording.in_(language) if step else ""


def _offer(solution: Solution | None, language: str) -> str:
    return solution.offer.in_(language) if solution and solution.offer else ""
