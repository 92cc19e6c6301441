"""Alerts on their way: people are told at once of a crisis or a threat, and told once.

The record holds which alerts there are and which delivery was claimed before its network call; what
a dying process left in between may have arrived, and only a person sends it again.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta

from django.db.models import Q

from casebook import models as m
from casebook import moves
from casebook.clock import now
from casebook.config import AlertTarget, settings
from casebook.errors import ConfigError
from casebook.locks import exclusive
from casebook.policy import Policy, load_policy
from casebook.rows import triage_value
from casebook.states import DeliveryState, PromiseState
from casebook.timing import About, Broken
from casebook.types import AlertReason, Triage
from connectors.notify import Outcome, Told, send
from enrich.masking import masked_message
from flows.steps import leave_thread

_log = logging.getLogger("madoguchi.intake")

_NEWS = timedelta(days=3)
"""What is older is no news any more: the queue shows it."""

_MOST = 100
"""Alerts that one step takes."""

_SEVERITY = {3: ("危機", "crisis"), 2: ("緊急", "urgent"), 1: ("通常", "normal"), 0: ("低", "low")}
_REASON = {
    AlertReason.THREAT: ("脅迫", "Threat"),
    AlertReason.HARASSMENT: ("暴言など", "Harassment"),
    AlertReason.UNREASONABLE: ("過大な要求", "Unreasonable demand"),
    AlertReason.CRISIS: ("危機", "Crisis"),
    AlertReason.URGENT: ("緊急", "Urgent"),
    AlertReason.NORMAL: ("お知らせ", "Notice"),
    AlertReason.INCIDENT: ("同じ出来事", "Incident"),
    AlertReason.UNHAPPY: ("ご不満の回答", "Unhappy answer"),
    AlertReason.DUE_SOON: ("期限が近づいています", "Due soon"),
    AlertReason.DUE_NOW: ("まもなく期限です", "Due now"),
    AlertReason.BROKEN: ("期限を過ぎました", "Promise broken"),
    AlertReason.NOT_SENT: ("返信を送れませんでした", "Reply not sent"),
    AlertReason.NEEDS_CHECK: ("返信が届いたか要確認", "Reply may have left"),
    AlertReason.RETURNED: ("返信が戻ってきました", "Reply came back"),
    AlertReason.PAUSED: ("送信アカウントが停止しています", "Account stands still"),
    AlertReason.NOT_AS_APPROVED: (
        "返信が承認どおりに表示されていません",
        "Reply is not shown as approved",
    ),
}
_ABOUT = {
    About.ANSWER: ("お客様への回答", "Answer to the customer"),
    About.PROGRESS: ("途中経過の報告", "Progress report"),
}
_OF_THE_CASE = frozenset({AlertReason.UNHAPPY})
"""What concerns those who look after cases: the owner and the group of the policy's promises."""
# What a chat service would take for a mention, a link or markup.
_PLAIN = str.maketrans("<>@:*_`~[]", "＜＞＠：＊＿‘～［］")


def due() -> list[int]:
    """The alerts of which somebody is still to be told, oldest first."""
    at_once = [DeliveryState.PENDING, DeliveryState.SENDING]
    waits = Q(deliveries__state__in=at_once) | Q(
        deliveries__state=DeliveryState.FAILED, deliveries__not_before__lte=now()
    )
    rows = m.Alert.objects.filter(Q(addressed_at=None) | waits, opened_at__gte=now() - _NEWS)
    return list(rows.order_by("pk").values_list("pk", flat=True).distinct()[:_MOST])


def tell(keys: list[int]) -> int:
    """Address these alerts to the targets of their group and send what waits; returns how many
    deliveries arrived. A target that fails is left alone until the next run."""
    try:
        with exclusive("alerts") as alone:
            return _tell(keys) if alone else 0
    finally:
        leave_thread()


def _tell(keys: list[int]) -> int:
    if left := moves.left_sending():
        _log.warning("alerts: %d may have arrived or not: madoguchi alerts", left)
    policy = load_policy(settings().policy)
    targets = {target.name: target for target in settings().alerts.targets}
    alerts = m.Alert.objects.filter(pk__in=keys).select_related(
        "case", "message__triage", "promise", "draft"
    )
    sent, failing = 0, set[str]()
    for alert in alerts.order_by("pk"):
        # What it told of may be over meanwhile, and the alert gone.
        with suppress(m.Alert.DoesNotExist, m.AlertDelivery.DoesNotExist):
            sent += _told(alert, policy, targets, failing)
    return sent


def _told(
    alert: m.Alert, policy: Policy, targets: Mapping[str, AlertTarget], failing: set[str]
) -> int:
    sent = 0
    told = [name for name, one in targets.items() if one.group in _groups(alert, policy)]
    if moves.address(alert.pk, told):
        _log.warning("alert: %s", _line(alert, told))
    for delivery in _waiting(alert):
        if delivery.target not in failing:
            arrived = _deliver(delivery, alert, policy, targets)
            sent += arrived
            if not arrived:
                failing.add(delivery.target)
    return sent


def _groups(alert: m.Alert, policy: Policy) -> set[str]:
    """Whose targets an alert goes to: of a promise, a reply or what became of a case, its owner's
    and those of the group that the policy's promises name."""
    if alert.promise is None and alert.draft is None and alert.reason not in _OF_THE_CASE:
        return {policy.alerts.group}
    return {policy.promises.group, *filter(None, [alert.case.owner])}


def _line(alert: m.Alert, targets: list[str]) -> str:
    told = ", ".join(targets) or "nobody: no target of that group is configured"
    return f"{alert.case.receipt} ({alert.reason}) → {told}"


def _waiting(alert: m.Alert) -> list[m.AlertDelivery]:
    rows = alert.deliveries.filter(
        Q(state=DeliveryState.PENDING) | Q(state=DeliveryState.FAILED, not_before__lte=now())
    )
    return list(rows.order_by("pk"))


def _deliver(
    delivery: m.AlertDelivery, alert: m.Alert, policy: Policy, targets: Mapping[str, AlertTarget]
) -> bool:
    """Claim a delivery, send it once, and keep what became of it; True when it arrived."""
    title, body = text(alert, policy)
    if not moves.claim_delivery(delivery.pk):
        return False
    told = _sent(targets.get(delivery.target), title, body)
    if told.outcome is Outcome.SENT:
        moves.delivery_sent(delivery.pk)
        return True
    if told.outcome is Outcome.UNCERTAIN:
        moves.delivery_uncertain(delivery.pk, told.why)
        _log.warning("alert %s → %s: %s", alert.case.receipt, delivery.target, told.why)
    elif moves.delivery_failed(delivery.pk, told.why):
        _log.warning("alert %s → %s: %s", alert.case.receipt, delivery.target, told.why)
    return False


def _sent(target: AlertTarget | None, title: str, body: str) -> Told:
    if target is None:
        return Told(Outcome.FAILED, "it is no longer configured")
    try:
        return send(target.url.reveal(), title, body)
    except ConfigError as error:
        return Told(Outcome.FAILED, str(error))


def text(alert: m.Alert, policy: Policy) -> tuple[str, str]:
    """Title and body of an alert in the configured language. Of the customer's words it holds at
    most an excerpt without personal data and abusive passages; that of a promise holds none."""
    found, receipt = settings().alerts, alert.case.receipt
    row = getattr(alert.message, "triage", None)
    lines = _promise(alert.promise, policy) if alert.promise else []
    lines += _reply(alert.draft) if alert.draft else []
    lines += _facts(triage_value(row), policy) if row else []
    if alert.reason == AlertReason.INCIDENT:
        lines += _incident(alert.case)
    if alert.reason == AlertReason.UNHAPPY:
        lines += _unhappy(alert.case)
    if row and found.excerpt and not (alert.promise or alert.draft):
        words = _excerpt(alert.message, triage_value(row), policy, found.excerpt)
        lines.append(_say(f"お客様のことば：{words}", f"The customer's words: {words}"))
    if found.link:
        lines.append(found.link.replace("{receipt}", receipt))
    reason = _say(*_REASON[AlertReason(alert.reason)])
    return _say(f"【{reason}】{receipt}", f"[{reason}] {receipt}"), "\n".join(lines)


def _facts(triage: Triage, policy: Policy) -> list[str]:
    language = settings().language
    severity = _say(*_SEVERITY[triage.severity])
    department, lists = policy.route(triage), policy.checklists(triage)
    name = department.name.in_(language)
    reach = " / ".join(filter(None, (department.email, department.phone)))
    lines = [_say(f"重さ：{severity}", f"Severity: {severity}")]
    if lists:
        kinds = _say("、", ", ").join(one.name.in_(language) for one in lists)
        lines.append(_say(f"手順書：{kinds}", f"Checklists: {kinds}"))
    return [*lines, _say(f"担当：{name}（{reach}）", f"Department: {name} ({reach})")]


def _promise(promise: m.Promise, policy: Policy) -> list[str]:
    """What is due when, how much time is left, why it was broken, and who looks after it."""
    about, owner = _say(*_ABOUT[About(promise.about)]), promise.case.owner
    local = promise.due.astimezone(policy.zone)
    lines = [_say(f"{about}：{local:%Y-%m-%d %H:%M} まで", f"{about}: by {local:%Y-%m-%d %H:%M}")]
    left = promise.due - now()
    over, time = left < timedelta(0), _duration(abs(left))
    lines.append(
        _say(f"超過：{time}", f"Overdue: {time}")
        if over
        else _say(f"残り：{time}", f"Time left: {time}")
    )
    if promise.state == PromiseState.BROKEN:
        why = Broken(promise.reason).told.in_(settings().language)
        lines.append(_say(f"状況：{why}", f"Status: {why}"))
    return [*lines, _say(f"担当者：{owner or '未定'}", f"Owner: {owner or 'nobody yet'}")]


def _reply(draft: m.Draft) -> list[str]:
    """What is wrong with a reply, and who looks after the case."""
    why, owner = draft.error.translate(_PLAIN), draft.case.owner
    return [
        _say(f"理由：{why}", f"Why: {why}"),
        _say(f"担当者：{owner or '未定'}", f"Owner: {owner or 'nobody yet'}"),
    ]


def _duration(time: timedelta) -> str:
    hours, minutes = divmod(int(time.total_seconds()) // 60, 60)
    return _say(f"{hours}時間{minutes}分", f"{hours} h {minutes} min")


def _incident(case: m.Case) -> list[str]:
    count = m.Case.objects.filter(incident=case.incident).count() if case.incident else 1
    return [
        _say(
            f"同じ出来事について{count}名のお客様からご連絡があります。",
            f"{count} customers write of one event.",
        )
    ]


def _unhappy(case: m.Case) -> list[str]:
    survey: m.Survey | None = getattr(case, "survey", None)
    score = survey.score if survey else None
    owner = case.owner or _say("未定", "nobody yet")
    return [
        _say(
            f"解決後のアンケートに、5段階中{score}のご回答がありました。受付を再開しています。",
            f"The survey after it was resolved was answered with {score} out of 5; the case is "
            "open again.",
        ),
        _say(f"担当者：{owner}", f"Owner: {owner}"),
    ]


def _excerpt(message: m.Message, triage: Triage, policy: Policy, limit: int) -> str:
    from enrich.personal_data import company_values, find, redact

    subject, body = masked_message(
        message.subject, message.new_text, triage.evidence, policy.masking.hides, triage.language
    )
    # Names and numbers that the cut would halve are found before it.
    words = " ".join(f"{subject} {body}"[: limit * 10].split())
    plain = redact(words, find(words, public=company_values(policy)), triage.language)
    short = plain if len(plain) <= limit else f"{plain[: limit - 1]}…"
    return short.translate(_PLAIN)


def _say(ja: str, en: str) -> str:
    return en if settings().language == "en" else ja
