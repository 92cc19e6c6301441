"""Which network carries a private reply, as far as the configuration says."""

from __future__ import annotations

from casebook import models as m
from casebook import outgoing
from casebook.config import settings
from casebook.types import MAILED


def network(message: m.Message, case: m.Case) -> str:
    """The type of the account that a private answer to `message` leaves through, which names its
    network in `casebook.lengths.PRIVATE`; empty for mail, and where no account is configured."""
    if message.channel in MAILED:
        return ""
    source = outgoing.reached_by(message, case.pk).source
    if source is None:
        return ""
    accounts = {one.name: one.type for one in settings().sources}
    for sender in settings().senders:
        if sender.enabled:
            accounts |= dict.fromkeys(sender.answers, sender.type)
    return accounts.get(source.name, "")
