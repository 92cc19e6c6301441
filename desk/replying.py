"""What a person writes or approves: judged, and held to the times that it names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from casebook import models as m
from casebook import moves, reading, watched
from casebook.clock import now
from casebook.config import settings
from casebook.errors import IllegalMove
from casebook.findings import ANOTHER_DAY, Code
from casebook.known import known
from casebook.moves.base import MACHINE
from casebook.policy import Policy
from casebook.states import DraftState
from casebook.timing import About, Purpose
from casebook.types import Channel, Direction, Finding, Reply, Visibility
from desk.outbox import must_fit
from desk.words import plain, say
from enrich import acts
from enrich.personal_data import not_ours
from responders.calendar import calendar
from responders.due import say_due
from responders.quoting import reply_subject, topic
from responders.review import review
from responders.times import Told, promised

_CRISIS = 3

WHEN = "%Y-%m-%d %H:%M"
"""How a time is typed, in the policy's time zone."""


def approve(
    policy: Policy,
    draft: m.Draft,
    who: str,
    also: Sequence[tuple[About, datetime]] = (),
    override: str = "",
    *,
    lead: bool = True,
    person: bool = True,
) -> m.Draft:
    """Approve a draft, as it was read, with the promises that are confirmed besides its own, where
    need be for the reason `override` in spite of the guard; what it says of today and tomorrow is
    brought up to date first, and the guard reads it as the case stands now. Where policy asks for
    two people, the first one's approval leaves it pending. `lead`: whether `who` decides as one,
    `person`: whether they are one; a program is none of two people, whoever holds its key. Raises
    IllegalMove, also where it is longer than the account takes through which it would leave."""
    draft = _tell_anew(policy, draft)
    must_fit(draft)
    two = needs_two(policy, draft)
    if two and not person:
        raise IllegalMove(f"{draft.case.receipt}: two people approve it, and a key is no person")
    return moves.approve(draft.pk, who, also, override, two=two, version=draft.version, lead=lead)


def needs_two(policy: Policy, draft: m.Draft) -> bool:
    """Whether two people approve a draft. A crisis stays one for them until it is answered: who
    says that it is none does not decide alone."""
    return any(_TWO_FOR[one](draft) for one in policy.approval.two_for)


def _crisis(draft: m.Draft) -> bool:
    return draft.severity == _CRISIS or reading.once_gravest(draft.case_id) == _CRISIS


_TWO_FOR: Mapping[str, Callable[[m.Draft], bool]] = {
    "public": lambda draft: draft.visibility == Visibility.PUBLIC,
    "crisis": _crisis,
    "over_authority": lambda draft: any(
        one["code"] == Code.UNAUTHORISED_PROMISE and one["blocking"] for one in draft.findings
    ),
}


def edit(
    policy: Policy,
    draft: m.Draft,
    who: str,
    body: str,
    due: datetime | None = None,
    *,
    private_body: str | None = None,
    reason: str = "",
) -> m.Draft:
    """Give a draft, as it was read, another wording by `who`, and another time where `due` is
    given; what the guard says of it is kept. Raises IllegalMove, also where another version is in
    force by now."""
    found = judged(policy, reply_of(draft, body, due), draft.answers)
    return moves.edit(
        draft.pk, who, body, found, due,
        private_body=private_body, reason=reason, version=draft.version,
    )  # fmt: skip


def undo_seconds(policy: Policy, draft: m.Draft) -> int:
    """For how many seconds more an approved draft certainly stays here; 0: it may be leaving."""
    if draft.state != DraftState.APPROVED or draft.decided_at is None:
        return 0
    undo = timedelta(seconds=policy.sending.undo_seconds)
    return max(0, ceil((draft.decided_at + undo - now()).total_seconds()))


def _tell_anew(policy: Policy, draft: m.Draft) -> m.Draft:
    """On a later day than the one on which a draft was written 「本日」 means another day: its
    time is said as it is said now. The guard reads it again: the case may stand otherwise by now.
    A version is added where the words change, or what stands against them. Returns the draft as it
    is then."""
    version, at = reading.wording(draft), now()
    written = version.created_at
    if draft.due is not None and draft.due <= at:
        return draft
    body = version.body
    same_day = written.astimezone(policy.zone).date() == at.astimezone(policy.zone).date()
    if draft.due is not None and not same_day:
        before, after = (say_due(policy, draft.due, draft.language, told) for told in (written, at))
        body = body.replace(before, after)
    found = [*judged(policy, reply_of(draft, body), draft.answers)]
    if not same_day:
        meant = _promised(policy, draft, version.body, written)
        found += _shifted(meant, _promised(policy, draft, body, at))
    stood = [Finding(**one) for one in draft.findings]
    # What a person said of the draft is not answered by another word for its time.
    kept = [one for one in stood if one.code not in set(Code)]
    if body != version.body or _blocking(found) != _blocking(stood, kept):
        return moves.edit(draft.pk, MACHINE, body, [*found, *kept], version=draft.version)
    return draft


def _blocking(findings: Sequence[Finding], but: Sequence[Finding] = ()) -> set[str]:
    return {one.code for one in findings if one.blocking and one not in but}


def _shifted(before: Sequence[Told], after: Sequence[Told]) -> Iterator[Finding]:
    """What stands against a text whose promises mean other moments than when it was written."""
    meant, means = ({(told.at, told.progress) for told in one} for one in (before, after))
    if meant == means:
        return
    place = next((told for told in after if (told.at, told.progress) not in meant), None)
    start, end = (place.start, place.end) if place else (0, 0)
    yield Finding(Code.DUE_DIFFERS.value, start, end, ANOTHER_DAY)


def _promised(policy: Policy, draft: m.Draft, body: str, at: datetime) -> tuple[Told, ...]:
    department = watched.department(draft.answers, policy)
    hours = calendar(policy, department=department, channel=draft.channel)
    return promised(body, at, hours, draft.language)


def judged(policy: Policy, reply: Reply, answers: m.Message) -> tuple[Finding, ...]:
    """What the guard says of a reply to a message that is written now."""
    personal, hosts = not_ours(reply.body, policy), settings().desk.hosts
    facts = known(policy, answers)
    return review(policy, reply, facts, now(), acts.read, personal=personal, hosts=hosts)


def reply_of(draft: m.Draft, body: str, due: datetime | None = None) -> Reply:
    """A draft as a reply with this body, and with this time where it is another one."""
    return Reply(
        channel=Channel(draft.channel),
        visibility=Visibility(draft.visibility),
        language=draft.language,
        subject="",
        body=body,
        due=due or draft.due,
        severity=draft.severity,
    )


def newest(case: m.Case) -> m.Message:
    """The customer's newest message of a case, which a person's reply answers."""
    message = case.messages.filter(direction=Direction.IN).order_by("pk").last()
    assert message is not None
    return message


def written(policy: Policy, case: m.Case, body: str, due: datetime | None) -> Reply:
    """A person's reply to a case, on the way and in the language of what it answers."""
    message = newest(case)
    last = case.drafts.order_by("pk").last()
    spoken = last.language if last else message.language or case.language
    language = spoken if spoken in ("ja", "en") else policy.language
    return Reply(
        channel=Channel(message.channel),
        visibility=Visibility(message.visibility),
        language=language,
        subject=reply_subject(
            topic(message.subject, case.subject), case.receipt, policy.company.desk.in_(language)
        ),
        body=body,
        due=due,
        severity=last.severity if last else 1,
    )


@dataclass(frozen=True, slots=True)
class Further:
    """A time that a text promises beside the draft's own: its words, the moment to the minute, and
    whether it is for an answer or a report."""

    words: str
    moment: datetime
    about: About


def further(policy: Policy, draft: m.Draft, body: str, due: datetime | None) -> Iterator[Further]:
    """The times that a text promises beside `due`."""
    known = due.replace(second=0, microsecond=0) if due else None
    for told in _promised(policy, draft, body, now()):
        # To the minute and never later than the text allows.
        moment = told.at.replace(second=0, microsecond=0)
        if moment != known:
            about = About.PROGRESS if told.progress else About.ANSWER
            yield Further(plain(body[told.start : told.end], 60), moment, about)


def proposals(
    policy: Policy, draft: m.Draft, body: str, due: datetime | None, purpose: Purpose | None
) -> Iterator[str]:
    """Lines for a person: the times that a text promises beside `due`, and the command that makes
    promises of them. Nothing where there are none."""
    options: list[str] = []
    for one in further(policy, draft, body, due):
        local = f"{one.moment.astimezone(policy.zone):{WHEN}}"
        yield say(
            f"  本文の約束：「{one.words}」→ {local}",
            f'  promised in the text: "{one.words}" → {local}',
        )
        options.append(f'--{"progress" if one.about is About.PROGRESS else "also"} "{local}"')
    if options:
        which = f" --purpose {purpose}" if purpose else ""
        command = f"madoguchi approve {draft.case.receipt}{which} {' '.join(options)}"
        yield say(
            f"  約束として見守るには、承認のときに： {command}",
            f"  to have them watched, approve with: {command}",
        )
