"""`after`: what becomes of a mail once it is recorded, and not a moment before."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from casebook.errors import PermanentError, TransientError
from casebook.types import Batch
from connectors.imap import ImapSource
from tests.connectors.mailbox import Mailbox, subjects
from tests.imap_proxy import ImapProxy
from tests.services import Dovecot

Make = Callable[[Dovecot], Mailbox]
SEEN = r"\Seen"


def seen(mailbox: Mailbox) -> list[int]:
    """The UIDs that are marked as read."""
    return [uid for uid, flags in mailbox.dovecot.flags(mailbox.user).items() if SEEN in flags]


def test_seen_follows_the_recording(mailbox: Mailbox) -> None:
    mailbox.deliver(1, 2, 3)
    poll = ImapSource("s", mailbox.options(after="seen", batch_messages=2)).poll({})
    assert subjects([next(poll)]) == ["order 1", "order 2"]
    assert seen(mailbox) == []
    assert subjects([next(poll)]) == ["order 3"]
    assert seen(mailbox) == [1, 2]
    assert subjects(list(poll)) == []
    assert seen(mailbox) == [1, 2, 3]


def test_move_follows_the_recording(mailbox: Mailbox) -> None:
    mailbox.dovecot.make_folder(mailbox.user, "済み")
    mailbox.deliver(1, 2, 3)
    poll = ImapSource("s", mailbox.options(after="move:済み", batch_messages=2)).poll({})
    next(poll)
    assert len(mailbox.dovecot.flags(mailbox.user)) == 3
    next(poll)
    assert list(mailbox.dovecot.flags(mailbox.user)) == [3]
    list(poll)
    assert mailbox.dovecot.flags(mailbox.user) == {}
    assert len(mailbox.dovecot.flags(mailbox.user, "済み")) == 3


def test_killed_between_recording_and_marking(mailbox: Mailbox) -> None:
    mailbox.deliver(1, 2, 3)
    options = mailbox.options(after="seen", batch_messages=2)
    mailbox.cursor = next(iter(ImapSource("s", options).poll({}))).cursor
    assert seen(mailbox) == []
    assert subjects(mailbox.poll(after="seen")) == ["order 3"]
    assert seen(mailbox) == [1, 2, 3]


def test_a_mail_is_marked_once(mailbox: Mailbox) -> None:
    mailbox.deliver(1)
    mailbox.poll(after="seen")
    with mailbox.dovecot.connect(mailbox.user) as client:
        client.select("INBOX")
        client.uid("STORE", "1", "-FLAGS", rf"({SEEN})")
    assert mailbox.poll(after="seen") == []
    assert seen(mailbox) == []


def test_mails_of_former_polls_stay_as_they_are(mailbox: Mailbox) -> None:
    mailbox.deliver(1)
    mailbox.poll()
    mailbox.deliver(2)
    mailbox.poll(after="seen")
    assert seen(mailbox) == [2]


def test_missing_target_is_told_and_mails_come_nevertheless(mailbox: Mailbox) -> None:
    mailbox.deliver(1)
    batches: list[Batch] = []
    for number in (2, 3):
        with pytest.raises(PermanentError, match="済み") as caught:
            mailbox.poll_into(batches, after="move:済み")
        assert caught.value.code == "folder_missing"
        mailbox.deliver(number)
    assert subjects(batches) == ["order 1", "order 2"]
    mailbox.dovecot.make_folder(mailbox.user, "済み")
    assert subjects(mailbox.poll(after="move:済み")) == ["order 3"]
    assert mailbox.dovecot.flags(mailbox.user) == {}
    assert len(mailbox.dovecot.flags(mailbox.user, "済み")) == 3


@pytest.fixture(scope="module")
def plain_dovecot() -> Iterator[Dovecot]:
    with Dovecot(capability="IMAP4rev1 UIDPLUS") as server:
        yield server


def test_move_without_the_extension(plain_dovecot: Dovecot, make_mailbox: Make) -> None:
    mailbox = make_mailbox(plain_dovecot)
    plain_dovecot.make_folder(mailbox.user, "Done")
    mailbox.deliver(1, 2)
    with plain_dovecot.connect(mailbox.user) as client:
        client.select("INBOX")
        client.uid("STORE", "1", "+FLAGS", r"(\Deleted)")
    mailbox.deliver(3)
    with ImapProxy(plain_dovecot.port) as proxy:
        mailbox.cursor = mailbox.poll(**mailbox.through(proxy))[-1].cursor
        mailbox.deliver(4)
        changed = mailbox.through(proxy, after="move:Done")
        assert subjects(mailbox.poll(**changed)) == ["order 4"]
        assert proxy.count(b"MOVE") == 0
    # What another client has marked as deleted is none of our business.
    assert list(plain_dovecot.flags(mailbox.user)) == [1, 2, 3]
    assert len(plain_dovecot.flags(mailbox.user, "Done")) == 1


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (b"TAG NO [NOPERM] not yours", TransientError, "server_refuses"),
        (b"TAG NO [INUSE] later", TransientError, "server_busy"),
        (b"", TransientError, "connection_lost"),
    ],
)
def test_refused_mark_is_made_up_for(
    mailbox: Mailbox, proxy: ImapProxy, answer: bytes, kind: type[Exception], code: str
) -> None:
    mailbox.deliver(1)
    batches: list[Batch] = []
    proxy.rule = lambda command: answer if b"STORE" in command else None
    with pytest.raises(kind) as caught:
        mailbox.poll_into(batches, **mailbox.through(proxy, after="seen"))
    assert getattr(caught.value, "code", "") == code
    assert subjects(batches) == ["order 1"]
    proxy.rule = lambda _: None
    assert subjects(mailbox.poll(after="seen")) == []
    assert seen(mailbox) == [1]


def test_read_only_folder_is_read_and_told(mailbox: Mailbox, proxy: ImapProxy) -> None:
    mailbox.deliver(1)
    answer = (
        b"* 1 EXISTS\r\n* OK [UIDVALIDITY 7]\r\n* OK [UIDNEXT 2]\r\nTAG OK [READ-ONLY] selected"
    )

    def read_only(command: bytes) -> bytes | None:
        return answer if command.startswith(b"SELECT") else None

    proxy.rule = read_only
    batches: list[Batch] = []
    with pytest.raises(PermanentError) as caught:
        mailbox.poll_into(batches, **mailbox.through(proxy, after="seen"))
    assert caught.value.code == "folder_read_only"
    assert subjects(batches) == ["order 1"]


@pytest.mark.parametrize("after", ["delete", "move:", "seen ", "move:INBOX", "move:a\nb"])
def test_what_after_may_not_be(mailbox: Mailbox, after: str) -> None:
    changed: dict[str, Any] = {"after": after}
    with pytest.raises(ValueError, match="after"):
        mailbox.options(**changed)
