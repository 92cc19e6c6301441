"""Numbers that identify a person or a purchase: card, My Number, bank account, order, passport."""

from __future__ import annotations

import re

from enrich.personal_data.rules import (
    CHECKED,
    FORMED,
    LABELLED,
    Rule,
    Type,
    before,
    cased,
    only_digits,
    value,
    value_if,
)
from enrich.personal_data.shapes import END, IS, LONG, OTHER_NUMBER, START

_THING_NUMBER = re.compile(
    r"(?:追跡|伝票|送り状|荷物|シリアル|製造|IMEI|ICCID|JAN|ISBN|tracking|serial)"
    r"[^0-9\n。、]{0,16}$",
    re.IGNORECASE,
)


def luhn(digits: str) -> bool:
    """True where the last digit is the check digit of the others (ISO/IEC 7812-1, annex B)."""
    single = sum(map(int, digits[::-2]))
    doubled = (2 * int(digit) for digit in digits[-2::-2])
    return (single + sum(number - 9 * (number > 9) for number in doubled)) % 10 == 0


# First digits and lengths by network (ISO/IEC 7812 issuer ranges as the networks publish them).
_ISSUED = re.compile(
    r"4[0-9]{15}(?:[0-9]{3})?|5[0-9]{15}|2[2-7][0-9]{14}|3[47][0-9]{13}|35[0-9]{14}"
    r"|3(?:0[0-59]|6|8|9)[0-9]{11,12}|6[0-9]{15,18}"
)
_CARD_LABEL = re.compile(r"(?:カード|クレジット|card|visa|master|jcb|amex)[^0-9\n]{0,16}$", re.I)


def _card(match: re.Match[str]) -> bool:
    digits, said = only_digits(match["v"]), before(match)
    if not luhn(digits) or _THING_NUMBER.search(said):
        return False
    return bool(_ISSUED.fullmatch(digits) or _CARD_LABEL.search(said))


def my_number(digits: str) -> bool:
    """True where the last of 12 digits is the check digit of the others (ministerial order of
    Internal Affairs no. 85 of 2014, article 5)."""
    weights = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
    rest = sum(int(digit) * weight for digit, weight in zip(digits[:11], weights, strict=True)) % 11
    return int(digits[11]) == (0 if rest <= 1 else 11 - rest)


def _my_number(match: re.Match[str]) -> bool:
    return my_number(only_digits(match["v"])) and not OTHER_NUMBER.search(before(match))


def _labelled_my_number(match: re.Match[str]) -> bool:
    return my_number(only_digits(match["v"]))


def _iban(match: re.Match[str]) -> bool:
    plain = match["v"].replace(" ", "")
    turned = "".join(str(int(sign, 36)) for sign in plain[4:] + plain[:4])
    return 15 <= len(plain) <= 34 and int(turned) % 97 == 1


_DATE = re.compile(r"(?:19|20)[0-9]{2}[-/]?(?:0?[1-9]|1[0-2])[-/]?(?:0?[1-9]|[12][0-9]|3[01])")


def _order(match: re.Match[str]) -> bool:
    code = match["v"]
    # A date of eight digits may well be a shop's number; one with its separators is a date.
    return bool(re.search("[0-9]", code)) and not ("-" in code and _DATE.fullmatch(code))


_CODE = r"[A-Za-z0-9](?:[A-Za-z0-9_/-]{0,30}[A-Za-z0-9])?"
_COUNTED = (
    r"(?![A-Za-z0-9]|[ ]?(?:円|万|千|個|台|箱|冊|本|枚|名|人|点|件|回|度|日|月|年|時|分|%)"
    r"|[.,][0-9])"
)
_DEAL = "注文|受注|オーダー|予約|購入|取引|申込み?|申し込み?|決済"
_DEAL_EN = cased("order|booking|reservation|confirmation|transaction|purchase")
_CALLED = "(?:確認|受付|管理)?(?:番号|No\\.?|NO\\.?|no\\.|№|ナンバー|ID|コード)"
_CALLED_EN = (
    r"(?i:(?:number|num|no\.?|id|code|reference|ref\.?)(?: (?:number|no\.?|code))?(?![A-Za-z]))"
)

RULES = (
    Rule(
        "card",
        Type.CARD,
        CHECKED,
        re.compile(
            rf"(?P<v>[0-9]{START}"
            rf"(?:[0-9]{{3}}(?:[- .の]{{0,3}}[0-9]{{4}}){{3}}"
            rf"|[0-9]{{3}}[- .]{{0,3}}[0-9]{{6}}[- .]{{0,3}}[0-9]{{4,5}}|[0-9]{{12,18}})){END}"
        ),
        value_if(_card),
        clue=LONG,
        numeric=True,
    ),
    Rule(
        "my-number",
        Type.MY_NUMBER,
        CHECKED - 0.05,
        re.compile(
            rf"(?<![0-9][- ])(?P<v>[0-9]{START}[0-9]{{3}}(?P<s>[- ]?)[0-9]{{4}}(?P=s)[0-9]{{4}})"
            rf"(?! [0-9]{{4}}(?![0-9])){END}"
        ),
        value_if(_my_number),
        clue=LONG,
        numeric=True,
    ),
    Rule(
        "my-number-labelled",
        Type.MY_NUMBER,
        LABELLED,
        re.compile(
            r"(?:マイナンバー|個人番号|[Mm]y ?[Nn]umber|[Ii]ndividual [Nn]umber)[^0-9\n]{0,16}"
            r"(?P<v>[0-9](?:[- .]{0,2}[0-9]){11})(?![0-9])"
        ),
        value_if(_labelled_my_number),
        ("マイナンバー", "個人番号", "number"),
        numeric=True,
    ),
    Rule(
        "bank-account",
        Type.BANK_ACCOUNT,
        LABELLED,
        re.compile(
            r"(?:(?:普通|当座|貯蓄|総合)(?:預金)?(?:口座)?(?:番号)?|口座(?:番号|No\.?)?(?:が|は)?)"
            r"[ \t\n、:=)(\]]{0,4}(?:番号[ :]{0,2})?(?P<v>[0-9]{3}[- ]?[0-9]{3,5})"
            + END
            + r"|(?:返金|振込|振り込み)(?:先|口座)(?:口座)?(?:は|:)[ ]?(?P<w>[0-9]{7})"
            + END
        ),
        lambda match: match.span(match.lastgroup or 0),
        ("普通", "当座", "貯蓄", "総合", "口座", "返金先", "振込先", "振り込み先"),
        numeric=True,
    ),
    Rule(
        "bank-account-post",
        Type.BANK_ACCOUNT,
        LABELLED,
        re.compile(rf"記号[ :は]{{0,3}}(?P<v>1[0-9]{{4}}(?:-[0-9])?(?:[ -][0-9]{{6,8}})?){END}"),
        value,
        ("記号",),
        numeric=True,
    ),
    Rule(
        "bank-account-post-number",
        Type.BANK_ACCOUNT,
        LABELLED,
        re.compile(
            rf"記号[ :は]{{0,3}}1[0-9]{{4}}[^0-9]{{1,6}}番号[ :は]{{0,3}}(?P<v>[0-9]{{6,8}}){END}"
        ),
        value,
        ("記号",),
        numeric=True,
    ),
    Rule(
        "bank-account-english",
        Type.BANK_ACCOUNT,
        LABELLED,
        re.compile(
            r"(?:bank (?:account|acct)|account|acct\.?|a/c|routing)[ ]?(?:number|num|no\.?|#)?"
            + IS
            + r"(?P<v>[0-9]{3,4}[- ]?[0-9]{3,8})"
            + END,
            re.IGNORECASE,
        ),
        value_if(
            lambda match: (
                not re.search(
                    r"(?:customer|member|loyalty|client|user)[ ]$",
                    before(match)[: -len(match[0])],
                    re.I,
                )
            )
        ),
        ("account", "acct", "a/c", "routing"),
        numeric=True,
    ),
    Rule(
        "iban",
        Type.BANK_ACCOUNT,
        CHECKED,
        re.compile(
            r"(?P<v>[A-Z](?<![A-Za-z0-9].)[A-Z][0-9]{2}(?:[ ]?[A-Z0-9]{4}){2,7}"
            r"(?:[ ]?[A-Z0-9]{1,3})?)"
            r"(?![A-Za-z0-9])"
        ),
        value_if(_iban),
        clue=LONG,
        numeric=True,
    ),
    Rule(
        "order",
        Type.ORDER_NUMBER,
        LABELLED,
        re.compile(
            rf"(?:{_DEAL})(?:の)?{_CALLED}(?:\([^)\n]{{0,12}}\))?{IS}(?P<v>{_CODE}){_COUNTED}"
        ),
        value_if(_order),
        ("注文", "受注", "オーダー", "予約", "購入", "取引", "申込", "申し込", "決済"),
        numeric=True,
    ),
    Rule(
        "order-bare",
        Type.ORDER_NUMBER,
        LABELLED - 0.1,
        re.compile(
            rf"(?:{_DEAL})(?:は|が)?[ :(「【、]{{0,3}}#?[ ]?(?P<v>"
            rf"(?=[A-Z-]{{0,8}}[0-9][0-9-]{{4}}){_CODE})" + _COUNTED
        ),
        value_if(_order),
        ("注文", "受注", "オーダー", "予約", "購入", "取引", "申込", "決済"),
        numeric=True,
    ),
    Rule(
        "order-english",
        Type.ORDER_NUMBER,
        LABELLED,
        re.compile(
            rf"(?:{_DEAL_EN})[ ]?(?:{_CALLED_EN}{IS}|{IS}(?:#[ ]?)|(?:'s"
            rf"| is)?:?[ ]{{0,2}}(?=[A-Z]{{0,5}}-?[0-9]{{4}}|[A-Z0-9]{{1,6}}-[0-9]{{3}}))"
            rf"(?P<v>{_CODE}){_COUNTED}"
        ),
        value_if(_order),
        ("order", "booking", "reservation", "confirmation", "transaction", "purchase"),
        numeric=True,
    ),
    Rule(
        "order-form",
        Type.ORDER_NUMBER,
        CHECKED,
        re.compile(
            rf"(?P<v>O{START}(?:RD|DR|RDER)[-_]?[0-9][0-9A-Z-]{{3,24}}(?<!-)){END}"
            rf"|(?P<w>[0-9]{START}[0-9]{{2}}-[0-9]{{7}}-[0-9]{{7}}){END}"
        ),
        lambda match: match.span(match.lastgroup or 0),
        numeric=True,
    ),
    Rule(
        "passport-form",
        Type.PASSPORT,
        FORMED,
        re.compile(r"(?P<v>[A-Z](?<![0-9A-Za-z-].)[A-Z][0-9]{7})(?![0-9A-Za-z-])"),
        value,
        ("パスポート", "旅券", "passport"),
        numeric=True,
    ),
    Rule(
        "passport",
        Type.PASSPORT,
        LABELLED,
        re.compile(
            r"(?:パスポート|旅券|(?i:passport))[^0-9\n。]{0,20}?"
            r"(?P<v>[A-Za-z]{1,2}[ -]?[0-9]{6,8}|[0-9]{8,9}|"
            r"(?=[A-Z0-9]{0,4}[0-9]{2})[A-Z][A-Z0-9]{7,8})" + END
        ),
        value,
        ("パスポート", "旅券", "passport"),
        numeric=True,
    ),
)
"""Rules for numbers."""
