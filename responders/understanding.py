"""What a customer's message was about, said back in our words: that it was understood, and no more.
Nothing here agrees to anything."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from casebook.types import Cause, Conduct, Crisis, Demand, Triage
from casebook.wording import Bilingual
from responders.quoting import order, thing

QUESTIONS = {
    "order_number": Bilingual(ja="ご注文番号", en="the order number"),
    "purchase_date": Bilingual(ja="ご購入日", en="the date of purchase"),
    "product": Bilingual(
        ja="商品またはサービスの名称（型番）", en="the product or service, with its model"
    ),
    "what_happened": Bilingual(ja="お困りの内容", en="what happened"),
    "wished_solution": Bilingual(ja="ご希望の対応", en="what you would like us to do"),
}
"""What `Triage.missing` names, as it is asked for."""
_DANGEROUS_THINGS = {Crisis.INJURY, Crisis.SAFETY_DEFECT}
"""Crises in which it helps to know the product; in others nothing is asked for."""
_CALLED = re.compile(
    r"(の件)?((について|に関して)(の(件|お?問い?合わ?せ|質問|ご?相談))?|の件|のお願い)?$"
)
"""How subjects end that call themselves a matter, which our words do anyway."""
_QUOTED = re.compile(r"^『([^『』]+)』$")
_OF_PERSONS = {Cause.SERVICE, Cause.EMOTIONAL}
"""Causes whose subjects are words about somebody, and sound like a reproach when said back."""
_SURE = 0.6
"""Confidence from which the cause of a complaint is said back."""
_WISHES = {
    Demand.REFUND: Bilingual(ja="ご返金", en="a refund"),
    Demand.REPLACEMENT: Bilingual(ja="交換", en="a replacement"),
    Demand.REPAIR: Bilingual(ja="修理", en="a repair"),
    Demand.CANCELLATION: Bilingual(ja="キャンセル", en="a cancellation"),
    Demand.COMPENSATION: Bilingual(ja="補償", en="compensation"),
    Demand.EXPLANATION: Bilingual(ja="ご説明", en="an explanation"),
    Demand.IMPROVEMENT: Bilingual(ja="改善", en="an improvement"),
    Demand.INFORMATION: Bilingual(ja="情報のご案内", en="information"),
    Demand.CONTACT: Bilingual(ja="折り返しのご連絡", en="a personal answer"),
}
"""Demands as they are said back; an apology is not discussed but made."""


def matter(topic: str, triage: Triage, language: str) -> str:
    """What the message is about, with the product and the order as the customer named them:
    「届きません」の件（絵皿、ご注文番号 MD-1） or "not arrived" (plate, order MD-1); empty where it
    names nothing that may be repeated."""
    topic = _QUOTED.sub(r"\1", _CALLED.sub("", topic)) if _is_sayable(triage) else ""
    product = next(filter(None, map(thing, triage.products)), "")
    number = next(filter(None, map(order, triage.entities.get("order_number", ()))), "")
    head = topic or product
    named = [
        product if product and product.lower() not in head.lower() else "",
        _order(number, language) if number and number not in head else "",
    ]
    details = [one for one in named if one]
    if not head:
        return f"{details[0]} の件" if details and language != "en" else "".join(details)
    if language == "en":
        return f'"{head}" ({", ".join(details)})' if details else f'"{head}"'
    return f"「{head}」の件（{'、'.join(details)}）" if details else f"「{head}」の件"


def wishes(demands: Iterable[str], language: str) -> str:
    """What is asked of us, as a phrase: 「ご返金と交換」 or "a refund and a replacement"; empty
    where nothing is."""
    asked = set(demands)
    told = [wish.in_(language) for demand, wish in _WISHES.items() if demand in asked]
    if len(told) < 2:
        return "".join(told)
    if language == "en":
        return f"{', '.join(told[:-1])} and {told[-1]}"
    return f"{'、'.join(told[:-1])}と{told[-1]}"


def cause(triage: Triage, general: str) -> str:
    """The cause of a complaint as it is said back, `general` of all trades; empty where it was not
    told, or is doubtful."""
    doubtful = triage.confidence.get("cause", 1.0) < _SURE
    return "" if doubtful or "what_happened" in triage.missing else general


def questions(triage: Triage, language: str, *, grave: bool = False) -> list[str]:
    """What to ask for, of what the message leaves out; `grave`: in a crisis."""
    asked: Sequence[str] = [name for name in triage.missing if name in QUESTIONS]
    if grave:
        dangerous = not _DANGEROUS_THINGS.isdisjoint(triage.crisis)
        asked = [name for name in asked if name == "product" and dangerous]
    return [QUESTIONS[name].in_(language) for name in asked]


def _is_sayable(triage: Triage) -> bool:
    """True where the customer's own subject sounds well when we say it back."""
    ordinary = triage.conduct is Conduct.ORDINARY and triage.cause not in _OF_PERSONS
    return ordinary and Crisis.SELF_HARM not in triage.crisis


def _order(number: str, language: str) -> str:
    return f"order {number}" if language == "en" else f"ご注文番号 {number}"
