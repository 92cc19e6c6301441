"""The API's keys and the webhooks as people manage them, by pages and by commands."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import QuerySet

from casebook import models as m
from casebook import moves
from casebook.errors import ConfigError
from casebook.events import Event
from connectors.webhook import wrong
from desk.access import TOKEN_ROLES, Role, Scope
from desk.words import say

LOG = 200
"""Deliveries that the log shows at most."""

_LONGEST_NAME = 100
_LONGEST_URL = 2000
_WRONG = {
    "scheme": ("http か https のアドレスにしてください", "it must be an http or https address"),
    "address": ("アドレスとして読めません", "it cannot be read as an address"),
}


def add_token(
    name: str, role: Role, scopes: Iterable[Scope], *, who: str
) -> tuple[m.ApiToken, str]:
    """A new key: its row, and the key itself, which nobody can show again. Raises ConfigError."""
    chosen = sorted(set(scopes))
    # What a key hands over is kept under its name, a slash and a name of the caller's.
    if not name.strip() or len(name) > _LONGEST_NAME or not name.isprintable() or "/" in name:
        raise ConfigError(
            say("キーの名前を入れてください（/ は使えません）", "a key needs a name, without /")
        )
    if role not in TOKEN_ROLES:
        raise ConfigError(say(f"{role} のキーは作れません", f"no key may be {role}"))
    if not chosen:
        raise ConfigError(say("範囲を選んでください", "choose what the key is for"))
    return moves.add_token(name.strip(), role.value, [one.value for one in chosen], who)


def revoke_token(key: int, *, who: str) -> m.ApiToken:
    """Let nobody in with a key any more. Raises ConfigError where there is none."""
    row = m.ApiToken.objects.filter(pk=key).first()
    if row is None:
        raise ConfigError(say(f"キー {key} はありません", f"there is no key {key}"))
    moves.revoke_token(key, who)
    return row


def add_webhook(url: str, events: Iterable[Event], *, who: str) -> m.Webhook:
    """An address that is told of events from now on. Raises ConfigError."""
    chosen = sorted(set(events))
    why = "address" if len(url) > _LONGEST_URL else wrong(url)
    if why:
        raise ConfigError(say(*_WRONG[why]))
    if not chosen:
        raise ConfigError(say("イベントを選んでください", "choose what it is told of"))
    return moves.add_webhook(url, chosen, who)


def webhook(key: int) -> m.Webhook:
    """A webhook by its key. Raises ConfigError."""
    row = m.Webhook.objects.filter(pk=key).first()
    if row is None:
        raise ConfigError(say(f"Webhook {key} はありません", f"there is no webhook {key}"))
    return row


def log(hook: int | None = None) -> QuerySet[m.WebhookDelivery]:
    """The newest deliveries, of one webhook or of all."""
    rows = m.WebhookDelivery.objects.select_related("webhook").order_by("-pk")
    return rows.filter(webhook=hook)[:LOG] if hook else rows[:LOG]
