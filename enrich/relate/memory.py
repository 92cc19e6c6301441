"""What is known while messages are related: matters, accounts, numbers, threads and events."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import timedelta

from casebook.types import KnownMessage, Relation, RelationKind
from enrich.relate.events import Events, Voice
from enrich.relate.facts import Facts

NUMBER_WINDOW = timedelta(days=180)
"""How far apart two messages that name one order may be and still be one matter."""

_NEWEST = 200
"""Messages of one customer that are compared; more come from a machine."""

_LOOK_ALIKES = 50
"""Texts with one shingle or number in common that are compared; more have it from a form letter."""

_COMPARED = 10
"""Likely look-alikes that are compared in full."""

_SEVERAL = 2
"""Common hashes of two texts' sketches from which they may look alike."""

_READABLE = 40
"""Characters below which a text is too common to look like another one."""


@dataclass(eq=False, slots=True)
class Matter:
    """One matter: its messages, oldest first, and the accounts that its customer has shown."""

    voices: list[Voice] = field(default_factory=list)
    accounts: set[str] = field(default_factory=set)

    @property
    def first(self) -> int:
        """The message that opened it, as far as it is known."""
        return self.voices[0].message.key

    @property
    def facts(self) -> Facts:
        """The numbers of all its messages."""
        read = [voice.facts for voice in self.voices[-_NEWEST:]]
        return Facts(
            frozenset[str]().union(*(facts.orders for facts in read)),
            frozenset[str]().union(*(facts.numbers for facts in read)),
        )


class Memory:
    """All messages that were seen, by whatever leads to them."""

    def __init__(self) -> None:
        self.events = Events()
        self._voices: dict[int, Voice] = {}
        self._matters: dict[int, Matter] = {}
        self._by_case: dict[int, Matter] = {}
        self._by_account: dict[str, list[Matter]] = defaultdict(list)
        self._by_name: dict[str, int] = {}
        self._by_number: dict[str, list[int]] = defaultdict(list)
        self._by_shingle: dict[int, list[int]] = defaultdict(list)
        self._repeats: dict[int, int] = {}

    def remember(self, voice: Voice, relation: Relation | None = None) -> None:
        """Take a message in; with its relation where it was judged just now."""
        message = voice.message
        matter = self._matter_for(message, relation)
        matter.voices.append(voice)
        self._voices.setdefault(message.key, voice)
        self._matters.setdefault(message.key, matter)
        fresh = message.author and message.author not in matter.accounts
        if fresh and _shows_account(message, relation):
            matter.accounts.add(message.author)
            self._by_account[message.author].append(matter)
        if message.message_id:
            self._by_name.setdefault(message.message_id, message.key)
        for order in voice.orders:
            self._by_number[order].append(message.key)
        for shingle in voice.sketch if len(voice.body) >= _READABLE else ():
            self._by_shingle[shingle].append(message.key)
        self._note(voice, relation)

    def _note(self, voice: Voice, relation: Relation | None) -> None:
        key, kind = voice.message.key, relation.kind if relation else None
        if relation and kind is RelationKind.DUPLICATE and relation.of_message is not None:
            self._repeats[key] = relation.of_message
        if relation and kind is RelationKind.INCIDENT:
            self.events.add(voice, relation.of_message)
        elif kind is RelationKind.NEW or voice.message.voice_of is not None:
            self.events.add(voice, voice.message.voice_of)
        elif relation is None and self._matters[key].first == key:
            self.events.add(voice, None)

    def matter(self, key: int) -> Matter:
        """The matter of a message that was remembered."""
        return self._matters[key]

    def of_case(self, case: int) -> Matter | None:
        """The matter of a case; None where none of its messages is known."""
        return self._by_case.get(case)

    def first_said(self, key: int) -> int:
        """The message whose words the message `key` repeats; itself where it repeats none."""
        return self._repeats.get(key, key)

    def answered(self, new: Voice) -> Voice | None:
        """The latest known message in the thread of `new`."""
        for name in reversed(new.message.thread):
            key = self._by_name.get(name)
            if key is not None and key != new.message.key:
                return self._voices[key]
        return None

    def accounts(self, author: str) -> frozenset[str]:
        """The accounts of the customer who writes as `author`."""
        matters = self._by_account.get(author, ())
        return frozenset({author}.union(*(matter.accounts for matter in matters)))

    def earlier(self, new: Voice) -> list[Voice]:
        """The customer's earlier messages, latest first, as many and as old as count."""
        found = [
            voice
            for matter in self._by_account.get(new.message.author, ())
            for voice in matter.voices[-_NEWEST:]
            if voice.message.key != new.message.key
            and abs(new.message.at - voice.message.at) <= NUMBER_WINDOW
        ]
        found.sort(key=lambda voice: (voice.message.at, voice.message.key), reverse=True)
        return found[:_NEWEST]

    def strangers(self, new: Voice) -> list[Voice]:
        """Other customers' messages that may look like `new`: with its order number, or with
        several of the hashes that stand for its words, the likeliest first."""
        own = {id(matter) for matter in self._by_account.get(new.message.author, ())}
        votes: Counter[int] = Counter()
        for order in new.orders:
            votes.update(dict.fromkeys(self._by_number.get(order, [])[-_LOOK_ALIKES:], _SEVERAL))
        for shingle in new.sketch:
            votes.update(self._by_shingle.get(shingle, [])[-_LOOK_ALIKES:])
        found = [self._voices[key] for key, count in votes.most_common() if count >= _SEVERAL]
        return [v for v in found if id(self._matters[v.message.key]) not in own][:_COMPARED]

    def _matter_for(self, message: KnownMessage, relation: Relation | None) -> Matter:
        """The matter that a message belongs to; a new one where it belongs to none."""
        matter = None
        if relation and relation.kind in (RelationKind.DUPLICATE, RelationKind.FOLLOW_UP):
            matter = self._matters.get(relation.of_message or 0) or self.of_case(
                relation.of_case or 0
            )
        elif message.case is not None:
            matter = self._by_case.get(message.case)
        matter = matter or Matter()
        for case in {message.case, relation.of_case if relation else None} - {None}:
            assert case is not None
            self._by_case.setdefault(case, matter)
        return matter


def _shows_account(message: KnownMessage, relation: Relation | None) -> bool:
    """Whether the author is the matter's customer: a stranger who answers in a thread (a colleague,
    somebody in public) is not, unless a receipt number was quoted."""
    thread = relation and relation.kind is RelationKind.FOLLOW_UP and not message.receipts
    return not thread
