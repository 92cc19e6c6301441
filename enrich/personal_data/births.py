"""Dates of birth: dates that the text calls so, in the Western and in the Japanese calendar."""

from __future__ import annotations

import re

from enrich.personal_data.rules import LABELLED, Rule, Type, cased, value

_KANJI = "一二三四五六七八九十"
_ERA = rf"(?:明治|大正|昭和|平成|令和|[MTSHR])[ .]?(?:元|[0-9]{{1,2}}|[{_KANJI}]{{1,4}})"
_YEAR = rf"(?:{_ERA}|(?:19|20)[0-9]{{2}}|[一二][〇零{_KANJI}]{{3}})"
_SMALL = rf"(?:[0-9]{{1,2}}|[{_KANJI}]{{1,3}})"
_DAY = rf"{_SMALL}[ ]?月[ ]?{_SMALL}[ ]?日"
_DATE = (
    rf"(?:{_YEAR}[ ]?年(?:\([^)\n]{{1,10}}\))?[ ]?{_DAY}"
    rf"|{_YEAR}[ ]?[-/.][ ]?[0-9]{{1,2}}[ ]?[-/.][ ]?[0-9]{{1,2}}(?![0-9])"
    r"|(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])(?![0-9]))"
)
_MONTH = (
    "(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?"
    "|Sep(?:t(?:ember)?)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)"
)
_NTH = r"[0-9]{1,2}(?:st|nd|rd|th)?"
_ENGLISH_DATE = (
    rf"(?:{_MONTH}\.? {_NTH}(?:,? [0-9]{{4}})?(?![0-9])"
    rf"|{_NTH}(?: of)?[ -]{_MONTH}(?:\.?,?[ -][0-9]{{4}})?"
    r"|[0-9]{1,2}[-/.][0-9]{1,2}[-/.](?:[0-9]{4}|[0-9]{2})(?![0-9]))"
)
_BORN = (
    "生年月日欄?|誕生日|出生日|生まれ(?=は|が)|"
    + cased("date of birth|birth date|birthdate|birthday|born on|born|dob")
    + r"|D\.O\.B\.|d\.o\.b\."
)
_IS = (
    r"[ \t]{0,3}(?:\([^)\n]{1,10}\))?[ \t]{0,3}(?:は|が|を|も|:|=|-|,|is|was|as|on"
    r"|in)?[ \t、\n]{0,3}(?:西暦)?[「(\"]?"
)

RULES = (
    Rule(
        "birth-labelled",
        Type.BIRTH_DATE,
        LABELLED,
        re.compile(rf"(?:{_BORN}){_IS}(?P<v>{_DATE}|{_ENGLISH_DATE}|{_DAY})"),
        value,
        ("生年月日", "誕生日", "出生", "生まれ", "birth", "dob", "d.o.b", "born"),
    ),
    Rule(
        "birth-after",
        Type.BIRTH_DATE,
        LABELLED,
        re.compile(
            rf"(?P<v>{_DATE}|{_DAY})[ ]?(?:\([^)\n]{{1,8}}\))?[ ]?(?:に|のお?|がお?)?[ ]?"
            r"(?:生まれ|誕生日|生れ|うまれ|産まれ|生(?![\u4e00-\u9fff]))"
        ),
        value,
        ("生", "うまれ", "産まれ"),
        re.compile(r"[日0-9)][ ]?(?:に|のお?|がお?)?[ ]?[生う産誕]"),
    ),
)
"""Rules for dates of birth."""
