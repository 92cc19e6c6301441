"""A text before it is kept as a draft: what the guard says of it under the policy."""

from __future__ import annotations

from datetime import datetime

from casebook.policy import Policy
from casebook.types import Finding
from responders.due import wordings
from responders.guard import guard


def review(
    policy: Policy,
    body: str,
    *,
    due: datetime | None,
    told: datetime,
    language: str,
    severity: int,
) -> tuple[Finding, ...]:
    """What stands against sending `body`, written at `told` in `language` for a case of this
    severity: it must name `due` (aware) in words that mean it, where there is one."""
    return guard(
        body,
        needs_time=due is not None,
        due_said=wordings(policy, due, language, told) if due else (),
        forbidden=policy.forbidden_apologies.at(severity),
    )
