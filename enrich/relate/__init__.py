"""What a message is to what is known: a duplicate, a follow-up, another voice of an incident, new.

Evidence decides: a receipt number, a thread, then the same customer's words, numbers and facts,
then an event that several customers tell of. However near two texts are, another order number,
product, day or amount tells them apart; and two accounts are one customer by a quoted receipt
number alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice

from casebook.types import Evidence, KnownMessage, Relation, RelationKind, Sign, Suggestion
from enrich.relate.events import ENOUGH, Sharing, Voice
from enrich.relate.events import WINDOW as EVENT_WINDOW
from enrich.relate.facts import apart
from enrich.relate.memory import Matter, Memory
from enrich.relate.own import SHORT, WINDOW, repetition, same_matter
from enrich.relate.read import HELD, NEAR, alike_but_apart, common, told_apart
from enrich.relate.topics import mark

__all__ = ["EVENT_WINDOW", "WINDOW", "read", "relate"]

_SENSE = 30
"""Messages of one customer whose sense is compared, not their words alone."""

_SUGGESTIONS = 3
"""Look-alikes that are kept of one message."""

_SURE = 8
"""Points of a shared event that count as full strength."""


def relate(incoming: Sequence[KnownMessage], known: Iterable[KnownMessage]) -> list[Relation]:
    """The relation of each incoming message to `known` and to those before it.

    `known` is oldest first, `incoming` in the order of arrival. Messages of other accounts that
    look like one matter are told as suggestions beside the relation.
    """
    memory = Memory()
    for message in known:
        memory.remember(Voice(message))
    relations = []
    for message in incoming:
        new = Voice(message)
        relation = _own(memory, new) or _incident(memory, new) or Relation(RelationKind.NEW)
        found = tuple(islice(_look_alikes(memory, new, relation), _SUGGESTIONS))
        relation = replace(relation, suggestions=found)
        memory.remember(new, relation)
        relations.append(relation)
    return relations


def read(messages: Iterable[KnownMessage]) -> Iterator[None]:
    """Read what of the messages needs no vectors, one a step, while those are being made: `relate`
    then has it at hand."""
    for message in messages:
        new = Voice(message)
        _ = new.facts, new.topics, new.things, new.terms, new.shingles
        yield


def _own(memory: Memory, new: Voice) -> Relation | None:
    """What a message is among its own customer's."""
    earlier = memory.earlier(new)
    if found := _repeated(memory, new, earlier):
        return found
    return _quoted(memory, new) or _answered(memory, new) or _continued(memory, new, earlier)


def _repeated(memory: Memory, new: Voice, earlier: Sequence[Voice]) -> Relation | None:
    candidates = [
        old
        for old in earlier
        if (_recent(new, old) or new.orders & old.orders)
        and not _named_apart(new, old)
        and not _happened_again(new, old)
    ]
    found = repetition(new, candidates[::-1])
    if found is None:
        return None
    of = memory.first_said(found.old.message.key)
    return Relation(RelationKind.DUPLICATE, of, evidence=found.evidence, score=found.score)


def _quoted(memory: Memory, new: Voice) -> Relation | None:
    """A further message to the matter whose receipt is quoted."""
    for receipt, case in new.message.receipts.items():
        evidence = (Evidence(Sign.QUOTES_RECEIPT, receipt),)
        matter = memory.of_case(case)
        if matter is None:
            return Relation(RelationKind.FOLLOW_UP, of_case=case, evidence=evidence)
        if matter.first == new.message.key or not _may_join(new, matter):
            continue
        old = memory.answered(new)
        within = old is not None and memory.matter(old.message.key) is matter
        of = old.message.key if old is not None and within else matter.first
        return Relation(RelationKind.FOLLOW_UP, of, case, evidence)
    return None


def _answered(memory: Memory, new: Voice) -> Relation | None:
    """A further message in a thread."""
    old = memory.answered(new)
    if old is None:
        return None
    matter = memory.matter(old.message.key)
    # In public, strangers join in: 「うちもです」.
    stranger = new.message.author not in matter.accounts and mark("too", new.plain_body)
    if stranger or not _may_join(new, matter):
        return None
    evidence = (Evidence(Sign.ANSWERS, old.message.message_id),)
    return Relation(RelationKind.FOLLOW_UP, old.message.key, evidence=evidence)


def _continued(memory: Memory, new: Voice, earlier: Sequence[Voice]) -> Relation | None:
    """A further message to the customer's matter that it names by a number, or takes up in new
    words."""
    joinable = [old for old in earlier if _may_join(new, memory.matter(old.message.key))]
    evidence: tuple[Evidence, ...]
    for old in joinable:
        if number := _shared_number(new, old):
            evidence = (Evidence(Sign.SAME_CUSTOMER), Evidence(Sign.SAME_NUMBER, number))
            return Relation(RelationKind.FOLLOW_UP, _opening(memory, new, old), evidence=evidence)
    for old in joinable[:_SENSE]:
        if _recent(new, old) and (evidence := same_matter(new, old)):
            return Relation(RelationKind.FOLLOW_UP, _opening(memory, new, old), evidence=evidence)
    return None


def _opening(memory: Memory, new: Voice, old: Voice) -> int:
    """The message that opened the matter of `old`."""
    first = memory.matter(old.message.key).first
    return old.message.key if first == new.message.key else first


def _shared_number(new: Voice, old: Voice) -> str:
    shared = new.facts.numbers & old.facts.numbers
    orders = shared & (new.facts.orders | old.facts.orders)
    # A model or a contract is named again in another matter too.
    if shared and not orders and (not _recent(new, old) or alike_but_apart(new, old)):
        return ""
    return min(orders or shared, default="")


def _may_join(new: Voice, matter: Matter) -> bool:
    """Two order numbers are two matters, whatever thread or receipt says otherwise, unless the
    customer corrects one; and so is what is called another matter without the first one's
    number."""
    facts = matter.facts
    if apart(new.facts, facts):
        return bool(mark("corrects", new.plain_body))
    return bool(new.facts.numbers & facts.numbers) or not mark("other", new.plain_body)


def _happened_again(new: Voice, old: Voice) -> bool:
    """True when the same words tell of another event: the lights go out every other week."""
    if abs(new.message.at - old.message.at) <= EVENT_WINDOW or not new.public & old.public:
        return False
    return not mark("again", new.plain) and not mark("back", new.plain)


def _recent(new: Voice, old: Voice) -> bool:
    return abs(new.message.at - old.message.at) <= WINDOW


def _named_apart(new: Voice, old: Voice) -> bool:
    """True when the receipts that two messages quote name two cases."""
    mine, theirs = set(new.message.receipts.values()), set(old.message.receipts.values())
    if old.message.case is not None:
        theirs.add(old.message.case)
    return bool(mine and theirs and not mine & theirs)


def _incident(memory: Memory, new: Voice) -> Relation | None:
    """Another customer's voice on an event that is known."""
    if not new.message.author:
        return None
    own = memory.accounts(new.message.author)
    found = memory.events.find(new, own) or _joined_in(memory, new)
    if found is None:
        return None
    first, sharing = found
    return Relation(
        RelationKind.INCIDENT,
        first,
        evidence=(Evidence(Sign.OTHER_CUSTOMER), *sharing.evidence),
        score=round(min(1.0, sharing.points / _SURE), 4),
    )


def _joined_in(memory: Memory, new: Voice) -> tuple[int, Sharing] | None:
    """The event under whose voice a stranger writes that it is the same with him."""
    old, words = memory.answered(new), mark("too", new.plain_body)
    if old is None or not words or not old.public or apart(new.facts, old.facts):
        return None
    evidence = (Evidence(Sign.SAME_EVENT, min(old.public)), Evidence(Sign.SHARED, words))
    return memory.events.first_of(old.message.key), Sharing(ENOUGH, evidence)


def _look_alikes(memory: Memory, new: Voice, relation: Relation) -> Iterator[Suggestion]:
    """Other customers' messages that a person may find to be the same matter."""
    seen = {id(memory.of_case(relation.of_case or 0))}
    if relation.of_message is not None and relation.kind is not RelationKind.INCIDENT:
        seen.add(id(memory.matter(relation.of_message)))
    for old in memory.strangers(new):
        matter = memory.matter(old.message.key)
        if id(matter) not in seen and (found := _look_alike(new, old)):
            seen.add(id(matter))
            yield found


def _look_alike(new: Voice, old: Voice) -> Suggestion | None:
    both, of_new, of_old = common(new, old)
    evidence = [Evidence(Sign.SAME_NUMBER, n) for n in sorted(new.orders & old.orders)]
    near = both >= NEAR or (len(old.body) >= SHORT and of_old >= HELD)
    if near and not told_apart(new, old):
        evidence.append(Evidence(Sign.SAME_WORDS, str(round(100 * max(both, of_old)))))
    if not evidence:
        return None
    of = old.message.key
    return Suggestion(of, (Evidence(Sign.OTHER_CUSTOMER), *evidence), round(max(both, of_new), 4))
