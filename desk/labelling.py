"""The labels of triage as people say them, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from casebook.config import settings
from casebook.policy import load_policy
from desk import names
from desk.words import plain, say

_Names = Mapping[str, tuple[str, str]]
_LONGEST = 200
ARROW = " → "
"""Between what was and what is."""

LABELS: _Names = {
    "kind": ("種類", "Kind"),
    "severity": ("重さ", "Severity"),
    "cause": ("原因", "Cause"),
    "demands": ("ご要望", "What is asked for"),
    "crisis": ("危機", "Crisis"),
    "conduct": ("言動", "Conduct"),
    "conduct_types": ("言動の類型", "Types of conduct"),
    "anger": ("怒り", "Anger"),
    "products": ("商品", "Products"),
}
_CAUSE = {
    "expectation_gap": ("期待との違い", "expectation gap"),
    "defect": ("商品の不具合", "defect"),
    "service": ("サービス・接客", "service"),
    "misinformation": ("案内・表示の誤り", "wrong information"),
    "emotional": ("気持ちの問題", "feelings"),
    "other": ("その他", "other"),
}
_DEMAND = {
    "refund": ("返金", "refund"),
    "replacement": ("交換", "replacement"),
    "repair": ("修理", "repair"),
    "apology": ("謝罪", "apology"),
    "explanation": ("説明", "explanation"),
    "compensation": ("補償", "compensation"),
    "information": ("情報", "information"),
    "improvement": ("改善", "improvement"),
    "contact": ("連絡", "being contacted"),
    "cancellation": ("解約・取り消し", "cancellation"),
}
_CRISIS = {
    "personal_data": ("個人情報", "personal data"),
    "injury": ("けが・健康被害", "injury"),
    "safety_defect": ("安全上の欠陥", "safety defect"),
    "service_error_damage": ("当社の誤りによる損害", "damage by our error"),
    "legal": ("法的措置", "legal action"),
    "media": ("報道・拡散", "media"),
    "self_harm": ("自傷のおそれ", "self-harm"),
}
_URGENT = {
    "unanswered": ("返事がない", "unanswered"),
    "large_loss": ("大きな損失", "large loss"),
    "vulnerable": ("配慮が必要な方", "vulnerable person"),
}
_TYPES = {
    "physical_attack": ("身体的な攻撃", "physical attack"),
    "mental_attack": ("精神的な攻撃", "mental attack"),
    "dogeza": ("土下座の要求", "demand to kneel"),
    "persistent": ("継続的な言動", "persistence"),
    "confinement": ("拘束的な行動", "confinement"),
    "discrimination": ("差別的な言動", "discrimination"),
    "sexual": ("性的な言動", "sexual conduct"),
    "personal_attack": ("個人への攻撃", "attack on a person"),
    "excessive_demand": ("過大な要求", "excessive demand"),
}
_MORE = {
    "life": ("生命・身体", "life and limb"),
    "property": ("財産・施設", "property"),
    "extortion": ("金品の要求", "extortion"),
    "dismissal": ("従業員の解雇", "dismissal of staff"),
    "money": ("金銭", "money"),
    "special_treatment": ("特別扱い", "special treatment"),
    "insult": ("侮辱", "insult"),
}
_ANGER = {
    "0": ("落ち着いている", "calm"),
    "1": ("不満", "displeased"),
    "2": ("怒っている", "angry"),
    "3": ("激怒", "furious"),
}
_ORDINARY = ("通常", "ordinary")
_GROUPS = {
    "kind": ("種類", "kind"),
    "crisis": ("危機", "crisis"),
    "urgent": ("緊急", "urgent"),
    "demand": ("ご要望", "asked for"),
    "cause": ("原因", "cause"),
    "threat": ("脅迫", "threat"),
    "harassment": ("暴言・迷惑行為", "harassment"),
    "unreasonable": ("過大な要求", "unreasonable"),
    "anger": ("怒り", "anger"),
    "severity": ("重さ", "severity"),
}
_VALUES: _Names = {**_MORE, **_URGENT, **_TYPES, **_CRISIS, **_DEMAND}


def label_name(label: str) -> str:
    """What a label is called; its own name where there are no words."""
    return _said(LABELS, label)


def value(label: str, told: object) -> str:
    """A value of the label `label` in words; as it stands where there are none."""
    text = str(told)
    if label == "kind":
        return names.kind(text)
    if label == "severity":
        return names.severity(int(text)) if text in ("0", "1", "2", "3") else text
    if label == "conduct":
        return names.conduct(text) or say(*_ORDINARY)
    if label == "cause":
        own = load_policy(settings().policy).causes.get(text)
        if own is not None:
            return own.name.in_(say("ja", "en"))
        return _said(_CAUSE, text)
    if label == "anger":
        return _said(_ANGER, text)
    return _said(_VALUES, text)


def values(label: str, told: object) -> str:
    """One value or several, in words; a dash for none."""
    if isinstance(told, list | tuple):
        return say("、", ", ").join(value(label, one) for one in told) or "–"
    return "–" if told in (None, "") else value(label, told)


def changes(note: str) -> str:
    """What a correction changed (`kind: complaint → praise; …`), in words."""
    return say("、", "; ").join(_change(piece) for piece in note.split("; ") if piece)


def _change(piece: str) -> str:
    name, _, change = piece.partition(": ")
    if name not in LABELS:
        return plain(piece, _LONGEST)
    told = (listed(name, one) for one in change.split(ARROW))
    return f"{say(*LABELS[name])} {plain(ARROW.join(told), _LONGEST)}"


def listed(label: str, text: str) -> str:
    """Values as the record's notes list them, in words."""
    return "–" if text == "–" else values(label, text.split(", "))


def evidence(label: str) -> str:
    """What a passage of evidence shows: `crisis:injury` as 「危機：けが・健康被害」."""
    group, _, kind = label.partition(":")
    head = say(*_GROUPS[group]) if group in _GROUPS else names.conduct(group) or group
    if not kind:
        return head
    told = names.kind(kind) if group == "kind" else _said({**_VALUES, **_CAUSE}, kind)
    return f"{head}{say('：', ': ')}{told}"


def seen(found: Iterable[tuple[str, str]]) -> list[str]:
    """The passages that the labels rest on (label and words), one line each."""
    return [f"{evidence(label)}{say('：', ': ')}{words}" for label, words in found]


def tone(label: str) -> str:
    """The colour in which a passage of evidence is marked."""
    group = label.partition(":")[0]
    if group in ("crisis", "threat"):
        return "crisis"
    return "urgent" if group in ("urgent", "harassment", "unreasonable") else "info"


def _said(known: _Names, text: str) -> str:
    return say(*known[text]) if text in known else text
