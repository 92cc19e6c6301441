"""What a message is, how grave, what is asked, and how the person deals with us.

Rules (`enrich.triage.rules`) see words that must never be missed, heads (`enrich.triage.heads`) the
message as a whole; `enrich.triage.decide` joins them by the costs of being wrong.
"""

from __future__ import annotations

from collections.abc import Sequence

from casebook.handling import Costs
from casebook.types import Asked, Conduct, Span, Triage
from casebook.words import Words
from enrich.clean import MAX_CHARACTERS
from enrich.triage.decide import Decision, Seen, decision
from enrich.triage.entities import entities, missing
from enrich.triage.grams import passages
from enrich.triage.heads import Features, Heads, Probabilities, prior
from enrich.triage.rules import Rules

_DEFAULT = Costs()


class Judge:
    """Judges messages by a policy's words and costs, and by fitted heads."""

    def __init__(self, words: Words, heads: Heads | None, costs: Costs = _DEFAULT) -> None:
        """Without `heads` the words decide alone."""
        self._rules = Rules(words)
        self._heads = heads
        self._costs = costs

    def __call__(self, asked: Sequence[Asked]) -> list[Triage]:
        """One judgement a message, in their order. Of each the first MAX_CHARACTERS are read; spans
        count in the subject, a line break, the text. A vector must be of the heads' space, or
        empty."""
        wholes, parts = self._probabilities(asked)
        return [
            self._judged(one, whole, part)
            for one, whole, part in zip(asked, wholes, parts, strict=True)
        ]

    def _probabilities(
        self, asked: Sequence[Asked]
    ) -> tuple[Sequence[Probabilities], Sequence[Sequence[Probabilities]]]:
        """Those of each message, and those of its passages."""
        if self._heads is None:
            return [prior()] * len(asked), [()] * len(asked)
        read = self._heads.features
        texts = [_whole(one) for one in asked]
        cut = [[read(part) for part in passages(text)] for text in texts]
        wholes = [
            Features.together(parts) if parts else read(text)
            for text, parts in zip(texts, cut, strict=True)
        ]
        found = self._heads.probabilities(wholes, [one.vector for one in asked])
        parts = [part for one in cut for part in one]
        rest = iter(self._heads.probabilities(parts, [b""] * len(parts)))
        return found, [[next(rest) for _ in one] for one in cut]

    def _judged(self, asked: Asked, whole: Probabilities, parts: Sequence[Probabilities]) -> Triage:
        signals = self._rules(asked.subject, asked.text)
        looked = Seen(signals, whole, parts, alone=self._heads is None)
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


def _whole(asked: Asked) -> str:
    return f"{asked.subject}\n{asked.text}"[:MAX_CHARACTERS]
