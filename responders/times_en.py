"""How English names a time, word by word."""

from __future__ import annotations

import re
from datetime import date

from responders.times_parts import DAY, EVENING, FEW, NOON, Parts, Unit

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
          "eleven", "twelve")  # fmt: skip
_LARGE = {"fourteen": 14, "fifteen": 15, "twenty-four": 24, "twenty": 20, "thirty": 30,
          "forty-five": 45, "forty-eight": 48, "forty": 40, "sixty": 60,
          "seventy-two": 72}  # fmt: skip
_VAGUE = {"a couple of": 2, "a few": FEW, "few": FEW, "several": FEW, "an": 1, "a": 1}
_COUNTS = {word: number for number, word in enumerate(_WORDS)} | _LARGE | _VAGUE
_S = r"[ \n]{1,3}"
_NUMBER = rf"(?:[0-9]{{1,3}}|(?:{'|'.join((*_VAGUE, *_LARGE, *reversed(_WORDS[1:])))})\b)"
_HOUR = rf"(?:1[0-2]|0?[1-9]|{'|'.join(reversed(_WORDS[1:]))})"
_WEEKDAY = (
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)day\b"
    r"|(?:mon|tues?|wed|thu(?:rs?)?|fri|sat|sun)\b\.?"
    r"(?=,?[ \n](?:the )?[0-9]|,?[ \n][a-z]{3,9}\.? [0-9])"
    r"|(?:(?<=by )|(?<=on )|(?<=next )|(?<=this ))(?:mon|tues?|wed|thu(?:rs?)?|fri|sat|sun)\b"
)
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b(?:\.(?=,? ?[0-9]))?"
)
_ORDINAL = r"(?:st|nd|rd|th)"
_LEAD = (
    rf"(?P<lead>(?:(?:by|before|until|till|within|inside|in|at|on|of|over|for|no{_S}later{_S}than"
    rf"|not{_S}later{_S}than|around|about(?!{_S}(?:by|before|on|until|within|in|no)\b)"
    rf"|approximately|between|from|after|since|just|early|late|later"
    rf"|first{_S}thing|the|then|(?:allow|give){_S}(?:us|me)|up{_S}to|at{_S}most|under"
    rf"|course{_S}of|(?:end|close){_S}of(?={_S}(?:today|tomorrow|[a-z]{{3,6}}day\b|[0-9]"
    rf"|{_MONTH}{_S}[0-9]))"
    rf"|(?:need|take|takes|require|needs|taking)(?:{_S}us)?"
    rf"|no{_S}more{_S}than|beyond|longer{_S}than){_S}){{0,4}})"
)
_CLOCK = (
    rf"(?:{_HOUR}[ \n]{{0,3}}(?:and|to|until|-)[ \n]{{0,3}})?(?P<hour>[0-9]{{1,2}})"
    r"(?:[:.](?P<minute>[0-5][0-9]))?[ \n]?(?P<half>[ap])(?:\.m\.|\.?m\b)"
    r"|(?P<hour24>[0-2]?[0-9])[:h](?P<minute24>[0-5][0-9])(?![0-9:])(?:[ \n]?(?:hrs|hours|h)\b)?"
    r"|(?P<word>noon|midday|midnight|lunch(?:time)?)\b"
    rf"|(?P<past>half|quarter|[0-9]{{1,2}}|five|ten|twenty){_S}(?P<side>past"
    rf"|to){_S}(?P<pasthour>{_HOUR})\b"
    rf"|(?P<oclock>{_HOUR})(?:{_S}o'?clock\b"
    rf"|(?=,?{_S}(?:this|in{_S}the|tomorrow|today|tonight|on{_S}[a-z]{{3,6}}day)\b))"
)
_DATE = (
    rf"(?:(?P<dom>[0-9]{{1,2}}){_ORDINAL}?{_S}(?:of{_S})?(?P<month>{_MONTH})"
    rf"|(?P<month2>{_MONTH}){_S}(?:the{_S})?(?P<dom2>[0-9]{{1,2}}){_ORDINAL}?(?![0-9:]))"
    rf"(?:,?{_S}(?P<year>20[0-9]{{2}}))?"
    r"|(?P<iso>20[0-9]{2}-[01][0-9]-[0-3][0-9])"
    r"|(?P<d>[0-3]?[0-9])[/.](?P<m>[0-1]?[0-9])[/.](?P<y>20[0-9]{2})"
    rf"|(?P<only>[0-9]{{1,2}}){_ORDINAL}\b"
    rf"|(?P<feast>new{_S}year's{_S}(?:eve|day)|christmas(?:{_S}(?:eve|day))?|new{_S}year(?!['’]))\b"
)
_NEAR = (
    rf"(?P<near>today|tonight|yesterday|day{_S}after{_S}tomorrow|tomorrow"
    rf"|this(?={_S}(?:morning|afternoon|evening|lunch)))\b"
)
_EDGE = rf"(?:end{_S}of{_S})"
_EDGES = rf"(?P<edge>(?:end|close|start|beginning|middle|course){_S}of{_S}|mid[- ])"
_PERIOD = (
    rf"{_EDGE}(?P<ofmonth>{_MONTH})(?!{_S}[0-9])"
    rf"|(?:{_EDGES})?(?:the{_S})?(?P<which>this|next|following|coming|the)?[ \n]{{0,3}}\b"
    rf"(?P<period>day(?=(?:{_S}is)?{_S}(?:out|over|ends))|week(?!end)|month|year)\b"
    rf"(?P<out>(?:{_S}is)?{_S}(?:out|over|ends))?|(?P<weekend>weekend)"
)
_ZONE = (
    r"\(?(?:(?:japan(?:ese)?|tokyo|local|our)(?: standard)? time|JST|UTC|GMT|CEST?|[ECMP][SD]T)"
    r"\b\)?"
)
_CLOSING = (
    rf"(?P<closing>(?:(?:end|close){_S}of{_S}(?:play|trading"
    rf"|(?:(?:the|this|our){_S})?(?:business|working|office)(?:{_S}(?:day|hours))?)"
    rf"|closing{_S}time|cob|eod)\b)|(?P<eoday>(?:end|close){_S}of{_S}(?:the{_S})?day)\b"
)
PART = re.compile(
    rf"(?<![a-z0-9]){_LEAD}(?:"
    rf"(?P<nextone>(?:(?<=in the )|(?<=within the ))next{_S})?(?P<within>(?:hour|day|week"
    rf"|month)\b)(?!{_S}(?:is{_S})?(?:out|over|ends))"
    rf"|(?:(?:the{_S})?next{_S}|the{_S})?(?:{_NUMBER}{_S}(?:to|or){_S}|[0-9]{{1,3}}-)?"
    rf"(?P<count>{_NUMBER}|half{_S}an?)[ \n-]{{0,3}}(?:\([0-9]{{1,3}}\){_S})?"
    rf"(?:full{_S}|more{_S}|short{_S})?"
    rf"(?P<kind>(?:business|working){_S})?(?P<unit>minute|min|hour|hr|h|day|week|fortnight"
    rf"|month)s?'?\b"
    rf"(?:{_S}time\b)?(?P<from>{_S}from{_S}(?:now|today))?"
    rf"|{_CLOSING}|(?P<business>(?:next|following){_S}(?:business|working){_S}day)\b"
    rf"|{_CLOCK}|{_DATE}|{_NEAR}|(?:(?P<next>next|this|coming"
    rf"|following){_S})?(?P<weekday>{_WEEKDAY})"
    rf"|{_PERIOD}|(?P<part>morning|afternoon|evening|night|noon)\b|(?P<zone>{_ZONE})"
    rf"|{_HOUR}{_S}(?:and|to){_S}(?P<between>{_HOUR})\b(?!{_S}[a-z])"
    rf"|(?P<bare>{_HOUR})(?<!one by one)(?<!two by two)(?=[ \n]{{0,3}}(?:[,;.!(]|$|(?:you|we|I"
    rf"|our|and|or|at)\b))"
    r")",
    re.IGNORECASE,
)
"""One part of a time with the prepositions before it."""
GLUE = re.compile(r"(?: sharp| prompt)?,?[ \n]{0,3}\(?")
"""What stands between two parts of one time."""
RANGE = re.compile(r"[ \n]{1,3}(?:to|until|till|and)[ \n]{1,3}|[ \n]?[-–][ \n]?")
"""What stands between the two ends of a range."""
TAIL = re.compile(r"\)?")
_ENDS = {"morning": NOON, "afternoon": EVENING, "lunch": NOON, "noon": NOON}
_HOURS_OF = {"hour": 1, "day": 24, "week": 7 * 24, "month": 31 * 24}
_LIMITS = {"within", "in", "inside", "allow", "give", "need", "needs", "take", "takes", "taking",
           "require", "under", "most", "than"}  # fmt: skip
"""Words that make a number of days a deadline."""


def parts(match: re.Match[str]) -> Parts | None:
    """What a `PART` tells; None where it tells nothing alone, such as a number of days that no
    `within` or `in` makes a deadline. Raises ValueError for what does not exist."""
    lead = match["lead"].lower().split()
    if match["zone"]:
        return {}
    if match["unit"]:
        return _span(match) if match["from"] or _LIMITS & {*lead} else None
    if match["within"]:
        limited = match["nextone"] or {"within", "inside"} & {*lead}
        return {"span": (_HOURS_OF[match["within"].lower()], "hour")} if limited else None
    if match["closing"]:
        return {"closing": True}
    if match["eoday"]:
        return {"until": DAY}
    if match["business"]:
        return {"business": 1}
    if match["weekday"]:
        return _weekday(match)
    if match["part"]:
        return {"until": _ENDS.get(match["part"].lower(), DAY)}
    if match["near"]:
        return _near(match["near"].lower(), lead)
    if match["ofmonth"]:
        return {"date": (None, _MONTHS.index(match["ofmonth"][:3].lower()) + 1, 0)}
    if match["period"] or match["weekend"]:
        return _period(match, lead)
    if hour := match["bare"] or match["between"]:
        return _bare(hour, lead)
    clock = _clock(match)
    return clock or _date(match, lead)


def _span(match: re.Match[str]) -> Parts:
    text, unit = " ".join(match["count"].lower().split()), match["unit"].lower()
    if text.startswith("half"):
        return {"span": (30, "minute") if unit in ("hour", "hr", "h") else (12, "hour")}
    count = int(text) if text.isdecimal() else _COUNTS[text]
    if match["kind"]:
        return {"span": (count * (5 if unit == "week" else 1), "business")}
    units: dict[str, Unit] = {"min": "minute", "minute": "minute", "hr": "hour", "h": "hour",
                              "hour": "hour", "day": "day", "week": "week",
                              "month": "month"}  # fmt: skip
    if unit == "fortnight":
        return {"span": (2 * count, "week")}
    return {"span": (count, units[unit])}


def _weekday(match: re.Match[str]) -> Parts:
    told: Parts = {"weekday": _WEEKDAYS.index(match["weekday"][:3].lower())}
    which = (match["next"] or "").lower()
    if which in ("this", "next"):
        told["week"] = int(which == "next")
    return told


def _near(word: str, lead: list[str]) -> Parts:
    days = 2 if "after" in word else ("tomorrow" in word) - ("yesterday" in word)
    told: Parts = {"near": days}
    if "thing" in lead:
        told["until"] = NOON
    elif word == "tonight":
        told["until"] = DAY
    return told


def _period(match: re.Match[str], lead: list[str]) -> Parts | None:
    edge = (match["edge"] or "").lower().split()
    if match["weekend"]:
        # "before the weekend", "by the weekend": its last open day.
        return {"week": 0, "edge": "end"} if {"before", "by", "over", "at"} & {*lead} else None
    name, which = match["period"].lower(), (match["which"] or "").lower()
    if which in ("", "the") and not edge and not match["out"]:
        return None
    if name == "day":
        return {"near": 0}
    start = "early" in lead or edge[:1] in (["start"], ["beginning"])
    count = int(which in ("next", "following", "coming"))
    told: Parts = {"edge": "start" if start else "end"}
    if name == "week":
        return told | {"week": count}
    return told | ({"month": count} if name == "month" else {"year": count})


def _bare(word: str, lead: list[str]) -> Parts | None:
    """An hour without anything beside it: "by six", "at 5"."""
    if lead[-1:] not in (
        ["by"],
        ["at"],
        ["before"],
        ["until"],
        ["till"],
        ["than"],
        ["between"],
        ["from"],
    ):
        return None
    if lead[-1] == "at" and word.lower() == "one":
        return None
    return {"minute": _hour(word) * 60, "bare": True}


def _hour(word: str) -> int:
    return int(word) if word.isdecimal() else _COUNTS[word.lower()]


def _date(match: re.Match[str], lead: list[str]) -> Parts | None:
    if feast := match["feast"]:
        if feast.lower().endswith("year"):
            until = {"by", "before", "until", "till"} & {*lead}
            return {"date": (None, 1, 1), "until": 0} if until else None
        last = feast.lower().split()[-1]
        if feast.lower().startswith("new"):
            return {"date": (None, 12, 31) if last == "eve" else (None, 1, 1)}
        return {"date": (None, 12, 24 if last == "eve" else 25)}
    if match["only"]:
        told = {"by", "on", "before", "the", "until"} & {*lead}
        return {"date": (None, None, int(match["only"]))} if told else None
    if match["iso"]:
        day = date.fromisoformat(match["iso"])
        return {"date": (day.year, day.month, day.day)}
    if match["d"]:
        first, second = int(match["d"]), int(match["m"])
        return {"date": (int(match["y"]), second, first)}
    month = (match["month"] or match["month2"])[:3].lower()
    year = int(match["year"]) if match["year"] else None
    return {"date": (year, _MONTHS.index(month) + 1, int(match["dom"] or match["dom2"]))}


def _clock(match: re.Match[str]) -> Parts | None:
    if word := match["word"]:
        return {"minute": DAY if word.lower() == "midnight" else NOON}
    if match["hour24"]:
        return {"minute": int(match["hour24"]) * 60 + int(match["minute24"])}
    if match["pasthour"]:
        past = {"half": 30, "quarter": 15}.get(match["past"].lower()) or _hour(match["past"])
        sign = -1 if match["side"].lower() == "to" else 1
        return {"minute": _hour(match["pasthour"]) * 60 + sign * past, "bare": True}
    if match["oclock"]:
        return {"minute": _hour(match["oclock"]) * 60, "bare": True}
    if not match["hour"]:
        return None
    hour = int(match["hour"])
    if not 1 <= hour <= 12:
        raise ValueError(f"{hour} is no hour of half a day")
    afternoon = match["half"].lower() == "p"
    return {"minute": (hour % 12 + 12 * afternoon) * 60 + int(match["minute"] or 0)}
