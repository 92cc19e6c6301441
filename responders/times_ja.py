"""How Japanese names a time that something is promised for."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from responders.times_moment import Clock

_N = "(?:[0-9０-９]{1,4}|[〇一二三四五六七八九十]{1,4})"
_WEEKDAY = "月火水木金土日"
_GAP = "[ 　]{0,2}"
_OF = "[のは、,]?"
_CLOCK = (
    rf"(?:(?P<@half>午前|午後|夕方|夜){_GAP})?"
    rf"(?:(?P<@hour>{_N}){_GAP}(?:時(?!間)(?:{_GAP}(?P<@minute>{_N})分(?!間)|(?P<@thirty>半))?"
    rf"|[:：](?P<@colon>[0-9０-９]{{2}})(?![0-9０-９]))|(?P<@noon>正午|お昼))"
)
_DAY = (
    r"(?:(?P<near>本日|今日|きょう|当日|明日|あした|あす|明後日|あさって|翌日)"
    r"|(?P<business>翌営業日|次の営業日)"
    rf"|(?:(?P<week>今週|来週|再来週|次週|翌週)[のは]?)?(?P<weekday>[{_WEEKDAY}])曜日?"
    rf"|(?:(?:(?P<year>{_N})年)?{_GAP}(?P<month>{_N})月{_GAP}|(?<![0-9０-９月/])(?P<ym>)(?=[0-9０-９]{{1,2}}日(?:[（(]|まで|中|の?午|の?[0-9０-９]{{1,2}}時)))(?P<day>{_N})日(?!間|以内)"
    r"|(?:(?P<iso>20[0-9]{2})[-/])?(?<![0-9/])(?P<m>[01]?[0-9])[-/](?P<d>[0-3]?[0-9])(?![0-9/-]))"
    rf"(?:{_GAP}[（(][{_WEEKDAY}](?:曜日?)?(?:[・、]?[祝休])?[）)])?"
)
_PART = "(?P<part>午前中?|午後|夕方|夜|終日)"
_SPAN = (
    rf"(?P<count>{_N}){_GAP}(?P<unit>営業日|時間|分|日|週間|[かヶカケ]月)(?:間)?{_GAP}以内"
    rf"|(?P<ahead>{_N}){_GAP}(?P<later>営業日|時間|分|日|週間)後"
)
_PERIOD = (
    r"(?P<early>週明け|来週早々|来週(?:の)?(?:初め|はじめ|頭))"
    r"|(?P<whole>今週|来週|再来週|次週|翌週)(?:中|末|まで|の?うち)?"
    r"|(?P<months>今月|来月)(?:中|末|まで)|(?P<end>月末|本日中|当日中|年内)"
)


def _of(part: str, name: str) -> str:
    """A part of the grammar with the names of its groups put apart by `name`."""
    return part.replace("@", name)


TIME = re.compile(
    rf"(?:{_SPAN}"
    rf"|{_DAY}(?:{_OF}{_GAP}(?:{_of(_CLOCK, 'x')}{_GAP}(?:から|[〜～~ー–-]){_GAP})?"
    rf"(?:{_of(_CLOCK, '')}|{_PART}))?"
    rf"|{_PERIOD}"
    rf"|(?:{_of(_CLOCK, 'y')}{_GAP}(?:から|[〜～~–-]){_GAP})?{_of(_CLOCK, 'z')}"
    r"|(?P<alone>夕方|午前中)(?=まで|に|中))"
    rf"(?:{_GAP}(?:頃|ごろ|中|いっぱい|まで))?"
)
"""One time with all that belongs to it."""

STOP = re.compile(r"[。！？!?]|\n[ \t　]{0,8}(?:\n|[・\-*●■])")
LEADS = True
"""Whether a time always stands before what is done by it."""
PROGRESS = re.compile("途中経過|進捗|中間報告|経過[のをに]|進み具合|進行状況|対応状況|調査状況")
_DEADLINE = re.compile("(?:まで|以内|中|うち|いっぱい|後)$")
_OURS = (
    r"(?:連絡|報告|回答|返信|返答|返事|案内|説明|知らせ|返金|発送|送り|送付|手配|電話|届け|対応"
    r"|解決|完了|調査|確認|修理|交換|伺|お渡し|差し上げ|差上げ|申し上げ)"
    r"(?:させていただ|させて頂|(?!願|いただ|頂|くださ|下さ)[^。\n]){0,12}?(?:ます|予定|つもり|見込み|所存)(?!か|と|よう|が幸い)"
)
_REQUEST = (
    r"(?:ください|下さい|くださ(?:る|れ|い)|いただけ|頂け|いただき(?:たく|ます(?:よう|と))|頂きたく"
    r"|お願い|願い(?:ます|いたし)|願え|お申し付け|ご希望)"
)
_STORY = (
    r"ご?(?:注文|購入|来店|利用|予約)[のし]"
    r"|(?:まし|でし|られ|され|いただい|頂い|下さっ|くださっ|[入文し届買頼っいん])[ただ](?![くめらりちい])"
)
PREDICATE = re.compile(f"(?P<ours>{_OURS})|(?P<request>{_REQUEST})|(?P<story>{_STORY})")
_WEEKS = {"今週": 0, "来週": 1, "次週": 1, "翌週": 1, "再来週": 2}
_NEAR = {"明日": 1, "あした": 1, "あす": 1, "翌日": 1, "明後日": 2, "あさって": 2}
_PARTS = {"午前": 12, "午前中": 12, "夕方": 18}
"""Hours at which parts of a day end; the Meteorological Agency's 夕方 is 15 to 18 o'clock
(https://www.jma.go.jp/jma/kishou/know/yougo_hp/saibun.html). Others last to midnight."""
_DIGITS = {digit: value for value, digit in enumerate("〇一二三四五六七八九")}


def ours(before: str, found: str, after: str) -> bool:
    """Whether the sentence promises something of ours for the time `found`. Japanese says what is
    done after it says when: the first predicate tells, and what the customer did does not count
    where the time is a deadline."""
    deadline = bool(_DEADLINE.search(found)) or after.startswith(("まで", "以内", "中", "の間"))
    for match in PREDICATE.finditer(after):
        if match["story"] and deadline:
            continue
        return bool(match["ours"])
    return False


def moment(match: re.Match[str], clock: Clock) -> datetime | None:
    """The latest moment that a time allows; None where it is none. Raises ValueError for a day or a
    time of day that does not exist."""
    if match["unit"] or match["later"]:
        return _span(
            _number(match["count"] or match["ahead"]), match["unit"] or match["later"], clock
        )
    if match["early"]:
        return clock.start_of_week(1)
    if match["whole"]:
        return clock.end_of_week(_WEEKS[match["whole"]])
    if match["months"] or match["end"] == "月末":
        return clock.end_of_month(1 if match["months"] == "来月" else 0)
    if match["end"]:
        return clock.at(
            clock.today.replace(month=12, day=31) if match["end"] == "年内" else clock.today
        )
    if match["alone"]:
        return clock.clock(_PARTS[match["alone"]] * 60)
    minute = _minute(match, "z")
    if minute is not None:
        return clock.clock(minute)
    return _day(match, clock, _of_day(match))


def _day(match: re.Match[str], clock: Clock, minute: int | None) -> datetime:
    if match["business"]:
        return clock.business_days(1, minute)
    if match["weekday"]:
        week = _WEEKS[match["week"]] if match["week"] else None
        return clock.weekday(_WEEKDAY.index(match["weekday"]), week, minute)
    if match["near"]:
        return clock.at(clock.today + timedelta(days=_NEAR.get(match["near"], 0)), minute)
    if match["d"]:
        year = int(match["iso"]) if match["iso"] else None
        return clock.at(clock.calendar_day(year, int(match["m"]), int(match["d"])), minute)
    year = _number(match["year"]) if match["year"] else None
    month = _number(match["month"]) if match["month"] else None
    return clock.at(clock.calendar_day(year, month, _number(match["day"])), minute)


def _span(count: int, unit: str, clock: Clock) -> datetime:
    if unit == "営業日":
        return clock.business_days(count)
    if unit in ("時間", "分"):
        return clock.now + timedelta(minutes=count * (60 if unit == "時間" else 1))
    if unit in ("日", "週間"):
        return clock.days(count * (7 if unit == "週間" else 1))
    return clock.months(count)


def _of_day(match: re.Match[str]) -> int | None:
    if match["part"]:
        hour = _PARTS.get(match["part"])
        return hour * 60 if hour else None
    return _minute(match, "")


def _minute(match: re.Match[str], of: str) -> int | None:
    if match[f"{of}noon"]:
        return 12 * 60
    if not match[f"{of}hour"]:
        return None
    hour = _number(match[f"{of}hour"])
    past = match[f"{of}minute"] or match[f"{of}colon"]
    half = match[f"{of}half"]
    if half and half != "午前" and hour < 12:
        hour += 12
    minutes = 30 if match[f"{of}thirty"] else _number(past) if past else 0
    if hour > 24 or minutes > 59:
        raise ValueError(f"{hour}:{minutes} is no time of day")
    return hour * 60 + minutes


def _number(text: str) -> int:
    """A number in digits of any width, or in kanji: 二十四, 十五, 二〇二六."""
    if text.isdecimal():
        return int(text)
    if "十" not in text:
        return int("".join(str(_DIGITS[digit]) for digit in text))
    tens, _, ones = text.partition("十")
    return (_number(tens) if tens else 1) * 10 + (_number(ones) if ones else 0)
