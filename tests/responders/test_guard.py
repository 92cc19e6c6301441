"""The guard finds what must not leave the house, and leaves good replies alone.

`guard_cases/<code>.txt` holds replies: + is stopped by that code, - is a near miss and is not.
"""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Collection
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casebook.findings import WHY, Code
from casebook.handling import Authority, ForbiddenApologies
from casebook.policy import load_policy
from casebook.types import Channel, Conduct, Finding, Kind, Visibility
from enrich.acts import read
from enrich.personal_data import not_ours
from responders.guard import Facts, Outgoing, guard

CASES = Path(__file__).parent / "guard_cases"
POLICY = load_policy("default")
NOW = datetime(2026, 11, 24, 1, tzinfo=UTC)
DUE = datetime(2026, 11, 26, 6, tzinfo=UTC)
TODAY = datetime(2026, 11, 24, 6, tzinfo=UTC)
LACKED = {Code.NO_DUE_TIME, Code.NO_PRIVATE_CHANNEL, Code.WRONG_LANGUAGE}
"""Told by what the whole reply lacks, which text around it may bring."""
AS_WRITTEN = {Code.UNSAFE_LINK, Code.UNFILLED_SLOT, Code.WRONG_LANGUAGE}
"""Not read alike in full width."""
PUBLIC = {Code.DETAILS_IN_PUBLIC, Code.NO_PRIVATE_CHANNEL, Code.PERSONAL_DATA}
READ = {
    Code.ADMITS_FAULT,
    Code.BLAME_SHIFTING,
    Code.DETAILS_IN_PUBLIC,
    Code.DISMISSIVE,
    Code.LEAKS_INTERNAL,
    Code.OBEYS_INJECTION,
    Code.UNAUTHORISED_PROMISE,
    Code.YIELDS_TO_MALICE,
    Code.NO_PRIVATE_CHANNEL,
}
"""Codes that a model reads out of sentences; the others are found by rules."""
RULED = set(Code) - READ
TIMED = {Code.PROMISE_BEFORE_DUE, Code.NO_DUE_TIME}


def _replies(mark: str, codes: Collection[str] = tuple(Code)) -> list[tuple[str, str]]:
    return [
        (path.stem, line[2:])
        for path in sorted(CASES.glob("*.txt"))
        if path.stem in codes
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.startswith(mark)
    ]


def _facts(code: str) -> Facts:
    return Facts(
        conduct=Conduct.THREAT if code == Code.YIELDS_TO_MALICE else Conduct.ORDINARY,
        customer_language="ja" if code == Code.WRONG_LANGUAGE else "",
        due=DUE if code in TIMED else None,
    )


def _found(body: str, code: str) -> tuple[Finding, ...]:
    visibility = Visibility.PUBLIC if code in PUBLIC else Visibility.PRIVATE
    reply = Outgoing(body, read, visibility=visibility, personal=not_ours(body, POLICY))
    return tuple(one for one in guard(reply, _facts(code), POLICY, NOW) if one.code == code)


STOPPED = [one for one in _replies("+") if one[0] in RULED or _found(one[1], one[0])]


@pytest.mark.parametrize(("code", "body"), _replies("+", RULED))
def test_what_is_stopped(code: str, body: str) -> None:
    assert _found(body, code)
    assert all(body[one.start : one.end].strip() and one.blocking for one in _found(body, code))


@pytest.mark.parametrize(("code", "body"), _replies("-", RULED))
def test_near_misses(code: str, body: str) -> None:
    assert [body[one.start : one.end] for one in _found(body, code)] == []


def test_what_the_model_reads_is_stopped_and_near_misses_are_not() -> None:
    stopped, near = _replies("+", READ), _replies("-", READ)
    missed = [one for one in stopped if not _found(one[1], one[0])]
    accused = [one for one in near if _found(one[1], one[0])]
    # The model learned none of these. What it misses is few, and told here when there are more.
    assert len(missed) <= 0.05 * len(stopped), missed
    assert len(accused) <= 0.05 * len(near), accused


@pytest.mark.parametrize(("code", "body"), [one for one in STOPPED if one[0] not in LACKED])
def test_harmless_text_around_hides_nothing(code: str, body: str) -> None:
    before, after = (
        "ご連絡をいただき、ありがとうございます。\n\n",
        "\n\nThank you for your patience.",
    )
    assert _found(before + body + after, code)


@pytest.mark.parametrize(("code", "body"), [one for one in STOPPED if one[0] not in AS_WRITTEN])
def test_full_width_is_read_alike(code: str, body: str) -> None:
    wide = "".join(
        chr(ord(one) + 0xFEE0) if one.isalnum() and one.isascii() else one for one in body
    )
    assert _found(wide, code)
    assert _found(unicodedata.normalize("NFKC", body), code)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200), st.sampled_from(Channel), st.sampled_from(Conduct))
def test_no_text_breaks_it(body: str, channel: Channel, conduct: Conduct) -> None:
    for visibility in Visibility:
        reply = Outgoing(body, read, "ja", channel, visibility, not_ours(body, POLICY))
        for one in guard(reply, Facts(conduct=conduct, due=DUE), POLICY, NOW):
            assert 0 <= one.start <= one.end <= len(body)
            assert one.code in WHY


@pytest.mark.parametrize(
    "text", ["返金", "当社の", "we will ", "{", "http://", "「", ">", "1時間", "a."]
)
def test_hostile_replies_are_quick(text: str) -> None:
    start = time.perf_counter()
    reply = Outgoing(text * (100_000 // len(text)), read, visibility=Visibility.PUBLIC)
    guard(reply, Facts(conduct=Conduct.THREAT, due=DUE), POLICY, NOW)
    assert time.perf_counter() - start < 10


def test_a_confirmed_fault_may_be_admitted() -> None:
    body = "当社の過失でございます。申し訳ございません。"
    assert guard(Outgoing(body, read), Facts(fault_confirmed=True), POLICY, NOW) == ()


@pytest.mark.parametrize(
    ("body", "blocked"),
    [
        ("3万円を返金いたします。", True),
        ("10,000円を返金いたします。", False),
        ("一万円を返金いたします。", False),
        ("We will refund you ¥10,001.", True),
        ("We will refund you ten thousand yen.", False),
        ("We will refund you twelve thousand yen.", True),
        ("We will refund you $50.", True),
        ("新しい商品をお送りいたします。", False),
    ],
)
def test_authority(body: str, blocked: bool) -> None:
    facts = Facts(authority=Authority(refund_max_yen=10_000, may_replace=True))
    found = guard(Outgoing(body, read), facts, POLICY, NOW)
    assert (Code.UNAUTHORISED_PROMISE in {one.code for one in found}) is blocked


def test_a_missing_apology_is_a_warning() -> None:
    (found,) = guard(Outgoing("ご連絡をいただきました。", read), Facts(), POLICY, NOW)
    assert (found.code, found.blocking) == (Code.NO_APOLOGY, False)
    assert (
        guard(Outgoing("ありがとうございます。", read), Facts(kind=Kind.PRAISE), POLICY, NOW) == ()
    )


def test_a_company_forbids_more() -> None:
    rule = ForbiddenApologies(ja=("全力で",), severity=2)
    policy = POLICY.model_copy(update={"forbidden_apologies": rule})
    reply = Outgoing("全力で対応します。申し訳ございません。", read)
    assert guard(reply, Facts(severity=1), policy, NOW) == ()
    assert [one.code for one in guard(reply, Facts(severity=2), policy, NOW)] == ["admits_fault"]


def test_another_time_than_the_watched_one_is_told_with_its_repair() -> None:
    body = "申し訳ございません。11月27日12時までにご連絡いたします。"
    facts = Facts(due=DUE, due_said=("11月26日（木）15時まで",))
    (found,) = guard(Outgoing(body, read), facts, POLICY, NOW)
    assert (found.code, found.repair) == (Code.DUE_DIFFERS, "11月26日（木）15時まで")


def test_a_report_on_the_way_is_the_approvers_to_confirm() -> None:
    body = "本日18時までに途中経過を、11月26日（木）15時までに結果をご連絡いたします。"
    for said, stopped in (((), True), (("11月26日（木）15時まで",), False)):
        facts = Facts(kind=Kind.REQUEST, due=DUE, due_said=said)
        assert bool(guard(Outgoing(body, read), facts, POLICY, NOW)) is stopped


def test_the_desks_own_pages_may_be_linked_to() -> None:
    reply = Outgoing("https://desk.example.net/s/abc", read, hosts=("desk.example.net",))
    assert guard(reply, Facts(answered=True), POLICY, NOW) == ()


def test_any_way_to_say_the_time_will_do() -> None:
    ways = ("本日15時まで", "11月24日（火）15時まで")
    facts = Facts(kind=Kind.REQUEST, due=TODAY, due_said=ways)
    for said in (*ways, "11月24日(火)15時まで"):
        assert guard(Outgoing(f"{said}にご連絡いたします。", read), facts, POLICY, NOW) == ()
    (found,) = guard(Outgoing("明日15時までにご連絡いたします。", read), facts, POLICY, NOW)
    assert (found.code, found.repair) == (Code.DUE_DIFFERS, ways[-1])


def test_a_reply_may_be_too_long() -> None:
    found = guard(Outgoing("あ" * 141, read, channel="x"), Facts(), POLICY, NOW)
    assert Code.TOO_LONG in {one.code for one in found}


@cache
def _thousand() -> list[str]:
    bodies = [body for _, body in (*_replies("+"), *_replies("-"))]
    return [" ".join(bodies[n % len(bodies)] for n in range(k, k + 8)) for k in range(1_000)]


def test_a_thousand_replies_in_two_seconds() -> None:
    bodies = _thousand()
    guard(Outgoing(bodies[0], read), Facts(due=DUE), POLICY, NOW)
    start = time.process_time()
    for body in bodies:
        guard(Outgoing(body, read), Facts(due=DUE), POLICY, NOW)
    # Twice the time that is promised: other processes run beside a test.
    assert time.process_time() - start < 4
