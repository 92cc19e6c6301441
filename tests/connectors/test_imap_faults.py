"""Servers, networks and mails that fail: nothing is lost, nothing is blocked, and it is told."""

from __future__ import annotations

import itertools
import json
import random
import re
from collections.abc import Iterator
from contextlib import suppress

import pytest

from casebook.errors import ConnectorError, TransientError
from casebook.types import Batch
from connectors.imap import ImapSource
from tests.connectors.mailbox import Mailbox, mails, subjects, warnings
from tests.imap_proxy import ImapProxy, Rule

ALL = [f"order {number}" for number in range(1, 6)]


@pytest.fixture
def five(mailbox: Mailbox) -> Iterator[Mailbox]:
    """A mailbox of five mails; unreadable files are mended in the end."""
    mailbox.deliver(*range(1, 6))
    yield mailbox
    for path in (mailbox.dovecot.root / "mail" / mailbox.user).glob("[cn]*/*"):
        path.chmod(0o600)


def at_uid(uid: int, answer: bytes) -> Rule:
    """Spoil every fetch of content that names this UID."""

    def rule(command: bytes) -> bytes | None:
        match = re.match(rb"UID FETCH ([\d,]+) \(BODY\.PEEK", command)
        return answer if match and b"%d" % uid in match.group(1).split(b",") else None

    return rule


def failing(mailbox: Mailbox, batches: list[Batch], **changed: object) -> ConnectorError:
    """The error that ends a poll."""
    with pytest.raises(ConnectorError) as caught:
        mailbox.poll_into(batches, **changed)
    return caught.value


def test_dropped_connection_keeps_what_came(mailbox: Mailbox) -> None:
    mailbox.deliver(*range(1, 6))
    poll = ImapSource("s", mailbox.options(batch_messages=2)).poll({})
    first = next(poll)
    assert subjects([first]) == ALL[:2]
    mailbox.dovecot.drop_connections()
    mailbox.cursor = first.cursor
    with pytest.raises(TransientError) as caught:
        list(poll)
    assert caught.value.code == "connection_lost"
    assert subjects(mailbox.poll()) == ALL[2:]
    assert mailbox.poll() == []


def test_stopped_server_is_transient_and_the_next_poll_goes_on(mailbox: Mailbox) -> None:
    mailbox.deliver(1)
    mailbox.dovecot.stop()
    try:
        error = failing(mailbox, [])
    finally:
        mailbox.dovecot.start()
    assert isinstance(error, TransientError)
    assert error.code == "host_unreachable"
    assert subjects(mailbox.poll()) == ["order 1"]


def test_silent_server_times_out(mailbox: Mailbox, proxy: ImapProxy) -> None:
    mailbox.deliver(1)
    proxy.rule = lambda command: b"* OK wait" if b"SEARCH" in command else None
    error = failing(mailbox, [], **mailbox.through(proxy, timeout=0.3))
    assert isinstance(error, TransientError)
    assert error.code == "timeout"


def test_expunged_mail_does_not_stop_the_box(five: Mailbox) -> None:
    found: list[Batch] = []
    for batch in ImapSource("s", five.options(batch_messages=2)).poll({}):
        five.cursor = batch.cursor
        if not found:
            with five.dovecot.connect(five.user) as client:
                client.select("INBOX")
                client.uid("STORE", "4", "+FLAGS", r"(\Deleted)")
                client.expunge()
        found.append(batch)
    assert subjects(found) == ["order 1", "order 2", "order 3", "order 5"]
    assert warnings(found) == []
    assert five.poll() == []


def test_expunged_between_listing_and_fetch(five: Mailbox, proxy: ImapProxy) -> None:
    proxy.rule = at_uid(4, b"TAG NO [EXPUNGEISSUED] gone")
    batches = five.poll(**five.through(proxy))
    assert subjects(batches) == [*ALL[:3], "order 5"]
    assert warnings(batches) == []
    assert five.poll() == []


@pytest.mark.parametrize(
    "answer",
    [
        b"TAG NO cannot",
        b"TAG BAD what?",
        b"* 3 FETCH (UID 3 BODY[] NIL)\r\nTAG OK done",
        b"* 3 FETCH (UID 3 BODY[\r\nTAG OK done",
    ],
    ids=["no", "bad", "nil", "garbage"],
)
def test_refused_mail_is_told_once_and_comes_when_it_can(
    five: Mailbox, proxy: ImapProxy, answer: bytes
) -> None:
    proxy.rule = at_uid(3, answer)
    through = five.through(proxy)
    batches = five.poll(**through)
    assert subjects(batches) == [*ALL[:2], *ALL[3:]]
    (warning,) = warnings(batches)
    assert "INBOX" in warning
    assert "UID 3;" in warning
    five.deliver(6)
    batches = five.poll(**through)
    assert subjects(batches) == ["order 6"]
    assert warnings(batches) == []
    assert subjects(five.poll()) == ["order 3"]
    assert five.poll() == []


def test_refused_mail_that_is_deleted_is_forgotten(five: Mailbox, proxy: ImapProxy) -> None:
    proxy.rule = at_uid(3, b"TAG NO cannot")
    five.poll(**five.through(proxy))
    with five.dovecot.connect(five.user) as client:
        client.select("INBOX")
        client.uid("STORE", "3", "+FLAGS", r"(\Deleted)")
        client.expunge()
    five.poll()
    assert "owed" not in five.cursor["folders"]["INBOX"]
    assert five.poll() == []


def test_server_that_refuses_every_mail_loses_none(five: Mailbox, proxy: ImapProxy) -> None:
    proxy.rule = lambda command: b"TAG NO storage is away" if b"BODY.PEEK" in command else None
    batches: list[Batch] = []
    error = failing(five, batches, **five.through(proxy))
    assert isinstance(error, TransientError)
    assert error.code == "server_refuses"
    assert "storage is away" not in str(error)
    assert batches == []
    assert subjects(five.poll()) == ALL


@pytest.mark.parametrize("code", [b"UNAVAILABLE", b"INUSE", b"LIMIT", b"SERVERBUG"])
def test_busy_server_loses_nothing(five: Mailbox, proxy: ImapProxy, code: bytes) -> None:
    proxy.rule = at_uid(3, b"TAG NO [" + code + b"] later")
    error = failing(five, [], **five.through(proxy))
    assert isinstance(error, TransientError)
    assert error.code == "server_busy"
    assert subjects(five.poll()) == ALL


@pytest.mark.parametrize("sized", [True, False], ids=["at its content", "at its size"])
def test_mail_that_breaks_the_connection_blocks_no_other(five: Mailbox, sized: bool) -> None:
    path = five.file_of(3)
    if not sized:
        path = path.rename(path.with_name(path.name.split(",")[0]))
    # Dovecot says BYE when it cannot open a mail's file.
    path.chmod(0)
    batches: list[Batch] = []
    assert failing(five, batches).code == "connection_lost"
    failing(five, batches)
    assert sorted(subjects(batches)) == ALL[:2]
    five.deliver(6)
    error = failing(five, batches)
    assert sorted(subjects(batches)) == [*ALL[:2], *ALL[3:], "order 6"]
    error = failing(five, batches)
    assert error.code == "connection_lost"
    assert "UID 3 " in str(error)
    path.chmod(0o600)
    assert subjects(five.poll()) == ["order 3"]
    assert five.poll() == []


def test_cut_line_in_the_middle_of_a_batch_loses_nothing(five: Mailbox, proxy: ImapProxy) -> None:
    cut = at_uid(3, b"")
    proxy.rule = cut
    batches: list[Batch] = []
    assert failing(five, batches, **five.through(proxy)).code == "connection_lost"
    assert mails(batches) == []
    proxy.rule = lambda _: None
    assert subjects(five.poll(**five.through(proxy))) == ALL


def test_response_line_without_end_is_a_lost_connection(five: Mailbox, proxy: ImapProxy) -> None:
    proxy.rule = at_uid(3, b"* 3 FETCH (UID 3 X " + b"x" * 1_000_001 + b")\r\nTAG OK done")
    assert failing(five, [], **five.through(proxy)).code == "connection_lost"
    assert subjects(five.poll()) == ALL


@pytest.mark.parametrize(
    ("command", "answer", "code"),
    [
        (b"EXAMINE", b"TAG NO [NOPERM] not yours", "folder_denied"),
        (b"EXAMINE", b"TAG NO [INUSE] locked", "server_busy"),
        (b"EXAMINE", b"* 1 EXISTS\r\nTAG OK no UIDs here", "folder_unusable"),
        (b"EXAMINE", b"* BYE going down", "connection_lost"),
        (b"UID SEARCH", b"TAG NO hm", "server_refuses"),
        (b"UID SEARCH", b"TAG BAD [CLIENTBUG] hm", "server_refuses"),
        (b"UID SEARCH", b"* SEARCH x\r\nTAG OK done", "server_refuses"),
        (b"UID FETCH", b"\x00\xff nonsense", "connection_lost"),
    ],
)
def test_what_else_a_server_may_answer(
    five: Mailbox, proxy: ImapProxy, command: bytes, answer: bytes, code: str
) -> None:
    proxy.rule = lambda sent: answer if sent.startswith(command) else None
    error = failing(five, [], **five.through(proxy))
    assert error.code == code
    assert "\n" not in str(error)
    assert subjects(five.poll()) == ALL


@pytest.mark.parametrize("after", ["none", "move:Done"])
def test_random_faults_and_stops_lose_nothing(
    mailbox: Mailbox, proxy: ImapProxy, after: str
) -> None:
    chance = random.Random(5)
    mailbox.dovecot.make_folder(mailbox.user, "Done")

    def moody(command: bytes) -> bytes | None:
        spoilt = {0: b"", 1: b"TAG NO [UNAVAILABLE] later"}
        if b"BODY" in command:
            spoilt[2] = b"TAG NO bad day"
        return spoilt.get(chance.randrange(25))

    found: list[Batch] = []
    for number in range(0, 120, 6):
        mailbox.deliver(*range(number, number + 6))
        proxy.rule = moody
        changed = mailbox.through(proxy, after=after, batch_messages=chance.choice([1, 3, 7]))
        poll = ImapSource("s", mailbox.options(**changed)).poll(mailbox.cursor)
        with suppress(ConnectorError):
            for batch in itertools.islice(poll, chance.choice([1, 2, 99])):
                mailbox.cursor = json.loads(json.dumps(batch.cursor))
                found.append(batch)
    found += mailbox.poll(after=after)
    assert sorted(subjects(found)) == sorted(f"order {number}" for number in range(120))
    if after != "none":
        assert len(mailbox.dovecot.flags(mailbox.user, "Done")) == 120
