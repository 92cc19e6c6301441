"""The guard: reads every text that could leave the house, whoever wrote it.

Pure: a reply, what is known of its case, the policy and the moment go in, findings come out. What a
code means stands in `casebook.findings`; each family of codes has a module here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from casebook.findings import WARNINGS, Code, Facts
from casebook.policy import Policy
from casebook.types import Conduct, Finding, Kind, Visibility
from responders.calendar import calendar
from responders.guard import faults, form, grants, links, private, publicity, times, tone
from responders.guard.acts import Place
from responders.guard.outgoing import Outgoing
from responders.guard.reading import Reading, read

__all__ = ["Facts", "Outgoing", "guard", "has_slot"]

_MOST = 20
"""Findings of one code that are told."""


def guard(reply: Outgoing, facts: Facts, policy: Policy, now: datetime) -> tuple[Finding, ...]:
    """What stands against sending `reply` at `now` (aware), in the order of its text. It never
    raises on any text; the time is proportional to the text's length."""
    reading = read(reply.body, reply.acts)
    found = {
        (code, *reading.span(*place)): code for code, place in _meant(reading, reply, facts, policy)
    }
    keys = [*found, *_written(reading, reply, facts, policy, now)]
    findings = [_finding(*key, facts) for key in dict.fromkeys(keys)]
    return tuple(sorted(_fewest(findings), key=lambda one: (one.start, one.end, one.code)))


def has_slot(text: str) -> bool:
    """Whether a template's slot or a placeholder stands in `text`."""
    return any(True for _ in form.slots(text))


def _meant(
    reading: Reading, reply: Outgoing, facts: Facts, policy: Policy
) -> Iterator[tuple[Code, Place]]:
    """What it says, by places in the folded text."""
    told = tuple(
        private.private_data(reading, reply.personal, reply.visibility, facts.customer_name, policy)
    )
    yield from told
    if not form.is_readable(reading):
        return
    authority = facts.authority or policy.authority
    own = policy.forbidden_apologies.at(facts.severity)
    yield from faults.admissions(reading, facts.fault_confirmed, own)
    yield from faults.blame(reading)
    yield from grants.promises(reading, authority)
    yield from grants.yielding(reading, facts.conduct, authority)
    yield from tone.tone(reading)
    yield from tone.slips(reading, [place for _, place in told])
    yield from publicity.publicity(reading, reply.visibility, invited=facts.invited)
    if _deserves_regret(reply, facts):
        yield from tone.regret(reading)


def _written(
    reading: Reading, reply: Outgoing, facts: Facts, policy: Policy, now: datetime
) -> Iterator[tuple[Code, int, int]]:
    """What it is like and when it promises what, by spans of the reply."""
    whole = (0, len(reply.body))
    for span in form.slots(reply.body):
        yield Code.UNFILLED_SLOT, *span
    for span in links.links(reading, reply.channel, (*policy.company.domains, *reply.hosts)):
        yield Code.UNSAFE_LINK, *span
    if form.is_too_long(reply.body, reply.channel):
        yield Code.TOO_LONG, *whole
    if form.is_foreign(reading, facts.customer_language, reply.language):
        yield Code.WRONG_LANGUAGE, *whole
    if facts.due is None or facts.kind is Kind.PRAISE:
        return
    hours = calendar(policy, department=facts.department, channel=reply.channel)
    named = times.named(reading, hours, now)
    for place in times.too_early(reading, named, facts.due, bool(facts.due_said)):
        yield Code.PROMISE_BEFORE_DUE, *reading.span(*place)
    if not named and form.is_readable(reading) and reply.visibility is Visibility.PRIVATE:
        yield Code.NO_DUE_TIME, *whole
    elif named and facts.due_said and times.differs(reading, facts.due_said):
        yield Code.DUE_DIFFERS, *reading.span(named[0].start, named[0].end)


def _deserves_regret(reply: Outgoing, facts: Facts) -> bool:
    return (
        reply.visibility is Visibility.PRIVATE
        and not facts.answered
        and facts.conduct is Conduct.ORDINARY
        and facts.kind is Kind.COMPLAINT
    )


def _finding(code: Code, start: int, end: int, facts: Facts) -> Finding:
    timed = code in (Code.DUE_DIFFERS, Code.PROMISE_BEFORE_DUE) and facts.due_said
    repair = facts.due_said[-1] if timed else ""
    return Finding(code.value, start, end, blocking=code not in WARNINGS, repair=repair)


def _fewest(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Of each code the first ones, none within another of the same code."""
    last: dict[str, int] = {}
    counts: dict[str, int] = {}
    for one in sorted(findings, key=lambda one: (one.code, one.start, -one.end)):
        count = counts.get(one.code, 0)
        if count < _MOST and one.end > last.get(one.code, -1):
            counts[one.code], last[one.code] = count + 1, one.end
            yield one
