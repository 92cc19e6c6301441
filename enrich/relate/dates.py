"""Days and times of day in a customer's text, in Japanese and English, however they are written.

All patterns are bounded. Texts are those of `enrich.numbers.upper`: NFKC, in upper case.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

_CUSTOMERS = ZoneInfo("Asia/Tokyo")
"""Where 昨日 begins, unless the time of the message names a zone of its own."""

_ERAS = {"令和": 2018, "平成": 1988, "R": 2018, "H": 1988}
"""The year before the first of each era."""

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_MONTH = f"(?:{'|'.join(_MONTHS)})[A-Z]{{0,6}}"
_WEEKDAYS_JA = "月火水木金土日"
_WEEKDAYS_EN = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
_IN_BRACKETS = rf"(?:\s?[(][{_WEEKDAYS_JA}](?:曜日?)?[・祝]{{0,2}}[)])?"
_DAY = r"(?:[12]\d|3[01]|0?[1-9])"
_ABSOLUTE = re.compile(
    rf"(?<![A-Z0-9])(?P<era>令和|平成|[RH])\s?(?P<era_year>\d{{1,2}}|元)(?:年\s?|[./])"
    rf"(?P<era_month>1[0-2]|0?[1-9])(?:月\s?|[./])(?P<era_day>{_DAY})(?!\d)日?{_IN_BRACKETS}"
    rf"|(?<![A-Z0-9-])(?:(?P<year>(?:19|20)\d\d)(?:年\s?|[./-]))(?P<full_month>1[0-2]|0?[1-9])"
    rf"(?:月\s?|[./-])(?P<full_day>{_DAY})(?![\dA-Z]|[./-]\d)日?{_IN_BRACKETS}"
    rf"|(?<![A-Z0-9/.-])(?P<month>1[0-2]|0?[1-9])(?:月の?\s?|/)(?P<day>{_DAY})(?![\dA-Z]|[/.-]\d)"
    rf"日?{_IN_BRACKETS}"
    rf"|(?<![A-Z0-9])(?P<day_uk>{_DAY})(?:ST|ND|RD|TH)?(?: OF)? (?P<month_uk>{_MONTH})\.?"
    r"(?:,? (?P<year_uk>20\d\d))?(?![A-Z])"
    rf"|(?<![A-Z])(?P<month_us>{_MONTH})\.? (?P<day_us>{_DAY})(?:ST|ND|RD|TH)?"
    r"(?:,? (?P<year_us>20\d\d))?(?![A-Z0-9])"
)
_MONTH_ALONE = re.compile(
    r"(?<![\dA-Z/.-])(?P<month>1[0-2]|0?[1-9])月(?:分|号|度)?(?!\s?の?\d)"
    r"|\b(?P<name>JANUARY|FEBRUARY|APRIL|JUNE|JULY|AUGUST|SEPTEMBER|OCTOBER|NOVEMBER|DECEMBER)\b"
)
_BACK = {
    "昨日": 1, "昨夜": 1, "昨晩": 1, "ゆうべ": 1, "前日": 1, "一昨日": 2, "おととい": 2,
    "本日": 0, "今日": 0, "今朝": 0, "今夜": 0, "今晩": 0, "先ほど": 0, "YESTERDAY": 1,
    "LAST NIGHT": 1, "TODAY": 0, "THIS MORNING": 0, "TONIGHT": 0, "THIS EVENING": 0,
    "THE DAY BEFORE YESTERDAY": 2,
}  # fmt: skip
_RELATIVE = re.compile(
    rf"(?P<week>先々週|先週|今週|前週|LAST|THIS|ON)(?:の|\s)?\s?"
    rf"(?:(?P<weekday>[{_WEEKDAYS_JA}])曜|(?P<weekday_en>{'|'.join(_WEEKDAYS_EN)})[A-Z]{{0,6}}\b)"
    rf"|(?<![{_WEEKDAYS_JA}0-9])(?P<bare>[{_WEEKDAYS_JA}])曜"
    r"|(?<!\d)(?P<ago>\d{1,2})(?:日前| DAYS? AGO)"
    r"|(?P<in_month>先月|今月|同月)の?\s?(?P<in_day>[12]\d|3[01]|0?[1-9])日"
    r"|(?<![\d月年第/.])(?P<only>[12]\d|3[01]|0?[1-9])日(?=に|の|まで|から|でし|は|付|着|発|分|朝|夜|昼|午|以降|[、。,)\s]|$)"
    rf"|(?P<word>{'|'.join(sorted(map(re.escape, _BACK), key=len, reverse=True))})"
)
_TIME = re.compile(
    r"(?<![\d:.])(?P<hour>[01]?\d|2[0-4])(?:時(?!間)(?:(?P<half>半)|\s?(?P<minute>[0-5]?\d)分)?"
    r"|:(?P<colon>[0-5]\d)(?::[0-5]\d)?(?![\d:])(?:\s?[AP]\.?M\b)?|\s?[AP]\.?M\b)"
)
_KANJI_DIGITS = {digit: place for place, digit in enumerate("〇一二三四五六七八九")}
_KANJI = re.compile(
    r"(?<!\d)[〇一二三四五六七八九十百千]{1,7}(?=月|日(?!本)|年(?!間)|時|円|万|千円|個|台|脚|枚|本|箱|冊|袋|名|人)"
)


@dataclass(frozen=True, slots=True)
class Day:
    """A day that a text names: its own words, and the days (year, month, day) it may mean; year or
    day 0 where the text leaves it open."""

    words: str
    options: frozenset[tuple[int, int, int]]

    def same(self, other: Day) -> bool:
        """True when the two may be one day: named by the same words, or one option in common."""
        return self.words == other.words or any(
            mine[1] == theirs[1] and _agree(mine[0], theirs[0]) and _agree(mine[2], theirs[2])
            for mine in self.options
            for theirs in other.options
        )


def _agree(one: int, other: int) -> bool:
    return one == other or not one or not other


def arabic(plain: str) -> str:
    """`plain` with the kanji numerals before a unit as digits: 十一月八日 becomes 11月8日."""
    return _KANJI.sub(lambda match: str(_value(match[0])), plain)


def days(plain: str, at: datetime) -> tuple[list[Day], str]:
    """The days that a text written at `at` names, and the text without them."""
    found = [_absolute(match) for match in _ABSOLUTE.finditer(plain)]
    rest = _ABSOLUTE.sub(" ", plain)
    found += [_month(match) for match in _MONTH_ALONE.finditer(rest)]
    written = {at.date()} if at.tzinfo not in (None, UTC) else _local(at)
    found += [day for match in _RELATIVE.finditer(rest) if (day := _relative(match, written))]
    return found, _RELATIVE.sub(" ", rest)


def times(plain: str) -> tuple[frozenset[int], str]:
    """The times of day in minutes, morning and afternoon alike (0 to 719), and the text without
    them."""
    found = set()
    for match in _TIME.finditer(plain):
        minute = 30 if match["half"] else int(match["minute"] or match["colon"] or 0)
        found.add((int(match["hour"]) * 60 + minute) % 720)
    return frozenset(found), _TIME.sub(" ", plain)


def near(one: Iterable[int], other: Iterable[int], minutes: int) -> bool:
    """True when a time of the one is within `minutes` of one of the other."""
    others = list(other)
    return any(
        min((mine - theirs) % 720, (theirs - mine) % 720) <= minutes
        for mine in one
        for theirs in others
    )


def _value(kanji: str) -> int:
    if not set(kanji) & set("十百千"):
        return int("".join(str(_KANJI_DIGITS[digit]) for digit in kanji))
    total = digit = 0
    for character in kanji:
        if character in _KANJI_DIGITS:
            digit = _KANJI_DIGITS[character]
        else:
            total += max(1, digit) * {"十": 10, "百": 100, "千": 1000}[character]
            digit = 0
    return total + digit


def _absolute(match: re.Match[str]) -> Day:
    name = match["month_uk"] or match["month_us"]
    if name:
        month = _MONTHS.index(name[:3]) + 1
    else:
        month = int(match["era_month"] or match["full_month"] or match["month"])
    day = next(
        match[group] for group in ("era_day", "full_day", "day", "day_uk", "day_us") if match[group]
    )
    year = int(match["year"] or match["year_uk"] or match["year_us"] or 0)
    if match["era"]:
        count = 1 if match["era_year"] == "元" else int(match["era_year"])
        year = _ERAS[match["era"]] + count
    option = (year, month, int(day))
    return Day(f"{option[1]}/{option[2]}", frozenset({option}))


def _month(match: re.Match[str]) -> Day:
    name = match["name"]
    month = _MONTHS.index(name[:3]) + 1 if name else int(match["month"])
    return Day(f"{month}/", frozenset({(0, month, 0)}))


def _local(at: datetime) -> set[date]:
    try:
        return {at.date(), at.astimezone(_CUSTOMERS).date()}
    except OverflowError:
        return {at.date()}


def _relative(match: re.Match[str], written: set[date]) -> Day | None:
    try:
        options = {option for today in written for option in _options(match, today)}
    except OverflowError:
        # At either end of the calendar there is no day before or after.
        return None
    if not options:
        return None
    return Day(match[0].replace(" ", ""), frozenset((d.year, d.month, d.day) for d in options))


def _options(match: re.Match[str], today: date) -> Iterator[date]:
    if match["word"]:
        yield today - timedelta(days=_BACK[match["word"]])
    elif match["ago"]:
        yield today - timedelta(days=int(match["ago"]))
    elif match["in_day"] or match["only"]:
        yield from _of_month(match, today)
    else:
        yield from _of_week(match, today)


def _of_month(match: re.Match[str], today: date) -> Iterator[date]:
    day = int(match["in_day"] or match["only"])
    last = today.replace(day=1) - timedelta(days=1)
    following = (today.replace(day=28) + timedelta(days=7)).replace(day=1)
    months = {"先月": [last], "今月": [today]}.get(
        match["in_month"] or "", [last, today, following]
    )
    for month in months:
        try:
            yield month.replace(day=day)
        except ValueError:
            continue


def _of_week(match: re.Match[str], today: date) -> Iterator[date]:
    """The weekday in the week that is named and the nearest ones: few mean the calendar's."""
    if match["weekday_en"]:
        weekday = _WEEKDAYS_EN.index(match["weekday_en"])
    else:
        weekday = _WEEKDAYS_JA.index(match["weekday"] or match["bare"])
    latest = today - timedelta(days=(today.weekday() - weekday) % 7)
    yield latest
    if match["week"] == "先々週":
        yield latest - timedelta(days=14)
    if match["week"] not in ("今週", "THIS"):
        yield latest - timedelta(days=7)
    if match["week"] not in ("先週", "先々週", "前週", "LAST"):
        yield latest + timedelta(days=7)
