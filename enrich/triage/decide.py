"""From what rules and heads saw to one judgement.

Words that a rule saw asserted raise the heads' log-odds of a label; where the costs of being wrong
say so, the label is given (`casebook.handling.Cost.threshold`).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from casebook.handling import Costs
from casebook.types import Cause, Conduct, Crisis, Demand, HarassmentType, Kind
from enrich.triage.context import Holds
from enrich.triage.heads import LABELS, LEVELS, ONE_OF, Probabilities
from enrich.triage.rules import Signal, harassment_type

URGENT = frozenset({Crisis.LEGAL.value, Crisis.MEDIA.value})
"""Kinds of crisis that are urgent; any other is grave in itself."""

GRAVE = ("crisis:", "threat:")
"""How the labels of rules begin that must never be missed."""
_GRAVE = tuple(name.value for name in Crisis if name.value not in URGENT)

_WEIGHT = {
    "threat": (3.0, -0.05, 3.5),
    "harassment": (1.8, -0.6, 4.5),
    "unreasonable": (0.7, 0.0, 3.5),
    "urgent": (0.7, -0.1, 4.0),
    "crisis": (0.45, -0.05, 3.0),
    "demand": (0.3, 0.0, 3.2),
    "kind": (0.1, 0.0, 1.3),
    "kind:spam": (1.7, -0.6, 3.0),
    "kind:auto": (1.7, -1.5, 5.0),
}
"""By a rule's label, or its first part, what it is worth in log-odds (Good, "Weight of Evidence: A
Brief Survey", 1985): beside the heads, which see most of what a rule sees, where its words are
asserted and where not, from a logistic regression on the heads' leave-one-out scores with and
without the rule; and without heads, where its words are asserted, the logarithm of recall / false
alarms. All measured on exemplars that were written after the rules."""
_CUT_OUT = math.log(2)
_LIFE = "threat:life"
_DEMANDED = 0.4
"""Probability above which a demand is named: one too many costs the reply a sentence, one too few
the customer another message."""
_LIKELY = 0.5
_CERTAIN = 0.8
_ASKING = (Kind.COMPLAINT, Kind.INQUIRY, Kind.REQUEST)
_RARE = 0.05
"""Probability of a label that the heads do not know (a kind of crisis of a trade's own), before a
rule speaks for it: its words must decide alone."""
_MIXED = ("crisis", "demand", "severity", "conduct")
"""Groups of labels that a single passage of a long text can give away."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of one message: the rules' signals, and the heads' probabilities of the whole,
    of each passage, and of each sentence that a rule's grave words stand in (`pointed`).

    Where there are no heads (`alone`), the `whole` is what is believed of any message. `rules` are
    the labels of all rules, seen or not. `meant`: the heads knew what it means, beside its words.
    """

    signals: tuple[Signal, ...]
    whole: Probabilities
    passages: Sequence[Probabilities] = ()
    pointed: Sequence[Probabilities] = ()
    rules: Collection[str] = ()
    alone: bool = False
    meant: bool = True

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
    divided by their number. A sentence that a rule points to is none of them, and its odds are only
    halved, for want of what stands around it: thanks must not hide that somebody was hurt.
    """
    found = dict(seen.whole)
    many = math.log(len(seen.passages) or 1)
    parts = [(many, one) for one in seen.passages] + [(_CUT_OUT, one) for one in seen.pointed]
    for label in LABELS:
        if parts and label.startswith(_MIXED) and label != "conduct:ordinary":
            best = max(_logit(one[label]) - less for less, one in parts)
            found[label] = max(found[label], _probability(best))
    for label, weight in _weights(seen).items():
        found[label] = _probability(_logit(found.get(label, _RARE)) + weight)
    return _normal(found)


def decision(seen: Seen, costs: Costs) -> Decision:
    """The labels that the probabilities and the costs of being wrong give."""
    found = joined(seen)
    kind, conduct = _kind(found), _conduct(found, costs)
    crisis = _crisis(found, costs, grave=found["severity:3"] > costs.crisis.threshold)
    demands = tuple(name for name in Demand if found[f"demand:{name}"] > _DEMANDED)
    life = conduct is Conduct.THREAT and any(one.label == _LIFE for one in seen.asserted)
    least = 3 if life or set(crisis) - URGENT else _least(kind, conduct, crisis)
    severity = max(least, _severity(found, costs))
    if severity == 3 and conduct is not Conduct.THREAT and not set(crisis) - URGENT:
        # Whoever takes over a crisis needs the steps for its likeliest kind.
        crisis = (*crisis, max(_GRAVE, key=lambda name: found[f"crisis:{name}"]))
    # Nobody who was hurt, leaked or threatened comes to praise.
    complains = conduct is Conduct.THREAT or (severity == 3 and kind not in _ASKING)
    kind = Kind.COMPLAINT if complains else kind
    cause = _best(found, "cause", Cause) if kind is Kind.COMPLAINT else ""
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
    asserted = {signal.label for signal in seen.asserted}
    for rule in asserted.union(() if seen.alone else seen.rules):
        there, absent, alone = _WEIGHT.get(rule) or _WEIGHT[rule.partition(":")[0]]
        # A trade's own kinds of crisis the heads do not know, and of words alone they know too
        # little to doubt that somebody is hurt or threatened.
        unknown = rule.startswith("crisis:") and rule not in LABELS
        by_words = seen.alone or unknown or (rule.startswith(GRAVE) and not seen.meant)
        weight = absent if rule not in asserted else alone if by_words else there
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


def _crisis(found: Mapping[str, float], costs: Costs, *, grave: bool) -> tuple[str, ...]:
    """The kinds of crisis: of what is not `grave` as a whole only the urgent ones, and what is as
    good as certain. Seven doubtful kinds would else make many a crisis of nothing."""
    names = (label.partition(":")[2] for label in found if label.startswith("crisis:"))
    doubtful = {True: costs.crisis.threshold, False: max(_CERTAIN, costs.crisis.threshold)}
    return tuple(
        name
        for name in names
        if found[f"crisis:{name}"] > (costs.urgent.threshold if name in URGENT else doubtful[grave])
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
