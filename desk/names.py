"""The record's own words as people say them, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping

from desk.words import say

_Names = Mapping[str, tuple[str, str]]

_SEVERITY = {
    "3": ("危機", "crisis"),
    "2": ("緊急", "urgent"),
    "1": ("通常", "normal"),
    "0": ("低", "low"),
}
_KIND = {
    "complaint": ("苦情", "complaint"),
    "inquiry": ("問い合わせ", "inquiry"),
    "request": ("要望", "request"),
    "praise": ("お褒め", "praise"),
    "spam": ("迷惑メール", "spam"),
    "auto": ("自動応答", "auto"),
}
_PURPOSE = {
    "reply": ("本回答", "answer"),
    "progress": ("途中経過", "progress report"),
    "delay": ("遅れのお知らせ", "notice of delay"),
    "follow_up": ("その後のご確認", "follow-up"),
}
_DRAFT_STATE = {
    "pending": ("承認待ち", "pending"),
    "approved": ("承認済み", "approved"),
    "sending": ("送信中", "sending"),
    "sent": ("送信済み", "sent"),
    "failed": ("送信失敗", "failed"),
    "needs_check": ("要確認", "needs check"),
    "returned": ("届かず戻った", "returned"),
    "rejected": ("却下", "rejected"),
    "superseded": ("差し替え済み", "superseded"),
}
_CASE_STATE = {
    "open": ("対応中", "open"),
    "waiting": ("お客様待ち", "waiting for customer"),
    "resolved": ("解決", "resolved"),
    "closed": ("完了", "closed"),
    "reopened": ("再開", "reopened"),
}
_MESSAGE_STATE = {
    "received": ("受信", "received"),
    "related": ("振り分け済み", "related"),
    "answered": ("返信案作成済み", "answered"),
    "ignored": ("対象外", "ignored"),
    "quarantined": ("隔離", "quarantined"),
}
_INCIDENT_STATE = {
    "open": ("確認中", "open"),
    "alerted": ("通知済み", "alerted"),
}
_ENTRY_STATE = {
    "standing": ("記載", "standing"),
    "withdrawn": ("取り下げ", "withdrawn"),
}
_CONDUCT = {
    "unreasonable": ("過大な要求", "unreasonable"),
    "harassment": ("暴言", "harassment"),
    "threat": ("脅迫", "threat"),
}
_CHANNEL = {
    "email": ("メール", "E-mail"),
    "x": ("X", "X"),
    "bluesky": ("Bluesky", "Bluesky"),
    "mastodon": ("Mastodon", "Mastodon"),
    "dm": ("ダイレクトメッセージ", "Direct message"),
    "google": ("Googleのクチコミ", "Google review"),
    "review": ("クチコミ", "Review"),
    "form": ("フォーム", "Web form"),
    "web": ("ウェブ", "Web"),
}
_ROLE = {
    "agent": ("担当者", "Agent"),
    "approver": ("承認者", "Approver"),
    "lead": ("責任者", "Lead"),
    "admin": ("管理者", "Administrator"),
}
_RELATION = {
    "duplicate": ("同じ内容の再送", "the same again"),
    "follow-up": ("続きのご連絡", "follow-up"),
    "incident": ("同じ出来事", "same event"),
}
_SCOPE = {
    "cases:read": ("案件を読む", "read cases"),
    "drafts:read": ("返信案を読む", "read drafts"),
    "drafts:decide": ("返信案を承認・却下する", "approve and reject drafts"),
    "search": ("似た事例を探す", "search"),
    "messages:write": ("メッセージを渡す", "hand messages over"),
}
_EVENT = {
    "message.received": ("メッセージが届いた", "a message came in"),
    "case.opened": ("案件が開いた", "a case was opened"),
    "case.assigned": ("担当が決まった", "a case was assigned"),
    "case.resolved": ("案件が解決した", "a case was resolved"),
    "case.reopened": ("案件が再開した", "a case was reopened"),
    "case.closed": ("案件が完了した", "a case was closed"),
    "draft.pending": ("返信案が承認を待っている", "a draft waits for approval"),
    "draft.approved": ("返信案が承認された", "a draft was approved"),
    "draft.rejected": ("返信案が却下された", "a draft was rejected"),
    "draft.sent": ("返信が送られた", "a reply was sent"),
    "draft.failed": ("返信を送れなかった", "a reply could not be sent"),
    "promise.made": ("お約束をした", "a promise was made"),
    "promise.kept": ("お約束を守れた", "a promise was kept"),
    "promise.broken": ("お約束の期限を過ぎた", "a promise was broken"),
    "alert.opened": ("急ぎの通知が出た", "an alert was opened"),
    "webhook.test": ("試し", "a trial"),
}
_DELIVERY_STATE = {
    "pending": ("送信待ち", "waiting"),
    "sending": ("送信中", "sending"),
    "sent": ("届いた", "arrived"),
    "failed": ("届いていない", "did not arrive"),
    "needs_check": ("要確認", "needs check"),
}
_TROUBLE = {
    "private": ("社内などの非公開のアドレスなので送りません", "not sent: the address is private"),
    "address": ("アドレスとして読めません", "no address"),
    "gaierror": ("アドレスが見つかりません", "no such host"),
    "TimeoutError": ("時間内に応答がありません", "no answer in time"),
    "ConnectionRefusedError": ("接続を断られました", "connection refused"),
    "ConnectionResetError": ("途中で切断されました", "cut off"),
    "RemoteDisconnected": ("途中で切断されました", "cut off"),
    "SSLCertVerificationError": ("証明書を確認できません", "its certificate is not valid"),
    "interrupted": ("送信中に止まりました", "interrupted"),
}
_PROMISE_STATE = {
    "open": ("お約束中", "open"),
    "kept": ("守れた", "kept"),
    "broken": ("期限超過", "broken"),
    "renewed": ("改めてお約束", "renewed"),
}


def severity(value: int) -> str:
    """How grave, 0 to 3."""
    return say(*_SEVERITY[str(value)])


def kind(value: str) -> str:
    """What a message is."""
    return _told(_KIND, value)


def purpose(value: str) -> str:
    """What a draft is for; empty for a first reply."""
    return say(*_PURPOSE[value]) if value in _PURPOSE else ""


def draft_state(value: str) -> str:
    """Where a draft stands."""
    return _told(_DRAFT_STATE, value)


def case_state(value: str) -> str:
    """Where a case stands."""
    return _told(_CASE_STATE, value)


def message_state(value: str) -> str:
    """How far a message has come."""
    return _told(_MESSAGE_STATE, value)


def incident_state(value: str) -> str:
    """Whether people were told of an incident."""
    return _told(_INCIDENT_STATE, value)


def entry_state(value: str) -> str:
    """Whether an entry in the ledger stands."""
    return _told(_ENTRY_STATE, value)


def conduct(value: str) -> str:
    """How a person deals with us; empty where it is ordinary."""
    return say(*_CONDUCT[value]) if value in _CONDUCT else ""


def channel(value: str) -> str:
    """A way in or out."""
    return _told(_CHANNEL, value)


def role(value: str) -> str:
    """What somebody is at the desk."""
    return _told(_ROLE, value)


def relation(value: str) -> str:
    """What a message is to an earlier one."""
    return _told(_RELATION, value)


def scope(value: str) -> str:
    """What a key of the API is for."""
    return _told(_SCOPE, value)


def event(value: str) -> str:
    """What a webhook is told of."""
    return _told(_EVENT, value)


def delivery_state(value: str) -> str:
    """How far an event has come on its way to a webhook."""
    return _told(_DELIVERY_STATE, value)


def trouble(value: str) -> str:
    """Why an event did not arrive at a webhook; its own name where there are no words for it."""
    return _told(_TROUBLE, value)


def promise_state(value: str) -> str:
    """How a promise ended, or that it is open."""
    return _told(_PROMISE_STATE, value)


def _told(names: _Names, value: str) -> str:
    return say(*names[value]) if value in names else value
