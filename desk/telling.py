"""The audit of a case, told in words."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from casebook import models as m
from casebook.findings import WHY
from casebook.moves.base import MACHINE
from casebook.states import DraftState, MessageState, PromiseState
from casebook.timing import Broken
from desk import health, labelling, names
from desk.labelling import ARROW
from desk.show import when
from desk.words import language, plain, say

_LONGEST = 200

_NOTES = {
    "the customer wrote again": ("お客様から再びご連絡", "the customer wrote again"),
    "the conversation has moved on": ("やり取りが進んだため", "the conversation has moved on"),
    "the case holds other messages now": (
        "案件のメッセージが変わったため",
        "the case holds other messages now",
    ),
    "drafted anew": ("返信案を作り直すため", "to be drafted anew"),
    "deleted where it came from": ("投稿元で削除されたため", "deleted where it came from"),
    "taken back": ("承認の取り消し", "approval taken back"),
    "another reply went out": ("別の返信を送ったため", "another reply went out"),
    "another was written": ("別の返信を書いたため", "another was written"),
    "asked for": ("担当者の指示", "somebody asked for it"),
    "no further word": ("その後ご連絡がないため", "nothing more was heard"),
    "unhappy answer": ("アンケートのご回答を受けて", "unhappy answer to the survey"),
    "a reply came back": ("返信が届かずに戻ったため", "a reply came back"),
    "the reply came back": ("返信が届かずに戻ったため", "the reply came back"),
    "interrupted while it was sent": ("送信中に止まったため", "interrupted while it was sent"),
    "moved_on": ("承認の後に新しいご連絡があったため", "the customer wrote after the approval"),
    "time_passed": ("送る前に時刻を過ぎたため", "its time passed before it left"),
    "no sender": ("差出人が不明のため", "nobody to answer"),
    "no target": ("宛先なし", "no target"),
    "auto_reply": ("自動応答", "automatic reply"),
    "bounce": ("届かずに戻ったメール", "a mail that came back"),
    "bulk": ("一斉配信", "bulk mail"),
    "own": ("当社からの送信", "from an address of ours"),
    "opt_out": ("以後の連絡を希望されない", "wants no more messages"),
    "new": ("新規", "new"),
    "follow-up": ("続報", "follow-up"),
    "duplicate": ("重複", "duplicate"),
    "incident": ("同じ出来事", "same event"),
    "spam": ("迷惑メール", "spam"),
    "crisis": ("危機", "crisis"),
    "urgent": ("緊急", "urgent"),
    "threat": ("脅迫", "threat"),
    "harassment": ("暴言", "harassment"),
    "unreasonable": ("過大な要求", "unreasonable"),
    "normal": ("通常", "normal"),
    "unhappy": ("ご不満の回答", "unhappy answer"),
    "due_soon": ("期限間近", "due soon"),
    "due_now": ("期限直前", "due now"),
    "broken": ("期限超過", "broken"),
    "not_sent": ("返信を送れず", "a reply was not sent"),
    "needs_check": ("返信が届いたか要確認", "a reply may not have arrived"),
    "returned": ("返信が戻った", "a reply came back"),
    "paused": ("アカウント停止中", "its account stands still"),
    "not_as_approved": ("返信が承認どおりに表示されていない", "a reply is not shown as approved"),
    "reply": ("本回答", "answer"),
    "progress": ("途中経過", "progress report"),
    "delay": ("遅れのお知らせ", "notice of delay"),
    "first_reply": ("最初の返信", "first reply"),
    "follow_up": ("その後のご確認", "follow-up"),
}
"""What the record's own notes say."""

_CASE_ENDED = re.compile(r"case (\w+)")
_VOICES = re.compile(r"(\d+) voices")
_BROUGHT_BACK = re.compile(r"message \d+ brought it back")
_OVERRIDDEN = re.compile(r"([a-z_]+(?:, [a-z_]+)*): (.+)", re.S)


@dataclass(frozen=True, slots=True)
class Told:
    """A line of the audit: when, who, what was done (the record's own word), and more in words."""

    at: datetime
    who: str
    what: str
    more: str


def told(line: m.AuditLine) -> Told:
    """A line of the audit as people read it."""
    parts = [_states(line), _note(line)]
    return Told(line.at, line.who, line.what, say("：", ": ").join(filter(None, parts)))


def _states(line: m.AuditLine) -> str:
    if not line.what.endswith(".moved"):
        return ""
    name = {
        "case": names.case_state, "draft": names.draft_state, "promise": names.promise_state,
        "message": names.message_state, "alertdelivery": names.delivery_state,
        "incident": names.incident_state, "harassmententry": names.entry_state,
    }.get(line.thing)  # fmt: skip
    if name is None:
        return ""
    return ARROW.join(name(state) for state in (line.before, line.after) if state)


def _note(line: m.AuditLine) -> str:
    return plain(_TOLD.get(line.what, _said)(line), _LONGEST)


def _said(line: m.AuditLine) -> str:
    """A note that is one of the record's own, or a person's words as they are."""
    note = line.note
    if found := _CASE_ENDED.fullmatch(note):
        state = names.case_state(found[1])
        return say(f"案件が「{state}」になったため", f"the case is {state}")
    if found := _VOICES.fullmatch(note):
        return say(f"{found[1]}件のお申し出", f"{found[1]} customers tell of it")
    if _BROUGHT_BACK.fullmatch(note):
        return say(*_NOTES["the reply came back"])
    return _words(note)


def _words(note: str) -> str:
    return say(*_NOTES[note]) if note in _NOTES else note


def _draft_moved(line: m.AuditLine) -> str:
    code, _, text = line.note.partition(": ")
    if line.who == MACHINE and line.after in _STUCK and text:
        # What a server said is for whoever runs it, who finds it on record.
        return code if health.why(code) == health.why("") else health.why(code)
    return _said(line) if line.after != DraftState.APPROVED else _approved(line)


def _approved(line: m.AuditLine) -> str:
    """What was overridden, and why."""
    found = _OVERRIDDEN.fullmatch(line.note)
    codes = found[1].split(", ") if found else []
    if found is None or not all(code in WHY for code in codes):
        return line.note
    told = " ".join(WHY[code].in_(language()) for code in codes)
    return say(f"指摘「{told}」を承知のうえで：{found[2]}", f"in spite of “{told}”: {found[2]}")


def _message_moved(line: m.AuditLine) -> str:
    if line.after == MessageState.QUARANTINED:
        return say("処理が繰り返し失敗したため", "it failed again and again")
    flags = line.note.split(", ")
    return say("、", ", ").join(map(_words, flags)) if len(flags) > 1 else _said(line)


def _promise_moved(line: m.AuditLine) -> str:
    broken = line.after == PromiseState.BROKEN and line.note in set(Broken)
    return Broken(line.note).told.in_(language()) if broken else _said(line)


def _snoozed(line: m.AuditLine) -> str:
    return when(datetime.fromisoformat(line.note)) if line.note else ""


def _delivered(line: m.AuditLine) -> str:
    target, _, why = line.note.partition(": ")
    if not why:
        return target
    trouble = _words(why) if why in _NOTES else say("届けられず", "it was not taken")
    return say(f"{target}：{trouble}", f"{target}: {trouble}")


def _judged(line: m.AuditLine) -> str:
    change, _, types = line.note.partition(": ")
    conducts = (names.conduct(one) or say("通常", "ordinary") for one in change.split(ARROW))
    told = labelling.values("conduct_types", types.split(", ")) if types else ""
    return say("：", ": ").join(filter(None, (ARROW.join(conducts), told)))


_STUCK = (DraftState.FAILED, DraftState.NEEDS_CHECK)
_TOLD: dict[str, Callable[[m.AuditLine], str]] = {
    "triage.corrected": lambda line: labelling.changes(line.note),
    "correction.kept": lambda line: labelling.changes(line.note),
    "draft.moved": _draft_moved,
    "draft.first_approved": _approved,
    "draft.snoozed": _snoozed,
    "message.moved": _message_moved,
    "promise.moved": _promise_moved,
    "alertdelivery.moved": _delivered,
    "harassmententry.judged": _judged,
}


def machine(lines: list[m.AuditLine]) -> dict[str, str]:
    """What the machine said of each label that people corrected later, in words; `lines` are the
    audit of one triage, oldest first."""
    found: dict[str, str] = {}
    for line in lines:
        for piece in line.note.split("; "):
            name, _, change = piece.partition(": ")
            if name in labelling.LABELS and ARROW in change:
                found.setdefault(name, labelling.listed(name, change.split(ARROW)[0]))
    return found
