"""A time's parts mean the same in whatever order people say them, and whose it is stays told."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responders.calendar import calendar
from responders.times import times
from tests.responders.policies import TOKYO

CALENDAR = calendar(TOKYO)
NOW = datetime(2026, 11, 24, 10, tzinfo=TOKYO.zone)
"""A Tuesday; the Monday before it was a holiday."""


def said(text: str, language: str) -> list[str]:
    """The times that a text promises (!), takes for a step (~) or leaves open (?)."""
    found = times(text, NOW, CALENDAR, language)
    marks = [("!" if one.ours else "~" if one.work else "?" if one.open else "") for one in found]
    return [
        f"{mark}{one.at.astimezone(TOKYO.zone):%m-%d %H:%M}"
        for mark, one in zip(marks, found, strict=True)
        if mark
    ]


WEEKDAYS_EN = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS_EN = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
MOMENTS = st.builds(
    lambda days, minutes: (
        NOW.replace(hour=0, minute=0) + timedelta(days=days, minutes=30 * minutes)
    ),
    st.integers(1, 150),
    st.integers(1, 47),
)


def dates_en(day: datetime) -> list[str]:
    weekday, month = WEEKDAYS_EN[day.weekday()], MONTHS_EN[day.month - 1]
    return [
        f"{weekday} {day.day} {month}", f"{weekday}, {month} {day.day}, {day.year}",
        f"{weekday[:3]} {day.day} {month[:3]} {day.year}", f"the {day.day}th of {month}",
        f"{day:%Y-%m-%d}", f"{day.day} {month} ({weekday})",
    ]  # fmt: skip


def clocks_en(at: datetime) -> list[str]:
    half = "p.m." if at.hour >= 12 else "a.m."
    return [f"{at:%H:%M}", f"{at.hour % 12 or 12}:{at:%M} {half}"]


@given(MOMENTS, st.data())
def test_english_in_any_order(at: datetime, data: st.DataObject) -> None:
    day, clock = data.draw(st.sampled_from(dates_en(at))), data.draw(st.sampled_from(clocks_en(at)))
    zone = data.draw(st.sampled_from(["", " JST", " (Japan time)", " (JST)"]))
    order = [f"by {clock}{zone} on {day}", f"on {day} at {clock}{zone}", f"by {day}, {clock}{zone}",
             f"no later than {clock}{zone}, {day}"]  # fmt: skip
    words = data.draw(st.sampled_from(order))
    (told,) = times(f"We will answer you {words}.", NOW, CALENDAR, "en")
    assert (told.at, told.ours) == (at, True), words


@given(MOMENTS, st.data())
def test_japanese_in_any_writing(at: datetime, data: st.DataObject) -> None:
    weekday = "月火水木金土日"[at.weekday()]
    month_day = f"{at.month}月{at.day}日"
    day = data.draw(
        st.sampled_from([
            f"{month_day}（{weekday}）", f"{month_day}{weekday}曜日の", f"{at.month}/{at.day}({weekday}) ",
            f"{at.year}年{month_day}", f"{weekday}曜（{month_day}）の", f"令和{at.year - 2018}年{month_day}",
        ])
    )  # fmt: skip
    half = "午後" if at.hour >= 12 else "午前"
    clock = data.draw(
        st.sampled_from(
            [f"{at.hour}時{at.minute:02d}分", f"{at:%H:%M}", f"{half}{at.hour % 12}時{at.minute}分"]
        )
    )
    words = f"{day}{clock}"
    if data.draw(st.booleans()):
        words = words.translate({ord("0") + digit: ord("０") + digit for digit in range(10)})
    for sentence in (
        f"{words}までにお返事いたします。",
        f"お返事の期日は{words}とさせてください。",
    ):
        (told,) = times(sentence, NOW, CALENDAR, "ja")
        assert (told.at, told.ours) == (at, True), sentence


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ご返答の期限は明後日の15時でございます。", ["!11-26 15:00"]),
        ("次回のご報告は11月26日(木) 17:00です。", ["!11-26 17:00"]),
        ("週明け火曜の朝九時に、こちらからお電話いたします。", ["!12-01 09:00"]),
        ("年明け六日の夕方四時までに書面でお答えします。", ["!01-06 16:00"]),
        ("大晦日の正午までに、担当よりお返事を差し上げます。", ["!12-31 12:00"]),
        ("元旦にメールでお知らせいたします。", ["!01-01 12:00"]),
        ("12月中旬には結論をお伝えできる見込みです。", ["!12-21 00:00"]),
        ("1月末までに書面でお届けします。", ["!02-01 00:00"]),
        ("来月5日までにご回答いたします。", ["!12-06 00:00"]),
        ("今夜七時にはお答えを差し上げたく存じます。", ["!11-24 19:00"]),
        ("40分ください。", ["!11-24 10:40"]),
        ("三日ほど頂戴いたします。", ["!11-28 00:00"]),
        ("ご回答までに2～3営業日いただきます。", ["!11-27 18:00"]),
        ("あと1時間半で結果をお出しできます。", ["!11-24 11:30"]),
        ("数日以内に改めてご連絡申し上げます。", ["!11-30 00:00"]),
        ("金曜の終業時刻までにお返事いたします。", ["!11-27 18:00"]),
        ("今日明日中にはご案内いたします。", ["!11-26 00:00"]),
        ("本日より3日以内にお返事いたします。", ["!11-28 00:00"]),
        # A step on the way is no answer; nor is what is denied, wished for or begun.
        ("本日中に売り場へ事情を聞き、結果は木曜の17時までにお知らせいたします。",
         ["~11-25 00:00", "!11-26 17:00"]),
        ("明日中に記録を確認し、木曜の17時にお電話いたします。", ["~11-26 00:00", "!11-26 17:00"]),
        ("明日発送し、木曜の17時にお届けいたします。", ["!11-26 00:00", "!11-26 17:00"]),
        ("本日中のお返事はいたしかねますが、木曜の17時までにはお電話いたします。",
         ["!11-26 17:00"]),
        ("明日ではなく、木曜の17時にお電話いたします。", ["!11-26 17:00"]),
        ("今日のうちにとのご要望には沿いかねますが、木曜の17時までにお返事します。",
         ["!11-26 17:00"]),
        ("明日から調査し、木曜の17時までにお返事いたします。", ["!11-26 17:00"]),
        # Opening hours, what an event begins and what others must do are none of our times.
        ("お電話は平日10時から16時まで承っております。", []),
        ("年末年始の休業は12月29日から1月3日まででございます。", []),
        ("返品は商品到着後8日以内に承ります。", []),
        ("催しは11月30日まで開催しております。", []),
        ("クーポンの有効期限は11月30日までです。", []),
        ("領収書は11月27日までにお送りください。", []),
        ("お届けは11月25日に済んだと伺っております。", []),
    ],
)  # fmt: skip
def test_whose_it_is_in_japanese(text: str, expected: list[str]) -> None:
    assert said(text, "ja") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("We will call you at quarter past three this afternoon.", ["!11-24 15:15"]),
        ("We will call you tomorrow at ten.", ["!11-25 10:00"]),
        ("We will answer by seven this evening.", ["!11-24 19:00"]),
        ("Our baker will ring you at 4 in the afternoon on Thursday.", ["!11-26 16:00"]),
        ("We'll reply on the Thursday of this week, before noon.", ["!11-26 12:00"]),
        ("Expect our call on Thursday, 26 November, between 2 and 5 p.m.", ["!11-26 17:00"]),
        ("Our verdict will be in your inbox first thing tomorrow.", ["!11-25 12:00"]),
        ("You will hear from us before the weekend.", ["!11-28 00:00"]),
        ("You will have it before the month is out.", ["!12-01 00:00"]),
        ("We shall decide by the end of December.", ["!01-01 00:00"]),
        ("A reply will reach you before New Year's Eve.", ["!01-01 00:00"]),
        ("We'll get back to you by EOD Thursday.", ["!11-26 18:00"]),
        ("Give us half an hour and you will know more.", ["!11-24 10:30"]),
        ("Please allow us two weeks for this.", ["!12-09 00:00"]),
        ("We will write again within three (3) working days.", ["!11-27 18:00"]),
        ("Next message: Thursday 26 November, 17:00 JST.", ["!11-26 17:00"]),
        ("More from us by Nov. 26, 5:00 PM JST.", ["!11-26 17:00"]),
        ("By Thursday, 5 p.m.", ["?11-26 17:00"]),
        # A step on the way is no answer; nor is what is denied or wished for.
        ("We will examine the chair tomorrow and write to you by 5 p.m. on Thursday.",
         ["~11-26 00:00", "!11-26 17:00"]),
        ("We have passed it on today and will write by 5 p.m. on Thursday.", ["!11-26 17:00"]),
        ("We cannot reply today, but we will by 5 p.m. on Thursday.", ["!11-26 17:00"]),
        ("Not tomorrow, but on Thursday at 5 p.m. you will have our letter.", ["!11-26 17:00"]),
        ("You wanted a letter by tomorrow; it will come by 5 p.m. on Thursday.",
         ["!11-26 17:00"]),
        ("We will not be able to say more before Thursday, 5 p.m.", ["?11-26 17:00"]),
        ("We promised you a call by Thursday.", []),
        # Opening hours, what an event begins and what others must do are none of our times.
        ("The branch will close at noon tomorrow.", []),
        ("Our desk is staffed from 9 a.m. to 6 p.m. on weekdays.", []),
        ("Goods are taken back within 30 days of purchase.", []),
        ("Your voucher is valid until 30 November.", []),
        ("Kindly reply by Thursday.", []),
        ("We ask you to send the slip by Thursday.", []),
        ("We received your letter today.", []),
    ],
)  # fmt: skip
def test_whose_it_is_in_english(text: str, expected: list[str]) -> None:
    assert said(text, "en") == expected


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("The depot will report to us tomorrow, and our answer follows by Friday.", "en",
         ["~11-26 00:00", "!11-28 00:00"]),
        ("The workshop will test the pump today.", "en", ["~11-25 00:00"]),
        ("The tests will be completed today.", "en", ["~11-25 00:00"]),
        ("We will call the store today and write to you by Friday.", "en",
         ["~11-25 00:00", "!11-28 00:00"]),
        ("We will have the results of the test tomorrow.", "en", ["~11-26 00:00"]),
        ("I will do so tomorrow and write to you by Friday.", "en",
         ["~11-26 00:00", "!11-28 00:00"]),
        ("The choir sings tomorrow evening, and we will reply by Friday.", "en", ["!11-28 00:00"]),
        ("You announce that you will post it online unless we pay by tonight.", "en", []),
        ("We are sorry for the wheel that came off on Wednesday.", "en", []),
        ("We will establish the facts, including the noise on that evening.", "en", []),
        ("You will receive an automatic note this afternoon.", "en", []),
        ("An answer within one hour, as you demand, is not something we can give.", "en", []),
        ("No answer will be given today.", "en", []),
        ("Because each wash takes a day, we will answer by Friday.", "en",
         ["~11-26 00:00", "!11-28 00:00"]),
        ("They will be answered, one by one.", "en", []),
        ("Her report is due on Wednesday, and we will write to you then.", "en", ["!11-26 00:00"]),
        ("You can count on our reply by Wednesday.", "en", ["!11-26 00:00"]),
        ("We will send our conclusion before the New Year.", "en", ["!01-01 00:00"]),
        ("We will write to you within the next hour.", "en", ["!11-24 11:00"]),
        ("We're going to ring you this afternoon.", "en", ["!11-24 18:00"]),
        ("You will be told the outcome tomorrow.", "en", ["!11-26 00:00"]),
        ("We will answer your letter tomorrow.", "en", ["!11-26 00:00"]),
        ("You will have word from us in the course of tomorrow.", "en", ["!11-26 00:00"]),
        ("当窓口から11月27日（金）15時までにお返事いたします。", "ja", ["!11-27 15:00"]),
        ("本日中のご返金をとのご要望を承りました。", "ja", []),
        ("明日までに支払わなければ公開するとのお言葉を拝見いたしました。", "ja", []),
        ("受付確認の自動メールを本日中にお送りいたします。", "ja", []),
        ("夜中に何度もお電話をおかけになったとのこと、お詫びいたします。", "ja", []),
        ("毎朝の騒音の件、調査いたします。", "ja", []),
        ("新年を前にご不安をおかけし、お詫びいたします。", "ja", []),
        ("年明けの来る1月6日（水）17時までにお知らせいたします。", "ja", ["!01-06 17:00"]),
        ("明日、検査の結果が届きます。", "ja", ["~11-26 00:00"]),
        ("本日中に本部へ報告いたします。", "ja", ["~11-25 00:00"]),
        ("明日、担当部署に確認のうえご連絡いたします。", "ja", ["!11-26 00:00"]),
        ("明日の点検後、金曜日までにご報告いたします。", "ja", ["~11-26 00:00", "!11-28 00:00"]),
        ("明日の点検後にご報告いたします。", "ja", ["!11-26 00:00"]),
        ("明日までに届きませんでしたら、ご連絡いたします。", "ja", []),
        ("当初は本日中にご回答する予定でした。", "ja", []),
        ("来月の公演の券をお送りいたします。", "ja", []),
        ("三営業日以内でのご回答は難しい状況でございます。", "ja", []),
        ("写真が届いてから3営業日以内にご回答いたします。", "ja", ["?11-27 18:00"]),
        ("数日中にDMいたします。", "ja", ["!11-30 00:00"]),
    ],
)  # fmt: skip
def test_only_what_we_answer_is_promised(text: str, language: str, expected: list[str]) -> None:
    assert said(text, language) == expected
