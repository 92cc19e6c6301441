"""Every reply that a flow drafts, read by the guard."""

from __future__ import annotations

from casebook.clock import now
from casebook.config import settings
from casebook.findings import Facts
from casebook.policy import Policy
from casebook.types import Finding, Reply
from enrich import acts
from enrich.personal_data import not_ours
from responders.review import review


def judged(policy: Policy, reply: Reply, case: Facts) -> tuple[Finding, ...]:
    """What stands against sending a reply now (`responders.review`)."""
    personal = not_ours(reply.body, policy)
    return review(
        policy, reply, case, now(), acts.read, personal=personal, hosts=settings().desk.hosts
    )
