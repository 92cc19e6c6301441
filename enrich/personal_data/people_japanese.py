"""Japanese names, told by the words around them and Sudachi's dictionary."""

from __future__ import annotations

import re

from enrich.personal_data.japanese_names import Trust, is_name, name_after, name_before
from enrich.personal_data.rules import CHECKED, FORMED, LABELLED, Narrow, Rule, Type

_MOST = 10_000
"""Matches of a rule that are looked up in the dictionary: more are no letter of a customer."""

_JA = r"[\u3041-\u3096\u30a1-\u30fa\u30fc\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff々〆]"

_LONGEST = 12
_OPENING = ("", "\n", " ", "。", "の", "、", "「", "!")
"""What may stand before a sender's name: the beginning, the end of a sentence, a belonging."""
_CLOSED = re.compile(
    r"(?:^|[の\n。、「! ])[\u3041-\u3096\u30a1-\u30fa\u30fc・\u3400-\u4dbf\u4e00-\u9fff々 ]{1,11}$"
)

_LABEL = (
    "お名前|名前|氏名|芳名|契約者名?|申込者名?|申込人|購入者名?|注文者名?|届け先名|宛名|受取人名?|名義人?"
    "|フリガナ|ふりがな|カナ|差出人|保護者名?|患者名?|宿泊者名?|予約者名?|予約名|代表者名?|会員名|本名"
    "|送信者|記入者"
)
_STAFF = (
    "店員|店長|係員?|スタッフ|社員|職員|ドライバー|配達員|運転手|医師|看護師|受付|オペレーター|責任者|担当者?"
    "|上司|部下|息子|長男|次男|娘|長女|次女|夫|妻|主人|父|母|兄|姉|弟|妹|祖父|祖母|友人|知人|同僚|教諭|講師|会員|利用者|患者|客"
)
_TITLE = (
    "様(?![々式子相態])|さま|さん(?![ざた])|氏(?![名族神子])|殿(?![堂下])|くん|ちゃん|先生|女史"
    "|(?:副?店長|課長|係長|部長|社長|主任|所長|支配人|医師|看護師|弁護士|教授)"
    "(?=[がはにをもとのかへで、。 ]|さん|様)"
)


def _before(trust: Trust) -> Narrow:
    return lambda match: name_before(match.string, match.start(), trust)


def _after(trust: Trust) -> Narrow:
    return lambda match: name_after(match.string, match.end(), trust)


def _closing(match: re.Match[str]) -> tuple[int, int] | None:
    """The sender's name in 〇〇です, where a sentence, a line or の stands before it."""
    start = match.start()
    said = match.string[max(0, start - _LONGEST) : start]
    if not _CLOSED.search(said):
        return None
    place = name_before(match.string, start, Trust.KNOWN)
    if place is None:
        return None
    return place if match.string[max(0, place[0] - 1) : place[0]] in _OPENING else None


def _alone(match: re.Match[str]) -> tuple[int, int] | None:
    return match.span("v") if is_name(match["v"]) else None


RULES = (
    Rule(
        "name-labelled",
        Type.PERSON,
        LABELLED,
        re.compile(
            rf"(?:{_LABEL})(?:\([^)\n]{{1,10}}\))?[ \t]{{0,3}}[:=][ \t]{{0,3}}(?={_JA})"
            rf"|名義人?[ ]{{1,3}}(?=[ァ-ヺ])|(?m:^)(?:{_LABEL})[ \t]{{1,4}}(?={_JA})"
        ),
        _after(Trust.SAID),
        most=_MOST,
    ),
    Rule(
        "name-said",
        Type.PERSON,
        LABELLED,
        re.compile(rf"(?:名前|氏名|名義|本名)(?:は|が)[、 「]{{0,2}}(?={_JA})"),
        _after(Trust.TITLED),
        ("名前", "氏名", "名義", "本名"),
        most=_MOST,
    ),
    Rule(
        "name-of-staff",
        Type.PERSON,
        CHECKED,
        re.compile(rf"(?:{_STAFF})(?:[の:]|の方、?)[ ]?(?={_JA})"),
        _after(Trust.TITLED),
        ("の", ":"),
        most=_MOST,
    ),
    Rule(
        "name-after-account",
        Type.PERSON,
        FORMED,
        re.compile(rf"(?:普通|当座)[^\n]{{0,12}}[0-9]{{7}}[ \t\n、,/]{{1,3}}(?={_JA})"),
        _after(Trust.SAID),
        ("普通", "当座"),
        numeric=True,
        most=_MOST,
    ),
    Rule(
        "name-introduced",
        Type.PERSON,
        LABELLED,
        re.compile(r"と(?:申し(?!ますか[。?]|上げ)|もうし|いいます|言います|申す|いうもの|いう者)"),
        _before(Trust.SAID),
        ("と申", "という", "といい", "と言い", "ともう"),
        most=_MOST,
    ),
    Rule(
        "name-called",
        Type.PERSON,
        CHECKED,
        re.compile(
            r"という(?:名前|名札|方|人|店員|担当|スタッフ|社員|係|ドライバー|男性|女性|お客|オペレーター)"
            r"|名義|宛て?[にての、。\n ]"
        ),
        _before(Trust.KNOWN),
        ("という", "名義", "宛"),
        most=_MOST,
    ),
    Rule(
        "name-titled", Type.PERSON, CHECKED, re.compile(_TITLE), _before(Trust.TITLED), most=_MOST
    ),
    Rule(
        "name-closing",
        Type.PERSON,
        FORMED,
        re.compile(r"(?:です|でございます|より|拝)"),
        _closing,
        ("です", "でございます", "より", "拝"),
        most=_MOST,
    ),
    Rule(
        "name-line",
        Type.PERSON,
        FORMED,
        re.compile(
            rf"^[ \t*=|-]{{0,6}}(?P<v>{_JA}{{1,8}}(?:[ ・]{{1,3}}{_JA}{{1,8}})?)"
            r"[ \t]{0,3}(?:\([^)\n]{1,20}\))?[ \t]{0,3}$",
            re.MULTILINE,
        ),
        _alone,
        most=_MOST,
    ),
    Rule(
        "name-of-address",
        Type.PERSON,
        CHECKED,
        re.compile(r"[\" ]{0,2}<[A-Za-z0-9._%+-]{1,64}@"),
        _before(Trust.TITLED),
        ("<",),
        most=_MOST,
    ),
)
"""Rules for Japanese names."""
