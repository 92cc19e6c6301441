"""Names in Latin letters, told by the words before them: no model of English comes along."""

from __future__ import annotations

import re

from enrich.personal_data.rules import CHECKED, FORMED, LABELLED, Rule, Type, cased

_FIRST = "[A-ZÀ-ÖØ-Þ]"
_WORD = rf"{_FIRST}[A-Za-zÀ-ÖØ-öø-ÿ'’-]{{1,20}}"
_NAME = (
    rf"(?:{_FIRST}\. ?){{0,2}}{_WORD}\.?(?: {_FIRST}\.?(?= ))?(?: (?:(?:de|van|von|da|bin|der"
    rf"|la) ){{0,2}}{_WORD}){{0,3}}"
)
_CAPITALISED = re.compile(rf"[a-z.:=][ ,.:=\n\r\t-]{{1,8}}{_FIRST}[a-zà-ÿ'’A-Z]")
"""What any of these rules needs: a capitalised word behind another word or a label."""

# Capitalised words that stand where a name may, and are nobody's.
_NOBODY = re.compile(
    r"(?:Sir|Madam|Ma'?am|Customers?|Clients?|Team|Support|Services?|Manager|Management|All|Everyone"
    r"|Staff|Help|Desk|Care|Company|Stores?|Shop|Sales|Office|Department|Friends?|Colleagues?|Owner"
    r"|The|My|Your|Our|It|This|That|These|Those|We|They|He|She|You|I|Please|Thanks?|Regards|Best|Kind"
    r"|Sincerely|Yours|Cheers|Order|Hello|Hi|Hey|Dear|Not|No|Yes|If|And|But|So|To|From|On|In|At|For"
    r"|As|Is|Are|Was|January|February|March|April|May|June|July|August|September|October|November"
    r"|December|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|Amazon|Google|Apple|Japan"
    r"|Japanese|English|British|American|Whom|Someone|Somebody|Anyone|Nobody|Sent|Reviews?|Admin"
    r"|Webmaster|Inc|Ltd|LLC|Corp|Co|Limited|Very|Really|Still|Just|Also|Now|Writing|Looking|Having"
    r"|Being|When|What|Why|How|Who|Where|Unfortunately|However|Phone|Tel|Email|Mobile|Address|Date"
    r"|Subject|Hotline|Hotel|Bank|Press|Editor|Complaints?|Relations|Representative|Agent|Refunds?)$"
)

_ROLE = cased(
    "agent|representative|rep|employee|clerk|cashier|driver|courier|colleague|manager|supervisor"
    "|assistant|wife|husband|partner|son|daughter|friend|doctor|nurse|technician|engineer|waiter"
    "|waitress|receptionist|mother|father|brother|sister|neighbour|neighbor|landlord|tenant|payee"
)
_MONTH = "January|February|March|April|May|June|July|August|September|October|November|December"
_LABEL = re.compile(
    r"(?<![A-Za-z])(?:(?:full |first |last |family |given |customer |contact |account )?name"
    r"|account holder|card ?holder|passenger|guest|patient|recipient|attn\.?|attention|signed"
    r"|from|contact(?: person)?|名前|氏名)[ \t]{0,2}$",
    re.IGNORECASE,
)
_LABEL_LENGTH = 32

# "Product name: Kettle" names no person.
_THING = re.compile(
    r"(?:product|item|file|company|brand|model|user|store|shop|business|project|event|street|domain"
    r"|bank|hotel|app|display|screen|host|ship|school|pet|dog|cat)[ _-]?$",
    re.IGNORECASE,
)


def _name(match: re.Match[str]) -> tuple[int, int] | None:
    """The name in the group `v`, without the words behind it that are nobody's."""
    start, end = match.span("v")
    words = match["v"].split(" ")
    while words and _NOBODY.match(words[-1].rstrip(".")):
        end -= len(words.pop()) + 1
    if not words or _NOBODY.match(words[0].rstrip(".")):
        return None
    if words[-1].endswith(("'s", "’s")):
        end -= 2
    elif words[-1].endswith("."):
        end -= 1
    return start, end


def _untrimmed(match: re.Match[str]) -> tuple[int, int] | None:
    """A name that stands alone: Dear Example Store is none."""
    return match.span("v") if _name(match) == match.span("v") else None


def _full_name(match: re.Match[str]) -> tuple[int, int] | None:
    # Where a word had to go, it was a sentence: This is Totally Unacceptable Service.
    return _untrimmed(match) if " " in match["v"] else None


def _introduced(match: re.Match[str]) -> tuple[int, int] | None:
    """One word alone before です is more often a thing: エアコンはDaikinです."""
    told = match.string[match.end("v") : match.end()]
    return (_full_name if told == "です" or told == "さん" else _name)(match)


def _person_label(match: re.Match[str]) -> tuple[int, int] | None:
    start = match.start()
    return None if _THING.search(match.string[max(0, start - 12) : start]) else _name(match)


def _labelled(match: re.Match[str]) -> tuple[int, int] | None:
    start = match.start()
    label = _LABEL.search(match.string[max(0, start - _LABEL_LENGTH) : start])
    return _name(match) if label and not _THING.search(label.string[: label.start()]) else None


RULES = (
    Rule(
        "english-name-is",
        Type.PERSON,
        LABELLED,
        re.compile(rf"(?:{cased('name')})(?:'s| is| was| as| IS|d| of)? (?P<v>{_NAME})"),
        _person_label,
        ("name",),
        _CAPITALISED,
    ),
    Rule(
        "english-i-am",
        Type.PERSON,
        FORMED,
        re.compile(rf"(?:This is|this is|I am|I'm|I’m) (?P<v>{_NAME})"),
        _full_name,
        ("this is", "i am", "i'm", "i’m"),
        _CAPITALISED,
    ),
    Rule(
        "english-title",
        Type.PERSON,
        CHECKED,
        re.compile(rf"(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Professor|MR|MRS|MS|DR)\.? ?(?P<v>{_NAME})"),
        _name,
        ("mr", "ms", "miss", "mx", "dr", "prof"),
    ),
    Rule(
        "english-labelled",
        Type.PERSON,
        LABELLED,
        re.compile(rf"[:=][ \t]{{0,3}}(?P<v>{_NAME})"),
        _labelled,
        (":", "="),
    ),
    Rule(
        "english-signature",
        Type.PERSON,
        CHECKED,
        re.compile(
            r"(?:[Rr]egards|[Ss]incerely|[Ff]aithfully|[Tt]ruly|[Tt]hanks|[Tt]hank you|[Cc]heers"
            r"|[Ww]ishes|[Bb]est|[Rr]espectfully|[Ww]armly|[Ll]ove)"
            r"(?:[,.!-]{0,2}[ \t]{0,3}\n[ \t]{0,3}\n?[ \t-]{0,3}|,[ ])"
            rf"(?P<v>{_NAME})[ \t]{{0,3}}(?:[,(|/\n]|$)"
        ),
        _name,
        (
            "regards",
            "sincerely",
            "faithfully",
            "truly",
            "thank",
            "cheers",
            "wishes",
            "best",
            "respect",
            "warmly",
            "love",
        ),
        _CAPITALISED,
    ),
    Rule(
        "english-met",
        Type.PERSON,
        CHECKED,
        re.compile(
            r"(?:sp(?:oke|oken|eaking) (?:to|with)|talked (?:to|with)|served by|helped by"
            r"|dealt with"
            rf"|address(?:ed)? (?:it )?to|{_ROLE}),? (?:called |named |by )?(?P<v>{_NAME})"
        ),
        _name,
        clue=_CAPITALISED,
    ),
    Rule(
        "english-then-data",
        Type.PERSON,
        FORMED,
        re.compile(
            rf"(?P<v>{_NAME}),\s(?=[0-9+(]|(?:Unit|Flat|Apt|Suite|Room) [0-9]|P\.?O\.? Box"
            rf"|born|DOB|aged"
            rf"|(?:{_MONTH})[a-z]{{0,6}} [0-9]{{1,2}},)"
        ),
        _full_name,
        clue=re.compile(rf"{_FIRST}[a-zà-ÿ'’-]{{1,20}},\s(?:[0-9+(]|[UFASRPbDaJMOSN])"),
    ),
    Rule(
        "english-end",
        Type.PERSON,
        FORMED,
        re.compile(
            rf"(?:[.!?,\n][ \n]{{1,3}}|\n)(?P<v>(?:{_FIRST}\.|{_WORD}) "
            rf"(?:{_FIRST}\.? )?{_WORD})\s{{0,4}}\Z"
        ),
        _full_name,
        clue=re.compile(rf"{_FIRST}[A-Za-zà-ÿ'’-]{{1,20}}\s{{0,4}}\Z"),
    ),
    Rule(
        "roman-in-japanese",
        Type.PERSON,
        CHECKED,
        re.compile(
            r"(?:名前|氏名|名義|本名|綴り|ローマ字|私)(?:の綴り|の表記)?(?:は|が|を)?[ :(「『]{0,3}"
            rf"(?P<v>{_NAME})"
        ),
        _name,
        ("名前", "氏名", "名義", "本名", "綴り", "ローマ字", "私は"),
    ),
    Rule(
        "roman-introduced",
        Type.PERSON,
        CHECKED,
        re.compile(rf"(?P<v>{_NAME})(?:です|と申し|といいます|と言います|さん|様|さま|氏)"),
        _introduced,
        ("です", "と申", "といい", "と言い", "さん", "様", "さま", "氏"),
    ),
    Rule(
        "english-dear",
        Type.PERSON,
        CHECKED,
        re.compile(rf"Dear (?P<v>{_NAME})(?=[,:\n]|$)"),
        _untrimmed,
        ("dear",),
    ),
    Rule(
        "english-of-address",
        Type.PERSON,
        CHECKED,
        re.compile(rf"(?P<v>{_NAME})\"? <[A-Za-z0-9._%+-]{{1,64}}@"),
        _name,
        ("<",),
    ),
)
"""Rules for names in Latin letters."""
