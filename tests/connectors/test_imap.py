"""What an IMAP source brings, and that it brings it once and leaves the mailbox as it was."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import pytest

from casebook.config import SourceTable
from casebook.errors import PermanentError
from casebook.types import Batch
from connectors import imap_session, registry
from connectors.imap import ImapSource
from tests.connectors.mailbox import Mailbox, mail, mails, subjects, warnings
from tests.imap_proxy import ImapProxy


def test_mail_comes_with_its_bytes_and_its_place(mailbox: Mailbox) -> None:
    mailbox.deliver("A-1")
    (inbound,) = mails(mailbox.poll())
    validity = mailbox.dovecot.uid_validity(mailbox.user)
    assert inbound.external_id == f"INBOX;UIDVALIDITY={validity};UID=1"
    assert inbound.raw == mail("A-1").replace(b"\n", b"\r\n")
    assert inbound.author == "hanakoa-1@example.com"
    assert inbound.text.strip() == "届きません。"
    assert not inbound.truncated


def test_thousand_mails_come_once_in_bounded_batches(mailbox: Mailbox) -> None:
    mailbox.deliver(*range(1000))
    batches = mailbox.poll()
    assert subjects(batches) == [f"order {number}" for number in range(1000)]
    assert [len(batch.inbounds) for batch in batches] == [200] * 5
    assert mailbox.poll() == []


def test_batches_are_bounded_in_bytes(mailbox: Mailbox) -> None:
    raws = [mail(number, body="x" * 3000) for number in range(10)]
    mailbox.dovecot.deliver(mailbox.user, *raws)
    batches = mailbox.poll(batch_bytes=10_000)
    assert subjects(batches) == [f"order {number}" for number in range(10)]
    assert [len(batch.inbounds) for batch in batches] == [3, 3, 3, 1]


def test_stopped_anywhere_it_goes_on_behind_the_last_recorded_batch(mailbox: Mailbox) -> None:
    mailbox.deliver(*range(10))
    found = []
    for _ in range(5):
        source = ImapSource("support", mailbox.options(batch_messages=2, overlap=1))
        batch = next(iter(source.poll(mailbox.cursor)))
        mailbox.cursor = json.loads(json.dumps(batch.cursor))
        found.append(batch)
    assert subjects(found) == [f"order {number}" for number in range(10)]
    assert mailbox.poll(overlap=1) == []
    # A larger overlap is no reason to bring them twice.
    assert subjects(mailbox.poll(overlap=100)) == []


def test_poll_that_runs_out_of_time_leaves_the_rest_to_the_next(mailbox: Mailbox) -> None:
    changed: dict[str, Any] = {"poll_seconds": 0.001, "batch_messages": 2, "after": "seen"}
    mailbox.deliver(*range(6))
    for number in range(3):
        found = subjects(mailbox.poll(**changed))
        assert found == [f"order {number * 2}", f"order {number * 2 + 1}"]
    assert subjects(mailbox.poll(**changed)) == []
    assert mailbox.poll(**changed) == []
    flags = mailbox.dovecot.flags(mailbox.user)
    assert all(r"\Seen" in found for found in flags.values())
    mailbox.deliver(6)
    assert subjects(mailbox.poll()) == ["order 6"]


def test_full_folder_does_not_keep_another_from_its_turn(mailbox: Mailbox) -> None:
    changed: dict[str, Any] = {
        "poll_seconds": 0.001,
        "batch_messages": 1,
        "folders": ["INBOX", "Shop"],
    }
    mailbox.deliver(1, 2, 3)
    mailbox.deliver(8, 9, folder="Shop")
    found = [subjects(mailbox.poll(**changed)) for _ in range(5)]
    assert found == [["order 1"], ["order 8"], ["order 2"], ["order 9"], ["order 3"]]
    assert subjects(mailbox.poll(**changed)) == []


def test_nothing_in_the_mailbox_changes(mailbox: Mailbox) -> None:
    mailbox.deliver(1, 2, 3)
    with mailbox.dovecot.connect(mailbox.user) as client:
        client.select("INBOX")
        client.uid("STORE", "2", "+FLAGS", r"(\Seen \Flagged)")
    mailbox.deliver(4)
    before = mailbox.dovecot.flags(mailbox.user)
    assert len(mails(mailbox.poll())) == 4
    mailbox.poll()
    assert mailbox.dovecot.flags(mailbox.user) == before
    assert r"\Recent" in before[4]
    assert r"\Seen" not in before[1]


def test_seen_mail_comes_as_well(mailbox: Mailbox) -> None:
    mailbox.deliver(1)
    with mailbox.dovecot.connect(mailbox.user) as client:
        client.select("INBOX")
        client.uid("STORE", "1", "+FLAGS", r"(\Seen \Answered)")
    assert subjects(mailbox.poll()) == ["order 1"]


def test_idle_poll_fetches_nothing(mailbox: Mailbox, proxy: ImapProxy) -> None:
    mailbox.deliver(*range(5))
    mailbox.poll()
    assert mailbox.poll(**mailbox.through(proxy)) == []
    verbs = [b" ".join(command.split()[:2]) for command in proxy.commands]
    assert verbs == [b'EXAMINE "INBOX"', b"UID SEARCH", b"LOGOUT"]


def test_huge_folder_is_listed_in_spans(
    mailbox: Mailbox, proxy: ImapProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap_session, "_SEARCH_SPAN", 3)
    mailbox.deliver(*range(10))
    assert len(mails(mailbox.poll(**mailbox.through(proxy)))) == 10
    assert proxy.count(b"UID SEARCH") == 4


def test_late_mail_under_a_lower_uid_is_taken(mailbox: Mailbox) -> None:
    mailbox.deliver(1)
    mailbox.dovecot.deliver_late(mailbox.user, mail(2), uid=9)
    assert subjects(mailbox.poll()) == ["order 1", "order 2"]
    mailbox.dovecot.deliver_late(mailbox.user, mail("late"), uid=5)
    assert sorted(mailbox.dovecot.flags(mailbox.user)) == [1, 5, 9]
    before = mailbox.cursor
    assert subjects(mailbox.poll(overlap=4)) == []
    mailbox.cursor = before
    assert subjects(mailbox.poll(overlap=5)) == ["order late"]
    assert mailbox.poll(overlap=5) == []


def test_other_uidvalidity_reads_the_folder_again_and_says_so(mailbox: Mailbox) -> None:
    mailbox.deliver(1, 2)
    first = mails(mailbox.poll())
    mailbox.dovecot.rebuild(mailbox.user)
    batches = mailbox.poll()
    assert [inbound.identity for inbound in mails(batches)] == [i.identity for i in first]
    (warning,) = warnings(batches)
    assert "UIDVALIDITY" in warning
    assert "INBOX" in warning
    assert mailbox.poll() == []


def test_japanese_folder(mailbox: Mailbox) -> None:
    folder = "お問い合わせ/苦情 & 返品"
    mailbox.deliver(1, folder=folder)
    (inbound,) = mails(mailbox.poll(folders=["INBOX", folder]))
    assert inbound.subject == "order 1"
    assert inbound.external_id.isascii()
    assert mailbox.poll(folders=["INBOX", folder]) == []


def test_vanished_folder_is_named_and_the_others_go_on(mailbox: Mailbox) -> None:
    folders = ["INBOX", "返品", "Shop"]
    mailbox.deliver(1)
    mailbox.deliver(2, folder="返品")
    mailbox.deliver(3, folder="Shop")
    assert subjects(mailbox.poll(folders=folders)) == ["order 1", "order 2", "order 3"]
    mailbox.dovecot.remove_folder(mailbox.user, "返品")
    mailbox.deliver(4, folder="Shop")
    batches: list[Batch] = []
    with pytest.raises(PermanentError, match="返品") as caught:
        mailbox.poll_into(batches, folders=folders)
    assert caught.value.code == "folder_missing"
    assert subjects(batches) == ["order 4"]
    mailbox.deliver(5, folder="返品")
    assert subjects(mailbox.poll(folders=folders)) == ["order 5"]


def test_since_leaves_older_mail_alone_when_first_connected(mailbox: Mailbox) -> None:
    old = datetime(2016, 4, 1, tzinfo=UTC)
    mailbox.deliver("old", received=old)
    mailbox.deliver("young", received=datetime(2026, 10, 2, tzinfo=UTC))
    assert subjects(mailbox.poll(since="2026-10-01")) == ["order young"]
    # Later on it is no moving window: an old mail that somebody moves here is new here.
    mailbox.deliver("moved here", received=old)
    assert subjects(mailbox.poll(since="2026-10-01")) == ["order moved here"]
    assert mailbox.poll() == []
    assert mailbox.poll(since="2016-01-01") == []


def test_since_without_any_young_mail(mailbox: Mailbox) -> None:
    mailbox.deliver(1, 2, received=datetime(2016, 4, 1, tzinfo=UTC))
    (batch,) = mailbox.poll(since="2026-10-01")
    assert batch.inbounds == ()
    assert mailbox.poll(since="2026-10-01") == []
    mailbox.deliver(3)
    assert subjects(mailbox.poll(since="2026-10-01")) == ["order 3"]


def test_own_mail_is_flagged(mailbox: Mailbox) -> None:
    raw = mail(1).replace(b"<hanako1@example.com>", f"<{mailbox.user}>".encode())
    mailbox.dovecot.deliver(mailbox.user, raw)
    (inbound,) = mails(mailbox.poll())
    assert inbound.flags.own


def test_check_counts_and_changes_nothing(mailbox: Mailbox) -> None:
    mailbox.deliver(*range(1204))
    before = mailbox.dovecot.flags(mailbox.user)
    line = ImapSource("support", mailbox.options()).check()
    user = mailbox.user.replace("@", "%40")
    assert line == f"imaps://{user}@localhost:{mailbox.dovecot.tls_port}: INBOX 1,204 messages"
    assert mailbox.dovecot.flags(mailbox.user) == before


def test_check_names_a_missing_folder(mailbox: Mailbox) -> None:
    with pytest.raises(PermanentError, match="Archiv") as caught:
        ImapSource("support", mailbox.options(after="move:Archiv")).check()
    assert caught.value.code == "folder_missing"


def test_registry_opens_it(mailbox: Mailbox) -> None:
    mailbox.deliver(1)
    options = mailbox.options().model_dump(mode="json", exclude_defaults=True)
    table = SourceTable.model_validate({"name": "support", "type": "imap", **options})
    assert subjects(list(registry.open_source(table).poll({}))) == ["order 1"]


def test_import_is_light() -> None:
    code = "import sys, connectors.imap; print({'requests', 'torch', 'django'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
