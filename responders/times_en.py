"""How English names a time that something is promised for."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from responders.times_moment import Clock

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_COUNTS = {word: number for number, word in enumerate(_WORDS)} | {"a": 1, "an": 1, "twelve": 12}
_NUMBER = rf"(?:[0-9]{{1,3}}|an?|{'|'.join(_WORDS[1:])}|twelve)"
_WEEKDAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b(?:\.(?=,? ?[0-9]))?"
)
_CLOCK = (
    r"(?:(?P<@hour>[0-9]{1,2})(?:[:.](?P<@minute>[0-5][0-9]))?[ \n]?(?P<@half>[ap])(?:\.m\.|m\b)"
    r"|(?P<@hour24>[0-9]{1,2}):(?P<@minute24>[0-5][0-9])(?![0-9:])|(?P<@word>noon|midday|midnight))"
)
_ZONE = r"(?:[ \n]\([A-Z+0-9:-]{2,8}\)|[ \n](?:JST|UTC|GMT|CET|CEST|[ECMP][SD]T)\b)?"
_S = r"[ \n]{1,3}"
_DATE = (
    rf"(?:(?:(?:next|this|on|the){_S}){{0,2}}(?:{_WEEKDAY},?{_S}(?:the{_S})?)?"
    rf"(?:(?P<@dom>[0-9]{{1,2}})(?:st|nd|rd|th)?{_S}(?:of{_S})?(?P<@month>{_MONTH})"
    rf"|(?P<@month2>{_MONTH}){_S}(?P<@dom2>[0-9]{{1,2}})(?:st|nd|rd|th)?(?![0-9:]))"
    rf"(?:,?{_S}(?P<@year>20[0-9]{{2}}))?"
    rf"|(?P<@iso>20[0-9]{{2}}-[01][0-9]-[0-3][0-9])"
    rf"|(?P<@near>today|tonight|(?:the{_S})?day{_S}after{_S}tomorrow|tomorrow)(?:,{_S}{_WEEKDAY})?"
    rf"|(?:the{_S})?(?P<@business>(?:next|following){_S}(?:business|working){_S}day)"
    rf"|(?:(?P<@which>next|this|on|coming){_S})?(?P<@weekday>{_WEEKDAY})(?:{_S}(?P<@whichweek>next|this){_S}week)?)"
)


def _of(part: str, name: str) -> str:
    """A part of the grammar with the names of its groups put apart by `name`."""
    return part.replace("@", name)


_END = rf"(?:the{_S})?(?:end|close){_S}of{_S}"
_ON = rf"{_S}(?:on{_S})?"
_LEAD = (
    rf"(?P<lead>(?:(?:by|before|until|till|within|in|at|on|no{_S}later{_S}than|not{_S}later{_S}than"
    rf"|around|about|between|from){_S}){{0,2}})"
)
_SPAN = (
    rf"(?:the{_S}next{_S}|the{_S}|next{_S})?(?P<count>{_NUMBER}){_S}"
    rf"(?P<kind>business{_S}|working{_S})?(?P<unit>minute|hour|day|week|month)s?\b"
)
_PERIOD = (
    rf"{_END}(?:(?P<period>this|the|next){_S}(?P<of>week|month)"
    rf"|(?:(?:the|this|business|working){_S}){{0,2}}(?P<eod>day|business)\b"
    rf"(?:{_ON}{_of(_DATE, 'e')})?|{_of(_DATE, 'f')})"
    rf"|(?P<cob>COB|EOD)\b(?:{_ON}{_of(_DATE, 'g')})?"
    rf"|(?P<within>the{_S}(?:hour|day))\b"
    rf"|(?P<bare>(?:early{_S}|later{_S})?(?:this|next){_S}week)\b"
)
_CLOCK_FIRST = (
    rf"(?:{_of(_CLOCK, 'x')}{_S}(?:and|to|until){_S})?{_of(_CLOCK, '')}{_ZONE}"
    rf"(?:,?{_ON}{_of(_DATE, 'a')})?"
)
_DAY_FIRST = (
    rf"{_of(_DATE, 'b')}(?:,?{_S}(?:(?:at|by|before|around|about){_S}){{0,2}}"
    rf"(?:{_of(_CLOCK, 'y')}|(?P<part>morning|afternoon|evening)\b))?"
)
TIME = re.compile(
    rf"\b{_LEAD}(?:{_SPAN}|{_PERIOD}|{_CLOCK_FIRST}|{_DAY_FIRST}){_ZONE}", re.IGNORECASE
)
"""One time with all that belongs to it."""

STOP = re.compile(
    r"(?<![ap]\.m)(?<![ap]m)[.](?=\s|$)|\.(?=\s{1,3}[A-Z])|[!?]|\n[ \t]{0,8}(?:\n|[-*•])"
)
LEADS = False
"""Whether a time always stands before what is done by it."""
PROGRESS = re.compile(
    r"\b(?:progress|updates?|status|how far|where (?:things|we) stand|interim)\b", re.IGNORECASE
)
_DEADLINE = re.compile(r"^(?:by|before|until|till|within|in|no later|not later)\b", re.IGNORECASE)
PREDICATE = re.compile(
    r"(?P<ours>\b(?:we|I|our (?:team|colleagues|manager|staff)|someone|somebody|a colleague|you)"
    r"(?:'ll|’ll| will| shall| are going to| am going to| aim to| expect to| plan to"
    r"| intend to| promise to| should(?= (?:hear|receive|get)))(?! (?:need|have) to\b)"
    r"|\bwill be (?:sent|refunded|shipped|dispatched|delivered|posted|made|ready|credited)\b)"
    r"|(?P<request>\bplease\b|\b(?:could|can|would|will|do) you\b|\bif you\b|\blet us know\b"
    r"|\byou (?:must|need to|can|may|have to)\b|\byour? (?:reply|answer|response)\b)"
    r"|(?P<story>\byou(?:'ve|’ve| have| had)? (?:[a-z]{2,12}ed|bought|wrote|sent|told|paid|got|made"
    r"|spoke|said)\b|\byour (?:order|purchase|message|letter|e-?mail|visit|call|complaint)\b"
    r"|\b(?:placed|purchased|ordered|bought|delivered|dated) (?:on|it)\b|\bwas\b|\bwere\b)",
    re.IGNORECASE,
)
_PARTS = {"morning": 12 * 60, "afternoon": 18 * 60}


def ours(before: str, found: str, after: str) -> bool:
    """Whether the sentence promises something of ours for the time `found`. English says what is
    done before it says when: the predicate before it tells, else the first one after it; what the
    customer did does not count where the time is a deadline."""
    deadline = bool(_DEADLINE.match(found.strip()))
    near = [*reversed(list(PREDICATE.finditer(before))), *PREDICATE.finditer(after)]
    for match in near:
        if match["story"] and deadline:
            continue
        return bool(match["ours"])
    return False


def moment(match: re.Match[str], clock: Clock) -> datetime | None:
    """The latest moment that a time allows; None where it is none, such as a number of days that
    no `within` or `in` makes a deadline. Raises ValueError for what does not exist."""
    lead = match["lead"].lower().split()
    if match["unit"]:
        return _span(match, clock) if lead and lead[-1] in ("within", "in") else None
    if match["within"]:
        if lead[-1:] != ["within"]:
            return None
        return clock.now + timedelta(hours=1 if match["within"].lower().endswith("hour") else 24)
    if match["of"]:
        week = int(match["period"].lower() == "next")
        return (
            clock.end_of_week(week) if match["of"].lower() == "week" else clock.end_of_month(week)
        )
    if match["bare"]:
        words = match["bare"].lower().split()
        if words[0] == "early" and words[-2] == "next":
            return clock.start_of_week(1)
        return clock.end_of_week(int(words[-2] == "next"))
    if match["eod"] or match["cob"]:
        return _closing(match, clock, "e" if match["eod"] else "g")
    for of in ("f", "b"):
        if _names_day(match, of):
            minute = _minute(match, "y") if of == "b" else None
            part = (match["part"] or "").lower()
            return _on(match, of, clock, minute if minute is not None else _PARTS.get(part))
    minute = _minute(match, "")
    assert minute is not None
    return _on(match, "a", clock, minute) if _names_day(match, "a") else clock.clock(minute)


def _closing(match: re.Match[str], clock: Clock, of: str) -> datetime:
    """The end of business on a day: its closing time where it is open."""
    end = _on(match, of, clock, None) if _names_day(match, of) else clock.at(clock.today)
    if (match["eod"] or "").lower() == "day" and "business" not in match[0].lower():
        return end
    return clock.calendar.closing(end - timedelta(hours=12)) or end


def _names_day(match: re.Match[str], of: str) -> bool:
    names = ("dom", "dom2", "iso", "near", "business", "weekday")
    return any(match[f"{of}{name}"] for name in names)


def _on(match: re.Match[str], of: str, clock: Clock, minute: int | None) -> datetime:
    if match[f"{of}business"]:
        return clock.business_days(1, minute)
    if near := match[f"{of}near"]:
        words = near.lower().split()
        days = 2 if "after" in words else int("tomorrow" in words)
        return clock.at(clock.today + timedelta(days=days), minute)
    if match[f"{of}iso"]:
        return clock.at(date.fromisoformat(match[f"{of}iso"]), minute)
    if weekday := match[f"{of}weekday"]:
        which = (match[f"{of}whichweek"] or match[f"{of}which"] or "").lower()
        week = {"this": 0, "next": 1}.get(which)
        return clock.weekday(_WEEKDAYS.index(weekday[:3].lower()), week, minute)
    month = (match[f"{of}month"] or match[f"{of}month2"])[:3].lower()
    year = int(match[f"{of}year"]) if match[f"{of}year"] else None
    day = int(match[f"{of}dom"] or match[f"{of}dom2"])
    return clock.at(clock.calendar_day(year, _MONTHS.index(month) + 1, day), minute)


def _span(match: re.Match[str], clock: Clock) -> datetime:
    text, unit = match["count"].lower(), match["unit"].lower()
    count = int(text) if text.isdecimal() else _COUNTS[text]
    if match["kind"]:
        return clock.business_days(count * (5 if unit == "week" else 1))
    if unit in ("minute", "hour"):
        return clock.now + timedelta(minutes=count * (60 if unit == "hour" else 1))
    if unit == "month":
        return clock.months(count)
    return clock.days(count * (7 if unit == "week" else 1))


def _minute(match: re.Match[str], of: str) -> int | None:
    if word := match[f"{of}word"]:
        return 24 * 60 if word.lower() == "midnight" else 12 * 60
    if match[f"{of}hour24"]:
        return int(match[f"{of}hour24"]) * 60 + int(match[f"{of}minute24"])
    if not match[f"{of}hour"]:
        return None
    hour = int(match[f"{of}hour"])
    if not 1 <= hour <= 12:
        raise ValueError(f"{hour} is no hour of half a day")
    afternoon = match[f"{of}half"].lower() == "p"
    return (hour % 12 + 12 * afternoon) * 60 + int(match[f"{of}minute"] or 0)
