"""Commands on the API's keys and on webhooks: token add, list, revoke; webhook add, list, …"""

from __future__ import annotations

import getpass
from typing import Annotated

import typer

from casebook.events import Event
from casebook.start import prepare, start
from desk.access import Role, Scope
from desk.commands.runs import become
from desk.words import as_json, say

Json = Annotated[bool, typer.Option("--json", help=say("1行に1件の JSON", "One JSON a line"))]
Number = Annotated[
    int, typer.Argument(help=say("番号（list で見られます）", "Its number in the list"))
]


def register(app: typer.Typer) -> None:
    """Add this module's commands to the command line."""
    tokens = typer.Typer(
        no_args_is_help=True, help=say("APIのキーを管理します。", "Manage the API's keys.")
    )
    app.add_typer(tokens, name="token")
    tokens.command(
        "add",
        help=say(
            "キーを作り、一度だけ表示します。例： madoguchi token add crm --role agent "
            "--scope cases:read",
            "Make a key and show it once.",
        ),
    )(add_token)
    tokens.command("list", help=say("キーを一覧します。", "List the keys."))(list_tokens)
    tokens.command("revoke", help=say("キーを使えなくします。", "Make a key void."))(revoke_token)
    hooks = typer.Typer(
        no_args_is_help=True,
        help=say("出来事を知らせる先（Webhook）を管理します。", "Manage who is told of events."),
    )
    app.add_typer(hooks, name="webhook")
    hooks.command(
        "add",
        help=say(
            "知らせる先を加え、署名の鍵を表示します。",
            "Add an address, and show the secret that its messages are signed with.",
        ),
    )(add_webhook)
    hooks.command("list", help=say("知らせる先を一覧します。", "List the addresses."))(
        list_webhooks
    )
    hooks.command("on", help=say("知らせを再開します。", "Tell an address again."))(on)
    hooks.command("off", help=say("知らせを止めます。", "Tell an address no more."))(off)
    hooks.command("test", help=say("試しに知らせます。", "Queue a trial for an address."))(trial)
    hooks.command("log", help=say("送った記録を見せます。", "Show what was sent."))(log)
    hooks.command("again", help=say("もう一度送ります。", "Send a delivery of the log again."))(
        again
    )
    hooks.command("send", help=say("待っているものを今すぐ送ります。", "Send at once what waits."))(
        send
    )


def add_token(
    name: Annotated[str, typer.Argument(help=say("使う側の名前", "Name of what uses it"))],
    role: Annotated[Role, typer.Option(help=say("役割", "What it may do at the most"))],
    scope: Annotated[list[Scope], typer.Option(help=say("範囲（繰り返せます）", "Repeatable"))],
) -> None:
    """Make a key and print it."""
    start()
    from desk.keys import add_token as made

    row, key = made(name, role, scope, who=getpass.getuser())
    told = say(f"キー {row.pk}（二度と表示されません）：", f"Key {row.pk} (never shown again): ")
    typer.echo(f"{told}{key}")


def list_tokens(json: Json = False) -> None:
    """Print all keys, one line each; never what they are."""
    start()
    from casebook import models as m

    for row in m.ApiToken.objects.order_by("pk"):
        used = row.used_at.isoformat(timespec="minutes") if row.used_at else None
        if json:
            told = {
                "id": row.pk, "name": row.name, "hint": row.hint, "role": row.role,
                "scopes": row.scopes, "used": used, "revoked": row.revoked_at is not None,
            }  # fmt: skip
            typer.echo(as_json(told))
            continue
        state = say("（失効）", " (revoked)") if row.revoked_at else ""
        line = f"{row.pk:>4}  {row.name}{state}  {row.hint}…  {row.role}  {' '.join(row.scopes)}"
        typer.echo(f"{line}  {used or '–'}")


def revoke_token(number: Number) -> None:
    """Make a key void."""
    start()
    from desk.keys import revoke_token as revoked

    row = revoked(number, who=getpass.getuser())
    typer.echo(say(f"失効しました：{row.name}", f"Revoked: {row.name}"))


def add_webhook(
    url: Annotated[str, typer.Argument(help=say("アドレス（https://…）", "Address (https://…)"))],
    event: Annotated[list[Event], typer.Option(help=say("出来事（繰り返せます）", "Repeatable"))],
) -> None:
    """Add an address and print its secret."""
    start()
    from desk.keys import add_webhook as made

    row = made(url, event, who=getpass.getuser())
    typer.echo(say(f"Webhook {row.pk} の署名の鍵：", f"Webhook {row.pk}, secret: ") + row.secret)


def list_webhooks(json: Json = False) -> None:
    """Print all addresses, one line each."""
    start()
    from casebook import models as m

    for row in m.Webhook.objects.order_by("pk"):
        if json:
            told = {"id": row.pk, "url": row.url, "events": row.events, "active": row.active}
            typer.echo(as_json(told))
            continue
        state = "" if row.active else say("（停止中）", " (off)")
        typer.echo(f"{row.pk:>4}  {row.url}{state}  {' '.join(row.events)}")


def on(number: Number) -> None:
    """Tell an address of its events again."""
    _switch(number, active=True)


def off(number: Number) -> None:
    """Tell an address no more."""
    _switch(number, active=False)


def _switch(number: int, *, active: bool) -> None:
    start()
    from casebook import moves
    from desk.keys import webhook

    moves.switch_webhook(webhook(number).pk, getpass.getuser(), active=active)
    done = say("再開しました", "Told again") if active else say("止めました", "Off")
    typer.echo(f"{done}: {webhook(number).url}")


def trial(number: Number) -> None:
    """Queue a trial; `webhook send` or the next minute sends it."""
    start()
    from casebook import moves
    from desk.keys import webhook

    moves.try_webhook(webhook(number).pk, getpass.getuser())
    typer.echo(say("用意しました： madoguchi webhook send", "Queued: madoguchi webhook send"))


def log(json: Json = False) -> None:
    """Print the newest deliveries, one line each."""
    start()
    from desk.keys import log as found

    for row in found():
        at = row.moved_at.isoformat(timespec="seconds")
        if json:
            told = {
                "id": row.pk, "event": row.event, "url": row.webhook.url, "state": row.state,
                "attempts": row.attempts, "status": row.status, "error": row.error, "at": at,
            }  # fmt: skip
            typer.echo(as_json(told))
            continue
        result = row.status or row.error or "–"
        typer.echo(f"{row.pk:>6}  {at}  {row.event}  {row.state}  {result}  {row.webhook.url}")


def again(number: Number) -> None:
    """Queue a delivery of the log once more."""
    start()
    from casebook import models as m
    from casebook import moves
    from casebook.errors import ConfigError

    try:
        moves.redeliver(number, getpass.getuser())
    except m.WebhookDelivery.DoesNotExist:
        raise ConfigError(say("その番号はありません", f"there is no delivery {number}")) from None
    typer.echo(say("用意しました： madoguchi webhook send", "Queued: madoguchi webhook send"))


def send(json: Json = False) -> None:
    """Become the process that sends what waits."""
    prepare()
    become("flows.terminal", "webhooks", *["--json"] * json)
