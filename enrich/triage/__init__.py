"""What a message is, how grave, what is asked, and how the person deals with us.

Rules (`enrich.triage.rules`) see words that must never be missed, heads (`enrich.triage.heads`) the
message as a whole; `enrich.triage.decide` joins them by the costs of being wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from casebook.handling import Costs
from casebook.types import Asked, Conduct, Span, Triage
from casebook.words import Words
from enrich.clean import MAX_CHARACTERS
from enrich.triage.context import Holds
from enrich.triage.decide import GRAVE, Decision, Seen, decision
from enrich.triage.entities import entities, missing
from enrich.triage.grams import passages, sentences
from enrich.triage.heads import Features, Heads, prior
from enrich.triage.rules import Rules, Signal

_DEFAULT = Costs()


class Judge:
    """Judges messages by a policy's words and costs, and by fitted heads."""

    def __init__(self, words: Words, heads: Heads | None, costs: Costs = _DEFAULT) -> None:
        """Without `heads` the words decide alone."""
        self._rules = Rules(words)
        self._labels = tuple(label for label, patterns in words.labelled() if patterns)
        self._heads = heads
        self._costs = costs

    def __call__(self, asked: Sequence[Asked]) -> list[Triage]:
        """One judgement a message, in their order. Of each the first MAX_CHARACTERS are read; spans
        count in the subject, a line break, the text. A vector must be of the heads' space, or
        empty."""
        signals = [self._rules(one.subject, one.text) for one in asked]
        seen = self._seen(asked, signals)
        return [self._judged(one, looked) for one, looked in zip(asked, seen, strict=True)]

    def _seen(
        self, asked: Sequence[Asked], signals: Sequence[tuple[Signal, ...]]
    ) -> Iterator[Seen]:
        """What was seen of each message."""
        if self._heads is None:
            yield from (Seen(found, prior(), alone=True) for found in signals)
            return
        read = self._heads.features
        texts = [_whole(one) for one in asked]
        cut = [[read(part) for part in passages(text)] for text in texts]
        pointed = [
            [read(part) for part in _pointed(text, found)]
            for text, found in zip(texts, signals, strict=True)
        ]
        wholes = [
            Features.together(parts) if parts else read(text)
            for text, parts in zip(texts, cut, strict=True)
        ]
        found = self._heads.probabilities(wholes, [one.vector for one in asked])
        pieces = [
            piece for pair in zip(cut, pointed, strict=True) for part in pair for piece in part
        ]
        rest = iter(self._heads.probabilities(pieces, [b""] * len(pieces)))
        for place, whole in enumerate(found):
            own, grave = (list(islice(rest, len(part[place]))) for part in (cut, pointed))
            meant = bool(asked[place].vector)
            yield Seen(signals[place], whole, own, grave, self._labels, meant=meant)

    def _judged(self, asked: Asked, looked: Seen) -> Triage:
        found = decision(looked, self._costs)
        text = _whole(asked)
        values = entities(text)
        evidence = tuple(signal.span for signal in looked.asserted)
        return Triage(
            kind=found.kind,
            severity=found.severity,
            conduct=found.conduct,
            language=asked.language,
            cause=found.cause,
            conduct_types=found.conduct_types,
            anger=found.anger,
            crisis=found.crisis,
            demands=found.demands,
            products=values.get("product", ()),
            entities=values,
            missing=missing(found.kind, found.cause, found.demands, values, text),
            evidence=(*evidence, *self._shown(found, evidence, text)),
            confidence=found.confidence,
        )

    def _shown(self, decision: Decision, evidence: Sequence[Span], text: str) -> list[Span]:
        """The sentence that speaks most for each grave label that no rule's words show."""
        told = {span.label.partition(":")[0] for span in evidence} | {s.label for s in evidence}
        wanted = [f"crisis:{name}" for name in decision.crisis]
        if decision.conduct is not Conduct.ORDINARY:
            wanted.append(f"conduct:{decision.conduct}")
        missing = [label for label in wanted if label.removeprefix("conduct:") not in told]
        return [] if self._heads is None else self._heads.strongest(text, missing)


def _pointed(text: str, signals: Sequence[Signal]) -> list[str]:
    """The sentences of `text` in which a rule saw words of a crisis or a threat that are meant."""
    places = [
        signal.span.start
        for signal in signals
        if signal.holds is Holds.ASSERTED and signal.label.startswith(GRAVE)
    ]
    found = sentences(text) if places else []
    return [
        text[start:end] for start, end in found if any(start <= place < end for place in places)
    ]


def _whole(asked: Asked) -> str:
    return f"{asked.subject}\n{asked.text}"[:MAX_CHARACTERS]
