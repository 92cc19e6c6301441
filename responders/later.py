"""What a customer hears after the first reply: a report on the way, how the matter ended, and a
question at the end."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from casebook.policy import Policy
from casebook.types import Reply
from responders.letters import Letter, write

_ROOM = 150
"""Characters kept free for what a person fills in."""


def follow_up(policy: Policy, letter: Letter, survey: str) -> Reply:
    """The question, once a matter is resolved, whether all is well; `survey` is the link to the
    satisfaction survey, empty for none. It promises nothing."""
    return write(policy, "follow_up", letter, survey=survey)


def progress(policy: Policy, letter: Letter, answer_due: datetime | None) -> Reply:
    """The report on how far a matter has come. What was done is a slot that a person fills, and so
    is the time of the next contact unless the answer is promised for `answer_due` (aware UTC),
    which is repeated but not promised anew."""
    return replace(write(policy, "progress", letter, answer_due, room=_ROOM), due=None)


def closing(policy: Policy, letter: Letter) -> Reply:
    """The message that ends a matter. What was done is a slot that a person fills."""
    return write(policy, "closing", letter, room=_ROOM)
