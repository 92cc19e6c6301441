"""Every connector keeps one contract, whatever its service is like."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from casebook import clock
from casebook.errors import (
    AmbiguousError,
    AuthError,
    ConnectorError,
    PermanentError,
    TransientError,
)
from casebook.outbound import Outbound, Sent
from casebook.types import Batch, Cursor, Inbound, Visibility
from connectors.base import Names
from tests.connectors.backends_bluesky import BlueskyBackend
from tests.connectors.backends_google import GoogleBackend
from tests.connectors.backends_mail import FilesBackend, ImapBackend, SmtpBackend
from tests.connectors.backends_mastodon import MastodonBackend
from tests.connectors.backends_x import XBackend
from tests.connectors.contract import TEXT, Backend, SenderBackend, SourceBackend, Trouble, Way
from tests.connectors.example.backend import FeedbackBackend

SOURCES: dict[str, type[SourceBackend]] = {
    "bluesky": BlueskyBackend,
    "feedback": FeedbackBackend,
    "files": FilesBackend,
    "google-reviews": GoogleBackend,
    "imap": ImapBackend,
    "mastodon": MastodonBackend,
    "x": XBackend,
}
SENDERS: dict[str, type[SenderBackend]] = {
    "bluesky": BlueskyBackend,
    "feedback": FeedbackBackend,
    "google-reviews": GoogleBackend,
    "mastodon": MastodonBackend,
    "smtp": SmtpBackend,
    "x": XBackend,
}
AT_ONCE = 2.0
"""Seconds within which a busy service's answer must have come back: nothing waited for it."""


@pytest.fixture(params=SOURCES)
def inbox(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SourceBackend]:
    with SOURCES[request.param](request, tmp_path) as backend:
        yield backend


@pytest.fixture(params=SENDERS)
def outbox(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SenderBackend]:
    with SENDERS[request.param](request, tmp_path) as backend:
        yield backend


@pytest.fixture(params=sorted({*SOURCES, *SENDERS}))
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Backend]:
    kinds: dict[str, type[Backend]] = {**SOURCES, **SENDERS}
    with kinds[request.param](request, tmp_path) as backend:
        yield backend


def record(batches: Iterable[Batch], into: dict[str, Inbound], cursor: Cursor) -> Cursor:
    """Take batches as the record does: by identity, the cursor as JSON."""
    for batch in batches:
        for inbound in batch.inbounds:
            into.setdefault(inbound.identity, inbound)
        cursor = json.loads(json.dumps(batch.cursor))
    return cursor


def texts(found: dict[str, Inbound]) -> list[str]:
    return [inbound.text.strip() for inbound in found.values()]


def told(error: ConnectorError, backend: Backend) -> None:
    """An error's text is one line for a person, and tells no secret."""
    assert str(error).strip()
    assert "\n" not in str(error)
    assert error.code.replace("_", "").isalnum()
    for secret in backend.secrets:
        assert secret not in str(error)


def test_first_poll_brings_all_once_in_order_and_the_next_nothing(inbox: SourceBackend) -> None:
    inbox.put(*inbox.texts())
    batches = list(inbox.account().poll({}))
    inbounds = [inbound for batch in batches for inbound in batch.inbounds]
    assert [inbound.text.strip() for inbound in inbounds] == inbox.texts()
    assert len({inbound.identity for inbound in inbounds}) == len(inbounds)
    assert all(len(batch.inbounds) <= inbox.batch for batch in batches)
    cursor = json.loads(json.dumps(batches[-1].cursor))
    assert [b.inbounds for b in inbox.account().poll(cursor) if b.inbounds] == []


def test_what_comes_later_comes_alone(inbox: SourceBackend) -> None:
    found: dict[str, Inbound] = {}
    first, later = inbox.texts()[:3], inbox.texts()[3:]
    inbox.put(*first)
    cursor = record(inbox.account().poll({}), found, {})
    inbox.put(*later)
    new: dict[str, Inbound] = {}
    record(inbox.account().poll(cursor), new, cursor)
    assert texts(new) == later
    assert not new.keys() & found.keys()


def test_identity_is_the_same_wherever_it_is_found(inbox: SourceBackend) -> None:
    inbox.put(*inbox.texts())
    first: dict[str, Inbound] = {}
    again: dict[str, Inbound] = {}
    record(inbox.account().poll({}), first, {})
    record(inbox.account().poll({}), again, {})
    assert list(first) == list(again)


@pytest.mark.parametrize("recorded", [True, False])
def test_killed_between_batches_nothing_is_lost_or_doubled(
    inbox: SourceBackend, recorded: bool
) -> None:
    inbox.put(*inbox.texts())
    found: dict[str, Inbound] = {}
    cursor: Cursor = {}
    for killed in (True, True, False):
        poll = inbox.account().poll(cursor)
        if not killed:
            record(poll, found, cursor)
        elif (batch := next(poll, None)) is not None and recorded:
            cursor = record([batch], found, cursor)
        poll.close()  # type: ignore[attr-defined]
    assert texts(found) == inbox.texts()


def test_what_is_handed_over_is_as_the_types_say(inbox: SourceBackend) -> None:
    inbox.put(inbox.texts()[0])
    (inbound,) = [i for batch in inbox.account().poll({}) for i in batch.inbounds]
    assert ":" in inbound.identity
    assert inbound.external_id
    assert inbound.author
    assert inbound.new_text.strip() == inbox.texts()[0]
    assert inbound.sent_at is None or inbound.sent_at.utcoffset() is not None


def uses(backend: Backend, way: Way) -> Iterator[Callable[[], object]]:
    """All that can be done with an account."""
    yield backend.account(way).check
    if isinstance(backend, SourceBackend):
        yield lambda: list(backend.account(way).poll({}))
    if isinstance(backend, SenderBackend):
        outbound = backend.outbound(backend.visibilities[0])
        yield lambda: backend.account(way).send(outbound)


@pytest.mark.parametrize(
    ("way", "kind"), [("wrong-login", AuthError), ("nobody-there", TransientError)]
)
def test_account_that_cannot_be_used_says_why(
    either: Backend, way: Way, kind: type[ConnectorError]
) -> None:
    if way not in either.ways:
        pytest.skip("there is no such way to go wrong")
    for use in uses(either, way):
        with pytest.raises(kind) as caught:
            use()
        told(caught.value, either)
    if isinstance(either, SenderBackend):
        assert list(either.sent()) == []


def test_check_is_one_line_and_changes_nothing(either: Backend) -> None:
    if isinstance(either, SourceBackend):
        either.put(*either.texts())
    before = either.state()
    line = either.account().check()
    assert line.strip()
    assert "\n" not in line
    assert not any(secret in line for secret in either.secrets)
    assert either.state() == before


@pytest.mark.parametrize("trouble", ["busy", "silence"])
def test_poll_of_a_service_in_trouble_waits_for_nothing(
    inbox: SourceBackend, trouble: Trouble
) -> None:
    if trouble not in inbox.troubles:
        pytest.skip("there is no such trouble")
    inbox.put(*inbox.texts())
    inbox.trouble(trouble)
    begun = time.monotonic()
    with pytest.raises(TransientError) as caught:
        list(inbox.account().poll({}))
    assert time.monotonic() - begun < AT_ONCE
    assert caught.value.retry_at is None or caught.value.retry_at > clock.now()
    told(caught.value, inbox)


def test_reply_arrives_once_as_it_stands(outbox: SenderBackend) -> None:
    for number, visibility in enumerate(outbox.visibilities):
        before = len(outbox.sent())
        sent = outbox.account().send(outbox.outbound(visibility, f"d-{number}"))
        assert list(outbox.sent())[before:] == [TEXT]
        assert sent.external_id
        known = named(outbox, outbox.outbound(visibility, f"d-{number}"), sent.at)
        assert known is None or known.external_id == sent.external_id
        assert known is None or known.permalink == sent.permalink
        assert abs((datetime.now(UTC) - sent.at).total_seconds()) < 60


def test_two_replies_with_one_text_are_two(outbox: SenderBackend) -> None:
    account = outbox.account()
    visibility = outbox.visibilities[0]
    first = account.send(outbox.outbound(visibility, "d-1"))
    second = account.send(outbox.outbound(visibility, "d-2"))
    assert list(outbox.sent()) == [TEXT, TEXT]
    assert first.external_id != second.external_id


def named(outbox: SenderBackend, outbound: Outbound, at: datetime) -> Sent | None:
    account = outbox.account()
    return account.named(outbound, at) if isinstance(account, Names) else None


def find(outbox: SenderBackend, visibility: Visibility) -> Sent | AmbiguousError | None:
    try:
        return outbox.account().find_sent(outbox.outbound(visibility))
    except AmbiguousError as error:
        told(error, outbox)
        return error


def test_lost_answer_is_ambiguous_and_never_a_second_copy(outbox: SenderBackend) -> None:
    for visibility in outbox.visibilities[:1]:
        outbox.trouble("answer-lost")
        with pytest.raises(AmbiguousError) as caught:
            outbox.account().send(outbox.outbound(visibility))
        told(caught.value, outbox)
        assert list(outbox.sent()) == [TEXT]
        assert isinstance(find(outbox, visibility), Sent | AmbiguousError)
        assert list(outbox.sent()) == [TEXT]


def test_what_was_sent_is_found_and_what_was_not_is_not(outbox: SenderBackend) -> None:
    visibility = outbox.visibilities[0]
    assert not isinstance(find(outbox, visibility), Sent)
    sent = outbox.account().send(outbox.outbound(visibility))
    found = find(outbox, visibility)
    assert found is not None
    if isinstance(found, Sent):
        assert found.external_id == sent.external_id


def test_refused_for_good_is_permanent(outbox: SenderBackend) -> None:
    outbox.trouble("refused")
    with pytest.raises(PermanentError) as caught:
        outbox.account().send(outbox.outbound(outbox.visibilities[0]))
    assert not isinstance(caught.value, AuthError)
    told(caught.value, outbox)
    assert list(outbox.sent()) == []


def test_too_long_is_told_before_anything_is_sent(outbox: SenderBackend) -> None:
    for visibility in outbox.visibilities:
        body = outbox.too_long(visibility)
        account = outbox.account()
        limits = account.limits(visibility)
        assert not limits or any(limit.count(body) > limit.most for limit in limits)
        assert all(limit.count(TEXT) <= limit.most for limit in limits)
        with pytest.raises(PermanentError) as caught:
            account.send(outbox.outbound(visibility, body=body))
        told(caught.value, outbox)
        assert body[:200] not in str(caught.value)
        assert list(outbox.sent()) == []


def test_rules_name_the_ways(outbox: SenderBackend) -> None:
    account = outbox.account()
    assert set(account.rules.ways) == set(outbox.visibilities)
    for visibility in set(Visibility) - set(outbox.visibilities):
        with pytest.raises(PermanentError) as caught:
            account.send(outbox.outbound(visibility))
        told(caught.value, outbox)
    assert list(outbox.sent()) == []


@pytest.mark.parametrize("trouble", ["busy", "silence"])
def test_sending_through_a_service_in_trouble_waits_for_nothing(
    outbox: SenderBackend, trouble: Trouble
) -> None:
    if trouble not in outbox.troubles:
        pytest.skip("there is no such trouble")
    outbox.trouble(trouble)
    begun = time.monotonic()
    with pytest.raises(TransientError if trouble == "busy" else ConnectorError) as caught:
        outbox.account().send(outbox.outbound(outbox.visibilities[0]))
    assert time.monotonic() - begun < AT_ONCE
    if isinstance(caught.value, TransientError) and caught.value.retry_at is not None:
        assert caught.value.retry_at > clock.now()
    told(caught.value, outbox)
    assert list(outbox.sent()) == []
