"""What came back, to whom and why. The fixtures are the project's own writing, after the ways in
which mail servers are known to write."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.bounces import Bounce, Failure, bounce_of
from connectors.mime import parse_mail

FIXTURES = Path(__file__).parent / "fixtures/bounces"
OURS = "d-7@example.jp"


def raw(name: str) -> bytes:
    return (FIXTURES / f"{name}.eml").read_bytes()


@pytest.mark.parametrize(
    ("name", "recipient", "status", "reason"),
    [
        (
            "postfix",
            "hanako@example.com",
            "5.1.1",
            "550 5.1.1 <hanako@example.com>: Recipient address rejected: User unknown",
        ),
        ("exim", "hanako@example.com", "5.0.0", "552 5.2.2 Mailbox full"),
        (
            "exim_words_only",
            "hanako@example.com",
            "5.1.1",
            "host mail.example.com [192.0.2.25]: 550 5.1.1 no such user here",
        ),
        (
            "exchange",
            "hanako@contoso.example",
            "5.1.10",
            "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup",
        ),
        (
            "gmail",
            "hanako@example.com",
            "5.1.1",
            "550-5.1.1 The email account that you tried to reach does not exist."
            " Please try double-checking the address.",
        ),
        (
            "docomo",
            "hanako..y@docomo.ne.jp",
            "550",
            "送信先メールアドレスが見つかりません。(550 Unknown user hanako..y@docomo.ne.jp)",
        ),
        (
            "docomo_by_postfix",
            "hanako..y@docomo.ne.jp",
            "5.0.0",
            "550 Unknown user hanako..y@docomo.ne.jp",
        ),
        ("au", "hanako@ezweb.ne.jp", "", "The user(s) account is temporarily over quota."),
    ],
)
def test_what_came_back_is_found(name: str, recipient: str, status: str, reason: str) -> None:
    assert bounce_of(raw(name)) == Bounce(OURS, (Failure(recipient, status, reason),))
    inbound = parse_mail(raw(name))
    assert inbound.flags.bounce
    assert inbound.in_reply_to == OURS
    assert OURS in inbound.references


@pytest.mark.parametrize("name", ["postfix_delay", "exim_delay", "gmail_delay"])
def test_delay_is_no_failure(name: str) -> None:
    assert bounce_of(raw(name)) is None
    inbound = parse_mail(raw(name))
    assert inbound.flags.any
    assert inbound.in_reply_to == ""


@pytest.mark.parametrize("action", ["delivered", "relayed", "expanded", "delayed", ""])
def test_other_actions_are_no_failure(action: str) -> None:
    found = raw("postfix").replace(b"Action: failed", f"Action: {action}".encode())
    assert bounce_of(found) is None


def test_one_of_two_recipients() -> None:
    two = b"Action: failed\n\nFinal-Recipient: rfc822; taro@example.com\nAction: delivered\n"
    found = bounce_of(raw("gmail").replace(b"Action: failed\n", b"Action: failed\n" + two[15:], 1))
    assert found is not None
    assert [failure.recipient for failure in found.failures] == ["hanako@example.com"]


@pytest.mark.parametrize(
    ("removed", "name"),
    [
        (b"X-Original-Message-ID: <d-7@example.jp>\n", "gmail"),
        (b"\nMessage-ID:\n\t<d-7@example.jp>", "exchange"),
    ],
)
def test_the_header_names_it_where_the_original_does_not(removed: bytes, name: str) -> None:
    assert removed in raw(name)
    found = bounce_of(raw(name).replace(removed, b""))
    assert found is not None
    assert found.message_id == OURS


def test_a_bounce_that_does_not_say_of_what() -> None:
    text = b"From: MAILER-DAEMON@example.com\nSubject: Undeliverable\nReturn-Path: <>\n\nno such user\n"
    assert bounce_of(text) == Bounce("", (Failure("", "", "no such user"),))
    assert parse_mail(text).in_reply_to == ""


def test_what_is_no_bounce() -> None:
    reply = (
        b"From: a@example.jp\nSubject: Re: failed\nIn-Reply-To: <d-7@example.jp>\n\n550 failed\n"
    )
    assert bounce_of(reply) is None
    assert parse_mail(reply).in_reply_to == OURS
    # A machine's answer that hides its nature comes back on a null path as well.
    away = b"Return-Path: <>\nFrom: a@example.jp\nIn-Reply-To: <d-7@example.jp>\n\nI am away.\n"
    assert bounce_of(away) is None
    assert parse_mail(away).in_reply_to == ""


def test_report_of_thousands_of_groups_takes_no_time() -> None:
    groups = b"Action: failed\nFinal-Recipient: rfc822; a@example.jp\n\n" * 100_000
    found = bounce_of(raw("postfix").replace(b"Reporting-MTA", groups + b"Reporting-MTA"))
    assert found is not None
    assert len(found.failures) <= 50


@given(
    name=st.sampled_from(sorted(path.stem for path in FIXTURES.glob("*.eml"))),
    cuts=st.lists(st.tuples(st.integers(0, 3_000), st.binary(max_size=12)), max_size=6),
)
def test_a_broken_bounce_stops_nothing(name: str, cuts: list[tuple[int, bytes]]) -> None:
    broken = raw(name)
    for at, replacement in cuts:
        broken = broken[:at] + replacement + broken[at + len(replacement) // 2 :]
    found = bounce_of(broken)
    if found is not None:
        assert len(found.message_id) <= 998
        assert all("\n" not in f"{f.recipient}{f.status}{f.reason}" for f in found.failures)
    assert not any(defect.startswith("mail: ") for defect in parse_mail(broken).defects)
