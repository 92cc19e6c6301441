"""A reply of ours before it is kept as a draft: what the guard says of it, as the case stands."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from casebook.acts import Reader
from casebook.findings import Facts
from casebook.policy import Policy
from casebook.types import Finding, Reply, Span
from responders.due import wordings
from responders.guard import Outgoing, guard


def review(
    policy: Policy,
    reply: Reply,
    case: Facts,
    told: datetime,
    acts: Reader,
    *,
    personal: tuple[Span, ...],
    hosts: tuple[str, ...],
) -> tuple[Finding, ...]:
    """What stands against sending `reply`, said at `told` (aware), to a case of which `case` is
    known beside what the reply itself tells: its gravity, and the time that will be watched, which
    it must name in words that mean it. `acts`, `personal`, `hosts`: as `Outgoing` has them."""
    ways = wordings(policy, reply.due, reply.language, told) if reply.due else ()
    facts = replace(case, severity=reply.severity, due=reply.due, due_said=ways)
    outgoing = Outgoing(
        reply.body, acts, reply.language, reply.channel, reply.visibility, personal, hosts
    )
    return guard(outgoing, facts, policy, told)
