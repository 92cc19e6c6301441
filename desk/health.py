"""How the ways in and out are: when they last worked, and what is wrong, in plain words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from casebook import models as m
from casebook import outgoing
from casebook.clock import now
from casebook.config import SourceTable, settings
from casebook.errors import MadoguchiError
from desk.words import plain, say

_LATE = timedelta(minutes=10)
_INTERVALS = 5
"""A source is late after so many of its intervals, but not before `_LATE`."""

_ERROR = 300
"""Characters of an error's own line that are shown."""


@dataclass(frozen=True, slots=True)
class Health:
    """One way in or out. `state` is `good`, `late`, `failing`, `never`, `paused` or `off`; `why`
    says in plain words what is wrong and `line` is the error as whoever runs it needs it; `spent`
    tells of a budget where there is one."""

    name: str
    kind: str
    state: str
    last: datetime | None = None
    worked: datetime | None = None
    since: datetime | None = None
    again: datetime | None = None
    failures: int = 0
    why: str = ""
    line: str = ""
    spent: str = ""


def sources() -> list[Health]:
    """The configured ways in, those in trouble first."""
    rows = {row.name: row for row in m.Source.objects.all()}
    found = [_source(table, rows.get(table.name)) for table in settings().sources]
    return sorted(found, key=lambda one: (_ORDER.index(one.state), one.name))


def senders() -> list[Health]:
    """The ways out that were used, those in trouble first; all are paused while the kill switch is
    on. None where nothing was sent from here."""
    stopped = outgoing.pause() is not None
    found = [_sender(row, stopped) for row in m.Sender.objects.all()]
    return sorted(found, key=lambda one: (_ORDER.index(one.state), one.name))


def state_name(state: str) -> str:
    """How a way in or out is, in a word."""
    return say(*_STATE[state])


def why(code: str) -> str:
    """What an error's code means for people at the desk, and what to do."""
    told = next((words for codes, words in _WHY if code in codes), _UNKNOWN)
    return say(*told)


def _source(table: SourceTable, row: m.Source | None) -> Health:
    if row is None or row.polled_at is None:
        return Health(table.name, table.type, "never" if table.enabled else "off")
    slow = max(_LATE, timedelta(seconds=_INTERVALS * table.interval))
    late = row.succeeded_at is None or now() - row.succeeded_at > slow
    state = "failing" if row.error_code else "late" if late else "good"
    return Health(
        name=table.name,
        kind=table.type,
        state=state if table.enabled else "off",
        last=row.polled_at,
        worked=row.succeeded_at,
        spent=_spent(table, row),
        **_trouble(row, row.not_before),
    )


def _sender(row: m.Sender, stopped: bool) -> Health:
    state = "paused" if row.paused or stopped else "failing" if row.error_code else "good"
    waits = [datetime.fromisoformat(moment) for moment in row.not_before.values()]
    again = min((moment for moment in waits if moment > now()), default=None)
    kind = say("送信", "sending")
    return Health(row.name, kind, state, worked=row.sent_at, **_trouble(row, again))


def _trouble(row: m.Source | m.Sender, again: datetime | None) -> dict[str, Any]:
    if not row.error_code:
        return {"again": again}
    return {
        "since": row.error_since,
        "again": again,
        "failures": row.failures,
        "why": why(row.error_code),
        "line": plain(row.error, _ERROR),
    }


def _spent(table: SourceTable, row: m.Source) -> str:
    """What a source that costs money says of its budget; empty for others."""
    from connectors.base import Tells
    from connectors.registry import open_source

    try:
        source = open_source(table)
        return plain(source.told(row.cursor), _ERROR) if isinstance(source, Tells) else ""
    except MadoguchiError:
        return ""


_ORDER = ("failing", "paused", "late", "never", "good", "off")
_STATE = {
    "failing": ("要対応", "failing"),
    "paused": ("停止中", "paused"),
    "late": ("遅れ", "late"),
    "never": ("未接続", "not yet polled"),
    "good": ("正常", "working"),
    "off": ("無効", "switched off"),
}
_WHY = (
    (
        {"wrong_password", "password_expired", "password_not_ascii", "login_refused",
         "login_missing", "app_password_needed"},
        ("パスワードが受け付けられません。管理者が設定を直すまで取り込めません。",
         "The password is not accepted. Nothing comes in until an administrator mends it."),
    ),
    (
        {"token_expired", "token_refused", "token_malformed", "token_endpoint_refused",
         "oauth2_client_refused", "token_command_failed", "token_command_timeout"},
        ("接続の許可（トークン）が切れています。管理者による再接続が必要です。",
         "The permission to connect (its token) has ended. An administrator must renew it."),
    ),
    (
        {"secret_missing"},
        ("パスワードの保管場所が空です。管理者に知らせてください。",
         "The place where its password should stand is empty. Tell an administrator."),
    ),
    (
        {"permission_missing", "access_refused", "dm_access_missing", "folder_denied",
         "account_suspended"},
        ("このアカウントの権限が足りないか、止められています。管理者の確認が必要です。",
         "The account lacks a permission or is suspended. An administrator must look at it."),
    ),
    (
        {"rate_limited", "server_busy", "server_refuses"},
        ("相手のサービスが混み合っています。自動でやり直すので、待つだけで構いません。",
         "The service is busy. It is tried again by itself; there is nothing to do."),
    ),
    (
        {"budget_used_up", "credit_used_up", "limit_reached"},
        ("決めた予算を使い切りました。次の期間に自動で再開します。急ぐときは上限を上げてください。",
         "The budget is used up. It goes on by itself in the next period; raise it if need be."),
    ),
    (
        {"host_unreachable", "connection_lost", "timeout", "token_endpoint_unreachable",
         "answer_lost"},
        ("サーバーにつながりません。自動でやり直します。続くときは管理者に知らせてください。",
         "The server cannot be reached. It is tried again; tell an administrator if it goes on."),
    ),
    (
        {"bad_certificate", "tls_failed", "tls_required", "starttls_missing", "bad_ca_file"},
        ("安全な接続（TLS）ができません。管理者による設定の確認が必要です。",
         "No secure connection (TLS) is possible. An administrator must check the settings."),
    ),
    (
        {"folder_missing", "folder_readonly", "folder_read_only", "folder_unreadable",
         "folder_unusable", "source_missing"},
        ("取り込み元のフォルダーが見つからないか、開けません。名前と権限を確かめてください。",
         "The folder is not there or cannot be opened. Check its name and permissions."),
    ),
)  # fmt: skip
_UNKNOWN = (
    "取り込めていません。下の内容を管理者に知らせてください。",
    "It does not work. Tell an administrator what stands below.",
)
