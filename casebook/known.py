"""What the record knows of a case, for whoever judges a reply to it. Nothing here changes it."""

from __future__ import annotations

from dataclasses import replace

from casebook import models as m
from casebook import outgoing, threads
from casebook.findings import Facts
from casebook.policy import Policy
from casebook.reading import gravest_of
from casebook.rows import triage_value
from casebook.states import DraftState
from casebook.types import NETWORKS, Conduct, Kind, Triage


def facts(policy: Policy, case: m.Case, triage: Triage, message: m.Message) -> Facts:
    """What is known of a case whose reply to a `message` goes by this triage."""
    asked = outgoing.reached_by(message, case.pk)
    stopped = outgoing.opted_out(asked) if asked.channel in NETWORKS else None
    return Facts(
        conduct=triage.conduct,
        fault_confirmed=case.fault_confirmed,
        severity=triage.severity,
        kind=triage.kind,
        # A customer in a third language gets the policy's.
        customer_language=triage.language if triage.language in ("ja", "en") else "",
        customer_name=case.display_name,
        department=policy.department(triage),
        # A matter that began in private needs no question to the record.
        invited=case.channel in NETWORKS and threads.is_invited(case, stopped),
        opted_out=stopped is not None,
    )


def known(policy: Policy, message: m.Message) -> Facts:
    """What is known of the case of a message that a reply answers: what the message was found to
    be, with the worst conduct of all that no reply has answered yet. Raises ValueError for a
    message without a case."""
    case = message.case
    if case is None:
        raise ValueError(f"message {message.pk} belongs to no case")
    row = getattr(message, "triage", None)
    plain = Triage(Kind.COMPLAINT, 1, Conduct.ORDINARY, message.language)
    triage = triage_value(row) if row else plain
    if gravest := gravest_of([case.pk]).get(case.pk):
        worst = max(triage.conduct, gravest.conduct, key=list(Conduct).index)
        triage = replace(triage, conduct=worst)
    answered = case.drafts.filter(state=DraftState.SENT).exists()
    return replace(facts(policy, case, triage, message), answered=answered)
