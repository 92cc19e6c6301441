"""Everything that we can write to a customer: learned as harmless, and read whole by the tests."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from casebook.findings import Facts
from casebook.lengths import PRIVATE
from casebook.policy import Policy
from casebook.timing import Purpose
from casebook.types import Cause, Channel, Conduct, Crisis, Demand, Kind, Reply, Triage, Visibility
from responders.draft import CaseFacts, draft, needs_time
from responders.later import closing, follow_up, progress
from responders.letters import Letter
from responders.wordings import Turn

LANGUAGES = ("ja", "en")
PACKS = ("default", "retail", "hospital", "municipality", "school", "finance", "travel")
RECEIPT = "M-7F3K2Q"
HOST = "desk.example.com"
"""The desk's own."""
DUE = datetime(2026, 11, 24, 6, tzinfo=UTC)
PUBLIC = (Channel.X, Channel.GOOGLE, Channel.MASTODON, Channel.BLUESKY, Channel.REVIEW)
WAYS = [
    *((channel, Visibility.PRIVATE, "") for channel in (Channel.EMAIL, Channel.FORM)),
    *((Channel.DM, Visibility.PRIVATE, network) for network in PRIVATE),
    *((channel, Visibility.PUBLIC, "") for channel in PUBLIC),
]
"""Channel, visibility, and the network whose private messages carry the text."""
Text = Callable[[CaseFacts], Reply]
"""Makes a text of one sort from the facts of a case, whose triage it may change."""


@dataclass(frozen=True, slots=True)
class Sort:
    """A sort of text: its name, what makes it from a policy and a case, and the labels of the
    triage that it is written for."""

    name: str
    write: Callable[[Policy, CaseFacts], Reply]
    labels: Mapping[str, Any] = field(default_factory=dict)
    fault_confirmed: bool = False


def _reply(name: str, **labels: Any) -> Sort:
    options = {
        key: labels.pop(key) for key in ("purpose", "incident", "fault_confirmed") if key in labels
    }

    def write(policy: Policy, facts: CaseFacts) -> Reply:
        triage = replace(facts.triage, **labels)
        due = facts.due if needs_time(triage) else None
        return draft(policy, replace(facts, triage=triage, due=due, **options))

    return Sort(name, write, labels, options.get("fault_confirmed", False))


def _letter(facts: CaseFacts) -> Letter:
    return Letter(
        facts.receipt,
        facts.channel,
        facts.visibility,
        facts.display_name,
        facts.subject,
        facts.triage,
        network=facts.network,
        turn=facts.turn,
    )


SORTS = [
    *(_reply(f"complaint:{cause}", cause=cause) for cause in Cause),
    _reply("urgent", severity=2),
    _reply("fault", fault_confirmed=True),
    _reply("incident", incident=True),
    *(_reply(kind, kind=kind) for kind in (Kind.INQUIRY, Kind.REQUEST, Kind.PRAISE)),
    *(_reply(one, conduct=one) for one in Conduct if one is not Conduct.ORDINARY),
    *(_reply(f"crisis:{one}", severity=3, crisis=(one,)) for one in Crisis),
    _reply("crisis:other", severity=3, crisis=("other",)),
    _reply("delay", purpose=Purpose.DELAY),
    _reply("delay:threat", purpose=Purpose.DELAY, conduct=Conduct.THREAT),
    _reply("delay:self_harm", purpose=Purpose.DELAY, severity=3, crisis=(Crisis.SELF_HARM,)),
    Sort("progress", lambda policy, facts: progress(policy, _letter(facts), facts.due)),
    Sort(
        "follow_up",
        lambda policy, facts: follow_up(policy, _letter(facts), f"https://{HOST}/s/1"),
    ),
    Sort("closing", lambda policy, facts: closing(policy, _letter(facts))),
]
TO_BE_FILLED = ("progress", "closing")
"""Sorts that hold a slot which a person fills, where they are private."""


def known(policy: Policy, sort: Sort, case: CaseFacts) -> Facts:
    """What the record knows of a case when the guard reads a text of this sort."""
    triage = replace(case.triage, **sort.labels)
    return Facts(
        conduct=triage.conduct,
        fault_confirmed=sort.fault_confirmed,
        kind=triage.kind,
        customer_language=triage.language,
        customer_name=case.display_name,
        department=policy.department(triage),
        answered=case.follow_up,
    )


def facts(
    language: str, channel: Channel, visibility: Visibility, turn: Turn, **more: object
) -> CaseFacts:
    """A plain case in which all is known."""
    triage = Triage(
        kind=Kind.COMPLAINT,
        severity=1,
        conduct=Conduct.ORDINARY,
        language=language,
        cause=Cause.DEFECT,
        demands=(Demand.REFUND,),
        products=("絵皿",),
        entities={"order_number": ("MD-20261108-0417",)},
        missing=("purchase_date",),
    )
    plain = CaseFacts(
        RECEIPT, channel, visibility, "木村 佳代", "届いた皿が割れていた", triage, DUE, turn=turn
    )
    return replace(plain, **more)  # type: ignore[arg-type]


NAMES = (
    "木村 佳代",
    "株式会社あかね設計",
    "Deborah Lane",
    "",
    "{{ 7*7 }}",
    "〇〇",
    "a\r\nBcc: x",
    "長" * 99,
    "\u202e逆",
    "me@evil.example",
)
SUBJECTS = (
    *NAMES,
    "届きません",
    "Re: 請求について",
    "お前ら死ね",
    "None",
    "「引用」の件",
    "12時までに返金しろ",
    "ポットの件",
)
THINGS = ("絵皿", "EX300B", "<b>皿</b>", "」\n返金済み「", "[NAME]", "x" * 80)
ORDERS = ("MD-20261108-0417", "0417", "03-1234-5678", "{{x}}", "A" * 40)


def drawn(seed: int) -> Callable[[CaseFacts], CaseFacts]:
    """A case drawn with this seed: hostile names, subjects and things, anything left out."""
    dice = random.Random(seed)

    def some(values: Sequence[str]) -> tuple[str, ...]:
        return tuple(dice.sample(values, dice.randint(0, 3)))

    triage = {
        "demands": some(list(Demand)),
        "products": some(THINGS),
        "entities": {"order_number": some(ORDERS)},
        "missing": some(
            ["purchase_date", "product", "order_number", "what_happened", "wished_solution"]
        ),
        "cause": dice.choice(["", *Cause]),
        "confidence": {"cause": dice.random()},
    }
    more = {
        "display_name": dice.choice(NAMES),
        "subject": dice.choice(SUBJECTS),
        "follow_up": dice.random() < 0.3,
        "came_over": dice.random() < 0.3,
        "told": dice.choice([None, DUE.replace(hour=1), DUE.replace(day=20)]),
        "turn": Turn(dice.getrandbits(40), dice.getrandbits(40)),
    }

    def change(plain: CaseFacts) -> CaseFacts:
        return replace(plain, triage=replace(plain.triage, **triage), **more)  # type: ignore[arg-type]

    return change


def wordings(policy: Policy, sort: Sort, plain: CaseFacts) -> Iterator[str]:
    """Every wording of a text: as many turns of each number as its picks can tell apart."""
    for customer, thread in itertools.product(range(27), range(27)):
        yield sort.write(policy, replace(plain, turn=Turn(customer, thread))).body
