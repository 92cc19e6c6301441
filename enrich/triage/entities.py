"""What a message names, as it was written, and what it leaves out that its answer needs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import islice

from casebook.types import Cause, Demand, Kind
from enrich.clean import clean
from enrich.numbers import bare, matter_numbers, order_numbers, transactions, upper
from enrich.relate.things import things

_MOST = 10
"""Values of one kind that are kept; more stand in a list that nobody wrote by hand."""
_READ = 4_000
"""Characters in which days, amounts and places are looked for."""

_NUMERAL = "[0-9〇一二三四五六七八九十]"
_MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}"
_DATE = re.compile(
    rf"(?:(?:令和|平成)?(?:{_NUMERAL}{{1,4}}|元)年)?{_NUMERAL}{{1,3}}月{_NUMERAL}{{1,3}}日"
    r"|(?<![0-9/-])20[0-9]{2}[/.-][01]?[0-9][/.-][0-3]?[0-9](?![0-9/-])"
    r"|(?<![0-9/.-])(?:1[0-2]|0?[1-9])/(?:3[01]|[12][0-9]|0?[1-9])(?![0-9/.-])"
    rf"|\b(?:[12][0-9]|3[01]|0?[1-9])(?:st|nd|rd|th)? (?:of )?{_MONTH}\b(?: 20[0-9]{{2}})?"
    rf"|\b{_MONTH} (?:[12][0-9]|3[01]|0?[1-9])(?:st|nd|rd|th)?\b(?:,? 20[0-9]{{2}})?"
    r"|一昨日|昨日|本日|今日|今朝|昨夜|昨晩|先々?週(?:の[月火水木金土日]曜日?)?|今週の[月火水木金土日]曜日?"
    r"|\b(?:yesterday|today|this morning|last night)\b"
    r"|\b(?:last|on) (?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b",
    re.IGNORECASE,
)

_FIGURE = r"[0-9]{1,3}(?:,[0-9]{3}){1,4}|[0-9]{1,9}"
_AMOUNT = re.compile(
    rf"(?:[¥$€£]|\b(?:JPY|USD|EUR|GBP)) ?(?:{_FIGURE})(?:\.[0-9]{{1,2}})?(?![0-9])"
    rf"|(?<![0-9,.])(?:{_FIGURE})(?:\.[0-9])?[万億千]?(?:[0-9]{{1,4}})?(?:円|ドル|ユーロ)"
    r"|[一二三四五六七八九十百千][一二三四五六七八九十百千万億〇]{0,10}円"
    rf"|(?<![0-9,.])(?:{_FIGURE})(?:\.[0-9]{{1,2}})? ?(?:dollars|pounds|euros|yen|quid|USD|EUR"
    rf"|GBP)\b",
    re.IGNORECASE,
)
_HAN = "々一-龥"
_PLACE = re.compile(
    rf"(?:北海道|東京都|京都府|大阪府|[{_HAN}]{{2,3}}県)(?:[{_HAN}ぁ-んァ-ヶ]{{1,6}}[市区町村郡]){{0,2}}"
    rf"|[{_HAN}ァ-ヶー]{{2,4}}(?:市|区)(?=[のにで内在へ役])"
    rf"|[{_HAN}ァ-ヶーA-Za-z0-9]{{1,10}}(?:支店|本店|営業所|出張所|駅|市役所|区役所|町役場|役場|病院|医院"
    r"|クリニック|小学校|中学校|高校|大学|空港|会場|図書館|公園|ホール|(?<![のお貴御当本飲食別売商閉開来])店)"
    r"(?![員長頭舗内])"
    r"|\b(?:[A-Z][a-z]{1,14} ){1,3}(?:[Bb]ranch|[Ss]tore|[Ss]tation|[Aa]irport|[Hh]ospital"
    r"|[Ss]chool"
    r"|[Hh]otel|[Oo]ffice|[Ss]treet|[Rr]oad|[Cc]lub|[Mm]useum)\b"
)
_NO_PLACE = re.compile(
    r"(?:御|貴|当|各|全|別|同|飲食|量販|専門|販売|代理|小売|お)[店校駅院]|^(?:The|Your|My|Dear) "
)
# A model: letters and digits in one word, such as PB-20 or EX300B, no order's and no unit.
_MODEL = re.compile(
    r"(?<![A-Za-z0-9-])(?=[A-Za-z0-9-]{0,14}[0-9])[A-Z]{1,5}-?[0-9]{1,5}[A-Z0-9-]{0,8}(?![A-Za-z0-9-])"
    r""
)
_NO_MODEL = re.compile(r"(?:COVID|B2B|A4|A3|B5|H[0-9]|R[0-9]|Q[1-4]|F[12]|SOS|GW)[-0-9]{0,3}")
_NO_PRODUCT = re.compile(
    r"(?:he|she|they|we|it|must|gone|way|man|woman|boy|girl|lady|people|staff|manager|driver|clerk|agent"
    r"|company|bank|shop|store|son|daughter|wife|husband|mother|father|mum|dad|family|child|children|kids"
    r"|friends?|neighbou?rs?|website|page|answer|rest|whole|same|first|second|last|only|person|team|lot)",
    re.IGNORECASE,
)
_NAMED = re.compile(
    r"「([^「」\n]{2,24})」(?=(?:を|の)?(?:[^。、]{0,6})(?:購入|買|注文|予約|使|契約|申し?込))"
)

_BOUGHT = re.compile(
    r"注文|購入|買(?:っ|い|う)|通販|届(?:か|い|き|く)|配送|配達|発送|予約|申し?込|契約|返品|交換"
    r"|\b(?:order|bought|buy|purchas|deliver|parcel|package|shipp|dispatch|book(?:ed|ing)|reserv"
    r"|subscri)",
    re.IGNORECASE,
)
_SINCE = re.compile(
    r"(?:購入|買|使い始め|契約|設置|納品|交換)[^。]{0,12}(?:年|か月|ヶ月|週間|日)(?:前|目|後|以上|ほど|で|経)"
    r"|(?:[0-9一二三四五六七八九十]{1,3}|半|数)(?:年|か月|ヶ月|週間|日)(?:前に|ほど前)|先(?:月|週|日)|去年|昨年|今年|今月|今週"
    r"|\b(?:last (?:week|month|year|spring|summer|autumn|winter)|(?:days?|weeks?|months?"
    r"|years?) ago"
    r"|(?:this|last) (?:morning|afternoon)|brand[- ]new|years? old)\b",
    re.IGNORECASE,
)
# Where these stand, the matter is not a thing that was bought.
_NO_PURCHASE = re.compile(
    r"[窓受]口|診察|授業|担任|職員|手続き|年金|給付|騒音|\b(?:council|school|clinic)\b", re.I
)
_EVENT = re.compile(
    r"(?:ませんでした|ません|なかった|なくなっ|ました|てしま|された|壊|割|違|遅|届|痛|汚|落|止ま|消え|切れ|不良|故障|エラー)"
    r"|\b(?:was|were|did|has|have|had|broke|\w{2,14}ed|never|stopp|fell|lost|late|wrong|missing"
    r"|won't|doesn't|isn't)\b",
    re.IGNORECASE,
)
_JUST_TELLING = re.compile(
    r"(?:ご報告|ご参考|お知らせ|お伝え)(?:まで|のみ|だけ)|返(?:信|事)は?(?:不要|いりません|結構)"
    r"|\b(?:just (?:so you know|letting you know|to let you know)|no need to reply"
    r"|for your information)\b",
    re.IGNORECASE,
)
_SHORT_JA, _SHORT_EN = 16, 32
"""Characters below which a complaint hardly tells what happened."""


def entities(text: str) -> Mapping[str, tuple[str, ...]]:
    """What `text` names, by kind, in the order of the text and as it is written (in NFKC):
    `order_number` (what the text calls an order's, a booking's or a purchase's), `number` (others
    that look like one), `product`, `date`, `amount` and `place`. Kinds of which there is none are
    left out."""
    plain = clean(text)
    read = plain[:_READ]
    orders = _orders(plain)
    known = {bare(number) for number in orders}
    found: dict[str, Iterable[str]] = {
        "order_number": orders,
        "number": sorted(n for n in matter_numbers(plain) if bare(n) not in known),
        "product": products(text),
        "date": (match[0] for match in _DATE.finditer(read)),
        "amount": (match[0] for match in _AMOUNT.finditer(read)),
        "place": (m[0].strip() for m in _PLACE.finditer(read) if not _NO_PLACE.search(m[0])),
    }
    kept = {kind: tuple(islice(dict.fromkeys(v), _MOST)) for kind, v in found.items()}
    return {kind: values for kind, values in kept.items() if values}


def products(text: str) -> tuple[str, ...]:
    """The things that `text` is about: what was bought, came or broke, and models; as they are
    written, in the order of the text, at most _MOST."""
    plain = clean(text)[:_READ]
    numbers = {bare(number) for number in matter_numbers(plain) | transactions(plain)}
    models = {m[0] for m in _MODEL.finditer(plain) if not _NO_MODEL.fullmatch(m[0])}
    named = {match[1] for match in _NAMED.finditer(plain)}
    bought = {name for name in things(upper(text)) if not _NO_PRODUCT.fullmatch(name)}
    found = bought | named | {model for model in models if bare(model) not in numbers}
    return tuple(islice(_in_order(found, plain), _MOST))


def missing(
    kind: str,
    cause: str,
    demands: Iterable[str],
    values: Mapping[str, tuple[str, ...]],
    text: str,
) -> tuple[str, ...]:
    """What a complaint does not give though its answer needs it, of `purchase_date`, `product`,
    `order_number`, `what_happened` and `wished_solution`. `values` are its `entities`. Empty for
    all but complaints."""
    if kind != Kind.COMPLAINT:
        return ()
    wished = set(demands)
    thing = cause in (Cause.DEFECT, Cause.EXPECTATION_GAP) and not _NO_PURCHASE.search(text)
    bought = thing and bool(_BOUGHT.search(text))
    undone = bool(wished & {Demand.REFUND, Demand.REPLACEMENT, Demand.REPAIR, Demand.CANCELLATION})
    order = bool({"order_number", "number"} & values.keys())
    lacking = {
        "purchase_date": thing and undone and not order and not _dated(values, text),
        "product": thing and not order and "product" not in values,
        "order_number": bought and not order,
        "what_happened": _tells_nothing(text),
        "wished_solution": not wished and not _JUST_TELLING.search(text),
    }
    return tuple(name for name, lacks in lacking.items() if lacks)


def _orders(plain: str) -> list[str]:
    """The numbers of orders with their hyphens, which `transactions` leaves out."""
    long = {bare(number): number for number in order_numbers(plain)}
    found = [
        long.get(number) or _hyphened(number, plain) for number in transactions(plain) | long.keys()
    ]
    return _in_order(found, plain)


def _hyphened(number: str, plain: str) -> str:
    written = re.search("-?".join(map(re.escape, number)), plain, re.IGNORECASE)
    return written[0] if written else number


def _in_order(found: Iterable[str], plain: str) -> list[str]:
    """The values as `plain` writes them, in its order; those that it writes otherwise come last."""
    upper = plain.upper()
    places = {value: upper.find(value.upper()) for value in found}
    same = len(upper) == len(plain)
    return [
        plain[place : place + len(value)] if same and place >= 0 else value
        for value, place in sorted(places.items(), key=lambda one: (one[1] < 0, one[1], one[0]))
    ]


def _dated(values: Mapping[str, tuple[str, ...]], text: str) -> bool:
    return "date" in values or bool(_SINCE.search(text))


def _tells_nothing(text: str) -> bool:
    plain = clean(text)
    short = _SHORT_EN if plain.isascii() else _SHORT_JA
    return len(plain) < short or (len(plain) < 2 * short and not _EVENT.search(plain))
