"""Alerts as people see them: what was told to whom, and what somebody must look after."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.text import Text

from casebook import models as m
from casebook.config import AlertTarget, settings
from casebook.errors import MadoguchiError
from casebook.states import DeliveryState
from connectors.notify import Outcome, send
from desk.screen import console, wide_table
from desk.show import when
from desk.words import plain, say

LIMIT = 200
"""Alerts listed at the most."""

_STATE = {
    "pending": "送信待ち",
    "sending": "送信中",
    "sent": "送信済み",
    "failed": "失敗（再送します）",
    "needs_check": "要確認",
}
_REASON = {
    "threat": "脅迫",
    "harassment": "暴言など",
    "unreasonable": "過大な要求",
    "crisis": "危機",
    "urgent": "緊急",
    "normal": "お知らせ",
    "incident": "同じ出来事",
    "due_soon": "期限が近い",
    "due_now": "まもなく期限",
    "broken": "期限超過",
    "unhappy": "ご不満の回答",
    "not_sent": "返信を送れず",
    "needs_check": "返信が届いたか要確認",
    "returned": "返信が戻った",
    "paused": "アカウント停止中",
    "not_as_approved": "返信が承認どおりに表示されていない",
}

Listed = tuple[m.Alert, m.AlertDelivery | None]
"""An alert and its way to one target; None where no target was configured for it."""


def listed() -> list[Listed]:
    """The newest alerts, at most LIMIT, each with its deliveries."""
    alerts = m.Alert.objects.select_related("case").prefetch_related("deliveries").order_by("-pk")
    found: list[Listed] = []
    for alert in alerts[:LIMIT]:
        deliveries = sorted(alert.deliveries.all(), key=lambda one: one.pk)
        found += [(alert, one) for one in deliveries] or [(alert, None)]
    return found


def table(found: Sequence[Listed]) -> None:
    """Print alerts, one line for each target."""
    if not found:
        console().print(Text(say("アラートはありません。", "There are no alerts.")))
        return
    shown = wide_table(
        say("アラート", "Alerts"),
        (
            ("番号", "Key"),
            ("受付番号", "Receipt"),
            ("理由", "Reason"),
            ("日時", "When"),
            ("状態", "State"),
        ),
        (("宛先", "Target", 2), ("詳細", "Why", 3)),
    )
    for alert, delivery in found:
        cells = (
            str(delivery.pk) if delivery else "–",
            alert.case.receipt,
            say(_REASON.get(alert.reason, alert.reason), alert.reason),
            when(alert.opened_at),
            _state(alert, delivery),
            delivery.target if delivery else "–",
            plain(delivery.error, 120) if delivery else "",
        )
        shown.add_row(*map(Text, cells))
    console().print(shown)


def alert_json(alert: m.Alert, delivery: m.AlertDelivery | None) -> dict[str, Any]:
    """One line of the list as programs read it; times in ISO 8601, UTC."""
    return {
        "key": delivery.pk if delivery else None,
        "receipt": alert.case.receipt,
        "reason": alert.reason,
        "opened_at": alert.opened_at.isoformat(),
        "target": delivery.target if delivery else None,
        "state": delivery.state if delivery else None,
        "attempts": delivery.attempts if delivery else 0,
        "error": delivery.error if delivery else "",
    }


def trial(target: AlertTarget) -> str:
    """Send a trial to a target; what went wrong, empty where it arrived."""
    title = say("【試験】窓口のアラート", "[Test] Madoguchi alert")
    body = say(
        "アラートの試験です。ご対応は不要です。", "This is a test of the alerts. Nothing to do."
    )
    try:
        told = send(target.url.reveal(), title, body)
    except MadoguchiError as error:
        return str(error)
    return "" if told.outcome is Outcome.SENT else told.why


def alerts_line() -> str:
    """How many alerts somebody must look after; empty where there are none."""
    count = m.AlertDelivery.objects.filter(state=DeliveryState.NEEDS_CHECK.value).count()
    if not count:
        return ""
    return say(
        f"届いたか確かめるアラートが {count:,} 件あります： madoguchi alerts",
        f"Alerts that may not have arrived: {count:,} (madoguchi alerts)",
    )


def configured() -> str:
    """What `madoguchi check` says of the targets. Raises MadoguchiError, which shows no address,
    where one of them is wrong."""
    from connectors.notify import known

    targets = settings().alerts.targets
    for target in targets:
        if not known(target.url.reveal()):
            raise MadoguchiError(f"{target.name}: its address is none that apprise knows")
    names = ", ".join(target.name for target in targets)
    return names or say(
        "宛先なし：危機や脅迫があっても誰にも知らせません（[[alerts.targets]]）",
        "no targets: nobody is told of a crisis or a threat ([[alerts.targets]])",
    )


def _state(alert: m.Alert, delivery: m.AlertDelivery | None) -> str:
    if delivery is None:
        told = ("宛先なし", "no target") if alert.addressed_at else ("送信待ち", "pending")
        return say(*told)
    return say(_STATE.get(delivery.state, delivery.state), delivery.state)
