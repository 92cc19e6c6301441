"""From what rules and heads saw to one judgement.

Words that a rule saw asserted raise the heads' log-odds of a label; where the costs of being wrong
say so, the label is given (`casebook.handling.Cost.threshold`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from casebook.handling import Costs
from casebook.types import Cause, Conduct, Crisis, Demand, HarassmentType, Kind
from enrich.triage.context import Holds
from enrich.triage.heads import LABELS, LEVELS, ONE_OF, Probabilities
from enrich.triage.rules import Signal, harassment_type

URGENT = frozenset({Crisis.LEGAL.value, Crisis.MEDIA.value})
"""Kinds of crisis that are urgent; any other is grave in itself."""

_WEIGHT = {
    "threat": (1.7, 3.5),
    "harassment": (3.0, 4.5),
    "unreasonable": (0.5, 3.5),
    "urgent": (1.3, 4.0),
    "crisis": (1.0, 3.0),
    "demand": (1.1, 3.2),
    "kind": (0.3, 1.3),
    "kind:spam": (2.0, 3.0),
    "kind:auto": (2.0, 5.0),
}
"""By a rule's label, or its first part, what its words are worth in log-odds where they are meant
(Good, "Weight of Evidence: A Brief Survey", 1985): beside the heads, which see most of what a rule
sees, the coefficient in a logistic regression on their leave-one-out scores and the rule; without
heads the logarithm of recall / false alarms. Both measured on exemplars that were written after the
rules."""
_LIFE = "threat:life"
_DEMANDED = 0.4
"""Probability above which a demand is named: one too many costs the reply a sentence, one too few
the customer another message."""
_LIKELY = 0.5
_RARE = 0.05
"""Probability of a label that the heads do not know (a kind of crisis of a trade's own), before a
rule speaks for it: its words must decide alone."""
_MIXED = ("crisis", "demand", "severity", "conduct")
"""Groups of labels that a single passage of a long text can give away."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of one message: the rules' signals, and the heads' probabilities of the whole
    and of each passage; of the `whole` what is believed of any message where there are no heads
    (`alone`)."""

    signals: tuple[Signal, ...]
    whole: Probabilities
    passages: Sequence[Probabilities] = ()
    alone: bool = False

    @property
    def asserted(self) -> tuple[Signal, ...]:
        """The signals that decide."""
        return tuple(signal for signal in self.signals if signal.holds is Holds.ASSERTED)


@dataclass(frozen=True, slots=True)
class Decision:
    """The labels of one message, each with its confidence, 0..1."""

    kind: Kind
    cause: str
    conduct: Conduct
    conduct_types: tuple[str, ...]
    severity: int
    anger: int
    crisis: tuple[str, ...]
    demands: tuple[str, ...]
    confidence: Mapping[str, float]


def joined(seen: Seen) -> dict[str, float]:
    """The probability of each label, from rules and heads together.

    The more passages, the likelier that one looks like something by chance: the odds of each are
    divided by their number.
    """
    found = dict(seen.whole)
    for label in LABELS:
        if seen.passages and label.startswith(_MIXED) and label != "conduct:ordinary":
            best = max(_logit(one[label]) for one in seen.passages)
            found[label] = max(found[label], _probability(best - math.log(len(seen.passages))))
    for label, weight in _weights(seen).items():
        found[label] = _probability(_logit(found.get(label, _RARE)) + weight)
    return _normal(found)


def decision(seen: Seen, costs: Costs) -> Decision:
    """The labels that the probabilities and the costs of being wrong give."""
    found = joined(seen)
    conduct = _conduct(found, costs)
    kind = Kind.COMPLAINT if conduct is Conduct.THREAT else _kind(found)
    cause = _best(found, "cause", Cause) if kind is Kind.COMPLAINT else ""
    crisis = _crisis(found, costs)
    demands = tuple(name for name in Demand if found[f"demand:{name}"] > _DEMANDED)
    life = conduct is Conduct.THREAT and any(one.label == _LIFE for one in seen.asserted)
    least = 3 if life or set(crisis) - URGENT else _least(kind, conduct, crisis)
    severity = max(least, _severity(found, costs))
    types = [harassment_type(signal.label) for signal in seen.asserted]
    return Decision(
        kind=kind,
        cause=cause,
        conduct=conduct,
        conduct_types=_types(conduct, types),
        severity=severity,
        anger=sum(found[f"anger:{level}"] > _LIKELY for level in LEVELS["anger"]),
        crisis=crisis,
        demands=demands,
        confidence={
            "kind": found[f"kind:{kind}"],
            **({"cause": found[f"cause:{cause}"]} if cause else {}),
            "conduct": found[f"conduct:{conduct}"],
            "severity": _at(found, severity),
            **{f"crisis:{name}": found[f"crisis:{name}"] for name in crisis},
            **{f"demand:{name}": found[f"demand:{name}"] for name in demands},
        },
    )


def _weights(seen: Seen) -> dict[str, float]:
    """The weight of the rules' evidence for each label that any of them speaks for."""
    found: dict[str, float] = {}
    for rule in {signal.label for signal in seen.asserted}:
        weight = (_WEIGHT.get(rule) or _WEIGHT[rule.partition(":")[0]])[seen.alone]
        for label in _speaks_for(rule):
            found[label] = max(weight, found.get(label, weight))
    return found


def _speaks_for(label: str) -> tuple[str, ...]:
    """The heads' labels that a rule's label speaks for."""
    group, _, name = label.partition(":")
    if group in ("threat", "harassment", "unreasonable"):
        return (f"conduct:{group}",) if label != _LIFE else (f"conduct:{group}", "severity:3")
    if group == "urgent":
        return (f"crisis:{name}", "severity:2") if name in URGENT else ("severity:2",)
    return (label, "severity:3") if group == "crisis" else (label,)


def _normal(found: dict[str, float]) -> dict[str, float]:
    """Probabilities that sum to 1 where a message has one label, and fall with the level."""
    for group, names in ONE_OF.items():
        total = sum(found[f"{group}:{name}"] for name in names)
        for name in names:
            found[f"{group}:{name}"] /= total
    for group, levels in LEVELS.items():
        for low, high in zip(levels[-2::-1], levels[:0:-1], strict=True):
            found[f"{group}:{low}"] = max(found[f"{group}:{low}"], found[f"{group}:{high}"])
    return found


def _conduct(found: Mapping[str, float], costs: Costs) -> Conduct:
    if found["conduct:threat"] > costs.threat.threshold:
        return Conduct.THREAT
    # Whether it is one or the other matters less than that an honest customer is called neither.
    harassment, unreasonable = found["conduct:harassment"], found["conduct:unreasonable"]
    worse = Conduct.HARASSMENT if harassment >= unreasonable else Conduct.UNREASONABLE
    cost = costs.harassment if worse is Conduct.HARASSMENT else costs.unreasonable
    return worse if harassment + unreasonable > cost.threshold else Conduct.ORDINARY


def _kind(found: Mapping[str, float]) -> Kind:
    return max(Kind, key=lambda kind: found[f"kind:{kind}"])


def _best(found: Mapping[str, float], group: str, names: type[Cause]) -> str:
    return max(names, key=lambda name: found[f"{group}:{name}"]).value


def _crisis(found: Mapping[str, float], costs: Costs) -> tuple[str, ...]:
    names = (label.partition(":")[2] for label in found if label.startswith("crisis:"))
    return tuple(
        name
        for name in names
        if found[f"crisis:{name}"] > (costs.urgent if name in URGENT else costs.crisis).threshold
    )


def _severity(found: Mapping[str, float], costs: Costs) -> int:
    if found["severity:3"] > costs.crisis.threshold:
        return 3
    if found["severity:2"] > costs.urgent.threshold:
        return 2
    return int(found["severity:1"] > _LIKELY)


def _least(kind: Kind, conduct: Conduct, crisis: tuple[str, ...]) -> int:
    if crisis or conduct is Conduct.THREAT:
        return 2
    return int(conduct is not Conduct.ORDINARY)


def _at(found: Mapping[str, float], severity: int) -> float:
    """The probability of exactly this severity."""
    above = found.get(f"severity:{severity + 1}", 0.0)
    return max(0.0, found.get(f"severity:{severity}", 1.0) - above)


def _types(conduct: Conduct, seen: Sequence[HarassmentType | None]) -> tuple[str, ...]:
    if conduct is Conduct.ORDINARY:
        return ()
    return tuple(dict.fromkeys(name.value for name in seen if name))


def _logit(probability: float) -> float:
    bounded = min(max(probability, 1e-6), 1 - 1e-6)
    return math.log(bounded / (1 - bounded))


def _probability(logit: float) -> float:
    return 1 / (1 + math.exp(-logit))
