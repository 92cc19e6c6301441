"""Texts that go to customers: a template, filled for one person on one channel.

Templates lie in `templates/<kind>/<language>/<channel>.jinja`, or `private.jinja` and
`public.jinja` for all channels of that visibility. What the customer wrote is data in them. Where
a network's private messages are shorter than the letter, the same template writes it in brief.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PackageLoader,
    StrictUndefined,
)

from casebook.lengths import fits_in_private
from casebook.policy import Policy
from casebook.types import Channel, Reply, Triage, Visibility
from responders import quoting
from responders.due import say_due
from responders.understanding import matter
from responders.wordings import FIRST, Choice, Pick, Turn

_LETTERS = frozenset({Channel.EMAIL, Channel.FORM, Channel.WEB})
"""Channels whose private texts are letters, with a signature; the others carry messages."""


@dataclass(frozen=True, slots=True)
class Letter:
    """Whom a text of ours goes to, and about what. `subject` is the customer's own, `told` the
    moment (aware) at which a time is named: today, tomorrow. `came_over`: what he wrote before
    stands in public, and now he writes in private. `opted_out`: he wants no private messages of the
    network, and is shown the desk's mail and telephone instead. `network`: whose private messages
    carry it (`casebook.lengths.PRIVATE`), empty for any other way. `turn` chooses the wording."""

    receipt: str
    channel: Channel
    visibility: Visibility
    display_name: str
    subject: str
    triage: Triage
    told: datetime | None = None
    came_over: bool = False
    opted_out: bool = False
    network: str = ""
    turn: Turn = FIRST

    @property
    def topic(self) -> str:
        """The subject as it may be quoted back; empty where that would not be safe or helpful."""
        return quoting.topic(self.subject)

    def written_in(self, policy: Policy) -> str:
        """The customer's language, or the policy's where that is neither Japanese nor English."""
        language = self.triage.language
        return language if language in ("ja", "en") else policy.language


def write(
    policy: Policy,
    template: str,
    letter: Letter,
    due: datetime | None = None,
    *,
    room: int = 0,
    **slots: object,
) -> Reply:
    """Fill a template for a customer: with what every letter holds, the time that it names (`due`,
    aware UTC), and the `slots` of its own; in brief where the network would not take the whole with
    `room` characters more, which a person is to fill in. A public text names no time, so that
    nothing of a case stands in public. Raises jinja2's UndefinedError where a slot is missing."""
    private = letter.visibility is Visibility.PRIVATE
    due = due if private else None
    language = letter.written_in(policy)
    body = _fill(policy, template, letter, due, slots)
    if private and not fits_in_private(body + "x" * room, letter.network):
        body = _fill(policy, template, letter, due, slots, brief=True)
    return Reply(
        channel=letter.channel,
        visibility=letter.visibility,
        language=language,
        subject=quoting.reply_subject(
            letter.topic, letter.receipt, policy.company.desk.in_(language)
        ),
        body=body,
        due=due,
        severity=letter.triage.severity,
    )


def _fill(
    policy: Policy,
    template: str,
    letter: Letter,
    due: datetime | None,
    slots: Mapping[str, object],
    *,
    brief: bool = False,
) -> str:
    language = letter.written_in(policy)
    frame = "letter" if letter.channel in _LETTERS else "message"
    if letter.visibility is Visibility.PUBLIC:
        frame = "public"
    elif brief:
        frame = "brief"
    table = None if letter.opted_out else policy.channels.get(letter.channel)
    found = templates(policy.templates).select_template(
        [
            f"{template}/{language}/{letter.channel}.jinja",
            f"{template}/{language}/{letter.visibility}.jinja",
            f"_update/{language}/{letter.visibility}.jinja",
        ]
    )
    body = found.render(
        choose=Choice(letter.turn),
        frame=f"_frame/{language}/{frame}.jinja",
        channel=letter.channel,
        direct=table.direct if table else "",
        salutation=quoting.salutation(letter.display_name, language, policy.wording.customer),
        company=policy.company.name.in_(language),
        desk=policy.company.desk.in_(language),
        email=policy.company.email,
        phone=policy.company.phone,
        receipt=letter.receipt,
        brief=brief,
        # The receipt number names it as well.
        matter="" if brief else matter(letter.topic, letter.triage, language),
        crisis=letter.triage.crisis,
        conduct=letter.triage.conduct,
        came_over=letter.came_over and not brief,
        due=say_due(policy, due, language, letter.told) if due else "",
        we=policy.wording.we,
        customer=policy.wording.customer,
        **slots,
    )
    return re.sub(r"\n{3,}", "\n\n", body).strip() + "\n"


@cache
def templates(folder: str = "") -> Environment:
    """The templates: a company's own in `folder` first, then those that come along."""
    ours = PackageLoader("responders")
    loader: BaseLoader = ChoiceLoader([FileSystemLoader(folder), ours]) if folder else ours
    # Mail is plain text, so nothing is escaped; StrictUndefined: a slot without a value is an
    # error here, not a gap in front of the customer.
    return Environment(  # noqa: S701
        loader=loader,
        undefined=StrictUndefined,
        extensions=[Pick],
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
