"""Commands on the desk's people: user add, list, role, disable."""

from __future__ import annotations

import getpass
import os
import sys
from typing import Annotated

import typer

from casebook.errors import ConfigError
from casebook.start import start
from desk.access import Role
from desk.words import as_json, random_password, say

Login = Annotated[str, typer.Argument(help=say("ユーザー名", "Login"))]
TheRole = Annotated[
    Role,
    typer.Option(
        help=say(
            "役割：担当者、承認者、責任者、管理者",
            "What they are: an agent drafts, an approver approves, a lead overrides the guard, an "
            "admin manages people",
        )
    ),
]


def register(app: typer.Typer) -> None:
    """Add this module's commands to the command line."""
    users = typer.Typer(
        no_args_is_help=True,
        help=say("窓口のページに入れる人を管理します。", "Manage who may sign in to the desk."),
    )
    app.add_typer(users, name="user")
    users.command(
        help=say(
            "人を加えます。パスワードは端末で尋ね、空なら作って一度だけ表示します。",
            "Add a person. The password is asked for; left empty, one is made and shown once.",
        )
    )(add)
    users.command("list", help=say("全員を一覧します。", "List everybody."))(everybody)
    users.command(help=say("役割を変えます。", "Give a person another role."))(role)
    users.command(
        help=say(
            "その人を入れなくし、発行したAPIキーを失効させます。",
            "Shut a person out, end their sessions, and revoke the API keys that they made.",
        )
    )(disable)


def ready() -> None:
    """Prepare for the tables of people, which only the desk's own settings hold."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "desk.settings"
    start()


def add(
    login: Login,
    role: TheRole = Role.AGENT,
    email: Annotated[str, typer.Option(help=say("メールアドレス", "E-mail address"))] = "",
    renew: Annotated[
        bool,
        typer.Option(
            "--renew",
            help=say(
                "すでにいる人なら、パスワードと役割を改めます",
                "Where the person exists, give them this password and role",
            ),
        ),
    ] = False,
) -> None:
    """Make a person with a role."""
    ready()
    from desk.people import add as made
    from desk.people import give_role as given
    from desk.people import known
    from desk.people import renew as renewed

    typed, who = _typed(), getpass.getuser()
    password = typed or random_password()
    if renew and known(login):
        renewed(login, password, who=who)
        given(login, role, who=who)
    else:
        made(login, role, password, email, who=who)
    typer.echo(say(f"加えました：{login}（{role}）", f"Added: {login} ({role})"))
    if not typed:
        typer.echo(say(f"パスワード：{password}", f"Password: {password}"))


def _typed() -> str:
    """A password that was typed twice, or stands on the first line of standard input; empty where
    none was given. Raises ConfigError where the two differ."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().strip()
    first = getpass.getpass(say("パスワード（空なら自動）: ", "Password (empty: made): "))
    if first and getpass.getpass(say("もう一度: ", "Again: ")) != first:
        raise ConfigError(say("二つのパスワードが違います", "the two passwords differ"))
    return first


def everybody(
    json: Annotated[
        bool, typer.Option("--json", help=say("1行に1件の JSON", "One JSON a line"))
    ] = False,
) -> None:
    """Print everybody, one line each."""
    ready()
    from desk.names import role as called
    from desk.people import members

    for one in members():
        last = one.last_login.isoformat(timespec="minutes") if one.last_login else ""
        if json:
            row = {
                "login": one.login, "role": one.role, "email": one.email, "active": one.active,
                "last_login": last or None,
            }  # fmt: skip
            typer.echo(as_json(row))
            continue
        state = "" if one.active else say("（停止中）", " (disabled)")
        typer.echo(f"{one.login:<20} {called(one.role or '–')}{state}  {last}".rstrip())


def role(
    login: Login,
    role: Annotated[Role, typer.Argument(help=say("新しい役割", "The new role"))],
) -> None:
    """Give a person another role."""
    ready()
    from desk.people import give_role

    give_role(login, role, who=getpass.getuser())
    typer.echo(say(f"役割を変えました：{login}（{role}）", f"Role changed: {login} ({role})"))


def disable(login: Login) -> None:
    """Let a person in no more."""
    ready()
    from desk.people import disable as shut_out

    revoked = shut_out(login, who=getpass.getuser())
    typer.echo(say(f"入れなくしました：{login}", f"Disabled: {login}"))
    if revoked:
        names = ", ".join(revoked)
        typer.echo(say(f"失効したAPIキー：{names}", f"API keys revoked: {names}"))
