"""Alerts to people, by mail, Slack, LINE, Teams and what else apprise knows: alone in using it.

An address holds passwords and tokens, and so may what apprise says of it: neither leaves this file.
"""

from __future__ import annotations

import logging
import re
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from casebook.errors import ConfigError

if TYPE_CHECKING:
    from apprise import Apprise

_ONE = threading.Lock()
"""apprise has one logger; only by it do we learn why something failed."""

_STATUS = re.compile(r"\berror=([0-9]{3})\b")
_ARRIVED = re.compile(r"^Sent ", re.MULTILINE)
# apprise reports that it failed, not how far it came. Its log names the exception of the network:
# what broke off after the connection stood may have arrived.
_CUT = re.compile(
    r"Read timed out|timed out(?!.{0,20}connect timeout)|Connection aborted|RemoteDisconnected"
    r"|reset by peer|Broken pipe|unexpectedly closed|IncompleteRead|Unhandled Notification"
)
_NOT_BEGUN = re.compile(r"Connection error while submitting|connect timeout=")
_REASONS = (
    (re.compile(r"Connection refused"), "nothing answers there"),
    (re.compile(r"resolve|Name or service|nodename nor"), "its host name is unknown"),
    (re.compile(r"certificate verify failed"), "its certificate is not trusted"),
    (re.compile(r"timed out|timeout"), "it did not answer in time"),
    (re.compile(r"[Aa]uthentication|\b535\b"), "it does not accept the login"),
)


class Outcome(StrEnum):
    """What became of an alert: taken by the service, certainly not, or nobody knows."""

    SENT = "sent"
    FAILED = "failed"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True, slots=True)
class Told:
    """The outcome, and why where it is not SENT; the text holds no secret."""

    outcome: Outcome
    why: str = ""


def known(url: str) -> bool:
    """True where apprise can make a service of the address; nothing is sent."""
    with _heard():
        return _service(url) is not None


def send(url: str, title: str, body: str) -> Told:
    """Send plain text once to the service at `url`. FAILED may be repeated, UNCERTAIN may have
    arrived. Raises ConfigError, which does not show the address, where it is none."""
    with _heard() as lines:
        service = _service(url)
        if service is None:
            raise ConfigError("no address that apprise knows")
        sent = service.notify(body=body, title=title, body_format="text")
    return Told(Outcome.SENT) if sent else _judged("\n".join(lines))


def _service(url: str) -> Apprise | None:
    from apprise import Apprise, AppriseAsset

    service = Apprise(asset=AppriseAsset(app_id="Madoguchi", app_desc="Madoguchi", app_url=""))
    with warnings.catch_warnings():
        # The first address loads all services, and those load modules that Python gives up.
        warnings.simplefilter("ignore", DeprecationWarning)
        return service if service.add(url) else None


def _judged(heard: str) -> Told:
    """What apprise's log says of a failure. One address may have several recipients: where one of
    them got it, the rest is uncertain too."""
    if _ARRIVED.search(heard):
        return Told(Outcome.UNCERTAIN, "some recipients got it, others did not")
    if _CUT.search(heard) and not _NOT_BEGUN.search(heard):
        return Told(Outcome.UNCERTAIN, "the connection broke off while it was sent")
    if status := _STATUS.search(heard):
        return Told(Outcome.FAILED, f"the service answered with status {status[1]}")
    why = next((why for pattern, why in _REASONS if pattern.search(heard)), "it could not be sent")
    return Told(Outcome.FAILED, why)


class _Ear(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


@contextmanager
def _heard() -> Iterator[list[str]]:
    """What apprise logs meanwhile, kept from every other handler: it may show an address, as may
    the network's library."""
    logger, network, ear = logging.getLogger("apprise"), logging.getLogger("urllib3"), _Ear()
    with _ONE:
        before = logger.level, logger.propagate, network.level
        logger.addHandler(ear)
        logger.setLevel(logging.DEBUG)
        logger.propagate = False
        network.setLevel(logging.ERROR)
        try:
            yield ear.lines
        finally:
            logger.removeHandler(ear)
            logger.setLevel(before[0])
            logger.propagate = before[1]
            network.setLevel(before[2])
