"""Words of the desk's templates: times, icons, and the record's words as people say them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from casebook.clock import now
from casebook.models import Triage
from casebook.moves.base import MACHINE
from casebook.moves.resolving import CUSTOMER
from desk import health, labelling, marking, names, promises
from desk.show import when
from desk.web.icons import ICONS
from desk.words import duration, say

register = template.Library()

_CALLED = re.compile(r"[@＠][\w.+\-@]{1,150}")
_SOON = timedelta(hours=2)
"""Time left from which a promise presses."""

for _named in (
    names.severity, names.kind, names.purpose, names.draft_state, names.case_state, names.conduct,
    names.channel, names.role, names.promise_state, names.relation, names.scope, names.event,
    names.delivery_state, names.trouble, labelling.label_name, promises.about,
    promises.why_broken,
):  # fmt: skip
    register.filter(_named.__name__, _named)


register.filter("way_state", health.state_name)
register.filter("passages", labelling.seen)


@register.filter
def way_tone(state: str) -> str:
    """The colour in which the health of a way in or out is told."""
    tones = {"failing": "crisis", "paused": "crisis", "late": "urgent", "good": "good"}
    return tones.get(state, "calm")


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """An icon in the colour of its text; `label` is what a screen reader says of it."""
    drawing = mark_safe(ICONS[name])  # noqa: S308 - our own drawings
    told = (
        format_html('role="img" aria-label="{}"', label)
        if label
        else mark_safe('aria-hidden="true"')
    )
    return format_html(
        '<svg class="icon" viewBox="0 0 16 16" width="16" height="16" {}>{}</svg>', told, drawing
    )


@register.simple_tag
def colon() -> str:
    """What stands between a name and its value."""
    return say("：", ": ")


@register.simple_tag
def left(moment: datetime | None) -> SafeString:
    """The time that is left until a moment, or by how much it has passed; exact in its title."""
    if moment is None:
        return format_html('<span class="time none">{}</span>', "–")
    rest = moment - now()
    tone = "late" if rest < timedelta() else "soon" if rest < _SOON else "calm"
    length = duration(abs(rest))
    told = say(f"{length}超過", f"{length} late") if tone == "late" else _until(length)
    return _time(moment, told, tone)


@register.filter
def lasting(time: timedelta) -> str:
    """A length of time."""
    return duration(time)


@register.simple_tag
def ago(moment: datetime | None) -> SafeString:
    """How long ago a moment was, in whole days from the second one on; exact in its title."""
    if moment is None:
        return format_html('<span class="time none">{}</span>', "–")
    past = now() - moment
    length = say(f"{past.days}日", f"{past.days} d") if past.days > 1 else duration(past)
    return _time(moment, say(f"{length}前", f"{length} ago"), "")


@register.simple_tag
def at(moment: datetime | None) -> SafeString:
    """A moment in the policy's time zone."""
    return (
        format_html('<span class="time none">–</span>')
        if moment is None
        else _time(moment, when(moment), "")
    )


def _until(length: str) -> str:
    return say(f"あと{length}", f"in {length}")


def _time(moment: datetime, told: str, tone: str) -> SafeString:
    return format_html(
        '<time class="time {}" datetime="{}" title="{}">{}</time>',
        tone, moment.isoformat(), when(moment), told,
    )  # fmt: skip


@register.filter
def labelled(triage: Triage, label: str) -> str:
    """A label of a triage in words; empty where it says nothing."""
    value = getattr(triage, label, triage.labels.get(label))
    return labelling.values(label, value) if value not in (None, "", [], 0) else ""


@register.filter
def stranger(text: str) -> SafeString:
    """A stranger's text, escaped; what turns the direction of writing is shown."""
    return marking.plain(text)


@register.filter
def called(body: str) -> SafeString:
    """A note, escaped, in which `@login` stands out."""
    return mark_safe(_CALLED.sub(r'<span class="called">\g<0></span>', marking.plain(body)))  # noqa: S308 - escaped


@register.filter
def tone(severity: int) -> str:
    """The colour in which a severity is told."""
    return {3: "crisis", 2: "urgent"}.get(severity, "calm")


@register.filter
def audited(what: str) -> str:
    """What the audit says was done, in words; its own name where there are none."""
    return say(*_DONE[what]) if what in _DONE else what


@register.filter
def numbered(name: str, number: int) -> str:
    """A name that is one of several on a page."""
    return f"{name}{number}"


@register.filter
def who(login: str) -> str:
    """Who did it: a login, the machine, a language model, a program, or the customer."""
    if login in _OTHERS:
        return say(*_OTHERS[login])
    kind, name = next((each for each in _KINDS if login.startswith(each[0])), ("", None))
    return f"{say(*name)} {login.removeprefix(kind)}" if name else login


_OTHERS = {MACHINE: ("自動", "automatic"), CUSTOMER: ("お客様", "the customer")}
_KINDS = (("llm ", ("言語モデル", "language model")), ("api:", ("APIキー", "API key")))


_DONE = {
    "message.moved": ("メッセージを処理しました", "dealt with a message"),
    "message.carried": ("メッセージを移しました", "moved a message"),
    "message.file_taken": ("添付ファイルを保存しました", "saved an attached file"),
    "message.erased": ("お客様が削除した内容を消しました", "erased what the customer deleted"),
    "message.confirmed": ("同じ用件と確認しました", "confirmed that it is the same matter"),
    "message.told_apart": ("別の用件と判断しました", "told it apart"),
    "message.received": ("メッセージを受け取りました", "received a message"),
    "case.opened": ("案件を開きました", "opened the case"),
    "case.imported": ("過去の案件として取り込みました", "imported it as a past case"),
    "case.moved": ("案件の状態を変えました", "moved the case on"),
    "case.unmasked": ("伏せ字を外して閲覧しました", "looked at it unmasked"),
    "case.assigned": ("担当を決めました", "assigned it"),
    "case.left_incident": ("同じ出来事から外しました", "took it out of the incident"),
    "case.merged": ("案件をまとめました", "merged a case into it"),
    "case.unmerged": ("まとめを取り消しました", "undid a merge"),
    "case.noted": ("メモを残しました", "wrote a note"),
    "case.split": ("メッセージを別の案件に分けました", "split a message off"),
    "case.fault": ("当社の不備を確認しました", "established that we are at fault"),
    "draft.drafted": ("返信案を作りました", "drafted a reply"),
    "draft.moved": ("返信案の状態を変えました", "moved the draft on"),
    "draft.edited": ("返信案を書き直しました", "rewrote the draft"),
    "draft.first_approved": ("1人目として承認しました", "approved it as the first of two"),
    "draft.snoozed": ("後回しにしました", "put the draft off"),
    "draft.asked": ("責任者に相談しました", "asked a lead"),
    "draft.given_back": ("担当者に戻しました", "gave the draft back"),
    "draft.rewritten": ("言語モデルが言い回しを整えました", "a language model reworded it"),
    "draft.rewriting_refused": (
        "言語モデルの文案は使いませんでした",
        "the language model's wording was refused",
    ),
    "alert.opened": ("通知を用意しました", "opened an alert"),
    "alertdelivery.moved": ("通知の送信", "alert on its way"),
    "alert.addressed": ("通知の宛先を決めました", "addressed the alert"),
    "promise.promised": ("お約束を記録しました", "recorded a promise"),
    "promise.taken back": ("お約束を取り消しました", "took the promise back"),
    "promise.moved": ("お約束の状態を変えました", "moved the promise on"),
    "incident.moved": ("同じ出来事として知らせました", "told people of the incident"),
    "incident.opened": ("同じ出来事としてまとめました", "opened an incident"),
    "harassmententry.entered": ("迷惑行為の台帳に載せました", "entered it in the ledger"),
    "promise.progress_drafted": ("途中経過の案を作りました", "drafted a report"),
    "harassmententry.judged": ("台帳の記載を改めました", "changed the ledger's entry"),
    "harassmententry.moved": ("台帳の扱いを変えました", "moved the ledger's entry on"),
    "triage.corrected": ("判定を訂正しました", "corrected the labels"),
    "correction.kept": ("訂正を学習用に記録しました", "kept the correction for learning"),
    "correction.corrected": ("判定を訂正しました", "corrected the triage"),
    "survey.opened": ("アンケートを用意しました", "opened the survey"),
    "survey.answered": ("アンケートに回答がありました", "the survey was answered"),
}
