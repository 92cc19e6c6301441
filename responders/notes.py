"""What stands beside a draft for whoever approves it, and never in it: how the same was solved,
what is suggested and who may decide it, the steps not to be forgotten, what the triage saw."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from casebook.policy import Policy
from casebook.types import Triage
from casebook.wording import Bilingual

_SIMILAR = 3
"""Past cases that are shown."""
_EXCERPT = 120
_MASKED = Bilingual(ja="〔伏せ字〕", en="[masked]")
_QUOTED = Bilingual(ja="「{}」", en="“{}”")


@dataclass(frozen=True, slots=True)
class Past:
    """A case like this one: its receipt number, what it was called, how it was solved."""

    receipt: str
    title: str
    solution: str


@dataclass(frozen=True, slots=True)
class Notes:
    """For the approver. `solution` is what is suggested, `authority` who may decide it and what the
    reply may grant by itself; both empty where the policy names nothing. `evidence` are the labels
    of the triage with the words that show them; `flags` are what to look at before approving."""

    similar: tuple[Past, ...]
    solution: str
    authority: str
    checklist: tuple[str, ...]
    evidence: tuple[tuple[str, str], ...]
    flags: tuple[str, ...]


def notes(policy: Policy, triage: Triage, language: str, similar: Sequence[Past] = ()) -> Notes:
    """The notes of a case, in the `language` of the people who approve."""
    found = policy.solution(triage)
    steps = (step for one in policy.checklists(triage) for step in one.checklist)
    return Notes(
        similar=tuple(similar[:_SIMILAR]),
        solution=found.solution.in_(language) if found else "",
        authority=_authority(policy, found.department, language) if found else "",
        checklist=tuple(step.in_(language) for step in steps),
        evidence=tuple(_evidence(policy, triage, language)),
        flags=tuple(flag.in_(language) for flag in _flags(policy, triage)),
    )


def _authority(policy: Policy, department: str, language: str) -> str:
    name, table = policy.departments[department].name, policy.authority
    granted = [
        Bilingual(
            ja=f"{table.refund_max_yen:,}円までの返金",
            en=f"a refund of up to ¥{table.refund_max_yen:,}",
        )
        if table.refund_max_yen
        else None,
        Bilingual(ja="交換", en="a replacement") if table.may_replace else None,
        Bilingual(ja="補償", en="compensation") if table.may_compensate else None,
    ]
    told = [one.in_(language) for one in granted if one]
    if language == "en":
        may = f"the reply may grant {', '.join(told)}" if told else "the reply grants nothing"
        return f"{name.en} decides; {may}"
    may = f"返信で認められるもの：{'、'.join(told)}" if told else "返信では何も認めない"
    return f"{name.ja}が決定。{may}"


def _evidence(policy: Policy, triage: Triage, language: str) -> Iterable[tuple[str, str]]:
    for span in triage.evidence:
        quoted = " ".join(span.text.split())[:_EXCERPT]
        shown = (
            _MASKED.in_(language)
            if policy.masking.hides(span.label)
            else _QUOTED.in_(language).format(quoted)
        )
        yield span.label, shown


def _flags(policy: Policy, triage: Triage) -> Iterable[Bilingual]:
    if triage.language not in ("ja", "en"):
        code = triage.language or "?"
        yield Bilingual(
            ja=f"お客様の言語（{code}）では返信を書けません。方針の言語で書いています",
            en=f"The customer writes in another language ({code}); the reply is in the policy's",
        )
    if not triage.confidence:
        return
    if (sure := triage.confidence.get("kind", 1.0)) < 0.5:
        yield Bilingual(
            ja=f"種類の判定に自信がありません（{sure:.0%}）",
            en=f"What kind of message it is, is doubtful ({sure:.0%})",
        )
