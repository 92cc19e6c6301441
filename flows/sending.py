"""Approved replies leave: claimed, sent exactly as approved, at most once, and what became of each
kept.

Free of Prefect, so that a terminal can send where no server is. The record holds every claim before
its network call; whatever a dying process left is looked up, never sent again blindly.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError

from casebook import models as m
from casebook import moves, outgoing
from casebook.clock import now
from casebook.config import SenderTable, SourceTable, settings
from casebook.errors import (
    AccountError,
    AmbiguousError,
    ConfigError,
    ConnectorError,
    IllegalMove,
    PermanentError,
    TransientError,
)
from casebook.locks import exclusive
from casebook.outbound import Sent
from casebook.outgoing import Way
from casebook.policy import load_policy
from casebook.states import DraftState
from casebook.types import MACHINE, Visibility
from connectors.base import Sender
from connectors.registry import answering, open_sender
from flows import alerting, outbox
from flows.gates import Gates
from flows.pipeline import Each
from flows.steps import leave_thread
from flows.surviving import place

_log = logging.getLogger("madoguchi.intake")

_IN_A_ROW = 3
"""Tries of one way that may fail one after another; then the rest waits for the next run."""
_LIMITS = frozenset({"rate_limited", "limit_reached", "budget_used_up"})
"""What a whole way of an account must wait for, not one reply alone."""
_REST = timedelta(minutes=15)
"""How long a way rests on which one answer after another was lost: each may be a reply that only a
person can look after."""
_FIRST_PAUSE = timedelta(minutes=1)
_LONGEST_PAUSE = timedelta(hours=1)


def run(each: Each) -> outbox.Summary:
    """Send what may leave now, account by account, and look up what is in doubt. Another process
    that does so for an account at this moment hinders no other account."""
    done, names = outbox.Summary(), _busy()
    for name, result in zip(names, each(send_account, names), strict=True):
        if isinstance(result, (OperationalError, InterfaceError)):
            raise result
        if isinstance(result, Exception):
            done.troubles[name] = _tell(name, result)
        else:
            done.add(result)
    done.waiting = m.Draft.objects.filter(state=DraftState.APPROVED).count()
    done.alerts = alerting.tell(alerting.due())
    return done


def _busy() -> list[str]:
    """The accounts with something to send or to look up; some may have no table any more."""
    states = [DraftState.SENDING, DraftState.NEEDS_CHECK]
    doubtful = m.Draft.objects.filter(state__in=states).values_list("sender", flat=True)
    names = {table.name for table in answering(settings()).values()}
    free = {name for name in names if not outgoing.paused(name)}
    return sorted(
        {*doubtful, *(name for name in free if outgoing.any_ready(outbox.sources_of(name)))}
    )


def send_account(name: str) -> outbox.Summary:
    """Do what there is to do for one account. Raises ConfigError where it cannot be opened."""
    try:
        with exclusive(f"send-{name}") as alone:
            if not alone:
                return outbox.Summary()
            before = now() - timedelta(seconds=settings().sending.interrupted_seconds)
            moves.interrupted(name, before)
            tables = {table.name: table for table in answering(settings()).values()}
            if name not in tables:
                _nobody_to_ask(name, f"no account is named {name} any more")
                return outbox.Summary()
            return _Account(name, _opened(tables[name])).work()
    finally:
        leave_thread()


def _opened(table: SenderTable | SourceTable) -> Sender:
    try:
        return open_sender(table)
    except ConfigError as error:
        _nobody_to_ask(table.name, str(error))
        raise


def _nobody_to_ask(name: str, why: str) -> None:
    """Tell people of what an account left in doubt that cannot be used."""
    for draft in outgoing.in_doubt(name):
        again = now() + _LONGEST_PAUSE
        moves.still_unsure(draft.pk, "configuration", why, again, tell=True)


class _Account:
    """One account in one run."""

    def __init__(self, name: str, sender: Sender) -> None:
        self._name, self._sender = name, sender
        self._gates = Gates(name, sender, load_policy(settings().policy))
        self._done = outbox.Summary()
        self._failing: dict[Visibility, int] = {}

    def work(self) -> outbox.Summary:
        """Look up what is in doubt, then send what may leave."""
        for draft in outgoing.in_doubt(self._name):
            self._guarded(self._look_up, draft)
        for draft in outgoing.ready(outbox.sources_of(self._name), outbox.MOST):
            if outgoing.paused(self._name):
                break
            self._guarded(self._send, draft)
        return self._done

    def _guarded(self, work: Callable[[m.Draft], None], draft: m.Draft) -> None:
        """Do what there is to do for one draft; its trouble is none of the others'."""
        try:
            work(draft)
        except IllegalMove as error:
            # A person or another process has settled it meanwhile.
            _log.warning("send: %s", error)
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:
            why = f"unforeseen {place(error)}"
            _log.warning("%s: draft %d: %s", self._name, draft.pk, why)
            self._done.troubles[self._name] = why
            again = now() + _LONGEST_PAUSE
            moves.still_unsure(draft.pk, "unforeseen", why, again, tell=True)

    def _send(self, draft: m.Draft) -> None:
        if outgoing.overtaken(draft):
            moves.back_to_queue(draft.pk)
            self._done.queued += 1
            return
        visibility, quoted = Visibility(draft.visibility), outgoing.answered_by(draft)
        if refusal := self._gates.refusal(draft, quoted):
            self._fail(draft, *refusal)
            return
        held = self._failing.get(visibility, 0) >= _IN_A_ROW or self._gates.closed(draft)
        way = Way(self._name, tuple(self._sender.rules.ways[visibility]))
        undo = timedelta(seconds=load_policy(settings().policy).sending.undo_seconds)
        claimed = None if held else moves.claim(draft.pk, way, undo)
        if claimed is not None:
            self._hand_over(claimed, quoted)

    def _hand_over(self, draft: m.Draft, quoted: m.Message) -> None:
        """Send a claimed draft, and keep what the service said."""
        try:
            self._arrived(draft, self._sender.send(outgoing.outbound(draft, quoted)))
        except TransientError as error:
            self._later(draft, error)
        except AccountError as error:
            self._locked_out(draft, error)
        except AmbiguousError as error:
            self._doubt(draft, error)
        except PermanentError as error:
            self._fail(draft, error.code, str(error))
        except (OperationalError, InterfaceError, IllegalMove):
            raise
        except Exception as error:
            # Nobody foresaw it, so nobody knows how far it came.
            self._doubt(draft, AmbiguousError(f"unforeseen {place(error)}", "unforeseen"))

    def _arrived(self, draft: m.Draft, found: Sent) -> None:
        at = min(found.at, now())
        names = {"external_id": found.external_id, "permalink": found.permalink}
        moves.sent(draft.pk, MACHINE, at, **names, wrong=found.wrong)
        self._failing.pop(Visibility(draft.visibility), None)
        self._done.sent += 1
        for warning in filter(None, (*found.warnings, found.wrong)):
            _log.warning("%s: %s", self._name, warning)
        if moves.sender_succeeded(self._name):
            _log.warning("%s: well again", self._name)

    def _later(self, draft: m.Draft, error: TransientError) -> None:
        """It did not arrive: again with backoff, as long as there is time."""
        visibility = Visibility(draft.visibility)
        limited = error.code in _LIMITS and error.retry_at is not None
        again = {visibility: error.retry_at} if limited and error.retry_at else None
        if moves.sender_failed(self._name, error.code, str(error), again=again):
            _log.warning("%s: %s", self._name, error)
        stop = _IN_A_ROW if limited else 1
        self._failing[visibility] = self._failing.get(visibility, 0) + stop
        at = max(filter(None, (now() + pause(draft), error.retry_at)))
        if at > self._until(draft):
            self._fail(draft, error.code, f"{error} (there was no more time to try)")
            return
        moves.released(draft.pk, error.code, str(error), at, claimed=draft.claimed_at)
        self._done.later += 1

    def _locked_out(self, draft: m.Draft, error: AccountError) -> None:
        """The account cannot be used: it stands still, and what it was to send waits."""
        moves.released(draft.pk, error.code, str(error), claimed=draft.claimed_at)
        self._stand_still(draft, error)
        self._done.later += 1

    def _stand_still(self, draft: m.Draft, error: AccountError) -> None:
        if moves.sender_failed(self._name, error.code, str(error), pause=draft.pk):
            _log.warning("%s: paused: %s", self._name, error)
        self._done.troubles[self._name] = str(error)

    def _doubt(self, draft: m.Draft, error: AmbiguousError) -> None:
        """It may have arrived. A way on which this happens again and again rests."""
        moves.unsure(
            draft.pk, error.code, str(error), now() + _FIRST_PAUSE, claimed=draft.claimed_at
        )
        _log.warning("%s: draft %d may have left (%s)", self._name, draft.pk, error.code)
        self._done.unsure += 1
        visibility = Visibility(draft.visibility)
        self._failing[visibility] = self._failing.get(visibility, 0) + 1
        rests = self._failing[visibility] >= _IN_A_ROW
        again = {visibility: now() + _REST} if rests else None
        if moves.sender_failed(self._name, error.code, str(error), again=again):
            _log.warning("%s: %s", self._name, error)

    def _fail(self, draft: m.Draft, code: str, why: str) -> None:
        moves.failed(draft.pk, code, why, claimed=draft.claimed_at)
        _log.warning("%s: draft %d did not leave: %s", self._name, draft.pk, why)
        self._done.failed += 1

    def _look_up(self, draft: m.Draft) -> None:
        """Find out what became of an earlier try. People are told at once where nobody can, and
        otherwise once it takes long."""
        since = draft.claimed_at or now()
        again = now() + min(max(now() - since, _FIRST_PAUSE), _LONGEST_PAUSE)
        long = now() >= min(since + _LONGEST_PAUSE, self._until(draft))
        try:
            found = self._sender.find_sent(outgoing.outbound(draft, outgoing.answered_by(draft)))
        except AccountError as error:
            moves.still_unsure(draft.pk, error.code, str(error), again, tell=long)
            self._stand_still(draft, error)
        except ConnectorError as error:
            tell = long or not isinstance(error, TransientError)
            moves.still_unsure(draft.pk, error.code, str(error), again, tell=tell)
        else:
            self._known(draft, found)

    def _known(self, draft: m.Draft, found: Sent | None) -> None:
        at = now() + pause(draft)
        if found is not None:
            self._arrived(draft, found)
        elif at > self._until(draft):
            self._fail(draft, "out_of_time", "it did not arrive, and there is no more time to try")
        else:
            moves.released(draft.pk, "", "it did not arrive", at, claimed=draft.claimed_at)
            self._done.later += 1

    def _until(self, draft: m.Draft) -> datetime:
        return outgoing.try_until(draft, load_policy(settings().policy).sending.hours)


def pause(draft: m.Draft) -> timedelta:
    """How long a draft waits after its last try: twice as long each time, an hour at the most, give
    or take a half that what it answers decides, so that many do not come back at once."""
    tries = draft.tries.count()
    longest: timedelta = min(_FIRST_PAUSE * 2.0 ** min(tries - 1, 10), _LONGEST_PAUSE)
    return longest * (0.5 + random.Random(f"{draft.answers.identity}:{tries}").random())  # noqa: S311


def _tell(name: str, error: Exception) -> str:
    """What keeps an account from sending, on its health, said once."""
    code = "configuration" if isinstance(error, ConfigError) else "unforeseen"
    text = str(error) if isinstance(error, ConfigError) else f"unforeseen {place(error)}"
    if moves.sender_failed(name, code, text):
        _log.warning("%s: %s", name, text)
    return text
