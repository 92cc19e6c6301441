"""A connector of a third party whose service is a table in memory: it does as the test says."""

from __future__ import annotations

from typing import ClassVar

from casebook.clock import now
from casebook.config import Table
from casebook.errors import AccountError, AmbiguousError, AuthError, PermanentError, TransientError
from casebook.lengths import Limit
from casebook.outbound import Outbound, Rules, Sent
from casebook.types import Visibility


class Killed(BaseException):
    """The process ends here."""


class Service:
    """What it took (identities in order), and what it does next: `arrive` tells whether the next
    reply arrives, `then` how the call ends."""

    taken: ClassVar[list[str]] = []
    arrive: ClassVar[bool] = True
    then: ClassVar[str] = "answer"
    asked: ClassVar[str] = "truth"


class Options(Table):
    """None."""


class Played:
    """As `connectors.base.Sender`."""

    rules = Rules({Visibility.PRIVATE: ()})

    def __init__(self, name: str, options: Options) -> None:
        self.name = name

    def check(self) -> str:
        return "well"

    def limits(self, visibility: Visibility) -> tuple[Limit, ...]:
        return ()

    def send(self, outbound: Outbound) -> Sent:
        certain = {
            "transient": TransientError("later", "later"),
            "refused": PermanentError("no", "no"),
            "locked": AuthError("who", "who"),
            "broke": AccountError("no credit", "broke"),
        }
        if Service.then in certain:
            raise certain[Service.then]
        if Service.arrive:
            Service.taken.append(outbound.identity)
        if Service.then == "killed":
            raise Killed
        if Service.then == "lost" or not Service.arrive:
            raise AmbiguousError("lost", "lost")
        return Sent(outbound.identity, now())

    def find_sent(self, outbound: Outbound) -> Sent | None:
        if Service.asked == "ambiguous":
            raise AmbiguousError("who knows", "unknown")
        if Service.asked == "transient":
            raise TransientError("later", "later")
        if Service.asked == "locked":
            raise AuthError("who", "who")
        if Service.asked == "odd":
            raise LookupError(outbound.identity)
        there = outbound.identity in Service.taken
        return Sent(outbound.identity, now()) if there else None
