"""What a text promises by when: every wording means one latest moment, whatever surrounds it."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responders.calendar import calendar
from responders.due import say_due
from responders.times import promised, times
from tests.responders.policies import BERLIN, TOKYO

CALENDAR = calendar(TOKYO)
NOW = datetime(2026, 11, 24, 10, tzinfo=TOKYO.zone)
"""A Tuesday; the Monday before it was a holiday."""


def meant(text: str, language: str, now: datetime = NOW) -> list[str]:
    """The moments that a text promises, as the clock of the place shows them."""
    found = promised(text, now, CALENDAR, language)
    return [f"{told.at.astimezone(TOKYO.zone):%m-%d %H:%M}" for told in found]


@pytest.mark.parametrize(
    ("words", "moment"),
    [
        ("本日18時までに", "11-24 18:00"),
        ("本日中に", "11-25 00:00"),
        ("明日（水）12時までに", "11-25 12:00"),
        ("明日(水)12時に", "11-25 12:00"),
        ("明後日の午前中に", "11-26 12:00"),
        ("11月25日(水)15時までに", "11-25 15:00"),
        ("１１月２７日（金）１８時３０分までに", "11-27 18:30"),
        ("十一月二十七日（金）十八時までに", "11-27 18:00"),
        ("12/1（火）までに", "12-02 00:00"),
        ("25日（水）までに", "11-26 00:00"),
        ("1月5日までに", "01-06 00:00"),
        ("来週月曜に", "12-01 00:00"),
        ("来週の月曜日の正午までに", "11-30 12:00"),
        ("金曜日までに", "11-28 00:00"),
        ("今週中に", "11-28 00:00"),
        ("来週中に", "12-05 00:00"),
        ("週明けに", "12-01 00:00"),
        ("月末までに", "12-01 00:00"),
        ("3営業日以内に", "11-27 18:00"),
        ("三営業日以内に", "11-27 18:00"),
        ("５営業日以内に", "12-01 18:00"),
        ("翌営業日の15時までに", "11-25 15:00"),
        ("48時間以内に", "11-26 10:00"),
        ("四十八時間以内に", "11-26 10:00"),
        ("30分以内に", "11-24 10:30"),
        ("1週間以内に", "12-02 00:00"),
        ("1か月以内に", "12-25 00:00"),
        ("正午までに", "11-24 12:00"),
        ("夕方までに", "11-24 18:00"),
        ("午後3時半までに", "11-24 15:30"),
        ("15:30までに", "11-24 15:30"),
        ("9時までに", "11-25 09:00"),
        ("明日10時から12時の間に", "11-25 12:00"),
        ("24時までに", "11-25 00:00"),
        ("明日の朝10時に", "11-25 10:00"),
        ("明朝", "11-25 12:00"),
        ("今夕", "11-24 18:00"),
        ("一両日中に", "11-27 00:00"),
        ("2〜3日以内に", "11-28 00:00"),
        ("2-3日以内に", "11-28 00:00"),
        ("3営業日ほどで", "11-27 18:00"),
    ],
)
def test_japanese(words: str, moment: str) -> None:
    for promise in (
        "ご連絡いたします。",
        "、担当者よりお電話を差し上げます。",
        "発送する予定です。",
    ):
        assert meant(f"お調べし、{words}{promise}", "ja") == [moment]


@pytest.mark.parametrize(
    ("words", "moment"),
    [
        ("by 3 p.m. on Wednesday 25 November", "11-25 15:00"),
        ("by 3 p.m. on Wednesday, November 25th, 2026 (JST)", "11-25 15:00"),
        ("by tomorrow noon", "11-25 12:00"),
        ("by noon tomorrow, Wednesday (JST)", "11-25 12:00"),
        ("tomorrow morning", "11-25 12:00"),
        ("by 5pm today", "11-24 17:00"),
        ("by 15:30", "11-24 15:30"),
        ("by midnight", "11-25 00:00"),
        ("within 2 business days", "11-26 18:00"),
        ("within two working days", "11-26 18:00"),
        ("on the next business day", "11-25 18:00"),
        ("within an hour", "11-24 11:00"),
        ("within the hour", "11-24 11:00"),
        ("in 48 hours", "11-26 10:00"),
        ("within a week", "12-02 00:00"),
        ("within one month", "12-25 00:00"),
        ("by the end of the week", "11-28 00:00"),
        ("by the end of next week", "12-05 00:00"),
        ("by the end of the month", "12-01 00:00"),
        ("by the end of the day", "11-25 00:00"),
        ("by close of business on Friday", "11-27 18:00"),
        ("next week", "12-05 00:00"),
        ("next Monday", "12-01 00:00"),
        ("by Friday", "11-28 00:00"),
        ("on Thursday at 5 p.m.", "11-26 17:00"),
        ("no later than Friday 5 p.m.", "11-27 17:00"),
        ("between 10 a.m. and noon tomorrow", "11-25 12:00"),
        ("by 2026-11-27", "11-28 00:00"),
        ("by 1 May", "05-02 00:00"),
        ("within two to three business days", "11-27 18:00"),
        ("within 2-3 business days", "11-27 18:00"),
        ("within about an hour", "11-24 11:00"),
        ("within forty-eight hours", "11-26 10:00"),
        ("within the week", "12-01 10:00"),
        ("this afternoon", "11-24 18:00"),
        ("later this evening", "11-25 00:00"),
        ("by the 26th", "11-27 00:00"),
    ],
)
def test_english(words: str, moment: str) -> None:
    for before in ("We will write to you ", "You will hear from us ", "Your refund will be sent "):
        assert meant(f"Thank you. {before}{words} with more.", "en") == [moment]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("11月20日にご購入いただいた商品を確認し、ご連絡いたします。", "ja"),
        ("11月20日に購入しました。", "ja"),
        ("明日ご来店いただいた方にご案内いたします。", "ja"),
        ("11月30日までにお知らせください。確認のうえご連絡いたします。", "ja"),
        ("11月30日までにお知らせいただけますと、すぐにご連絡いたします。", "ja"),
        ("11月30日までにご返信をお願いいたします。", "ja"),
        ("11月30日までにご確認いただきますようお願いいたします。", "ja"),
        ("お電話は平日9時から18時まで承ります。", "ja"),
        ("届くまで3日かかったとのこと、お詫び申し上げます。", "ja"),
        ("受付時間は11月30日まで、9時から18時までとなります。ご案内いたします。", "ja"),
        ("昨日16時のお電話の件、ご連絡いたします。", "ja"),
        ("2月30日までにご連絡いたします。", "ja"),
        ("99時までにご連絡いたします。", "ja"),
        ("昨年の11月20日までにご連絡いたします。", "ja"),
        ("You ordered it on 30 November.", "en"),
        ("We will look into the order you placed on 30 November.", "en"),
        ("Please reply by Friday.", "en"),
        ("If you write by Friday, we will refund you.", "en"),
        ("It took 3 days.", "en"),
        ("You called yesterday at 5 p.m. and we will look into it.", "en"),
        ("We will be glad to help; our lines are open until 6 p.m.", "en"),
        ("We will reply by 31 February.", "en"),
        ("We will reply by 20 November.", "en"),
    ],
)
def test_what_is_no_promise_of_ours(text: str, language: str) -> None:
    assert meant(text, language) == []


def test_a_time_of_day_belongs_to_the_day_before_it() -> None:
    text = "11月26日（木）の10時に一度、遅くとも15時までにご連絡いたします。"
    assert meant(text, "ja") == ["11-26 10:00", "11-26 15:00"]
    assert meant("明日12時に発送し、本日15時までにご連絡いたします。", "ja") == [
        "11-25 12:00",
        "11-24 15:00",
    ]


@pytest.mark.parametrize(
    ("text", "language", "ours", "open_"),
    [
        ("3営業日以内", "ja", False, True),
        ("within two business days", "en", False, True),
        ("3営業日以内にお知らせください。", "ja", False, False),
        ("3営業日ほどお時間をいただきます。", "ja", True, False),
        ("本日18時までお待ちください。", "ja", True, False),
        ("You can expect our answer by Friday.", "en", True, False),
        ("The store manager will call you by Friday.", "en", True, False),
        ("11月26日", "ja", False, False),
    ],
)
def test_whose_time_it_is(text: str, language: str, ours: bool, open_: bool) -> None:
    (told,) = times(text, NOW, CALENDAR, language)
    assert (told.ours, told.open) == (ours, open_)


def test_a_story_beside_a_promise() -> None:
    text = "11月20日にご購入いただいた商品について、明日12時までにご連絡いたします。"
    assert meant(text, "ja") == ["11-25 12:00"]
    told = (
        "We will look into the order you placed on 20 November and write to you by noon tomorrow."
    )
    assert meant(told, "en") == ["11-25 12:00"]


@pytest.mark.parametrize(
    ("text", "language", "progress"),
    [
        (
            "本日18時までに途中経過を、11月27日（金）15時までに結果をご連絡いたします。",
            "ja",
            [1, 0],
        ),
        ("進捗は金曜日にお知らせいたします。", "ja", [1]),
        ("明日結果をご連絡いたします。", "ja", [0]),
        ("We will send you an update by noon tomorrow and our answer by Friday.", "en", [1, 0]),
        ("By noon tomorrow we will send an update, and by Friday our answer.", "en", [1, 0]),
        ("We will tell you how far we are by Friday.", "en", [1]),
    ],
)
def test_a_report_on_progress_is_told_apart(text: str, language: str, progress: list[int]) -> None:
    found = promised(text, NOW, CALENDAR, language)
    assert [told.progress for told in found] == [bool(one) for one in progress]


def test_a_span_is_what_the_text_says() -> None:
    text = "お待たせいたします。11月25日（水）15時までにご連絡いたします。"
    (told,) = times(text, NOW, CALENDAR, "ja")
    assert text[told.start : told.end] == "11月25日（水）15時まで"


MOMENTS = st.integers(0, 2 * 365 * 24 * 60).map(
    lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


@given(MOMENTS, st.integers(1, 150 * 24 * 4), st.sampled_from(["ja", "en"]), st.booleans())
def test_what_we_say_is_read_as_it_was_meant(
    now: datetime, quarters: int, language: str, relative: bool
) -> None:
    for policy in (TOKYO, BERLIN):
        due = (now + quarters * timedelta(minutes=15)).replace(second=0, microsecond=0)
        due -= timedelta(minutes=due.minute % 15)
        # The hour that comes twice has no wording of its own.
        if due <= now or due.astimezone(policy.zone).fold:
            continue
        said = say_due(policy, due, language, now if relative else None)
        text = (
            f"We will write to you {said}." if language == "en" else f"{said}にご連絡いたします。"
        )
        (told,) = promised(text, now, calendar(policy), language)
        assert told.at == due


HOSTILE = [
    "十", "1", "１", "11月", "本日 ", "　", "明日10時から", "ます", "連絡", "（水）", "一二三",
    "by ", "1 ", "the ", "monday ", "a", " ", "next ", "by 3 p.m. on ", "we will ", "you have ",
    "between 1:00 and ", "\n", ".", "。", "20", "-", "報告明日",
]  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE)
def test_no_text_makes_it_slow(piece: str) -> None:
    text = (piece * 100_000)[:100_000]
    for language in ("ja", "en"):
        began = time.process_time()
        times(text, NOW, CALENDAR, language)
        assert time.process_time() - began < 2


@given(st.text(max_size=300), st.sampled_from(["ja", "en"]))
def test_any_text_is_read(text: str, language: str) -> None:
    for told in times(text, NOW, CALENDAR, language):
        assert 0 <= told.start < told.end <= len(text)


PIECES = ["本日", "明日", "99", "十", "2月", "30日", "時", "月曜", "9999", "年", "まで", "営業日以内",
          "by ", "31 ", "February ", "2099 ", "99:99", " p.m.", "within ", "999 ", "months ",
          "business days ", "next ", "Friday "]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=12), st.sampled_from(["ja", "en"]))
def test_any_pieces_are_read(pieces: list[str], language: str) -> None:
    times("".join(pieces), NOW, CALENDAR, language)
