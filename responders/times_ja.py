"""How Japanese names a time, word by word."""

from __future__ import annotations

import re

from responders.times_parts import DAY, EVENING, FEW, NOON, Parts, Unit

_N = "(?:[0-9０-９]{1,4}|[〇一二三四五六七八九十]{1,4})"
_WEEKDAY = "月火水木金土日"
_GAP = "[ 　]{0,2}"
_UNIT = "(?:営業日|時間|分|日|週間|[かヶカケヵ箇]月)"
_PAREN = rf"(?:{_GAP}[（(][{_WEEKDAY}](?:曜日?)?(?:[・、/]?[祝休])?[）)])?"
_SPAN = (
    rf"(?:小一(?P<hour1>時間)|(?P<count>{_N}|[数半]){_GAP}(?P<unit>{_UNIT})(?P<half>半)?)間?{_GAP}"
    r"(?:(?:以内|ほど|程度|前後|[くぐ]らい|後|内|のうち|(?<![1１一]日)中(?=に))"
    r"|(?=(?:の?(?:お時間|猶予))?(?:だけ)?を?(?:ください|下さい|頂|いただ|お待ち))|(?=(?:[がをは]|ほど)?(?:かか(?!っ)|要し|必要))"
    r"|を?(?:めど|目[途処安])|(?=で(?!き|あ|し|ご|す)))"
)
_NEAR = {
    "昨日": -1, "きのう": -1, "昨夜": -1, "一昨日": -2, "本日": 0, "今日": 0, "きょう": 0,
    "今朝": 0,
    "今夕": 0, "今晩": 0, "今夜": 0, "当日中": 0, "今日明日": 1, "本日明日": 1, "明日": 1,
    "あした": 1, "あす": 1, "翌日": 1, "翌朝": 1, "明朝": 1, "明夕": 1, "明晩": 1,
    "一両日": 2, "明後日": 2, "あさって": 2, "明々後日": 3, "しあさって": 3,
}  # fmt: skip
_REIWA = 2018
"""The year before 令和元年."""
_FEASTS = {"大晦日": (12, 31), "大みそか": (12, 31), "元日": (1, 1), "元旦": (1, 1),
           "クリスマスイブ": (12, 24), "クリスマス": (12, 25)}  # fmt: skip
_UNTIL = {
    "午前": NOON, "朝": NOON, "昼": NOON, "正午": NOON, "夕": EVENING, "午後": DAY, "夜": DAY,
    "晩": DAY, "終日": DAY, "深夜": DAY,
}  # fmt: skip
"""Minutes at which parts of a day end; the Meteorological Agency's 夕方 is 15 to 18 o'clock
(https://www.jma.go.jp/jma/kishou/know/yougo_hp/saibun.html)."""
_DATE = (
    rf"(?:(?:(?P<era>令和)?(?P<year>{_N}|元)年|(?P<nextyear>来年|明年|翌年|今年|本年)の?)?{_GAP}(?P<month>{_N})月{_GAP}(?P<day>{_N})日(?!間|以内)"
    rf"|(?P<feast>{'|'.join(_FEASTS)})"
    rf"|(?P<tenth>{_N})月の?(?P<third>上旬|中旬|下旬|末日?)"
    r"|(?:(?<![0-9０-９月/年])|(?<=[来今翌]月))(?P<only>[0-9０-９]{1,2}|[一二三四五六七八九十]{1,3})日"
    r"(?=[（(]|まで|中|の?[午夕朝正昼]|の?[0-9０-９]{1,2}[時:：]|の?[一二三四五六七八九十]{1,3}時)"
    r"|(?:(?P<iso>20[0-9]{2}|２０[０-９]{2})[-/／])?(?<![0-9０-９/／])"
    r"(?P<m>[01０１]?[0-9０-９])[-/／](?P<d>[0-3０-３]?[0-9０-９])"
    rf"(?![0-9０-９/／-]|{_GAP}{_UNIT}))"
)
_WEEKS = {
    "今週": 0,
    "来週": 1,
    "次週": 1,
    "翌週": 1,
    "再来週": 2,
    "週明け": 1,
    "週末": 0,
    "週内": 0,
}
_PERIOD = (
    r"(?P<week>今週|再来週|来週|次週|翌週|週明け|週末|週内)(?:の?(?P<early>初め|はじめ|頭|早々|前半))?"
    r"(?:中|末|の?うち)?"
    r"|(?P<months>今月|来月|翌月)(?:中|末日?|の?うち)?|(?P<end>月末|月内)"
    r"|(?P<years>年内|年末|今年中|本年中|来年|年明け|年始|新年)(?:早々)?"
)
_CLOCK = (
    rf"(?:(?P<part>午前|午後|夕方|夜|朝|晩|お昼)の?{_GAP})?"
    rf"(?:(?P<hour>{_N}){_GAP}(?:時(?!間)(?:{_GAP}(?P<minute>{_N})分(?!間)|(?P<thirty>半))?"
    rf"|[:：](?P<colon>[0-9０-９]{{2}})(?![0-9０-９]))|(?P<noon>正午|お昼))"
)
PART = re.compile(
    rf"(?:{_SPAN}"
    rf"|(?P<closing>終業(?:時刻|時間)?|営業終了(?:時刻)?|閉店(?:時刻)?|業務終了(?:時刻)?)|(?P<business>翌々?営業日|次の営業日)"
    rf"|(?:{'|'.join(sorted(_NEAR, key=len, reverse=True))}){_PAREN}(?P<near>)"
    rf"|{_DATE}{_PAREN}|{_PERIOD}|(?P<weekday>[{_WEEKDAY}])曜日?"
    rf"|{_CLOCK}|(?<![毎真一])(?P<daypart>午前中?|午後|夕方|夕刻|夕|夜(?!中|間|勤)|朝|昼|終日|深夜)(?!食|礼|刊|焼|景|ご飯))"
    rf"(?:{_GAP}(?:頃|ごろ|いっぱい|以内|中|じゅう|まで))?"
)
"""One part of a time with what belongs to it."""
GLUE = re.compile(rf"{_GAP}(?:の?(?:来る|きたる)|[のは、,(（]|にあたる)?{_GAP}(?:[)）]の?)?")
"""What stands between two parts of one time."""
RANGE = re.compile(rf"{_GAP}(?:から|より|[〜～~ー–-]){_GAP}")
"""What stands between the two ends of a range."""
TAIL = re.compile(rf"[)）]?{_GAP}(?:の?(?:間|うち))?(?:まで|頃|ごろ)?")


def parts(match: re.Match[str]) -> Parts | None:
    """What a `PART` tells; None where it tells nothing alone. Raises ValueError for a time of day
    that does not exist."""
    if match["count"] or match["hour1"]:
        return _span(match)
    if match["closing"]:
        return {"closing": True}
    if match["business"]:
        return {"business": 2 if "々" in match["business"] else 1}
    if match["near"] is not None:
        return _near(match[0])
    if match["week"] or match["months"] or match["end"] or match["years"]:
        return _period(match)
    if match["weekday"]:
        return {"weekday": _WEEKDAY.index(match["weekday"])}
    if match["daypart"]:
        return {"until": _until(match["daypart"])}
    if match["hour"] or match["noon"]:
        return _clock(match)
    return _date(match)


def _span(match: re.Match[str]) -> Parts:
    if match["hour1"]:
        return {"span": (1, "hour")}
    word, half = match["unit"], match["half"] or match["count"] == "半"
    count = {"数": FEW, "半": 0}.get(match["count"]) if match["count"] in "数半" else None
    number = _number(match["count"]) if count is None else count
    units: dict[str, Unit] = {"営業日": "business", "時間": "hour", "分": "minute", "日": "day",
                              "週間": "week"}  # fmt: skip
    unit = units.get(word, "month")
    if half and unit == "hour":
        return {"span": (number * 60 + 30, "minute")}
    if half and unit == "day":
        return {"span": (number * 24 + 12, "hour")}
    return {"span": (number + bool(half), unit)}


def _near(word: str) -> Parts:
    name = max((one for one in _NEAR if word.startswith(one)), key=len)
    told: Parts = {"near": _NEAR[name]}
    until = {"朝": NOON, "夕": EVENING, "晩": DAY, "夜": DAY}.get(name[-1])
    if until:
        told["until"] = until
    return told


def _period(match: re.Match[str]) -> Parts:
    if word := match["week"]:
        start = word == "週明け" or match["early"]
        return {"week": _WEEKS[word], "edge": "start" if start else "end"}
    if word := match["years"]:
        later = word in ("来年", "年明け", "年始", "新年")
        start = later and word != "来年"
        return {"year": int(later), "edge": "start" if start else "end"}
    return {"month": int(match["months"] in ("来月", "翌月"))}


def _date(match: re.Match[str]) -> Parts:
    if match["feast"]:
        told: Parts = {"date": (None, *_FEASTS[match["feast"]])}
        return told | {"until": NOON} if match["feast"] == "元旦" else told
    if match["third"]:
        return _third(_number(match["tenth"]), match["third"])
    if match["only"]:
        return {"date": (None, None, _number(match["only"]))}
    if match["d"]:
        return {"date": (int(match["iso"]) if match["iso"] else None, int(match["m"]),
                         int(match["d"]))}  # fmt: skip
    day = (_number(match["month"]), _number(match["day"]))
    if match["nextyear"]:
        return {"date": (None, *day), "year": int(match["nextyear"] not in ("今年", "本年"))}
    year = match["year"] and (1 if match["year"] == "元" else _number(match["year"]))
    return {"date": (year + _REIWA if year and match["era"] else year or None, *day)}


def _third(month: int, third: str) -> Parts:
    day = {"上旬": 10, "中旬": 20}.get(third)
    return {"date": (None, month, day)} if day else {"date": (None, month, 0)}


def _clock(match: re.Match[str]) -> Parts:
    if match["noon"]:
        return {"minute": NOON}
    hour, part = _number(match["hour"]), match["part"]
    past = match["minute"] or match["colon"]
    minutes = 30 if match["thirty"] else _number(past) if past else 0
    if hour > 24 or minutes > 59:
        raise ValueError(f"{hour}:{minutes} is no time of day")
    if part in ("午後", "夕方", "夜", "晩", "お昼") and hour < (6 if part == "お昼" else 12):
        hour += 12
    return {"minute": hour * 60 + minutes}


def _until(word: str) -> int:
    return next(minute for part, minute in _UNTIL.items() if word.startswith(part))


_DIGITS = {digit: value for value, digit in enumerate("〇一二三四五六七八九")}


def _number(text: str) -> int:
    """A number in digits of any width, or in kanji: 二十四, 十五, 二〇二六."""
    if text.isdecimal():
        return int(text)
    if "十" not in text:
        return int("".join(str(_DIGITS[digit]) for digit in text))
    tens, _, ones = text.partition("十")
    return (_number(tens) if tens else 1) * 10 + (_number(ones) if ones else 0)
