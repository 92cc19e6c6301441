"""The intake from the first poll to the last queued draft, whoever carries the steps out."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from django.db import InterfaceError, OperationalError

from casebook import models as m
from casebook import moves, reading
from casebook.clock import now
from casebook.config import settings
from casebook.errors import ConnectorError, MadoguchiError, PermanentError
from casebook.locks import exclusive
from casebook.states import MessageState
from flows import alerting, hooks, steps
from flows.allowance import ALLOWANCE
from flows.shelf import SHELF

_log = logging.getLogger("madoguchi.intake")

_LONGEST_PAUSE = timedelta(hours=1)
"""How long a source that needs a person's hand is left alone at the most."""

Report = Callable[[str, int, int], None]
"""Called with a step's name, what is done of it, and how much there is (0: unknown)."""


class Each(Protocol):
    """Carries a step out for each argument, and gives back results or the errors raised."""

    def __call__(self, step: Callable[[Any], Any], arguments: Sequence[Any]) -> list[Any]:
        """Results in the order of the arguments; an argument that failed gives its exception."""
        ...


@dataclass(frozen=True, slots=True)
class Summary:
    """What one intake did, from the first poll to the last queued draft in `seconds`.

    `failed` maps a source's name to its error in one line.
    """

    polled: int
    seen: int
    new: int
    understood: int
    drafts: int
    quarantined: int
    alerts: int
    failed: dict[str, str]
    seconds: float

    def line(self) -> str:
        """The one line that a run leaves in the log."""
        text = (
            f"intake: {self.polled} sources, {self.new} new of {self.seen} messages, "
            f"{self.understood} understood, {self.drafts} drafts queued"
        )
        if self.quarantined:
            text += f", {self.quarantined} in quarantine"
        if self.alerts:
            text += f", {self.alerts} alerts sent"
        text += f", failing: {', '.join(self.failed)}" if self.failed else ""
        return f"{text} ({self.seconds:.1f} s)"


REPORT: ContextVar[Report] = ContextVar("report", default=lambda *_: None)
"""Who is told of the progress; a terminal sets it."""


class AlreadyRunning(MadoguchiError):
    """Another process does the intake at this moment."""


def run(each: Each, *, due_only: bool) -> Summary:
    """Poll, understand and answer all there is.

    `due_only` leaves out the sources whose interval has not passed. A failing source hinders no
    other. Raises AlreadyRunning, and what a step raises that is not about a message's content (the
    database is away).
    """
    with exclusive("intake") as alone:
        if not alone:
            raise AlreadyRunning("another intake is running; it takes in what there is")
        try:
            return _run(each, due_only)
        finally:
            SHELF.put_back()
            ALLOWANCE.renew()


def _run(each: Each, due_only: bool) -> Summary:
    report, began = REPORT.get(), time.monotonic()
    names = _wanted(due_only)
    report("poll", 0, len(names))
    polled: list[steps.Polled] = []
    failed: dict[str, str] = {}
    for name, result in zip(names, each(steps.poll, names), strict=True):
        if isinstance(result, (OperationalError, InterfaceError)):
            raise result
        if isinstance(result, Exception):
            failed[name] = _tell(name, _as_connector_error(result))
        else:
            polled.append(result)
    new = sum(result.new for result in polled)
    report("poll", len(names), len(names))
    quarantined = _quarantined()
    relating = _Stage(each, steps.relate_batch, MessageState.RECEIVED, "relate")
    answering = _Stage(each, steps.answer_batch, MessageState.RELATED, "answer")
    # Whatever keeps messages from being answered keeps nobody from being told of those before.
    alerts = _alerts(each)
    # What a killed run left comes first; then each batch is answered before the next is read, so
    # that nobody's draft waits for the end of a long mailbox.
    answering.all()
    alerts += _alerts(each)
    while relating.batch():
        answering.all()
        alerts += _alerts(each)
    _webhooks(each)
    return Summary(
        polled=len(names),
        seen=sum(result.seen for result in polled),
        new=new,
        understood=relating.done,
        drafts=answering.done,
        quarantined=_quarantined() - quarantined,
        alerts=alerts,
        failed=failed,
        seconds=round(time.monotonic() - began, 3),
    )


def _alerts(each: Each) -> int:
    """Send the alerts that wait, before the next batch is read; returns how many arrived. What
    goes wrong with them keeps no message from being answered."""
    keys = alerting.due()
    if not keys:
        return 0
    (result,) = each(alerting.tell, [keys])
    if isinstance(result, (OperationalError, InterfaceError)):
        raise result
    if isinstance(result, Exception):
        _log.warning("alerts: unforeseen %s", type(result).__name__)
        return 0
    return int(result)


def _webhooks(each: Each) -> None:
    """Tell webhooks what happened, at the desk too since the last run; what goes wrong with them is
    tried again."""
    keys = hooks.due()
    if not keys:
        return
    (result,) = each(hooks.tell, [keys])
    if isinstance(result, (OperationalError, InterfaceError)):
        raise result
    if isinstance(result, Exception):
        _log.warning("webhooks: unforeseen %s", type(result).__name__)


def _wanted(due_only: bool) -> list[str]:
    tables = settings().sources
    if due_only:
        return reading.due(tables, now())
    return [table.name for table in tables if table.enabled]


class _Stage:
    """A step carried out for the messages in one state, each offered once a run: one that failed
    waits for the next run. `done` is what the step returned in all."""

    def __init__(self, each: Each, step: steps.Step, state: MessageState, name: str) -> None:
        self._each, self._step, self._state, self._name = each, step, state, name
        self._last = self._passed = self.done = 0

    def batch(self) -> bool:
        """One batch; False when nothing is left."""
        keys = reading.in_state(self._state, settings().intake.batch, after=self._last)
        if not keys:
            return False
        self._last = keys[-1]
        (result,) = self._each(self._step, [keys])
        if isinstance(result, BaseException):
            raise result
        self.done += result
        self._passed += len(keys)
        left = reading.state_count(self._state)
        REPORT.get()(self._name, self._passed, self._passed + left)
        return True

    def all(self) -> None:
        """Batch after batch until nothing is left."""
        while self.batch():
            pass


def _as_connector_error(error: Exception) -> ConnectorError:
    """Whatever a poll failed with, as a trouble of its source alone."""
    if isinstance(error, ConnectorError):
        return error
    if isinstance(error, MadoguchiError):
        return PermanentError(str(error), "configuration")
    # The text of an error that nobody foresaw may hold a customer's words.
    return PermanentError(f"unforeseen {type(error).__name__}", "unforeseen")


def _tell(name: str, error: ConnectorError) -> str:
    """Write the failure on the source's health; say it once, not with every poll."""
    failures = m.Source.objects.get_or_create(name=name)[0].failures
    if moves.poll_failed(name, error.code, str(error), _again_at(name, error, failures)):
        _log.warning("%s: %s", name, error)
    return str(error)


def _again_at(name: str, error: ConnectorError, failures: int) -> datetime | None:
    retry_at: datetime | None = getattr(error, "retry_at", None)
    if isinstance(error, PermanentError):
        # A wrong password tried every minute locks the account.
        interval = next(table.interval for table in settings().sources if table.name == name)
        pause = timedelta(seconds=interval * 2 ** min(failures + 1, 12))
        return now() + min(pause, max(_LONGEST_PAUSE, timedelta(seconds=interval)))
    return retry_at


def _quarantined() -> int:
    return reading.state_count(MessageState.QUARANTINED)
