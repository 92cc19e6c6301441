"""What a reply gives: within the authority, beyond it, or to somebody who extorts it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from casebook.acts import Act
from casebook.findings import Code
from casebook.handling import Authority
from casebook.types import Conduct
from responders.guard.acts import WARY, Place, done
from responders.guard.amounts import amounts
from responders.guard.reading import Reading

Found = tuple[Code, Place]

_REPLACEMENT = re.compile(
    r"交換|取り?替え|代替|代わりの|代品|新しい|新品|再送|再発送|良品"
    r"|replac|exchang|swap|\bnew\b|another|re-?send|re-?ship"
)
_COMPENSATION = re.compile(
    r"補償|賠償|弁償|慰謝料|見舞|迷惑料|示談金|クーポン|商品券|ギフト|ポイント|割引|値引|無料|無償"
    r"|治療費|クリーニング代|交通費|修理代"
    r"|compensat|voucher|coupon|gift|credit|discount|damages|goodwill|points|free\b|complimentary"
    r"|bills?\b|expenses|medical"
)
_LEGAL = re.compile(
    r"法的|法律|責任を(?:負|認)|賠償|示談|訴訟|書面|念書|誓約|保証|確約|回収|リコール|契約|違約金|全損害"
    r"|legal|liab|lawsuit|claim|court|settle|waive|guarantee|warrant|binding|undertak|in writing"
    r"|contract|recall|damages|indemn"
)


def promises(reading: Reading, authority: Authority) -> Iterator[Found]:
    """`unauthorised_promise`: a refund, a replacement, money beyond what was paid, or a legal
    commitment that `authority` does not cover."""
    for place in _beyond(reading, authority):
        yield Code.UNAUTHORISED_PROMISE, place


def yielding(reading: Reading, conduct: Conduct, authority: Authority) -> Iterator[Found]:
    """`yields_to_malice`: to a threat any apology, agreement or grant; to an unreasonable demand
    or harassment agreement with it, or what nobody would grant in the ordinary way."""
    if conduct is Conduct.ORDINARY:
        return
    acts = [Act.AGREES, Act.COMMITS]
    if conduct is Conduct.THREAT:
        acts += [Act.APOLOGISES, Act.GRANTS]
    places = done(reading, *acts, sure=WARY)
    if conduct is not Conduct.THREAT:
        places += _beyond(reading, authority)
    for place in sorted(set(places)):
        yield Code.YIELDS_TO_MALICE, place


def _beyond(reading: Reading, authority: Authority) -> list[Place]:
    granted = [one for one in done(reading, Act.GRANTS) if not _covered(reading, one, authority)]
    bound = [one for one in done(reading, Act.COMMITS) if _LEGAL.search(reading.text, *one)]
    return sorted({*granted, *bound})


def _covered(reading: Reading, place: Place, authority: Authority) -> bool:
    """Whether the authority covers what a sentence grants."""
    sentence = reading.text[slice(*place)]
    if _COMPENSATION.search(sentence):
        return authority.may_compensate
    if _REPLACEMENT.search(sentence):
        return authority.may_replace
    return _affordable(sentence, authority)


def _affordable(sentence: str, authority: Authority) -> bool:
    """Whether a refund is within the authority. A sum in another currency cannot be compared with
    a limit in yen, so it is not; without a sum the price is meant, which the approver knows."""
    named = [one.yen for one in amounts(sentence)]
    limit = authority.refund_max_yen
    return limit > 0 and all(yen is not None and yen <= limit for yen in named)
